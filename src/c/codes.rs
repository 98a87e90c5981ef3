//! The codes of diagnostics about parsing (E01xx) and about types and meaning (E02xx).

use crate::diag::Code;

/// C that the parser can't read.
pub const SYNTAX: Code = Code::new("E0101", "syntax-error");
/// Brackets, operators or statements nest deeper than any compiler takes.
pub const TOO_DEEP: Code = Code::new("E0102", "nesting-too-deep");
/// More syntax errors than are worth reporting.
pub const TOO_MANY_ERRORS: Code = Code::new("E0103", "too-many-errors");
/// c2aya's own fault, or no memory.
pub const GAVE_UP: Code = Code::new("E0105", "parser-gave-up");
/// A literal that C doesn't allow.
pub const LITERAL: Code = Code::new("E0104", "invalid-literal");

/// A name that is declared nowhere.
pub const UNDECLARED: Code = Code::new("E0201", "undeclared-name");
/// A record without a member of that name.
pub const NO_MEMBER: Code = Code::new("E0202", "no-such-member");
/// A type whose definition is needed and missing.
pub const INCOMPLETE: Code = Code::new("E0203", "incomplete-type");
/// Too few or too many arguments.
pub const ARGUMENT_COUNT: Code = Code::new("E0204", "wrong-argument-count");
/// Something is assigned to that isn't an object, or is constant.
pub const NOT_ASSIGNABLE: Code = Code::new("E0205", "not-assignable");
/// An operator on operands that it doesn't take.
pub const OPERANDS: Code = Code::new("E0206", "invalid-operands");
/// A value of a type that doesn't convert to the one that is needed.
pub const CONVERSION: Code = Code::new("E0207", "invalid-conversion");
/// Two declarations of one name that contradict each other.
pub const CONFLICT: Code = Code::new("E0208", "conflicting-declarations");
/// Specifiers, declarators or attributes that don't go together.
pub const DECLARATION: Code = Code::new("E0209", "invalid-declaration");
/// A constant is needed.
pub const NOT_CONSTANT: Code = Code::new("E0210", "not-constant");
/// `_Static_assert` doesn't hold.
pub const STATIC_ASSERT: Code = Code::new("E0211", "static-assertion-failed");
/// An array whose length is known only when the program runs.
pub const VARIABLE_LENGTH: Code = Code::new("E0212", "variable-length-array");
/// An initialiser that doesn't fit the object.
pub const INITIALISER: Code = Code::new("E0213", "invalid-initialiser");
/// A label, `case`, `break` or `continue` where it has no meaning.
pub const JUMP: Code = Code::new("E0214", "misplaced-jump");
/// C that c2aya doesn't know.
pub const UNSUPPORTED: Code = Code::new("E0215", "unsupported-c");
/// A `_Generic` without an association for the type.
pub const GENERIC: Code = Code::new("E0216", "no-generic-association");

/// A pointer where another kind of pointer, or a number, is expected.
pub const POINTER_CONVERSION: Code = Code::new("W0251", "pointer-conversion");
/// An initialiser with more values than its object has parts.
pub const EXCESS: Code = Code::new("W0252", "excess-initialiser");
