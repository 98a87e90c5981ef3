//! Types: C's to those of the IR.

use super::{Lowerer, build::pointer_to};
use crate::{
    c::types::{ArrayLen, CType, Kind, RecordId},
    ir::ty::Ty,
};

impl Lowerer<'_> {
    /// The type of a value or of memory of type `ty`, whose inside will be looked at.
    pub(super) fn ty(&mut self, ty: &CType) -> Ty {
        match &ty.kind {
            Kind::Record(id) => {
                let found = self.record(*id);
                self.need_fields(*id);
                Ty::Record(found)
            }
            Kind::Array(element, len) => {
                let element = self.ty(element);
                Ty::Array(Box::new(element), length(len))
            }
            _ => self.outline(ty),
        }
    }

    /// How far a pointer of type `ty` steps is looked at: the size of what it points to.
    pub(super) fn need_stride(&mut self, ty: &CType) {
        if let Kind::Pointer(to) = &ty.kind {
            self.ty(to);
        }
    }

    /// The type that a pointer points to: the fields of records are left open.
    pub(super) fn outline(&mut self, ty: &CType) -> Ty {
        match &ty.kind {
            Kind::Void => Ty::Unit,
            Kind::Bool => Ty::Bool,
            Kind::Int(kind) => Ty::Int {
                bits: kind.bits(),
                signed: kind.signed(),
            },
            Kind::Float(bits) => Ty::Opaque {
                size: u64::from(bits / 8),
                align: u64::from(bits / 8),
            },
            Kind::Pointer(to) => {
                let target = match to.kind {
                    Kind::Void | Kind::VaList => Ty::Opaque { size: 0, align: 1 },
                    _ => self.outline(to),
                };
                pointer_to(target, !to.const_)
            }
            Kind::Array(element, len) => {
                let element = self.outline(element);
                Ty::Array(Box::new(element), length(len))
            }
            Kind::Record(id) => Ty::Record(self.record(*id)),
            Kind::Enum(id) => self.enum_ty(*id),
            Kind::Function(function) => {
                let params = function
                    .params
                    .iter()
                    .map(|param| self.outline(param))
                    .collect();
                let ret = self.outline(&function.ret);
                Ty::Function(params, Box::new(ret))
            }
            Kind::VaList => Ty::Opaque { size: 8, align: 8 },
        }
    }

    /// The C record's name for people and for BTF: its tag, else its typedef.
    pub(super) fn record_name(&self, id: RecordId) -> Option<&str> {
        let record = self.tree.types.records.get(id.0 as usize)?;
        record.tag.as_deref().or(record.typedef.as_deref())
    }

    /// Bytes of a C type; None for incomplete ones and functions. `void` has 1, as GNU C counts.
    pub(super) fn size_of(&self, ty: &CType) -> Option<u64> {
        match &ty.kind {
            Kind::Void | Kind::Bool => Some(1),
            Kind::Int(kind) => Some(u64::from(kind.bits() / 8)),
            Kind::Float(bits) => Some(u64::from(bits / 8)),
            Kind::Pointer(_) | Kind::VaList => Some(8),
            Kind::Array(element, len) => self.size_of(element)?.checked_mul(length(len)),
            Kind::Record(id) => {
                let record = self.tree.types.records.get(id.0 as usize)?;
                record.fields.as_ref().map(|_| record.size)
            }
            Kind::Enum(id) => {
                let found = self.tree.types.enums.get(id.0 as usize)?;
                Some(u64::from(found.repr.bits() / 8))
            }
            Kind::Function(_) => None,
        }
    }
}

/// How many elements the IR gives an array: none where C doesn't say.
pub(super) const fn length(len: &ArrayLen) -> u64 {
    match len {
        ArrayLen::Known(len) => *len,
        ArrayLen::Unknown => 0,
    }
}
