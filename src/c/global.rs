//! Declarations: functions, variables, typedefs, at file scope and in blocks.

use std::sync::Arc;

use lang_c::{
    ast::{
        Declaration, Declarator, DeclaratorKind, ExternalDeclaration, FunctionDefinition,
        InitDeclarator, Statement, StaticAssert, StorageClassSpecifier, TranslationUnit,
    },
    span::Node,
};

use super::{
    attribute::Attributes,
    codes,
    declarator::{Declared, Parameter, Specifiers, adjusted},
    describe, literal,
    prepare::name,
    sema::{Checked, Current, Reported, Sema, Symbol, plain, unqualified},
    tree::{
        Block, Function, FunctionId, Init, Local, LocalId, Stmt, StmtKind, Variable, VariableId,
    },
    types::{ArrayLen, CType, FunctionType, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// Reads all of a file.
    pub fn translation_unit(&mut self, unit: &TranslationUnit) {
        for node in &unit.0 {
            let span = self.span(node.span);
            self.here = span;
            // What is wrong has been reported, and the rest can be read without it.
            let _ = match &node.node {
                ExternalDeclaration::Declaration(node) => self.file_declaration(node),
                ExternalDeclaration::StaticAssert(node) => self.static_assert(node),
                ExternalDeclaration::FunctionDefinition(node) => self.function_definition(node),
            };
        }
    }

    /// `_Static_assert(condition, "message")`
    pub fn static_assert(&mut self, node: &Node<StaticAssert>) -> Checked<()> {
        let span = self.span(node.span);
        let expr = self.unevaluated(&node.node.expression)?;
        if self.constant(&expr)? != 0 {
            return Ok(());
        }
        let text = literal::bytes(&node.node.message.node).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let message = if text.is_empty() {
            "this static assertion doesn't hold".to_owned()
        } else {
            format!("this static assertion doesn't hold: {text}")
        };
        Err(self.error(codes::STATIC_ASSERT, span, message))
    }

    fn file_declaration(&mut self, node: &Node<Declaration>) -> Checked<()> {
        let mut no_locals = Vec::new();
        self.declaration(node, &mut no_locals)
    }

    /// Reads a declaration in a block; locals become statements.
    pub fn local_declaration(
        &mut self,
        node: &Node<Declaration>,
        stmts: &mut Vec<Stmt>,
    ) -> Checked<()> {
        self.declaration(node, stmts)
    }

    fn declaration(&mut self, node: &Node<Declaration>, stmts: &mut Vec<Stmt>) -> Checked<()> {
        let span = self.span(node.span);
        let declarators = &node.node.declarators;
        let specifiers =
            self.declaration_specifiers(&node.node.specifiers, span, !declarators.is_empty());
        let specifiers = match specifiers {
            Ok(specifiers) => specifiers,
            Err(reported) => {
                for declarator in declarators {
                    self.poison(&declarator.node.declarator);
                }
                return Err(reported);
            }
        };
        let cut = self
            .text
            .cut
            .iter()
            .any(|at| (node.span.start..node.span.end.max(1)).contains(at));
        let mut result = Ok(());
        for declarator in declarators {
            let read = self.init_declarator(&declarator.node, &specifiers, span, stmts, cut);
            if read.is_err() {
                self.poison(&declarator.node.declarator);
                result = read;
            }
        }
        result
    }

    /// Lets the name that a declarator would have declared be known, but of no use.
    fn poison(&mut self, declarator: &Node<Declarator>) {
        if let Some(identifier) = declared_name(&declarator.node) {
            self.declare(name(identifier), Symbol::Poisoned);
        }
    }

    fn init_declarator(
        &mut self,
        node: &InitDeclarator,
        specifiers: &Specifiers,
        span: Span,
        stmts: &mut Vec<Stmt>,
        cut: bool,
    ) -> Checked<()> {
        let declared = self.declarator(&node.declarator, specifiers.ty.clone())?;
        let Some(identifier) = &declared.name else {
            return Err(self.error(codes::DECLARATION, span, "a declaration without a name"));
        };
        let name_span = self.span(identifier.span);
        let identifier = name(&identifier.node.name);
        if specifiers.storage == Some(StorageClassSpecifier::Typedef) {
            self.typedef(identifier, declared, specifiers, span);
            return Ok(());
        }
        if let Kind::Function(function) = declared.ty.kind.clone() {
            if identifier.starts_with(crate::source::markers::PREFIX) {
                self.markers.insert(identifier, function.ret.clone());
                return Ok(());
            }
            let id = self.declare_function(
                &identifier,
                &function,
                &declared,
                specifiers,
                (span, name_span),
                cut,
            )?;
            self.declare(identifier, Symbol::Function(id));
            return Ok(());
        }
        let static_ = specifiers.storage == Some(StorageClassSpecifier::Static);
        let extern_ = specifiers.storage == Some(StorageClassSpecifier::Extern);
        if self.at_file_scope() || static_ || extern_ {
            return self.variable(node, &declared, specifiers, &identifier, (span, name_span));
        }
        self.local(
            node,
            declared,
            specifiers,
            identifier,
            (span, name_span),
            stmts,
        )
    }

    fn typedef(
        &mut self,
        identifier: Arc<str>,
        declared: Declared,
        specifiers: &Specifiers,
        span: Span,
    ) {
        if identifier.starts_with(crate::source::markers::PREFIX) {
            return;
        }
        if self.text.poisoned.contains(&*identifier) {
            self.declare(identifier, Symbol::Poisoned);
            return;
        }
        let ty = declared.ty;
        match &ty.kind {
            Kind::Record(id) => {
                let record = self.tree.types.records.get_mut(id.0 as usize);
                if let Some(record) = record.filter(|record| record.tag.is_none()) {
                    record
                        .typedef
                        .get_or_insert_with(|| Arc::clone(&identifier));
                }
            }
            Kind::Enum(id) => {
                let enumeration = self.tree.types.enums.get_mut(id.0 as usize);
                if let Some(enumeration) = enumeration.filter(|known| known.tag.is_none()) {
                    enumeration
                        .typedef
                        .get_or_insert_with(|| Arc::clone(&identifier));
                }
            }
            _ => {}
        }
        let mut attributes = specifiers.attributes.clone();
        attributes.extend(declared.attributes.list);
        let inherited = ty
            .alias
            .as_ref()
            .and_then(|alias| self.tree.types.typedef_aligns.get(alias).copied());
        if let Some(align) = attributes.aligned().or(inherited) {
            self.tree
                .types
                .typedef_aligns
                .insert(Arc::clone(&identifier), align);
        }
        if self.at_file_scope() && !self.is_foreign(span) {
            self.tree
                .typedefs
                .push((Arc::clone(&identifier), ty.clone(), Some(span)));
        }
        self.declare(identifier, Symbol::Typedef(ty));
    }

    fn declare_function(
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

    fn function_definition(&mut self, node: &Node<FunctionDefinition>) -> Checked<()> {
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
        let name_span = self.span(identifier.span);
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
            labels: std::collections::HashMap::new(),
            gotos: Vec::new(),
            constants: std::collections::HashMap::new(),
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

    fn variable(
        &mut self,
        node: &InitDeclarator,
        declared: &Declared,
        specifiers: &Specifiers,
        identifier: &Arc<str>,
        (span, name_span): (Span, Span),
    ) -> Checked<()> {
        let local_static =
            !self.at_file_scope() && specifiers.storage == Some(StorageClassSpecifier::Static);
        let mut attributes = specifiers.attributes.clone();
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
        node: &Node<lang_c::ast::Initializer>,
        ty: &CType,
        auto: bool,
    ) -> Checked<(Init, CType)> {
        if !auto {
            return self.initialiser(node, ty);
        }
        let lang_c::ast::Initializer::Expression(expr) = &node.node else {
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

    fn local(
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
        let mut attributes = Attributes::default();
        attributes.extend(specifiers.attributes.list.clone());
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

/// The name that a declarator declares.
fn declared_name(declarator: &Declarator) -> Option<&str> {
    match &declarator.kind.node {
        DeclaratorKind::Abstract => None,
        DeclaratorKind::Identifier(identifier) => Some(&identifier.node.name),
        DeclaratorKind::Declarator(inner) => declared_name(&inner.node),
    }
}
