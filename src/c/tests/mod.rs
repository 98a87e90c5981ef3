//! Checks of what C means, on plain text.

mod clang;
mod clang_values;
mod expressions;
mod layouts;
mod random;
mod robustness;
mod units;

use std::sync::Arc;

use super::{
    Outcome, analyze_text, dump,
    sema::Origin,
    tree::{Function, StmtKind, Tree},
};
use crate::{
    diag::Diagnostic,
    source::{
        Unroll,
        span::{FileId, FileKind, Span},
    },
};

/// Text that stands in one file of the user's, as it is.
struct Plain;

impl Origin for Plain {
    fn span(&self, start: usize, end: usize) -> Option<Span> {
        Some(Span {
            file: FileId(0),
            start: u32::try_from(start).ok()?,
            end: u32::try_from(end).ok()?,
        })
    }

    fn spelled(&self, start: usize, end: usize) -> Option<Span> {
        self.span(start, end)
    }

    fn kind(&self, _: FileId) -> FileKind {
        FileKind::Main
    }

    fn macro_name(&self, _: usize, _: usize) -> Option<Arc<str>> {
        None
    }

    fn unroll(&self, _: usize) -> Option<Unroll> {
        None
    }
}

fn read(text: &str) -> (Tree, Vec<Diagnostic>) {
    read_for(false, text)
}

fn read_for(big_endian: bool, text: &str) -> (Tree, Vec<Diagnostic>) {
    let Outcome {
        tree, diagnostics, ..
    } = analyze_text(text, &Plain, &[], big_endian);
    (tree, diagnostics)
}

/// Reads text that has no errors.
#[track_caller]
fn read_well(text: &str) -> Tree {
    let (tree, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    tree
}

fn function<'a>(tree: &'a Tree, name: &str) -> &'a Function {
    tree.functions
        .iter()
        .find(|function| &*function.name == name)
        .expect("no such function")
}

/// Checks how an expression is typed that stands alone in a function behind `context`.
#[track_caller]
fn check_expr(context: &str, expr: &str, expected: &str) {
    check_expr_for(false, context, expr, expected);
}

#[track_caller]
fn check_expr_for(big_endian: bool, context: &str, expr: &str, expected: &str) {
    let text = format!("{context}\nvoid f(void) {{ {expr}; }}");
    let (tree, diagnostics) = read_for(big_endian, &text);
    assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    let function = function(&tree, "f");
    let stmts = &function.body.as_ref().expect("no body").stmts;
    let Some(StmtKind::Expr(expr)) = stmts.last().map(|stmt| &stmt.kind) else {
        panic!("no expression: {stmts:?}");
    };
    assert_eq!(dump::expr(&tree, Some(function), expr), expected);
}

/// Checks the body of the function `f`.
#[track_caller]
fn check_body(text: &str, expected: &str) {
    let tree = read_well(text);
    assert_eq!(dump::body(&tree, function(&tree, "f")), expected);
}

/// Checks what the last variable starts with, and its type.
#[track_caller]
fn check_init(text: &str, expected: &str) {
    let tree = read_well(text);
    let variable = tree.variables.last().expect("no variable");
    let init = variable.init.as_ref().map_or_else(String::new, |init| {
        format!(" = {}", dump::init(&tree, None, init))
    });
    let shown = format!("{}: {}{init}", variable.name, dump::ty(&tree, &variable.ty));
    assert_eq!(shown, expected);
}

/// Checks the diagnostics: code, the text that each points at, message.
#[track_caller]
fn check_errors(text: &str, expected: &[&str]) {
    let (_, diagnostics) = read(text);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic
                .span
                .and_then(|span| text.get(span.start as usize..span.end as usize));
            let help = diagnostic
                .help
                .as_ref()
                .map_or_else(String::new, |help| format!(" ({help})"));
            format!(
                "{} `{}` {}{help}",
                diagnostic.code.id,
                place.unwrap_or_default(),
                diagnostic.message
            )
        })
        .collect();
    assert_eq!(shown, expected, "{text}");
}
