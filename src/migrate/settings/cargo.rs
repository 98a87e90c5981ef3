//! Build scripts of Rust packages that compile C by libbpf-cargo's `SkeletonBuilder`.

use std::{collections::HashMap, path::PathBuf};

use syn::{
    Expr, ExprMethodCall, Lit,
    visit::{self, Visit},
};

use super::{Beside, Call, folder_of, normal};

/// A call of `SkeletonBuilder`'s `source`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::migrate) struct Skeleton {
    /// The line, from 1.
    pub line: usize,
    /// The C file, from the package's folder; none where it couldn't be read.
    pub source: Option<PathBuf>,
    /// What is handed to clang.
    pub flags: Vec<String>,
}

/// The skeletons that a script builds; none where it can't be parsed.
pub(in crate::migrate) fn skeletons(text: &str) -> Vec<Skeleton> {
    let Ok(file) = syn::parse_file(text) else {
        return Vec::new();
    };
    let mut values = Values::default();
    values.visit_file(&file);
    let mut finder = Finder {
        values: &values.0,
        found: Vec::new(),
        inside: 0,
    };
    finder.visit_file(&file);
    finder.found
}

pub(super) fn calls(file: &Beside) -> Vec<Call> {
    let folder = folder_of(file);
    let skeletons = skeletons(&file.text).into_iter();
    skeletons
        .filter_map(|skeleton| {
            Some(Call {
                at: format!("{}:{}", file.path.display(), skeleton.line),
                sources: vec![normal(&folder.join(skeleton.source?))],
                folder: folder.clone(),
                words: skeleton.flags,
            })
        })
        .collect()
}

/// Constants and variables by name.
#[derive(Default)]
struct Values(HashMap<String, Vec<String>>);

impl<'a> Visit<'a> for Values {
    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        let value = strings(&item.expr, &self.0);
        self.0.insert(item.ident.to_string(), value);
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        let mut pattern = &local.pat;
        if let syn::Pat::Type(typed) = pattern {
            pattern = &typed.pat;
        }
        if let (syn::Pat::Ident(name), Some(init)) = (pattern, &local.init) {
            let value = strings(&init.expr, &self.0);
            self.0.insert(name.ident.to_string(), value);
        }
        visit::visit_local(self, local);
    }
}

struct Finder<'a> {
    values: &'a HashMap<String, Vec<String>>,
    found: Vec<Skeleton>,
    /// How many skeletons are being read: the calls of a chain stand inside of each other.
    inside: usize,
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        // A chain's last call stands outermost.
        if self.inside == 0
            && let Some(skeleton) = chain(call, self.values)
        {
            self.found.push(skeleton);
            self.inside += 1;
            visit::visit_expr_method_call(self, call);
            self.inside -= 1;
            return;
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// A chain of calls that has `source` of a builder in it.
fn chain(call: &ExprMethodCall, values: &HashMap<String, Vec<String>>) -> Option<Skeleton> {
    let mut skeleton = Skeleton::default();
    let mut is_one = false;
    let mut at = Some(call);
    let mut last = None;
    while let Some(call) = at {
        let argument = call.args.first();
        match call.method.to_string().as_str() {
            "source" => {
                skeleton.line = call.method.span().start().line;
                let path = argument
                    .map(|path| strings(path, values))
                    .unwrap_or_default();
                skeleton.source = path.first().map(PathBuf::from);
                is_one = true;
            }
            "clang_args" => {
                let words = argument
                    .map(|words| strings(words, values))
                    .unwrap_or_default();
                // One text, or a list of words.
                skeleton.flags = words
                    .iter()
                    .flat_map(|text| shlex::split(text))
                    .flatten()
                    .collect();
            }
            _ => {}
        }
        last = Some(&*call.receiver);
        at = match &*call.receiver {
            Expr::MethodCall(inner) => Some(inner),
            _ => None,
        };
    }
    let builder = match last {
        Some(Expr::Call(call)) => quote::quote!(#call).to_string().contains("SkeletonBuilder"),
        Some(Expr::Path(_)) => true,
        _ => false,
    };
    (is_one && builder).then_some(skeleton)
}

/// The texts that an expression stands for, as far as it says so itself. A path's parts that aren't
/// known, such as the package's folder, are left out.
fn strings(expr: &Expr, values: &HashMap<String, Vec<String>>) -> Vec<String> {
    let each = |expr: &Expr| strings(expr, values);
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => vec![text.value()],
            _ => Vec::new(),
        },
        Expr::Path(path) => path
            .path
            .get_ident()
            .and_then(|name| values.get(&name.to_string()))
            .cloned()
            .unwrap_or_default(),
        Expr::Reference(inner) => each(&inner.expr),
        Expr::Paren(inner) => each(&inner.expr),
        Expr::Try(inner) => each(&inner.expr),
        Expr::Array(array) => array.elems.iter().flat_map(each).collect(),
        Expr::Macro(vec) if vec.mac.path.is_ident("vec") => {
            use syn::punctuated::Punctuated;
            let elements = vec
                .mac
                .parse_body_with(Punctuated::<Expr, syn::Token![,]>::parse_terminated);
            elements.iter().flatten().flat_map(each).collect()
        }
        Expr::Call(call) => call
            .args
            .iter()
            .take(1)
            .flat_map(each)
            .filter(|text| text != "CARGO_MANIFEST_DIR")
            .collect(),
        Expr::MethodCall(call) => {
            let base = each(&call.receiver);
            match (call.method.to_string().as_str(), call.args.first()) {
                ("join", Some(part)) => {
                    let mut path: PathBuf = base.iter().collect();
                    path.extend(each(part));
                    vec![path.to_string_lossy().into_owned()]
                }
                _ => base,
            }
        }
        _ => Vec::new(),
    }
}
