//! Sizes and copies of the kernel's structures of which only a part is known.

use super::{Lowerer, c_walk, codes};
use crate::{
    c::{
        tree::{Block, ExprKind, Function},
        types::{CType, Kind, RecordId},
    },
    diag::Diagnostic,
    source::span::Span,
};

impl Lowerer<'_> {
    /// The warning about the first variable or `sizeof` of a function that is less than the kernel's.
    pub(super) fn copied_parts(&self, function: &Function, block: &Block) -> Option<Diagnostic> {
        let mut locals = function.locals.iter();
        let mut found = locals.find_map(|local| Some((self.part_in(&local.ty)?, local.span)));
        c_walk::exprs_of_block(block, &mut |e| {
            if let (None, ExprKind::SizeOf(_, of)) = (&found, &e.kind) {
                found = self.part_in(of).map(|record| (record, e.span));
            }
        });
        let (record, span): (RecordId, Span) = found?;
        let name = self.record_name(record).unwrap_or_default();
        let message = format!(
            "of `struct {name}`, c2aya's own types of the kernel hold what probes use: its size and copies of it are less than the kernel's"
        );
        let help = "give the whole by --vmlinux FILE or --btf FILE (--btf system: this machine's)";
        Some(Diagnostic::warning(codes::PART_OF_RECORD, span, message).help(help))
    }

    /// The record of which a part is known that an object of a type is, or holds.
    fn part_in(&self, ty: &CType) -> Option<RecordId> {
        match &ty.kind {
            Kind::Array(element, _) => self.part_in(element),
            Kind::Record(id) => {
                let record = self.tree.types.records.get(id.0 as usize)?;
                if record.part {
                    return Some(*id);
                }
                let fields = record.fields.iter().flatten();
                fields.filter_map(|field| self.part_in(&field.ty)).next()
            }
            _ => None,
        }
    }
}
