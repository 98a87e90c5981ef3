//! Both objects matched: which program belongs to which, and what they have in common.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    btf::{Btf, Kind as TypeKind, TypeId},
    bytes::Endian,
    error::{Error, Result, Side, fail},
    insn::{Op, Value},
    kind::Kind,
    machine::{Fill, Image, Shape, Start, Varying, ksym_address},
    object::{
        Access, Global, Kernel, MapDef, Object, Program,
        core_names::{Wanted, wanted},
    },
    registers::Registers,
};

/// What the variable of a bit-field holds, in its order: the prefixes of what asks for each.
const BITFIELD: [&str; 5] = [
    "core__",
    "core_size__",
    "core_signed__",
    "core_lshift__",
    "core_rshift__",
];
const BITFIELD_SIZE: u64 = 4 * BITFIELD.len() as u64;

/// Larger types are not searched for `bool`s.
const SIZE_MAX: u64 = 1 << 16;

/// Two programs of the same name.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Their name.
    pub name: String,
    /// Where the C program attaches.
    pub section: String,
    /// What kind of program it is.
    pub kind: Kind,
    /// How the C program is started.
    pub c: Start,
    /// How the Rust program is started.
    pub rust: Start,
}

/// Programs of both objects by name; `partly`, also where one has more than the other.
///
/// # Errors
///
/// Where the objects are for different machines, or a program or map is missing on one side or
/// differs in kind or shape.
pub fn programs(c: &Object, rust: &Object, partly: bool) -> Result<Vec<Pair>> {
    if c.endian != rust.endian {
        fail!(
            "the C object is {:?}-endian, the Rust one {:?}-endian",
            c.endian,
            rust.endian
        );
    }
    check_maps(c, rust, partly)?;
    if c.programs.is_empty() {
        return Err(Error::new("no program in it").of(Side::C));
    }
    for (one, other, side) in [(c, rust, Side::Rust), (rust, c, Side::C)] {
        // A port may leave programs out; it has none of its own.
        let mut alone = alone(one, other).filter(|_| !partly || side == Side::C);
        if let Some(alone) = alone.next() {
            fail!("the {side} object has no program {alone}");
        }
    }
    c.programs
        .iter()
        .filter_map(|program| Some((program, rust.program(&program.name)?)))
        .map(|(program, other)| pair(c, program, other))
        .collect()
}

/// Programs of one object that another lacks.
pub fn alone<'a>(one: &'a Object, other: &'a Object) -> impl Iterator<Item = &'a str> {
    let names = one.programs.iter().map(|program| program.name.as_str());
    names.filter(|name| other.program(name).is_none())
}

fn pair(c: &Object, program: &Program, other: &Program) -> Result<Pair> {
    let (kind, rust) = (program.kind, other.kind);
    // Aya's section names say less than libbpf's.
    if kind != rust && kind != Kind::Other && rust != Kind::Other {
        fail!(
            "the program {} is in {:?} in the C object, in {:?} in the Rust one",
            program.name,
            program.section,
            other.section
        );
    }
    let start = |entry| Start {
        entry,
        kind,
        of_syscall: probes_syscall(c, program),
    };
    Ok(Pair {
        name: program.name.clone(),
        section: program.section.clone(),
        kind,
        c: start(program.entry),
        rust: start(other.entry),
    })
}

/// Whether the program is a probe of a system call.
///
/// One whose section names no function may be, if its object knows of the wrapper.
fn probes_syscall(c: &Object, program: &Program) -> bool {
    let section = program.section.trim_start_matches('?');
    match section.split_once('/') {
        Some(("ksyscall" | "kretsyscall", _)) => true,
        Some((_, function)) => function.contains("sys_"),
        None => section == "ksyscall" || c.global("LINUX_HAS_SYSCALL_WRAPPER").is_some(),
    }
}

fn check_maps(c: &Object, rust: &Object, partly: bool) -> Result<()> {
    for map in &c.maps {
        match rust.map(&map.name) {
            Some((_, other)) => {
                if let Some(difference) = map.shape_difference(other) {
                    fail!(
                        "the map {} differs in shape: C has {difference} in Rust",
                        map.name
                    );
                }
            }
            None if !partly && uses_map(c, &map.name) => {
                fail!("the Rust object has no map {}", map.name);
            }
            None => {}
        }
    }
    for map in &rust.maps {
        if c.map(&map.name).is_none() && uses_map(rust, &map.name) {
            fail!("the C object has no map {}", map.name);
        }
    }
    Ok(())
}

/// Gives the Rust object's maps what its loader knows of them, as C has it: what maps in them look
/// like, and which maps and programs lie in them from the start.
pub fn adopt_maps(c: &Object, rust: &mut Object) {
    let in_rust = |value: Value| match value {
        Value::Map(index) => {
            let name = &c.maps.get(index)?.name;
            rust.map(name).map(|(index, _)| Value::Map(index))
        }
        Value::Function(slot) => {
            let program = c.programs.iter().find(|program| program.entry == slot)?;
            let other = rust.program(&program.name)?;
            Some(Value::Function(other.entry))
        }
        _ => None,
    };
    let known: Vec<_> = rust
        .maps
        .iter()
        .map(|map| {
            let (_, map) = c.map(&map.name)?;
            let initial = map.initial.iter();
            let initial = initial.filter_map(|&(at, value)| Some((at, in_rust(value)?)));
            Some((map.inner.clone(), initial.collect::<Vec<_>>()))
        })
        .collect();
    for (map, known) in rust.maps.iter_mut().zip(known) {
        if let Some((inner, initial)) = known {
            map.inner = inner;
            map.initial = initial;
        }
    }
}

/// Whether any instruction or other map refers to the map.
fn uses_map(object: &Object, name: &str) -> bool {
    let Some((index, _)) = object.map(name) else {
        return false;
    };
    let wanted = Value::Map(index);
    let in_code = reached(object)
        .into_iter()
        .flatten()
        .any(|op| matches!(op, Op::LoadImmediate { value, .. } if *value == wanted));
    let in_maps = || {
        object
            .maps
            .iter()
            .flat_map(|map| &map.initial)
            .any(|(_, value)| *value == wanted)
    };
    in_code || in_maps()
}

/// The functions that programs come to: headers bring others along.
fn reached(object: &Object) -> Vec<&[Op]> {
    let mut work: Vec<usize> = object.programs.iter().map(|one| one.entry).collect();
    let mut seen = HashSet::new();
    let mut code = Vec::new();
    while let Some(entry) = work.pop() {
        let mut functions = object.functions.iter();
        let function = functions.find(|one| (one.start..one.end).contains(&entry));
        let Some(function) = function.filter(|one| seen.insert(one.start)) else {
            continue;
        };
        let ops = object.code.get(function.start..function.end);
        for op in ops.unwrap_or_default() {
            if let Op::Call(target)
            | Op::LoadImmediate {
                value: Value::Function(target),
                ..
            } = op
            {
                work.push(*target);
            }
        }
        code.extend(ops);
    }
    code
}

/// What both objects have in common, as C describes it.
///
/// # Errors
///
/// Where a variable that C's programs use is missing in Rust, or differs in size or initial value.
pub fn shape(c: &Object, rust: &Object, partly: bool) -> Result<Shape> {
    let mut shape = Shape {
        prototypes: c.prototypes(),
        ..Shape::default()
    };
    let used = used_globals(c);
    for global in &c.globals {
        let Some(access) = c.data.get(global.section).map(|section| section.access) else {
            continue;
        };
        let written = access == Access::Writable && is_data(c, global);
        if !written && !global.settable {
            continue;
        }
        if global.name == "LINUX_HAS_SYSCALL_WRAPPER" {
            continue;
        }
        let Some(other) = rust.global(&global.name) else {
            if !partly && used.contains(&global.name) {
                fail!("the Rust object has no variable {}", global.name);
            }
            continue;
        };
        if other.size != global.size {
            fail!(
                "the variable {} has {} bytes in C, {} in Rust",
                global.name,
                global.size,
                other.size
            );
        }
        let mut initial = c.initial(global).unwrap_or_default().to_vec();
        if access == Access::Kconfig {
            if global.name == "LINUX_KERNEL_VERSION" {
                c.endian.write(&mut initial, 0x0006_0100);
            }
        } else if rust.initial(other) != Some(initial.as_slice()) {
            fail!(
                "the variable {} begins with another value in Rust",
                global.name
            );
        }
        let bools = match (&c.btf, global.type_id) {
            (Some(btf), Some(id)) => bools(btf, id),
            _ => Vec::new(),
        };
        shape.globals.insert(
            global.name.clone(),
            Varying {
                initial,
                bools,
                written,
            },
        );
    }
    for map in &c.maps {
        // A map of C that has only `value_size` doesn't say what it holds; the port, which has found
        // out from how programs use it, does.
        let same = rust.maps.iter().find(|other| other.name == map.name);
        if let Some(bools) = value_bools(c, map).or_else(|| value_bools(rust, same?)) {
            shape.map_bools.insert(map.name.clone(), bools);
        }
    }
    Ok(shape)
}

/// Whether the variable lies in a section that loaders make a map of.
fn is_data(object: &Object, global: &Global) -> bool {
    object.data.get(global.section).is_some_and(|section| {
        section.name.starts_with(".data") || section.name.starts_with(".bss")
    })
}

/// The variables that instructions refer to.
fn used_globals(object: &Object) -> HashSet<String> {
    let places: HashSet<(usize, u64)> = reached(object)
        .into_iter()
        .flatten()
        .filter_map(|op| match *op {
            Op::LoadImmediate {
                value: Value::Data(section, offset),
                ..
            } => Some((section, offset)),
            _ => None,
        })
        .collect();
    object
        .globals
        .iter()
        .filter(|global| {
            let end = global.offset.saturating_add(global.size);
            places.iter().any(|&(section, offset)| {
                section == global.section && (global.offset..end).contains(&offset)
            })
        })
        .map(|global| global.name.clone())
        .collect()
}

/// The bytes of a map's values that hold a `bool`, where the object says what the values are.
fn value_bools(object: &Object, map: &MapDef) -> Option<Vec<u64>> {
    let inner = map.inner.as_deref();
    let value = map
        .value_type
        .or(inner.and_then(|inner| inner.value_type))?;
    Some(bools(object.btf.as_ref()?, value))
}

/// The bytes of a type that hold a `bool`.
fn bools(btf: &Btf, id: TypeId) -> Vec<u64> {
    let size = btf.size(id).unwrap_or(0).min(SIZE_MAX);
    (0..size)
        .filter(|&offset| {
            btf.place_at(id, offset).is_some_and(|place| {
                matches!(btf.kind(place.type_id), TypeKind::Int { boolean: true, .. })
            })
        })
        .collect()
}

/// How the variables of a port are called that hold the addresses of the kernel's variables.
const KSYM: &str = "ksym__";

/// What a loader puts into the Rust object's variables for CO-RE and symbols, whose names say what
/// it is: taken from the kernel's types, or from C's where there are no others. What `given` says
/// comes first.
///
/// # Errors
///
/// Where there are no types to take it from.
pub fn core_fill(
    c: &Object,
    rust: &Object,
    kernel: Kernel<'_>,
    registers: &Registers,
    given: &BTreeMap<String, u64>,
) -> Result<Fill> {
    let btf = kernel.btf.or(c.btf.as_ref());
    let mut fill = HashMap::new();
    for global in &rust.globals {
        let written = |numbers: &[u64]| {
            let size = usize::try_from(global.size).unwrap_or(0) / numbers.len();
            let mut bytes = vec![0; size.min(8) * numbers.len()];
            for (place, number) in bytes.chunks_mut(size.clamp(1, 8)).zip(numbers) {
                rust.endian.write(place, *number);
            }
            bytes
        };
        if let Some(&value) = given.get(&global.name) {
            fill.insert(global.name.clone(), written(&[value]));
            continue;
        }
        if let Some(symbol) = global.name.strip_prefix(KSYM) {
            fill.insert(global.name.clone(), written(&[ksym_address(symbol)]));
            continue;
        }
        let Some(btf) = btf else {
            if global.name.starts_with("core_") {
                fail!("without BTF nobody knows what to put into {}", global.name);
            }
            continue;
        };
        // What the kernel lacks stays as it is: a program that reads it has no helper to call.
        let number = |name: &str| match wanted(btf, kernel.lacks, registers, name) {
            Wanted::Number(value) => Some(value),
            _ => None,
        };
        let path = global.name.strip_prefix("core__");
        let numbers = match path.filter(|_| global.size == BITFIELD_SIZE) {
            Some(path) => (BITFIELD
                .iter()
                .map(|prefix| number(&format!("{prefix}{path}"))))
            .collect::<Option<Vec<_>>>(),
            None => number(&global.name).map(|number| vec![number]),
        };
        if let Some(numbers) = numbers {
            fill.insert(global.name.clone(), written(&numbers));
        }
    }
    Ok(fill)
}

/// Whether `registers` are those of a machine of the objects' byte order.
///
/// # Errors
///
/// Where they are not.
pub fn check_arch(endian: Endian, registers: &Registers) -> Result<()> {
    if endian != registers.endian {
        fail!(
            "it is {endian:?}-endian, {} is {:?}-endian",
            registers.arch.name(),
            registers.endian
        );
    }
    Ok(())
}

/// Both objects ready to run.
///
/// # Errors
///
/// Where they can't be compared.
pub fn images<'a>(
    c: &'a Object,
    rust: &'a Object,
    shape: &'a Shape,
    registers: &'a Registers,
    fill: &Fill,
) -> Result<(Image<'a>, Image<'a>)> {
    let none = HashMap::new();
    let c = Image::new(c, registers, shape, &none).map_err(|error| error.of(Side::C))?;
    let rust = Image::new(rust, registers, shape, fill).map_err(|error| error.of(Side::Rust))?;
    Ok((c, rust))
}
