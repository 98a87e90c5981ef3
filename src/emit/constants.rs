//! Which Rust type a named constant has: the one that most of its uses want.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::types::int;
use crate::ir::{
    Constant, ConstantId, ConstantValue, Item, Object,
    body::{Expr, ExprKind},
    ty::Ty,
    walk::Visit,
};

/// The type of an integer constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RustInt {
    /// For lengths and sizes.
    Usize,
    /// Bits, signed.
    Int(u16, bool),
}

impl RustInt {
    /// As tokens.
    pub fn tokens(self) -> TokenStream {
        match self {
            Self::Usize => quote!(usize),
            Self::Int(bits, signed) => int(bits, signed),
        }
    }

    /// Whether this is the type `ty`.
    pub fn is(self, ty: &Ty) -> bool {
        matches!((self, ty), (Self::Int(b, s), Ty::Int { bits, signed }) if b == *bits && s == *signed)
    }

    /// Whether `value` is in its range.
    pub fn holds(self, value: i128) -> bool {
        let (bits, signed) = match self {
            Self::Usize => (64, false),
            Self::Int(bits, signed) => (bits, signed),
        };
        if signed {
            let half = 1i128 << (bits.min(127) - 1);
            (-half..half).contains(&value)
        } else {
            value >= 0 && (bits >= 127 || value < 1i128 << bits)
        }
    }
}

/// The types of all constants of an object.
#[derive(Clone, Debug, Default)]
pub struct ConstantTypes {
    types: HashMap<ConstantId, RustInt>,
}

impl ConstantTypes {
    /// Counts what the uses want.
    pub fn of(object: &Object) -> Self {
        let mut demand = Demand::default();
        for function in &object.functions {
            function.body.iter().for_each(|s| demand.stmt(s));
        }
        for program in &object.programs {
            program.function.body.iter().for_each(|s| demand.stmt(s));
        }
        for global in &object.globals {
            demand.init(&global.init);
        }
        for length in object
            .records
            .iter()
            .flat_map(|r| r.fields.iter().flatten())
            .flat_map(|f| f.lengths.iter().flatten())
        {
            demand.length(length);
        }
        demand.share(object);
        // How many entries a map has says what a constant is only where nothing else does.
        let mut entries = Demand::default();
        let maps = object.maps.iter();
        for length in maps.filter_map(|map| map.def.max_entries_expr.as_deref()) {
            entries.length(length);
        }
        let mut types = HashMap::new();
        for (id, constant) in (0..).map(ConstantId).zip(&object.constants) {
            let ConstantValue::Int(_) = constant.value else {
                continue;
            };
            let own = match constant.ty {
                Ty::Int { bits, signed } => RustInt::Int(bits, signed),
                _ => RustInt::Int(32, true),
            };
            if let Some(bound) = super::items::binding(constant) {
                types.insert(id, named(bound));
                continue;
            }
            let wanted = demand.counts.get(&id);
            let values: Vec<_> = variants(object, id)
                .filter_map(|(_, constant)| match constant.value {
                    ConstantValue::Int(value) => Some(value),
                    ConstantValue::Str(_) => None,
                })
                .collect();
            let best = wanted
                .into_iter()
                .flatten()
                .filter(|(ty, _)| values.iter().all(|value| ty.holds(*value)))
                .max_by_key(|(ty, count)| (**count, **ty == RustInt::Usize, **ty == own, **ty))
                .map(|(ty, _)| *ty);
            let counts = entries.counts.contains_key(&id) && wanted.is_none();
            let rest = if counts { RustInt::Usize } else { own };
            types.insert(id, best.unwrap_or(rest));
        }
        let unwanted =
            |id: ConstantId| !demand.counts.contains_key(&id) && !entries.counts.contains_key(&id);
        give_to_parts(object, &mut types, unwanted);
        Self { types }
    }

    /// The type of a constant.
    pub fn get(&self, id: ConstantId) -> RustInt {
        self.types
            .get(&id)
            .copied()
            .unwrap_or(RustInt::Int(32, true))
    }
}

/// Constants that only others are made of have the type of those.
fn give_to_parts(
    object: &Object,
    types: &mut HashMap<ConstantId, RustInt>,
    unwanted: impl Fn(ConstantId) -> bool,
) {
    struct Parts(Vec<ConstantId>);
    impl Visit for Parts {
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::Constant(id) = expr.kind {
                self.0.push(id);
            }
            self.expr_parts(expr);
        }
    }
    let all = (0..).map(ConstantId).take(object.constants.len());
    let (mut rest, wanted): (Vec<_>, Vec<_>) = all.partition(|id| unwanted(*id));
    // What has been given a type gives it on; those that nobody wants come last.
    rest.reverse();
    rest.extend(wanted.into_iter().rev());
    let mut given = HashSet::new();
    while let Some(id) = rest.pop() {
        let constant = object.constants.get(id.0 as usize);
        let expr = constant.and_then(|constant| constant.expr.as_deref());
        let (Some(&ty), Some(expr)) = (types.get(&id), expr) else {
            continue;
        };
        let mut parts = Parts(Vec::new());
        parts.expr(expr);
        for part in parts.0.into_iter().filter(|part| unwanted(*part)) {
            let holds = |(_, constant): (_, &Constant)| match constant.value {
                ConstantValue::Int(value) => ty.holds(value),
                ConstantValue::Str(_) => false,
            };
            let bound = object.constants.get(part.0 as usize);
            let bound = bound.and_then(super::items::binding).is_some();
            if !bound && variants(object, part).all(holds) && given.insert(part) {
                types.insert(part, ty);
                rest.push(part);
            }
        }
    }
}

/// `u32` → 32 bits, unsigned.
fn named(ty: &str) -> RustInt {
    let signed = ty.starts_with('i');
    let bits = ty.trim_start_matches(['i', 'u']).parse().unwrap_or(32);
    RustInt::Int(bits, signed)
}

#[derive(Default)]
struct Demand {
    counts: HashMap<ConstantId, HashMap<RustInt, usize>>,
}

/// What a constant is on each architecture.
fn variants(object: &Object, id: ConstantId) -> impl Iterator<Item = (ConstantId, &Constant)> {
    let differs = object.only(Item::Constant(id)).is_some();
    let name = object.name_of(Item::Constant(id));
    (0..)
        .map(ConstantId)
        .zip(&object.constants)
        .filter(move |(other, constant)| {
            *other == id || (differs && name == Some(constant.name.as_str()))
        })
}

impl Demand {
    /// Constants that differ by architecture alone have one type.
    fn share(&mut self, object: &Object) {
        let own = self.counts.clone();
        for (id, counts) in &mut self.counts {
            for (other, _) in variants(object, *id).filter(|(other, _)| other != id) {
                for (ty, count) in own.get(&other).into_iter().flatten() {
                    *counts.entry(*ty).or_default() += count;
                }
            }
        }
    }

    fn want(&mut self, id: ConstantId, ty: RustInt) {
        *self.counts.entry(id).or_default().entry(ty).or_default() += 1;
    }

    fn length(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Constant(id) => self.want(*id, RustInt::Usize),
            ExprKind::Cast(a) => self.length(a),
            ExprKind::Binary(_, a, b) => {
                self.length(a);
                self.length(b);
            }
            _ => {}
        }
    }
}

impl Visit for Demand {
    fn expr(&mut self, expr: &Expr) {
        match (&expr.kind, &expr.ty) {
            (ExprKind::Constant(id), Ty::Int { bits, signed }) => {
                self.want(*id, RustInt::Int(*bits, *signed));
            }
            (ExprKind::Cast(inner), Ty::Int { bits, signed }) => {
                if let ExprKind::Constant(id) = inner.kind {
                    self.want(id, RustInt::Int(*bits, *signed));
                } else {
                    self.expr_parts(expr);
                }
            }
            _ => self.expr_parts(expr),
        }
    }
}
