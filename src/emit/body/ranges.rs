//! Two comparisons of one variable with constants: a range.

use quote::{format_ident, quote};

use super::{Body, Pin};
use crate::{
    emit::code::{Code, Prec},
    ir::{
        body::{CompareOp, Expr, ExprKind, LocalId, PlaceKind},
        ty::Ty,
    },
};

impl Body<'_> {
    /// `low <= x && x < high` as `(low..high).contains(&x)`; `outside`: `x < low || x >= high`.
    pub(super) fn between(&self, left: &Expr, right: &Expr, outside: bool) -> Option<Code> {
        let (a, b) = (self.bound(left, outside)?, self.bound(right, outside)?);
        let (low, high) = match (a.op, b.op) {
            (CompareOp::Ge, CompareOp::Lt | CompareOp::Le) => (a, b),
            (CompareOp::Lt | CompareOp::Le, CompareOp::Ge) => (b, a),
            _ => return None,
        };
        if low.local != high.local || low.value >= high.value {
            return None;
        }
        let x = self.load(low.place);
        if let Some(class) = ascii_class(&low, &high) {
            let class = format_ident!("{class}");
            let code = x.dot(quote!(#class()));
            return Some(if outside { code.unary(quote!(!)) } else { code });
        }
        let start = self.expr(low.limit, Pin::Context);
        let end = self.expr(high.limit, Pin::Context);
        let (start, end) = (start.at(Prec::Or), end.at(Prec::Or));
        let range = if high.op == CompareOp::Le {
            quote!((#start..=#end))
        } else {
            quote!((#start..#end))
        };
        let code = Code::atom(quote!(#range.contains(&#x)));
        Some(if outside { code.unary(quote!(!)) } else { code })
    }

    /// A comparison of a variable with a constant, turned round where the variable stands right, and
    /// into its contrary where `negated`.
    fn bound<'e>(&self, expr: &'e Expr, negated: bool) -> Option<Bound<'e>> {
        let ExprKind::Compare(op, left, right) = &expr.kind else {
            return None;
        };
        let (variable, limit, op) = match (self.constant_value(left), self.constant_value(right)) {
            (None, Some(_)) => (left, right, *op),
            (Some(_), None) => (right, left, turned(*op)),
            _ => return None,
        };
        let ExprKind::Load(place) = &variable.kind else {
            return None;
        };
        let PlaceKind::Local(local) = place.kind else {
            return None;
        };
        if place.volatile || !matches!(place.ty, Ty::Int { .. }) {
            return None;
        }
        let op = if negated { contrary(op) } else { op };
        let value = self.constant_value(limit)?;
        Some(Bound {
            local,
            place,
            op,
            limit,
            value,
        })
    }
}

/// What core calls a range of letters or digits.
fn ascii_class(low: &Bound<'_>, high: &Bound<'_>) -> Option<&'static str> {
    let is_byte = |bound: &Bound<'_>| {
        let byte = Ty::unsigned(8);
        bound.place.ty == byte && bound.op != CompareOp::Lt
    };
    if !is_byte(low) || !is_byte(high) {
        return None;
    }
    let byte = |value: i128| u8::try_from(value).ok();
    match (byte(low.value)?, byte(high.value)?) {
        (b'A', b'Z') => Some("is_ascii_uppercase"),
        (b'a', b'z') => Some("is_ascii_lowercase"),
        (b'0', b'9') => Some("is_ascii_digit"),
        _ => None,
    }
}

struct Bound<'e> {
    local: LocalId,
    place: &'e crate::ir::body::Place,
    op: CompareOp,
    limit: &'e Expr,
    value: i128,
}

fn turned(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

fn contrary(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq => CompareOp::Ne,
        CompareOp::Ne => CompareOp::Eq,
        CompareOp::Lt => CompareOp::Ge,
        CompareOp::Le => CompareOp::Gt,
        CompareOp::Gt => CompareOp::Le,
        CompareOp::Ge => CompareOp::Lt,
    }
}
