//! Comments and blank lines: markers among the tokens, and their text afterwards.

use proc_macro2::TokenStream;
use quote::quote;

use super::uses::Uses;
use crate::ir::{Comment, Notes};

/// `///` lines for an item or a field, out of the comments before and behind it; not those that
/// [`plain`] has.
pub fn doc(notes: &Notes) -> TokenStream {
    let before = notes.before.get(plain(notes).len()..).unwrap_or_default();
    let lines = before.iter().chain(&notes.after).flat_map(doc_lines);
    quote!(#(#[doc = #lines])*)
}

/// The comments before an item that aren't about it: those that something stands behind, if only a
/// blank line.
pub fn plain(notes: &Notes) -> &[Comment] {
    let last = notes.before.iter().rposition(|comment| comment.apart);
    let count = last.map_or(0, |last| last + 1);
    notes.before.get(..count).unwrap_or_default()
}

/// Whether an item stands for a comment or a blank line.
pub fn is_marker(item: &syn::Item) -> bool {
    matches!(item, syn::Item::Macro(item)
        if item.mac.path.get_ident().is_some_and(|name| name.to_string().starts_with("__c2aya_")))
}

/// `//!` lines.
pub fn inner_doc(comments: &[Comment]) -> TokenStream {
    let mut lines: Vec<String> = Vec::new();
    for comment in comments {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(doc_lines(comment));
    }
    quote!(#(#![doc = #lines])*)
}

fn doc_lines(comment: &Comment) -> Vec<String> {
    comment
        .lines
        .iter()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!(" {}", escape_doc(line))
            }
        })
        .collect()
}

/// What rustdoc would take for markup.
fn escape_doc(line: &str) -> String {
    line.replace('<', "\\<")
        .replace('[', "\\[")
        .replace("\\<-", "<-")
}

/// Puts comments and blank lines where their markers stand.
pub fn restore(text: &str, uses: &Uses) -> String {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indent = line.get(..line.len() - trimmed.len()).unwrap_or_default();
        if trimmed == "__c2aya_blank!();" {
            let opens = out
                .last()
                .is_none_or(|last| last.trim_end().ends_with('{') || last.trim().is_empty());
            if !opens {
                out.push(String::new());
            }
        } else if let Some(at) = marker(trimmed, "__c2aya_comment!(") {
            for text in uses.comment_lines(at) {
                out.push(format!("{indent}// {text}").trim_end().to_owned());
            }
        } else if let Some(at) = marker(trimmed, "__c2aya_origin!(") {
            uses.origin_is_at(out.len(), at);
        } else if let Some(at) = marker(trimmed, "__c2aya_after!(") {
            let text = uses.comment_lines(at).join(" ");
            match out.last_mut() {
                Some(last) if !last.trim().is_empty() && last.len() + text.len() < 100 => {
                    last.push_str(" // ");
                    last.push_str(&text);
                }
                _ => out.push(format!("{indent}// {text}")),
            }
        } else {
            out.push(tidy(line));
        }
    }
    let mut text = out.join("\n");
    text.push('\n');
    text
}

/// Stands for `bpf_printk!` until the text is laid out: prettyplease takes what it is given for a call
/// and lays out the arguments, while those of a macro are mere tokens to it. It is as long as the macro's
/// name, and no C has it.
pub const PRINTK: &str = "bpf_printk\u{1c3}";

/// Closes up what prettyplease spaces out among the tokens of a macro that it doesn't know.
fn tidy(line: &str) -> String {
    if line.contains(PRINTK) {
        return line.replace(PRINTK, "bpf_printk!");
    }
    if !line.contains(":: <") && !line.contains("& raw") {
        return line.to_owned();
    }
    line.replace(":: < ", "::<")
        .replace(" > ()", ">()")
        .replace("& raw const * ", "&raw const *")
        .replace("& raw mut * ", "&raw mut *")
        .replace("& raw const ", "&raw const ")
        .replace("& raw mut ", "&raw mut ")
}

fn marker(line: &str, start: &str) -> Option<usize> {
    line.strip_prefix(start)?.strip_suffix(");")?.parse().ok()
}
