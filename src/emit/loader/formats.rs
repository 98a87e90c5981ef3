//! The formats of an object's `bpf_printk`: by them the loader knows its programs' lines.

use std::collections::BTreeSet;

use crate::ir::{
    Object,
    body::{Expr, ExprKind},
    walk::Visit,
};

/// Every format, sorted; what isn't UTF-8 in it is replaced.
pub(super) fn of(object: &Object) -> BTreeSet<String> {
    let mut found = Formats(BTreeSet::new());
    let programs = object.programs.iter().map(|program| &program.function);
    for function in object.functions.iter().chain(programs) {
        found.function(function);
    }
    found.0
}

struct Formats(BTreeSet<String>);

impl Visit for Formats {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Printk(format, _) = &expr.kind {
            self.0.insert(String::from_utf8_lossy(format).into_owned());
        }
        self.expr_parts(expr);
    }
}
