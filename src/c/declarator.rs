//! Declarators: from `*(*f[3])(int)` and the type before it to a type.

use std::sync::Arc;

use lang_c::{
    ast::{
        ArraySize, Declarator, DeclaratorKind, DerivedDeclarator, Ellipsis, Identifier,
        ParameterDeclaration, PointerQualifier,
    },
    span::Node,
};

use super::{
    attribute::Attributes,
    codes,
    prepare::name,
    sema::{Checked, Sema, int_type, plain, pointer_to},
    specifiers::Qualifiers,
    tree::Attribute,
    types::{ArrayLen, CType, FunctionType, IntKind, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

/// A declarator applied to a type.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub name: Option<Node<Identifier>>,
    pub ty: CType,
    pub attributes: Attributes,
    /// Of a function: its parameters, so that a body can follow.
    pub params: Option<Vec<Parameter>>,
}

/// A parameter as declared.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub name: Option<Arc<str>>,
    pub ty: CType,
    pub span: Span,
    pub attributes: Vec<Attribute>,
}

impl Sema<'_> {
    /// Applies a declarator to the type that the specifiers name.
    pub fn declarator(&mut self, node: &Node<Declarator>, base: CType) -> Checked<Declared> {
        let declarator = &node.node;
        let mut ty = base;
        let mut params = None;
        let is_suffix = |derived: &DerivedDeclarator| {
            !matches!(
                derived,
                DerivedDeclarator::Pointer(_) | DerivedDeclarator::Block(_)
            )
        };
        for derived in declarator
            .derived
            .iter()
            .filter(|node| !is_suffix(&node.node))
        {
            match &derived.node {
                DerivedDeclarator::Pointer(qualifiers) => {
                    ty = pointer_to(ty);
                    self.pointer_qualifiers(qualifiers, &mut ty);
                    params = None;
                }
                _ => {
                    let span = self.span(derived.span);
                    return Err(self.error(codes::UNSUPPORTED, span, "blocks aren't C"));
                }
            }
        }
        for derived in declarator
            .derived
            .iter()
            .rev()
            .filter(|node| is_suffix(&node.node))
        {
            let span = self.span(derived.span);
            match &derived.node {
                DerivedDeclarator::Array(array) => {
                    params = None;
                    ty = self.array_of(ty, &array.node.size, span)?;
                }
                DerivedDeclarator::Function(function) => {
                    let (list, unspecified) = self.parameters(&function.node.parameters)?;
                    let variadic = function.node.ellipsis == Ellipsis::Some;
                    ty = self.function_type(ty, &list, variadic, unspecified, span)?;
                    params = Some(list);
                }
                DerivedDeclarator::KRFunction(names) => {
                    let list: Vec<Parameter> = names
                        .iter()
                        .map(|node| Parameter {
                            name: Some(name(&node.node.name)),
                            ty: int_type(IntKind::Int),
                            span: self.span(node.span),
                            attributes: Vec::new(),
                        })
                        .collect();
                    ty = self.function_type(ty, &[], false, true, span)?;
                    params = Some(list);
                }
                _ => {}
            }
        }
        let mut attributes = Attributes::default();
        let own = self.attributes(&declarator.extensions);
        attributes.extend(own);
        match &declarator.kind.node {
            DeclaratorKind::Abstract => Ok(Declared {
                name: None,
                ty,
                attributes,
                params,
            }),
            DeclaratorKind::Identifier(identifier) => Ok(Declared {
                name: Some(identifier.clone()),
                ty,
                attributes,
                params,
            }),
            DeclaratorKind::Declarator(inner) => {
                let span = self.span(inner.span);
                let mut declared = self.deeper(span, |sema| sema.declarator(inner, ty))?;
                if inner.node.derived.is_empty() && declared.params.is_none() {
                    declared.params = params;
                }
                declared.attributes.extend(attributes.list);
                Ok(declared)
            }
        }
    }

    fn pointer_qualifiers(&mut self, list: &[Node<PointerQualifier>], ty: &mut CType) {
        let mut qualifiers = Qualifiers::default();
        for qualifier in list {
            match &qualifier.node {
                PointerQualifier::TypeQualifier(node) => qualifiers.add(&node.node),
                PointerQualifier::Extension(extensions) => {
                    for attribute in self.attributes(extensions) {
                        if &*attribute.name == "btf_type_tag"
                            && let Some(tag) = attribute.args.first()
                        {
                            ty.tags.push(Arc::clone(tag));
                        }
                    }
                }
            }
        }
        qualifiers.apply(ty);
    }

    /// An array of `element`s.
    pub fn array_of(&mut self, element: CType, size: &ArraySize, span: Span) -> Checked<CType> {
        if matches!(element.kind, Kind::Function(_) | Kind::Void) {
            let message = format!(
                "no array has elements of type `{}`",
                super::describe::ty(&self.tree.types, &element)
            );
            return Err(self.error(codes::DECLARATION, span, message));
        }
        let len = match size {
            ArraySize::Unknown | ArraySize::VariableUnknown => ArrayLen::Unknown,
            ArraySize::VariableExpression(expr) | ArraySize::StaticExpression(expr) => {
                let expr = self.unevaluated(expr)?;
                let expr = self.rvalue(expr);
                match self.evaluator().integer(&expr) {
                    Some(len) => match u64::try_from(len) {
                        Ok(len) => ArrayLen::Known(len),
                        Err(_) => {
                            let message = format!("an array can't have {len} elements");
                            return Err(self.error(codes::DECLARATION, expr.span, message));
                        }
                    },
                    None => {
                        let diagnostic = Diagnostic::error(
                            codes::VARIABLE_LENGTH,
                            expr.span,
                            "the length of this array isn't known before the program runs",
                        )
                        .help(
                            "BPF programs have no variable-length arrays; use the greatest length",
                        );
                        return Err(self.report(diagnostic));
                    }
                }
            }
        };
        Ok(plain(Kind::Array(Box::new(element), len)))
    }

    fn function_type(
        &mut self,
        ret: CType,
        params: &[Parameter],
        variadic: bool,
        unspecified: bool,
        span: Span,
    ) -> Checked<CType> {
        if matches!(ret.kind, Kind::Function(_) | Kind::Array(..)) {
            let message = "a function can't return an array or a function";
            return Err(self.error(codes::DECLARATION, span, message));
        }
        Ok(plain(Kind::Function(Box::new(FunctionType {
            ret,
            params: params.iter().map(|param| param.ty.clone()).collect(),
            variadic,
            unspecified,
        }))))
    }

    /// Parameters, and whether the list says nothing about them (`()`).
    fn parameters(
        &mut self,
        list: &[Node<ParameterDeclaration>],
    ) -> Checked<(Vec<Parameter>, bool)> {
        let mut params = Vec::new();
        // A parameter can be spoken of in the ones behind it: `int n, int a[n]`.
        for node in list {
            let param = self.parameter(node)?;
            if param.ty.kind == Kind::Void && param.name.is_none() && list.len() == 1 {
                return Ok((Vec::new(), false));
            }
            params.push(param);
        }
        Ok((params, list.is_empty()))
    }

    fn parameter(&mut self, node: &Node<ParameterDeclaration>) -> Checked<Parameter> {
        let span = self.span(node.span);
        let specifiers = self.declaration_specifiers(&node.node.specifiers, span, true)?;
        let mut attributes = specifiers.attributes;
        let extensions = self.attributes(&node.node.extensions);
        attributes.extend(extensions);
        let mut declared = match &node.node.declarator {
            Some(declarator) => {
                let adjusted = outermost_unsized(&declarator.node);
                let declarator = Node::new(adjusted, declarator.span);
                self.declarator(&declarator, specifiers.ty)?
            }
            None => Declared {
                name: None,
                ty: specifiers.ty,
                attributes: Attributes::default(),
                params: None,
            },
        };
        attributes.extend(std::mem::take(&mut declared.attributes.list));
        Ok(Parameter {
            name: declared.name.map(|node| name(&node.node.name)),
            ty: adjusted(declared.ty),
            // In the arguments of `BPF_KSYSCALL`, where they were written.
            span: self.name_span(node.span),
            attributes: attributes.list,
        })
    }
}

/// A parameter's type as the function sees it: arrays and functions are pointers.
pub(super) fn adjusted(ty: CType) -> CType {
    match ty.kind {
        Kind::Array(element, _) => {
            let mut element = *element;
            element.const_ |= ty.const_;
            element.volatile |= ty.volatile;
            pointer_to(element)
        }
        Kind::Function(_) => pointer_to(ty),
        _ => ty,
    }
}

/// The declarator without the length of its outermost array, which means nothing in a parameter
/// and can speak of other parameters.
fn outermost_unsized(declarator: &Declarator) -> Declarator {
    let mut declarator = declarator.clone();
    let outermost = declarator.derived.iter_mut().find(|node| {
        !matches!(
            node.node,
            DerivedDeclarator::Pointer(_) | DerivedDeclarator::Block(_)
        )
    });
    let is_plain = !matches!(declarator.kind.node, DeclaratorKind::Declarator(_));
    if is_plain
        && let Some(Node {
            node: DerivedDeclarator::Array(array),
            ..
        }) = outermost
    {
        array.node.size = ArraySize::Unknown;
    }
    declarator
}
