//! Declarations, at file scope and in blocks.

use std::sync::Arc;

use lang_c::{
    ast::{
        Declaration, Declarator, DeclaratorKind, ExternalDeclaration, InitDeclarator, StaticAssert,
        StorageClassSpecifier, TranslationUnit,
    },
    span::Node,
};

use super::{
    codes,
    declarator::Declared,
    literal,
    prepare::name,
    sema::{Checked, Sema, Symbol},
    specifiers::Specifiers,
    tree::Stmt,
    types::Kind,
};
use crate::source::span::Span;

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
    pub fn poison(&mut self, declarator: &Node<Declarator>) {
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
        let name_span = self.name_span(identifier.span);
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
        if let Some(number) = self.helper_number(node, &declared.ty) {
            return self.declare_helper(number, &identifier, &declared, specifiers, name_span);
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
}

/// The name that a declarator declares.
fn declared_name(declarator: &Declarator) -> Option<&str> {
    match &declarator.kind.node {
        DeclaratorKind::Abstract => None,
        DeclaratorKind::Identifier(identifier) => Some(&identifier.node.name),
        DeclaratorKind::Declarator(inner) => declared_name(&inner.node),
    }
}
