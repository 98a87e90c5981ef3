//! Sizes and copies of the kernel's structures, and steps over them, of which only a part is known.

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
    /// The warning about the first variable, `sizeof` or step of a function that is less than the kernel's.
    pub(super) fn copied_parts(&self, function: &Function, block: &Block) -> Option<Diagnostic> {
        let mut locals = function.locals.iter();
        let mut found = locals.find_map(|local| Some((self.part_in(&local.ty)?, local.span)));
        c_walk::exprs_of_block(block, &mut |e| {
            let of = match &e.kind {
                ExprKind::SizeOf(_, of) => of,
                // A step is a size, too.
                ExprKind::PointerAdd(pointer, _)
                | ExprKind::PointerSub(pointer, _)
                | ExprKind::PointerDiff(pointer, _) => match &pointer.ty.kind {
                    Kind::Pointer(to) => to,
                    _ => return,
                },
                _ => return,
            };
            found = found.take().or_else(|| Some((self.part_in(of)?, e.span)));
        });
        let (record, span): (RecordId, Span) = found?;
        let name = self.record_name(record).unwrap_or_default();
        let message = format!(
            "of `struct {name}`, c2aya's own types of the kernel hold what probes use: its size is less than the kernel's, and so are copies of it and steps over it"
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
