//! Leaves out of an object what no program reaches, and numbers the rest anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{
    FunctionId, Item, Object, RelocationId,
    body::{Expr, ExprKind},
    walk::{Visit, VisitMut},
};

/// Keeps the programs `kept` (indices) and the functions `functions`, and the relocations that
/// they use.
pub(super) fn compact(object: &mut Object, kept: &[usize], functions: &BTreeSet<FunctionId>) {
    let mut programs = BTreeMap::new();
    let mut index = 0usize;
    object.programs.retain(|_| {
        let keep = kept.contains(&index);
        if keep {
            programs.insert(index, programs.len());
        }
        index += 1;
        keep
    });
    let mut moved = BTreeMap::new();
    let mut slot = 0;
    object.functions.retain(|_| {
        let id = FunctionId(slot);
        slot += 1;
        let keep = functions.contains(&id);
        if keep {
            moved.insert(
                id,
                FunctionId(u32::try_from(moved.len()).unwrap_or(u32::MAX)),
            );
        }
        keep
    });
    let mut asked = Asked::default();
    for body in object
        .programs
        .iter()
        .map(|program| &program.function)
        .chain(&object.functions)
    {
        asked.function(body);
    }
    let mut relocations = BTreeMap::new();
    let mut at = 0;
    object.relocations.retain(|_| {
        let id = RelocationId(at);
        at += 1;
        let keep = asked.0.contains(&id);
        if keep {
            let new = RelocationId(u32::try_from(relocations.len()).unwrap_or(u32::MAX));
            relocations.insert(id, new);
        }
        keep
    });
    let mut renumber = Renumber {
        functions: moved.clone(),
        relocations,
    };
    for program in &mut object.programs {
        renumber.function(&mut program.function);
    }
    for function in &mut object.functions {
        renumber.function(function);
    }
    object.order.retain_mut(|item| match item {
        Item::Program(index) => {
            let new = programs.get(&(*index as usize)).copied();
            if let Some(new) = new.and_then(|new| u32::try_from(new).ok()) {
                *index = new;
            }
            new.is_some()
        }
        Item::Function(id) => {
            let new = moved.get(id).copied();
            if let Some(new) = new {
                *id = new;
            }
            new.is_some()
        }
        _ => true,
    });
    // Programs that a map holds by name from the start.
    let names: BTreeSet<String> = object
        .programs
        .iter()
        .map(|program| program.function.name.clone())
        .collect();
    for map in &mut object.maps {
        map.values.retain(|(_, value)| match value {
            crate::ir::MapValue::Program(name) => names.contains(name),
            crate::ir::MapValue::Map(_) => true,
        });
    }
}

#[derive(Default)]
struct Asked(BTreeSet<RelocationId>);

impl Visit for Asked {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::CoreAddress(_, id) | ExprKind::CoreValue(id) => {
                self.0.insert(*id);
            }
            ExprKind::CoreBitfield(_, bits, _) => {
                self.0.extend([
                    bits.offset,
                    bits.size,
                    bits.signed,
                    bits.lshift,
                    bits.rshift,
                ]);
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}

struct Renumber {
    functions: BTreeMap<FunctionId, FunctionId>,
    relocations: BTreeMap<RelocationId, RelocationId>,
}

impl Renumber {
    fn relocation(&self, id: &mut RelocationId) {
        if let Some(&new) = self.relocations.get(id) {
            *id = new;
        }
    }
}

impl VisitMut for Renumber {
    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Call(id, _) | ExprKind::Function(id) => {
                if let Some(&new) = self.functions.get(id) {
                    *id = new;
                }
            }
            ExprKind::CoreAddress(_, id) | ExprKind::CoreValue(id) => self.relocation(id),
            ExprKind::CoreBitfield(_, bits, _) => {
                for id in [
                    &mut bits.offset,
                    &mut bits.size,
                    &mut bits.signed,
                    &mut bits.lshift,
                    &mut bits.rshift,
                ] {
                    self.relocation(id);
                }
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}
