//! What functions do, in Rust.
//!
//! A body is emitted twice: the first time finds out which variables must be `mut` and which labels
//! are used, the second time writes it down.

mod aligned;
mod apart;
mod assign;
mod awaited;
mod builtin;
mod call;
mod cast;
mod choice;
mod compare;
mod copies;
mod core;
mod declare;
mod expr;
mod index;
mod keys;
mod leave_loops;
mod lookup;
mod loops;
mod low_index;
mod maps;
mod memory;
mod options;
mod outlives;
mod owner;
mod place;
mod pointers;
mod print;
mod ranges;
mod reserve;
mod steps;
mod stmt;
mod store;
mod tail;
#[cfg(test)]
mod tests;
mod value;
mod variable;

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

pub use declare::settle;
pub use lookup::tested_local;
pub use maps::map_of;
pub use pointers::{PointerUses, loaded_local};
pub use value::{c_string, wrap};

use super::{code::Code, names, types::Types};
use crate::ir::{
    body::{Expr, ExprKind, Function, LabelId, Local, LocalId, StmtKind},
    ty::Ty,
};

/// Emits one function.
pub struct Body<'a> {
    t: Types<'a>,
    function: Function,
    names: HashMap<LocalId, Ident>,
    /// The local that is a program's context, and whether it is bound to a raw pointer.
    context: Option<Context>,
    facts: RefCell<Facts>,
    /// Variables that may be read before they have a value.
    early: HashSet<LocalId>,
    /// Variables that are assigned as a whole anywhere.
    written: HashSet<LocalId>,
    /// Variables that stand in an `Aligned`.
    aligned: HashSet<LocalId>,
    /// Pointers into memory that the program itself reads, writes or walks over.
    walked: HashSet<steps::Walked>,
    /// Variables that are nothing but a known index into arrays.
    keys: HashMap<LocalId, Expr>,
    /// Counters that are `usize`, as they index.
    indices: RefCell<HashSet<LocalId>>,
    /// Whether each unsafe operation gets a block of its own, or one is around already.
    mode: Cell<Mode>,
    /// Whether the place that is being named is written.
    writing: Cell<bool>,
    /// What becomes of the pointer that is being emitted.
    use_: Cell<steps::Use>,
    /// Unsafe operations met since it was last set to 0.
    operations: Cell<usize>,
    /// Labels of the loops and switches around, innermost last.
    around: RefCell<Vec<Around>>,
    /// Variables that loops count, with their ranges.
    counters: RefCell<HashMap<LocalId, std::ops::Range<i128>>>,
    /// How each pointer is held.
    held: RefCell<HashMap<LocalId, Held>>,
    /// Looked-up pointers that are still `Option`, and what finds them.
    awaited: RefCell<HashMap<LocalId, Expr>>,
    /// What a `return` in a program gives.
    returns: Returns,
    /// Whether what is emitted has to be a constant.
    in_const: Cell<bool>,
}

/// A program's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The local.
    pub local: LocalId,
    /// It is Aya's context object, whose `as_ptr()` is the pointer; else a raw pointer.
    pub object: bool,
}

/// What the value of a function becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// As the C has it.
    Value,
    /// A number of that type, whatever the C calls it.
    As(u16, bool),
    /// `Some` pointer, or `None` where C has null.
    Optional,
    /// Likewise with a `NonNull`: of the plain pointer an `Option` doesn't fit into a register.
    NonNull,
}

/// What the first pass finds out.
#[derive(Clone, Debug, Default)]
struct Facts {
    mutated: HashSet<LocalId>,
    labels: HashSet<LabelId>,
    read: HashSet<LocalId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Each unsafe operation gets its own block.
    Each,
    /// A block is around already.
    Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Loop(LabelId, LoopForm),
    /// A labelled block (or a `match` in one).
    Block(LabelId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LoopForm {
    /// `continue` goes on rightly.
    Plain,
    /// `continue` must leave a block around the body, so that the step runs.
    Stepped,
}

/// How the pointer that a variable holds in C is held in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// As a raw pointer.
    Raw,
    /// As `&mut T`, or as `&T`.
    Reference { mutable: bool },
    /// As a ring buffer's entry, or `&mut T` into it.
    Entry {
        /// Whether the pointer is followed: else the variable is the entry itself.
        followed: bool,
    },
    /// Not a pointer in C: a large variable whose memory is unwritten at first, held as `&mut T`.
    Slot,
}

impl<'a> Body<'a> {
    /// Prepares a function.
    pub fn new(
        t: Types<'a>,
        function: &Function,
        context: Option<Context>,
        returns: Returns,
    ) -> Self {
        let mut function = function.clone();
        let is_array = |map: &Expr| match expr::strip_pointer_casts(map).kind {
            ExprKind::Map(id) => t.object.maps.get(id.0 as usize).is_some_and(|map| {
                matches!(map.def.map_type, 2 | 6) && super::map_items::is_typed(t.object, map)
            }),
            _ => false,
        };
        copies::assign_copies(t.object, &mut function);
        let declared = declare::declared(&function);
        assign::bare(&mut function, &declared);
        declare::settle(&mut function);
        let keys = keys::take_constant_keys(&mut function, &is_array);
        let mut taken: HashMap<String, &str> = HashMap::new();
        let names = (0..)
            .map(LocalId)
            .zip(&function.locals)
            .map(|(id, local)| {
                let mut name = local_name(&local.name);
                // In C they differed, by an upper case letter or an underscore.
                while t.names.is_function(&name)
                    || taken.get(&name).is_some_and(|of| *of != local.name)
                {
                    name.push('_');
                }
                taken.insert(name.clone(), &local.name);
                (id, names::ident(&name))
            })
            .collect();
        let mut body = Self {
            t,
            function,
            names,
            context,
            facts: RefCell::default(),
            early: HashSet::new(),
            written: HashSet::new(),
            aligned: HashSet::new(),
            walked: HashSet::new(),
            keys,
            indices: RefCell::default(),
            mode: Cell::new(Mode::Each),
            writing: Cell::new(false),
            use_: Cell::default(),
            operations: Cell::new(0),
            around: RefCell::default(),
            counters: RefCell::default(),
            held: RefCell::default(),
            awaited: RefCell::default(),
            returns,
            in_const: Cell::new(false),
        };
        let flow = body.flow();
        body.early = flow.early;
        body.written = flow.written;
        body.walked = steps::walked(&body.function);
        body.facts.borrow_mut().mutated = flow.reassigned;
        body.aligned = aligned::wanted(body.t.object, &body.function);
        body
    }

    /// The statements, after `first` has been emitted in front of them in the same pass.
    pub fn emit(&self, first: impl Fn(&Self) -> TokenStream) -> TokenStream {
        self.held.borrow_mut().clear();
        let head = first(self);
        let _ = self.stmts_in_function(&self.function.body);
        drop(head);
        self.held.borrow_mut().clear();
        self.around.borrow_mut().clear();
        let head = first(self);
        let stmts = self.stmts_in_function(&self.function.body);
        quote!(#head #stmts)
    }

    /// The function's variables, split ones too.
    pub fn local(&self, id: LocalId) -> Option<&Local> {
        self.function.locals.get(id.0 as usize)
    }

    /// The Rust name of a variable.
    pub fn name(&self, id: LocalId) -> Ident {
        self.names
            .get(&id)
            .cloned()
            .unwrap_or_else(|| names::ident("unknown"))
    }

    /// Whether the first pass saw the variable written or borrowed mutably after its declaration.
    pub fn is_mutated(&self, id: LocalId) -> bool {
        self.facts.borrow().mutated.contains(&id)
    }

    /// Whether the first pass saw the variable mentioned.
    pub fn is_read(&self, id: LocalId) -> bool {
        self.facts.borrow().read.contains(&id)
    }

    fn mutate(&self, id: LocalId) {
        self.facts.borrow_mut().mutated.insert(id);
    }

    /// A value for a static.
    pub fn static_value(&self, init: &crate::ir::body::Init, ty: &Ty) -> TokenStream {
        self.in_const.set(true);
        let value = self.root(|| self.init(init, ty, Pin::Context));
        self.in_const.set(false);
        quote!(#value)
    }

    /// A parameter's name, with an underscore before it if the body doesn't read it.
    pub fn parameter_name(&self, id: LocalId) -> Ident {
        self.declared_name(id)
    }

    /// Says that a parameter is a reference.
    pub fn borrow(&self, id: LocalId, mutable: bool) {
        self.hold(id, Held::Reference { mutable });
    }

    fn held(&self, id: LocalId) -> Held {
        self.held.borrow().get(&id).copied().unwrap_or(Held::Raw)
    }

    fn hold(&self, id: LocalId, held: Held) {
        self.held.borrow_mut().insert(id, held);
    }

    /// Marks an unsafe operation.
    fn operation(&self, code: Code) -> Code {
        self.operations.set(self.operations.get() + 1);
        match self.mode.get() {
            Mode::Each => code.in_unsafe(),
            Mode::Inside => code,
        }
    }

    /// Emits an expression with as little `unsafe` as reads well: a single unsafe operation gets a
    /// block of its own, several share one around the whole.
    fn root(&self, emit: impl Fn() -> Code) -> Code {
        if self.mode.get() == Mode::Inside {
            return emit();
        }
        let before = self.operations.replace(0);
        self.mode.set(Mode::Inside);
        let bare = emit();
        self.mode.set(Mode::Each);
        let count = self.operations.replace(before);
        match count {
            0 => bare,
            1 => {
                let code = emit();
                self.operations.set(before);
                code
            }
            _ => bare.in_unsafe(),
        }
    }

    /// As [`Body::root`], but with one block around the whole if anything in it is unsafe.
    fn whole(&self, emit: impl Fn() -> TokenStream) -> (TokenStream, bool) {
        if self.mode.get() == Mode::Inside {
            return (emit(), false);
        }
        let before = self.operations.replace(0);
        self.mode.set(Mode::Inside);
        let tokens = emit();
        self.mode.set(Mode::Each);
        let count = self.operations.replace(before);
        (tokens, count > 0)
    }

    fn root_expr(&self, expr: &Expr) -> Code {
        self.root(|| self.expr(expr, Pin::Context))
    }

    /// Variables that are assigned when they may have a value already.
    fn flow(&self) -> assign::Flow {
        let mut flow = assign::Flow::default();
        // Parameters, the context, arguments: whatever the body doesn't declare.
        let declared = declare::declared(&self.function);
        let all = (0..).map(LocalId).take(self.function.locals.len());
        flow.start(all.filter(|local| !declared.contains(local)));
        flow.stmts(&self.function.body);
        flow
    }

    fn local_ty(&self, id: LocalId) -> Ty {
        self.local(id).map_or(Ty::Unit, |l| l.ty.clone())
    }

    /// Whether control can't come behind these statements.
    fn diverges(stmts: &[crate::ir::body::Stmt]) -> bool {
        stmts.last().is_some_and(|last| match &last.kind {
            StmtKind::Return(_)
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Unreachable => true,
            StmtKind::If(_, then, Some(other)) => {
                Self::diverges(&then.stmts) && Self::diverges(&other.stmts)
            }
            StmtKind::Block(None, block) => Self::diverges(&block.stmts),
            StmtKind::Switch {
                label,
                arms,
                default: Some(default),
                ..
            } => {
                let mut blocks = arms.iter().map(|arm| &arm.body).chain([default]);
                blocks.all(|block| {
                    Self::diverges(&block.stmts) && !stmt::leaves(&block.stmts, *label)
                })
            }
            StmtKind::Loop {
                label,
                cond: None,
                body,
                ..
            } => !stmt::leaves(&body.stmts, *label),
            _ => false,
        })
    }
}

/// Whether the type of a literal follows from where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pin {
    /// It does.
    Context,
    /// The expression must say it.
    Itself,
}

fn local_name(name: &str) -> String {
    let snake = names::snake(name);
    if name.starts_with('_') && !snake.starts_with('_') && snake.len() + 1 == name.len() {
        // A leading underscore would tell rustc that it is unused.
        return format!("{snake}_");
    }
    snake
}
