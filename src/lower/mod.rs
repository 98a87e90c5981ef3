//! C to IR: one file for each idiom of libbpf.
//!
//! [`lower`] starts from the programs of a file and takes along what they reach. What can't be
//! ported is an error of the function that holds it; the programs that reach such a function are
//! left out whole.

mod access;
mod alike;
mod asm;
mod assign;
mod atomics;
mod body;
mod branches;
mod build;
mod builtins;
mod byte_order;
pub(crate) mod c_walk;
pub(crate) mod calls;
pub mod codes;
mod compact;
mod constants;
mod contexts;
mod core_read;
mod count;
mod effects;
mod expr;
mod falling;
mod fewer_states;
mod fixed;
mod formats;
mod globals;
mod goto;
mod handed;
mod init;
mod inside;
mod items;
mod kfuncs;
mod map_types;
mod maps;
mod moving;
mod names;
mod notes;
mod order;
mod overflow;
mod parts;
mod place;
mod printk;
pub(crate) mod programs;
mod pt_regs;
mod purity;
mod raised;
mod reach;
mod records;
mod scope;
pub mod sections;
mod settle;
mod simplify;
mod states;
mod statics;
mod stmt;
mod switch;
#[cfg(test)]
mod tests;
mod text_expr;
mod types;
mod unreached;
mod unroll;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    c::{self, tree::Tree},
    diag::{Code, Diagnostic},
    ir::{self, Object, Radix},
    source::span::{FileId, FileKind, SourceMap, Span},
};

/// How to lower a file.
#[derive(Clone, Debug, Default)]
pub struct Options {}

/// What `tree` means to the kernel.
///
/// `main` is the file that was named on the command line. The object holds the programs that could
/// be ported and all that they reach; diagnostics of severity error name what could not.
pub fn lower(
    files: &SourceMap,
    main: FileId,
    tree: &Tree,
    options: &Options,
) -> (Object, Vec<Diagnostic>) {
    let _ = options;
    let run = || {
        let raised = raised::raised(tree);
        let tree = raised.as_ref().unwrap_or(tree);
        let mut lowerer = Lowerer::new(files, main, tree);
        lowerer.run();
        lowerer.finish()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("lower".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, run);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            // There is no memory for the thread, or a fault of c2aya's own ended it.
            _ => {
                let error = Diagnostic::error(
                    codes::GAVE_UP,
                    None,
                    "this file could not be understood; please report it",
                );
                (Object::default(), vec![error])
            }
        }
    })
}

/// Stack of the thread that lowers: it recurses, as deep as [`body::MAX_DEPTH`] allows.
const STACK_BYTES: usize = 128 << 20;

/// Proof that the reason why something can't be lowered has been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Refused;

type Lowered<T> = Result<T, Refused>;

/// What a variable of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Map(ir::MapId),
    Global(ir::GlobalId),
    License,
    /// Its error has been reported.
    Refused,
}

/// A function that another needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Callee {
    id: c::tree::FunctionId,
    /// It is called; otherwise it is given to a helper, which calls it in the kernel's own time.
    called: bool,
}

/// What became of a function.
#[derive(Clone, Debug, Default)]
struct Outcome {
    /// Why it can't be ported.
    errors: Vec<Diagnostic>,
    callees: Vec<Callee>,
    /// Remarks that matter only if it is kept.
    warnings: Vec<Diagnostic>,
}

struct Lowerer<'a> {
    files: &'a SourceMap,
    main: FileId,
    tree: &'a Tree,
    object: Object,
    diagnostics: Vec<Diagnostic>,
    records: HashMap<c::types::RecordId, ir::RecordId>,
    /// Anonymous records that say what one before them says, by the later.
    alike: HashMap<c::types::RecordId, c::types::RecordId>,
    enums: HashMap<c::types::EnumId, ir::EnumId>,
    enum_constants: HashMap<(c::types::EnumId, u32), ir::ConstantId>,
    constants: HashMap<Arc<str>, ir::ConstantId>,
    roles: HashMap<c::tree::VariableId, Role>,
    /// Slots of [`Object::functions`], by the function in C.
    functions: HashMap<c::tree::FunctionId, ir::FunctionId>,
    /// What a call of each of them may do.
    effects: HashMap<ir::FunctionId, effects::Effects>,
    queue: VecDeque<c::tree::FunctionId>,
    /// Functions that are given to helpers.
    callbacks: BTreeSet<ir::FunctionId>,
    outcomes: BTreeMap<c::tree::FunctionId, Outcome>,
    /// Which function in C each program of [`Object::programs`] is.
    program_of: Vec<c::tree::FunctionId>,
    relocations: HashMap<RelocationKey, ir::RelocationId>,
    notes: notes::Comments,
    /// Names of static locals in the object.
    statics: HashMap<c::tree::VariableId, String>,
    /// Where each item of the object stands, for [`Object::order`].
    places: Vec<(Span, ir::Item)>,
}

/// What makes a relocation the same as another.
type RelocationKey = (ir::RelocationKind, String, Vec<ir::PathPart>);

impl<'a> Lowerer<'a> {
    fn new(files: &'a SourceMap, main: FileId, tree: &'a Tree) -> Self {
        Self {
            files,
            main,
            tree,
            object: Object::default(),
            diagnostics: Vec::new(),
            records: HashMap::new(),
            alike: alike::alike(&tree.types),
            enums: HashMap::new(),
            enum_constants: HashMap::new(),
            constants: HashMap::new(),
            roles: HashMap::new(),
            functions: HashMap::new(),
            effects: HashMap::new(),
            queue: VecDeque::new(),
            callbacks: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            program_of: Vec::new(),
            relocations: HashMap::new(),
            notes: notes::Comments::new(files, main),
            statics: statics::names(tree),
            places: Vec::new(),
        }
    }

    /// Everything, in the order that names need: constants before what is written with them, maps
    /// and globals before bodies.
    fn run(&mut self) {
        self.name_object();
        self.lower_items();
        self.lower_programs();
        while let Some(function) = self.queue.pop_front() {
            self.lower_function(function);
        }
    }

    /// Whether `span` lies in a file that the user wrote.
    fn is_own(&self, span: Option<Span>) -> bool {
        span.and_then(|span| self.files.get(span.file))
            .is_some_and(|file| matches!(file.kind, FileKind::Main | FileKind::Local))
    }

    /// Notes how the literal `value` at `span` is written.
    fn literal(&mut self, span: Span, value: i128) {
        use c::tree::Literal;
        let radix = match self.tree.literals.get(&(span, value)) {
            Some(Literal::Decimal) => Radix::Decimal,
            Some(Literal::Binary) => Radix::Binary,
            Some(Literal::Octal) => Radix::Octal,
            Some(Literal::Hexadecimal) => Radix::Hexadecimal,
            Some(Literal::Character) => Radix::Character,
            None => return,
        };
        let key = (span, value.unsigned_abs());
        self.object.radixes.insert(key, radix);
    }

    /// Records an error that concerns no function in particular.
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message));
    }

    fn name_object(&mut self) {
        let name = self
            .files
            .get(self.main)
            .and_then(|file| file.path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let stem = name.strip_suffix(".c").unwrap_or(&name);
        stem.strip_suffix(".bpf")
            .unwrap_or(stem)
            .clone_into(&mut self.object.name);
    }
}
