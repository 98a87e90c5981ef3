use super::{binary, cast, compare, not, truth};
use crate::{
    ir::{
        Object,
        body::{BinaryOp, CompareOp, Expr, ExprKind, Function, Local, LocalId},
        dump,
        ty::Ty,
    },
    lower::build::{expr, int, load, local_place, stmt},
};

const U8: Ty = Ty::unsigned(8);
const I8: Ty = Ty::signed(8);
const U16: Ty = Ty::unsigned(16);
const U32: Ty = Ty::unsigned(32);
const I32: Ty = Ty::signed(32);
const U64: Ty = Ty::unsigned(64);
const I64: Ty = Ty::signed(64);

/// A variable `x` of that type.
fn x(ty: Ty) -> Expr {
    load(local_place(LocalId(0), ty, false), None)
}

fn to(value: Expr, ty: &Ty) -> Expr {
    cast(&Object::default(), value, ty)
}

fn op(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    binary(op, a, b)
}

fn number(value: i128, ty: Ty) -> Expr {
    int(value, ty, None)
}

#[track_caller]
fn check(value: Expr, expected: &str) {
    let function = Function {
        name: String::new(),
        params: Vec::new(),
        ret: Ty::Unit,
        locals: vec![Local {
            name: "x".into(),
            ty: Ty::Unit,
            volatile: false,
            aligned: None,
        }],
        labels: Vec::new(),
        body: vec![stmt(crate::ir::body::StmtKind::Expr(value), None)],
        inline: false,
        hinted: false,
        global: false,
        noinline: false,
        callback: false,
        kernel: None,
        notes: crate::ir::Notes::default(),
        trailing: Vec::new(),
        span: crate::source::span::Span {
            file: crate::source::span::FileId(0),
            start: 0,
            end: 0,
        },
    };
    let found = dump::body(&Object::default(), &function);
    assert_eq!(found.trim_end(), expected);
}

#[test]
fn literals_take_the_type() {
    check(to(number(300, I32), &U8), "44");
    check(to(number(-1, I32), &U64), "18446744073709551615");
    check(to(number(0xffff_ffff, U32), &I32), "-1");
    check(to(number(0, I32), &Ty::void_pointer(true)), "null");
    check(to(number(2, I32), &Ty::Bool), "true");
}

#[test]
fn casts_of_casts_are_one_where_that_is_the_same() {
    check(to(to(x(U8), &I32), &U64), "x as u64");
    check(to(to(x(U8), &I32), &U8), "x");
    check(to(to(x(I8), &I32), &I64), "x as i64");
    check(to(to(x(U64), &U32), &U8), "x as u8");
    // Sign extension to 32 bits, then zeros.
    check(to(to(x(I8), &U32), &U64), "(x as u32) as u64");
    check(to(to(x(I32), &U32), &U64), "(x as u32) as u64");
    check(to(to(x(U64), &U32), &U64), "(x as u32) as u64");
    check(to(to(x(U64), &I32), &I64), "(x as i32) as i64");
    check(to(to(x(Ty::Bool), &I32), &U64), "x as u64");
    check(to(to(x(Ty::Bool), &I32), &Ty::Bool), "x");
}

#[test]
fn low_bits_are_computed_where_they_are_wanted() {
    let wide = |ty: &Ty| to(x(ty.clone()), &I32);
    check(
        to(op(BinaryOp::Add, wide(&U8), number(1, I32)), &U8),
        "x + 1",
    );
    check(to(op(BinaryOp::Mul, wide(&U8), wide(&U8)), &U8), "x * x");
    check(
        to(op(BinaryOp::Sub, wide(&I8), number(1, I32)), &U8),
        "(x as u8) - 1",
    );
    check(
        to(op(BinaryOp::Shl, wide(&U8), number(3, I32)), &U8),
        "x << 3",
    );
    check(
        to(op(BinaryOp::Shl, wide(&U8), number(9, I32)), &U8),
        "((x as i32) << 9) as u8",
    );
    check(
        to(op(BinaryOp::Shr, wide(&U8), number(3, I32)), &U8),
        "x >> 3",
    );
    check(
        to(op(BinaryOp::Shr, wide(&U8), number(9, I32)), &U8),
        "((x as i32) >> 9) as u8",
    );
    check(
        to(op(BinaryOp::Div, wide(&U8), number(3, I32)), &U8),
        "x / 3",
    );
    check(
        to(op(BinaryOp::Div, wide(&I8), number(3, I32)), &I8),
        "((x as i32) / 3) as i8",
    );
    check(
        to(op(BinaryOp::Rem, wide(&U8), number(300, I32)), &U8),
        "((x as i32) % 300) as u8",
    );
    // What carries into the low bits from above isn't lost.
    check(
        to(op(BinaryOp::Shr, x(U64), number(32, I32)), &U32),
        "(x >> 32) as u32",
    );
    check(
        to(
            op(
                BinaryOp::Shr,
                op(BinaryOp::Add, wide(&U8), wide(&U8)),
                number(1, I32),
            ),
            &U8,
        ),
        "(((x as i32) + (x as i32)) >> 1) as u8",
    );
    // One cast either way: the shorter form stays.
    check(
        to(op(BinaryOp::Add, x(U64), x(U64)), &U32),
        "(x + x) as u32",
    );
}

#[track_caller]
fn check_compare(op: CompareOp, a: Expr, b: Expr, expected: &str) {
    check(compare(&Object::default(), op, a, b), expected);
}

#[test]
fn comparisons_keep_their_answer() {
    use CompareOp::{Eq, Lt, Ne};
    let from = |ty: Ty, wide: &Ty| to(x(ty), wide);
    check_compare(Lt, from(U8, &I32), number(200, I32), "x < 200");
    check_compare(Lt, from(U8, &I32), number(300, I32), "(x as i32) < 300");
    check_compare(Lt, from(U8, &I32), number(-1, I32), "(x as i32) < -1");
    check_compare(Lt, from(I8, &I32), number(-1, I32), "x < -1");
    check_compare(Lt, from(U8, &I32), from(U8, &I32), "x < x");
    check_compare(
        Lt,
        from(U8, &I32),
        from(I8, &I32),
        "(x as i32) < (x as i32)",
    );
    check_compare(Lt, from(U8, &I32), from(U16, &I32), "(x as u16) < x");
    // Reinterpreting keeps equality, but not order.
    check_compare(Lt, from(I32, &U32), number(5, U32), "(x as u32) < 5");
    check_compare(Eq, from(I32, &U32), number(5, U32), "x == 5");
    check_compare(Eq, from(I32, &U32), number(0xffff_ffff, U32), "x == -1");
    check_compare(Ne, from(I8, &U32), number(200, U32), "(x as u32) != 200");
    // Truncation loses what is compared.
    check_compare(Eq, from(U64, &U32), number(5, U32), "(x as u32) == 5");
    let masked = op(BinaryOp::BitAnd, from(U8, &I32), number(4, I32));
    check_compare(Ne, masked, number(0, I32), "(x & 4) != 0");
    let masked = op(BinaryOp::BitAnd, from(I8, &I32), number(0x100, I32));
    check_compare(Ne, masked, number(0, I32), "((x as i32) & 256) != 0");
}

#[test]
fn truth_values() {
    let object = Object::default();
    check(truth(&object, x(U32)), "x != 0");
    check(truth(&object, to(x(U8), &I32)), "x != 0");
    check(truth(&object, to(x(U64), &I32)), "(x as i32) != 0");
    check(truth(&object, number(0, I32)), "false");
    check(not(truth(&object, x(U32))), "x == 0");
    check(not(not(x(Ty::Bool))), "x");
    let one = expr(ExprKind::Bool(true), Ty::Bool, None);
    check(compare(&object, CompareOp::Ne, x(Ty::Bool), one), "!x");
}

/// clippy takes what is always so for a mistake.
#[test]
fn comparisons_that_a_type_decides() {
    let zero = |ty: Ty| number(0, ty);
    check_compare(CompareOp::Lt, x(U32), zero(U32), "false");
    check_compare(CompareOp::Ge, x(U64), zero(U64), "true");
    check_compare(CompareOp::Gt, zero(U64), x(U64), "false");
    check_compare(CompareOp::Le, zero(U32), to(x(U8), &U32), "true");
    check_compare(CompareOp::Gt, x(U32), zero(U32), "x > 0");
    check_compare(CompareOp::Lt, x(I32), zero(I32), "x < 0");
}
