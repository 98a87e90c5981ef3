//! What a program does with addresses, ids and memory, followed along its ways.
//!
//! One walk over each program, into the functions that it calls; branches are joined, loops walked
//! twice. It is no verifier: where it can't follow, it takes memory for written and values for
//! harmless, so that rules which rest on it would rather miss something than accuse wrongly.

mod call;
mod expr;
mod marker;
mod memory;
mod place;
mod stmt;
mod value;

use std::{collections::BTreeMap, rc::Rc};

pub(crate) use marker::{ReadMacro, text};
pub use memory::Written;
pub use value::{Id, ObjectId, Place, Taint, Value};

use self::memory::{Memory, State};
use super::{
    context::{Context, Program, Way, pointee},
    tables::syscalls::{self, ArgKind},
};
use crate::{
    c::{
        tree::{Expr, Function, FunctionId, LocalId, VariableId},
        types::{CType, Kind},
    },
    ir::program::{EntryMacro, ProgramKind},
    lower::sections::Section,
    source::span::Span,
};

/// What one program does.
#[derive(Debug)]
pub struct Flow<'a> {
    /// Index into [`Context::programs`].
    pub program: usize,
    /// In the order in which the program does it.
    pub events: Vec<Event<'a>>,
    /// The memory that it touches.
    pub objects: Vec<Object<'a>>,
    /// Whether all of it was followed.
    pub complete: bool,
}

impl<'a> Flow<'a> {
    /// The object with that number.
    pub fn object(&self, id: ObjectId) -> Option<&Object<'a>> {
        self.objects.get(id.0 as usize)
    }
}

/// Something that a program does.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// Where.
    pub span: Span,
    /// The function in which that is.
    pub function: FunctionId,
    /// What.
    pub kind: Action<'a>,
    /// Where the values come from that decide whether it does.
    pub control: Taint,
}

/// The kinds of [`Event`].
#[derive(Clone, Debug)]
pub enum Action<'a> {
    /// Memory behind a pointer is read or written without a helper.
    Access {
        /// The pointer.
        pointer: Value,
        /// The place that is read or written.
        expr: &'a Expr,
    },
    /// A helper is called.
    Helper(Helper<'a>),
    /// A macro of libbpf's is used that reads or prints.
    Marker(Marker<'a>),
    /// Memory leaves the program.
    Send(Send<'a>),
    /// The program ends with records that it neither submitted nor discarded.
    Return,
}

/// A call of a helper.
#[derive(Clone, Debug)]
pub struct Helper<'a> {
    /// Its number.
    pub id: u32,
    /// Where its name stands.
    pub name_span: Span,
    /// Its arguments.
    pub args: Vec<(&'a Expr, Value)>,
    /// What becomes of what it returns.
    pub result: Used,
    /// The call.
    pub expr: &'a Expr,
}

/// A use of a macro of libbpf's.
#[derive(Clone, Debug)]
pub struct Marker<'a> {
    /// The marker's name.
    pub name: &'a str,
    /// Its arguments, and their values; of an access, that of the pointer which it starts from.
    pub args: Vec<(&'a Expr, Value)>,
    /// The use.
    pub expr: &'a Expr,
    /// What becomes of what it yields.
    pub result: Used,
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// Nothing.
    No,
    /// Nothing, which `(void)` says.
    Discarded,
    /// Something.
    Yes,
}

/// Memory that leaves the program.
#[derive(Clone, Debug)]
pub struct Send<'a> {
    /// By what.
    pub by: Sink,
    /// The memory.
    pub place: Place,
    /// How many bytes; none if that varies.
    pub size: Option<u64>,
    /// The bytes of the object.
    pub bytes: Vec<Written>,
    /// Where they come from.
    pub taint: Taint,
    /// The map that they go to.
    pub map: Option<VariableId>,
    /// The value of a key, where it is one number.
    pub value: Value,
    /// The argument.
    pub expr: &'a Expr,
}

/// Ways out of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// `bpf_ringbuf_submit`
    Submit,
    /// `bpf_ringbuf_output`
    Ringbuf,
    /// `bpf_perf_event_output`
    Perf,
    /// The key of a map, to look up, update or delete.
    Key {
        /// Whether something is stored under it.
        update: bool,
        /// Whether what is stored under it is deleted.
        delete: bool,
    },
    /// The value of a map.
    Value,
}

/// A region of memory.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// What it is.
    pub kind: ObjectKind,
    /// Its type.
    pub ty: Option<&'a CType>,
    /// Its size.
    pub size: Option<u64>,
    /// Where it comes from.
    pub span: Option<Span>,
}

/// The kinds of [`Object`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A variable or parameter of a function.
    Local(FunctionId, LocalId),
    /// A variable of the file.
    Global(VariableId),
    /// A record of a ring buffer.
    Record(Option<VariableId>),
    /// The value that a map has for a key.
    MapValue(Option<VariableId>),
    /// `(struct x){ … }`
    Literal,
}

/// Follows every program of a file.
pub fn follow<'a>(cx: &Context<'a>) -> Vec<Flow<'a>> {
    let programs = cx.programs.iter().enumerate();
    programs
        .filter_map(|(index, program)| {
            let mut walk = Walk::new(cx, program.id);
            walk.program(program)?;
            Some(Flow {
                program: index,
                complete: walk.steps > 0,
                events: walk.events,
                objects: walk.objects,
            })
        })
        .collect()
}

/// Functions deeper than this aren't walked into: the kernel allows eight.
const MAX_DEPTH: usize = 8;
/// Expressions and statements that are looked at for one program.
const MAX_STEPS: u32 = 200_000;

/// The walk over one program.
struct Walk<'c, 'a> {
    cx: &'c Context<'a>,
    /// Whether the program's section makes `ctx->args` arguments of a system call.
    call: Option<&'static syscalls::Syscall>,
    objects: Vec<Object<'a>>,
    globals: BTreeMap<VariableId, ObjectId>,
    /// Objects that stand for the same place in the file, however often it is passed.
    sites: BTreeMap<(Span, u8), ObjectId>,
    events: Vec<Event<'a>>,
    /// The functions that are being walked, the innermost last.
    frames: Vec<Frame>,
    state: State,
    steps: u32,
}

/// A function that is being walked.
struct Frame {
    function: FunctionId,
    locals: BTreeMap<LocalId, ObjectId>,
    /// Loops and switches around the current statement.
    breaks: Vec<Vec<State>>,
    continues: Vec<Vec<State>>,
    labels: BTreeMap<Rc<str>, State>,
    switches: Vec<State>,
    returns: Option<(State, Value)>,
}

impl Frame {
    fn new(function: FunctionId) -> Self {
        Self {
            function,
            locals: BTreeMap::new(),
            breaks: Vec::new(),
            continues: Vec::new(),
            labels: BTreeMap::new(),
            switches: Vec::new(),
            returns: None,
        }
    }
}

impl<'c, 'a> Walk<'c, 'a> {
    fn new(cx: &'c Context<'a>, function: FunctionId) -> Self {
        Self {
            cx,
            call: None,
            objects: Vec::new(),
            globals: BTreeMap::new(),
            sites: BTreeMap::new(),
            events: Vec::new(),
            frames: vec![Frame::new(function)],
            state: State::start(),
            steps: MAX_STEPS,
        }
    }

    fn program(&mut self, program: &Program<'a>) -> Option<()> {
        let body = program.function.body.as_ref()?;
        if let Some(target) = &program.target
            && target.way == Way::Tracepoint
            && !target.returns
        {
            self.call = syscalls::named(&target.call).first();
        }
        let given = given(program);
        for (at, &id) in program.function.params.iter().enumerate() {
            let value = given.get(at).copied().unwrap_or_default();
            self.declare(program.id, program.function, id, Some(value));
        }
        self.block(body);
        let returned = self
            .frames
            .last_mut()
            .and_then(|frame| frame.returns.take());
        if let Some((state, _)) = returned {
            self.state.join(state);
        }
        self.event(program.function.span, Action::Return);
        Some(())
    }

    /// A fresh object for a parameter or variable.
    fn declare(
        &mut self,
        id: FunctionId,
        function: &'a Function,
        local: LocalId,
        value: Option<Value>,
    ) -> Option<ObjectId> {
        let declared = function.locals.get(local.0 as usize)?;
        let size = self.cx.size_of(&declared.ty);
        let object = self.object(Object {
            kind: ObjectKind::Local(id, local),
            ty: Some(&declared.ty),
            size,
            span: Some(declared.span),
        });
        let mut memory = Memory::new(size, Written::No);
        if let (Some(value), Some(size)) = (value, size) {
            memory.store(0, size, value);
        }
        self.state.put(object, memory);
        self.frames.last_mut()?.locals.insert(local, object);
        Some(object)
    }

    fn object(&mut self, object: Object<'a>) -> ObjectId {
        let id = ObjectId(u32::try_from(self.objects.len()).unwrap_or(u32::MAX));
        self.objects.push(object);
        id
    }

    /// The object for a place in the file, the same each time.
    fn site(&mut self, span: Span, part: u8, object: Object<'a>) -> ObjectId {
        if let Some(&known) = self.sites.get(&(span, part)) {
            return known;
        }
        let id = self.object(object);
        self.sites.insert((span, part), id);
        id
    }

    fn event(&mut self, span: Span, kind: Action<'a>) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        self.events.push(Event {
            span,
            function: frame.function,
            kind,
            control: self.state.control,
        });
    }

    /// Whether there is something left to look at.
    fn step(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0 && self.state.live
    }

    fn size(&self, ty: &CType) -> Option<u64> {
        self.cx.size_of(ty)
    }
}

/// What a program's parameters hold, the context's first.
fn given(program: &Program<'_>) -> Vec<Value> {
    let mut values = vec![Value::tainted(Taint::CONTEXT)];
    let macro_ = program.entry.and_then(|entry| entry.macro_);
    for (at, arg) in program.args.iter().enumerate() {
        let taint = match macro_ {
            Some(EntryMacro::Ksyscall) => {
                let returns = program.target.as_ref().is_some_and(|target| target.returns);
                if returns {
                    Taint::NONE
                } else {
                    syscall_argument(program, at, arg.ty)
                }
            }
            // The registers that the wrapper was given.
            Some(EntryMacro::Kprobe) if at == 0 && saved_registers(program) => {
                Taint::KERNEL_POINTER
            }
            Some(EntryMacro::Kprobe) => kernel_argument(arg.ty),
            Some(EntryMacro::Uprobe) if pointee(arg.ty).is_some() => Taint::USER_POINTER,
            Some(EntryMacro::Prog) if user_tag(arg.ty) => Taint::USER_POINTER,
            _ => Taint::NONE,
        };
        values.push(Value::tainted(taint));
    }
    values
}

/// Whether the function that a program sits on takes a pointer to saved registers.
fn saved_registers(program: &Program<'_>) -> bool {
    let target = program.target.as_ref().filter(|target| !target.returns);
    target.is_some_and(|target| matches!(target.way, Way::Wrapper(_) | Way::Ksyscall))
}

/// An argument of a system call: as the kernel declares it, or else as the program does.
fn syscall_argument(program: &Program<'_>, at: usize, ty: &CType) -> Taint {
    let target = program.target.as_ref();
    let known = target.and_then(|target| argument_of(&target.call, at));
    match known {
        Some(ArgKind::Pointer) => Taint::USER_POINTER,
        Some(ArgKind::Int { word: false, .. }) => Taint::USER_NUMBER,
        _ if pointee(ty).is_some() => Taint::USER_POINTER,
        _ => Taint::USER_NUMBER,
    }
}

/// What all architectures agree that argument `at` of a system call is.
fn argument_of(entry: &str, at: usize) -> Option<ArgKind> {
    let mut kinds = syscalls::entering(entry)
        .filter_map(|call| call.args.as_ref())
        .filter_map(|args| args.get(at))
        .map(|arg| arg.kind);
    let first = kinds.next()?;
    let same = |kind| {
        matches!(
            (kind, first),
            (ArgKind::Pointer, ArgKind::Pointer) | (ArgKind::Int { .. }, ArgKind::Int { .. })
        )
    };
    kinds.all(same).then_some(first)
}

/// A parameter of a kernel function: pointers to structures are the kernel's, but for tagged ones.
fn kernel_argument(ty: &CType) -> Taint {
    match pointee(ty).map(|to| &to.kind) {
        Some(_) if user_tag(ty) => Taint::USER_POINTER,
        _ => Taint::NONE,
    }
}

/// `__user`, where it is a tag.
fn user_tag(ty: &CType) -> bool {
    let tagged = |ty: &CType| ty.tags.iter().any(|tag| tag.as_ref() == "user");
    tagged(ty) || pointee(ty).is_some_and(tagged)
}

/// Whether a program runs in a system call's own context, where the caller's memory is at hand.
pub fn is_entry(program: &Program<'_>) -> bool {
    let entry = |kind: &ProgramKind| {
        matches!(
            kind,
            ProgramKind::Ksyscall { .. }
                | ProgramKind::Kprobe { .. }
                | ProgramKind::Tracepoint { .. }
        )
    };
    let target = program.target.as_ref();
    target.is_some_and(|target| !target.returns)
        && matches!(&program.kind, Section::Program(kind) if entry(kind))
}

/// Whether a type is a pointer.
fn is_pointer(ty: &CType) -> bool {
    matches!(ty.kind, Kind::Pointer(_))
}
