//! Specifiers and type names: what stands before declarators, and `typeof`.

use std::sync::Arc;

use lang_c::{
    ast::{
        AlignmentSpecifier, ArraySize, BinaryOperator, DeclarationSpecifier, Expression, Extension,
        FunctionSpecifier, SpecifierQualifier, StorageClassSpecifier, TypeName, TypeOf,
        TypeQualifier, TypeSpecifier,
    },
    span::Node,
};

use super::{
    attribute::{Attributes, is_alignment},
    codes,
    prepare::name,
    sema::{Checked, Reported, Sema, Symbol, int_type, plain},
    tree::Attribute,
    types::{CType, IntKind, Kind},
};
use crate::{
    diag::Diagnostic,
    source::{markers, span::Span, standins},
};

/// What the specifiers of a declaration say.
#[derive(Clone, Debug)]
pub(super) struct Specifiers {
    pub ty: CType,
    pub storage: Option<StorageClassSpecifier>,
    pub inline: bool,
    /// `__auto_type`: the initialiser says the type.
    pub auto: bool,
    pub attributes: Attributes,
    /// `_Alignas`, in bytes.
    pub aligned: Option<u64>,
}

impl Specifiers {
    /// The attributes of a variable that they declare, `_Alignas` among them.
    pub fn of_variable(&self) -> Attributes {
        let mut attributes = self.attributes.clone();
        attributes.extend(Vec::from_iter(self.aligned.map(|bytes| Attribute {
            name: name("aligned"),
            args: vec![name(&bytes.to_string())],
        })));
        attributes
    }
}

/// A specifier of a declaration or of a member.
enum Specifier<'a> {
    Storage(&'a StorageClassSpecifier),
    Type(&'a Node<TypeSpecifier>),
    Qualifier(&'a TypeQualifier),
    Function(&'a FunctionSpecifier),
    Alignment(&'a AlignmentSpecifier),
    Attributes(&'a [Node<Extension>]),
}

impl<'a> From<&'a DeclarationSpecifier> for Specifier<'a> {
    fn from(specifier: &'a DeclarationSpecifier) -> Self {
        match specifier {
            DeclarationSpecifier::StorageClass(node) => Self::Storage(&node.node),
            DeclarationSpecifier::TypeSpecifier(node) => Self::Type(node),
            DeclarationSpecifier::TypeQualifier(node) => Self::Qualifier(&node.node),
            DeclarationSpecifier::Function(node) => Self::Function(&node.node),
            DeclarationSpecifier::Alignment(node) => Self::Alignment(&node.node),
            DeclarationSpecifier::Extension(nodes) => Self::Attributes(nodes),
        }
    }
}

impl<'a> From<&'a SpecifierQualifier> for Specifier<'a> {
    fn from(specifier: &'a SpecifierQualifier) -> Self {
        match specifier {
            SpecifierQualifier::TypeSpecifier(node) => Self::Type(node),
            SpecifierQualifier::TypeQualifier(node) => Self::Qualifier(&node.node),
            SpecifierQualifier::Extension(nodes) => Self::Attributes(nodes),
        }
    }
}

/// The keywords of an arithmetic type, counted.
#[derive(Default)]
struct Keywords {
    char: u8,
    short: u8,
    int: u8,
    long: u8,
    signed: u8,
    unsigned: u8,
    float: u8,
    double: u8,
    bool: u8,
    void: u8,
}

impl Keywords {
    fn kind(&self) -> Option<Kind> {
        let int = |signed: IntKind, unsigned: IntKind| {
            Kind::Int(if self.unsigned > 0 { unsigned } else { signed })
        };
        let signs = self.signed + self.unsigned;
        Some(match self {
            Self { void: 1, .. } if self.total() == 1 => Kind::Void,
            Self { bool: 1, .. } if self.total() == 1 => Kind::Bool,
            Self { float: 1, .. } if self.total() == 1 => Kind::Float(32),
            Self { double: 1, .. } if self.total() == 1 + self.long => Kind::Float(64),
            Self { char: 1, .. } if self.total() == 1 + signs && signs <= 1 => {
                if signs == 0 {
                    Kind::Int(IntKind::Char)
                } else {
                    int(IntKind::SChar, IntKind::UChar)
                }
            }
            _ if self.char + self.float + self.double + self.bool + self.void > 0 => return None,
            _ if signs > 1 || self.int > 1 => return None,
            Self {
                short: 1, long: 0, ..
            } => int(IntKind::Short, IntKind::UShort),
            Self {
                short: 0, long: 0, ..
            } => int(IntKind::Int, IntKind::UInt),
            Self {
                short: 0, long: 1, ..
            } => int(IntKind::Long, IntKind::ULong),
            Self {
                short: 0, long: 2, ..
            } => int(IntKind::LongLong, IntKind::ULongLong),
            _ => return None,
        })
    }

    const fn total(&self) -> u8 {
        self.char
            + self.short
            + self.int
            + self.long
            + self.signed
            + self.unsigned
            + self.float
            + self.double
            + self.bool
            + self.void
    }

    fn count(&mut self, specifier: &TypeSpecifier) -> bool {
        let counter = match specifier {
            TypeSpecifier::Void => &mut self.void,
            TypeSpecifier::Char => &mut self.char,
            TypeSpecifier::Short => &mut self.short,
            TypeSpecifier::Int => &mut self.int,
            TypeSpecifier::Long => &mut self.long,
            TypeSpecifier::Float => &mut self.float,
            TypeSpecifier::Double => &mut self.double,
            TypeSpecifier::Signed => &mut self.signed,
            TypeSpecifier::Unsigned => &mut self.unsigned,
            TypeSpecifier::Bool => &mut self.bool,
            _ => return false,
        };
        // Enough to be wrong, too few to overflow the total.
        *counter = (*counter + 1).min(9);
        true
    }
}

impl Sema<'_> {
    /// Reads the specifiers of a declaration.
    pub fn declaration_specifiers(
        &mut self,
        specifiers: &[Node<DeclarationSpecifier>],
        span: Span,
        has_declarators: bool,
    ) -> Checked<Specifiers> {
        let list: Vec<Specifier<'_>> = specifiers.iter().map(|node| (&node.node).into()).collect();
        self.specifiers(&list, span, has_declarators)
    }

    /// Reads the specifiers of a member or of a type name.
    pub fn qualified_specifiers(
        &mut self,
        specifiers: &[Node<SpecifierQualifier>],
        span: Span,
        has_declarators: bool,
    ) -> Checked<Specifiers> {
        let list: Vec<Specifier<'_>> = specifiers.iter().map(|node| (&node.node).into()).collect();
        self.specifiers(&list, span, has_declarators)
    }

    fn specifiers(
        &mut self,
        list: &[Specifier<'_>],
        span: Span,
        has_declarators: bool,
    ) -> Checked<Specifiers> {
        let mut keywords = Keywords::default();
        let mut named: Option<CType> = None;
        let mut result = Specifiers {
            ty: plain(Kind::Void),
            storage: None,
            inline: false,
            auto: false,
            attributes: Attributes::default(),
            aligned: None,
        };
        let mut qualifiers = Qualifiers::default();
        for (index, specifier) in list.iter().enumerate() {
            match specifier {
                Specifier::Storage(storage) => result.storage = Some((*storage).clone()),
                Specifier::Function(FunctionSpecifier::Inline) => result.inline = true,
                Specifier::Function(FunctionSpecifier::Noreturn) => {}
                Specifier::Qualifier(qualifier) => qualifiers.add(qualifier),
                Specifier::Attributes(extensions) => {
                    let attributes = self.attributes(extensions);
                    result.attributes.extend(attributes);
                }
                Specifier::Alignment(alignment) => {
                    let aligned = self.alignment(alignment, span)?;
                    result.aligned = result.aligned.max(aligned);
                }
                Specifier::Type(node) => {
                    if keywords.count(&node.node) {
                        continue;
                    }
                    if named.is_some() {
                        return Err(self.mixed_specifiers(&result.attributes, span));
                    }
                    // What follows a definition's closing brace belongs to the type.
                    let after: Vec<&[Node<Extension>]> = list
                        .get(index + 1..)
                        .unwrap_or_default()
                        .iter()
                        .map_while(|next| match next {
                            Specifier::Attributes(extensions) => Some(*extensions),
                            _ => None,
                        })
                        .collect();
                    let ty = self.named_type(node, &after, has_declarators)?;
                    result.auto |= ty.alias.as_deref() == Some("__c2aya_auto");
                    named = Some(ty);
                }
            }
        }
        result.ty = match named {
            Some(ty) if keywords.total() == 0 => ty,
            // `__int128` stands for a name, so that `unsigned` can meet it.
            Some(ty) if ty.kind == Kind::Int(IntKind::Int128) && keywords.unsigned == 1 => {
                int_type(IntKind::UInt128)
            }
            Some(ty) if ty.kind == Kind::Int(IntKind::Int128) && keywords.signed == 1 => ty,
            Some(_) => return Err(self.mixed_specifiers(&result.attributes, span)),
            None => match keywords.kind() {
                Some(kind) => plain(kind),
                None => return Err(self.mixed_specifiers(&result.attributes, span)),
            },
        };
        qualifiers.apply(&mut result.ty);
        for attribute in &result.attributes.list {
            if &*attribute.name == "btf_type_tag"
                && let Some(tag) = attribute.args.first()
            {
                result.ty.tags.push(Arc::clone(tag));
            }
        }
        Ok(result)
    }

    fn mixed_specifiers(&mut self, attributes: &Attributes, span: Span) -> Reported {
        // Behind the macro of a program, the second type is that of an argument.
        let mut names = attributes.list.iter().map(|attribute| &*attribute.name);
        if let Some(program) = names.find_map(markers::program_macro) {
            let message = format!("this program has no name: `{program}` takes it first");
            let help = format!("write `{program}(name, …)`");
            let nameless = Diagnostic::error(codes::DECLARATION, span, message);
            return self.report(nameless.help(help));
        }
        self.error(
            codes::DECLARATION,
            span,
            "these type specifiers don't make a type together",
        )
    }

    fn alignment(&mut self, alignment: &AlignmentSpecifier, span: Span) -> Checked<Option<u64>> {
        let value = match alignment {
            AlignmentSpecifier::Type(ty) => {
                let ty = self.type_name(ty)?;
                self.require_complete(&ty, span)?;
                self.tree.types.align_of(&ty)
            }
            AlignmentSpecifier::Constant(expr) => {
                let expr = self.expression(expr)?;
                let value = self.constant(&expr)?;
                if value != 0 && !is_alignment(value) {
                    let message = format!("{value} is no alignment: it has to be a power of two");
                    return Err(self.error(codes::DECLARATION, expr.span, message));
                }
                u64::try_from(value).ok().filter(|value| *value != 0)
            }
        };
        Ok(value)
    }

    /// A type that isn't made of keywords.
    fn named_type(
        &mut self,
        node: &Node<TypeSpecifier>,
        after: &[&[Node<Extension>]],
        has_declarators: bool,
    ) -> Checked<CType> {
        let span = self.span(node.span);
        match &node.node {
            TypeSpecifier::Struct(record) => {
                let mut attributes = Vec::new();
                if record.node.declarations.is_some() {
                    for extensions in after {
                        attributes.extend(self.attributes(extensions));
                    }
                }
                self.record_type(record, attributes, has_declarators)
            }
            TypeSpecifier::Enum(enumeration) => {
                let mut attributes = Vec::new();
                for extensions in after {
                    attributes.extend(self.attributes(extensions));
                }
                self.enum_type(enumeration, attributes)
            }
            TypeSpecifier::TypedefName(identifier) => {
                self.typedef_name(&identifier.node.name, span)
            }
            TypeSpecifier::TypeOf(of) => match &of.node {
                TypeOf::Type(ty) => self.type_name(ty),
                TypeOf::Expression(expr) => self.type_of(expr),
            },
            TypeSpecifier::Atomic(ty) => self.type_name(ty).map(|ty| CType { atomic: true, ..ty }),
            TypeSpecifier::TS18661Float(float) => {
                Ok(plain(Kind::Float(u16::try_from(float.width).unwrap_or(64))))
            }
            _ => Err(self.error(
                codes::UNSUPPORTED,
                span,
                "complex numbers have no meaning in a BPF program",
            )),
        }
    }

    fn typedef_name(&mut self, wanted: &str, span: Span) -> Checked<CType> {
        match wanted {
            "__builtin_va_list" => return Ok(plain(Kind::VaList)),
            "__c2aya_int128" => return Ok(int_type(IntKind::Int128)),
            "__c2aya_uint128" => return Ok(int_type(IntKind::UInt128)),
            "__c2aya_auto" => {
                return Ok(CType {
                    alias: Some(name(wanted)),
                    ..int_type(IntKind::Int)
                });
            }
            _ => {}
        }
        match self.lookup(wanted) {
            Some(Symbol::Typedef(ty)) => {
                let mut ty = ty.clone();
                ty.alias = Some(name(wanted));
                Ok(ty)
            }
            Some(Symbol::Poisoned) => Err(Reported),
            _ => Err(self.undeclared(wanted, "type name", span)),
        }
    }

    /// Reports a name that stands for nothing, unless its declaration has been reported.
    pub fn undeclared(&mut self, wanted: &str, what: &str, span: Span) -> Reported {
        if self.text.poisoned.contains(wanted) {
            return Reported;
        }
        let mut diagnostic = Diagnostic::error(
            codes::UNDECLARED,
            span,
            format!("{what} `{wanted}` is declared nowhere"),
        );
        if let Some(header) = standins::defining(wanted) {
            diagnostic = diagnostic.help(format!("add `#include <{header}>`, which defines it"));
        } else if let Some(similar) = self.similar_name(wanted) {
            diagnostic = diagnostic.help(format!("did you mean `{similar}`?"));
        }
        self.wanted.insert(wanted.to_owned());
        self.report(diagnostic)
    }

    /// The type that `typeof(expr)` is.
    ///
    /// The parser takes the name of a type for a variable here.
    fn type_of(&mut self, node: &Node<Expression>) -> Checked<CType> {
        let span = self.span(node.span);
        match &node.node {
            Expression::Identifier(identifier) => {
                let wanted = &identifier.node.name;
                if let Some(Symbol::Typedef(_)) = self.lookup(wanted) {
                    return self.typedef_name(wanted, span);
                }
            }
            // `typeof(typeof(x))`
            Expression::Call(call) if is_typeof(&call.node.callee.node) => {
                if let [inner] = &call.node.arguments[..] {
                    return self.type_of(inner);
                }
            }
            Expression::BinaryOperator(index)
                if index.node.operator.node == BinaryOperator::Index
                    && self.is_type(&index.node.lhs.node) =>
            {
                let element = self.type_of(&index.node.lhs)?;
                let size = ArraySize::VariableExpression(index.node.rhs.clone());
                return self.array_of(element, &size, span);
            }
            _ => {}
        }
        let expr = self.unevaluated(node)?;
        if self.is_bit_field(&expr) {
            return Err(self.error(codes::OPERANDS, expr.span, "`typeof` of a bit-field"));
        }
        Ok(expr.ty)
    }

    /// Whether what was parsed as an expression names a type, or an array of one.
    fn is_type(&self, node: &Expression) -> bool {
        match node {
            Expression::Identifier(identifier) => {
                matches!(self.lookup(&identifier.node.name), Some(Symbol::Typedef(_)))
            }
            Expression::Call(call) => is_typeof(&call.node.callee.node),
            Expression::BinaryOperator(index) => {
                index.node.operator.node == BinaryOperator::Index
                    && self.is_type(&index.node.lhs.node)
            }
            _ => false,
        }
    }

    /// Reads a type name: `const struct event *`.
    pub fn type_name(&mut self, node: &Node<TypeName>) -> Checked<CType> {
        let span = self.span(node.span);
        let specifiers = self.qualified_specifiers(&node.node.specifiers, span, true)?;
        match &node.node.declarator {
            Some(declarator) => Ok(self.declarator(declarator, specifiers.ty)?.ty),
            None => Ok(specifiers.ty),
        }
    }
}

fn is_typeof(node: &Expression) -> bool {
    matches!(
        node,
        Expression::Identifier(identifier)
            if matches!(&*identifier.node.name, "typeof" | "__typeof__" | "__typeof")
    )
}

/// Qualifiers that change what a type means here.
#[derive(Default)]
pub(super) struct Qualifiers {
    const_: bool,
    volatile: bool,
    atomic: bool,
}

impl Qualifiers {
    /// Takes over one.
    pub fn add(&mut self, qualifier: &TypeQualifier) {
        match qualifier {
            TypeQualifier::Const => self.const_ = true,
            TypeQualifier::Volatile => self.volatile = true,
            TypeQualifier::Atomic => self.atomic = true,
            // They promise something to the compiler, and change no meaning.
            TypeQualifier::Restrict
            | TypeQualifier::Nonnull
            | TypeQualifier::NullUnspecified
            | TypeQualifier::Nullable => {}
        }
    }

    /// Qualifiers of an array are those of its elements.
    pub fn apply(&self, ty: &mut CType) {
        if let Kind::Array(element, _) = &mut ty.kind {
            self.apply(element);
            return;
        }
        ty.const_ |= self.const_;
        ty.volatile |= self.volatile;
        ty.atomic |= self.atomic;
    }
}
