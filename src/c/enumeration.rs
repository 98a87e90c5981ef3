//! Enumerations and their constants.

use std::sync::Arc;

use lang_c::{
    ast::{EnumType, Enumerator},
    span::Node,
};

use super::{
    attribute::Attributes,
    codes,
    prepare::name,
    sema::{Checked, Sema, Symbol, Tag, int_type, plain},
    tree::Attribute,
    types::{CType, EnumConstant, EnumId, Enumeration, IntKind, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// An enumeration named or defined; `attributes` are those behind it.
    pub fn enum_type(
        &mut self,
        node: &Node<EnumType>,
        mut attributes: Vec<Attribute>,
    ) -> Checked<CType> {
        let span = self.span(node.span);
        let before = self.text.tag_attributes.get(&node.span.start);
        attributes.extend(before.cloned().unwrap_or_default());
        let defines = !node.node.enumerators.is_empty();
        let id = match &node.node.identifier {
            Some(identifier) => {
                let tag = &identifier.node.name;
                let known = if defines {
                    self.scopes
                        .last()
                        .and_then(|scope| scope.tags.get(&**tag).copied())
                } else {
                    self.lookup_tag(tag)
                };
                match known {
                    Some(Tag::Enum(id)) => id,
                    Some(Tag::Record(_)) => {
                        let message = format!("`{tag}` is the tag of another kind of type");
                        return Err(self.error(codes::CONFLICT, span, message));
                    }
                    None => {
                        let tag = name(tag);
                        let id = self.new_enum(Some(Arc::clone(&tag)), span);
                        self.declare_tag(tag, Tag::Enum(id));
                        id
                    }
                }
            }
            None => self.new_enum(None, span),
        };
        if defines {
            let attributes = Attributes { list: attributes };
            let fixed = attributes.base();
            if let Some(enumeration) = self.tree.types.enums.get_mut(id.0 as usize)
                && !self.defined_enums.contains(&id)
            {
                enumeration.fixed = fixed.is_some();
                enumeration.repr = fixed.unwrap_or(enumeration.repr);
            }
            self.define_enum(id, &node.node.enumerators, attributes.has("packed"), span)?;
        }
        Ok(plain(Kind::Enum(id)))
    }

    fn new_enum(&mut self, tag: Option<Arc<str>>, span: Span) -> EnumId {
        let id = EnumId(u32::try_from(self.tree.types.enums.len()).unwrap_or(u32::MAX));
        self.tree.types.enums.push(Enumeration {
            tag,
            typedef: None,
            repr: IntKind::UInt,
            fixed: false,
            constants: Vec::new(),
            span: Some(span),
            foreign: self.is_foreign(span),
        });
        id
    }

    fn define_enum(
        &mut self,
        id: EnumId,
        enumerators: &[Node<Enumerator>],
        packed: bool,
        span: Span,
    ) -> Checked<()> {
        if !self.defined_enums.insert(id) {
            let first = self.tree.types.enumeration(id).and_then(|known| known.span);
            let both_users = !first.is_some_and(|first| self.is_foreign(first));
            if self.is_foreign(span) || !both_users {
                return Ok(());
            }
            let diagnostic =
                Diagnostic::error(codes::CONFLICT, span, "this enumeration is defined twice")
                    .note(first, "first defined here");
            return Err(self.report(diagnostic));
        }
        let mut next = 0i128;
        let mut result = Ok(());
        for (index, enumerator) in (0u32..).zip(enumerators) {
            let read = self.enumerator(id, index, enumerator, next, packed);
            next = read.map_or(next, |value| value.saturating_add(1));
            result = result.and(read.map(|_| ()));
        }
        let foreign = self.is_foreign(span);
        if let Some(enumeration) = self.tree.types.enums.get_mut(id.0 as usize) {
            enumeration.span = Some(span);
            enumeration.foreign = foreign;
        }
        result
    }

    fn enumerator(
        &mut self,
        id: EnumId,
        index: u32,
        node: &Node<Enumerator>,
        next: i128,
        packed: bool,
    ) -> Checked<i128> {
        let span = self.span(node.span);
        let identifier = name(&node.node.identifier.node.name);
        let value = match &node.node.expression {
            Some(expr) => self.unevaluated(expr).and_then(|expr| self.constant(&expr)),
            None => Ok(next),
        };
        let known = self
            .scopes
            .last()
            .and_then(|scope| scope.names.get(&identifier));
        let clash = match known {
            None | Some(Symbol::Poisoned) => false,
            Some(Symbol::EnumConstant(other, at)) => {
                let other = self.tree.types.enumeration(*other);
                let constant = other.and_then(|other| other.constants.get(*at as usize));
                constant.map(|constant| constant.value) != value.ok()
            }
            Some(_) => true,
        };
        if let Some(enumeration) = self.tree.types.enums.get_mut(id.0 as usize) {
            enumeration.constants.push(EnumConstant {
                name: Arc::clone(&identifier),
                value: value.unwrap_or(next),
                span: Some(span),
            });
            if !enumeration.fixed {
                enumeration.repr = representation(&enumeration.constants, packed);
            }
        }
        if clash && value.is_ok() && !self.is_foreign(span) {
            let message = format!("`{identifier}` is declared already, as something else");
            return Err(self.error(codes::CONFLICT, span, message));
        }
        let symbol = if value.is_ok() {
            Symbol::EnumConstant(id, index)
        } else {
            Symbol::Poisoned
        };
        self.declare(identifier, symbol);
        value
    }

    /// The type of a constant: `int` if it fits, else that of the enumeration.
    pub fn enum_constant_type(&self, id: EnumId, index: u32) -> CType {
        let enumeration = self.tree.types.enumeration(id);
        let fits = enumeration
            .and_then(|enumeration| enumeration.constants.get(index as usize))
            .is_none_or(|constant| i32::try_from(constant.value).is_ok());
        match enumeration {
            // Constants of a type that is named have that type, promoted.
            Some(enumeration) if !fits || (enumeration.fixed && enumeration.repr.bits() >= 32) => {
                int_type(enumeration.repr)
            }
            _ => int_type(IntKind::Int),
        }
    }
}

/// The integer type that clang gives an enumeration (`Sema::ActOnEnumBody`).
fn representation(constants: &[EnumConstant], packed: bool) -> IntKind {
    let least = constants.iter().map(|c| c.value).min().unwrap_or(0);
    let most = constants.iter().map(|c| c.value).max().unwrap_or(0);
    let fits = |kind: IntKind| {
        let bits = u32::from(kind.bits());
        if kind.signed() {
            let limit = 1i128 << (bits - 1);
            least >= -limit && most < limit
        } else {
            least >= 0 && most < 1i128 << bits
        }
    };
    let small: &[IntKind] = if packed {
        &[
            IntKind::UChar,
            IntKind::SChar,
            IntKind::UShort,
            IntKind::Short,
        ]
    } else {
        &[]
    };
    let usual = [IntKind::UInt, IntKind::Int, IntKind::ULong, IntKind::Long];
    small
        .iter()
        .chain(&usual)
        .copied()
        .find(|kind| fits(*kind))
        .unwrap_or(IntKind::LongLong)
}
