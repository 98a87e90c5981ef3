//! What is in maps, as their uses tell: records that are sent through them, and keys and values of
//! those that are declared by sizes alone.

use std::collections::BTreeMap;

use super::Lowerer;
use crate::ir::{
    MapId, Object,
    body::{Expr, ExprKind, Function, PlaceKind},
    ty::{Ty, size_of},
    walk::Visit,
};

/// Map types whose keys and values have types, by their number in the kernel's `enum bpf_map_type`:
/// hashes, arrays, LPM tries, queues and stacks.
const TYPED: [u32; 9] = [1, 2, 5, 6, 9, 10, 11, 22, 23];

impl Lowerer<'_> {
    /// Which types go through ring buffers and perf event arrays.
    pub(super) fn infer_records(&mut self) {
        let mut sent = Sent::default();
        for program in &self.object.programs {
            sent.function(&program.function);
        }
        for function in &self.object.functions {
            sent.function(function);
        }
        for (map, ty) in sent.0 {
            self.share_type(&ty);
            if let Some(map) = self.object.maps.get_mut(map.0 as usize)
                && !map.records.contains(&ty)
            {
                map.records.push(ty);
            }
        }
        let globals: Vec<Ty> = self
            .object
            .globals
            .iter()
            .filter(|global| {
                matches!(
                    global.kind,
                    crate::ir::GlobalKind::Option | crate::ir::GlobalKind::Mutable
                )
            })
            .map(|global| global.ty.clone())
            .collect();
        for ty in globals {
            self.share_type(&ty);
        }
    }

    /// Gives maps that are declared by sizes the types that all of their uses agree on.
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
        if let ExprKind::Helper(id, _, args) = &expr.peeled().kind
            && let Some(map) = args.first().and_then(map_of)
        {
            let arg = |at: usize| args.get(at).and_then(data_type);
            // bpf_map_lookup_elem, _update_elem, _delete_elem, _push_elem, _pop_elem, _peek_elem,
            // _lookup_percpu_elem
            let (key, value) = match id {
                1 | 195 => (arg(1), pointee(&expr.ty)),
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

fn add(uses: &mut BTreeMap<MapId, Vec<Ty>>, map: MapId, ty: Option<Ty>) {
    if let Some(ty) = ty {
        let types = uses.entry(map).or_default();
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
}

/// What is sent through which map.
#[derive(Default)]
struct Sent(Vec<(MapId, Ty)>);

impl Visit for Sent {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            // `struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0)`
            ExprKind::Cast(inner) => {
                if let ExprKind::Helper(131, _, args) = &inner.kind
                    && let Some(map) = args.first().and_then(map_of)
                    && let Some(ty) = pointee(&expr.ty)
                {
                    self.0.push((map, ty));
                }
            }
            ExprKind::Helper(number, _, args) => {
                let at = match number {
                    130 => Some((0, 1)),
                    25 | 111 | 121 => Some((1, 3)),
                    _ => None,
                };
                if let Some((map, data)) = at
                    && let Some(map) = args.get(map).and_then(map_of)
                    && let Some(ty) = args.get(data).and_then(data_type)
                {
                    self.0.push((map, ty));
                }
            }
            _ => {}
        }
        self.expr_parts(expr);
    }

    fn function(&mut self, function: &Function) {
        self.stmts(&function.body);
    }
}

fn map_of(expr: &Expr) -> Option<MapId> {
    match expr.peeled().kind {
        ExprKind::Map(id) => Some(id),
        _ => None,
    }
}

/// The type of what a pointer is given for.
fn data_type(expr: &Expr) -> Option<Ty> {
    match &expr.kind {
        ExprKind::Cast(inner) => data_type(inner),
        ExprKind::AddressOf(place) | ExprKind::Decay(place)
            if !matches!(place.kind, PlaceKind::Index(..)) =>
        {
            Some(place.ty.clone())
        }
        _ => pointee(&expr.ty),
    }
}

fn pointee(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Pointer { to, .. } if !matches!(to.as_ref(), Ty::Opaque { .. } | Ty::Unit) => {
            Some(to.as_ref().clone())
        }
        _ => None,
    }
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
