//! `#define NAME value`: macros that are constants.

use std::{collections::BTreeSet, sync::Arc};

use lang_c::{
    ast::{Expression, ExternalDeclaration, Initializer},
    driver::{Config, Flavor, parse_preprocessed},
    span::Node,
};

use super::{
    prepare::Prepared,
    sema::{Sema, Symbol, unqualified},
    token::{TokenKind, lex},
    tree::{ConstantValue, ExprKind, MacroConstant},
};
use crate::source::Define;

/// Longer bodies are no constants that anyone would name in Rust.
const MAX_BODY: usize = 2000;

impl Sema<'_> {
    /// Reads the macros whose bodies are constant integers or strings.
    pub fn macro_constants(&mut self, defines: &[Define]) {
        let mut redefined = BTreeSet::new();
        for define in defines {
            let Some(constant) = self.macro_constant(define) else {
                continue;
            };
            let known = &mut self.tree.constants;
            match known.iter().position(|other| other.name == constant.name) {
                None => known.push(constant),
                // A name for two values is no constant.
                Some(at)
                    if known
                        .get(at)
                        .is_some_and(|other| other.value != constant.value) =>
                {
                    known.remove(at);
                    redefined.insert(Arc::clone(&constant.name));
                }
                Some(_) => {}
            }
        }
        // A macro that was defined otherwise where it is used is none, either.
        let uses = &self.macro_values;
        self.tree.constants.retain(|constant| {
            let same = match (uses.get(&constant.name), &constant.value) {
                (Some(used), ConstantValue::Int(value)) => *used == Some(*value),
                _ => true,
            };
            same && !redefined.contains(&constant.name)
        });
    }

    fn macro_constant(&mut self, define: &Define) -> Option<MacroConstant> {
        let body = define.expanded.trim();
        // What stdbool.h defines for C that has no such words is no number to anyone.
        let word = matches!(define.name.as_str(), "true" | "false");
        if word || body.is_empty() || body.len() > MAX_BODY || !self.could_be_constant(body) {
            return None;
        }
        let expr = self.parse_expression(body)?;
        // What isn't constant, or no C at all, isn't worth a word: it is used somewhere, or isn't.
        let diagnostics = self.diagnostics.len();
        let wanted = self.wanted.clone();
        self.fixed = Some(define.span);
        let read = self.unevaluated(&expr);
        self.fixed = None;
        self.diagnostics.truncate(diagnostics);
        self.wanted = wanted;
        let expr = read.ok()?;
        let value = match &expr.kind {
            ExprKind::Str(bytes) => ConstantValue::Str(bytes.clone()),
            _ if self.is_integer(&expr.ty) => ConstantValue::Int(self.evaluator().integer(&expr)?),
            _ => return None,
        };
        Some(MacroConstant {
            name: Arc::from(define.name.as_str()),
            value,
            ty: unqualified(&expr.ty),
            span: define.span,
            foreign: define.foreign,
        })
    }

    /// Whether all words of a body are known, and none can only be part of a statement.
    fn could_be_constant(&self, body: &str) -> bool {
        let (tokens, _) = lex(body);
        tokens.iter().all(|token| {
            let text = body.get(token.start..token.end).unwrap_or_default();
            match token.kind {
                TokenKind::Word => {
                    matches!(
                        text,
                        "sizeof"
                            | "struct"
                            | "union"
                            | "enum"
                            | "unsigned"
                            | "signed"
                            | "int"
                            | "long"
                            | "short"
                            | "char"
                            | "_Bool"
                            | "const"
                            | "volatile"
                            | "__builtin_offsetof"
                            | "_Alignof"
                            | "typeof"
                            | "__typeof__"
                            | "void"
                    ) || !matches!(self.lookup(text), None | Some(Symbol::Function(_)))
                        || super::builtin::is_builtin(text)
                        || self.lookup_tag(text).is_some()
                }
                TokenKind::Punct(b';' | b'{' | b'}' | b'=' | b'#' | b'\\') => {
                    !matches!(text, ";" | "{" | "}" | "#" | "\\")
                }
                _ => true,
            }
        })
    }

    fn parse_expression(&self, body: &str) -> Option<Node<Expression>> {
        let (tokens, _) = lex(body);
        let types: BTreeSet<&str> = tokens
            .iter()
            .filter(|token| token.kind == TokenKind::Word)
            .filter_map(|token| body.get(token.start..token.end))
            .filter(|word| matches!(self.lookup(word), Some(Symbol::Typedef(_))))
            .collect();
        let mut text = String::new();
        for ty in types {
            text.push_str(&format!("typedef int {ty};\n"));
        }
        // In parentheses, so that a comma or a stray bracket doesn't mean more declarations.
        text.push_str(&format!("int __c2aya_value = ({body}\n);"));
        let prepared = Prepared::new(&text, &BTreeSet::new());
        if !prepared.too_deep.is_empty() {
            return None;
        }
        let config = Config {
            cpp_command: String::new(),
            cpp_options: Vec::new(),
            flavor: Flavor::ClangC11,
        };
        let parsed = parse_preprocessed(&config, prepared.text).ok()?;
        let last = parsed.unit.0.into_iter().next_back()?;
        let ExternalDeclaration::Declaration(mut declaration) = last.node else {
            return None;
        };
        let declarator = declaration.node.declarators.pop()?;
        match declarator.node.initializer?.node {
            Initializer::Expression(expr) => Some(*expr),
            Initializer::List(_) => None,
        }
    }
}
