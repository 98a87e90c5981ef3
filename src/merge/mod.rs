//! One object out of those that a file becomes on several architectures.
//!
//! Items are compared as IR, with all that they mention: two are the same if nothing tells them
//! apart, however the C came to them. What isn't the same is in the object once for each.

mod bare;
mod classes;
mod renumber;
#[cfg(test)]
mod tests;

use crate::{
    arch::Archs,
    ir::{Item, Object, RelocationId, Variants},
};
use classes::{Classes, Kind};

/// Merges what one file is on several architectures.
///
/// The order is the first object's, with what only others have behind what stands before it there.
pub fn merge(objects: &[(Archs, Object)]) -> Object {
    let Some((_, first)) = objects.first() else {
        return Object::default();
    };
    let classes = Classes::of(objects);
    let mut merged = Object {
        name: first.name.clone(),
        doc: first.doc.clone(),
        spdx: first.spdx.clone(),
        license: objects
            .iter()
            .find_map(|(_, object)| object.license.clone()),
        ..Object::default()
    };
    let all = objects
        .iter()
        .fold(Archs::default(), |all, (archs, _)| all.union(*archs));
    merged.variants.archs = Some(all);
    for kind in Kind::ALL {
        for members in classes.members(kind) {
            let Some(&(whose, at)) = members.first() else {
                continue;
            };
            if let (Some((_, object)), Some(ids)) = (objects.get(whose), classes.ids.get(whose)) {
                let mut ids = ids.clone();
                kind.copy(object, at, &mut ids, &mut merged);
            }
        }
    }
    merged.variants.only = conditions(objects, &classes, all);
    flags(objects, &classes, &mut merged);
    merged.order = order(objects, &classes, &merged);
    merged
}

/// For which architectures each item is that isn't for all.
fn conditions(
    objects: &[(Archs, Object)],
    classes: &Classes,
    all: Archs,
) -> std::collections::BTreeMap<Item, Archs> {
    let mut only = Variants::default().only;
    for kind in Kind::ALL {
        for (id, members) in (0..).zip(classes.members(kind)) {
            let of = |wanted: &dyn Fn(&Object, usize) -> bool| {
                let those = members.iter().filter_map(|&(whose, at)| {
                    let (archs, object) = objects.get(whose)?;
                    wanted(object, at).then_some(*archs)
                });
                those.fold(Archs::default(), Archs::union)
            };
            // A constant that nothing names isn't emitted, so those count that name it.
            let used = of(&|object, at| {
                kind != Kind::Constant || object.constants.get(at).is_some_and(|found| found.used)
            });
            let archs = if used.is_empty() {
                of(&|_, _| true)
            } else {
                used
            };
            if archs != all {
                only.insert(kind.item(id), archs);
            }
        }
    }
    only
}

/// What other items do with one on any architecture, they do with it.
fn flags(objects: &[(Archs, Object)], classes: &Classes, merged: &mut Object) {
    for ((_, object), ids) in objects.iter().zip(&classes.ids) {
        for (record, id) in object.records.iter().zip(&ids.records) {
            if let Some(found) = merged.records.get_mut(*id as usize) {
                found.shared |= record.shared;
            }
        }
        for (of, id) in object.enums.iter().zip(&ids.enums) {
            if let Some(found) = merged.enums.get_mut(*id as usize) {
                found.shared |= of.shared;
            }
        }
        merged.radixes.extend(&object.radixes);
        merged.state_loops |= object.state_loops;
        merged.unrolls |= object.unrolls;
        for (constant, id) in object.constants.iter().zip(&ids.constants) {
            if let Some(found) = merged.constants.get_mut(*id as usize) {
                found.used |= constant.used;
            }
        }
    }
}

/// Variants of one item stand one behind the other.
fn order(objects: &[(Archs, Object)], classes: &Classes, merged: &Object) -> Vec<Item> {
    let mut order: Vec<Item> = Vec::new();
    for ((_, object), ids) in objects.iter().zip(&classes.ids) {
        let mut behind = 0;
        for item in &object.order {
            let mut item = *item;
            match &mut item {
                Item::Record(id) => ids.record_id(id),
                Item::Enum(id) => ids.enum_id(id),
                Item::Constant(id) => ids.constant_id(id),
                Item::Global(id) => ids.global_id(id),
                Item::Map(id) => ids.map_id(id),
                Item::Function(id) => ids.function_id(id),
                Item::Program(id) => ids.program_id(id),
                Item::Relocation(id) => ids.relocation_id(id),
                Item::License => {}
            }
            let own = merged.name_of(item);
            match order.iter().position(|other| *other == item) {
                Some(at) => behind = at + 1,
                None => {
                    let variant = |other: &Item| {
                        std::mem::discriminant(other) == std::mem::discriminant(&item)
                            && merged.name_of(*other).is_some_and(|name| Some(name) == own)
                    };
                    let known = order.iter().rposition(variant);
                    behind = known.map_or(behind, |at| at + 1);
                    order.insert(behind, item);
                    behind += 1;
                }
            }
        }
    }
    order
}

impl Kind {
    fn item(self, id: u32) -> Item {
        use crate::ir::{ConstantId, EnumId, FunctionId, GlobalId, MapId, RecordId};
        match self {
            Self::Record => Item::Record(RecordId(id)),
            Self::Enum => Item::Enum(EnumId(id)),
            Self::Constant => Item::Constant(ConstantId(id)),
            Self::Global => Item::Global(GlobalId(id)),
            Self::Map => Item::Map(MapId(id)),
            Self::Function => Item::Function(FunctionId(id)),
            Self::Program => Item::Program(id),
            Self::Relocation => Item::Relocation(RelocationId(id)),
        }
    }
}
