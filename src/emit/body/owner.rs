//! Indices that are asked of what the array is a part of.

use super::Body;
use crate::ir::{
    body::{Expr, ExprKind, LocalId, Place, PlaceKind},
    walk::Visit,
};

impl Body<'_> {
    /// Whether an index is asked of a bit-field of what the array is a part of: while that is borrowed
    /// for writing, it can't be asked.
    pub(super) fn asks_owner(&self, index: &Expr, array: &Place) -> bool {
        let mut fields = BitFields {
            body: self,
            owner: owner(array),
            found: false,
        };
        fields.owner.is_some() && {
            fields.expr(index);
            fields.found
        }
    }
}

/// The variable that a place is a part of, or that points to what it is a part of.
fn owner(place: &Place) -> Option<LocalId> {
    match &place.kind {
        PlaceKind::Local(local) => Some(*local),
        PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => owner(base),
        PlaceKind::Deref(pointer) => match &pointer.peeled().kind {
            ExprKind::Load(place) => owner(place),
            _ => None,
        },
        _ => None,
    }
}

/// Looks for a bit-field of something.
struct BitFields<'b, 'a> {
    body: &'b Body<'a>,
    owner: Option<LocalId>,
    found: bool,
}

impl Visit for BitFields<'_, '_> {
    fn place(&mut self, place: &Place) {
        self.found |= self.body.bit_field(place).is_some() && owner(place) == self.owner;
        self.place_parts(place);
    }
}
