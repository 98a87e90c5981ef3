//! What is left when everything has been lowered: programs without errors, and what they reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{Lowerer, Outcome, codes, compact};
use crate::{
    c::tree::FunctionId,
    diag::Diagnostic,
    ir::{Item, Object},
    source::span::Span,
};

impl Lowerer<'_> {
    /// The object and all diagnostics.
    pub(super) fn finish(mut self) -> (Object, Vec<Diagnostic>) {
        self.find_recursion();
        self.comments_of_open_records();
        let kept = self.keep_programs();
        let reached = self.reached(&kept);
        self.warn_unused();
        self.place_functions(&reached);
        for slot in &self.callbacks {
            if let Some(function) = self.object.functions.get_mut(slot.0 as usize) {
                function.callback = true;
            }
        }
        let functions: BTreeSet<_> = reached
            .iter()
            .filter_map(|id| self.functions.get(id).copied())
            .collect();
        let mut order = std::mem::take(&mut self.places);
        let main = self.main;
        order.sort_by_key(|(span, _)| (span.file == main, span.file, span.start, span.end));
        let items: Vec<(Span, Item)> = order;
        self.leftover_comments(&items);
        self.object.order = items.into_iter().map(|(_, item)| item).collect();
        compact::compact(&mut self.object, &kept, &functions);
        super::contexts::keep_static(&mut self.object);
        self.infer_records();
        self.infer_map_types();
        self.share_parts();
        self.mark_optional();
        if self.object.programs.is_empty() && !crate::diag::has_errors(&self.diagnostics) {
            self.diagnostics.push(Diagnostic::warning(
                codes::NO_PROGRAM,
                None,
                "this file has no program",
            ));
        }
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.file, span.start)));
        self.diagnostics.dedup();
        (self.object, self.diagnostics)
    }

    /// Records whose fields nobody looks at by layout carry the comments of those themselves.
    fn comments_of_open_records(&mut self) {
        for record in &mut self.object.records {
            if let (None, Some(span), Some(_)) = (&record.fields, record.span, &record.name) {
                let rest = self.notes.rest_of_item(span);
                record.notes.before.extend(rest);
            }
        }
    }

    /// Records an error for each function that ends up calling itself.
    ///
    /// A callback that gives itself to a helper doesn't: a timer may set its own callback again.
    fn find_recursion(&mut self) {
        let called = |outcome: &Outcome| {
            let calls = outcome.callees.iter().filter(|callee| callee.called);
            calls.map(|callee| callee.id).collect()
        };
        let graph: BTreeMap<FunctionId, Vec<FunctionId>> = self
            .outcomes
            .iter()
            .map(|(id, outcome)| (*id, called(outcome)))
            .collect();
        for id in graph.keys() {
            let mut seen = BTreeSet::new();
            let mut work: Vec<FunctionId> = graph.get(id).cloned().unwrap_or_default();
            while let Some(next) = work.pop() {
                if seen.insert(next) {
                    work.extend(graph.get(&next).into_iter().flatten());
                }
            }
            if !seen.contains(id) {
                continue;
            }
            let Some(function) = self.tree.functions.get(id.0 as usize) else {
                continue;
            };
            let error = Diagnostic::error(
                codes::RECURSION,
                function.name_span,
                format!(
                    "`{}` ends up calling itself, which the verifier refuses",
                    function.name
                ),
            );
            self.outcomes.entry(*id).or_default().errors.push(error);
        }
    }

    /// The functions that `from` reaches, itself among them.
    fn closure(&self, from: FunctionId) -> BTreeSet<FunctionId> {
        let mut seen = BTreeSet::new();
        let mut work = vec![from];
        while let Some(next) = work.pop() {
            if seen.insert(next)
                && let Some(outcome) = self.outcomes.get(&next)
            {
                work.extend(outcome.callees.iter().map(|callee| callee.id));
            }
        }
        seen
    }

    /// Indices of the programs that can be ported; for the others it is said why not.
    fn keep_programs(&mut self) -> Vec<usize> {
        let mut kept = Vec::new();
        let mut told = BTreeSet::new();
        for (index, &id) in self.program_of.clone().iter().enumerate() {
            let refused: Vec<FunctionId> = self
                .closure(id)
                .into_iter()
                .filter(|id| {
                    let outcome = self.outcomes.get(id);
                    outcome.is_some_and(|outcome| !outcome.errors.is_empty())
                })
                .collect();
            if refused.is_empty() {
                kept.push(index);
                continue;
            }
            for id in &refused {
                if told.insert(*id)
                    && let Some(outcome) = self.outcomes.get(id)
                {
                    self.diagnostics.extend(outcome.errors.iter().cloned());
                }
            }
            if !refused.contains(&id)
                && let Some(program) = self.tree.functions.get(id.0 as usize)
                && let Some(cause) = refused
                    .first()
                    .and_then(|id| self.tree.functions.get(id.0 as usize))
            {
                let left_out = Diagnostic::error(
                    codes::LEFT_OUT,
                    program.name_span,
                    format!(
                        "`{}` is left out, because it needs `{}`",
                        program.name, cause.name
                    ),
                )
                .note(cause.name_span, "which can't be ported");
                self.diagnostics.push(left_out);
            }
        }
        kept
    }

    fn reached(&mut self, kept: &[usize]) -> BTreeSet<FunctionId> {
        let mut reached = BTreeSet::new();
        for index in kept {
            if let Some(&id) = self.program_of.get(*index) {
                reached.extend(self.closure(id));
            }
        }
        for id in &reached {
            if let Some(outcome) = self.outcomes.get(id) {
                self.diagnostics.extend(outcome.warnings.iter().cloned());
            }
        }
        reached
    }

    /// Says which functions of the file no program calls.
    fn warn_unused(&mut self) {
        let mut needed = BTreeSet::new();
        for id in &self.program_of {
            needed.extend(self.closure(*id));
        }
        for (index, function) in (0..).zip(&self.tree.functions) {
            let id = FunctionId(index);
            let refused = super::calls::section_of(&function.attributes).is_some();
            if function.body.is_none()
                || needed.contains(&id)
                || refused
                || function.span.file != self.main
            {
                continue;
            }
            // Its comments go with it.
            self.notes.item(function.span);
            self.notes.rest_of_item(function.span);
            self.diagnostics.push(Diagnostic::warning(
                codes::UNUSED_FUNCTION,
                function.name_span,
                format!("`{}` is left out: no program calls it", function.name),
            ));
        }
    }

    fn place_functions(&mut self, reached: &BTreeSet<FunctionId>) {
        for (id, slot) in &self.functions {
            if reached.contains(id)
                && let Some(function) = self.tree.functions.get(id.0 as usize)
            {
                self.places.push((function.span, Item::Function(*slot)));
            }
        }
    }

    /// Gives comments that belong to nothing in the object to the item behind them.
    fn leftover_comments(&mut self, items: &[(Span, Item)]) {
        let mut from = 0;
        let mut last = None;
        for (span, item) in items.iter().filter(|(span, _)| span.file == self.main) {
            let mut found = self.notes.take(self.main, from, span.start);
            // Nothing that is left is about this item.
            found.iter_mut().for_each(|comment| comment.apart = true);
            from = span.start;
            last = Some(*item);
            if let Some(notes) = notes_of(&mut self.object, *item) {
                notes.before.splice(0..0, found);
            }
        }
        let rest = self.notes.take(self.main, from, u32::MAX);
        match last.and_then(|item| notes_of(&mut self.object, item)) {
            Some(notes) => notes.before.extend(rest),
            None => self.object.doc.extend(rest),
        }
    }

    /// What a program asks about before it uses it may be missing.
    fn mark_optional(&mut self) {
        use crate::ir::RelocationKind as K;
        let asked: Vec<_> = self
            .object
            .relocations
            .iter()
            .filter(|relocation| {
                matches!(
                    relocation.kind,
                    K::FieldExists | K::TypeExists | K::TypeMatches | K::EnumExists
                )
            })
            .cloned()
            .collect();
        for relocation in &mut self.object.relocations {
            relocation.optional |= asked.iter().any(|asked| {
                asked.type_name == relocation.type_name
                    && (matches!(asked.kind, K::TypeExists | K::TypeMatches)
                        || relocation.path.starts_with(&asked.path))
            });
        }
    }
}

fn notes_of(object: &mut Object, item: Item) -> Option<&mut crate::ir::Notes> {
    Some(match item {
        Item::Record(id) => &mut object.records.get_mut(id.0 as usize)?.notes,
        Item::Enum(id) => &mut object.enums.get_mut(id.0 as usize)?.notes,
        Item::Constant(id) => &mut object.constants.get_mut(id.0 as usize)?.notes,
        Item::Global(id) => &mut object.globals.get_mut(id.0 as usize)?.notes,
        Item::Map(id) => &mut object.maps.get_mut(id.0 as usize)?.notes,
        Item::Function(id) => &mut object.functions.get_mut(id.0 as usize)?.notes,
        Item::Program(index) => &mut object.programs.get_mut(index as usize)?.function.notes,
        Item::License => &mut object.license.as_mut()?.notes,
        Item::Relocation(_) => return None,
    })
}
