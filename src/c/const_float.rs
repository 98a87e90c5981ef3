//! Floating-point constants: BPF has no such numbers, but clang turns `1e9` into an integer before
//! the program runs.

use super::{
    const_eval::Evaluator,
    tree::{BinaryOp, Expr, ExprKind, UnaryOp},
    types::Kind,
};

impl Evaluator<'_> {
    /// The value of a constant of type `float` or `double`; of wider ones Rust has none.
    pub(super) fn float(&self, expr: &Expr) -> Option<f64> {
        let Kind::Float(bits @ (32 | 64)) = expr.ty.kind else {
            return None;
        };
        let value = match &expr.kind {
            ExprKind::Float(value) => *value,
            ExprKind::Unary(UnaryOp::Neg, operand) => -self.float(operand)?,
            ExprKind::Binary(op, left, right) => {
                let (a, b) = (self.float(left)?, self.float(right)?);
                match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Sub => a - b,
                    BinaryOp::Mul => a * b,
                    BinaryOp::Div => a / b,
                    _ => return None,
                }
            }
            ExprKind::Conditional(cond, then, other) => {
                self.float(if self.truth(cond)? { then } else { other })?
            }
            ExprKind::Cast { value, .. } => self.to_float(value, bits)?,
            _ => return None,
        };
        Some(rounded(value, bits))
    }

    /// A number as a floating-point number of `bits` bits.
    fn to_float(&self, value: &Expr, bits: u16) -> Option<f64> {
        if matches!(value.ty.kind, Kind::Float(_)) {
            return self.float(value);
        }
        let number = self.integer(value)?;
        #[allow(clippy::cast_precision_loss, reason = "C rounds to the nearest, too")]
        Some(if bits == 32 {
            // In one step: rounding to 64 bits first can end at another number.
            f64::from(number as f32)
        } else {
            number as f64
        })
    }
}

/// The nearest number that a type of `bits` bits has.
fn rounded(value: f64, bits: u16) -> f64 {
    if bits != 32 {
        return value;
    }
    #[allow(clippy::cast_possible_truncation, reason = "C rounds, too")]
    f64::from(value as f32)
}
