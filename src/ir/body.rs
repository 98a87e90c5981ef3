//! What functions do.
//!
//! Every expression has a type, every conversion is a [`ExprKind::Cast`], operators wrap. Memory is
//! named by [`Place`]s. Control flow is structured: the one jump is out of, or back to the head of,
//! an enclosing labelled statement.

use super::{
    ConstantId, EnumId, FunctionId, GlobalId, MapId, Notes, RecordId, RelocationId, ty::Ty,
};
use crate::source::span::Span;

/// Index into [`Function::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// A statement that can be left; unique in its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(pub u32);

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name in the object.
    pub name: String,
    /// Its parameters; they are among `locals`.
    pub params: Vec<LocalId>,
    /// Its value.
    pub ret: Ty,
    /// Parameters and variables.
    pub locals: Vec<Local>,
    /// Names of labels that the user gave, by [`LabelId`].
    pub labels: Vec<Option<String>>,
    /// What it does.
    pub body: Vec<Stmt>,
    /// Always inlined: `__always_inline`, and what is known only then.
    pub inline: bool,
    /// `inline`
    pub hinted: bool,
    /// A subprogram of its own that the verifier checks by itself (not `static`).
    pub global: bool,
    /// `__noinline`
    pub noinline: bool,
    /// Called back by a helper (`bpf_loop` …): needs C's calling convention.
    pub callback: bool,
    /// A function of the kernel's, which has no body here.
    pub kernel: Option<Kfunc>,
    /// Comments.
    pub notes: Notes,
    /// Comments at the end of the body, behind its last statement.
    pub trailing: Vec<super::Comment>,
    /// Its definition.
    pub span: Span,
}

/// What an object says of a kernel function (`extern … __ksym`, `Documentation/bpf/kfuncs.rst`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kfunc {
    /// `__weak`: a kernel may lack it.
    pub weak: bool,
}

/// A parameter or variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its name in C; made up if there was none.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// `volatile`
    pub volatile: bool,
    /// Bytes to a multiple of which it is aligned, where that is more than its type asks for.
    pub aligned: Option<u64>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// Comments.
    pub notes: Notes,
    /// Where it comes from.
    pub span: Option<Span>,
}

/// A sequence of statements in braces of their own, with the comments behind the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// Comments before the closing brace.
    pub trailing: Vec<super::Comment>,
}

/// Whether a loop is unrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unroll {
    /// As LLVM sees fit.
    #[default]
    Free,
    /// All its turns: it mustn't have more than one way back, or LLVM can't.
    Whole,
    /// It stays a loop.
    Never,
}

/// The kinds of [`Stmt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StmtKind {
    /// A variable begins to live here; without a value its memory is unwritten.
    Let(LocalId, Option<Init>),
    /// `place = value`; the value has the place's type.
    Assign(Place, Expr),
    /// `place = place op value` with the place evaluated once; the operator works in the place's
    /// type, and `value` has that type too (for shifts: any integer type). On a pointer place `Add`
    /// and `Sub` step by elements, and `value` is a 64-bit integer.
    AssignOp(Place, BinaryOp, Expr),
    /// Evaluated for its effects.
    Expr(Expr),
    /// A sequence with a scope of its own; can be left by its label.
    Block(Option<LabelId>, Block),
    /// `cond` is [`Ty::Bool`].
    If(Expr, Block, Option<Block>),
    /// Repeats `body`, then `step`.
    Loop {
        /// `Break` leaves it, `Continue` goes on with `step`.
        label: LabelId,
        /// Ends the loop where false; none: only `Break` does.
        cond: Option<Expr>,
        /// The condition is looked at behind the body (and the step), not before.
        post_check: bool,
        /// What happens each time.
        body: Block,
        /// What happens behind each body, also after `Continue` (`i++` of a `for`).
        step: Vec<Stmt>,
        /// What C says about unrolling it.
        unroll: Unroll,
    },
    /// Runs the arm that has `value`; arms don't fall through. `Break` of the label leaves it.
    Switch {
        /// See above.
        label: LabelId,
        /// An integer.
        value: Expr,
        /// In order; a value is in one arm only.
        arms: Vec<Arm>,
        /// For all other values.
        default: Option<Block>,
        /// Before which arm `default` stood (for the order of output); `arms.len()` if last.
        default_at: usize,
    },
    /// Leaves the statement with that label.
    Break(LabelId),
    /// Goes on with the next turn of the loop with that label.
    Continue(LabelId),
    /// Ends the function.
    Return(Option<Expr>),
    /// Keeps the optimiser from knowing the value of the place, or from moving memory accesses.
    Barrier(Option<Place>),
    /// Inline assembly of BPF with any number of outputs.
    Asm(Asm),
    /// Never reached.
    Unreachable,
}

/// Inline assembly: operands are numbered through, outputs first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asm {
    /// `{0}`, `{1}` … stand for the registers of operands; other braces are doubled.
    pub text: String,
    /// Where each output goes, and what its register holds at first.
    pub outputs: Vec<(Place, Option<Expr>)>,
    /// Registers that are only read.
    pub inputs: Vec<Expr>,
    /// Registers that are overwritten: `r0` …
    pub clobbers: Vec<String>,
}

/// An arm of a [`StmtKind::Switch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// Inclusive ranges in the type of the value.
    pub values: Vec<(Expr, Expr)>,
    /// What it does.
    pub body: Block,
    /// Comments before its label.
    pub notes: Notes,
}

/// What an object starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Init {
    /// All bytes zero.
    Zero,
    /// A value of the object's type.
    Expr(Expr),
    /// Fields by index (one for a union); all else zero, padding too.
    Record(Vec<(u32, Init)>),
    /// Elements by index; all others zero.
    Array(Vec<(u64, Init)>),
    /// A character array: these bytes, then zeros.
    Bytes(Vec<u8>),
}

/// A piece of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub kind: PlaceKind,
    /// What lies there.
    pub ty: Ty,
    /// Each access is one.
    pub volatile: bool,
}

/// The kinds of [`Place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A variable of the function.
    Local(LocalId),
    /// A variable of the object.
    Global(GlobalId),
    /// What a pointer points to.
    Deref(Box<Expr>),
    /// A field; of a bit-field only loads and assignments are possible.
    Field(Box<Place>, RecordId, u32),
    /// An element of an array; the index is any integer type, and may lie outside of a declared
    /// length of 0 or 1 at the end of a record.
    Index(Box<Place>, Box<Expr>),
    /// A value without a place of its own (a compound literal), in memory for as long as the block.
    Temporary(Box<Init>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Ty,
    /// Where it comes from.
    pub span: Option<Span>,
}

impl Expr {
    /// What is converted, without the conversions around it.
    pub fn peeled(&self) -> &Self {
        let mut expr = self;
        while let ExprKind::Cast(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }
}

/// The kinds of [`Expr`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// An integer of type [`Expr::ty`] (also for enumerations and, 0 for null, pointers), in its
    /// range.
    Int(i128),
    /// `true` or `false`.
    Bool(bool),
    /// The address of a string in read-only memory, without its terminating zero here.
    Str(Vec<u8>),
    /// A named constant, converted to [`Expr::ty`] if its own differs.
    Constant(ConstantId),
    /// A constant of an enumeration that has a name; the type is the enumeration's or an integer.
    EnumConstant(EnumId, u32),
    /// `sizeof`: bytes of that type, 64 bits.
    SizeOf(Ty),
    /// `offsetof`: bytes, record, fields.
    OffsetOf(u64, RecordId, Vec<super::PathPart>),
    /// What a place holds.
    Load(Box<Place>),
    /// A pointer to a place.
    AddressOf(Box<Place>),
    /// A pointer to the first element of an array.
    Decay(Box<Place>),
    /// The address of a map.
    Map(MapId),
    /// A function as a callback, or for a parameter of type [`Ty::Function`].
    Function(FunctionId),
    /// `-x` `!x` (bitwise) on an integer.
    Unary(UnaryOp, Box<Expr>),
    /// `!x` on [`Ty::Bool`].
    Not(Box<Expr>),
    /// Both operands and the result have one integer type, wrapping; for shifts the right side may
    /// have another. x / 0 = 0 and x % 0 = x, as BPF has it.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// A pointer moved by elements; the 64-bit integer may be negative.
    Offset(Box<Expr>, Box<Expr>),
    /// How many elements lie between two pointers, as `i64`.
    Distance(Box<Expr>, Box<Expr>),
    /// [`Ty::Bool`]; operands have one type, integers or pointers (compared as addresses).
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// [`Ty::Bool`], the right side only where the left is true.
    And(Box<Expr>, Box<Expr>),
    /// [`Ty::Bool`], the right side only where the left is false.
    Or(Box<Expr>, Box<Expr>),
    /// The first is [`Ty::Bool`]; the others have the result's type.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A conversion to [`Expr::ty`] as C does it between integers, enumerations, [`Ty::Bool`]
    /// (`!= 0`; to integers: 0 or 1) and pointers.
    Cast(Box<Expr>),
    /// Statements, then a value.
    Block(Vec<Stmt>, Box<Expr>),
    /// A function of the object.
    Call(FunctionId, Vec<Expr>),
    /// The function that a parameter of type [`Ty::Function`] is.
    CallParam(LocalId, Vec<Expr>),
    /// A helper by its number in `enum bpf_func_id` and its name; arguments have the helper's types.
    Helper(u32, String, Vec<Expr>),
    /// `bpf_printk`: what the kernel is given is the format with its terminating zero.
    Printk(Vec<u8>, Vec<Expr>),
    /// `BPF_SNPRINTF`: destination, its size, format, values.
    Snprintf(Box<Expr>, Box<Expr>, Vec<u8>, Vec<Expr>),
    /// `BPF_SEQ_PRINTF`: sequence file, format, values.
    SeqPrintf(Box<Expr>, Vec<u8>, Vec<Expr>),
    /// `bpf_probe_read_{kernel,user}` of a value of [`Expr::ty`] at an address; 0 where it can't be
    /// read.
    ProbeRead(AddressSpace, Box<Expr>),
    /// The address of a field whose place is relocated: base pointer, [`RelocationId`] of kind
    /// `FieldOffset`.
    CoreAddress(Box<Expr>, RelocationId),
    /// What a relocation answers, as an integer of [`Expr::ty`].
    CoreValue(RelocationId),
    /// A bit-field of a record whose place is relocated: base pointer, its offset, size, signedness,
    /// left and right shift; `true`: by `bpf_probe_read_kernel`.
    CoreBitfield(Box<Expr>, Box<CoreBitfield>, bool),
    /// An atomic operation at an address; the value is the old one.
    Atomic(AtomicOp, Box<Expr>, Vec<Expr>),
    /// An operation of the compiler.
    Builtin(Builtin, Vec<Expr>),
    /// A register of a `struct pt_regs`.
    Register(Box<Expr>, Register, RegisterAccess),
    /// The saved registers behind the wrapper: `PT_REGS_SYSCALL_REGS(ctx)`.
    SyscallRegisters(Box<Expr>),
    /// Inline assembly of BPF that gives one value of 64 bits: text with `{0}` for the value and
    /// `{1}`… for the inputs.
    Asm(String, Vec<Expr>),
}

/// The relocations that a bit-field needs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are libbpf's")]
pub struct CoreBitfield {
    pub offset: RelocationId,
    pub size: RelocationId,
    pub signed: RelocationId,
    pub lshift: RelocationId,
    pub rshift: RelocationId,
}

/// Where an address lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum AddressSpace {
    Kernel,
    User,
    /// `bpf_probe_read`: either, on architectures where they don't overlap.
    Any,
}

/// Operators on one integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum UnaryOp {
    Neg,
    BitNot,
}

/// Operators on two integers; `Shr` is arithmetic on signed ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Atomic operations: `__sync_fetch_and_add` and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum AtomicOp {
    Add,
    Sub,
    And,
    Or,
    Xor,
    /// Unconditional exchange.
    Exchange,
    /// Arguments: expected, new.
    CompareExchange,
    /// `__atomic_load_n`
    Load,
    /// `__atomic_store_n`
    Store,
}

/// Operations of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Destination, source, bytes (constant); the value is the destination.
    Memcpy,
    /// May overlap.
    Memmove,
    /// Destination, byte, bytes.
    Memset,
    /// `int`, as C's.
    Memcmp,
    /// Destination, text; the value is the destination.
    Strcpy,
    /// Destination, text, bytes; the value is the destination.
    Strncpy,
    /// Text; `size_t`.
    Strlen,
    /// Two texts; `int`, as C's.
    Strcmp,
    /// Two texts, bytes; `int`, as C's.
    Strncmp,
    /// Bytes swapped, at the width of the type.
    Bswap,
    /// Bits in the other order, at the width of the type.
    ReverseBits,
    /// To and from network byte order, at the width of the type.
    ToBe,
    /// To and from little-endian order.
    ToLe,
    /// As [`Builtin::ToBe`] of the lowest 16 bits where bytes are swapped, else the number as it is;
    /// at the type of the argument.
    Htons,
    /// As [`Builtin::Htons`], of 32 bits.
    Htonl,
    /// As [`Builtin::Htons`], of 64 bits.
    Htonll,
    /// Leading zeros.
    Clz,
    /// Trailing zeros.
    Ctz,
    /// Ones.
    Popcount,
    /// Index of the lowest one plus one, or 0.
    Ffs,
    /// Whether the number of ones is odd.
    Parity,
    /// Absolute value.
    Abs,
    /// Whether the sum of two numbers of a type isn't one of that type.
    AddOverflows,
    /// Likewise, their difference.
    SubOverflows,
    /// Likewise, their product.
    MulOverflows,
}

/// A register that `PT_REGS_…` names; numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are libbpf's")]
pub enum Register {
    Parameter(u8),
    Syscall(u8),
    Ret,
    Fp,
    Rc,
    Sp,
    Ip,
}

/// How a register is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterAccess {
    /// By a load from the context.
    Direct,
    /// By `bpf_probe_read_kernel` (`_CORE`).
    Probe,
    /// Not read: the value is a pointer to it.
    Address,
}
