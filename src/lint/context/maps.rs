//! The maps of a file.

use crate::{
    c::{
        tree::{Init, Tree, Variable, VariableId},
        types::{CType, Kind, Record},
    },
    ir::{self, Object},
    lower::calls::section_of,
};

use super::{peel, pointee};
use crate::c::tree::ExprKind;

/// A map, as its definition has it.
#[derive(Clone, Copy, Debug)]
pub struct Map<'a> {
    /// The variable.
    pub id: VariableId,
    /// The variable.
    pub variable: &'a Variable,
    /// Type, sizes, flags; none where the definition can't be read, or Aya has no such maps.
    pub def: Option<&'a ir::MapDef>,
    /// The type of its keys, where the definition names one.
    pub key: Option<&'a CType>,
    /// The type of its values, where the definition names one.
    pub value: Option<&'a CType>,
}

/// The maps, in order.
pub(super) fn find<'a>(tree: &'a Tree, object: &'a Object) -> Vec<Map<'a>> {
    let variables = (0..).map(VariableId).zip(&tree.variables);
    let maps = variables
        .filter(|(_, variable)| matches!(section_of(&variable.attributes), Some(".maps" | "maps")));
    maps.map(|(id, variable)| {
        let def = object
            .maps
            .iter()
            .find(|map| variable.name.as_ref() == map.name);
        let record = match variable.ty.kind {
            Kind::Record(record) => tree.types.records.get(record.0 as usize),
            _ => None,
        };
        let part = |name| record.and_then(|record| part(record, variable, name));
        Map {
            id,
            variable,
            def: def.map(|map| &map.def),
            key: part("key"),
            value: part("value"),
        }
    })
    .collect()
}

/// `T` of `__type(name, T)`, or of `.name_size = sizeof(T)`.
fn part<'a>(record: &'a Record, variable: &'a Variable, name: &str) -> Option<&'a CType> {
    let fields = record.fields.as_ref()?;
    let named = |wanted: &str| {
        fields
            .iter()
            .position(|field| field.name.as_deref() == Some(wanted))
    };
    if let Some(at) = named(name) {
        return pointee(&fields.get(at)?.ty);
    }
    let at = named(&format!("{name}_size"))? as u64;
    let Some(Init::List(parts)) = &variable.init else {
        return None;
    };
    match &parts.iter().find(|part| part.index == at)?.value {
        Init::Expr(size) => match &peel(size).kind {
            ExprKind::SizeOf(_, of) => Some(of),
            _ => None,
        },
        _ => None,
    }
}
