//! Branches that the kernel at hand has decided: what CO-RE puts into an instruction is a constant.

use std::collections::HashSet;

use super::{
    insn::{Op, Operand, Value},
    machine::{alu, holds},
    object::Object,
};

/// Sides of branches that no world takes.
#[derive(Debug)]
pub struct Decided<'a> {
    object: &'a Object,
    /// Where control may come from elsewhere.
    targets: HashSet<usize>,
}

impl<'a> Decided<'a> {
    /// Of `object`, relocated for one kernel.
    pub fn new(object: &'a Object) -> Self {
        let mut targets: HashSet<usize> = object.functions.iter().map(|one| one.start).collect();
        targets.extend(object.programs.iter().map(|program| program.entry));
        for op in &object.code {
            match *op {
                Op::Jump(target)
                | Op::Branch { target, .. }
                | Op::MayGoto(target)
                | Op::Call(target)
                | Op::LoadImmediate {
                    value: Value::Function(target),
                    ..
                } => {
                    targets.insert(target);
                }
                _ => {}
            }
        }
        Self { object, targets }
    }

    /// Which way the branch at `at` always goes, if constants that are set on the way straight to it
    /// say so.
    pub fn side(&self, at: usize) -> Option<bool> {
        let code = &self.object.code;
        let &Op::Branch {
            wide,
            condition,
            left,
            right,
            ..
        } = code.get(at)?
        else {
            return None;
        };
        let mut known = [None; 11];
        let mut slot = self.start(at);
        while slot < at {
            let op = *code.get(slot)?;
            slot += match op {
                Op::LoadImmediate { .. } => 2,
                _ => 1,
            };
            follow(&mut known, op);
        }
        let number = |operand| number(&known, operand);
        let (left, right) = (number(Operand::Register(left))?, number(right)?);
        Some(holds(condition, wide, left, right))
    }

    /// The first instruction from which there is but one way to `at`.
    fn start(&self, at: usize) -> usize {
        let mut start = at;
        while !self.targets.contains(&start)
            && let Some(before) = start.checked_sub(1)
            && !matches!(
                self.object.code.get(before),
                None | Some(Op::Jump(_) | Op::Exit)
            )
        {
            start = before;
        }
        start
    }
}

fn number(known: &[Option<u64>; 11], operand: Operand) -> Option<u64> {
    match operand {
        Operand::Register(register) => known.get(usize::from(register)).copied().flatten(),
        Operand::Immediate(number) => Some(number.cast_unsigned()),
    }
}

/// What is known of the registers after `op`.
fn follow(known: &mut [Option<u64>; 11], op: Op) {
    let (dst, value) = match op {
        Op::Alu {
            wide,
            op,
            dst,
            operand,
        } => {
            let left = match op {
                super::insn::AluOp::Move => Some(0),
                _ => number(known, Operand::Register(dst)),
            };
            let right = number(known, operand);
            let value = left
                .zip(right)
                .map(|(left, right)| alu(op, wide, left, right));
            (dst, value)
        }
        Op::LoadImmediate {
            dst,
            value: Value::Number(number),
        } => (dst, Some(number)),
        Op::Filler | Op::Store { .. } | Op::Branch { .. } => return,
        Op::Negate { dst, .. }
        | Op::ByteOrder { dst, .. }
        | Op::LoadImmediate { dst, .. }
        | Op::Load { dst, .. } => (dst, None),
        // Calls leave few registers alone, atomics write to several.
        _ => {
            *known = [None; 11];
            return;
        }
    };
    if let Some(place) = known.get_mut(usize::from(dst)) {
        *place = value;
    }
}
