//! Structures, unions and their members.

use std::sync::Arc;

use lang_c::{
    ast::{
        Declarator, Identifier, SpecifierQualifier, StructDeclaration, StructDeclarator,
        StructField, StructKind, StructType, TypeSpecifier,
    },
    span::Node,
};

use super::{
    attribute::Attributes,
    codes,
    layout::{Member, Packing, lay_out},
    prepare::name,
    sema::{Checked, Reported, Sema, Tag, plain},
    suggest,
    tree::Attribute,
    types::{CType, Field, Kind, Record, RecordId},
};
use crate::{diag::Diagnostic, source::span::Span};

impl Sema<'_> {
    /// A structure or union named, declared or defined; `attributes` are those behind its body.
    pub fn record_type(
        &mut self,
        node: &Node<StructType>,
        mut attributes: Vec<Attribute>,
        has_declarators: bool,
    ) -> Checked<CType> {
        let span = self.span(node.span);
        let union_ = node.node.kind.node == StructKind::Union;
        let before = self.text.tag_attributes.get(&node.node.kind.span.start);
        attributes.extend(before.cloned().unwrap_or_default());
        let defines = node.node.declarations.is_some();
        let id = match &node.node.identifier {
            Some(identifier) => {
                self.tagged_record(identifier, union_, defines || !has_declarators, span)?
            }
            None => self.new_record(None, union_, span),
        };
        if let Some(declarations) = &node.node.declarations {
            self.define(id, declarations, &Attributes { list: attributes }, span)?;
        }
        Ok(plain(Kind::Record(id)))
    }

    /// The record of that tag: in this scope if it is `own` to it, else in any.
    fn tagged_record(
        &mut self,
        identifier: &Node<Identifier>,
        union_: bool,
        own: bool,
        span: Span,
    ) -> Checked<RecordId> {
        let tag = &identifier.node.name;
        let known = if own {
            self.scopes
                .last()
                .and_then(|scope| scope.tags.get(&**tag).copied())
        } else {
            self.lookup_tag(tag)
        };
        match known {
            Some(Tag::Record(id))
                if self
                    .tree
                    .types
                    .record(id)
                    .is_some_and(|record| record.union_ == union_) =>
            {
                Ok(id)
            }
            Some(_) => {
                let message = format!("`{tag}` is the tag of another kind of type");
                Err(self.error(codes::CONFLICT, span, message))
            }
            None => {
                let tag = name(tag);
                let id = self.new_record(Some(Arc::clone(&tag)), union_, span);
                if own {
                    self.declare_tag(tag, Tag::Record(id));
                } else if let Some(file) = self.scopes.first_mut() {
                    // C has it end with the block. Types that only pointers name needn't be read out
                    // of vmlinux.h, and are one type in all blocks all the same.
                    file.tags.insert(tag, Tag::Record(id));
                }
                Ok(id)
            }
        }
    }

    /// Declares a tag in the current scope.
    pub fn declare_tag(&mut self, tag: Arc<str>, meaning: Tag) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.tags.insert(tag, meaning);
        }
    }

    fn new_record(&mut self, tag: Option<Arc<str>>, union_: bool, span: Span) -> RecordId {
        let id = RecordId(u32::try_from(self.tree.types.records.len()).unwrap_or(u32::MAX));
        self.tree.types.records.push(Record {
            tag,
            typedef: None,
            union_,
            fields: None,
            size: 0,
            align: 1,
            packed: false,
            core: false,
            part: false,
            span: Some(span),
            foreign: self.is_foreign(span),
        });
        id
    }

    fn record_mut(&mut self, id: RecordId) -> Option<&mut Record> {
        self.tree.types.records.get_mut(id.0 as usize)
    }

    fn define(
        &mut self,
        id: RecordId,
        declarations: &[Node<StructDeclaration>],
        attributes: &Attributes,
        span: Span,
    ) -> Checked<()> {
        let known = self.tree.types.record(id);
        if let Some(record) = known.filter(|record| record.fields.is_some()) {
            // The kernel's types can come from more than one header.
            if record.foreign || self.is_foreign(span) {
                return Ok(());
            }
            let described = super::describe::ty(&self.tree.types, &plain(Kind::Record(id)));
            let first = record.span;
            let diagnostic = Diagnostic::error(
                codes::CONFLICT,
                span,
                format!("`{described}` is defined twice"),
            )
            .note(first, "first defined here");
            return Err(self.report(diagnostic));
        }
        let nested_from = self.tree.types.records.len();
        let members = self.members(id, declarations);
        let nested_to = self.tree.types.records.len();
        let packing = Packing {
            packed: attributes.has("packed"),
            most: attributes.pack(),
        };
        let core = attributes.has("preserve_access_index");
        let part = attributes.has("c2aya_part");
        let union_ = known_union(&self.tree.types.records, id);
        let foreign = self.is_foreign(span);
        let laid_out = members.and_then(|members| {
            lay_out(
                &self.tree.types,
                members,
                union_,
                packing,
                attributes.aligned(),
            )
            .ok_or_else(|| self.error(codes::DECLARATION, span, "this type is larger than memory"))
        });
        let Ok((fields, size, align)) = laid_out else {
            self.poisoned.insert(id);
            return Err(Reported);
        };
        if let Some(record) = self.record_mut(id) {
            record.fields = Some(fields);
            record.size = size;
            record.align = align;
            record.packed = packing.packed || packing.most.is_some();
            record.core = core;
            record.part = part;
            record.span = Some(span);
            record.foreign = foreign;
        }
        if core {
            // As clang does: records that are defined within it are relocated too.
            let nested = self.tree.types.records.get_mut(nested_from..nested_to);
            for record in nested.unwrap_or_default() {
                record.core |= record.fields.is_some();
            }
        }
        Ok(())
    }

    fn members(
        &mut self,
        id: RecordId,
        declarations: &[Node<StructDeclaration>],
    ) -> Checked<Vec<Member>> {
        let mut members = Vec::new();
        let mut result = Ok(());
        for declaration in declarations {
            let read = match &declaration.node {
                StructDeclaration::Field(field) => self.field(field, &mut members),
                StructDeclaration::StaticAssert(assertion) => self.static_assert(assertion),
            };
            result = result.and(read);
        }
        result = result.and(self.check_members(id, &members));
        result.map(|()| members)
    }

    fn check_members(&mut self, id: RecordId, members: &[Member]) -> Checked<()> {
        let mut seen: Vec<(Arc<str>, Span)> = Vec::new();
        let mut names = std::collections::HashSet::new();
        for member in members {
            if let (Some(name), Some(span)) = (&member.field.name, member.field.span) {
                seen.push((Arc::clone(name), span));
            }
        }
        for (name, span) in seen {
            if !names.insert(Arc::clone(&name)) {
                let described = super::describe::ty(&self.tree.types, &plain(Kind::Record(id)));
                let message = format!("`{described}` has two members `{name}`");
                return Err(self.error(codes::CONFLICT, span, message));
            }
        }
        Ok(())
    }

    fn field(&mut self, node: &Node<StructField>, members: &mut Vec<Member>) -> Checked<()> {
        let span = self.span(node.span);
        let field = &node.node;
        let has_declarators = !field.declarators.is_empty();
        let specifiers = self.qualified_specifiers(&field.specifiers, span, has_declarators)?;
        if !has_declarators {
            if self.is_anonymous_member(&field.specifiers, &specifiers.ty, span) {
                self.require_complete(&specifiers.ty, span)?;
                members.push(Member {
                    field: Field {
                        name: None,
                        ty: specifiers.ty,
                        offset: 0,
                        bits: None,
                        span: Some(span),
                    },
                    width: None,
                    aligned: None,
                    packed: false,
                });
            }
            return Ok(());
        }
        for declarator in &field.declarators {
            let span = self.span(declarator.span);
            let member = self.deeper(span, |sema| {
                sema.member(
                    &declarator.node,
                    specifiers.ty.clone(),
                    &specifiers.attributes,
                    span,
                )
            })?;
            members.push(member);
        }
        Ok(())
    }

    /// Whether a member without a declarator is one at all: an unnamed record is. A record with a
    /// tag is one in the kernel's types, which are compiled with `-fms-extensions`.
    fn is_anonymous_member(
        &self,
        specifiers: &[Node<SpecifierQualifier>],
        ty: &CType,
        span: Span,
    ) -> bool {
        let Kind::Record(_) = ty.kind else {
            return false;
        };
        let tagged = specifiers.iter().any(|specifier| match &specifier.node {
            SpecifierQualifier::TypeSpecifier(node) => match &node.node {
                TypeSpecifier::Struct(record) => record.node.identifier.is_some(),
                TypeSpecifier::TypedefName(_) => true,
                _ => false,
            },
            _ => false,
        });
        !tagged || self.is_foreign(span)
    }

    fn member(
        &mut self,
        node: &StructDeclarator,
        base: CType,
        common: &Attributes,
        span: Span,
    ) -> Checked<Member> {
        let (name, ty, mut attributes, name_span) = match &node.declarator {
            Some(declarator) => self.member_declarator(declarator, base)?,
            None => (None, base, Attributes::default(), span),
        };
        attributes.extend(common.list.clone());
        let width = match &node.bit_width {
            Some(width) => Some(self.bit_width(width, &ty, name.as_deref())?),
            None => None,
        };
        if let Kind::Function(_) = ty.kind {
            return Err(self.error(codes::DECLARATION, span, "a function can't be a member"));
        }
        self.require_complete(&ty, name_span)?;
        if self.tree.types.align_of(&ty).is_none() {
            let described = super::describe::ty(&self.tree.types, &ty);
            let message = format!("a member can't have the type `{described}`");
            return Err(self.error(codes::DECLARATION, span, message));
        }
        Ok(Member {
            field: Field {
                name,
                ty,
                offset: 0,
                bits: None,
                span: Some(span),
            },
            width,
            aligned: attributes.aligned(),
            packed: attributes.has("packed"),
        })
    }

    fn member_declarator(
        &mut self,
        node: &Node<Declarator>,
        base: CType,
    ) -> Checked<(Option<Arc<str>>, CType, Attributes, Span)> {
        let declared = self.declarator(node, base)?;
        let span = self.span(node.span);
        let name = declared.name.map(|node| name(&node.node.name));
        Ok((name, declared.ty, declared.attributes, span))
    }

    fn bit_width(
        &mut self,
        width: &Node<lang_c::ast::Expression>,
        ty: &CType,
        member: Option<&str>,
    ) -> Checked<u16> {
        let expr = self.unevaluated(width)?;
        let value = self.constant(&expr)?;
        let Some((bits, _)) = self.tree.types.integer(ty) else {
            let described = super::describe::ty(&self.tree.types, ty);
            let message = format!("a bit-field can't have the type `{described}`");
            return Err(self.error(codes::DECLARATION, expr.span, message));
        };
        match u16::try_from(value) {
            Ok(0) if member.is_some() => {
                let message = "a bit-field of no bits can't have a name";
                Err(self.error(codes::DECLARATION, expr.span, message))
            }
            Ok(width) if width <= bits => Ok(width),
            _ => {
                let described = super::describe::ty(&self.tree.types, ty);
                let message = format!("a bit-field of type `{described}` can't have {value} bits");
                Err(self.error(codes::DECLARATION, expr.span, message))
            }
        }
    }

    /// The way to the member `wanted` of a record: one step, or several through anonymous members.
    pub fn find_member(&self, record: RecordId, wanted: &str) -> Option<Vec<(RecordId, u32)>> {
        let fields = self.tree.types.record(record)?.fields.as_ref()?;
        for (index, field) in (0u32..).zip(fields) {
            if field.name.as_deref() == Some(wanted) {
                return Some(vec![(record, index)]);
            }
            if let (None, None, Kind::Record(inner)) = (&field.name, &field.bits, &field.ty.kind)
                && let Some(rest) = self.find_member(*inner, wanted)
            {
                let mut path = vec![(record, index)];
                path.extend(rest);
                return Some(path);
            }
        }
        None
    }

    /// Reports a member that a record doesn't have.
    pub fn no_member(&mut self, record: RecordId, wanted: &str, span: Span) -> Reported {
        let mut names = Vec::new();
        self.member_names(record, &mut names);
        let described = super::describe::ty(&self.tree.types, &plain(Kind::Record(record)));
        let message = format!("`{described}` has no member `{wanted}`");
        let defined = self
            .tree
            .types
            .record(record)
            .and_then(|record| record.span);
        let mut diagnostic = Diagnostic::error(codes::NO_MEMBER, span, message)
            .note(defined, format!("`{described}` is defined here"));
        if let Some(similar) = suggest::closest(wanted, names.iter().map(|name| &**name)) {
            diagnostic = diagnostic.help(format!("did you mean `{similar}`?"));
        }
        self.report(diagnostic)
    }

    fn member_names(&self, record: RecordId, names: &mut Vec<Arc<str>>) {
        let fields = self
            .tree
            .types
            .record(record)
            .and_then(|record| record.fields.as_ref());
        for field in fields.into_iter().flatten() {
            match (&field.name, &field.ty.kind) {
                (Some(name), _) => names.push(Arc::clone(name)),
                (None, Kind::Record(inner)) => self.member_names(*inner, names),
                _ => {}
            }
        }
    }

    /// The field that a step of a path leads to.
    pub fn field_at(&self, record: RecordId, field: u32) -> Option<&Field> {
        self.tree
            .types
            .record(record)?
            .fields
            .as_ref()?
            .get(field as usize)
    }
}

fn known_union(records: &[Record], id: RecordId) -> bool {
    records
        .get(id.0 as usize)
        .is_some_and(|record| record.union_)
}
