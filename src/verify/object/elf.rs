//! From an ELF file to a linked object.

use std::collections::{BTreeSet, HashMap};

use object::{
    Architecture, Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, SectionIndex,
    SymbolKind, elf,
};

use super::{
    Access, DataSection, Feature, Function, Global, Kernel, MapDef, Object, Program, SourceLine,
    core_relo, kernels::asks,
};
use crate::verify::{
    btf::{Btf, Kind as TypeKind, TypeId, ext::Ext},
    bytes::{Endian, text_at},
    error::{Error, Result, fail},
    insn::{self, Op, SLOT, Slot, Value},
    kind::Kind,
    registers::Registers,
};

/// Larger files are refused before they are read in detail.
const FILE_MAX: usize = 256 << 20;
/// More instructions than the kernel takes in one program (a million), for all of them.
const SLOTS_MAX: usize = 1 << 21;
/// What all variables of an object may take.
const DATA_MAX: u64 = 64 << 20;

impl Object {
    /// Loads the bytes of an ELF file, and relocates CO-RE accesses for `kernel`.
    ///
    /// # Errors
    ///
    /// Where the file is no BPF object, is damaged, or asks for what isn't known.
    pub fn load(bytes: &[u8], arch: &Registers, kernel: Kernel<'_>) -> Result<Self> {
        if bytes.len() > FILE_MAX {
            fail!("the file is larger than {} MiB", FILE_MAX >> 20);
        }
        let file = object::File::parse(bytes)
            .map_err(|error| Error::new(format!("no readable ELF file: {error}")))?;
        if file.architecture() != Architecture::Bpf {
            fail!("an object for {:?}, not for BPF", file.architecture());
        }
        Loader::new(file)?.load(arch, kernel)
    }
}

/// An object being loaded.
pub(super) struct Loader<'a> {
    pub(super) file: object::File<'a>,
    pub(super) endian: Endian,
    pub(super) btf: Option<Btf>,
    pub(super) btf_strings: Vec<u8>,
    /// First slot of each code section.
    pub(super) code: HashMap<SectionIndex, usize>,
    pub(super) slots: Vec<Slot>,
    pub(super) data: HashMap<SectionIndex, usize>,
    pub(super) sections: Vec<DataSection>,
    pub(super) maps: Vec<MapDef>,
    /// The section and offset of each map; section 0 is no section.
    pub(super) map_places: Vec<(SectionIndex, u64, u64)>,
    pub(super) ksyms: Vec<String>,
    /// Values that relocations put in, by slot.
    pub(super) values: HashMap<usize, Value>,
    pub(super) calls: HashMap<usize, Op>,
    pub(super) globals: Vec<Global>,
    asked: BTreeSet<Feature>,
}

impl<'a> Loader<'a> {
    fn new(file: object::File<'a>) -> Result<Self> {
        let endian = if file.is_little_endian() {
            Endian::Little
        } else {
            Endian::Big
        };
        let btf_bytes = section_bytes(&file, ".BTF")?;
        let btf = btf_bytes.map(Btf::parse).transpose()?;
        Ok(Self {
            file,
            endian,
            btf,
            btf_strings: btf_bytes.map(strings).unwrap_or_default().to_vec(),
            code: HashMap::new(),
            slots: Vec::new(),
            data: HashMap::new(),
            sections: Vec::new(),
            maps: Vec::new(),
            map_places: Vec::new(),
            ksyms: Vec::new(),
            values: HashMap::new(),
            calls: HashMap::new(),
            globals: Vec::new(),
            asked: BTreeSet::new(),
        })
    }

    fn load(mut self, arch: &Registers, kernel: Kernel<'_>) -> Result<Object> {
        self.read_sections()?;
        self.read_maps()?;
        self.read_globals();
        self.add_kconfig()?;
        let functions = self.functions();
        let programs = self.programs()?;
        self.relocate()?;
        let lines = self.apply_ext(arch, kernel)?;
        Ok(Object {
            endian: self.endian,
            code: self.decode()?,
            functions,
            programs,
            maps: self.maps,
            data: self.sections,
            globals: self.globals,
            ksyms: self.ksyms,
            btf: self.btf,
            lines,
            asked: self.asked,
        })
    }

    fn read_sections(&mut self) -> Result<()> {
        let mut total = 0_u64;
        for section in self.file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
                continue;
            };
            if !sh_flags.contains(elf::SHF_ALLOC) {
                continue;
            }
            let name = section.name().map_err(unreadable)?;
            if name == ".maps" || is_legacy_maps(name) {
                continue;
            }
            if sh_flags.contains(elf::SHF_EXECINSTR) {
                let code = section.data().map_err(unreadable)?;
                if code.len() % SLOT != 0 || self.slots.len() + code.len() / SLOT > SLOTS_MAX {
                    fail!("the section {name} has no whole number of instructions, or too many");
                }
                self.code.insert(section.index(), self.slots.len());
                let slots = (0..code.len()).step_by(SLOT);
                self.slots
                    .extend(slots.filter_map(|at| Slot::read(self.endian, code, at)));
                continue;
            }
            total = total.saturating_add(section.size());
            if total > DATA_MAX {
                fail!("the variables take more than {} MiB", DATA_MAX >> 20);
            }
            // Sections without contents, .bss, have a size only.
            let mut bytes = section.data().map_err(unreadable)?.to_vec();
            bytes.resize(usize::try_from(section.size()).unwrap_or(0), 0);
            let writable = sh_flags.contains(elf::SHF_WRITE) && !name.starts_with(".rodata");
            self.data.insert(section.index(), self.sections.len());
            self.sections.push(DataSection {
                name: name.to_owned(),
                access: if writable {
                    Access::Writable
                } else {
                    Access::ReadOnly
                },
                bytes,
                addresses: Vec::new(),
            });
        }
        Ok(())
    }

    fn read_maps(&mut self) -> Result<()> {
        for symbol in self.file.symbols() {
            let Some(index) = symbol.section_index() else {
                continue;
            };
            if symbol.kind() == SymbolKind::Section {
                continue;
            }
            let section = self.file.section_by_index(index).map_err(unreadable)?;
            let name = symbol.name().map_err(unreadable)?;
            let map = match section.name().map_err(unreadable)? {
                ".maps" => {
                    let Some(btf) = &self.btf else {
                        fail!("it has no BTF, which the definitions of its maps need (clang -g)");
                    };
                    let variable = btf
                        .all()
                        .find(|(_, one)| one.name == name && matches!(one.kind, TypeKind::Var(_)));
                    let Some((variable, _)) = variable else {
                        fail!("the BTF doesn't know the map {name}");
                    };
                    MapDef::from_btf(btf, name, variable)?
                }
                section_name if is_legacy_maps(section_name) => {
                    let data = section.data().map_err(unreadable)?;
                    let start = usize::try_from(symbol.address()).unwrap_or(usize::MAX);
                    MapDef::from_legacy(self.endian, name, data.get(start..).unwrap_or_default())?
                }
                _ => continue,
            };
            self.maps.push(map);
            self.map_places
                .push((index, symbol.address(), symbol.size()));
        }
        self.read_maps_of_others()
    }

    /// Reads the maps that another object defines: the BTF says as much of those that are `extern`.
    fn read_maps_of_others(&mut self) -> Result<()> {
        let Some(btf) = &self.btf else { return Ok(()) };
        for variable in btf.section(".maps") {
            let name = &btf.get(variable.type_id).name;
            let mut symbols = self.file.symbols();
            let elsewhere = |symbol: &object::Symbol<'_, '_>| {
                symbol.is_undefined() && symbol.name() == Ok(name)
            };
            if symbols.any(|symbol| elsewhere(&symbol)) {
                self.maps
                    .push(MapDef::from_btf(btf, name, variable.type_id)?);
                self.map_places.push((SectionIndex(0), 0, 0));
            }
        }
        Ok(())
    }

    fn read_globals(&mut self) {
        let variables: HashMap<&str, TypeId> = self
            .btf
            .iter()
            .flat_map(Btf::all)
            .filter_map(|(id, one)| {
                matches!(one.kind, TypeKind::Var(_)).then_some((one.name.as_str(), id))
            })
            .collect();
        for symbol in self.file.symbols() {
            let Some(&section) = symbol
                .section_index()
                .and_then(|index| self.data.get(&index))
            else {
                continue;
            };
            let Ok(name) = symbol.name() else { continue };
            if symbol.kind() == SymbolKind::Section || symbol.size() == 0 {
                continue;
            }
            let type_id = variables.get(name).copied();
            let volatile = match (&self.btf, type_id) {
                (Some(btf), Some(id)) => btf.is_volatile(id),
                _ => false,
            };
            let access = self.sections.get(section).map(|section| section.access);
            self.globals.push(Global {
                name: name.to_owned(),
                section,
                offset: symbol.address(),
                size: symbol.size(),
                type_id,
                settable: access == Some(Access::ReadOnly) && volatile,
            });
        }
    }

    /// Makes a section of the variables in the BTF's `.kconfig`, which no section of the file
    /// holds.
    fn add_kconfig(&mut self) -> Result<()> {
        let Some(btf) = &self.btf else { return Ok(()) };
        let variables = btf.section(".kconfig");
        if variables.is_empty() {
            return Ok(());
        }
        let section = self.sections.len();
        let mut end = 0_u64;
        for variable in variables {
            let size = btf.size(variable.type_id).unwrap_or(0);
            if size == 0 || size > DATA_MAX || end > DATA_MAX {
                fail!("a variable in .kconfig has no size");
            }
            self.globals.push(Global {
                name: btf.get(variable.type_id).name.clone(),
                section,
                offset: end,
                size,
                type_id: Some(variable.type_id),
                settable: true,
            });
            end = (end + size).next_multiple_of(8);
        }
        self.sections.push(DataSection {
            name: ".kconfig".to_owned(),
            access: Access::Kconfig,
            bytes: vec![0; usize::try_from(end).unwrap_or(0)],
            addresses: Vec::new(),
        });
        Ok(())
    }

    fn functions(&self) -> Vec<Function> {
        let mut functions: Vec<_> = self
            .file
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
            .filter_map(|symbol| {
                let start = self.slot_of(symbol.section_index()?, symbol.address())?;
                let length = usize::try_from(symbol.size()).ok()? / SLOT;
                Some(Function {
                    name: symbol.name().ok()?.to_owned(),
                    start,
                    end: start.checked_add(length)?.min(self.slots.len()),
                })
            })
            .collect();
        functions.sort_by(|a, b| (a.start, &a.name).cmp(&(b.start, &b.name)));
        functions
    }

    fn programs(&self) -> Result<Vec<Program>> {
        let mut programs = Vec::new();
        for symbol in self.file.symbols() {
            let Some(index) = symbol.section_index() else {
                continue;
            };
            if symbol.kind() != SymbolKind::Text || !symbol.is_global() {
                continue;
            }
            let Some(entry) = self.slot_of(index, symbol.address()) else {
                continue;
            };
            let section = self.file.section_by_index(index).map_err(unreadable)?;
            let section = section.name().map_err(unreadable)?;
            // Functions that programs call.
            if section == ".text" || section.starts_with(".text.") {
                continue;
            }
            if entry >= self.slots.len() {
                fail!("a program begins behind the end of its section");
            }
            programs.push(Program {
                name: symbol.name().map_err(unreadable)?.to_owned(),
                section: section.to_owned(),
                kind: Kind::of_section(section),
                entry,
            });
        }
        Ok(programs)
    }

    pub(super) fn slot_of(&self, section: SectionIndex, address: u64) -> Option<usize> {
        let base = *self.code.get(&section)?;
        base.checked_add(usize::try_from(address).ok()? / SLOT)
    }

    /// Applies CO-RE relocations to the slots, and returns the source lines.
    fn apply_ext(&mut self, arch: &Registers, kernel: Kernel<'_>) -> Result<Vec<SourceLine>> {
        let Some(bytes) = section_bytes(&self.file, ".BTF.ext")? else {
            return Ok(Vec::new());
        };
        let ext = Ext::parse(bytes)?;
        let section_names: HashMap<String, SectionIndex> = self
            .file
            .sections()
            .filter_map(|section| Some((section.name().ok()?.to_owned(), section.index())))
            .collect();
        let slot = |loader: &Self, section: u32, instruction: u32| {
            let name = text_at(&loader.btf_strings, section)?;
            loader.slot_of(*section_names.get(name)?, instruction.into())
        };
        if let Some(btf) = &self.btf {
            let target = core_relo::Target::new(btf, kernel, arch);
            let mut patches = Vec::new();
            let mut asked = BTreeSet::new();
            for record in &ext.relocations {
                let Some(at) = slot(self, record.section, record.instruction) else {
                    fail!("a CO-RE relocation lies outside the code");
                };
                let Some(access) = text_at(&self.btf_strings, record.access) else {
                    fail!("a CO-RE relocation has no access string");
                };
                let relocated = target.resolve(record.type_id, access, record.kind)?;
                patches.push((at, relocated));
                if asks(record.kind) {
                    asked.extend(target.feature(record.type_id, access, record.kind)?);
                }
            }
            self.asked = asked;
            for (at, relocated) in patches {
                core_relo::patch(&mut self.slots, &mut self.calls, at, &relocated)?;
            }
        }
        let mut lines: Vec<_> = ext
            .lines
            .iter()
            .filter_map(|line| {
                Some(SourceLine {
                    slot: slot(self, line.section, line.instruction)?,
                    file: text_at(&self.btf_strings, line.file)?.to_owned(),
                    line: line.line,
                })
            })
            .collect();
        lines.sort_by_key(|line| line.slot);
        Ok(lines)
    }

    fn decode(&self) -> Result<Vec<Op>> {
        let mut code = Vec::with_capacity(self.slots.len());
        let mut filler = false;
        for (at, &slot) in self.slots.iter().enumerate() {
            if std::mem::take(&mut filler) {
                code.push(Op::Filler);
                continue;
            }
            if let Some(&call) = self.calls.get(&at) {
                code.push(call);
                continue;
            }
            let next = self.slots.get(at + 1).map(|next| next.imm);
            let mut op = insn::decode(self.endian, slot, next, at, self.slots.len())?;
            if let Op::LoadImmediate { value, .. } = &mut op {
                filler = true;
                if let Some(&linked) = self.values.get(&at) {
                    *value = linked;
                }
            }
            if let Op::Call(target) = op
                && target >= self.slots.len()
            {
                fail!("instruction {at} calls outside the code");
            }
            code.push(op);
        }
        Ok(code)
    }
}

pub(super) fn unreadable(error: object::Error) -> Error {
    Error::new(format!("no readable ELF file: {error}"))
}

fn section_bytes<'a>(file: &object::File<'a>, name: &str) -> Result<Option<&'a [u8]>> {
    file.section_by_name(name)
        .map(|section| section.data().map_err(unreadable))
        .transpose()
}

/// The strings of the contents of `.BTF`.
fn strings(btf: &[u8]) -> &[u8] {
    let find = || {
        let endian = [Endian::Little, Endian::Big]
            .into_iter()
            .find(|endian| endian.u16_at(btf, 0) == Some(0xeb9f))?;
        let start = endian
            .u32_at(btf, 4)?
            .checked_add(endian.u32_at(btf, 16)?)?;
        let end = start.checked_add(endian.u32_at(btf, 20)?)?;
        btf.get(start as usize..end as usize)
    };
    find().unwrap_or_default()
}

/// Whether a section holds maps as they were defined before BTF: `maps`, and as gobpf has it
/// `maps/NAME` for each.
pub(super) fn is_legacy_maps(name: &str) -> bool {
    name == "maps" || name.starts_with("maps/")
}
