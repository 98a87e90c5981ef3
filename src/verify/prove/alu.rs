//! Arithmetic and comparisons of the instruction set.

use super::{
    machine::Prover,
    term::{Binary, Term},
};
use crate::verify::insn::{AluOp, Condition};

impl Prover {
    pub(super) fn alu(&mut self, op: AluOp, wide: bool, left: Term, right: Term) -> Term {
        let size = if wide { 64 } else { 32 };
        let left = self.pool.extract(left, 0, size);
        let right = self.pool.extract(right, 0, size);
        let pool = &mut self.pool;
        let value = match op {
            AluOp::Add => pool.add(left, right),
            AluOp::Sub => pool.sub(left, right),
            AluOp::Mul => pool.mul(left, right),
            AluOp::Div => pool.divide(Binary::Div, left, right),
            AluOp::Or => pool.bitwise(Binary::Or, left, right),
            AluOp::And => pool.bitwise(Binary::And, left, right),
            AluOp::ShiftLeft => pool.shift(Binary::ShiftLeft, left, right),
            AluOp::ShiftRight => pool.shift(Binary::ShiftRight, left, right),
            AluOp::Mod => pool.divide(Binary::Rem, left, right),
            AluOp::Xor => pool.bitwise(Binary::Xor, left, right),
            AluOp::Move => right,
            AluOp::ArithmeticShift => pool.shift(Binary::ArithmeticShift, left, right),
            AluOp::SignedDiv => pool.divide(Binary::SignedDiv, left, right),
            AluOp::SignedMod => pool.divide(Binary::SignedRem, left, right),
            AluOp::MoveSigned(bits) => {
                let cut = pool.extract(right, 0, bits);
                pool.extend(cut, size)
            }
        };
        pool.zero_extend(value, 64)
    }

    pub(super) fn condition(
        &mut self,
        condition: Condition,
        wide: bool,
        left: Term,
        right: Term,
    ) -> Term {
        let size = if wide { 64 } else { 32 };
        let left = self.pool.extract(left, 0, size);
        let right = self.pool.extract(right, 0, size);
        let pool = &mut self.pool;
        match condition {
            Condition::Equal => pool.equal(left, right),
            Condition::NotEqual => {
                let equal = pool.equal(left, right);
                pool.not(equal)
            }
            Condition::Set => {
                let common = pool.bitwise(Binary::And, left, right);
                let zero = pool.constant(0, size);
                let none = pool.equal(common, zero);
                pool.not(none)
            }
            Condition::Greater => pool.less(right, left),
            Condition::Less => pool.less(left, right),
            Condition::GreaterEqual => {
                let less = pool.less(left, right);
                pool.not(less)
            }
            Condition::LessEqual => {
                let greater = pool.less(right, left);
                pool.not(greater)
            }
            Condition::SignedGreater => pool.signed_less(right, left),
            Condition::SignedLess => pool.signed_less(left, right),
            Condition::SignedGreaterEqual => {
                let less = pool.signed_less(left, right);
                pool.not(less)
            }
            Condition::SignedLessEqual => {
                let greater = pool.signed_less(right, left);
                pool.not(greater)
            }
        }
    }
}
