//! Arrays whose elements are found by small numbers.
//!
//! LLVM aligns what it fills with zeros to words, and then adds a number below 8 to its address by an
//! `or`, which the verifier takes on no pointer. C's array isn't filled, and isn't aligned.

use crate::ir::{
    body::{BinaryOp, Expr, ExprKind, Function, LocalId, Place, PlaceKind, Stmt, StmtKind},
    walk::Visit,
};

/// Whether a function finds elements of a variable by what LLVM may know to be below 8: by bits of a
/// number, or by a variable that only known numbers are put into.
pub(super) fn has_low_index(function: &Function, array: LocalId) -> bool {
    let mut finder = Finder {
        array,
        indices: Vec::new(),
    };
    finder.function(function);
    finder.indices.iter().any(|index| is_low(function, index))
}

struct Finder {
    array: LocalId,
    indices: Vec<Expr>,
}

impl Finder {
    fn is_array(&self, place: &Place) -> bool {
        matches!(place.kind, PlaceKind::Local(id) if id == self.array)
    }
}

impl Visit for Finder {
    fn place(&mut self, place: &Place) {
        if let PlaceKind::Index(base, index) = &place.kind
            && self.is_array(base)
        {
            self.indices.push((**index).clone());
        }
        self.place_parts(place);
    }

    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Offset(base, index) = &expr.kind
            && let ExprKind::Decay(base) = &base.kind
            && self.is_array(base)
        {
            self.indices.push((**index).clone());
        }
        self.expr_parts(expr);
    }
}

fn is_low(function: &Function, index: &Expr) -> bool {
    let low = |bound: &Expr, most: i128| matches!(bound.peeled().kind, ExprKind::Int(n) if (0..=most).contains(&n));
    match &index.peeled().kind {
        ExprKind::Binary(BinaryOp::BitAnd, _, mask) => low(mask, 7),
        ExprKind::Binary(BinaryOp::Rem, _, by) => low(by, 8),
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, of, by) => {
            matches!(by.peeled().kind, ExprKind::Int(_)) && is_low(function, of)
        }
        ExprKind::Load(place) => match place.kind {
            PlaceKind::Local(local) => holds_known(function, local),
            _ => false,
        },
        _ => false,
    }
}

/// Whether only known numbers are put into a variable, and it doesn't count.
fn holds_known(function: &Function, local: LocalId) -> bool {
    struct Values {
        local: LocalId,
        known: usize,
        others: usize,
    }
    impl Values {
        fn value(&mut self, value: &Expr, is_step: bool) {
            let known = match &value.peeled().kind {
                ExprKind::Int(n) => !is_step || n.abs() > 1,
                ExprKind::Conditional(_, then, other) => {
                    self.value(then, is_step);
                    return self.value(other, is_step);
                }
                _ => false,
            };
            self.known += usize::from(known);
            self.others += usize::from(!known);
        }
    }
    impl Visit for Values {
        fn stmt(&mut self, stmt: &Stmt) {
            let is = |place: &Place| matches!(place.kind, PlaceKind::Local(id) if id == self.local);
            match &stmt.kind {
                StmtKind::Let(id, Some(crate::ir::body::Init::Expr(value)))
                    if *id == self.local =>
                {
                    self.value(value, false);
                }
                StmtKind::Assign(place, value) if is(place) => self.value(value, false),
                StmtKind::AssignOp(place, _, value) if is(place) => self.value(value, true),
                _ => {}
            }
            self.stmt_parts(stmt);
        }

        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::AddressOf(place) = &expr.kind
                && matches!(place.kind, PlaceKind::Local(id) if id == self.local)
            {
                self.others += 1;
            }
            self.expr_parts(expr);
        }
    }
    let mut values = Values {
        local,
        known: 0,
        others: 0,
    };
    values.function(function);
    values.known > 0 && values.others == 0
}
