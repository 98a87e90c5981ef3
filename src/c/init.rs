//! Initialisers: lists with designators and left-out braces, strings, constants.

use lang_c::{
    ast::{CompoundLiteral, Designator, Expression, Initializer, InitializerListItem},
    span::Node,
};

use super::{
    codes,
    convert::Purpose,
    describe, literal,
    prepare::NOTHING,
    sema::{Checked, Reported, Sema, plain},
    tree::{Expr, ExprKind, Init, InitPart},
    types::{ArrayLen, CType, Kind},
};
use crate::{diag::Diagnostic, source::span::Span};

/// Elements that a range designator writes out.
const MAX_RANGE: u64 = 1 << 16;

/// The items of a list, as far as they have been used.
struct Items<'a> {
    list: &'a [Node<InitializerListItem>],
    next: usize,
    /// The value of the next item, where it has been read already.
    read: Option<Expr>,
}

impl<'a> Items<'a> {
    fn peek(&self) -> Option<&'a Node<InitializerListItem>> {
        self.list.get(self.next)
    }

    fn is_designated(&self) -> bool {
        self.peek()
            .is_some_and(|item| !item.node.designation.is_empty())
    }
}

impl Sema<'_> {
    /// Reads the initialiser of an object of type `ty`, and completes the length of an array.
    pub fn initialiser(&mut self, node: &Node<Initializer>, ty: &CType) -> Checked<(Init, CType)> {
        let span = self.span(node.span);
        self.deeper(span, |sema| match &node.node {
            Initializer::Expression(expr) => sema.single_initialiser(expr, ty),
            Initializer::List(items) => sema.list_initialiser(items, ty, span),
        })
    }

    /// `(type){ … }`
    pub fn compound_literal(&mut self, node: &CompoundLiteral, span: Span) -> Checked<Expr> {
        let ty = self.type_name(&node.type_name)?;
        let (init, mut completed) = self.list_initialiser(&node.initializer_list, &ty, span)?;
        completed.alias = ty.alias;
        Ok(Expr {
            kind: ExprKind::CompoundLiteral(Box::new(init)),
            ty: completed,
            span,
            macro_name: None,
        })
    }

    fn single_initialiser(
        &mut self,
        node: &Node<Expression>,
        ty: &CType,
    ) -> Checked<(Init, CType)> {
        if let Some(string) = self.string_initialiser(node, ty) {
            return string;
        }
        let value = self.expression(node)?;
        if let Kind::Array(..) = ty.kind {
            // GNU C takes a compound literal for the list in it.
            if let ExprKind::CompoundLiteral(init) = value.kind {
                return Ok((*init, value.ty));
            }
            let message = "an array is initialised by a list or a string";
            return Err(self.error(codes::INITIALISER, value.span, message));
        }
        let value = self.assign_to(value, ty, Purpose::Initialise)?;
        Ok((Init::Expr(value), ty.clone()))
    }

    /// A character array out of a string literal.
    fn string_initialiser(
        &mut self,
        node: &Node<Expression>,
        ty: &CType,
    ) -> Option<Checked<(Init, CType)>> {
        let (Kind::Array(element, len), Expression::StringLiteral(parts)) = (&ty.kind, &node.node)
        else {
            return None;
        };
        if self.tree.types.size_of(element) != Some(1) || !self.is_integer(element) {
            return None;
        }
        let span = self.span(node.span);
        let Some(mut bytes) = literal::bytes(&parts.node) else {
            let message = "this string has an escape that C doesn't know, or wide characters";
            return Some(Err(self.error(codes::LITERAL, span, message)));
        };
        let with_zero = u64::try_from(bytes.len())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        let completed = match len {
            ArrayLen::Unknown => CType {
                kind: Kind::Array(element.clone(), ArrayLen::Known(with_zero)),
                ..ty.clone()
            },
            ArrayLen::Known(len) => {
                // Without its zero a string may just fit; what is longer, C cuts off.
                if with_zero.saturating_sub(1) > *len {
                    bytes.truncate(usize::try_from(*len).unwrap_or(usize::MAX));
                    self.warn_excess(span);
                }
                ty.clone()
            }
        };
        Some(Ok((Init::Str(bytes, span), completed)))
    }

    fn warn_excess(&mut self, span: Span) {
        self.report(Diagnostic::warning(
            codes::EXCESS,
            span,
            "this initialiser is longer than the object, and is cut off",
        ));
    }

    fn list_initialiser(
        &mut self,
        list: &[Node<InitializerListItem>],
        ty: &CType,
        span: Span,
    ) -> Checked<(Init, CType)> {
        let list = match list {
            [only] if is_nothing(only) => &[],
            list => list,
        };
        match &ty.kind {
            Kind::Array(..) | Kind::Record(_) => {}
            _ => return self.braced_scalar(list, ty, span),
        }
        if let [only] = list
            && only.node.designation.is_empty()
            && let Initializer::Expression(expr) = &only.node.initializer.node
            && let Some(string) = self.string_initialiser(expr, ty)
        {
            return string;
        }
        self.require_complete(ty, span)?;
        let mut items = Items {
            list,
            next: 0,
            read: None,
        };
        let mut parts = Vec::new();
        self.fill(ty, &mut items, &mut parts, 0, true)?;
        if let Some(item) = items.peek() {
            let span = self.span(item.span);
            self.warn_excess(span);
        }
        let completed = complete(ty, &parts);
        Ok((Init::List(parts), completed))
    }

    fn braced_scalar(
        &mut self,
        list: &[Node<InitializerListItem>],
        ty: &CType,
        span: Span,
    ) -> Checked<(Init, CType)> {
        let Some((first, rest)) = list.split_first() else {
            return Ok((Init::List(Vec::new()), ty.clone()));
        };
        if !first.node.designation.is_empty() {
            let described = describe::ty(&self.tree.types, ty);
            let message = format!("`{described}` has no parts to be initialised by name");
            return Err(self.error(codes::INITIALISER, span, message));
        }
        if let Some(item) = rest.first() {
            let span = self.span(item.span);
            self.warn_excess(span);
        }
        self.initialiser(&first.node.initializer, ty)
    }

    /// Fills parts of an object from `index` on; `braced` lists name parts by designators.
    fn fill(
        &mut self,
        ty: &CType,
        items: &mut Items<'_>,
        parts: &mut Vec<InitPart>,
        mut index: u64,
        braced: bool,
    ) -> Checked<()> {
        while let Some(item) = items.peek() {
            if items.is_designated() {
                if !braced {
                    return Ok(());
                }
                let before = items.next;
                let designation = &item.node.designation;
                index = self
                    .designated(ty, designation, items, parts)?
                    .saturating_add(1);
                // An item is always used up, or this would never end.
                if items.next == before {
                    items.next += 1;
                }
                continue;
            }
            let Some((at, element)) = self.element(ty, index) else {
                return Ok(());
            };
            let value = self.element_value(&element, items)?;
            put(parts, at, value);
            index = at.saturating_add(1);
            if self.is_union(ty) {
                // Only one member of a union has a value.
                if braced && !items.is_designated() {
                    return Ok(());
                }
                index = u64::MAX;
            }
        }
        Ok(())
    }

    /// Reads the item's value into the part that its designators name; gives the index of the
    /// part of `ty`.
    fn designated(
        &mut self,
        ty: &CType,
        designation: &[Node<Designator>],
        items: &mut Items<'_>,
        parts: &mut Vec<InitPart>,
    ) -> Checked<u64> {
        let Some((first, rest)) = designation.split_first() else {
            return Err(Reported);
        };
        let span = self.span(first.span);
        match (&first.node, &ty.kind) {
            (Designator::Member(identifier), Kind::Record(record)) => {
                let wanted = &identifier.node.name;
                let Some(path) = self.find_member(*record, wanted) else {
                    return Err(self.no_member(*record, wanted, span));
                };
                let path: Vec<u64> = path.iter().map(|(_, index)| u64::from(*index)).collect();
                self.keep_named(ty, &path, parts);
                self.designated_path(ty, &path, rest, items, parts)
            }
            (Designator::Index(expr), Kind::Array(..)) => {
                let index = self.array_index(expr, ty)?;
                self.designated_path(ty, &[index], rest, items, parts)
            }
            (Designator::Range(range), Kind::Array(..)) => {
                let from = self.array_index(&range.node.from, ty)?;
                let to = self.array_index(&range.node.to, ty)?;
                if to < from || to - from >= MAX_RANGE {
                    let message = "this range of elements is empty, or too long to write out";
                    return Err(self.error(codes::INITIALISER, span, message));
                }
                self.designated_path(ty, &[from], rest, items, parts)?;
                let value = existing(parts, from);
                for index in from..=to {
                    if let Some(value) = &value {
                        put(parts, index, value.clone());
                    }
                }
                Ok(to)
            }
            _ => {
                let described = describe::ty(&self.tree.types, ty);
                let message = format!("`{described}` has no such part");
                Err(self.error(codes::INITIALISER, span, message))
            }
        }
    }

    /// Goes down `path`, then down `rest`, then reads the value there; what follows without
    /// designators belongs to the innermost object that was named.
    fn designated_path(
        &mut self,
        ty: &CType,
        path: &[u64],
        rest: &[Node<Designator>],
        items: &mut Items<'_>,
        parts: &mut Vec<InitPart>,
    ) -> Checked<u64> {
        let Some((index, deeper)) = path.split_first() else {
            return Err(Reported);
        };
        let Some((at, element)) = self.element(ty, *index) else {
            let message = "there is no such element";
            return Err(self.error(codes::INITIALISER, self.here, message));
        };
        if deeper.is_empty() && rest.is_empty() {
            let value = self.element_value(&element, items)?;
            put(parts, at, value);
            return Ok(at);
        }
        let mut inner = match existing(parts, at) {
            Some(Init::List(parts)) => parts,
            None => Vec::new(),
            Some(_) => {
                let message = "a part of an object is initialised again after the whole was";
                return Err(self.error(codes::UNSUPPORTED, self.here, message));
            }
        };
        let inner_index = if deeper.is_empty() {
            self.designated(&element, rest, items, &mut inner)?
        } else {
            self.keep_named(&element, deeper, &mut inner);
            self.designated_path(&element, deeper, rest, items, &mut inner)?
        };
        if !self.is_union(&element) {
            let next = inner_index.saturating_add(1);
            self.fill(&element, items, &mut inner, next, false)?;
        }
        put(parts, at, Init::List(inner));
        Ok(at)
    }

    /// Of a union, only the member that is named goes on to have a value; parts of it that have one
    /// keep it.
    fn keep_named(&self, ty: &CType, path: &[u64], parts: &mut Vec<InitPart>) {
        if self.is_union(ty) {
            parts.retain(|part| path.first() == Some(&part.index));
        }
    }

    fn array_index(&mut self, node: &Node<Expression>, ty: &CType) -> Checked<u64> {
        let expr = self.unevaluated(node)?;
        let value = self.constant(&expr)?;
        let limit = match &ty.kind {
            Kind::Array(_, ArrayLen::Known(len)) => *len,
            _ => u64::MAX,
        };
        match u64::try_from(value) {
            Ok(index) if index < limit => Ok(index),
            _ => {
                let message = format!("the array has no element {value}");
                Err(self.error(codes::INITIALISER, expr.span, message))
            }
        }
    }

    /// The value of a part of type `ty`: from braces, from one expression, or from as many items
    /// as the part has, where its braces are left out.
    fn element_value(&mut self, ty: &CType, items: &mut Items<'_>) -> Checked<Init> {
        let Some(item) = items.peek() else {
            return Err(Reported);
        };
        let node = &*item.node.initializer;
        let Initializer::Expression(expr) = &node.node else {
            items.next += 1;
            let (init, _) = self.initialiser(node, ty)?;
            return Ok(init);
        };
        if items.read.is_none()
            && let Some(string) = self.string_initialiser(expr, ty)
        {
            items.next += 1;
            return string.map(|(init, _)| init);
        }
        if let Kind::Array(..) = ty.kind {
            let is_literal = matches!(&expr.node, Expression::CompoundLiteral(_));
            if is_literal && items.read.is_none() {
                items.next += 1;
                return self.single_initialiser(expr, ty).map(|(init, _)| init);
            }
            return self.elided(ty, items);
        }
        let value = match items.read.take() {
            Some(value) => value,
            None => match self.expression(expr) {
                Ok(value) => value,
                Err(reported) => {
                    items.next += 1;
                    return Err(reported);
                }
            },
        };
        if let Kind::Record(record) = ty.kind
            && value.ty.kind != Kind::Record(record)
        {
            items.read = Some(value);
            return self.elided(ty, items);
        }
        items.next += 1;
        let value = self.assign_to(value, ty, Purpose::Initialise)?;
        Ok(Init::Expr(value))
    }

    fn elided(&mut self, ty: &CType, items: &mut Items<'_>) -> Checked<Init> {
        self.require_complete(ty, self.here)?;
        let before = items.next;
        let mut parts = Vec::new();
        let here = self.here;
        // The item's own designators have been followed to get here.
        let filled = self.deeper(here, |sema| sema.fill_elided(ty, items, &mut parts));
        filled?;
        if items.next == before {
            items.next += 1;
            items.read = None;
            let described = describe::ty(&self.tree.types, ty);
            let message = format!("nothing of `{described}` can be initialised");
            return Err(self.error(codes::INITIALISER, here, message));
        }
        Ok(Init::List(parts))
    }

    fn fill_elided(
        &mut self,
        ty: &CType,
        items: &mut Items<'_>,
        parts: &mut Vec<InitPart>,
    ) -> Checked<()> {
        let Some((at, element)) = self.element(ty, 0) else {
            return Ok(());
        };
        let value = self.element_value(&element, items)?;
        put(parts, at, value);
        if self.is_union(ty) {
            return Ok(());
        }
        self.fill(ty, items, parts, at.saturating_add(1), false)
    }

    fn is_union(&self, ty: &CType) -> bool {
        match ty.kind {
            Kind::Record(id) => self
                .tree
                .types
                .record(id)
                .is_some_and(|record| record.union_),
            _ => false,
        }
    }

    /// The part of `ty` at `index` or behind it that has a value: unnamed bit-fields have none.
    fn element(&self, ty: &CType, index: u64) -> Option<(u64, CType)> {
        match &ty.kind {
            Kind::Array(element, ArrayLen::Known(len)) => {
                (index < *len).then(|| (index, (**element).clone()))
            }
            Kind::Array(element, ArrayLen::Unknown) => Some((index, (**element).clone())),
            Kind::Record(id) => {
                let fields = self.tree.types.record(*id)?.fields.as_ref()?;
                (0u64..)
                    .zip(fields)
                    .find(|(at, field)| {
                        *at >= index && (field.name.is_some() || field.bits.is_none())
                    })
                    .map(|(at, field)| (at, field.ty.clone()))
            }
            _ => None,
        }
    }

    /// Requires every value of an object with static storage to be constant.
    pub fn require_constant(&mut self, init: &Init) -> Checked<()> {
        match init {
            Init::Str(..) => Ok(()),
            Init::List(parts) => {
                for part in parts {
                    self.require_constant(&part.value)?;
                }
                Ok(())
            }
            Init::Expr(expr) => {
                let known = match &expr.kind {
                    ExprKind::Float(_) => true,
                    ExprKind::CompoundLiteral(init) => return self.require_constant(init),
                    _ => {
                        matches!(expr.ty.kind, Kind::Float(_))
                            || self.evaluator().address(expr).is_some()
                    }
                };
                if known {
                    return Ok(());
                }
                let message = "this isn't known before the program is loaded";
                Err(self.error(codes::NOT_CONSTANT, expr.span, message))
            }
        }
    }
}

fn is_nothing(item: &Node<InitializerListItem>) -> bool {
    match &item.node.initializer.node {
        Initializer::Expression(expr) => matches!(
            &expr.node,
            Expression::Identifier(identifier) if identifier.node.name == NOTHING
        ),
        Initializer::List(_) => false,
    }
}

fn existing(parts: &[InitPart], index: u64) -> Option<Init> {
    parts
        .binary_search_by_key(&index, |part| part.index)
        .ok()
        .and_then(|at| parts.get(at))
        .map(|part| part.value.clone())
}

/// Sets a part, the others staying in order.
fn put(parts: &mut Vec<InitPart>, index: u64, value: Init) {
    match parts.binary_search_by_key(&index, |part| part.index) {
        Ok(at) => {
            if let Some(part) = parts.get_mut(at) {
                part.value = value;
            }
        }
        Err(at) => parts.insert(at, InitPart { index, value }),
    }
}

/// The type with the length that the list gives an array.
fn complete(ty: &CType, parts: &[InitPart]) -> CType {
    match &ty.kind {
        Kind::Array(element, ArrayLen::Unknown) => {
            let len = parts.last().map_or(0, |part| part.index.saturating_add(1));
            CType {
                kind: plain(Kind::Array(element.clone(), ArrayLen::Known(len))).kind,
                ..ty.clone()
            }
        }
        _ => ty.clone(),
    }
}
