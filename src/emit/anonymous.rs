//! What records are called that C gives no name.

use super::names::camel;
use crate::ir::{Object, RecordId, ty::Ty};

/// A name made of what the record is a part of, or else of what it is there for.
pub(super) fn name(object: &Object, id: RecordId) -> String {
    part_name(object, id)
        .or_else(|| map_name(object, id))
        .or_else(|| variable_name(object, id))
        .unwrap_or_else(|| "Anonymous".to_owned())
}

/// `Event` and its field `v` give `EventV`.
fn part_name(object: &Object, id: RecordId) -> Option<String> {
    let (outer, record, field) =
        (0..)
            .map(RecordId)
            .zip(&object.records)
            .find_map(|(outer, record)| {
                let fields = record.fields.iter().flatten();
                let field = fields.into_iter().find(|field| holds(&field.ty, id))?;
                Some((outer, record, field))
            })?;
    let outer = match &record.name {
        Some(name) => camel(name),
        None if outer != id => name(object, outer),
        None => String::new(),
    };
    let part = field.name.as_deref().map_or("Part".to_owned(), camel);
    Some(format!("{outer}{part}"))
}

/// The map `starts` has a `StartsKey` and a `StartsValue`.
fn map_name(object: &Object, id: RecordId) -> Option<String> {
    object.maps.iter().find_map(|map| {
        let is = |ty: &Option<Ty>| ty.as_ref().is_some_and(|ty| holds(ty, id));
        let part = match (is(&map.def.key), is(&map.def.value)) {
            (true, _) => "Key",
            (_, true) => "Value",
            _ => return None,
        };
        Some(camel(&map.name) + part)
    })
}

/// The variable `cfg` is a `Cfg`; an array `rules` has more than one `Rule`.
fn variable_name(object: &Object, id: RecordId) -> Option<String> {
    let globals = object.globals.iter().map(|global| {
        // A static local has its function's name before its own.
        let mut parts = global.name.split('.');
        let first = parts.next().unwrap_or_default();
        (parts.next().unwrap_or(first), &global.ty)
    });
    let programs = object.programs.iter().map(|program| &program.function);
    let locals = (object.functions.iter().chain(programs))
        .flat_map(|function| &function.locals)
        .map(|local| (local.name.as_str(), &local.ty));
    let (name, ty) = globals.chain(locals).find(|(_, ty)| holds(ty, id))?;
    let one = match (ty, name.strip_suffix('s')) {
        (Ty::Array(..), Some(one)) if !one.is_empty() && !one.ends_with('s') => one,
        _ => name,
    };
    Some(camel(one)).filter(|found| !found.is_empty())
}

/// Whether that is the record, or an array of it.
fn holds(ty: &Ty, id: RecordId) -> bool {
    match ty {
        Ty::Array(of, _) => holds(of, id),
        _ => *ty == Ty::Record(id),
    }
}
