//! Relocations: what an address or a call in the file refers to.

use object::{
    Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
    SectionIndex, SymbolIndex, SymbolSection,
};

use super::{
    Access,
    elf::{Loader, is_legacy_maps, unreadable},
};
use crate::verify::{
    btf::Kind as TypeKind,
    error::{Result, fail},
    insn::{Op, Value},
};

/// Numbers of the relocations that BPF objects have (LLVM's `BPF.def`).
const R_64_64: u32 = 1;
const R_ABS64: u32 = 2;
const R_ABS32: u32 = 3;
const R_NODYLD32: u32 = 4;
const R_64_32: u32 = 10;

impl Loader<'_> {
    /// Puts in what relocations of code, variables and maps refer to.
    pub(super) fn relocate(&mut self) -> Result<()> {
        let mut found = Vec::new();
        for section in self.file.sections() {
            let index = section.index();
            let name = section.name().map_err(unreadable)?;
            let in_maps = name == ".maps" || is_legacy_maps(name);
            let known = self.code.contains_key(&index) || self.data.contains_key(&index);
            if !known && !in_maps {
                // Debug information and BTF are relocated by the linker only.
                continue;
            }
            for (offset, relocation) in section.relocations() {
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    fail!("a relocation in {name} is none of ELF's");
                };
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    fail!("a relocation in {name} has no symbol");
                };
                found.push((index, offset, r_type.0, symbol));
            }
        }
        for (section, offset, kind, symbol) in found {
            if let Some(slot) = self.slot_of(section, offset) {
                self.relocate_code(slot, kind, symbol)?;
            } else {
                self.relocate_data(section, offset, kind, symbol)?;
            }
        }
        Ok(())
    }

    fn relocate_code(&mut self, at: usize, kind: u32, symbol: SymbolIndex) -> Result<()> {
        let Some(&slot) = self.slots.get(at) else {
            fail!("a relocation lies outside the code");
        };
        match kind {
            R_64_64 if slot.opcode == 0x18 => {
                let value = self.value(symbol, slot.imm.into())?;
                self.values.insert(at, value);
            }
            R_64_32 if slot.opcode == 0x85 => {
                let op = self.call(symbol, slot.imm)?;
                self.calls.insert(at, op);
            }
            R_64_64 | R_64_32 | R_NODYLD32 | R_ABS32 | R_ABS64 => {
                fail!(
                    "instruction {at} with opcode {:#04x} can't have relocation {kind}",
                    slot.opcode
                );
            }
            _ => fail!("instruction {at} has the unknown relocation {kind}"),
        }
        Ok(())
    }

    fn relocate_data(
        &mut self,
        section: SectionIndex,
        offset: u64,
        kind: u32,
        symbol: SymbolIndex,
    ) -> Result<()> {
        if !matches!(kind, R_64_64 | R_ABS64) {
            fail!("the data has the unknown relocation {kind}");
        }
        if let Some(&index) = self.data.get(&section) {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = self.sections.get(index).map_or(&[][..], |data| &data.bytes);
            let Some(addend) = bytes.get(start..).and_then(|rest| rest.get(..8)) else {
                fail!("a relocation lies outside its section");
            };
            let addend = self.endian.read(addend).cast_signed();
            let value = self.value(symbol, addend)?;
            if let Some(data) = self.sections.get_mut(index) {
                data.addresses.push((offset, value));
            }
            return Ok(());
        }
        let value = self.value(symbol, 0)?;
        let owner = self.map_places.iter().position(|&(index, start, size)| {
            index == section && (start..start.saturating_add(size)).contains(&offset)
        });
        let Some(owner) = owner else {
            fail!("a relocation belongs to no map");
        };
        let start = self.map_places.get(owner).map_or(0, |place| place.1);
        let values_at = self.values_offset(owner);
        if let Some(map) = self.maps.get_mut(owner) {
            let index = offset.saturating_sub(start).saturating_sub(values_at) / 8;
            map.initial
                .push((u32::try_from(index).unwrap_or(u32::MAX), value));
        }
        Ok(())
    }

    /// Where the member `values` of a map's definition begins.
    fn values_offset(&self, map: usize) -> u64 {
        let find = || {
            let btf = self.btf.as_ref()?;
            let name = &self.maps.get(map)?.name;
            let (variable, _) = btf
                .all()
                .find(|(_, one)| one.name == *name && matches!(one.kind, TypeKind::Var(_)))?;
            let (_, bits) = btf.field(variable, "values")?;
            Some(u64::from(bits / 8))
        };
        find().unwrap_or(0)
    }

    /// What the address of `symbol` plus `addend` is.
    fn value(&mut self, symbol: SymbolIndex, addend: i64) -> Result<Value> {
        let symbol = self.file.symbol_by_index(symbol).map_err(unreadable)?;
        let name = symbol.name().map_err(unreadable)?.to_owned();
        let offset = symbol.address().wrapping_add_signed(addend);
        let SymbolSection::Section(section) = symbol.section() else {
            if let Some(global) = self.globals.iter().find(|global| {
                global.name == name
                    && self
                        .sections
                        .get(global.section)
                        .is_some_and(|section| section.access == Access::Kconfig)
            }) {
                let offset = global.offset.wrapping_add_signed(addend);
                return Ok(Value::Data(global.section, offset));
            }
            if let Some(map) = self.maps.iter().position(|map| map.name == name) {
                return Ok(Value::Map(map));
            }
            // rustc's type information doesn't have what is declared only.
            return Ok(Value::Ksym(self.ksym(name)));
        };
        if let Some(map) = self.map_places.iter().position(|&(index, start, size)| {
            index == section && (start..start.saturating_add(size.max(1))).contains(&offset)
        }) {
            return Ok(Value::Map(map));
        }
        if let Some(&data) = self.data.get(&section) {
            return Ok(Value::Data(data, offset));
        }
        if let Some(slot) = self
            .slot_of(section, offset)
            .filter(|&slot| slot < self.slots.len())
        {
            return Ok(Value::Function(slot));
        }
        fail!("a relocation refers to {name:?}, which is no map, variable or function")
    }

    /// The index of the extern called `name`.
    fn ksym(&mut self, name: String) -> usize {
        if let Some(index) = self.ksyms.iter().position(|known| *known == name) {
            return index;
        }
        self.ksyms.push(name);
        self.ksyms.len() - 1
    }

    fn call(&mut self, symbol: SymbolIndex, imm: i32) -> Result<Op> {
        let symbol = self.file.symbol_by_index(symbol).map_err(unreadable)?;
        let name = symbol.name().map_err(unreadable)?.to_owned();
        let SymbolSection::Section(section) = symbol.section() else {
            return Ok(Op::Kfunc(self.ksym(name)));
        };
        // The immediate counts slots from the one behind the call: -1 for the symbol itself.
        let distance = i64::from(imm) + 1;
        let target = self
            .slot_of(section, symbol.address())
            .and_then(|slot| i64::try_from(slot).ok()?.checked_add(distance))
            .and_then(|slot| usize::try_from(slot).ok())
            .filter(|&slot| slot < self.slots.len());
        match target {
            Some(target) => Ok(Op::Call(target)),
            None => fail!("a call of {name} leaves the code"),
        }
    }
}
