//! A world and a difference in the terms of the C source.

mod value;

use std::collections::BTreeSet;

use super::{
    btf::{Btf, TypeId},
    compare::{Difference, Left},
    kind::Kind,
    machine::{Argument, Effect, Trap},
    object::{Feature, Object},
    pair::Pair,
    registers::Registers,
    world::{Atom, World, kernel_of},
};

pub use value::Values;

/// What is needed to name things.
#[derive(Debug)]
pub struct Terms<'a> {
    /// The C object, whose types have the names.
    pub c: &'a Object,
    /// The architecture, whose registers have names.
    pub registers: &'a Registers,
    /// The programs.
    pub pair: &'a Pair,
    /// What the kernels of other worlds lack.
    pub lacking: &'a [BTreeSet<Feature>],
}

/// A difference in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shown {
    /// What the world is like, as far as it matters; empty where nothing had to be special.
    pub world: Vec<String>,
    /// What C did.
    pub c: String,
    /// What Rust did.
    pub rust: String,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.world.is_empty() {
            write!(f, "{}: ", self.world.join(", "))?;
        }
        write!(f, "C {}, Rust {}", self.c, self.rust)
    }
}

impl Terms<'_> {
    /// The difference and the world in which it shows.
    pub fn shown(&self, world: &World, difference: &Difference) -> Shown {
        let (c, rust) = self.sides(difference);
        Shown {
            world: world
                .set
                .iter()
                .filter(|(atom, value)| atom.plain() != **value)
                .map(|(atom, value)| self.atom(atom, *value))
                .collect(),
            c,
            rust,
        }
    }

    fn values(&self) -> Values<'_> {
        Values {
            btf: self.c.btf.as_ref(),
            endian: self.c.endian,
        }
    }

    fn atom(&self, atom: &Atom, value: u64) -> String {
        let number = number(value);
        let yes = value != 0;
        match atom {
            Atom::Wrapper if yes => "system calls are wrapped".to_owned(),
            Atom::Wrapper => "system calls are not wrapped".to_owned(),
            Atom::Kernel => {
                let lacks = kernel_of(value, self.lacking.len());
                match lacks.and_then(|index| self.lacking.get(index)) {
                    Some(lacks) => {
                        let lacks: Vec<_> = lacks.iter().map(ToString::to_string).collect();
                        format!("the kernel lacks {}", lacks.join(" and "))
                    }
                    None => "the kernel lacks nothing".to_owned(),
                }
            }
            Atom::Nameless if yes => "the kernel can't tell comm".to_owned(),
            Atom::Nameless => "the kernel can tell comm".to_owned(),
            Atom::Argument(at) => format!("argument {} = {number}", u32::from(*at) + 1),
            Atom::Context(at) => format!("{} = {number}", self.context(*at)),
            Atom::Memory(address) => {
                let bytes = self.spelled(value);
                format!(
                    "memory at {address:#x} = {number}{}",
                    value::text_note(&bytes)
                )
            }
            Atom::Readable(page) if yes => format!("memory at {:#x} is readable", page << 12),
            Atom::Readable(page) => format!("memory at {:#x} can't be read", page << 12),
            Atom::Hole(_) if !yes => "memory has no hole".to_owned(),
            Atom::Hole(at) => format!("the 16 bytes of memory at {:#x} can't be read", at << 4),
            Atom::Present { map, key } => {
                let verb = if yes { "is there" } else { "is missing" };
                format!("{} {verb}", self.element(map, key))
            }
            Atom::Missing { map, key } => format!("{} can't be looked up", self.element(map, key)),
            Atom::Raced { map, key } => {
                format!("another CPU adds {} just before", self.element(map, key))
            }
            Atom::Value { map, key, word, .. } => {
                let id = self.c.map(map).and_then(|(_, map)| map.value_type);
                let place = self.words(id, *word, value);
                format!("{}{place}", self.element(map, key))
            }
            Atom::Global { name, word, .. } => {
                let id = self.c.global(name).and_then(|global| global.type_id);
                format!("{name}{}", self.words(id, *word, value))
            }
            Atom::Fails { map, nth } => format!("operation {} on {map} fails", nth + 1),
            Atom::Time(nth) => format!("the clock at look {} = {number}", nth + 1),
            Atom::Comm(part) => {
                let bytes = value.to_le_bytes();
                let text = value::text_note(&bytes);
                let (start, end) = (part * 8, part * 8 + 7);
                format!(
                    "bytes {start} to {end} of comm = {}{text}",
                    value::hex(&bytes)
                )
            }
            Atom::Tid => format!("tid = {value}"),
            Atom::Tgid => format!("tgid = {value}"),
            Atom::Uid => format!("uid = {value}"),
            Atom::Gid => format!("gid = {value}"),
            Atom::Cpu => format!("cpu = {value}"),
            Atom::Result { helper, .. } => format!("{helper} returns {number}"),
            Atom::Output { helper, word, .. } => {
                format!(
                    "bytes {} to {} from {helper} = {number}",
                    word * 8,
                    word * 8 + 7
                )
            }
        }
    }

    /// What eight bytes of a value hold, by field: `.pid = 3`.
    fn words(&self, id: Option<TypeId>, word: u32, value: u64) -> String {
        let bytes = self.spelled(value);
        let start = u64::from(word) * 8;
        let fields = id.map(|id| self.values().fields(id, start, &bytes));
        match fields {
            Some(fields) if !fields.is_empty() => fields.join(", "),
            _ if word == 0 => format!(" = {}", number(value)),
            _ => format!(" bytes {start} to {} = {}", start + 7, number(value)),
        }
    }

    fn spelled(&self, value: u64) -> [u8; 8] {
        let mut bytes = [0; 8];
        self.c.endian.write(&mut bytes, value);
        bytes
    }

    fn context(&self, at: u32) -> String {
        let table = self.registers.arch.table();
        if matches!(
            self.pair.kind,
            Kind::Probe | Kind::ReturnProbe | Kind::PerfEvent
        ) {
            let offset = at & 0xfff;
            if self.pair.kind == Kind::ReturnProbe && u64::from(offset) == self.registers.result {
                return "the returned value".to_owned();
            }
            let named = (table.parameters.iter())
                .chain(table.syscall)
                .chain([&table.rc, &table.sp, &table.ip])
                .find(|register| register.offset as u64 == u64::from(offset));
            return match named {
                Some(register) => format!("register {}", register.name),
                None => format!("the register at offset {offset}"),
            };
        }
        format!("bytes {at} to {} of the context", at + 7)
    }

    fn element(&self, map: &str, key: &[u8]) -> String {
        let id = self.c.map(map).and_then(|(_, map)| map.key_type);
        format!("{map}[{}]", self.values().whole(id, key))
    }

    fn sides(&self, difference: &Difference) -> (String, String) {
        match difference {
            Difference::Trap { c, rust } => (trap(c.as_ref()), trap(rust.as_ref())),
            Difference::Effect { c, rust, .. } => self.effects(c.as_ref(), rust.as_ref()),
            Difference::Element {
                map, key, c, rust, ..
            } => {
                let element = self.element(map, key);
                let id = self.c.map(map).and_then(|(_, map)| map.value_type);
                if let (Left::Value(left), Left::Value(right)) = (c, rust) {
                    let (left, right) = self.values().differing(id, left, right);
                    return (
                        format!("left {left} in {element}"),
                        format!("left {right} there"),
                    );
                }
                let left = |left: &Left| match left {
                    Left::Untouched => format!("left {element} as it was"),
                    Left::Deleted => format!("deleted {element}"),
                    Left::Value(bytes) => {
                        format!("left {} in {element}", self.values().whole(id, bytes))
                    }
                };
                (left(c), left(rust))
            }
            Difference::Global { name, c, rust } => {
                let id = self.c.global(name).and_then(|global| global.type_id);
                let (left, right) = self.values().differing(id, c, rust);
                (
                    format!("left {left} in {name}"),
                    format!("left {right} there"),
                )
            }
            Difference::Result { c, rust } => (
                format!("returned {}", *c as u32 as i32),
                format!("returned {}", *rust as u32 as i32),
            ),
        }
    }

    fn effects(&self, c: Option<&Effect>, rust: Option<&Effect>) -> (String, String) {
        match (c, rust) {
            (
                Some(Effect::Update { map, key, value }),
                Some(Effect::Update {
                    map: rust_map,
                    key: rust_key,
                    value: rust_value,
                }),
            ) if map == rust_map && key == rust_key => {
                let id = self.c.map(map).and_then(|(_, map)| map.value_type);
                let (left, right) = self.values().differing(id, value, rust_value);
                let element = self.element(map, key);
                (
                    format!("wrote {left} to {element}"),
                    format!("wrote {right}"),
                )
            }
            (
                Some(Effect::Record { map, bytes }),
                Some(Effect::Record {
                    map: rust_map,
                    bytes: rust_bytes,
                }),
            ) if map == rust_map && bytes.len() == rust_bytes.len() => {
                let id = self.record_type(bytes.len());
                let (left, right) = self.values().differing(id, bytes, rust_bytes);
                (
                    format!("put {left} into a record of {map}"),
                    format!("put {right}"),
                )
            }
            _ => (self.effect(c), self.effect(rust)),
        }
    }

    /// The one structure with a name of C's with so many bytes, if there is one.
    fn record_type(&self, size: usize) -> Option<TypeId> {
        let btf: &Btf = self.c.btf.as_ref()?;
        let mut found = btf.all().map(|(id, _)| id).filter(|&id| {
            !btf.get(id).name.is_empty()
                && !btf.members(id).is_empty()
                && btf.resolve(id) == id
                && btf.size(id) == Some(size as u64)
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    fn effect(&self, effect: Option<&Effect>) -> String {
        let Some(effect) = effect else {
            return "did nothing more".to_owned();
        };
        match effect {
            Effect::Record { map, bytes } => {
                format!("put a record of {} bytes into {map}", bytes.len())
            }
            Effect::Print(text) => format!("printed {text:?}"),
            Effect::Signal { number, thread } => {
                let whom = if *thread { "thread" } else { "process" };
                format!("sent signal {number} to the {whom}")
            }
            Effect::Override(value) => format!("made the function return {}", number(*value)),
            Effect::UserWrite { address, bytes } => {
                format!("wrote {} to user memory at {address:#x}", value::hex(bytes))
            }
            Effect::Update { map, key, value } => {
                let id = self.c.map(map).and_then(|(_, map)| map.value_type);
                let value = self.values().whole(id, value);
                format!("wrote {value} to {}", self.element(map, key))
            }
            Effect::Delete { map, key } => format!("deleted {}", self.element(map, key)),
            Effect::TailCall { map, index } => format!("went on in {map}[{index}]"),
            Effect::Call { helper, arguments } => {
                let arguments: Vec<_> = arguments.iter().map(argument).collect();
                format!("called {helper}({})", arguments.join(", "))
            }
        }
    }
}

fn argument(argument: &Argument) -> String {
    match argument {
        Argument::Number(value) => number(*value),
        Argument::Context => "ctx".to_owned(),
        Argument::Map(name) => name.to_string(),
        Argument::Memory(bytes) => value::hex(bytes),
        Argument::Address => "a pointer".to_owned(),
    }
}

fn trap(trap: Option<&Trap>) -> String {
    trap.map_or_else(|| "ran to its end".to_owned(), Trap::to_string)
}

/// A number as a person would write it: small negative ones signed, large ones in hexadecimal.
fn number(value: u64) -> String {
    let signed = value.cast_signed();
    if (0x8000_0000..0x1_0000_0000).contains(&signed) {
        // Whether it is an int only the source tells.
        format!("{value} (as int {})", value as u32 as i32)
    } else if (-0x8000_0000..0x8000_0000).contains(&signed) {
        signed.to_string()
    } else {
        format!("{value:#x}")
    }
}
