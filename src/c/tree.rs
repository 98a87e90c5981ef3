//! The typed tree: declarations, statements and expressions with every conversion of C spelled out.

use std::{collections::HashMap, sync::Arc};

use super::types::{CType, EnumId, RecordId, Types};
use crate::source::{Unroll, span::Span};

/// Index into [`Tree::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(pub u32);

/// Index into [`Tree::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// Index into [`Function::locals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// What a file means.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Records and enumerations, in order of declaration.
    pub types: Types,
    /// Variables at file scope (static locals among them), in order of declaration.
    pub variables: Vec<Variable>,
    /// Functions that are declared or defined, in order of first declaration.
    pub functions: Vec<Function>,
    /// Object-like macros of the user's files that are integer or string constants.
    pub constants: Vec<MacroConstant>,
    /// Typedefs of the user's own files: name, type, place.
    pub typedefs: Vec<(Arc<str>, CType, Option<Span>)>,
    /// How constants of so much are written: several at one place come out of a macro.
    pub literals: HashMap<(Span, i128), Literal>,
}

/// How an integer constant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal {
    /// `12`
    Decimal,
    /// `0b11`
    Binary,
    /// `0644`
    Octal,
    /// `0xff`
    Hexadecimal,
    /// `'a'`
    Character,
}

/// `#define NAME value`, where the value is constant.
#[derive(Clone, Debug)]
pub struct MacroConstant {
    /// The macro.
    pub name: Arc<str>,
    /// Its value as an expression of that type.
    pub value: ConstantValue,
    /// The type that the expression has in C.
    pub ty: CType,
    /// The `#define`.
    pub span: Span,
    /// Whether a system header defines it.
    pub foreign: bool,
}

/// A value known when the file is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstantValue {
    /// An integer.
    Int(i128),
    /// A string without its terminating zero.
    Str(Vec<u8>),
}

/// An attribute that means something to BPF: `section`, `c2aya_ksyscall`, `btf_decl_tag` …
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name without leading and trailing underscores.
    pub name: Arc<str>,
    /// Its arguments; strings as text, integers in decimal, other expressions as written.
    pub args: Vec<Arc<str>>,
}

/// The name among attributes of `asm("symbol")` behind a declaration.
pub const ASM_LABEL: &str = "asm";

/// A variable with static storage.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name in C; a static local has its function's name and a dot before its own, as in BTF.
    pub name: Arc<str>,
    /// Its type; the length of an array is completed from its initialiser.
    pub ty: CType,
    /// The value that it starts with; none for `extern` and where the C has none.
    pub init: Option<Init>,
    /// `static`
    pub static_: bool,
    /// `extern` without a definition
    pub extern_: bool,
    /// `__weak`
    pub weak: bool,
    /// Section and other attributes.
    pub attributes: Vec<Attribute>,
    /// The function that a static local belongs to.
    pub function: Option<FunctionId>,
    /// Whether an error in it has been reported; what uses it can't be ported.
    pub broken: bool,
    /// The whole declaration.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub ret: CType,
    /// Its parameters, which are the first of `locals`.
    pub params: Vec<LocalId>,
    /// `...`
    pub variadic: bool,
    /// Parameters and local variables, in order of declaration.
    pub locals: Vec<Local>,
    /// What it does; none for a mere declaration.
    pub body: Option<Block>,
    /// Whether an error in it, or in something that it uses, has been reported. There is no body
    /// then, although the C has one.
    pub broken: bool,
    /// `static`
    pub static_: bool,
    /// `inline` or `always_inline`
    pub inline: bool,
    /// `noinline`
    pub noinline: bool,
    /// `__weak`
    pub weak: bool,
    /// Section, markers, tags: of all declarations together.
    pub attributes: Vec<Attribute>,
    /// The definition, or the first declaration: from its first token to its last.
    pub span: Span,
    /// The name (in the macro's arguments for `BPF_KSYSCALL(name, …)`).
    pub name_span: Span,
}

/// A parameter or a variable with automatic storage.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name; a parameter may have none.
    pub name: Option<Arc<str>>,
    /// Its type; parameters are adjusted (arrays and functions to pointers).
    pub ty: CType,
    /// Where it is declared.
    pub span: Span,
    /// `btf_decl_tag`s and other attributes.
    pub attributes: Vec<Attribute>,
}

/// `{ … }`
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// From brace to brace, where it came from braces.
    pub span: Option<Span>,
}

/// A statement or declaration in a block.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// What it does.
    pub kind: StmtKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of [`Stmt`].
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "loops are rarer than the boxes would be in the way"
)]
pub enum StmtKind {
    /// A declaration of one local; `int a, b;` gives two.
    Local(LocalId, Option<Init>),
    /// `e;`
    Expr(Expr),
    /// `{ … }`
    Block(Block),
    /// `if (cond) then else other`; `cond` has scalar type.
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    /// `while (cond) body`
    While(Expr, Box<Stmt>),
    /// `do body while (cond);`
    DoWhile(Box<Stmt>, Expr),
    /// `for (init; cond; step) body`; `init` holds declarations or one expression.
    For {
        /// Before the loop.
        init: Vec<Stmt>,
        /// Before each turn; none: for ever.
        cond: Option<Expr>,
        /// After each turn.
        step: Option<Expr>,
        /// Each turn.
        body: Box<Stmt>,
        /// How it is to be unrolled (`#pragma unroll`).
        unroll: Option<Unroll>,
    },
    /// `switch (e) { … }`; the value is promoted. Labels stand in the body as [`StmtKind::Case`].
    Switch(Expr, Box<Stmt>),
    /// `case low ... high:` before a statement.
    Case(i128, i128, Box<Stmt>),
    /// `default:` before a statement.
    Default(Box<Stmt>),
    /// `break;`
    Break,
    /// `continue;`
    Continue,
    /// `return e;`; converted to the function's type.
    Return(Option<Expr>),
    /// `goto name;`
    Goto(Arc<str>),
    /// `name:` before a statement.
    Label(Arc<str>, Box<Stmt>),
    /// Inline assembly.
    Asm(Box<Asm>),
    /// `;`
    Empty,
}

/// An operand of inline assembly: name, constraint, expression.
pub type AsmOperand = (Option<Arc<str>>, Arc<str>, Expr);

/// `asm volatile("text" : outputs : inputs : clobbers)`
#[derive(Clone, Debug)]
pub struct Asm {
    /// The text, strings joined.
    pub text: Vec<u8>,
    /// `volatile`
    pub volatile: bool,
    /// Name, constraint, lvalue.
    pub outputs: Vec<AsmOperand>,
    /// Name, constraint, value; of `"+r"` the lvalue.
    pub inputs: Vec<AsmOperand>,
    /// Clobbered registers.
    pub clobbers: Vec<Arc<str>>,
}

/// The value that an object starts with.
#[derive(Clone, Debug)]
pub enum Init {
    /// A scalar, or a record by an expression of its type; converted.
    Expr(Expr),
    /// Parts by place; what isn't named is zero. `{}` has no parts.
    List(Vec<InitPart>),
    /// A character array out of a string; shorter than the array: zeros follow.
    Str(Vec<u8>, Span),
}

/// A part of an initialiser list, with nested braces and designators resolved: one entry for each
/// initialised element of this object; a nested object has a list of its own.
#[derive(Clone, Debug)]
pub struct InitPart {
    /// Field index of a record, or element index of an array (range designators are written out).
    pub index: u64,
    /// Its value.
    pub value: Init,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it computes.
    pub kind: ExprKind,
    /// The type of its value; lvalues have the object's type with its qualifiers.
    pub ty: CType,
    /// Where.
    pub span: Span,
    /// The object-like macro of the user whose whole expansion this is: `ARGS_MAX`.
    pub macro_name: Option<Arc<str>>,
}

/// The kinds of [`Expr`].
///
/// Operands are already converted: both sides of an arithmetic operator have the operator's type,
/// arrays have decayed, an assigned value has the type of its target.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// An integer or character constant, or anything folded to one that isn't worth keeping.
    Int(i128),
    /// A floating constant (BPF can't use it).
    Float(f64),
    /// A string literal without its terminating zero; an lvalue of array type.
    Str(Vec<u8>),
    /// A constant of an enumeration.
    EnumConstant(EnumId, u32),
    /// A local variable or parameter; an lvalue.
    Local(LocalId),
    /// A variable at file scope; an lvalue.
    Variable(VariableId),
    /// A function; decays to a pointer unless called.
    Function(FunctionId),
    /// `-e` `~e` on a promoted operand.
    Unary(UnaryOp, Box<Expr>),
    /// `!e`: 0 or 1 as `int`; the operand is a scalar.
    Not(Box<Expr>),
    /// Arithmetic, bitwise and shift operators; for shifts each side is promoted on its own.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `pointer + integer` (bytes scaled by the pointee; the integer isn't converted further).
    PointerAdd(Box<Expr>, Box<Expr>),
    /// `pointer - integer`
    PointerSub(Box<Expr>, Box<Expr>),
    /// `pointer - pointer`: how many elements, as `long`.
    PointerDiff(Box<Expr>, Box<Expr>),
    /// `==` … `>=`: 0 or 1 as `int`; operands have a common arithmetic type or are pointers.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `&&`: 0 or 1 as `int`.
    And(Box<Expr>, Box<Expr>),
    /// `||`
    Or(Box<Expr>, Box<Expr>),
    /// `cond ? then : other`; `cond ?: other` is [`ExprKind::Elvis`].
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `value ?: other`: the first operand is evaluated once; both have the result's type.
    Elvis(Box<Expr>, Box<Expr>),
    /// `a, b`
    Comma(Box<Expr>, Box<Expr>),
    /// `target = value`; the value is the target's after the assignment.
    Assign(Box<Expr>, Box<Expr>),
    /// `target op= value`: the target is converted to `compute`, the value (converted to it too,
    /// but for shifts: promoted) applied, and the result converted back.
    CompoundAssign {
        /// The operator; `+` and `-` on pointers have `compute` = the pointer type.
        op: BinaryOp,
        /// An lvalue, evaluated once.
        target: Box<Expr>,
        /// The right side.
        value: Box<Expr>,
        /// The type in which the operator works.
        compute: CType,
    },
    /// `++e` `e++` `--e` `e--`
    IncDec {
        /// An lvalue, evaluated once.
        target: Box<Expr>,
        /// -1 or 1.
        delta: i8,
        /// Whether the value is the one before.
        post: bool,
    },
    /// `*pointer`; an lvalue.
    Deref(Box<Expr>),
    /// `base.field`; `base->field` is a member of a [`ExprKind::Deref`]. An lvalue if `base` is.
    /// Through anonymous records one level at a time.
    Member(Box<Expr>, RecordId, u32),
    /// `array[index]` on an lvalue of array type; on a pointer: a deref of [`ExprKind::PointerAdd`].
    /// The index isn't converted further.
    Index(Box<Expr>, Box<Expr>),
    /// `&lvalue`, `&function`
    AddressOf(Box<Expr>),
    /// An array lvalue as a pointer to its first element, or a function as a pointer to it.
    Decay(Box<Expr>),
    /// A conversion to the type of this expression, written (`explicit`) or implied.
    Cast {
        /// The operand.
        value: Box<Expr>,
        /// Whether the C has a cast there.
        explicit: bool,
    },
    /// A call; arguments are converted to the parameters' types (beyond them: promoted).
    Call(Box<Expr>, Vec<Expr>),
    /// A call of a marker (`__c2aya_core_read` …) or of a builtin (`__builtin_memcpy`,
    /// `__sync_fetch_and_add` …), by name; arguments as written: lvalues are not converted, except
    /// that builtins with a known prototype have theirs converted.
    Builtin(Arc<str>, Vec<Expr>),
    /// `sizeof(type)` or `sizeof expr` as `unsigned long`; the value and what was asked for.
    SizeOf(u64, CType),
    /// `offsetof(type, designator)`: the value, the record and the designator's text; `core` if it
    /// is relocated.
    OffsetOf(u64, CType, Arc<str>),
    /// `(type){ … }`; an lvalue.
    CompoundLiteral(Box<Init>),
    /// `({ … })`: the value of the last statement if that is an expression, labelled or not.
    StmtExpr(Block),
}

/// Operators on one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `~`
    BitNot,
}

/// Operators on two numbers.
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
