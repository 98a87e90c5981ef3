//! What C's names become in Rust.

use std::{
    collections::{HashMap, HashSet},
    mem::{Discriminant, discriminant},
};

use proc_macro2::{Ident, Span};

use super::anonymous;
use crate::{
    arch::Archs,
    ir::{ConstantId, EnumId, FunctionId, GlobalId, Item, MapId, Object, RecordId, RelocationId},
};

/// The Rust names of all items of an object, each unlike all others of its kind.
#[derive(Clone, Debug, Default)]
pub struct Names {
    types: HashMap<TypeKey, String>,
    values: HashMap<ValueKey, String>,
    functions: HashMap<FunctionId, String>,
    enum_constants: HashMap<(EnumId, usize), String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum TypeKey {
    Record(RecordId),
    Enum(EnumId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ValueKey {
    Constant(ConstantId),
    Global(GlobalId),
    Map(MapId),
    Relocation(RelocationId),
}

/// Structures that the kernel finds in a map's values by their name in the type information
/// (`btf_find_struct_field` in kernel/bpf/btf.c).
const KNOWN_BY_NAME: [&str; 10] = [
    "bpf_spin_lock",
    "bpf_res_spin_lock",
    "bpf_timer",
    "bpf_wq",
    "bpf_task_work",
    "bpf_list_head",
    "bpf_list_node",
    "bpf_rb_root",
    "bpf_rb_node",
    "bpf_refcount",
];

/// Whether the kernel knows a structure by its name.
pub fn is_known_by_name(name: &str) -> bool {
    KNOWN_BY_NAME.contains(&name)
}

impl Names {
    /// Names everything in `object`.
    pub fn of(object: &Object) -> Self {
        let mut names = Self::default();
        names.name_types(object);
        names.name_values(object);
        let programs = object.programs.iter().map(|p| p.function.name.clone());
        let mut taken = Taken::new(object, programs.collect());
        for (id, function) in (0..).map(FunctionId).zip(&object.functions) {
            let name = taken.name(Item::Function(id), snake(&function.name), distinct);
            names.functions.insert(id, name);
        }
        names
    }

    fn name_types(&mut self, object: &Object) {
        // Names of the prelude and of what the port imports.
        let mut taken = Taken::new(
            object,
            RESERVED_TYPES.iter().map(|&s| s.to_owned()).collect(),
        );
        for (id, record) in (0..).zip(&object.records) {
            let base = match &record.name {
                Some(name) if record.fields.is_none() && super::bindings::has_struct(name) => {
                    name.clone()
                }
                Some(name) if is_known_by_name(name) => name.clone(),
                Some(name) => camel(name),
                None => anonymous::name(object, RecordId(id)),
            };
            let name = taken.name(Item::Record(RecordId(id)), base, distinct_type);
            self.types.insert(TypeKey::Record(RecordId(id)), name);
        }
        for (id, enumeration) in (0..).zip(&object.enums) {
            let base = enumeration
                .name
                .as_deref()
                .map_or("Anonymous".into(), camel);
            let name = taken.name(Item::Enum(EnumId(id)), base, distinct_type);
            self.types.insert(TypeKey::Enum(EnumId(id)), name);
            let prefix = common_prefix(
                &enumeration
                    .constants
                    .iter()
                    .map(|c| c.name.as_str())
                    .collect::<Vec<_>>(),
            );
            let mut taken = HashSet::new();
            for (index, constant) in enumeration.constants.iter().enumerate() {
                let short = constant.name.get(prefix..).unwrap_or(&constant.name);
                let short = if short.starts_with(|c: char| c.is_ascii_digit()) {
                    &constant.name
                } else {
                    short
                };
                let name = distinct(upper(short), &mut taken);
                self.enum_constants.insert((EnumId(id), index), name);
            }
        }
    }

    fn name_values(&mut self, object: &Object) {
        let mut taken = Taken::new(
            object,
            RESERVED_VALUES.iter().map(|&s| s.to_owned()).collect(),
        );
        if let Some(license) = &object.license {
            taken.names.insert(upper(&license.variable));
        }
        for (id, constant) in (0..).map(ConstantId).zip(&object.constants) {
            // The kernel's constants keep their names: Aya has them too.
            let known =
                upper(&constant.name) == constant.name || super::items::binding(constant).is_some();
            let name = if constant.foreign && known {
                taken.names.insert(constant.name.clone());
                constant.name.clone()
            } else {
                taken.name(Item::Constant(id), upper(&constant.name), distinct)
            };
            self.values.insert(ValueKey::Constant(id), name);
        }
        for (id, map) in (0..).map(MapId).zip(&object.maps) {
            let name = taken.name(Item::Map(id), upper(&map.name), distinct);
            self.values.insert(ValueKey::Map(id), name);
        }
        for (id, global) in (0..).map(GlobalId).zip(&object.globals) {
            let name = taken.name(Item::Global(id), upper(&global.name), distinct);
            self.values.insert(ValueKey::Global(id), name);
        }
        // `uid` is no name for one of two.
        let mut wanted: HashMap<String, HashSet<String>> = HashMap::new();
        for relocation in &object.relocations {
            let qualified = super::core_reads::qualified_rust_name(relocation);
            let same = wanted.entry(super::core_reads::rust_name(relocation));
            same.or_default().insert(qualified);
        }
        for (id, relocation) in (0..).map(RelocationId).zip(&object.relocations) {
            let base = super::core_reads::rust_name(relocation);
            let qualified = super::core_reads::qualified_rust_name(relocation);
            let item = Item::Relocation(id);
            let several = wanted.get(&base).is_some_and(|names| names.len() > 1);
            let is_taken = taken.names.contains(&base) && taken.variant(item, &base).is_none();
            let name = if several || is_taken { qualified } else { base };
            let name = taken.name(item, name, distinct);
            self.values.insert(ValueKey::Relocation(id), name);
        }
    }

    /// A structure or union.
    pub fn record(&self, id: RecordId) -> Ident {
        ident(
            self.types
                .get(&TypeKey::Record(id))
                .map_or("Unknown", |s| s),
        )
    }
    /// An enumeration.
    pub fn enumeration(&self, id: EnumId) -> Ident {
        ident(self.types.get(&TypeKey::Enum(id)).map_or("Unknown", |s| s))
    }
    /// A constant of an enumeration, behind the enumeration's name.
    pub fn enum_constant(&self, id: EnumId, index: usize) -> Ident {
        ident(
            self.enum_constants
                .get(&(id, index))
                .map_or("UNKNOWN", |s| s),
        )
    }
    /// A named constant.
    pub fn constant(&self, id: ConstantId) -> Ident {
        self.value(ValueKey::Constant(id))
    }
    /// A variable.
    pub fn global(&self, id: GlobalId) -> Ident {
        self.value(ValueKey::Global(id))
    }
    /// A map.
    pub fn map(&self, id: MapId) -> Ident {
        self.value(ValueKey::Map(id))
    }
    /// The static that holds a relocation's answer.
    pub fn relocation(&self, id: RelocationId) -> Ident {
        self.value(ValueKey::Relocation(id))
    }
    /// Whether a function has that name, which a variable of it would hide.
    pub fn is_function(&self, name: &str) -> bool {
        self.functions.values().any(|known| known == name)
    }

    /// A function.
    pub fn function(&self, id: FunctionId) -> Ident {
        ident(self.functions.get(&id).map_or("unknown", |s| s))
    }

    fn value(&self, key: ValueKey) -> Ident {
        ident(self.values.get(&key).map_or("UNKNOWN", |s| s))
    }
}

/// Names that are taken. What is for other architectures each time may have one name.
struct Taken<'o> {
    object: &'o Object,
    names: HashSet<String>,
    /// By the name that was wanted: the name, and what has it for which architectures.
    variants: HashMap<String, (String, Discriminant<Item>, Archs)>,
}

impl<'o> Taken<'o> {
    fn new(object: &'o Object, names: HashSet<String>) -> Self {
        Self {
            object,
            names,
            variants: HashMap::new(),
        }
    }

    /// The name of another variant of an item.
    fn variant(&self, item: Item, wanted: &str) -> Option<&str> {
        let archs = self.object.only(item)?;
        let (name, kind, others) = self.variants.get(wanted)?;
        let apart = others.without(archs) == *others;
        (apart && *kind == discriminant(&item)).then_some(name)
    }

    fn name(
        &mut self,
        item: Item,
        wanted: String,
        distinct: fn(String, &mut HashSet<String>) -> String,
    ) -> String {
        let known = self.variant(item, &wanted).map(str::to_owned);
        let name = known.unwrap_or_else(|| distinct(wanted.clone(), &mut self.names));
        if let Some(archs) = self.object.only(item) {
            let of = (name.clone(), discriminant(&item), Archs::default());
            let (_, _, others) = self.variants.entry(wanted).or_insert(of);
            *others = others.union(archs);
        }
        name
    }
}

/// An identifier, raw where it is a keyword.
pub fn ident(name: &str) -> Ident {
    let clean: String = name
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    let clean = if clean.is_empty() || clean.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{clean}")
    } else {
        clean
    };
    match clean.as_str() {
        "self" | "Self" | "super" | "crate" | "_" => {
            Ident::new(&format!("{clean}_"), Span::call_site())
        }
        _ if !is_keyword(&clean) => Ident::new(&clean, Span::call_site()),
        _ => Ident::new_raw(&clean, Span::call_site()),
    }
}

/// Whether Rust, of the edition that is emitted, keeps `name` for itself; syn takes `gen` for a name.
pub fn is_keyword(name: &str) -> bool {
    name == "gen" || syn::parse_str::<Ident>(name).is_err()
}

/// `some_name` or `someName` → `SomeName`
pub fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut start = true;
    for c in name.chars() {
        if c == '_' || c == '.' {
            start = true;
        } else if start {
            out.extend(c.to_uppercase());
            start = false;
        } else {
            out.push(c);
        }
    }
    // An all-capital tag would shout: `EVENT` → `Event`.
    if out.len() > 3 && !name.chars().any(char::is_lowercase) {
        return camel(&name.to_lowercase());
    }
    out
}

/// `some_name`, `someName` → `SOME_NAME`
pub fn upper(name: &str) -> String {
    snake(name).to_uppercase()
}

/// `someName`, `SOME_NAME`, `SomeName` → `some_name`
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_uppercase() {
            if previous_lower {
                out.push('_');
            }
            out.extend(c.to_lowercase());
            previous_lower = false;
        } else {
            out.push(if c == '.' { '_' } else { c });
            previous_lower = c.is_lowercase() || c.is_ascii_digit();
        }
    }
    // Leading and doubled underscores say nothing in Rust, and lints dislike them.
    let trimmed = out.trim_start_matches('_');
    let mut squeezed = String::with_capacity(trimmed.len());
    for c in trimmed.chars() {
        if !(c == '_' && squeezed.ends_with('_')) {
            squeezed.push(c);
        }
    }
    if squeezed.is_empty() { out } else { squeezed }
}

/// A type's name, or with the first free number at its end.
fn distinct_type(name: String, taken: &mut HashSet<String>) -> String {
    let name = if name.is_empty() {
        "Anonymous".to_owned()
    } else {
        name
    };
    let mut candidate = name.clone();
    let mut n = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}{n}");
        n += 1;
    }
    candidate
}

/// `name`, or with the first free number behind it.
pub fn distinct(name: String, taken: &mut HashSet<String>) -> String {
    if taken.insert(name.clone()) {
        return name;
    }
    let mut n = 2;
    loop {
        let candidate = format!("{name}_{n}");
        if taken.insert(candidate.clone()) {
            return candidate;
        }
        n += 1;
    }
}

/// How many bytes of `NAME_` all constants of an enumeration begin with.
fn common_prefix(names: &[&str]) -> usize {
    let Some((first, rest)) = names.split_first() else {
        return 0;
    };
    if rest.is_empty() {
        return 0;
    }
    let mut length = first.len();
    for name in rest {
        let same = first
            .bytes()
            .zip(name.bytes())
            .take_while(|(a, b)| a == b)
            .count();
        length = length.min(same);
    }
    let prefix = first.get(..length).unwrap_or_default();
    prefix.rfind('_').map_or(0, |at| at + 1)
}

/// Types that an emitted file may use under these names.
const RESERVED_TYPES: &[&str] = &[
    "Array",
    "ArrayOfMaps",
    "BloomFilter",
    "Box",
    "CgroupArray",
    "CgrpStorage",
    "CpuMap",
    "DevMap",
    "DevMapHash",
    "EbpfContext",
    "Err",
    "Field",
    "Global",
    "HashMap",
    "HashOfMaps",
    "InodeStorage",
    "LpmTrie",
    "LruHashMap",
    "LruPerCpuHashMap",
    "MaybeUninit",
    "None",
    "Ok",
    "Option",
    "PerCpuArray",
    "PerCpuHashMap",
    "PerfEventArray",
    "ProbeContext",
    "ProgramArray",
    "Queue",
    "Result",
    "RetProbeContext",
    "RingBuf",
    "Self",
    "SkStorage",
    "SockHash",
    "SockMap",
    "Some",
    "Stack",
    "StackTrace",
    "String",
    "Vec",
    "XdpContext",
    "XskMap",
    "TracePointContext",
    "LsmContext",
    "FEntryContext",
    "FExitContext",
    "TcContext",
    "Exists",
    "Size",
    "Number",
    "Constant",
    "Bitfield",
];

/// Values that an emitted file may use under these names.
const RESERVED_VALUES: &[&str] = &["LINUX_HAS_SYSCALL_WRAPPER"];
