//! What an editor can do about findings.

use std::{collections::HashMap, path::Path};

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::{diagnostic, is_file, position, uri};
use crate::{
    lint::{self, Applicability, Finding, Linted},
    source::span::Span,
};

/// The fixes of findings that a range touches, and comments that allow them.
pub fn of(linted: &Linted, path: &Path, range: Range) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    for finding in &linted.findings {
        let touches = finding.span().is_some_and(|span| {
            let own = position::range(&linted.files, span);
            is_file(&linted.files, span, path) && own.start <= range.end && range.start <= own.end
        });
        if !touches {
            continue;
        }
        actions.extend(fix(finding, linted, path));
        actions.extend(allow(finding, linted, path));
    }
    actions
}

fn fix(finding: &Finding, linted: &Linted, path: &Path) -> Option<CodeActionOrCommand> {
    let fix = finding.fix.as_ref()?;
    let edits = fix.edits.iter().map(|edit| (edit.span, edit.text.clone()));
    let edit = workspace_edit(edits, linted)?;
    if fix.applicability == Applicability::Display {
        return None;
    }
    let action = CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic(finding, linted, path)]),
        edit: Some(edit),
        is_preferred: Some(fix.applicability == Applicability::Safe),
        ..CodeAction::default()
    };
    Some(action.into())
}

fn allow(finding: &Finding, linted: &Linted, path: &Path) -> Option<CodeActionOrCommand> {
    let comments = lint::additions(std::slice::from_ref(finding), &linted.files, "…");
    let action = CodeAction {
        title: format!("allow {} here", finding.code().name),
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![diagnostic(finding, linted, path)]),
        edit: Some(workspace_edit(comments, linted)?),
        ..CodeAction::default()
    };
    Some(action.into())
}

#[expect(
    clippy::mutable_key_type,
    reason = "the protocol's type; nothing changes the keys"
)]
fn workspace_edit(
    edits: impl IntoIterator<Item = (Span, String)>,
    linted: &Linted,
) -> Option<WorkspaceEdit> {
    let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
    for (span, new_text) in edits {
        let file = linted.files.get(span.file)?;
        changes
            .entry(uri::of(&file.path)?)
            .or_default()
            .push(TextEdit {
                range: position::range(&linted.files, span),
                new_text,
            });
    }
    let edit = WorkspaceEdit {
        changes: Some(changes),
        ..WorkspaceEdit::default()
    };
    Some(edit)
}
