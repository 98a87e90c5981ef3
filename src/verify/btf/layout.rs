//! Sizes, members and the names of places inside a type.

use super::{Btf, Kind, Member, TypeId};

/// Chains of types are followed no further: hostile BTF can be circular.
const DEPTH_MAX: u32 = 32;

/// So many members are looked at for one field: `task_struct` has some 300.
const MEMBERS_MAX: u32 = 20_000;

/// A scalar inside a larger type: where it lies, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As in C: `comm[3]`, `key.uid`; empty for the whole.
    pub path: String,
    /// Bytes from the beginning.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The scalar's type, without typedefs and qualifiers.
    pub type_id: TypeId,
}

impl Btf {
    /// The type behind typedefs, qualifiers and tags.
    pub fn resolve(&self, mut id: TypeId) -> TypeId {
        for _ in 0..DEPTH_MAX {
            match self.get(id).kind {
                Kind::Typedef(to) | Kind::Volatile(to) | Kind::Qualifier(to) | Kind::Var(to) => {
                    id = to;
                }
                _ => return id,
            }
        }
        0
    }

    /// What the type is behind typedefs, qualifiers and tags.
    pub fn kind(&self, id: TypeId) -> &Kind {
        &self.get(self.resolve(id)).kind
    }

    /// The bytes that an object of the type takes; `None` for what has no size.
    pub fn size(&self, id: TypeId) -> Option<u64> {
        self.size_within(id, DEPTH_MAX)
    }

    fn size_within(&self, id: TypeId, depth: u32) -> Option<u64> {
        match *self.kind(id) {
            Kind::Int { size, .. }
            | Kind::Composite { size, .. }
            | Kind::Enum { size, .. }
            | Kind::Float(size) => Some(size.into()),
            Kind::Ptr(_) => Some(self.pointer_size),
            Kind::Array { element, count } => self
                .size_within(element, depth.checked_sub(1)?)?
                .checked_mul(count.into()),
            _ => None,
        }
    }

    /// Whether the type is declared `volatile`, itself or by its elements.
    pub fn is_volatile(&self, mut id: TypeId) -> bool {
        for _ in 0..DEPTH_MAX {
            match self.get(id).kind {
                Kind::Volatile(_) => return true,
                Kind::Typedef(to) | Kind::Qualifier(to) | Kind::Var(to) => id = to,
                Kind::Array { element, .. } => id = element,
                _ => return false,
            }
        }
        false
    }

    /// The members of a structure or union; none for any other type.
    pub fn members(&self, id: TypeId) -> &[Member] {
        match self.kind(id) {
            Kind::Composite { members, .. } => members,
            _ => &[],
        }
    }

    /// The complete structure or union called `name`.
    pub fn composite(&self, name: &str) -> Option<TypeId> {
        self.all().find_map(|(id, candidate)| {
            (candidate.name == name && matches!(candidate.kind, Kind::Composite { .. }))
                .then_some(id)
        })
    }

    /// Where `field` lies in the structure `id`, be it in an anonymous part: its type, and bits
    /// from the beginning.
    pub fn field(&self, id: TypeId, field: &str) -> Option<(Member, u32)> {
        self.field_within(id, field, &mut { MEMBERS_MAX })
    }

    fn field_within(&self, id: TypeId, field: &str, budget: &mut u32) -> Option<(Member, u32)> {
        self.members(id).iter().find_map(|member| {
            *budget = budget.checked_sub(1)?;
            if member.name == field {
                return Some((member.clone(), member.bit_offset));
            }
            if !member.name.is_empty() {
                return None;
            }
            let (found, bits) = self.field_within(member.type_id, field, budget)?;
            Some((found, bits.checked_add(member.bit_offset)?))
        })
    }

    /// The scalar that covers byte `offset` of a value of type `id`, by the first member of a
    /// union that does; `None` in padding and outside.
    pub fn place_at(&self, id: TypeId, offset: u64) -> Option<Place> {
        let mut path = String::new();
        let (mut id, mut base) = (id, 0_u64);
        for _ in 0..DEPTH_MAX {
            let inside = offset.checked_sub(base)?;
            match self.kind(id) {
                Kind::Composite { members, .. } => {
                    let (member, start) = members.iter().find_map(|member| {
                        let start = u64::from(member.bit_offset / 8);
                        let size = match u64::from(member.bits) {
                            0 => self.size(member.type_id)?,
                            // Behind its last bit lies something else, whatever its type.
                            bits => (u64::from(member.bit_offset % 8) + bits).div_ceil(8),
                        };
                        (start..start.checked_add(size)?)
                            .contains(&inside)
                            .then_some((member, start))
                    })?;
                    if !member.name.is_empty() {
                        if !path.is_empty() {
                            path.push('.');
                        }
                        path.push_str(&member.name);
                    }
                    id = member.type_id;
                    base = base.checked_add(start)?;
                }
                &Kind::Array { element, count } => {
                    let size = self.size(element).filter(|&size| size > 0)?;
                    let index = inside / size;
                    if index >= u64::from(count) {
                        return None;
                    }
                    path.push_str(&format!("[{index}]"));
                    id = element;
                    base = base.checked_add(index.checked_mul(size)?)?;
                }
                _ => {
                    let size = self.size(id)?;
                    return (inside < size).then(|| Place {
                        path,
                        offset: base,
                        size,
                        type_id: self.resolve(id),
                    });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::btf::Type;

    /// `struct s { char c; u32 pair[2]; union { u16 inner; }; }`
    fn table() -> Btf {
        let named = |name: &str, kind| Type {
            name: name.to_owned(),
            kind,
        };
        let int = |size, signed| Kind::Int {
            size,
            signed,
            boolean: false,
            character: false,
        };
        let member = |name: &str, type_id, bytes: u32| Member {
            name: name.to_owned(),
            type_id,
            bit_offset: bytes * 8,
            bits: 0,
        };
        let composite = |union, size, members| Kind::Composite {
            union,
            size,
            members,
        };
        Btf {
            types: vec![
                named("", Kind::Void),
                named("char", int(1, true)),
                named("u32", int(4, false)),
                named(
                    "",
                    Kind::Array {
                        element: 2,
                        count: 2,
                    },
                ),
                named("u16", int(2, false)),
                named("", composite(true, 2, vec![member("inner", 4, 0)])),
                named(
                    "s",
                    composite(
                        false,
                        16,
                        vec![member("c", 1, 0), member("pair", 3, 4), member("", 5, 12)],
                    ),
                ),
                named("loop", Kind::Typedef(7)),
                // `struct { u32 narrow : 12; char after; }`, packed.
                named(
                    "",
                    composite(
                        false,
                        3,
                        vec![
                            Member {
                                bits: 12,
                                ..member("narrow", 2, 0)
                            },
                            member("after", 1, 2),
                        ],
                    ),
                ),
            ],
            pointer_size: 8,
        }
    }

    #[test]
    fn places() {
        let check = |offset, expected: Option<&str>| {
            let place = table().place_at(6, offset);
            assert_eq!(place.map(|place| place.path).as_deref(), expected);
        };
        check(0, Some("c"));
        check(1, None);
        check(4, Some("pair[0]"));
        check(11, Some("pair[1]"));
        check(12, Some("inner"));
        check(14, None);
        check(99, None);
    }

    /// The type of a bit-field is wider than what it covers.
    #[test]
    fn what_lies_behind_a_bit_field() {
        let path = |offset| table().place_at(8, offset).map(|place| place.path);
        assert_eq!(path(1).as_deref(), Some("narrow"));
        assert_eq!(path(2).as_deref(), Some("after"));
    }

    #[test]
    fn fields_and_sizes() {
        let btf = table();
        assert_eq!(btf.field(6, "inner").unwrap().1, 96);
        assert!(btf.field(6, "outer").is_none());
        assert_eq!(btf.size(3), Some(8));
        assert_eq!(btf.composite("s"), Some(6));
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(table().size(7), None);
        assert_eq!(table().place_at(7, 0), None);
    }
}
