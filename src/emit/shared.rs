//! What of an object belongs into the crate that the programs and the loader have in common.

use std::collections::HashSet;

use super::{items, types};
use crate::{
    ir::{
        ConstantId, ConstantValue, EnumId, Item, Object, RecordId,
        body::{Expr, ExprKind},
        ty::Ty,
        walk::Visit,
    },
    source::span::{FileId, Span},
};

/// What belongs into the common crate.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub(super) records: HashSet<RecordId>,
    pub(super) enums: HashSet<EnumId>,
    pub(super) constants: HashSet<ConstantId>,
}

impl Shared {
    /// What the loader sees, and what stands in `headers` and every program can know.
    pub(super) fn of(object: &Object, headers: &HashSet<FileId>) -> Self {
        let mut shared = Self::default();
        let local = local_records(object);
        let in_header = |span: Option<Span>| span.is_some_and(|span| headers.contains(&span.file));
        for (id, record) in (0..).map(RecordId).zip(&object.records) {
            let own = !record.foreign && in_header(record.span) && record.name.is_some();
            if record.shared || own && is_plain(object, &Ty::Record(id)) {
                shared.record(object, id, &local);
            }
        }
        for (id, enumeration) in (0..).map(EnumId).zip(&object.enums) {
            let own = !enumeration.foreign && in_header(enumeration.span);
            if enumeration.shared || own && enumeration.name.is_some() {
                shared.enums.insert(id);
            }
        }
        for (id, constant) in (0..).map(ConstantId).zip(&object.constants) {
            let number = matches!(constant.value, ConstantValue::Int(_));
            if constant.used && number && !constant.foreign && in_header(constant.span) {
                shared.constants.insert(id);
                if let Some(written) = &constant.expr {
                    shared.name(object, written);
                }
            }
        }
        let foreign = |id: &ConstantId| {
            object
                .constants
                .get(id.0 as usize)
                .is_some_and(|c| items::binding(c).is_some())
        };
        shared.constants.retain(|id| !foreign(id));
        shared
    }

    /// A record with all that its members name.
    fn record(&mut self, object: &Object, id: RecordId, local: &HashSet<RecordId>) {
        if local.contains(&id) || !self.records.insert(id) {
            return;
        }
        let fields = object.records.get(id.0 as usize).map(|r| &r.fields);
        for field in fields.into_iter().flatten().flatten() {
            for length in field.lengths.iter().flatten() {
                self.name(object, length);
            }
            match named(&field.ty) {
                Some(Ty::Record(part)) => self.record(object, *part, local),
                Some(Ty::Enum(part)) => {
                    self.enums.insert(*part);
                }
                _ => {}
            }
        }
    }

    /// What an expression in the common crate names.
    fn name(&mut self, object: &Object, expr: &Expr) {
        let shared = self;
        Naming { object, shared }.expr(expr);
    }

    /// Whether an item is among it.
    pub(super) fn has(&self, item: Item) -> bool {
        match item {
            Item::Record(id) => self.records.contains(&id),
            Item::Enum(id) => self.enums.contains(&id),
            Item::Constant(id) => self.constants.contains(&id),
            _ => false,
        }
    }
}

/// Records of aya-ebpf, which user space doesn't have, and those that name one.
fn local_records(object: &Object) -> HashSet<RecordId> {
    let mut local = HashSet::new();
    loop {
        let before = local.len();
        for (id, record) in (0..).map(RecordId).zip(&object.records) {
            let mut names = record.fields.iter().flatten().filter_map(|f| named(&f.ty));
            if types::is_bound(record)
                || names.any(|ty| matches!(ty, Ty::Record(part) if local.contains(part)))
            {
                local.insert(id);
            }
        }
        if local.len() == before {
            return local;
        }
    }
}

/// Whether a type is made of numbers only, so that every program can know it.
fn is_plain(object: &Object, ty: &Ty) -> bool {
    match ty {
        Ty::Bool | Ty::Int { .. } | Ty::Enum(_) => true,
        Ty::Array(of, _) => is_plain(object, of),
        Ty::Record(id) => object.records.get(id.0 as usize).is_some_and(|record| {
            let fields = record.fields.as_ref();
            !record.core
                && !record.foreign
                && fields.is_some_and(|fields| fields.iter().all(|f| is_plain(object, &f.ty)))
        }),
        _ => false,
    }
}

/// The record or enumeration that a type is written with.
fn named(ty: &Ty) -> Option<&Ty> {
    match ty {
        Ty::Array(of, _) | Ty::Pointer { to: of, .. } => named(of),
        Ty::Record(_) | Ty::Enum(_) => Some(ty),
        _ => None,
    }
}

/// Adds the constants and enumerations that an expression names, and those that these are written with.
struct Naming<'a> {
    object: &'a Object,
    shared: &'a mut Shared,
}

impl Visit for Naming<'_> {
    fn expr(&mut self, expr: &Expr) {
        match expr.kind {
            ExprKind::Constant(id) if self.shared.constants.insert(id) => {
                let constant = self.object.constants.get(id.0 as usize);
                if let Some(written) = constant.and_then(|constant| constant.expr.as_ref()) {
                    self.expr(written);
                }
            }
            ExprKind::EnumConstant(id, _) => {
                self.shared.enums.insert(id);
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        arch::Arch,
        port::lower_file,
        source::{Cache, Options},
    };

    #[test]
    fn what_a_length_is_written_with_is_shared() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tally.bpf.c");
        let text = "#include <vmlinux.h>\n#include <bpf/bpf_helpers.h>\n\
            enum kind { A, KINDS };\n\
            struct tally { u64 by[KINDS]; };\n\
            struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n\
            __type(key, u32); __type(value, struct tally); } tallies SEC(\".maps\");\n\
            SEC(\"kprobe/f\") int f(void *ctx) { u32 k = 0; return bpf_map_delete_elem(&tallies, &k); }\n";
        fs::write(&path, text).unwrap();
        let (options, cache) = (Options::default(), Cache::default());
        let object = lower_file(&path, &options, &[Arch::X86_64], &cache).object;
        let object = object.unwrap();
        let shared = Shared::of(&object, &HashSet::new());
        let names = |id: &EnumId| object.enums[id.0 as usize].name.as_deref() == Some("kind");
        assert!(shared.enums.iter().any(names));
    }
}
