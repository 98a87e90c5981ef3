//! A template without the variants of an enumeration that a loader doesn't use.

use std::collections::BTreeSet;

use syn::{
    Arm, Expr, ExprIf, Item, ItemEnum, Pat, Path,
    spanned::Spanned,
    visit::{self, Visit},
};

/// `text` without the variants of `name` that are neither in `kept` nor named by `users` behind
/// `NAME::`, and without what is done for them: arms of a `match`, and an `if let`.
pub(super) fn without_unused<'a>(
    text: &str,
    name: &str,
    kept: &[&str],
    users: impl IntoIterator<Item = &'a str>,
) -> String {
    let Ok(file) = syn::parse_file(text) else {
        return text.to_owned();
    };
    let prefix = format!("{name}::");
    let used: BTreeSet<&str> = users
        .into_iter()
        .flat_map(|user| user.split(prefix.as_str()).skip(1))
        .map(|rest| rest.split(|char: char| !char.is_alphanumeric()).next())
        .map(Option::unwrap_or_default)
        .chain(kept.iter().copied())
        .collect();
    let of = file.items.iter().find_map(|item| match item {
        Item::Enum(of) if of.ident == name => Some(of),
        _ => None,
    });
    let Some(of) = of else {
        return text.to_owned();
    };
    let mut unused = Unused::of(of, &used);
    unused.visit_file(&file);
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(at, _)| !unused.lines.contains(&(at + 1)));
    lines.map(|(_, line)| format!("{line}\n")).collect()
}

/// Variants that go, and the lines that go with them.
struct Unused {
    name: String,
    variants: BTreeSet<String>,
    lines: BTreeSet<usize>,
}

impl Unused {
    fn of(item: &ItemEnum, used: &BTreeSet<&str>) -> Self {
        let mut unused = Self {
            name: item.ident.to_string(),
            variants: BTreeSet::new(),
            lines: BTreeSet::new(),
        };
        for variant in &item.variants {
            let name = variant.ident.to_string();
            if !used.contains(name.as_str()) {
                unused.drop(variant);
                unused.variants.insert(name);
            }
        }
        unused
    }

    fn drop(&mut self, what: &impl Spanned) {
        let span = what.span();
        self.lines.extend(span.start().line..=span.end().line);
    }

    fn is(&self, pattern: &Pat) -> bool {
        // Another enumeration may have a variant of that name.
        let named = |path: &Path| {
            let mut names = path.segments.iter().map(|each| each.ident.to_string());
            let (of, variant) = (names.next(), names.next());
            of.is_some_and(|of| of == "Self" || of == self.name)
                && variant.is_some_and(|variant| self.variants.contains(&variant))
        };
        match pattern {
            Pat::TupleStruct(of) => named(&of.path),
            Pat::Path(of) => named(&of.path),
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Unused {
    fn visit_arm(&mut self, arm: &'ast Arm) {
        if self.is(&arm.pat) {
            self.drop(arm);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_if(&mut self, of: &'ast ExprIf) {
        if let Expr::Let(condition) = &*of.cond
            && self.is(&condition.pat)
        {
            self.drop(of);
        }
        visit::visit_expr_if(self, of);
    }
}

#[cfg(test)]
mod tests {
    use super::without_unused;

    #[test]
    fn what_is_done_for_a_variant_goes_with_it() {
        let text = "
enum Type {
    /// Kept.
    A,
    /// Used.
    B(u8),
    /// Neither.
    C(u8),
}
fn f(of: Type) -> u8 {
    if let Type::C(_) = of {
        return 1;
    }
    match of {
        Type::B(n) => n,
        Type::C(n) => {
            n
        }
        Other::C => 3,
        _ => 0,
    }
}
";
        let expected = "
enum Type {
    /// Kept.
    A,
    /// Used.
    B(u8),
}
fn f(of: Type) -> u8 {
    match of {
        Type::B(n) => n,
        Other::C => 3,
        _ => 0,
    }
}
";
        let users = ["f(Type::B(1))"];
        assert_eq!(without_unused(text, "Type", &["A"], users), expected);
    }
}
