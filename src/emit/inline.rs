//! Which static functions are inlined wherever they are called, and of which LLVM decides, as it does
//! for the C: BPF has functions, and a large one that is called twice is smaller as one.

use std::collections::HashSet;

use crate::ir::{
    FunctionId, Object,
    body::{Expr, ExprKind, Function, Init, LocalId, Place, PlaceKind, Stmt, StmtKind},
    ty::{Ty, size_of},
    walk::Visit,
};

/// What LLVM counts for an instruction, and for a call without its arguments
/// (`InlineConstants::InstrCost`, `CallPenalty`).
const INSTRUCTION: u64 = 5;
const CALL: u64 = 30;

/// Beyond this LLVM is asked. Its own limit is 225: what is well below is inlined in C too, and is to
/// be in Rust though it may have a little more to count.
const LARGE: u64 = 150;

/// Registers for arguments.
const REGISTERS: usize = 5;

/// Which static functions may become functions of BPF's.
#[derive(Debug, Default)]
pub struct Inlining {
    left_to_llvm: HashSet<FunctionId>,
    never: HashSet<FunctionId>,
}

impl Inlining {
    /// Looks at all functions and all calls of an object.
    pub fn of(object: &Object) -> Self {
        let mut calls = Calls::default();
        for function in &object.functions {
            calls.function(function);
        }
        for program in &object.programs {
            calls.function(&program.function);
        }
        let left = |(id, function): &(FunctionId, &Function)| {
            let own = function.global || function.noinline || function.callback;
            !own && !function.inline
                && calls.0.iter().filter(|called| *called == id).count() > 1
                && fits_registers(function)
                && size(object, function) > LARGE
        };
        let functions = || (0..).map(FunctionId).zip(&object.functions);
        Self {
            left_to_llvm: functions().filter(left).map(|(id, _)| id).collect(),
            never: functions()
                .filter(|(_, function)| function.noinline)
                .map(|(id, _)| id)
                .collect(),
        }
    }

    /// Whether a function may be called, with its value in one register.
    pub fn may_be_called(&self, function: FunctionId) -> bool {
        self.is_left_to_llvm(function) || self.never.contains(&function)
    }

    /// Whether LLVM decides.
    pub fn is_left_to_llvm(&self, function: FunctionId) -> bool {
        self.left_to_llvm.contains(&function)
    }
}

/// The functions that are called, once for each call.
#[derive(Default)]
struct Calls(Vec<FunctionId>);

impl Visit for Calls {
    fn expr(&mut self, expr: &Expr) {
        if let ExprKind::Call(id, _) = expr.kind {
            self.0.push(id);
        }
        self.expr_parts(expr);
    }
}

/// Whether BPF can call such a function: arguments in five registers, the result in one. A parameter
/// that is a function makes a function of Rust's for each that is given.
fn fits_registers(function: &Function) -> bool {
    let is_register = |ty: &Ty| {
        matches!(
            ty,
            Ty::Bool | Ty::Int { bits: ..=64, .. } | Ty::Pointer { .. } | Ty::Enum(_)
        )
    };
    let mut params = function.params.iter();
    function.params.len() <= REGISTERS
        && params.all(|local| function.local_ty(*local).is_some_and(is_register))
        && (function.ret == Ty::Unit || is_register(&function.ret))
}

/// Whether a function is given, or gives, a number that is narrower than what BPF computes with.
pub fn takes_narrow(object: &Object, function: &Function) -> bool {
    let is_narrow = |ty: &Ty| {
        let is_number = matches!(ty, Ty::Bool | Ty::Int { .. } | Ty::Enum(_));
        is_number && size_of(object, ty) < 4
    };
    let params = &function.params;
    is_narrow(&function.ret)
        || (params.iter()).any(|local| function.local_ty(*local).is_some_and(is_narrow))
}

/// About what LLVM counts for a function before it inlines it.
fn size(object: &Object, function: &Function) -> u64 {
    let mut counter = Counter { object, size: 0 };
    counter.function(function);
    counter.size
}

struct Counter<'o> {
    object: &'o Object,
    size: u64,
}

impl Counter<'_> {
    fn call(&mut self, args: usize) {
        let args = u64::try_from(args).unwrap_or(u64::MAX);
        self.add(CALL.saturating_add(args.saturating_mul(INSTRUCTION)));
    }

    fn add(&mut self, size: u64) {
        self.size = self.size.saturating_add(size);
    }

    /// A variable that is a register costs nothing to read or write.
    fn access(&mut self, place: &Place) {
        let is_register = matches!(place.kind, PlaceKind::Local(_))
            && !matches!(place.ty, Ty::Record(_) | Ty::Array(..));
        if !is_register {
            let words = size_of(self.object, &place.ty).div_ceil(8).clamp(1, 8);
            self.add(words * INSTRUCTION);
        }
    }
}

impl Visit for Counter<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) => self.access(place),
            StmtKind::If(..) | StmtKind::Loop { .. } => self.add(INSTRUCTION),
            StmtKind::Switch { arms, .. } => {
                let arms = u64::try_from(arms.len()).unwrap_or(u64::MAX);
                self.add(arms.saturating_mul(2 * INSTRUCTION));
            }
            StmtKind::Asm(_) => self.add(INSTRUCTION),
            _ => {}
        }
        self.stmt_parts(stmt);
    }

    fn init(&mut self, init: &Init) {
        match init {
            Init::Record(fields) => self.add(len(fields) * INSTRUCTION),
            Init::Array(elements) => self.add(len(elements) * INSTRUCTION),
            Init::Zero | Init::Bytes(_) | Init::Expr(_) => {}
        }
        match init {
            Init::Zero | Init::Bytes(_) => {}
            Init::Expr(expr) => self.expr(expr),
            Init::Record(parts) => parts.iter().for_each(|(_, part)| self.init(part)),
            Init::Array(parts) => parts.iter().for_each(|(_, part)| self.init(part)),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Load(place) => self.access(place),
            ExprKind::Call(_, args)
            | ExprKind::CallParam(_, args)
            | ExprKind::Helper(_, _, args) => {
                self.call(args.len());
            }
            ExprKind::Printk(_, args) => self.call(args.len() + 2),
            ExprKind::SeqPrintf(_, _, args) | ExprKind::Snprintf(_, _, _, args) => {
                self.call(args.len() + 4);
            }
            ExprKind::ProbeRead(..) | ExprKind::CoreBitfield(_, _, true) => self.call(3),
            ExprKind::CoreAddress(..)
            | ExprKind::CoreBitfield(..)
            | ExprKind::Unary(..)
            | ExprKind::Binary(..)
            | ExprKind::Compare(..)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Conditional(..)
            | ExprKind::Offset(..)
            | ExprKind::Atomic(..)
            | ExprKind::Builtin(..)
            | ExprKind::Asm(..)
            | ExprKind::Register(..) => self.add(INSTRUCTION),
            _ => {}
        }
        self.expr_parts(expr);
    }

    fn local(&mut self, _: &LocalId) {}
}

fn len<T>(parts: &[T]) -> u64 {
    u64::try_from(parts.len()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::{arch::Arch, emit, port::lower_text};

    const SMALL: &str = "{ sum += a; return a > 3; }";
    const LARGE: &str = "{ u64 t = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid(); \
        u32 slot = a & 7; u64 *at = bpf_map_lookup_elem(&values, &slot); if (!at) return 0; \
        *at += t; if (bpf_map_update_elem(&values, &slot, &id, 0)) sum++; \
        return bpf_map_delete_elem(&values, &slot) != 0; }";
    const TWICE: &str = "f(sum); f(sum + 1);";

    /// What stands before `fn f`.
    #[track_caller]
    fn check(head: &str, body: &str, calls: &str, expected: &str) {
        let text = format!(
            "u32 sum;\nstruct pairs {{ u64 a, b; }};\n\
             struct {{ __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, u32); \
             __type(value, u64); }} values SEC(\".maps\");\n\
             {head} {body}\nSEC(\"fentry/f\") int BPF_PROG(p) {{ {calls} return 0; }}\n"
        );
        let port = lower_text(&text, &[Arch::X86_64]);
        let (emitted, _) = emit::emit(&port.object.unwrap(), &emit::Options::default());
        let (before, _) = emitted.main.split_once("fn f(").unwrap();
        let (_, before) = before.rsplit_once("\n\n").unwrap();
        assert_eq!(before.trim(), expected, "{}", emitted.main);
    }

    const ALWAYS: &str = "#[inline(always)]";

    #[test]
    fn large_functions_of_several_callers_are_llvms_to_inline() {
        check("static int f(u32 a)", LARGE, TWICE, "");
        check("static inline int f(u32 a)", LARGE, TWICE, "#[inline]");
        check(
            "static __noinline int f(u32 a)",
            SMALL,
            TWICE,
            "#[inline(never)]",
        );
    }

    #[test]
    fn others_are_inlined() {
        check("static int f(u32 a)", LARGE, "f(sum);", ALWAYS);
        check("static int f(u32 a)", SMALL, TWICE, ALWAYS);
        check("static __always_inline int f(u32 a)", LARGE, TWICE, ALWAYS);
    }

    /// Above a narrow number only C's convention has zeros.
    #[test]
    fn narrow_numbers_are_given_as_c_gives_them() {
        let never = "#[inline(never)]\nextern \"C\"";
        check("static __noinline int f(u8 a)", SMALL, TWICE, never);
        check("static __noinline bool f(u32 a)", SMALL, TWICE, never);
        check("static u16 f(u16 a)", LARGE, TWICE, "extern \"C\"");
    }

    /// Five registers for arguments, one for the value.
    #[test]
    fn what_takes_more_registers_is_inlined() {
        let six = "f(1, 2, 3, 4, 5, 6); f(2, 3, 4, 5, 6, 7);";
        check(
            "static int f(u32 a, u32 b, u32 c, u32 d, u32 e, u32 g)",
            LARGE,
            six,
            ALWAYS,
        );
        let pair = "struct pairs p = {}; f(1, p); f(2, p);";
        check("static int f(u32 a, struct pairs p)", LARGE, pair, ALWAYS);
    }
}
