//! Read-only data that the loader may set: parts of it are read one by one.

use proc_macro2::TokenStream;
use quote::quote;

use super::Body;
use crate::{
    emit::{code::Code, names, runtime::Module, types},
    ir::{
        GlobalId, GlobalKind,
        body::{Place, PlaceKind},
        ty::Ty,
    },
};

impl Body<'_> {
    /// One element of an array that the loader may set.
    pub(super) fn option_element(&self, place: &Place) -> Option<Code> {
        let PlaceKind::Index(array, index) = &place.kind else {
            return None;
        };
        let PlaceKind::Global(id) = array.kind else {
            return None;
        };
        let scalar = matches!(place.ty, Ty::Int { .. } | Ty::Bool | Ty::Enum(_));
        if !scalar || !self.is_option(array) {
            return None;
        }
        let element = self.t.uses.runtime(Module::Memory, "element");
        let (name, index) = (self.global_name(id), self.as_usize(index));
        Some(self.operation(Code::atom(quote!(#element(&#name, #index)))))
    }

    /// A field of a structure that the loader may set.
    pub(super) fn option_field(&self, place: &Place) -> Option<Code> {
        let scalar = matches!(place.ty, Ty::Int { .. } | Ty::Bool | Ty::Enum(_));
        if !scalar || self.bit_field(place).is_some() || self.is_packed_part(place) {
            return None;
        }
        let (id, path) = self.option_path(place)?;
        let field = self.t.uses.runtime(Module::Memory, "field");
        let name = self.global_name(id);
        let whole = names::ident(&names::snake(&name.to_string()));
        Some(Code::atom(quote!(#field(&#name, |#whole| &#whole #path))))
    }

    /// The way from such a structure to a part that is always there: `.limits.ports[2]`.
    fn option_path(&self, place: &Place) -> Option<(GlobalId, TokenStream)> {
        match &place.kind {
            PlaceKind::Global(id) => self.is_option(place).then(|| (*id, TokenStream::new())),
            PlaceKind::Field(base, record, index) => {
                let record = self.t.record(*record).filter(|record| !record.union_)?;
                let (id, path) = self.option_path(base)?;
                let field = types::field_ident(record, *index);
                Some((id, quote!(#path.#field)))
            }
            PlaceKind::Index(array, index) => {
                let Ty::Array(_, len) = array.ty else {
                    return None;
                };
                let known = self.constant_value(index);
                let inside = known.is_some_and(|at| (0..i128::from(len)).contains(&at));
                if !inside && !self.is_bounded(index, len) {
                    return None;
                }
                let (id, path) = self.option_path(array)?;
                let at = self.as_usize(index);
                Some((id, quote!(#path[#at])))
            }
            _ => None,
        }
    }

    /// Whether the loader may set it.
    pub(super) fn is_option(&self, place: &Place) -> bool {
        matches!(place.kind, PlaceKind::Global(id) if self.t.object.globals.get(id.0 as usize)
            .is_some_and(|g| matches!(g.kind, GlobalKind::Option | GlobalKind::Kconfig)))
    }
}
