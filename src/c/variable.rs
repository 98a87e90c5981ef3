//! Variables: at file scope, static in a function, and local.

use std::sync::Arc;

use lang_c::{
    ast::{InitDeclarator, Initializer, StorageClassSpecifier},
    span::Node,
};

use super::{
    codes,
    declarator::Declared,
    describe,
    prepare::name,
    sema::{Checked, Reported, Sema, Symbol, unqualified},
    specifiers::Specifiers,
    tree::{Init, Local, LocalId, Stmt, StmtKind, Variable, VariableId},
    types::{ArrayLen, CType, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// Declares a variable with static storage.
    pub fn variable(
        &mut self,
        node: &InitDeclarator,
        declared: &Declared,
        specifiers: &Specifiers,
        identifier: &Arc<str>,
        (span, name_span): (Span, Span),
    ) -> Checked<()> {
        let local_static =
            !self.at_file_scope() && specifiers.storage == Some(StorageClassSpecifier::Static);
        let mut attributes = specifiers.of_variable();
        attributes.extend(declared.attributes.list.clone());
        let has_init = node.initializer.is_some();
        let extern_ = specifiers.storage == Some(StorageClassSpecifier::Extern) && !has_init;
        let id = self.variable_id(declared, identifier, local_static, name_span, span)?;
        self.declare(Arc::clone(identifier), Symbol::Variable(id));
        let mut ty = declared.ty.clone();
        let init = match self.variable_value(node, &mut ty, specifiers, extern_, name_span) {
            Ok(init) => init,
            Err(reported) => {
                if let Some(variable) = self.variable_mut(id) {
                    variable.broken = true;
                }
                return Err(reported);
            }
        };
        let static_ = specifiers.storage == Some(StorageClassSpecifier::Static);
        let weak = attributes.has("weak");
        if let Some(variable) = self.variable_mut(id) {
            if !matches!(ty.kind, Kind::Array(_, ArrayLen::Unknown)) {
                variable.ty = ty;
            }
            if init.is_some() || (variable.extern_ && !extern_) {
                variable.span = span;
                variable.name_span = name_span;
            }
            variable.extern_ &= extern_;
            variable.static_ |= static_;
            variable.weak |= weak;
            if init.is_some() {
                variable.init = init;
            }
            for attribute in attributes.list {
                if !variable.attributes.contains(&attribute) {
                    variable.attributes.push(attribute);
                }
            }
        }
        Ok(())
    }

    fn variable_mut(&mut self, id: VariableId) -> Option<&mut Variable> {
        self.tree.variables.get_mut(id.0 as usize)
    }

    /// The variable that a declaration speaks of: a new one, or one that is known.
    fn variable_id(
        &mut self,
        declared: &Declared,
        identifier: &Arc<str>,
        local_static: bool,
        name_span: Span,
        span: Span,
    ) -> Checked<VariableId> {
        let known = self
            .scopes
            .first()
            .and_then(|scope| scope.names.get(identifier))
            .filter(|_| !local_static)
            .cloned();
        match known {
            Some(Symbol::Variable(id)) => {
                let before = self.tree.variables.get(id.0 as usize);
                let before = before.map(|known| (known.ty.clone(), known.name_span));
                if let Some((ty, first)) = before
                    && !self.compatible(&ty, &declared.ty)
                {
                    let diagnostic = Diagnostic::error(
                        codes::CONFLICT,
                        name_span,
                        format!(
                            "`{identifier}` is declared here as `{}`, before as `{}`",
                            describe::ty(&self.tree.types, &declared.ty),
                            describe::ty(&self.tree.types, &ty)
                        ),
                    )
                    .note(first, "declared before");
                    return Err(self.report(diagnostic));
                }
                Ok(id)
            }
            None | Some(Symbol::Poisoned) => {
                let id = u32::try_from(self.tree.variables.len()).unwrap_or(u32::MAX);
                let id = VariableId(id);
                let function = self
                    .current
                    .as_ref()
                    .filter(|_| local_static)
                    .map(|current| current.id);
                let owner = function.and_then(|id| self.tree.functions.get(id.0 as usize));
                let full_name = match owner {
                    Some(owner) => name(&format!("{}.{identifier}", owner.name)),
                    None => Arc::clone(identifier),
                };
                self.tree.variables.push(Variable {
                    name: full_name,
                    ty: declared.ty.clone(),
                    init: None,
                    static_: false,
                    extern_: true,
                    weak: false,
                    attributes: Vec::new(),
                    function,
                    broken: false,
                    span,
                    name_span,
                });
                if !local_static && let Some(scope) = self.scopes.first_mut() {
                    scope
                        .names
                        .insert(Arc::clone(identifier), Symbol::Variable(id));
                }
                Ok(id)
            }
            Some(_) => {
                let message = format!("`{identifier}` is declared already, as something else");
                Err(self.error(codes::CONFLICT, name_span, message))
            }
        }
    }

    fn variable_value(
        &mut self,
        node: &InitDeclarator,
        ty: &mut CType,
        specifiers: &Specifiers,
        extern_: bool,
        name_span: Span,
    ) -> Checked<Option<Init>> {
        let Some(initializer) = &node.initializer else {
            if !extern_ {
                self.require_object(ty, name_span)?;
                // A tentative definition without a length has one element.
                if let Kind::Array(_, len @ ArrayLen::Unknown) = &mut ty.kind {
                    *len = ArrayLen::Known(1);
                }
            }
            return Ok(None);
        };
        let (init, completed) = self.initialised(initializer, ty, specifiers.auto)?;
        *ty = completed;
        self.require_object(ty, name_span)?;
        self.require_constant(&init)?;
        Ok(Some(init))
    }

    /// Requires a type that an object can have.
    fn require_object(&mut self, ty: &CType, span: Span) -> Checked<()> {
        if ty.kind == Kind::Void {
            return Err(self.error(codes::INCOMPLETE, span, "no object has the type `void`"));
        }
        self.require_complete(ty, span)
    }

    /// Reads an initialiser; with `auto` the type is that of the value.
    fn initialised(
        &mut self,
        node: &Node<Initializer>,
        ty: &CType,
        auto: bool,
    ) -> Checked<(Init, CType)> {
        if !auto {
            return self.initialiser(node, ty);
        }
        let Initializer::Expression(expr) = &node.node else {
            let span = self.span(node.span);
            let message = "`__auto_type` needs an expression to take its type from";
            return Err(self.error(codes::INITIALISER, span, message));
        };
        let value = self.expression(expr)?;
        let value = self.rvalue(value);
        let mut inferred = unqualified(&value.ty);
        if inferred.kind == Kind::Void {
            return Err(self.error(
                codes::INCOMPLETE,
                value.span,
                "no object has the type `void`",
            ));
        }
        inferred.const_ = ty.const_;
        inferred.volatile = ty.volatile;
        Ok((Init::Expr(value), inferred))
    }

    /// Remembers the value of a `const` local, for lengths of arrays and assertions.
    fn note_constant(&mut self, id: LocalId, init: &Init) {
        let Init::Expr(value) = init else { return };
        let is_const = self
            .locals()
            .and_then(|locals| locals.get(id.0 as usize))
            .is_some_and(|local| local.ty.const_ && !local.ty.volatile);
        if !is_const {
            return;
        }
        if let Some(value) = self.evaluator().integer(value)
            && let Some(current) = &mut self.current
        {
            current.constants.insert(id, value);
        }
    }

    /// Declares a local variable.
    pub fn local(
        &mut self,
        node: &InitDeclarator,
        declared: Declared,
        specifiers: &Specifiers,
        identifier: Arc<str>,
        (span, name_span): (Span, Span),
        stmts: &mut Vec<Stmt>,
    ) -> Checked<()> {
        if !specifiers.auto && !matches!(declared.ty.kind, Kind::Array(_, ArrayLen::Unknown)) {
            self.require_object(&declared.ty, name_span)?;
        }
        let mut attributes = specifiers.of_variable();
        attributes.extend(declared.attributes.list);
        let id = self
            .new_local(Local {
                name: Some(Arc::clone(&identifier)),
                ty: declared.ty.clone(),
                span: name_span,
                attributes: attributes.list,
            })
            .ok_or(Reported)?;
        // `__auto_type x = x` means an outer x; everywhere else the new one is known already.
        if !specifiers.auto {
            self.declare(Arc::clone(&identifier), Symbol::Local(id));
        }
        let mut init = None;
        if let Some(initializer) = &node.initializer {
            let read = self.initialised(initializer, &declared.ty, specifiers.auto);
            let (value, completed) = match read {
                Ok(read) => read,
                // With its type known, the local can be spoken of; the function is spoilt anyway.
                Err(_) if !specifiers.auto => {
                    self.spoil();
                    return Ok(());
                }
                Err(reported) => return Err(reported),
            };
            if let Some(local) = self
                .locals()
                .and_then(|locals| locals.get_mut(id.0 as usize))
            {
                local.ty = completed;
            }
            self.note_constant(id, &value);
            init = Some(value);
        } else if matches!(declared.ty.kind, Kind::Array(_, ArrayLen::Unknown)) || specifiers.auto {
            let message = format!("nothing says how large `{identifier}` is");
            return Err(self.error(codes::INCOMPLETE, name_span, message));
        }
        self.declare(identifier, Symbol::Local(id));
        stmts.push(Stmt {
            kind: StmtKind::Local(id, init),
            span,
        });
        Ok(())
    }
}
