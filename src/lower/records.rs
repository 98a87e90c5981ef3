//! Records and enumerations, taken along as they are reached.

use super::Lowerer;
use crate::{
    c::types::{self as ctypes, EnumId, RecordId},
    ir::{
        self, Item, Notes,
        ty::{EnumConstant, Enumeration, Field, Record, Ty},
    },
};

impl Lowerer<'_> {
    /// The record of the IR, its fields open unless it is the user's own.
    pub(super) fn record(&mut self, id: RecordId) -> ir::RecordId {
        let id = self.alike.get(&id).copied().unwrap_or(id);
        if let Some(&found) = self.records.get(&id) {
            return found;
        }
        let new = ir::RecordId(u32::try_from(self.object.records.len()).unwrap_or(u32::MAX));
        self.records.insert(id, new);
        let Some(record) = self.tree.types.records.get(id.0 as usize) else {
            return new;
        };
        let own = self.is_own(record.span) && record.fields.is_some();
        let name = record.tag.as_ref().or(record.typedef.as_ref());
        let notes = match record.span {
            Some(span) if own && name.is_some() => self.notes.item(span),
            _ => Notes::default(),
        };
        self.object.records.push(Record {
            name: name.map(|name| name.to_string()),
            union_: record.union_,
            fields: None,
            size: record.size,
            align: record.align,
            packed: record.packed,
            core: record.core,
            foreign: record.foreign,
            shared: false,
            notes,
            span: record.span,
        });
        if let (Some(span), true, true) = (record.span, own, name.is_some()) {
            self.places.push((span, Item::Record(new)));
        }
        // Of relocated ones the layout is looked at only where something needs it.
        if !record.foreign && !record.core {
            self.need_fields(id);
        }
        new
    }

    /// Fills in the fields of a record that is looked into by layout.
    pub(super) fn need_fields(&mut self, id: RecordId) {
        let new = self.record(id);
        let Some(record) = self.tree.types.records.get(id.0 as usize) else {
            return;
        };
        let Some(fields) = record.fields.as_ref() else {
            return;
        };
        match self.object.records.get_mut(new.0 as usize) {
            // An empty list marks it as under way: records hold pointers to themselves.
            Some(found) if found.fields.is_none() => found.fields = Some(Vec::new()),
            _ => return,
        }
        let own = self.is_own(record.span);
        let mut lowered = Vec::with_capacity(fields.len());
        for field in fields {
            let ty = self.ty(&field.ty);
            let lengths = self.array_lengths(&field.ty, field.span, field.name.as_deref());
            let notes = match field.span {
                Some(span) if own => self.notes.part(span),
                _ => Notes::default(),
            };
            lowered.push(Field {
                name: field.name.as_ref().map(|name| name.to_string()),
                ty,
                offset: field.offset,
                bits: field.bits.map(|bits| (bits.bit_offset, bits.width)),
                lengths,
                notes,
            });
        }
        if own && let (Some(span), Some(last)) = (record.span, lowered.last_mut()) {
            // What stands between the last field and the brace has no place of its own.
            last.notes.before.extend(self.notes.rest_of_item(span));
        }
        if let Some(found) = self.object.records.get_mut(new.0 as usize) {
            found.fields = Some(lowered);
        }
    }

    /// The type of values of an enumeration: its own if it has a name, else an integer.
    pub(super) fn enum_ty(&mut self, id: EnumId) -> Ty {
        let Some(found) = self.tree.types.enums.get(id.0 as usize) else {
            return Ty::unsigned(32);
        };
        let repr = Ty::Int {
            bits: found.repr.bits(),
            signed: found.repr.signed(),
        };
        if found.tag.is_none() && found.typedef.is_none() {
            return repr;
        }
        Ty::Enum(self.enumeration(id))
    }

    /// The enumeration of the IR.
    pub(super) fn enumeration(&mut self, id: EnumId) -> ir::EnumId {
        if let Some(&found) = self.enums.get(&id) {
            return found;
        }
        let new = ir::EnumId(u32::try_from(self.object.enums.len()).unwrap_or(u32::MAX));
        self.enums.insert(id, new);
        let Some(found) = self.tree.types.enums.get(id.0 as usize) else {
            return new;
        };
        let own = self.is_own(found.span);
        let mut notes = match found.span {
            Some(span) if own => self.notes.item(span),
            _ => Notes::default(),
        };
        let mut constants: Vec<_> = found
            .constants
            .iter()
            .map(|constant| self.enum_constant_item(constant, own))
            .collect();
        if own && let Some(span) = found.span {
            let rest = self.notes.rest_of_item(span);
            match constants.last_mut() {
                Some(last) => last.notes.before.extend(rest),
                None => notes.before.extend(rest),
            }
        }
        self.object.enums.push(Enumeration {
            name: found
                .tag
                .as_ref()
                .or(found.typedef.as_ref())
                .map(|name| name.to_string()),
            bits: found.repr.bits(),
            signed: found.repr.signed(),
            constants,
            foreign: found.foreign,
            shared: false,
            notes,
            span: found.span,
        });
        if let (Some(span), true) = (found.span, own) {
            self.places.push((span, Item::Enum(new)));
        }
        new
    }

    fn enum_constant_item(&mut self, constant: &ctypes::EnumConstant, own: bool) -> EnumConstant {
        let notes = match constant.span {
            Some(span) if own => self.notes.part(span),
            _ => Notes::default(),
        };
        if let Some(span) = constant.span {
            let text = self.behind(span, &constant.name).unwrap_or_default();
            let end = text.find([',', '}', '\n']).unwrap_or(text.len());
            let value = text.get(..end).unwrap_or_default();
            let value = value.trim_start().trim_start_matches('=');
            self.note_radix(span, constant.value, value);
        }
        EnumConstant {
            name: constant.name.to_string(),
            value: constant.value,
            notes,
            span: constant.span,
        }
    }
}
