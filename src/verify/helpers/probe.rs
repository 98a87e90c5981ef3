//! Helpers that read what may not be there.

use super::{Space, errno};
use crate::verify::{
    bytes::Endian,
    machine::{Effect, Machine, Trap},
    world::{Atom, is_user},
};

/// Bytes of a thread's name (`TASK_COMM_LEN`).
const COMM_SIZE: usize = 16;

impl Machine<'_> {
    /// The size of a helper's buffer; the kernel's helpers take 32 bits.
    pub(super) fn size(size: u64) -> Result<usize, Trap> {
        usize::try_from(size & 0xffff_ffff).map_err(|_| Trap::OutOfMemory)
    }

    /// Whether a read for `space` may look at `address`. Without a space, a read tells by the
    /// address, as on all architectures whose user and kernel addresses don't overlap.
    fn allowed(&self, address: u64, space: Option<Space>) -> bool {
        match space {
            None => true,
            Some(Space::User) => is_user(address),
            Some(Space::Kernel) => !is_user(address),
        }
    }

    /// `bpf_probe_read…`: fills the buffer with zeros where it fails.
    pub(super) fn probe_read(
        &mut self,
        into: u64,
        size: u64,
        from: u64,
        space: Option<Space>,
    ) -> Result<u64, Trap> {
        let mut bytes = vec![0; self.buffer(into, size)?];
        let read = self.allowed(from, space) && self.memory.peek(self.oracle, from, &mut bytes);
        if !read {
            bytes.fill(0);
        }
        self.memory
            .writable(into, bytes.len())?
            .copy_from_slice(&bytes);
        Ok(if read { 0 } else { errno::EFAULT })
    }

    /// `bpf_probe_read…_str`: the number of bytes with the null byte.
    pub(super) fn probe_read_text(
        &mut self,
        into: u64,
        size: u64,
        from: u64,
        space: Option<Space>,
    ) -> Result<u64, Trap> {
        let size = self.buffer(into, size)?;
        if size == 0 {
            return Ok(0);
        }
        let mut bytes = vec![0; size];
        let read = if self.allowed(from, space) {
            self.memory.peek_text(self.oracle, from, &mut bytes)
        } else {
            None
        };
        match read {
            // What lies behind the null byte stays as it was.
            Some(length) => {
                let text = bytes.get(..length).unwrap_or_default();
                self.memory.writable(into, length)?.copy_from_slice(text);
                Ok(length as u64)
            }
            None => {
                self.memory.writable(into, size)?.fill(0);
                Ok(errno::EFAULT)
            }
        }
    }

    /// `bpf_copy_from_user_str`
    pub(super) fn copy_text_from_user(&mut self, values: [u64; 5]) -> Result<u64, Trap> {
        const PAD_ZEROS: u64 = 1;
        let [into, size, from, flags, _] = values;
        if flags & !PAD_ZEROS != 0 {
            return Ok(errno::EINVAL);
        }
        let bytes = self.buffer(into, size & 0xffff_ffff)?;
        if flags == PAD_ZEROS && bytes != 0 {
            self.memory.writable(into, bytes)?.fill(0);
        }
        self.probe_read_text(into, size & 0xffff_ffff, from, Some(Space::User))
    }

    /// The size of a buffer that a helper writes, if all of it may be written.
    pub(super) fn buffer(&self, address: u64, size: u64) -> Result<usize, Trap> {
        let size = Self::size(size)?;
        if size == 0 {
            return Ok(0);
        }
        if self.memory.may_write(address, size) {
            Ok(size)
        } else {
            Err(Trap::Access {
                address,
                size: size as u64,
                write: true,
            })
        }
    }

    pub(super) fn probe_write_user(
        &mut self,
        address: u64,
        from: u64,
        size: u64,
    ) -> Result<u64, Trap> {
        let bytes = self.bytes(from, size & 0xffff_ffff)?;
        if !self.memory.poke_user(self.oracle, address, &bytes) {
            return Ok(errno::EFAULT);
        }
        self.effects.push(Effect::UserWrite { address, bytes });
        Ok(0)
    }

    /// `bpf_get_current_comm`: cut to the buffer, and padded with zeros; zeros where it fails.
    pub(super) fn current_comm(&mut self, into: u64, size: u64) -> Result<u64, Trap> {
        let size = self.buffer(into, size)?;
        if self.oracle.ask(Atom::Nameless) != 0 {
            self.memory.writable(into, size)?.fill(0);
            return Ok(errno::EINVAL);
        }
        let mut comm = [0; COMM_SIZE];
        for (part, bytes) in (0..).zip(comm.chunks_mut(8)) {
            Endian::Little.write(bytes, self.oracle.ask(Atom::Comm(part)));
        }
        let end = comm.iter().position(|&byte| byte == 0);
        if let Some(rest) = comm.get_mut(end.unwrap_or(COMM_SIZE - 1)..) {
            rest.fill(0);
        }
        let bytes = self.memory.writable(into, size)?;
        bytes.fill(0);
        // The last byte of the buffer always ends the text.
        let room = size.saturating_sub(1);
        for (to, from) in bytes.iter_mut().take(room).zip(comm) {
            *to = from;
        }
        Ok(0)
    }

    /// `bpf_strncmp`: the second text lies in the program's read-only data.
    pub(super) fn compare_text(&mut self, left: u64, size: u64, right: u64) -> Result<u64, Trap> {
        let left = self.bytes(left, size & 0xffff_ffff)?;
        for (index, byte) in (0..).zip(left) {
            let other = self
                .bytes(right.wrapping_add(index), 1)?
                .first()
                .copied()
                .unwrap_or(0);
            if byte != other {
                let difference = i64::from(byte) - i64::from(other);
                return Ok(difference.signum().cast_unsigned());
            }
            if byte == 0 {
                break;
            }
        }
        Ok(0)
    }

    /// `bpf_get_func_arg`.
    pub(super) fn function_argument(&mut self, number: u64, into: u64) -> Result<u64, Trap> {
        let Some(number) = u8::try_from(number).ok().filter(|&number| number < 12) else {
            return Ok(errno::EINVAL);
        };
        let value = self.oracle.ask(Atom::Argument(number));
        self.memory.store(into, 8, value)?;
        Ok(0)
    }
}
