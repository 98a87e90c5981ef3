//! What analysis carries along: the tree so far, scopes, the current function, diagnostics.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use lang_c::span::Span as At;

use super::{
    const_eval::Evaluator,
    tree::{Expr, ExprKind, FunctionId, LocalId, Tree, VariableId},
    types::{CType, EnumId, IntKind, Kind, RecordId},
};
use crate::{
    diag::{Code, Diagnostic},
    source::{
        Unroll,
        span::{FileId, FileKind, Span},
    },
};

/// What analysis asks about the text that it reads.
pub(super) trait Origin {
    /// The place that bytes of the text came from.
    fn span(&self, start: usize, end: usize) -> Option<Span>;
    /// The place where those bytes are spelled: in a macro's arguments or definition, where
    /// [`span`](Self::span) is the macro's name where it is used.
    fn spelled(&self, start: usize, end: usize) -> Option<Span>;
    /// What kind of file that is.
    fn kind(&self, file: FileId) -> FileKind;
    /// The object-like macro whose whole expansion these bytes are.
    fn macro_name(&self, start: usize, end: usize) -> Option<Arc<str>>;
    /// What `#pragma unroll` says before the statement that begins there.
    fn unroll(&self, start: usize) -> Option<Unroll>;
}

/// Says that an error has been reported, so that nothing that follows from it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

/// A result whose error has been reported already.
pub(super) type Checked<T> = Result<T, Reported>;

/// What an identifier stands for.
#[derive(Clone, Debug)]
pub(super) enum Symbol {
    Typedef(CType),
    Variable(VariableId),
    Function(FunctionId),
    Local(LocalId),
    EnumConstant(EnumId, u32),
    /// Its declaration has been reported.
    Poisoned,
}

/// What a tag stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Record(RecordId),
    Enum(EnumId),
}

#[derive(Debug, Default)]
pub(super) struct Scope {
    pub names: HashMap<Arc<str>, Symbol>,
    pub tags: HashMap<Arc<str>, Tag>,
}

/// The function whose body is being read.
#[derive(Debug)]
pub(super) struct Current {
    pub id: FunctionId,
    pub ret: CType,
    pub broken: bool,
    pub loops: u32,
    /// Cases of the enclosing `switch` statements, the innermost last.
    pub switches: Vec<Switch>,
    pub labels: HashMap<Arc<str>, Span>,
    pub gotos: Vec<(Arc<str>, Span)>,
    /// Locals that are `const` and start with a constant.
    pub constants: HashMap<LocalId, i128>,
}

/// A `switch` statement being read.
#[derive(Debug)]
pub(super) struct Switch {
    pub ty: CType,
    pub cases: Vec<(i128, i128)>,
    pub has_default: bool,
}

/// Analysis of one text.
pub(super) struct Sema<'a> {
    pub origin: &'a dyn Origin,
    pub text: &'a super::prepare::Prepared,
    pub tree: Tree,
    pub diagnostics: Vec<Diagnostic>,
    pub scopes: Vec<Scope>,
    pub current: Option<Current>,
    /// Records whose definition has been reported.
    pub poisoned: HashSet<RecordId>,
    /// Enumerations that have been defined.
    pub defined_enums: HashSet<EnumId>,
    /// Functions declared as `f()`.
    pub unspecified: HashSet<FunctionId>,
    /// Tags that are needed complete, and aren't.
    pub wanted: BTreeSet<String>,
    /// Return types of markers that the text declares.
    pub markers: HashMap<Arc<str>, CType>,
    /// How many levels of expressions and statements are being read.
    pub depth: u32,
    /// Values of macros' uses; none where they differ.
    pub macro_values: HashMap<Arc<str>, Option<i128>>,
    /// The place of the innermost node that has one.
    pub here: Span,
    /// The place of everything, where text is read that stands in no file.
    pub fixed: Option<Span>,
}

/// Levels of expressions and statements that are read; more would endanger the stack of whoever
/// walks the tree.
const MAX_DEPTH: u32 = 2000;

impl<'a> Sema<'a> {
    pub fn new(origin: &'a dyn Origin, text: &'a super::prepare::Prepared) -> Self {
        Self {
            origin,
            text,
            tree: Tree::default(),
            diagnostics: Vec::new(),
            scopes: vec![Scope::default()],
            current: None,
            poisoned: HashSet::new(),
            defined_enums: HashSet::new(),
            unspecified: HashSet::new(),
            wanted: BTreeSet::new(),
            markers: HashMap::new(),
            depth: 0,
            macro_values: HashMap::new(),
            here: Span {
                file: FileId(0),
                start: 0,
                end: 0,
            },
            fixed: None,
        }
    }

    /// The place of a node; where it has none, that of what it is part of.
    pub fn span(&self, at: At) -> Span {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let (start, end) = self.text.trimmed(at.start, at.end);
        self.origin.span(start, end).unwrap_or(self.here)
    }

    /// The place of a name: where its letters stand, if that is in a file of the user's.
    pub fn name_span(&self, at: At) -> Span {
        let span = self.span(at);
        if self.fixed.is_some() {
            return span;
        }
        let (start, end) = self.text.trimmed(at.start, at.end);
        self.origin
            .spelled(start, end)
            .filter(|spelled| !self.is_foreign(*spelled))
            .unwrap_or(span)
    }

    /// The macro whose whole expansion a node is.
    pub fn macro_name(&self, at: At) -> Option<Arc<str>> {
        if self.fixed.is_some() {
            return None;
        }
        let (start, end) = self.text.trimmed(at.start, at.end);
        self.origin.macro_name(start, end)
    }

    /// Whether `span` lies in a file that isn't the user's.
    pub fn is_foreign(&self, span: Span) -> bool {
        !matches!(
            self.origin.kind(span.file),
            FileKind::Main | FileKind::Local
        )
    }

    /// Reports an error.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> Reported {
        self.report(Diagnostic::error(code, span, message))
    }

    /// Reports a diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        // The same complaint about the same place, from a macro's or a header's every use.
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
        Reported
    }

    /// Runs `read` one level deeper, unless that is too deep.
    pub fn deeper<T>(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Self) -> Checked<T>,
    ) -> Checked<T> {
        if self.depth >= MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} nested expressions and statements");
            return Err(self.error(super::codes::TOO_DEEP, span, message));
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.here, span);
        let result = read(self);
        self.here = outer;
        self.depth -= 1;
        result
    }

    /// What `name` stands for in the innermost scope that knows it.
    pub fn lookup(&self, name: &str) -> Option<&Symbol> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.names.get(name))
    }

    /// What the tag `name` stands for.
    pub fn lookup_tag(&self, name: &str) -> Option<Tag> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.tags.get(name).copied())
    }

    /// Whether declarations are at file scope.
    pub fn at_file_scope(&self) -> bool {
        self.scopes.len() == 1
    }

    /// Declares `name` in the current scope.
    pub fn declare(&mut self, name: Arc<str>, symbol: Symbol) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name, symbol);
        }
    }

    /// Runs `read` in a scope of its own.
    pub fn scoped<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(Scope::default());
        let result = read(self);
        self.scopes.pop();
        result
    }

    /// The names in scope that `wanted` is probably a slip for.
    pub fn similar_name(&self, wanted: &str) -> Option<String> {
        super::suggest::closest(
            wanted,
            self.scopes
                .iter()
                .flat_map(|scope| scope.names.keys())
                .map(|name| &**name),
        )
    }

    /// Size of an object of a type that has to be complete.
    pub fn size_of(&mut self, ty: &CType, span: Span) -> Checked<u64> {
        self.require_complete(ty, span)?;
        match self.tree.types.size_of(ty) {
            Some(size) => Ok(size),
            None => {
                let message = format!(
                    "`{}` has no size",
                    super::describe::ty(&self.tree.types, ty)
                );
                Err(self.error(super::codes::INCOMPLETE, span, message))
            }
        }
    }

    /// Reports a type that isn't complete.
    pub fn require_complete(&mut self, ty: &CType, span: Span) -> Checked<()> {
        match &ty.kind {
            Kind::Record(id) => {
                if self.poisoned.contains(id) {
                    return Err(Reported);
                }
                let record = self.tree.types.record(*id);
                if record.is_some_and(|record| record.fields.is_some()) {
                    return Ok(());
                }
                let tag = record.and_then(|record| record.tag.clone());
                if let Some(tag) = tag {
                    self.wanted.insert(tag.to_string());
                }
                let name = super::describe::ty(&self.tree.types, ty);
                let diagnostic = Diagnostic::error(
                    super::codes::INCOMPLETE,
                    span,
                    format!("`{name}` is declared, but its members aren't known here"),
                )
                .help(
                    "include the header that defines it, or a vmlinux.h that has it (`--vmlinux`, \
                     `--btf`)",
                );
                Err(self.report(diagnostic))
            }
            Kind::Array(element, _) => {
                let element = (**element).clone();
                self.require_complete(&element, span)
            }
            _ => Ok(()),
        }
    }

    /// An evaluator of the constants known so far.
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            types: &self.tree.types,
            variables: &self.tree.variables,
            locals: self.current.as_ref().map(|current| &current.constants),
        }
    }

    /// The value of an expression that has to be an integer constant.
    pub fn constant(&mut self, expr: &Expr) -> Checked<i128> {
        match self.evaluator().integer(expr) {
            Some(value) => Ok(value),
            None => Err(self.error(
                super::codes::NOT_CONSTANT,
                expr.span,
                "this has to be an integer constant",
            )),
        }
    }

    /// An `int` that stands for a fact of the C.
    pub fn int(&self, value: i128, span: Span) -> Expr {
        self.integer(value, IntKind::Int, span)
    }

    /// An integer constant of type `kind`.
    pub fn integer(&self, value: i128, kind: IntKind, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Int(value),
            ty: plain(Kind::Int(kind)),
            span,
            macro_name: None,
        }
    }
}

/// An unqualified type without an alias.
pub(super) const fn plain(kind: Kind) -> CType {
    CType {
        kind,
        alias: None,
        const_: false,
        volatile: false,
        atomic: false,
        tags: Vec::new(),
    }
}

/// An integer type.
pub(super) const fn int_type(kind: IntKind) -> CType {
    plain(Kind::Int(kind))
}

/// A pointer to `pointee`.
pub(super) fn pointer_to(pointee: CType) -> CType {
    plain(Kind::Pointer(Box::new(pointee)))
}

/// `ty` without its qualifiers.
pub(super) fn unqualified(ty: &CType) -> CType {
    CType {
        const_: false,
        volatile: false,
        atomic: false,
        ..ty.clone()
    }
}
