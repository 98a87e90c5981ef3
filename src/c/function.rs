//! Functions: declarations, definitions, bodies.

use std::{collections::HashMap, sync::Arc};

use lang_c::{
    ast::{FunctionDefinition, Statement, StorageClassSpecifier},
    span::Node,
};

use super::{
    codes,
    declarator::{Declared, Parameter, adjusted},
    describe,
    prepare::name,
    sema::{Checked, Current, Reported, Sema, Symbol, plain},
    specifiers::Specifiers,
    tree::{Block, Function, FunctionId, Local, LocalId},
    types::{CType, FunctionType, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// Declares a function, or adds to what is known of it.
    pub fn declare_function(
        &mut self,
        identifier: &Arc<str>,
        function: &FunctionType,
        declared: &Declared,
        specifiers: &Specifiers,
        (span, name_span): (Span, Span),
        cut: bool,
    ) -> Checked<FunctionId> {
        let mut attributes = specifiers.attributes.clone();
        attributes.extend(declared.attributes.list.clone());
        let known = self
            .scopes
            .first()
            .and_then(|scope| scope.names.get(identifier))
            .cloned();
        let id = match known {
            Some(Symbol::Function(id)) => id,
            None | Some(Symbol::Poisoned) => {
                let index = u32::try_from(self.tree.functions.len()).unwrap_or(u32::MAX);
                let id = FunctionId(index);
                self.tree.functions.push(Function {
                    name: Arc::clone(identifier),
                    ret: function.ret.clone(),
                    params: Vec::new(),
                    variadic: function.variadic,
                    locals: Vec::new(),
                    body: None,
                    broken: false,
                    static_: false,
                    inline: false,
                    noinline: false,
                    weak: false,
                    attributes: Vec::new(),
                    span,
                    name_span,
                });
                if function.unspecified {
                    self.unspecified.insert(id);
                }
                if let Some(scope) = self.scopes.first_mut() {
                    scope
                        .names
                        .insert(Arc::clone(identifier), Symbol::Function(id));
                }
                self.set_parameters(id, declared.params.as_deref().unwrap_or_default());
                id
            }
            Some(_) => {
                let message = format!("`{identifier}` is declared already, as something else");
                return Err(self.error(codes::CONFLICT, name_span, message));
            }
        };
        self.check_redeclaration(id, function, name_span)?;
        if self.unspecified.contains(&id) && !function.unspecified {
            self.unspecified.remove(&id);
            self.set_parameters(id, declared.params.as_deref().unwrap_or_default());
        }
        if let Some(known) = self.tree.functions.get_mut(id.0 as usize) {
            known.static_ |= specifiers.storage == Some(StorageClassSpecifier::Static);
            known.inline |= specifiers.inline || attributes.has("always_inline");
            known.noinline |= attributes.has("noinline");
            known.weak |= attributes.has("weak");
            known.broken |= cut;
            for attribute in attributes.list {
                if !known.attributes.contains(&attribute) {
                    known.attributes.push(attribute);
                }
            }
        }
        Ok(id)
    }

    fn check_redeclaration(
        &mut self,
        id: FunctionId,
        function: &FunctionType,
        name_span: Span,
    ) -> Checked<()> {
        let Some(known) = self.tree.functions.get(id.0 as usize) else {
            return Err(Reported);
        };
        let (name, first) = (Arc::clone(&known.name), known.name_span);
        let before = self.function_type_of(known);
        let now = plain(Kind::Function(Box::new(function.clone())));
        if self.compatible(&before, &now) {
            return Ok(());
        }
        // The kernel's functions and helpers are declared by more than one header, not always
        // with the same qualifiers and names of types.
        if self.is_foreign(first) || self.is_foreign(name_span) {
            return Ok(());
        }
        let diagnostic = Diagnostic::error(
            codes::CONFLICT,
            name_span,
            format!(
                "`{name}` is declared here as `{}`, before as `{}`",
                describe::ty(&self.tree.types, &now),
                describe::ty(&self.tree.types, &before)
            ),
        )
        .note(first, "declared before");
        Err(self.report(diagnostic))
    }

    /// The type of a function.
    pub fn function_type_of(&self, function: &Function) -> CType {
        let params = function
            .params
            .iter()
            .filter_map(|id| function.locals.get(id.0 as usize))
            .map(|local| local.ty.clone())
            .collect();
        let unspecified = match self
            .scopes
            .first()
            .and_then(|s| s.names.get(&function.name))
        {
            Some(Symbol::Function(id)) => self.unspecified.contains(id),
            _ => false,
        };
        plain(Kind::Function(Box::new(FunctionType {
            ret: function.ret.clone(),
            params,
            variadic: function.variadic,
            unspecified,
        })))
    }

    fn set_parameters(&mut self, id: FunctionId, params: &[Parameter]) {
        if let Some(function) = self.tree.functions.get_mut(id.0 as usize) {
            function.locals = params
                .iter()
                .map(|param| Local {
                    name: param.name.clone(),
                    ty: param.ty.clone(),
                    span: param.span,
                    attributes: param.attributes.clone(),
                })
                .collect();
            function.params = (0u32..)
                .zip(params)
                .map(|(index, _)| LocalId(index))
                .collect();
        }
    }

    /// Reads a function with its body.
    pub fn function_definition(&mut self, node: &Node<FunctionDefinition>) -> Checked<()> {
        let span = self.span(node.span);
        let definition = &node.node;
        let read = self.function_head(definition, span);
        let Ok((id, params)) = read else {
            self.poison(&definition.declarator);
            return Err(Reported);
        };
        self.function_body(id, &params, &definition.statement);
        Ok(())
    }

    /// Declares the function that is defined, with the parameters of this definition.
    fn function_head(
        &mut self,
        definition: &FunctionDefinition,
        span: Span,
    ) -> Checked<(FunctionId, Vec<Parameter>)> {
        let specifiers = self.declaration_specifiers(&definition.specifiers, span, true)?;
        let mut declared = self.declarator(&definition.declarator, specifiers.ty.clone())?;
        let (Some(identifier), Kind::Function(mut function)) =
            (declared.name.clone(), declared.ty.kind.clone())
        else {
            return Err(self.error(codes::DECLARATION, span, "a body belongs to a function"));
        };
        let brace = definition.statement.span.start;
        let before_body = self.text.body_attributes.get(&brace).cloned();
        declared.attributes.extend(before_body.unwrap_or_default());
        if !definition.declarations.is_empty() {
            self.old_style_parameters(definition, &mut declared)?;
        }
        let params = declared.params.clone().unwrap_or_default();
        // A definition says what the function takes, even by `()`.
        function.unspecified = false;
        function.params = params.iter().map(|param| param.ty.clone()).collect();
        let name_span = self.name_span(identifier.span);
        let identifier = name(&identifier.node.name);
        let id = self.declare_function(
            &identifier,
            &function,
            &declared,
            &specifiers,
            (span, name_span),
            false,
        )?;
        let known = self.tree.functions.get(id.0 as usize);
        if known.is_some_and(|known| known.body.is_some() || known.broken) {
            let first = known.map(|known| known.name_span);
            let diagnostic = Diagnostic::error(
                codes::CONFLICT,
                name_span,
                format!("`{identifier}` is defined twice"),
            )
            .note(first, "first defined here");
            return Err(self.report(diagnostic));
        }
        if function.ret.kind != Kind::Void {
            self.require_complete(&function.ret, span)?;
        }
        self.set_parameters(id, &params);
        if let Some(known) = self.tree.functions.get_mut(id.0 as usize) {
            known.span = span;
            known.name_span = name_span;
            known.ret = function.ret.clone();
        }
        Ok((id, params))
    }

    /// `int f(a) long a; { … }`
    fn old_style_parameters(
        &mut self,
        definition: &FunctionDefinition,
        declared: &mut Declared,
    ) -> Checked<()> {
        for declaration in &definition.declarations {
            let span = self.span(declaration.span);
            let specifiers =
                self.declaration_specifiers(&declaration.node.specifiers, span, true)?;
            for declarator in &declaration.node.declarators {
                let one = self.declarator(&declarator.node.declarator, specifiers.ty.clone())?;
                let wanted = one.name.map(|node| name(&node.node.name));
                let params = declared.params.iter_mut().flatten();
                for param in params.filter(|param| param.name == wanted) {
                    param.ty = adjusted(one.ty.clone());
                    param.span = span;
                }
            }
        }
        Ok(())
    }

    fn function_body(&mut self, id: FunctionId, params: &[Parameter], body: &Node<Statement>) {
        let ret = self
            .tree
            .functions
            .get(id.0 as usize)
            .map_or(plain(Kind::Void), |function| function.ret.clone());
        self.current = Some(Current {
            id,
            ret,
            broken: false,
            loops: 0,
            switches: Vec::new(),
            labels: HashMap::new(),
            gotos: Vec::new(),
            constants: HashMap::new(),
        });
        let span = self.span(body.span);
        let stmts = self.scoped(|sema| {
            for (index, param) in (0u32..).zip(params) {
                if let Some(name) = &param.name {
                    sema.declare(Arc::clone(name), Symbol::Local(LocalId(index)));
                }
                if sema.require_complete(&param.ty, param.span).is_err() {
                    sema.spoil();
                }
            }
            match &body.node {
                Statement::Compound(items) => sema.block_items(items),
                _ => Vec::new(),
            }
        });
        self.check_labels();
        let broken = self.current.take().is_none_or(|current| current.broken);
        if let Some(function) = self.tree.functions.get_mut(id.0 as usize) {
            function.broken = broken;
            function.body = (!broken).then_some(Block {
                stmts,
                span: Some(span),
            });
        }
    }
}
