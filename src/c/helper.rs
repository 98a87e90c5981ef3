//! The kernel's helpers as programs declare them themselves: pointers to functions that are numbers.

use std::sync::Arc;

use lang_c::ast::{InitDeclarator, Initializer, StorageClassSpecifier};

use super::{
    const_eval::Base,
    declarator::{Declared, Parameter},
    prepare::name,
    sema::{Checked, Sema, Symbol},
    specifiers::Specifiers,
    tree::Attribute,
    types::{CType, FunctionType, Kind},
};
use crate::source::{markers, span::Span, standins};

impl Sema<'_> {
    /// The helper that a pointer is: `long (*name)(…) = (void *)number`.
    pub(super) fn helper_number(&mut self, node: &InitDeclarator, ty: &CType) -> Option<u32> {
        pointed(ty)?;
        let Initializer::Expression(value) = &node.initializer.as_ref()?.node else {
            return None;
        };
        let value = self.expression(value).ok()?;
        let address = self.evaluator().address(&value)?;
        let number = u32::try_from(address.offset).ok()?;
        (address.base == Base::Absolute && standins::helper(number).is_some()).then_some(number)
    }

    /// Declares it as what it is: a function, with the types that the program gives it.
    pub(super) fn declare_helper(
        &mut self,
        number: u32,
        identifier: &Arc<str>,
        declared: &Declared,
        specifiers: &Specifiers,
        name_span: Span,
    ) -> Checked<()> {
        let Some(function) = pointed(&declared.ty).cloned() else {
            return Ok(());
        };
        let params = function.params.iter().map(|ty| Parameter {
            name: None,
            ty: ty.clone(),
            span: name_span,
            attributes: Vec::new(),
        });
        let declared = Declared {
            name: None,
            ty: declared.ty.clone(),
            attributes: Default::default(),
            params: Some(params.collect()),
        };
        let mut specifiers = specifiers.clone();
        specifiers.storage = Some(StorageClassSpecifier::Extern);
        specifiers.attributes.list.push(Attribute {
            name: name(markers::HELPER),
            args: vec![name(&number.to_string())],
        });
        let spans = (name_span, name_span);
        let id =
            self.declare_function(identifier, &function, &declared, &specifiers, spans, false)?;
        self.declare(Arc::clone(identifier), Symbol::Function(id));
        Ok(())
    }
}

/// The function that a pointer points to.
fn pointed(ty: &CType) -> Option<&FunctionType> {
    match &ty.kind {
        Kind::Pointer(to) => match &to.kind {
            Kind::Function(function) => Some(function),
            _ => None,
        },
        _ => None,
    }
}
