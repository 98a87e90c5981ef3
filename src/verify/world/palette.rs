//! Numbers that programs are likely to care about.

use std::collections::BTreeSet;

use super::Random;
use crate::verify::{
    insn::{AluOp, Op, Operand, Value},
    object::Object,
};

/// More constants of one object are not kept.
const HARVEST_MAX: usize = 512;

/// Where conversions and comparisons go wrong.
const EDGES: &[u64] = &[
    0,
    0,
    1,
    1,
    2,
    3,
    7,
    9,
    15,
    16,
    127,
    128,
    255,
    256,
    4095,
    4096,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    // As signed numbers: the least int, and small negative ones.
    0xffff_ffff_8000_0000,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffea,
    // High halves that a narrow type must not see.
    0xdead_beef_0000_0001,
    0xdead_beef_0000_0000,
    0x0000_0001_ffff_ffff,
    0x1234_5678_8765_4321,
];

/// Numbers to choose from: edges, and the constants of the programs under test.
#[derive(Clone, Debug, Default)]
pub struct Palette {
    constants: Vec<u64>,
    wrapper: Option<bool>,
}

impl Palette {
    /// For kernels alone that wrap system calls, or for those that don't.
    #[must_use]
    pub const fn with_wrapper(mut self, wrapper: Option<bool>) -> Self {
        self.wrapper = wrapper;
        self
    }

    /// Whether system calls are wrapped, where that is the same in all worlds.
    pub const fn wrapper(&self) -> Option<bool> {
        self.wrapper
    }

    /// With the constants that occur in the code of `objects`, and their neighbours.
    pub fn of(objects: &[&Object]) -> Self {
        let mut constants = BTreeSet::new();
        for op in objects.iter().flat_map(|object| &object.code) {
            let constant = match *op {
                Op::Branch {
                    right: Operand::Immediate(number),
                    ..
                }
                | Op::Alu {
                    op: AluOp::Add | AluOp::Sub | AluOp::And | AluOp::Mod | AluOp::Move,
                    operand: Operand::Immediate(number),
                    ..
                } => number as u64,
                Op::LoadImmediate {
                    value: Value::Number(number),
                    ..
                } => number,
                _ => continue,
            };
            let neighbours = [
                constant,
                constant.wrapping_add(1),
                constant.wrapping_sub(1),
                constant.wrapping_neg(),
            ];
            constants.extend(neighbours);
            if constants.len() > HARVEST_MAX {
                break;
            }
        }
        Self {
            wrapper: None,
            constants: constants.into_iter().collect(),
        }
    }

    /// One of them.
    pub fn pick(&self, random: &mut Random) -> u64 {
        match random.below(8) {
            0..=2 => random.pick(EDGES),
            3..=5 if !self.constants.is_empty() => random.pick(&self.constants),
            // A constant that only the low half of a register shows.
            6 if !self.constants.is_empty() => {
                random.pick(&self.constants) & 0xffff_ffff | random.number() << 32
            }
            7 => random.number(),
            _ => random.below(100),
        }
    }

    /// A number of 32 bits.
    pub fn pick_word(&self, random: &mut Random) -> u64 {
        self.pick(random) & 0xffff_ffff
    }
}
