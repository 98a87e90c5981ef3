//! Attributes: what they say about declarations, types and members.

use std::sync::Arc;

use lang_c::{
    ast::{self, Expression, Extension},
    span::Node,
};

use super::{
    literal,
    prepare::name,
    sema::{Checked, Sema},
    token::{Token, TokenKind},
    tree::{ASM_LABEL, Attribute},
    types::IntKind,
};
use crate::diag::Diagnostic;

/// Attributes that stand together in a declaration.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub list: Vec<Attribute>,
}

impl Attributes {
    /// Whether `name` is among them.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The last attribute of that name.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.list
            .iter()
            .rev()
            .find(|attribute| &*attribute.name == name)
    }

    /// The greatest alignment that `aligned` attributes ask for, in bytes.
    pub fn aligned(&self) -> Option<u64> {
        aligned(&self.list)
    }

    /// What `#pragma pack` says of a record, in bytes.
    pub fn pack(&self) -> Option<u64> {
        self.get("c2aya_pack")?.args.first()?.parse().ok()
    }

    /// The type that an enumeration names for its values.
    pub fn base(&self) -> Option<IntKind> {
        let base: u8 = self.get("c2aya_base")?.args.first()?.parse().ok()?;
        Some(match base {
            2 => IntKind::UChar,
            3 => IntKind::SChar,
            4 => IntKind::UShort,
            5 => IntKind::Short,
            8 => IntKind::UInt,
            9 => IntKind::Int,
            16 => IntKind::ULong,
            17 => IntKind::Long,
            _ => return None,
        })
    }

    /// Takes over others.
    pub fn extend(&mut self, others: Vec<Attribute>) {
        self.list.extend(others);
    }
}

impl Sema<'_> {
    /// Reads attributes of the parsed text.
    pub fn attributes(&mut self, extensions: &[Node<Extension>]) -> Vec<Attribute> {
        extensions
            .iter()
            .filter_map(|extension| match &extension.node {
                Extension::Attribute(attribute) => self.attribute(attribute).ok(),
                Extension::AsmLabel(text) => {
                    let bytes = literal::bytes(&text.node).unwrap_or_default();
                    let symbol = name(&String::from_utf8_lossy(&bytes));
                    Some(Attribute {
                        name: name(ASM_LABEL),
                        args: vec![symbol],
                    })
                }
                // Names of platforms mean nothing to BPF.
                Extension::AvailabilityAttribute(_) => None,
            })
            .collect()
    }

    fn attribute(&mut self, attribute: &ast::Attribute) -> Checked<Attribute> {
        let bare = bare_name(&attribute.name.node);
        let mut args = Vec::new();
        for argument in &attribute.arguments {
            args.push(self.attribute_argument(&bare, argument)?);
        }
        Ok(Attribute { name: bare, args })
    }

    fn attribute_argument(
        &mut self,
        attribute: &str,
        argument: &Node<Expression>,
    ) -> Checked<Arc<str>> {
        match &argument.node {
            Expression::StringLiteral(text) => {
                let bytes = literal::bytes(&text.node).unwrap_or_default();
                return Ok(name(&String::from_utf8_lossy(&bytes)));
            }
            // The names of attribute arguments (`mode(DI)`, `format(printf, …)`) are no variables.
            Expression::Identifier(identifier)
                if !matches!(attribute, "aligned" | "c2aya_helper" | "c2aya_base") =>
            {
                return Ok(name(&identifier.node.name));
            }
            _ => {}
        }
        if matches!(attribute, "aligned" | "c2aya_helper" | "c2aya_base") {
            let expr = self.expression(argument)?;
            let value = self.constant(&expr)?;
            if attribute == "aligned" && !is_alignment(value) {
                let message = format!("{value} is no alignment: it has to be a power of two");
                let diagnostic = Diagnostic::error(super::codes::DECLARATION, expr.span, message);
                return Err(self.report(diagnostic));
            }
            return Ok(name(&value.to_string()));
        }
        let (start, end) = (argument.span.start, argument.span.end);
        let written = self.text.text.get(start..end).unwrap_or_default().trim();
        let value = written.parse::<i128>().ok();
        Ok(value.map_or_else(|| name(written), |value| name(&value.to_string())))
    }
}

/// The greatest alignment that `aligned` attributes in a list ask for, in bytes.
pub(crate) fn aligned(list: &[Attribute]) -> Option<u64> {
    list.iter()
        .filter(|attribute| &*attribute.name == "aligned")
        // Without an argument: the greatest that the target knows, 16 bytes on BPF.
        .map(|attribute| {
            attribute
                .args
                .first()
                .map_or(Some(16), |text| text.parse().ok())
        })
        .max()?
}

/// Whether `aligned` takes `value`; clang's limit is 2^32.
pub(super) fn is_alignment(value: i128) -> bool {
    value > 0 && value <= 1 << 32 && value.count_ones() == 1
}

/// `__packed__` is `packed`.
fn bare_name(written: &str) -> Arc<str> {
    name(
        written
            .strip_prefix("__")
            .and_then(|written| written.strip_suffix("__"))
            .unwrap_or(written),
    )
}

/// Reads `__attribute__((name, name(arguments)))` out of tokens of `source`.
pub(super) fn from_tokens(source: &str, tokens: &[Token]) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut depth = 0usize;
    for token in tokens {
        let text = source.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            TokenKind::Punct(b'(') => depth += 1,
            TokenKind::Punct(b')') => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 2 => attributes.push(Attribute {
                name: bare_name(text),
                args: Vec::new(),
            }),
            TokenKind::Word | TokenKind::Literal if depth > 2 => {
                let argument = match literal::bytes(&[text.to_owned()]) {
                    Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                    None => text.to_owned(),
                };
                if let Some(attribute) = attributes.last_mut() {
                    attribute.args.push(name(&argument));
                }
            }
            _ => {}
        }
    }
    attributes
}
