//! Which items of several objects are the same.
//!
//! At first all items of one kind and name are taken for the same; then those are told apart that
//! differ in themselves or mention items that do, until nothing changes any more. So items that
//! mention each other in a circle are compared too.

use std::{collections::HashMap, hash::Hash};

use super::{bare, renumber::Renumber};
use crate::{
    arch::Archs,
    ir::{Object, PathPart, RelocationKind, TypeKind},
    source::span::Span,
};

/// The kinds of items that can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Record,
    Enum,
    Constant,
    Global,
    Map,
    Function,
    Program,
    Relocation,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Record,
        Self::Enum,
        Self::Constant,
        Self::Global,
        Self::Map,
        Self::Function,
        Self::Program,
        Self::Relocation,
    ];

    /// Copies an item behind those of `merged`, by new ids.
    pub fn copy(self, object: &Object, at: usize, ids: &mut Renumber, merged: &mut Object) {
        macro_rules! copy {
            ($items:ident, $change:expr) => {
                if let Some(item) = object.$items.get(at) {
                    let mut item = item.clone();
                    $change(ids, &mut item);
                    merged.$items.push(item);
                }
            };
        }
        match self {
            Self::Record => copy!(records, Renumber::record),
            Self::Enum => copy!(enums, |_: &mut Renumber, _: &mut _| {}),
            Self::Constant => copy!(constants, Renumber::constant),
            Self::Global => copy!(globals, Renumber::global),
            Self::Map => copy!(maps, Renumber::map),
            Self::Function => copy!(functions, Renumber::whole_function),
            Self::Program => copy!(programs, Renumber::program),
            Self::Relocation => copy!(relocations, |ids: &mut Renumber, item: &mut _| ids
                .relocation(item)),
        }
    }
}

/// An item: which object's, and its index there.
type Member = (usize, usize);

/// What makes two items candidates: a name, or a place where there is none; and how many of that
/// name stand before it.
type Key<T> = (T, usize);

/// The classes of all items.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// For each object, the class of each item.
    pub ids: Vec<Renumber>,
    members: HashMap<u8, Vec<Vec<Member>>>,
}

impl Classes {
    pub fn of(objects: &[(Archs, Object)]) -> Self {
        let mut classes = Self {
            ids: vec![Renumber::default(); objects.len()],
            ..Self::default()
        };
        classes.divide(objects, false);
        loop {
            let before = classes.count();
            classes.divide(objects, true);
            if classes.count() == before {
                return classes;
            }
        }
    }

    /// The items of each class of a kind, by the class's number.
    pub fn members(&self, kind: Kind) -> &[Vec<Member>] {
        self.members.get(&(kind as u8)).map_or(&[], Vec::as_slice)
    }

    fn count(&self) -> usize {
        self.members.values().map(Vec::len).sum()
    }

    /// One round: items of one class stay together if they are equal by the classes of now.
    fn divide(&mut self, objects: &[(Archs, Object)], compare: bool) {
        let mut ids = vec![Renumber::default(); objects.len()];
        macro_rules! divide {
            ($kind:ident, $items:ident, $key:expr, $change:expr, $bare:expr) => {
                let items = objects.iter().map(|(_, object)| object.$items.as_slice());
                let bare = |whose: usize, item: &_| {
                    let mut item = Clone::clone(item);
                    if let Some(ids) = self.ids.get_mut(whose) {
                        $change(ids, &mut item);
                    }
                    $bare(&mut item);
                    item
                };
                let (numbers, members) = divide(items, $key, bare, compare);
                for (ids, numbers) in ids.iter_mut().zip(numbers) {
                    ids.$items = numbers;
                }
                self.members.insert(Kind::$kind as u8, members);
            };
        }
        divide!(
            Record,
            records,
            |record: &crate::ir::ty::Record| named(record.name.as_deref(), record.span),
            Renumber::record,
            bare::record
        );
        divide!(
            Enum,
            enums,
            |found: &crate::ir::ty::Enumeration| named(found.name.as_deref(), found.span),
            |_: &mut Renumber, _: &mut _| {},
            bare::enumeration
        );
        divide!(
            Constant,
            constants,
            |constant: &crate::ir::Constant| constant.name.clone(),
            Renumber::constant,
            bare::constant
        );
        divide!(
            Global,
            globals,
            |global: &crate::ir::Global| global.name.clone(),
            Renumber::global,
            bare::global
        );
        divide!(
            Map,
            maps,
            |map: &crate::ir::Map| map.name.clone(),
            Renumber::map,
            bare::map
        );
        divide!(
            Function,
            functions,
            |function: &crate::ir::body::Function| function.name.clone(),
            Renumber::whole_function,
            bare::function
        );
        divide!(
            Program,
            programs,
            |program: &crate::ir::program::Program| program.function.name.clone(),
            Renumber::program,
            bare::program
        );
        divide!(
            Relocation,
            relocations,
            asked,
            |ids: &mut Renumber, item: &mut _| ids.relocation(item),
            bare::relocation
        );
        self.ids = ids;
    }
}

/// A name, or the place of what has none. The file may be another on each architecture.
fn named(name: Option<&str>, span: Option<Span>) -> (String, u32) {
    let place = span.map_or(0, |span| span.start);
    name.map_or_else(|| (String::new(), place), |name| (name.to_owned(), 0))
}

fn asked(relocation: &crate::ir::Relocation) -> (RelocationKind, TypeKind, String, Vec<PathPart>) {
    let crate::ir::Relocation {
        kind,
        type_kind,
        type_name,
        path,
        ..
    } = relocation;
    (*kind, *type_kind, type_name.clone(), path.clone())
}

/// The class of each item of each object, and the items of each class. Classes are numbered in the
/// order in which their first items come.
fn divide<'a, T: PartialEq + 'a, K: Hash + Eq>(
    objects: impl Iterator<Item = &'a [T]>,
    key: impl Fn(&T) -> K,
    mut bare: impl FnMut(usize, &T) -> T,
    compare: bool,
) -> (Vec<Vec<u32>>, Vec<Vec<Member>>) {
    let mut candidates: HashMap<Key<K>, Vec<(u32, Option<T>)>> = HashMap::new();
    let mut members: Vec<Vec<Member>> = Vec::new();
    let mut numbers = Vec::new();
    for (whose, items) in objects.enumerate() {
        let mut before: HashMap<K, usize> = HashMap::new();
        let mut own = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let count = before.entry(key(item)).or_default();
            let known = candidates.entry((key(item), *count)).or_default();
            *count += 1;
            let item = compare.then(|| bare(whose, item));
            let class = match known.iter().find(|(_, other)| *other == item) {
                Some((class, _)) => *class,
                None => {
                    let class = u32::try_from(members.len()).unwrap_or(u32::MAX);
                    members.push(Vec::new());
                    known.push((class, item));
                    class
                }
            };
            if let Some(members) = members.get_mut(class as usize) {
                members.push((whose, at));
            }
            own.push(class);
        }
        numbers.push(own);
    }
    (numbers, members)
}
