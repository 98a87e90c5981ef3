//! The items at file scope, in the order in which comments and names need them.

use std::collections::BTreeSet;

use super::{Lowerer, calls::section_of};
use crate::{
    c::{
        tree::VariableId,
        types::{EnumId, Kind, RecordId},
    },
    ir::Notes,
    source::span::Span,
};

impl Lowerer<'_> {
    /// Constants, types and variables that stand in the user's own files.
    pub(super) fn lower_items(&mut self) {
        let spans = self.item_spans();
        self.notes.set_items(spans);
        let (spdx, doc) = self.notes.head(self.main);
        self.object.spdx = spdx;
        self.object.doc = doc;
        for constant in &self.tree.constants {
            self.macro_constant(constant);
        }
        for (index, found) in (0..).zip(&self.tree.types.enums) {
            if !self.is_own(found.span) {
                continue;
            }
            if found.tag.is_some() || found.typedef.is_some() {
                self.enumeration(EnumId(index));
            } else {
                self.anonymous_enum(EnumId(index));
            }
        }
        let definitions = self.map_definitions();
        for (index, found) in (0..).zip(&self.tree.types.records) {
            if definitions.contains(&RecordId(index)) {
                continue;
            }
            let named = found.tag.is_some() || found.typedef.is_some();
            // What old maps are declared with is nothing beside them.
            let map_def = found.tag.as_deref() == Some("bpf_map_def");
            if named && !map_def && self.is_own(found.span) && found.fields.is_some() {
                self.record(RecordId(index));
            }
        }
        for (index, variable) in (0..).zip(&self.tree.variables) {
            // A table of functions is for nobody but those who call what stands in it.
            let table = variable.static_ && super::handed::is_table(variable);
            if self.is_own(Some(variable.span)) && !variable.extern_ && !table {
                self.role(VariableId(index));
            }
        }
    }

    /// The structures that are no types but definitions of maps.
    fn map_definitions(&self) -> BTreeSet<RecordId> {
        let mut found = BTreeSet::new();
        for variable in &self.tree.variables {
            if let Kind::Record(id) = variable.ty.kind
                && section_of(&variable.attributes) == Some(".maps")
            {
                found.insert(id);
                let record = self.tree.types.records.get(id.0 as usize);
                let fields = record.and_then(|record| record.fields.as_ref());
                let values = fields.into_iter().flatten();
                let values = values.filter(|field| field.name.as_deref() == Some("values"));
                for field in values {
                    if let Kind::Array(element, _) = &field.ty.kind
                        && let Kind::Pointer(to) = &element.kind
                        && let Kind::Record(inner) = to.kind
                    {
                        found.insert(inner);
                    }
                }
            }
        }
        found
    }

    /// Where items stand: what comments between them belong to.
    fn item_spans(&self) -> Vec<Span> {
        let tree = self.tree;
        let records = tree.types.records.iter().filter_map(|record| record.span);
        let enums = tree.types.enums.iter().filter_map(|found| found.span);
        let variables = tree.variables.iter().map(|variable| variable.span);
        let functions = tree.functions.iter().map(|function| function.span);
        let constants = tree.constants.iter().map(|constant| constant.span);
        let typedefs = tree.typedefs.iter().filter_map(|(_, _, span)| *span);
        records
            .chain(enums)
            .chain(variables)
            .chain(functions)
            .chain(constants)
            .chain(typedefs)
            .filter(|span| self.is_own(Some(*span)))
            .collect()
    }

    /// The constants of an enumeration without a name.
    fn anonymous_enum(&mut self, id: EnumId) {
        let Some(found) = self.tree.types.enums.get(id.0 as usize) else {
            return;
        };
        let Some(span) = found.span else {
            return;
        };
        let Notes {
            blank,
            before,
            after,
        } = self.notes.item(span);
        let mut ids = Vec::new();
        for at in 0..found.constants.len() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            ids.extend(self.enum_constant_item_of(id, at));
        }
        let rest = self.notes.rest_of_item(span);
        if let Some(first) = ids.first().and_then(|id| self.constant_mut(*id)) {
            first.notes.blank = blank;
            first.notes.before.splice(0..0, before);
        }
        if let Some(last) = ids.last().and_then(|id| self.constant_mut(*id)) {
            last.notes.before.extend(rest);
            if last.notes.after.is_none() {
                last.notes.after = after;
            } else {
                last.notes.before.extend(after);
            }
        }
    }
}
