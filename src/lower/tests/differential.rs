//! Made-up expressions: what the tree says in C's terms, and what the IR says, give the same number.

use std::fmt::Write as _;

use super::{HEAD, PathBuf};
use crate::{
    arch::Arch,
    c::{
        self,
        tree::{BinaryOp as COp, CompareOp as CCompare, Expr as CExpr, ExprKind as CKind},
        types::{CType, Kind},
    },
    ir::{
        Object,
        body::{BinaryOp, CompareOp, Expr, ExprKind, Init, PlaceKind, StmtKind, UnaryOp},
        ty::Ty,
    },
    lower::{Options, build::wrap, lower, simplify},
    source::{self, span::SourceMap},
};

const PARAMETERS: &str =
    "u8 u8v, s8 s8v, u16 u16v, s16 s16v, s32 s32v, u32 u32v, s64 s64v, u64 u64v";
const TYPES: [&str; 9] = [
    "u8", "s8", "u16", "s16", "s32", "u32", "s64", "u64", "_Bool",
];
const VARIABLES: [&str; 8] = ["u8v", "s8v", "u16v", "s16v", "s32v", "u32v", "s64v", "u64v"];
const LITERALS: [&str; 14] = [
    "0",
    "1",
    "2",
    "3",
    "7",
    "127",
    "128",
    "200",
    "255",
    "256",
    "65535",
    "0x7fffffff",
    "0x80000000",
    "0xffffffffffffffff",
];
const VALUES: [i128; 12] = [
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    -128,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1234_5678_9abc_def0,
];

/// Numbers that are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn values(&mut self, types: &[Ty]) -> Vec<i128> {
        types
            .iter()
            .map(|ty| wrap(self.one_of(&VALUES), ty))
            .collect()
    }

    fn expr(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(3) {
                0 => self.one_of(&LITERALS).to_owned(),
                _ => self.one_of(&VARIABLES).to_owned(),
            };
        }
        let a = self.expr(depth - 1);
        match self.below(12) {
            0 => format!("(-({a}))"),
            1 => format!("(~({a}))"),
            2 => format!("(!({a}))"),
            3 | 4 => format!("(({})({a}))", self.one_of(&TYPES)),
            5 => format!("(({a}) << {})", self.below(10)),
            6 => format!("(({a}) >> {})", self.below(10)),
            7 => {
                let (b, c) = (self.expr(depth - 1), self.expr(depth - 1));
                format!("(({a}) ? ({b}) : ({c}))")
            }
            8 | 9 => {
                let op = self.one_of(&["==", "!=", "<", "<=", ">", ">=", "&&", "||"]);
                format!("(({a}) {op} ({}))", self.expr(depth - 1))
            }
            _ => {
                let op = self.one_of(&["+", "-", "*", "/", "%", "&", "|", "^"]);
                format!("(({a}) {op} ({}))", self.expr(depth - 1))
            }
        }
    }
}

/// An integer type of the tree as one of the IR.
fn int_ty(ty: &CType) -> Ty {
    match &ty.kind {
        Kind::Bool => Ty::Bool,
        Kind::Int(kind) => Ty::Int {
            bits: kind.bits(),
            signed: kind.signed(),
        },
        other => panic!("{other:?}"),
    }
}

fn convert(value: i128, ty: &Ty) -> i128 {
    match ty {
        Ty::Bool => i128::from(value != 0),
        _ => wrap(value, ty),
    }
}

fn arithmetic(op: BinaryOp, a: i128, b: i128) -> i128 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div if b == 0 => 0,
        BinaryOp::Div => a / b,
        BinaryOp::Rem if b == 0 => a,
        BinaryOp::Rem => a % b,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Shl => a << b,
        BinaryOp::Shr => a >> b,
    }
}

fn c_op(op: COp) -> BinaryOp {
    match op {
        COp::Add => BinaryOp::Add,
        COp::Sub => BinaryOp::Sub,
        COp::Mul => BinaryOp::Mul,
        COp::Div => BinaryOp::Div,
        COp::Rem => BinaryOp::Rem,
        COp::BitAnd => BinaryOp::BitAnd,
        COp::BitOr => BinaryOp::BitOr,
        COp::BitXor => BinaryOp::BitXor,
        COp::Shl => BinaryOp::Shl,
        COp::Shr => BinaryOp::Shr,
    }
}

fn eval_c(e: &CExpr, values: &[i128]) -> i128 {
    let eval = |e: &CExpr| eval_c(e, values);
    let ty = int_ty(&e.ty);
    let value = match &e.kind {
        CKind::Int(value) => *value,
        CKind::Local(local) => values[local.0 as usize - 1],
        CKind::Unary(c::tree::UnaryOp::Neg, a) => -eval(a),
        CKind::Unary(c::tree::UnaryOp::BitNot, a) => !eval(a),
        CKind::Not(a) => i128::from(eval(a) == 0),
        CKind::And(a, b) => i128::from(eval(a) != 0 && eval(b) != 0),
        CKind::Or(a, b) => i128::from(eval(a) != 0 || eval(b) != 0),
        CKind::Conditional(a, b, c) => eval(if eval(a) != 0 { b } else { c }),
        CKind::Cast { value, .. } => eval(value),
        CKind::Compare(op, a, b) => {
            let (a, b) = (eval(a), eval(b));
            i128::from(match op {
                CCompare::Eq => a == b,
                CCompare::Ne => a != b,
                CCompare::Lt => a < b,
                CCompare::Le => a <= b,
                CCompare::Gt => a > b,
                CCompare::Ge => a >= b,
            })
        }
        CKind::Binary(op, a, b) => arithmetic(c_op(*op), eval(a), eval(b)),
        other => panic!("{other:?}"),
    };
    convert(value, &ty)
}

fn eval_ir(object: &Object, e: &Expr, values: &[i128]) -> i128 {
    let eval = |e: &Expr| eval_ir(object, e, values);
    let value = match &e.kind {
        ExprKind::Load(place) => match place.kind {
            PlaceKind::Local(local) => values[local.0 as usize - 1],
            _ => panic!("{place:?}"),
        },
        ExprKind::Unary(UnaryOp::Neg, a) => -eval(a),
        ExprKind::Unary(UnaryOp::BitNot, a) => !eval(a),
        ExprKind::Not(a) => i128::from(eval(a) == 0),
        ExprKind::And(a, b) => i128::from(eval(a) != 0 && eval(b) != 0),
        ExprKind::Or(a, b) => i128::from(eval(a) != 0 || eval(b) != 0),
        ExprKind::Conditional(a, b, c) => {
            assert_eq!(a.ty, Ty::Bool);
            assert!(b.ty == e.ty && c.ty == e.ty, "{e:?}");
            eval(if eval(a) != 0 { b } else { c })
        }
        ExprKind::Cast(value) => eval(value),
        ExprKind::Compare(op, a, b) => {
            assert_eq!(a.ty, b.ty, "{e:?}");
            let (a, b) = (eval(a), eval(b));
            i128::from(match op {
                CompareOp::Eq => a == b,
                CompareOp::Ne => a != b,
                CompareOp::Lt => a < b,
                CompareOp::Le => a <= b,
                CompareOp::Gt => a > b,
                CompareOp::Ge => a >= b,
            })
        }
        ExprKind::Binary(op, a, b) => {
            assert_eq!(a.ty, e.ty, "{e:?}");
            if !matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
                assert_eq!(b.ty, e.ty, "{e:?}");
            }
            arithmetic(*op, eval(a), eval(b))
        }
        _ => simplify::known(object, e).unwrap_or_else(|| panic!("{e:?}")),
    };
    convert(value, &e.ty)
}

#[track_caller]
fn lowered(text: &str) -> (SourceMap, c::tree::Tree, Object) {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("probe.bpf.c");
    std::fs::write(&path, text).expect("a file");
    let mut files = SourceMap::default();
    let cache = source::Cache::default();
    let options = source::Options::default();
    let (unit, _) = source::read(&path, &options, Arch::X86_64, &cache, &mut files);
    let unit = unit.expect("it can be read");
    let (tree, diagnostics) = c::analyze(&unit, &files);
    assert!(
        !crate::diag::has_errors(&diagnostics),
        "{text}{diagnostics:#?}"
    );
    let (object, diagnostics) = lower(&files, unit.main, &tree, &Options::default());
    assert!(!crate::diag::has_errors(&diagnostics), "{diagnostics:#?}");
    (files, tree, object)
}

fn parameter_types(object: &Object) -> Vec<Ty> {
    let locals = &object.programs[0].function.locals;
    (1..9).map(|at| locals[at].ty.clone()).collect()
}

fn body_of(tree: &c::tree::Tree) -> &[c::tree::Stmt] {
    let function = tree.functions.iter().find(|found| &*found.name == "f");
    let body = function.and_then(|function| function.body.as_ref());
    &body.expect("a body").stmts
}

/// Likewise for compound assignments: the new value of the target.
#[track_caller]
fn check_updates(seed: u64) {
    let mut random = Random(seed);
    let mut body = String::new();
    for _ in 0..60 {
        let target = random.one_of(&VARIABLES);
        let op = random.one_of(&["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]);
        let value = random.expr(1);
        let _ = match op {
            "<<" | ">>" => writeln!(body, "{target} {op}= ({value}) & 7;"),
            _ => writeln!(body, "{target} {op}= {value};"),
        };
    }
    let (files, tree, object) = lowered(&program(&body));
    let types = parameter_types(&object);
    let stmts = body_of(&tree);
    let found = &object.programs[0].function.body;
    assert_eq!(stmts.len(), found.len());
    for (stmt, lowered) in stmts.iter().zip(found) {
        let c::tree::StmtKind::Expr(e) = &stmt.kind else {
            continue;
        };
        let CKind::CompoundAssign {
            op,
            target,
            value,
            compute,
        } = &e.kind
        else {
            panic!("{e:?}");
        };
        let CKind::Local(local) = target.kind else {
            panic!("{target:?}");
        };
        let at = local.0 as usize - 1;
        for _ in 0..40 {
            let values = random.values(&types);
            let compute = int_ty(compute);
            let old = convert(values[at], &compute);
            let new = arithmetic(c_op(*op), old, eval_c(value, &values));
            let expected = wrap(convert(new, &compute), &types[at]);
            let found = match &lowered.kind {
                StmtKind::AssignOp(place, op, value) => {
                    let new = arithmetic(*op, values[at], eval_ir(&object, value, &values));
                    wrap(new, &place.ty)
                }
                StmtKind::Assign(_, value) => eval_ir(&object, value, &values),
                other => panic!("{other:?}"),
            };
            let source = files.text(stmt.span);
            assert_eq!(found, expected, "{source}\n{values:?}\n{lowered:#?}");
        }
    }
}

/// A file with one program of that body.
fn program(body: &str) -> String {
    format!("{HEAD}SEC(\"kprobe/f\")\nint BPF_KPROBE(f, {PARAMETERS})\n{{\n{body}return 0;\n}}\n")
}

/// Lowers a function with one declaration for each expression, and compares all of them.
#[track_caller]
fn check(seed: u64, depth: usize) {
    let mut random = Random(seed);
    let mut body = String::new();
    for number in 0..60 {
        let ty = random.one_of(&TYPES);
        let value = random.expr(depth);
        let _ = writeln!(body, "{ty} r{number} = {value};");
    }
    let (files, tree, object) = lowered(&program(&body));
    let types = parameter_types(&object);
    let stmts = body_of(&tree);
    let lowered = &object.programs[0].function.body;
    for (stmt, lowered) in stmts.iter().zip(lowered) {
        let (
            c::tree::StmtKind::Local(_, Some(c::tree::Init::Expr(e))),
            StmtKind::Let(_, Some(Init::Expr(ir))),
        ) = (&stmt.kind, &lowered.kind)
        else {
            continue;
        };
        for _ in 0..40 {
            let values = random.values(&types);
            let (expected, found) = (eval_c(e, &values), eval_ir(&object, ir, &values));
            let source = files.text(stmt.span);
            assert_eq!(found, expected, "{source}\n{values:?}\n{ir:#?}");
        }
    }
}

#[test]
fn made_up_expressions_keep_their_value() {
    for seed in 0..4 {
        check(seed, 2);
        check(seed + 100, 3);
    }
    for seed in 0..24 {
        check_updates(seed);
    }
}

/// More of the same.
#[test]
fn many_made_up_expressions_keep_their_value() {
    for seed in 1000..1200 {
        check(seed, 1 + seed as usize % 4);
        check_updates(seed);
    }
}
