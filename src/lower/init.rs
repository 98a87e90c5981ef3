//! Initialisers.

use super::{Lowered, body::Body, codes, simplify};
use crate::{
    c::{
        const_eval,
        tree::{Init as CInit, InitPart},
        types::{CType, Kind},
    },
    ir::{
        body::{Expr, ExprKind, Init},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// What an object of type `ty` starts with.
    pub(super) fn init(&mut self, init: &'a CInit, ty: &'a CType) -> Lowered<Init> {
        match init {
            CInit::Expr(e) => {
                let value = self.expr(e)?;
                let ty = self.cx.ty(ty);
                // Outside functions clang computes with what other constants hold.
                let value = if self.id.is_none()
                    && !is_address_or_number(&self.cx.object, &value)
                    && let Some(number) = const_eval::eval(self.cx.tree, e)
                {
                    super::build::int(number, value.ty, e.span)
                } else {
                    value
                };
                let value = match (&ty, &value.kind) {
                    (Ty::Record(_) | Ty::Array(..), _) => value,
                    _ => self.cast(value, &ty),
                };
                let value = self.kept(value);
                // A record by a compound literal is that literal.
                if let ExprKind::Load(place) = &value.kind
                    && let crate::ir::body::PlaceKind::Temporary(inner) = &place.kind
                {
                    return Ok(inner.as_ref().clone());
                }
                Ok(Init::Expr(value))
            }
            CInit::Str(text, _) => Ok(if text.is_empty() {
                Init::Zero
            } else {
                Init::Bytes(text.clone())
            }),
            CInit::List(parts) => self.init_list(parts, ty),
        }
    }

    fn init_list(&mut self, parts: &'a [InitPart], ty: &'a CType) -> Lowered<Init> {
        match &ty.kind {
            Kind::Record(id) => {
                self.cx.need_fields(*id);
                let fields = self
                    .cx
                    .tree
                    .types
                    .records
                    .get(id.0 as usize)
                    .and_then(|record| record.fields.as_ref());
                let mut lowered = Vec::with_capacity(parts.len());
                for part in parts {
                    let index = u32::try_from(part.index).unwrap_or(u32::MAX);
                    let Some(field) = fields.and_then(|fields| fields.get(index as usize)) else {
                        continue;
                    };
                    let before = self.out.len();
                    let value = self.init(&part.value, &field.ty)?;
                    self.keep_order(before, &mut lowered, |(_, init)| init);
                    lowered.push((index, value));
                }
                // What is named as zero is zero without a name, but in a union it says which part.
                let zero = lowered.iter().all(|(_, init)| is_zero(init));
                Ok(if zero {
                    Init::Zero
                } else {
                    Init::Record(lowered)
                })
            }
            Kind::Array(element, _) => {
                let mut lowered = Vec::with_capacity(parts.len());
                for part in parts {
                    let before = self.out.len();
                    let value = self.init(&part.value, element)?;
                    self.keep_order(before, &mut lowered, |(_, init)| init);
                    lowered.push((part.index, value));
                }
                let zero = lowered.iter().all(|(_, init)| is_zero(init));
                Ok(if zero {
                    Init::Zero
                } else {
                    Init::Array(lowered)
                })
            }
            _ => match parts.first() {
                Some(part) => self.init(&part.value, ty),
                None => Ok(Init::Zero),
            },
        }
    }

    /// Puts the values of earlier parts into variables if a later part has something to do first
    /// that they might see.
    fn keep_order<T>(&mut self, before: usize, done: &mut [T], init: impl Fn(&mut T) -> &mut Init) {
        if self.out.len() == before {
            return;
        }
        let tail = self.out.split_off(before);
        for part in done {
            if let Init::Expr(value) = init(part)
                && !super::purity::unmoved_by(value, &tail, &self.addressed)
            {
                let taken = value.clone();
                *value = self.temporary("part", taken);
            }
        }
        self.out.extend(tail);
    }

    /// Whether a value is known when the object is built.
    pub(super) fn check_constant(
        &mut self,
        init: &Init,
        span: crate::source::span::Span,
    ) -> Lowered<()> {
        let constant = match init {
            Init::Zero | Init::Bytes(_) => true,
            Init::Expr(value) => is_address_or_number(&self.cx.object, value),
            Init::Record(parts) => {
                for (_, part) in parts {
                    self.check_constant(part, span)?;
                }
                true
            }
            Init::Array(parts) => {
                for (_, part) in parts {
                    self.check_constant(part, span)?;
                }
                true
            }
        };
        if constant {
            return Ok(());
        }
        self.refuse(
            codes::NOT_CONSTANT,
            span,
            "this initialiser can't be computed when the object is built",
        )
    }
}

fn is_zero(init: &Init) -> bool {
    matches!(
        init,
        Init::Zero
            | Init::Expr(Expr {
                kind: ExprKind::Int(0) | ExprKind::Bool(false),
                ..
            })
    )
}

fn is_address_or_number(object: &crate::ir::Object, value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Str(_)
        | ExprKind::AddressOf(_)
        | ExprKind::Decay(_)
        | ExprKind::SizeOf(_)
        | ExprKind::Function(_)
        | ExprKind::Map(_) => true,
        ExprKind::Cast(inner) | ExprKind::Unary(_, inner) | ExprKind::Not(inner) => {
            is_address_or_number(object, inner)
        }
        ExprKind::Binary(_, a, b)
        | ExprKind::Offset(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b) => is_address_or_number(object, a) && is_address_or_number(object, b),
        ExprKind::Conditional(a, b, c) => [a, b, c]
            .into_iter()
            .all(|part| is_address_or_number(object, part)),
        ExprKind::Builtin(_, args) => args.iter().all(|arg| is_address_or_number(object, arg)),
        ExprKind::Load(place) => matches!(place.kind, crate::ir::body::PlaceKind::Temporary(_)),
        _ => simplify::known(object, value).is_some(),
    }
}
