//! The codes of diagnostics about lowering, E0301 to E0399.

use crate::diag::Code;

/// A section that names no program type.
pub const UNKNOWN_SECTION: Code = Code::new("E0301", "unknown-section");
/// A program type that libbpf has and Aya's loader refuses.
pub const UNSUPPORTED_SECTION: Code = Code::new("E0302", "unsupported-section");
/// `BPF_USDT` and `usdt/…`.
pub const USDT: Code = Code::new("E0303", "usdt");
/// A system call program with more than six arguments, and the like.
pub const TOO_MANY_ARGUMENTS: Code = Code::new("E0304", "too-many-arguments");
/// A program without an entry macro that has more parameters than its context.
pub const BESIDE_CONTEXT: Code = Code::new("W0347", "beside-context");
/// The size or a copy of a kernel's structure of which the embedded types hold a part.
pub const PART_OF_RECORD: Code = Code::new("W0348", "part-of-record");
/// A parameter whose type no argument can have.
pub const ARGUMENT_TYPE: Code = Code::new("E0305", "argument-type");
/// A program that calls itself, or functions in a circle.
pub const RECURSION: Code = Code::new("E0306", "recursion");
/// A function that is declared and nowhere defined.
pub const UNDEFINED_FUNCTION: Code = Code::new("E0308", "undefined-function");
/// A call through a pointer.
pub const INDIRECT_CALL: Code = Code::new("E0309", "indirect-call");
/// A map definition that libbpf wouldn't read.
pub const MAP_DEFINITION: Code = Code::new("E0310", "map-definition");
/// A map type that Aya's loader refuses.
pub const MAP_TYPE: Code = Code::new("E0311", "map-type");
/// A map used as something else than an argument of a helper.
pub const MAP_USE: Code = Code::new("E0312", "map-use");
/// A global variable whose section means nothing to the loader.
pub const GLOBAL_SECTION: Code = Code::new("E0313", "global-section");
/// A global variable that is declared and nowhere defined.
pub const UNDEFINED_VARIABLE: Code = Code::new("E0314", "undefined-variable");
/// An initialiser that isn't constant.
pub const NOT_CONSTANT: Code = Code::new("E0315", "not-constant");
/// More than the address of a variable of the kernel's without a type (`const void … __ksym`).
pub const KERNEL_VARIABLE: Code = Code::new("E0316", "kernel-variable");
/// A pointer of the kernel's in a map (`__kptr`) that is exchanged.
pub const KPTR: Code = Code::new("E0317", "kptr");
/// A load from a packet by LLVM's own functions (`llvm.bpf.load.half`).
pub const PACKET_LOAD: Code = Code::new("E0318", "packet-load");
/// A jump that no structure expresses.
pub const GOTO: Code = Code::new("E0320", "goto");
/// A `case` inside of a statement of its own.
pub const CASE_PLACE: Code = Code::new("E0321", "case-place");
/// Inline assembly.
pub const ASM: Code = Code::new("E0322", "inline-asm");
/// An operation of the compiler that isn't known.
pub const BUILTIN: Code = Code::new("E0323", "builtin");
/// Floating-point numbers.
pub const FLOAT: Code = Code::new("E0324", "float");
/// 128-bit arithmetic and variable argument lists.
pub const TYPE: Code = Code::new("E0325", "unsupported-type");
/// An expression of a form that can't be ported.
pub const EXPRESSION: Code = Code::new("E0326", "unsupported-expression");
/// A format that isn't a string literal.
pub const FORMAT: Code = Code::new("E0327", "format");
/// A CO-RE read whose access isn't one.
pub const CORE_ACCESS: Code = Code::new("E0328", "core-access");
/// An open-coded iterator (`bpf_for_each`), or one over numbers whose end the loop changes.
pub const OPEN_CODED_ITERATOR: Code = Code::new("E0329", "open-coded-iterator");
/// A function without a program that needs it.
pub const UNUSED_FUNCTION: Code = Code::new("W0330", "unused-function");
/// No program at all.
pub const NO_PROGRAM: Code = Code::new("W0331", "no-program");
/// A program that isn't ported because of something that it needs.
pub const LEFT_OUT: Code = Code::new("E0332", "left-out");
/// An atomic operation that Aya can't express.
pub const ATOMIC: Code = Code::new("E0333", "atomic");
/// Arguments of a system call read behind its end.
pub const ARGUMENTS_AT_RETURN: Code = Code::new("W0334", "arguments-at-return");
/// A program by one of libbpf's macros for probes in a section that names no program type.
pub const NO_TARGET: Code = Code::new("W0336", "section-without-target");
/// A macro that reads registers in a section whose programs are given none.
pub const NO_REGISTERS: Code = Code::new("W0337", "no-registers");
/// A loop by `bpf_for` or `bpf_repeat`, ported as a plain one: the verifier walks every turn of it.
pub const PLAIN_LOOP: Code = Code::new("W0338", "plain-loop");
/// Expressions or statements nest deeper than any real program's.
pub const TOO_DEEP: Code = Code::new("E0335", "nesting-too-deep");
/// A section that only begins with a program type's name, as libbpf 1.0 takes none.
pub const LOOSE_SECTION: Code = Code::new("W0345", "loose-section");
/// A fault of c2aya's own.
pub const GAVE_UP: Code = Code::new("E0399", "gave-up");
