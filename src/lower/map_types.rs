//! The types of maps that are declared by sizes alone: what programs look up and put in tells them.

use std::collections::BTreeMap;

use super::Lowerer;
use crate::ir::{
    MapId, Object,
    body::{Expr, ExprKind},
    ty::{Ty, size_of},
    walk::Visit,
};

/// Map types whose keys and values have types, by their number in the kernel's `enum bpf_map_type`:
/// hashes, arrays, LPM tries, queues and stacks.
const TYPED: [u32; 9] = [1, 2, 5, 6, 9, 10, 11, 22, 23];

impl Lowerer<'_> {
    /// Gives such maps the types that all of their uses agree on.
    pub(super) fn infer_map_types(&mut self) {
        let mut uses = Uses::default();
        for program in &self.object.programs {
            uses.function(&program.function);
        }
        for function in &self.object.functions {
            uses.function(function);
        }
        let mut found = Vec::new();
        for (id, map) in (0..).map(MapId).zip(&self.object.maps) {
            let def = &map.def;
            let known = |uses: &BTreeMap<MapId, Vec<Ty>>, size: u64| {
                let [ty] = uses.get(&id)?.as_slice() else {
                    return None;
                };
                let fits = is_known(&self.object, ty) && size_of(&self.object, ty) == size;
                fits.then(|| ty.clone())
            };
            if TYPED.contains(&def.map_type) {
                let key = (def.key.is_none()).then(|| known(&uses.keys, def.key_size));
                let value = (def.value.is_none()).then(|| known(&uses.values, def.value_size));
                found.push((id, key.flatten(), value.flatten()));
            }
        }
        for (id, key, value) in found {
            self.share(&key);
            self.share(&value);
            if let Some(map) = self.object.maps.get_mut(id.0 as usize) {
                map.def.key = map.def.key.take().or(key);
                map.def.value = map.def.value.take().or(value);
            }
        }
    }
}

/// What pointers for keys and values point to, each type once.
#[derive(Default)]
struct Uses {
    keys: BTreeMap<MapId, Vec<Ty>>,
    values: BTreeMap<MapId, Vec<Ty>>,
}

impl Visit for Uses {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Helper(id, _, args) = &peel(expr).kind
            && let Some(map) = args.first().and_then(of_map)
        {
            let arg = |at: usize| args.get(at).map(|arg| &peel(arg).ty);
            // bpf_map_lookup_elem, _update_elem, _delete_elem, _push_elem, _pop_elem, _peek_elem,
            // _lookup_percpu_elem
            let (key, value) = match id {
                1 | 195 => (arg(1), Some(&expr.ty)),
                2 => (arg(1), arg(2)),
                3 => (arg(1), None),
                87..=89 => (None, arg(1)),
                _ => (None, None),
            };
            add(&mut self.keys, map, key);
            add(&mut self.values, map, value);
            for arg in args {
                self.expr(arg);
            }
            return;
        }
        self.expr_parts(expr);
    }
}

fn add(uses: &mut BTreeMap<MapId, Vec<Ty>>, map: MapId, pointer: Option<&Ty>) {
    if let Some(Ty::Pointer { to, .. }) = pointer
        && !matches!(**to, Ty::Unit | Ty::Opaque { size: 0, .. })
    {
        let types = uses.entry(map).or_default();
        if !types.contains(to) {
            types.push((**to).clone());
        }
    }
}

fn of_map(expr: &Expr) -> Option<MapId> {
    match peel(expr).kind {
        ExprKind::Map(id) => Some(id),
        _ => None,
    }
}

fn peel(mut expr: &Expr) -> &Expr {
    while let ExprKind::Cast(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

/// Whether all that is in a type is known.
fn is_known(object: &Object, ty: &Ty) -> bool {
    match ty {
        Ty::Record(id) => {
            let record = object.records.get(id.0 as usize);
            let fields = record.and_then(|record| record.fields.as_ref());
            fields.is_some_and(|fields| fields.iter().all(|field| is_known(object, &field.ty)))
        }
        Ty::Array(of, _) => is_known(object, of),
        Ty::Unit | Ty::Opaque { .. } | Ty::Function(..) => false,
        _ => true,
    }
}
