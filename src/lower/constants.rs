//! Named constants: object-like macros, and constants of enumerations without a type of their own.

use std::sync::Arc;

use super::{
    Lowerer,
    build::{expr, wrap},
};
use crate::{
    c::{
        self,
        tree::MacroConstant,
        types::{ArrayLen, CType, EnumId, Kind},
    },
    ir::{
        self, Constant, ConstantId, ConstantValue, Item, Notes, Radix,
        body::{Expr, ExprKind},
        ty::Ty,
    },
    source::span::Span,
};

impl<'a> Lowerer<'a> {
    /// A macro of the user's, or one of a system header that they use.
    pub(super) fn macro_constant(&mut self, constant: &MacroConstant) {
        if self.constants.contains_key(&constant.name) {
            return;
        }
        let ty = match constant.value {
            c::tree::ConstantValue::Int(_) => self.outline(&constant.ty),
            c::tree::ConstantValue::Str(_) => Ty::void_pointer(false),
        };
        let value = match &constant.value {
            c::tree::ConstantValue::Int(value) => ConstantValue::Int(*value),
            c::tree::ConstantValue::Str(text) => ConstantValue::Str(text.clone()),
        };
        let body = self.macro_body(constant);
        if let (ConstantValue::Int(value), Some(body)) = (&value, &body) {
            self.note_radix(constant.span, *value, body);
        }
        let written = match (&value, body) {
            (ConstantValue::Int(value), Some(body)) => self.written(&body, *value, &ty),
            _ => None,
        };
        let notes = match constant.foreign {
            true => Notes::default(),
            false => self.notes.item(constant.span),
        };
        let id = self.add_constant(Constant {
            name: constant.name.to_string(),
            ty,
            value,
            expr: written,
            notes,
            used: false,
            foreign: constant.foreign,
            span: Some(constant.span),
        });
        self.constants.insert(constant.name.clone(), id);
        if !constant.foreign {
            self.places.push((constant.span, Item::Constant(id)));
        }
    }

    /// What stands behind the name in `#define NAME …`, as written.
    fn macro_body(&self, constant: &MacroConstant) -> Option<String> {
        let behind = self.behind(constant.span, &constant.name)?;
        let mut body = String::new();
        for line in behind.lines() {
            let line = without_comment(line);
            match line.trim_end().strip_suffix('\\') {
                Some(line) => {
                    body.push_str(line);
                    body.push(' ');
                }
                None => {
                    body.push_str(line);
                    break;
                }
            }
        }
        Some(body.trim().to_owned())
    }

    /// The text of the file behind a name that is defined at `span`.
    pub(super) fn behind(&self, span: Span, name: &str) -> Option<&'a str> {
        let text = self.files.get(span.file)?.text.get(span.start as usize..)?;
        text.get(text.find(name)? + name.len()..)
    }

    /// Notes how a number at `span` is written, if `text` is a literal.
    pub(super) fn note_radix(&mut self, span: Span, value: i128, text: &str) {
        let literal = text.trim_matches(|c: char| c.is_whitespace() || c == '(' || c == ')');
        if let Some(radix) = Radix::of(literal) {
            self.object
                .radixes
                .insert((span, value.unsigned_abs()), radix);
        }
    }

    fn add_constant(&mut self, constant: Constant) -> ConstantId {
        let id = ConstantId(u32::try_from(self.object.constants.len()).unwrap_or(u32::MAX));
        self.object.constants.push(constant);
        id
    }

    /// A constant of an enumeration: of the enumeration if that is a type of the user's, else a
    /// constant by itself.
    pub(super) fn enum_constant(
        &mut self,
        id: EnumId,
        at: u32,
        ty: Ty,
        span: Option<Span>,
    ) -> Option<Expr> {
        let found = self.tree.types.enums.get(id.0 as usize)?;
        let named = found.tag.is_some() || found.typedef.is_some();
        if named && !found.foreign {
            let owner = self.enumeration(id);
            return Some(expr(ExprKind::EnumConstant(owner, at), ty, span));
        }
        let constant_id = self.enum_constant_item_of(id, at)?;
        self.mark_used(constant_id);
        Some(expr(ExprKind::Constant(constant_id), ty, span))
    }

    /// The constant of the object that a constant of such an enumeration is.
    pub(super) fn enum_constant_item_of(&mut self, id: EnumId, at: u32) -> Option<ConstantId> {
        if let Some(&known) = self.enum_constants.get(&(id, at)) {
            return Some(known);
        }
        let found = self.tree.types.enums.get(id.0 as usize)?;
        let constant = found.constants.get(at as usize)?;
        let notes = match constant.span {
            Some(span) if !found.foreign => self.notes.part(span),
            _ => Notes::default(),
        };
        let repr = Ty::Int {
            bits: found.repr.bits(),
            signed: found.repr.signed(),
        };
        let own = Ty::signed(32);
        let ty = if wrap(constant.value, &own) == constant.value {
            own
        } else {
            repr
        };
        let new = self.add_constant(Constant {
            name: constant.name.to_string(),
            ty,
            value: ConstantValue::Int(constant.value),
            expr: None,
            notes,
            used: false,
            foreign: found.foreign,
            span: constant.span,
        });
        if let (Some(span), false) = (constant.span, found.foreign) {
            self.places.push((span, Item::Constant(new)));
        }
        self.enum_constants.insert((id, at), new);
        Some(new)
    }

    pub(super) fn constant_mut(&mut self, id: ConstantId) -> Option<&mut Constant> {
        self.object.constants.get_mut(id.0 as usize)
    }

    /// The constant that a macro's name stands for, if it has this value.
    pub(super) fn constant_named(
        &mut self,
        name: &Arc<str>,
        value: i128,
        ty: &Ty,
        span: Span,
    ) -> Option<Expr> {
        let &id = self.constants.get(name)?;
        let known = self.object.constants.get(id.0 as usize)?;
        let ConstantValue::Int(number) = known.value else {
            return None;
        };
        if wrap(number, ty) != wrap(value, ty) {
            return None;
        }
        self.mark_used(id);
        Some(expr(ExprKind::Constant(id), ty.clone(), span))
    }

    fn mark_used(&mut self, id: ConstantId) {
        if let Some(constant) = self.object.constants.get_mut(id.0 as usize) {
            constant.used = true;
        }
    }

    /// A name in a constant expression as the user wrote it, and its value.
    pub(super) fn named(&mut self, name: &str, ty: &Ty) -> Option<(Expr, i128)> {
        if let Some(&id) = self.constants.get(name) {
            let ConstantValue::Int(value) = self.object.constants.get(id.0 as usize)?.value else {
                return None;
            };
            self.mark_used(id);
            return Some((expr(ExprKind::Constant(id), ty.clone(), None), value));
        }
        let (id, at, value) = self.find_enum_constant(name)?;
        let found = self.enum_constant(id, at, ty.clone(), None)?;
        Some((found, value))
    }

    fn find_enum_constant(&self, name: &str) -> Option<(EnumId, u32, i128)> {
        for (index, found) in (0..).zip(&self.tree.types.enums) {
            for (at, constant) in (0..).zip(&found.constants) {
                if constant.name.as_ref() == name {
                    return Some((EnumId(index), at, constant.value));
                }
            }
        }
        None
    }

    /// How the lengths of the arrays in a declaration are written, outermost first.
    pub(super) fn array_lengths(
        &mut self,
        ty: &CType,
        span: Option<Span>,
        name: Option<&str>,
    ) -> Vec<Option<Box<Expr>>> {
        let mut lengths = Vec::new();
        let mut inner = ty;
        while let Kind::Array(element, len) = &inner.kind {
            if let ArrayLen::Known(len) = len {
                lengths.push(i128::from(*len));
            } else {
                lengths.push(0);
            }
            inner = element;
        }
        let (Some(span), Some(name), false) = (span, name, lengths.is_empty()) else {
            return lengths.iter().map(|_| None).collect();
        };
        let texts = dimensions(self.declaration(span), name);
        let usize_ty = Ty::unsigned(64);
        lengths
            .iter()
            .enumerate()
            .map(|(at, len)| self.written(texts.get(at)?, *len, &usize_ty))
            .collect()
    }

    /// The text of a declaration up to its semicolon; a span may end at its name.
    fn declaration(&self, span: Span) -> &'a str {
        let Some(file) = self.files.get(span.file) else {
            return "";
        };
        let text = file.text.get(span.start as usize..).unwrap_or("");
        let from = (span.end.saturating_sub(span.start)) as usize;
        let end = text
            .get(from..)
            .and_then(|behind| behind.find([';', '=', '\n']))
            .map_or(from, |at| from + at);
        text.get(..end).unwrap_or("")
    }

    /// Everything that a constant's name is looked up by.
    pub(super) fn int_constant(&self, id: ir::ConstantId) -> Option<i128> {
        match self.object.constants.get(id.0 as usize)?.value {
            ConstantValue::Int(value) => Some(value),
            ConstantValue::Str(_) => None,
        }
    }
}

/// The texts between the brackets behind `name`.
fn dimensions(text: &str, name: &str) -> Vec<String> {
    let Some(mut rest) = behind_word(text, name) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    while let Some(inner) = rest.trim_start().strip_prefix('[') {
        let Some((length, behind)) = inner.split_once(']') else {
            break;
        };
        found.push(length.trim().to_owned());
        rest = behind;
    }
    found
}

/// What stands behind the last mention of a whole word.
fn behind_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.rmatch_indices(word)
        .filter_map(|(at, _)| Some((text.get(..at)?, text.get(at + word.len()..)?)))
        .find(|(before, behind)| !before.ends_with(is_word) && !behind.starts_with(is_word))
        .map(|(_, behind)| behind)
}

/// A line of a directive without a comment that begins on it.
fn without_comment(line: &str) -> &str {
    let end = line
        .find("//")
        .into_iter()
        .chain(line.find("/*"))
        .min()
        .unwrap_or(line.len());
    line.get(..end).unwrap_or(line)
}
