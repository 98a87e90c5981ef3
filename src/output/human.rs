//! Diagnostics for people: the source line, a caret, what to do.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{
    diag::{Diagnostic, Severity},
    source::span::{SourceMap, Span},
};

/// A diagnostic as text, with the lines of the user's file that it is about.
pub fn render(diagnostic: &Diagnostic, files: &SourceMap, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.id);
    let mut report = vec![
        match diagnostic.span.and_then(|span| snippet(span, files, "")) {
            Some(snippet) => title.element(snippet),
            None => Group::with_title(title),
        },
    ];
    for note in &diagnostic.notes {
        let title = Level::NOTE.secondary_title(note.message.as_str());
        report.push(match note.span.and_then(|span| snippet(span, files, "")) {
            Some(snippet) => title.element(snippet),
            None => Group::with_title(title),
        });
    }
    if let Some(help) = &diagnostic.help {
        report.push(Group::with_title(
            Level::HELP.secondary_title(help.as_str()),
        ));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.render(&report)
}

fn snippet<'a>(
    span: Span,
    files: &'a SourceMap,
    label: &'a str,
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let file = files.get(span.file)?;
    let end = span.end.max(span.start) as usize;
    let range = span.start as usize..end.min(file.text.len());
    file.text.get(range.clone())?;
    let annotation = AnnotationKind::Primary.span(range);
    let annotation = if label.is_empty() {
        annotation
    } else {
        annotation.label(label)
    };
    Some(
        Snippet::source(&*file.text)
            .path(file.path.to_string_lossy())
            .annotation(annotation),
    )
}
