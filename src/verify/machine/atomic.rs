//! Instructions that read, modify and write at once; one CPU runs, so nothing comes between.

use super::{Machine, Trap};
use crate::verify::{
    bytes::truncate,
    insn::{AtomicOp, Op},
};

impl Machine<'_> {
    pub(super) fn atomic(&mut self, op: Op) -> Result<(), Trap> {
        let Op::Atomic {
            size,
            op,
            fetch,
            base,
            offset,
            src,
        } = op
        else {
            return Ok(());
        };
        let address = self.get(base).wrapping_add_signed(offset.into());
        let bytes = u64::from(size);
        let operand = truncate(self.get(src), bytes);
        if op == AtomicOp::StoreRelease {
            return self.memory.store(address, size, operand);
        }
        let old = self.memory.load(self.oracle, address, size)?;
        let new = match op {
            AtomicOp::Add => old.wrapping_add(operand),
            AtomicOp::Or => old | operand,
            AtomicOp::And => old & operand,
            AtomicOp::Xor => old ^ operand,
            AtomicOp::Exchange | AtomicOp::StoreRelease => operand,
            AtomicOp::CompareExchange => {
                if old == truncate(self.get(0), bytes) {
                    operand
                } else {
                    old
                }
            }
            AtomicOp::LoadAcquire => {
                self.set(src, old);
                return Ok(());
            }
        };
        self.memory.store(address, size, new)?;
        if fetch {
            let into = if op == AtomicOp::CompareExchange {
                0
            } else {
                src
            };
            self.set(into, old);
        }
        Ok(())
    }
}
