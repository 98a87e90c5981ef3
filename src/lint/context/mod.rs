//! What a rule can see of a file.

mod calls;
mod maps;
mod programs;
mod text;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

pub use calls::Call;
pub use maps::Map;
pub use programs::{Argument, Entry, Program, Target, Way};
pub use text::{Text, Word};

use super::{
    Settings,
    flow::{self, Flow},
};
use crate::{
    c::{
        tree::{Expr, ExprKind, Function, FunctionId, Tree},
        types::{CType, Kind},
    },
    ir::Object,
    lower::c_walk,
    source::{
        MacroUse, Unit,
        span::{FileKind, SourceMap, Span},
    },
};

/// One file, in all the forms that rules ask for.
#[derive(Debug)]
pub struct Context<'a> {
    /// The files' texts; spans lie in them.
    pub files: &'a SourceMap,
    /// The file before it was parsed: macro uses, definitions of macros.
    pub unit: &'a Unit,
    /// What the C means. It has libbpf's macros as [`crate::source::markers`].
    pub tree: &'a Tree,
    /// What the port makes of it: what could be lowered.
    pub object: &'a Object,
    /// What the user wants to know.
    pub settings: &'a Settings,
    /// The text of the user's own files, in lexemes, without what the preprocessor makes of it.
    pub text: Text<'a>,
    /// The programs, in order.
    pub programs: Vec<Program<'a>>,
    /// The maps, in order.
    pub maps: Vec<Map<'a>>,
    /// All calls in all functions: of helpers, of own functions, of libbpf's macros (markers) and
    /// of builtins.
    pub calls: Vec<Call<'a>>,
    /// Which functions the body of each names.
    named: Vec<BTreeSet<FunctionId>>,
    /// What each program does, step by step.
    pub flows: Vec<Flow<'a>>,
}

impl<'a> Context<'a> {
    /// Puts it together.
    pub(super) fn new(
        files: &'a SourceMap,
        unit: &'a Unit,
        tree: &'a Tree,
        object: &'a Object,
        settings: &'a Settings,
    ) -> Self {
        let text = Text::new(files);
        let (calls, named) = calls::find(tree);
        let mut cx = Self {
            programs: programs::find(tree, &text),
            maps: maps::find(tree, object),
            files,
            unit,
            tree,
            object,
            settings,
            text,
            calls,
            named,
            flows: Vec::new(),
        };
        cx.flows = flow::follow(&cx);
        cx
    }

    /// The text of the `license` section.
    pub fn license(&self) -> Option<&str> {
        Some(self.object.license.as_ref()?.text.as_str())
    }

    /// The function with that number.
    pub fn function(&self, id: FunctionId) -> Option<&'a Function> {
        self.tree.functions.get(id.0 as usize)
    }

    /// The calls of a helper, a function or a marker by its name.
    pub fn calls_of<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Call<'a>> {
        self.calls.iter().filter(move |call| call.name == name)
    }

    /// The calls in a function's own body.
    pub fn calls_in(&self, function: FunctionId) -> impl Iterator<Item = &Call<'a>> {
        self.calls
            .iter()
            .filter(move |call| call.function == function)
    }

    /// A function and all that it calls, or hands to helpers as callbacks.
    pub fn reach(&self, from: FunctionId) -> BTreeSet<FunctionId> {
        let mut found = BTreeSet::from([from]);
        let mut left = vec![from];
        while let Some(id) = left.pop() {
            let named = self.named.get(id.0 as usize);
            left.extend(named.into_iter().flatten().filter(|id| found.insert(**id)));
        }
        found
    }

    /// The programs that reach a function.
    pub fn programs_reaching(&self, function: FunctionId) -> impl Iterator<Item = &Program<'a>> {
        self.programs
            .iter()
            .filter(move |program| self.reach(program.id).contains(&function))
    }

    /// The map that an expression names (`&map`, or a variable of that kind).
    pub fn map_of(&self, expr: &Expr) -> Option<&Map<'a>> {
        let mut inner = expr;
        loop {
            match &inner.kind {
                ExprKind::Cast { value, .. }
                | ExprKind::AddressOf(value)
                | ExprKind::Decay(value) => inner = value,
                ExprKind::Variable(id) => return self.maps.iter().find(|map| map.id == *id),
                _ => return None,
            }
        }
    }

    /// The size of a type in bytes; none where it is incomplete.
    pub fn size_of(&self, ty: &CType) -> Option<u64> {
        self.tree.types.size_of(ty)
    }

    /// Where macros of that name are used in the user's own files, outermost invocations only; see
    /// [`Text::words`] for names wherever they stand.
    pub fn macro_uses<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s MacroUse> {
        self.unit
            .macro_uses
            .iter()
            .filter(move |used| used.name == name && self.is_own(used.span))
    }

    /// Whether a place lies in a file that the user wrote.
    pub fn is_own(&self, span: Span) -> bool {
        is_own(self.files, span)
    }

    /// What the user wrote at a place.
    pub fn written(&self, span: Span) -> &'a str {
        self.files.text(span)
    }
}

/// Whether a place lies in a file that the user wrote.
pub(super) fn is_own(files: &SourceMap, span: Span) -> bool {
    files
        .get(span.file)
        .is_some_and(|file| matches!(file.kind, FileKind::Main | FileKind::Local))
}

/// `expr` without the conversions that C implies and without casts.
pub fn peel(expr: &Expr) -> &Expr {
    c_walk::peel(expr)
}

/// What a pointer points to.
pub fn pointee(ty: &CType) -> Option<&CType> {
    match &ty.kind {
        Kind::Pointer(to) => Some(to),
        _ => None,
    }
}

/// All files of a run, for rules that compare files.
#[derive(Debug)]
pub struct Run<'a> {
    /// In the order of the command line.
    pub files: &'a [Overview],
}

/// What is kept of a file when the next one is read.
#[derive(Debug, Default)]
pub struct Overview {
    /// The file.
    pub path: PathBuf,
    /// Its programs.
    pub programs: Vec<ProgramOverview>,
}

/// What is kept of a program.
#[derive(Clone, Debug)]
pub struct ProgramOverview {
    /// The function.
    pub name: String,
    /// The name where it is defined.
    pub name_span: Span,
    /// What `SEC` says.
    pub section: String,
    /// What `SEC` says, where that is written.
    pub section_span: Option<Span>,
    /// The system call that it watches, if it is one.
    pub target: Option<Target>,
}

impl Overview {
    pub(super) fn new(path: &Path, cx: &Context<'_>) -> Self {
        let programs = cx.programs.iter().map(|program| ProgramOverview {
            name: program.function.name.to_string(),
            name_span: program.function.name_span,
            section: program.section.to_owned(),
            section_span: program.section_span,
            target: program.target.clone(),
        });
        Self {
            path: path.to_owned(),
            programs: programs.collect(),
        }
    }
}
