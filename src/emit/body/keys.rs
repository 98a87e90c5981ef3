//! Variables that C has only because a map's key is passed by address: `u32 zero = 0;`.

use std::collections::HashMap;

use crate::ir::{
    body::{Expr, ExprKind, Function, Init, LocalId, Place, PlaceKind, Stmt, StmtKind},
    ty::Ty,
    walk::Visit,
};

/// The variables that hold one known number and are nothing but keys of maps, which the declaration
/// of leaves the function; an array's methods take the number itself.
pub fn take_constant_keys(
    function: &mut Function,
    is_array: &dyn Fn(&Expr) -> bool,
) -> HashMap<LocalId, Expr> {
    let mut finder = Finder {
        values: HashMap::new(),
        mentions: HashMap::new(),
        keys: HashMap::new(),
        is_array,
    };
    finder.function(function);
    let keys: HashMap<LocalId, Expr> = finder
        .values
        .iter()
        .filter_map(|(local, value)| {
            let value = value.clone()?;
            let mentions = finder.mentions.get(local)?;
            (finder.keys.get(local) == Some(mentions)).then_some((*local, value))
        })
        .collect();
    remove(&mut function.body, &keys);
    keys
}

struct Finder<'a> {
    /// By variable: its one value, or none if it is declared twice or otherwise.
    values: HashMap<LocalId, Option<Expr>>,
    mentions: HashMap<LocalId, usize>,
    /// Mentions as a key of an array.
    keys: HashMap<LocalId, usize>,
    is_array: &'a dyn Fn(&Expr) -> bool,
}

impl Visit for Finder<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Let(local, init) = &stmt.kind {
            let value = match init {
                Some(Init::Expr(value)) if matches!(value.kind, ExprKind::Int(_)) => {
                    Some(value.clone())
                }
                _ => None,
            };
            // A second declaration would be another value.
            self.values
                .entry(*local)
                .and_modify(|known| *known = None)
                .or_insert(value);
            if let Some(init) = init {
                self.init(init);
            }
            return;
        }
        self.stmt_parts(stmt);
    }

    fn place(&mut self, place: &Place) {
        if let PlaceKind::Local(local) = place.kind {
            *self.mentions.entry(local).or_default() += 1;
        }
        self.place_parts(place);
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Helper(1 | 2, _, args) = &expr.kind
            && let [map, key, ..] = args.as_slice()
            && (self.is_array)(map)
            && let ExprKind::AddressOf(place) = &super::expr::strip_pointer_casts(key).kind
            && let PlaceKind::Local(local) = place.kind
            && matches!(place.ty, Ty::Int { bits: 32, .. })
        {
            *self.keys.entry(local).or_default() += 1;
        }
        self.expr_parts(expr);
    }
}

fn remove(stmts: &mut Vec<Stmt>, keys: &HashMap<LocalId, Expr>) {
    let mut at = 0;
    while at < stmts.len() {
        if matches!(stmts.get(at).map(|s| &s.kind), Some(StmtKind::Let(local, _)) if keys.contains_key(local))
        {
            super::declare::remove(stmts, at);
            continue;
        }
        at += 1;
    }
    for stmt in stmts {
        for block in super::declare::blocks_of(stmt) {
            remove(&mut block.stmts, keys);
        }
    }
}
