//! What static locals are called in the object, as clang calls them.
//!
//! `function.name`, and behind a name that is taken a number that counts through the file, in the
//! order in which clang compiles functions: those that others may call first, then static ones as
//! they are reached. What libbpf's macros declare has its body in a static function `____name`.

use std::collections::{HashMap, HashSet};

use super::c_walk;
use crate::c::tree::{ExprKind, Function, FunctionId, Tree, VariableId};

/// The names of all static locals.
pub(super) fn names(tree: &Tree) -> HashMap<VariableId, String> {
    let mut naming = Naming {
        tree,
        done: HashSet::new(),
        taken: HashSet::new(),
        names: HashMap::new(),
        count: 0,
    };
    let functions = || (0..).map(FunctionId).zip(&tree.functions);
    let mut reached = Vec::new();
    for (id, function) in functions().filter(|(_, function)| !function.static_) {
        if from_macro(function) {
            reached.push(id);
        } else {
            reached.extend(naming.function(id));
        }
    }
    for id in reached {
        naming.deferred(id);
    }
    // What nothing reaches isn't in the object, but it has a name here.
    for (id, _) in functions() {
        naming.function(id);
    }
    naming.names
}

/// Whether one of libbpf's macros declares it, and has its body in another function.
fn from_macro(function: &Function) -> bool {
    let mut attributes = function.attributes.iter();
    attributes.any(|attribute| attribute.name.starts_with("c2aya_"))
}

struct Naming<'t> {
    tree: &'t Tree,
    done: HashSet<FunctionId>,
    taken: HashSet<String>,
    names: HashMap<VariableId, String>,
    /// The last number that was given.
    count: u32,
}

impl Naming<'_> {
    /// Names the static locals of a function, unless that was done; the functions that it mentions.
    fn function(&mut self, id: FunctionId) -> Vec<FunctionId> {
        let Some(function) = self.tree.functions.get(id.0 as usize) else {
            return Vec::new();
        };
        if !self.done.insert(id) {
            return Vec::new();
        }
        for (variable, declared) in (0..).map(VariableId).zip(&self.tree.variables) {
            if declared.function != Some(id) {
                continue;
            }
            let prefix = if from_macro(function) { "____" } else { "" };
            let base = format!("{prefix}{}", declared.name);
            let mut name = base.clone();
            while !self.taken.insert(name.clone()) {
                self.count += 1;
                name = format!("{base}.{}", self.count);
            }
            self.names.insert(variable, name);
        }
        let mut mentioned = Vec::new();
        if let Some(body) = &function.body {
            c_walk::exprs_of_block(body, &mut |expr| {
                if let ExprKind::Function(id) = expr.kind {
                    mentioned.push(id);
                }
            });
        }
        mentioned
    }

    fn deferred(&mut self, id: FunctionId) {
        let mut work = vec![id];
        while let Some(next) = work.pop() {
            // Depth first, in the order of mention.
            work.extend(self.function(next).into_iter().rev());
        }
    }
}
