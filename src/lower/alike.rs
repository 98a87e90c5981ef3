//! Anonymous records that say the same.
//!
//! To C each is a type of its own: a map's key that is declared without a name, and the variable
//! that a program looks it up by. In Rust they are one, or the map couldn't be asked by its methods.

use std::collections::{HashMap, HashSet};

use crate::c::types::{CType, Field, Kind, Record, RecordId, Types};

/// For each anonymous record the first that has its members, if that is another. Those that are
/// members themselves have names by what they are in, and stay as they are.
pub(super) fn alike(types: &Types) -> HashMap<RecordId, RecordId> {
    let ids = || (0..).map(RecordId).zip(&types.records);
    let is_free = |record: &Record| {
        record.tag.is_none() && record.typedef.is_none() && !record.foreign && !record.core
    };
    if ids().filter(|(_, record)| is_free(record)).nth(1).is_none() {
        return HashMap::new();
    }
    let members: HashSet<RecordId> = (types.records.iter())
        .flat_map(|record| record.fields.iter().flatten())
        .filter_map(|field| record_in(&field.ty))
        .collect();
    let mut first: Vec<(RecordId, &Record)> = Vec::new();
    let mut alike = HashMap::new();
    for (id, record) in ids() {
        if !is_free(record) || members.contains(&id) {
            continue;
        }
        match first.iter().find(|(_, found)| are_same(found, record)) {
            Some((found, _)) => {
                alike.insert(id, *found);
            }
            None => first.push((id, record)),
        }
    }
    alike
}

/// The record that a type is, or is an array of.
fn record_in(ty: &CType) -> Option<RecordId> {
    match &ty.kind {
        Kind::Record(id) => Some(*id),
        Kind::Array(of, _) => record_in(of),
        _ => None,
    }
}

fn are_same(one: &Record, other: &Record) -> bool {
    let (Some(fields), Some(others)) = (&one.fields, &other.fields) else {
        return false;
    };
    one.union_ == other.union_
        && (one.size, one.align, one.packed) == (other.size, other.align, other.packed)
        && !fields.is_empty()
        && fields.len() == others.len()
        && fields
            .iter()
            .zip(others)
            .all(|(a, b)| are_same_fields(a, b))
}

fn are_same_fields(one: &Field, other: &Field) -> bool {
    one.name == other.name
        && one.ty == other.ty
        && one.offset == other.offset
        && one.bits.map(|b| (b.bit_offset, b.width)) == other.bits.map(|b| (b.bit_offset, b.width))
}
