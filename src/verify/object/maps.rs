//! The definitions of maps, from `.maps` and its BTF as libbpf reads them, or from `maps`.

use crate::verify::{
    btf::{Btf, Kind, TypeId},
    bytes::Endian,
    error::{Error, Result, fail},
    insn::Value,
};

/// More elements or bytes than this are refused: the machine would run out of memory.
const VALUE_SIZE_MAX: u32 = 1 << 20;
const KEY_SIZE_MAX: u32 = 512;

/// A definition nested in others: the kernel allows one level.
const DEPTH_MAX: u32 = 4;

/// What a loader would create.
#[derive(Clone, Debug)]
pub struct MapDef {
    /// The symbol.
    pub name: String,
    /// `enum bpf_map_type`.
    pub kind: MapKind,
    /// Bytes.
    pub key_size: u32,
    /// Bytes; a per-CPU value counts once.
    pub value_size: u32,
    /// Elements, or bytes of a ring buffer.
    pub max_entries: u32,
    /// `BPF_F_…`.
    pub flags: u32,
    /// The type of a key, where it is declared.
    pub key_type: Option<TypeId>,
    /// The type of a value, where it is declared.
    pub value_type: Option<TypeId>,
    /// What the maps in this one look like.
    pub inner: Option<Box<MapDef>>,
    /// What the object puts in before it is loaded, by index: maps or programs.
    pub initial: Vec<(u32, Value)>,
}

/// `enum bpf_map_type` of the kernel's `include/uapi/linux/bpf.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapKind(pub u32);

#[expect(missing_docs, reason = "the kernel's names")]
impl MapKind {
    pub const HASH: Self = Self(1);
    pub const ARRAY: Self = Self(2);
    pub const PROG_ARRAY: Self = Self(3);
    pub const PERF_EVENT_ARRAY: Self = Self(4);
    pub const PERCPU_HASH: Self = Self(5);
    pub const PERCPU_ARRAY: Self = Self(6);
    pub const STACK_TRACE: Self = Self(7);
    pub const CGROUP_ARRAY: Self = Self(8);
    pub const LRU_HASH: Self = Self(9);
    pub const LRU_PERCPU_HASH: Self = Self(10);
    pub const LPM_TRIE: Self = Self(11);
    pub const ARRAY_OF_MAPS: Self = Self(12);
    pub const HASH_OF_MAPS: Self = Self(13);
    pub const QUEUE: Self = Self(22);
    pub const STACK: Self = Self(23);
    pub const SK_STORAGE: Self = Self(24);
    pub const RINGBUF: Self = Self(27);
    pub const INODE_STORAGE: Self = Self(28);
    pub const TASK_STORAGE: Self = Self(29);
    pub const BLOOM_FILTER: Self = Self(30);
    pub const USER_RINGBUF: Self = Self(31);
    pub const CGRP_STORAGE: Self = Self(32);

    /// Whether each CPU has a value of its own.
    pub fn per_cpu(self) -> bool {
        matches!(
            self,
            Self::PERCPU_HASH | Self::PERCPU_ARRAY | Self::LRU_PERCPU_HASH
        )
    }

    /// Whether keys are indices and every element is always there.
    pub fn is_array(self) -> bool {
        matches!(self, Self::ARRAY | Self::PERCPU_ARRAY)
    }

    /// Whether values are maps.
    pub fn of_maps(self) -> bool {
        matches!(self, Self::ARRAY_OF_MAPS | Self::HASH_OF_MAPS)
    }

    /// Whether elements are attached to objects of the kernel.
    pub fn is_storage(self) -> bool {
        matches!(
            self,
            Self::SK_STORAGE | Self::INODE_STORAGE | Self::TASK_STORAGE | Self::CGRP_STORAGE
        )
    }
}

impl MapDef {
    /// Reads the definition of `variable`, a variable in `.maps`.
    ///
    /// # Errors
    ///
    /// Where its type is no definition of a map.
    pub fn from_btf(btf: &Btf, name: &str, variable: TypeId) -> Result<Self> {
        let root = definition(btf, variable)
            .ok_or_else(|| Error::new(format!("the type of the map {name} defines no map")))?;
        Self::from_members(btf, name, root, DEPTH_MAX)
    }

    fn from_members(btf: &Btf, name: &str, root: TypeId, depth: u32) -> Result<Self> {
        let Some(depth) = depth.checked_sub(1) else {
            fail!("the map {name} nests too deep");
        };
        let mut map = Self::empty(name);
        for member in btf.members(root) {
            let id = member.type_id;
            match member.name.as_str() {
                "type" => map.kind = MapKind(number(btf, name, id)?),
                "max_entries" => map.max_entries = number(btf, name, id)?,
                "map_flags" => map.flags = number(btf, name, id)?,
                "key_size" => map.key_size = number(btf, name, id)?,
                "value_size" => map.value_size = number(btf, name, id)?,
                "key" => (map.key_type, map.key_size) = pointee(btf, name, id)?,
                "value" => (map.value_type, map.value_size) = pointee(btf, name, id)?,
                "values" => {
                    map.value_size = 4;
                    let Kind::Array { element, .. } = *btf.kind(id) else {
                        fail!("the values of the map {name} are no array");
                    };
                    let Kind::Ptr(inner) = *btf.kind(element) else {
                        fail!("the values of the map {name} are no pointers");
                    };
                    if map.kind.of_maps()
                        && let Some(inner) = definition(btf, inner)
                    {
                        let inner =
                            Self::from_members(btf, &format!("{name}.inner"), inner, depth)?;
                        map.inner = Some(Box::new(inner));
                    }
                }
                // pinning, map_extra, numa_node: nothing that programs see.
                _ => {}
            }
        }
        map.checked()
    }

    /// Reads a definition in the old section `maps`: five words and more.
    ///
    /// # Errors
    ///
    /// Where the words are missing or make no sense.
    pub fn from_legacy(endian: Endian, name: &str, bytes: &[u8]) -> Result<Self> {
        let word = |index: usize| {
            endian
                .u32_at(bytes, index * 4)
                .ok_or_else(|| Error::new(format!("the definition of the map {name} is cut off")))
        };
        let mut map = Self::empty(name);
        map.kind = MapKind(word(0)?);
        map.key_size = word(1)?;
        map.value_size = word(2)?;
        map.max_entries = word(3)?;
        map.flags = word(4)?;
        map.checked()
    }

    fn empty(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: MapKind(0),
            key_size: 0,
            value_size: 0,
            max_entries: 0,
            flags: 0,
            key_type: None,
            value_type: None,
            inner: None,
            initial: Vec::new(),
        }
    }

    fn checked(self) -> Result<Self> {
        let name = &self.name;
        if self.kind == MapKind(0) {
            fail!("the map {name} has no type");
        }
        if self.key_size > KEY_SIZE_MAX || self.value_size > VALUE_SIZE_MAX {
            fail!(
                "the map {name} has keys of {} and values of {} bytes: too large",
                self.key_size,
                self.value_size
            );
        }
        Ok(self)
    }

    /// The keys, values and size beside those of `other`, where they differ; ring buffers differ
    /// only in what programs can't see.
    pub fn shape_difference(&self, other: &Self) -> Option<String> {
        let shape = |map: &Self| {
            let sized = !matches!(
                map.kind,
                MapKind::RINGBUF | MapKind::USER_RINGBUF | MapKind::PERF_EVENT_ARRAY
            );
            (
                map.kind.0,
                if sized { map.key_size } else { 0 },
                if sized { map.value_size } else { 0 },
                if map.kind == MapKind::PERF_EVENT_ARRAY {
                    0
                } else {
                    map.max_entries
                },
            )
        };
        let describe = |map: &Self| {
            format!(
                "type {}, keys of {} bytes, values of {} bytes, {} entries",
                map.kind.0, map.key_size, map.value_size, map.max_entries
            )
        };
        (shape(self) != shape(other)).then(|| format!("{}; {}", describe(self), describe(other)))
    }
}

/// The structure that defines a map: C has it as it is, Rust may wrap it in others.
fn definition(btf: &Btf, mut id: TypeId) -> Option<TypeId> {
    for _ in 0..DEPTH_MAX {
        let members = btf.members(id);
        if members.iter().any(|member| member.name == "type") {
            return Some(btf.resolve(id));
        }
        // The wrapped one is the member that isn't empty.
        id = members
            .iter()
            .find(|member| !btf.members(member.type_id).is_empty())?
            .type_id;
    }
    None
}

/// `int (*name)[NUMBER]`.
fn number(btf: &Btf, map: &str, id: TypeId) -> Result<u32> {
    if let Kind::Ptr(array) = *btf.kind(id)
        && let Kind::Array { count, .. } = *btf.kind(array)
    {
        return Ok(count);
    }
    fail!("a number in the definition of the map {map} is no pointer to an array")
}

/// `TYPE *name`; Rust's unit type is declared without a size.
fn pointee(btf: &Btf, map: &str, id: TypeId) -> Result<(Option<TypeId>, u32)> {
    let Kind::Ptr(to) = *btf.kind(id) else {
        fail!("a type in the definition of the map {map} is no pointer");
    };
    let size = btf.size(to).unwrap_or(0);
    let size = u32::try_from(size)
        .map_err(|_| Error::new(format!("the map {map} has a type of {size} bytes")))?;
    Ok((Some(to), size))
}
