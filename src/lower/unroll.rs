//! `#pragma unroll`: the kernel's verifier walks through what is unrolled at less cost than through
//! the loop, and some walks are too long for it otherwise.

use std::{collections::BTreeSet, iter};

use super::body::Body;
use crate::{
    ir::{
        Object,
        body::{
            BinaryOp, Block, CompareOp, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind,
            Unroll,
        },
        constant,
        walk::Visit,
    },
    source::Unroll as Asked,
};

/// From how many instructions on LLVM has to be told, about: what is smaller it unrolls by itself, or
/// it is walked through as it is.
const FEW: i128 = 1000;

/// Likewise, where each turn may leave behind one thing or another, and from so many turns on: the
/// verifier doesn't forget the ways through a turn before it has left the loop, so there are twice as
/// many of them with each.
const FEW_THAT_BRANCH: i128 = 100;
const TURNS_THAT_BRANCH: i128 = 8;

/// What LLVM makes of `#pragma unroll` at most (`PragmaUnrollThreshold` in LoopUnrollPass.cpp).
const MOST: i128 = 16384;

impl Body<'_, '_> {
    /// Marks the loop that `stmts` end with, if its turns are known, or has LLVM leave it a loop.
    pub(super) fn unroll(&mut self, stmts: &mut [Stmt], asked: Asked) {
        let object = &self.cx.object;
        let Some((last, before)) = stmts.split_last_mut() else {
            return;
        };
        let StmtKind::Loop {
            cond: Some(cond),
            post_check: false,
            body,
            step,
            unroll,
            ..
        } = &mut last.kind
        else {
            return;
        };
        let Some(turns) = turns(object, before, cond, step) else {
            return;
        };
        let mut size = Size(0);
        size.block(body);
        let size = size.0.saturating_mul(turns);
        if size > MOST {
            return;
        }
        if matches!(asked, Asked::Turns(some) if i128::from(some) < turns) {
            // Rust can't ask for some of the turns either: what stays a loop is nearer to that.
            *unroll = Unroll::Never;
            return;
        }
        *unroll = Unroll::Whole;
        let few = match turns >= TURNS_THAT_BRANCH && leaves_either(body) {
            true => FEW_THAT_BRANCH,
            false => FEW,
        };
        self.cx.object.unrolls |= size >= few;
    }
}

/// Whether a variable that outlives a turn is changed in some of its branches, which then goes on.
fn leaves_either(body: &Block) -> bool {
    struct Finder {
        own: BTreeSet<LocalId>,
        branches: u32,
        found: bool,
    }
    impl Visit for Finder {
        fn stmt(&mut self, stmt: &Stmt) {
            match &stmt.kind {
                StmtKind::Let(local, _) => drop(self.own.insert(*local)),
                StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) => {
                    self.found |= self.branches > 0
                        && matches!(place.kind, PlaceKind::Local(id) if !self.own.contains(&id));
                }
                StmtKind::If(cond, then, other) => {
                    self.expr(cond);
                    self.branches += 1;
                    for block in iter::once(then).chain(other) {
                        // What leaves the loop at its end is not walked through again.
                        if !block.stmts.last().is_some_and(leaves) {
                            self.block(block);
                        }
                    }
                    self.branches -= 1;
                    return;
                }
                _ => {}
            }
            self.stmt_parts(stmt);
        }
    }
    let mut finder = Finder {
        own: BTreeSet::new(),
        branches: 0,
        found: false,
    };
    finder.block(body);
    finder.found
}

fn leaves(stmt: &Stmt) -> bool {
    matches!(stmt.kind, StmtKind::Break(_) | StmtKind::Return(_))
}

/// How often a loop turns that counts from a number to a number.
fn turns(object: &Object, before: &[Stmt], cond: &Expr, step: &[Stmt]) -> Option<i128> {
    let ExprKind::Compare(op, left, right) = &cond.kind else {
        return None;
    };
    let counter = local(left.peeled())?;
    let end = constant::number(object, right)?;
    let start = before.iter().rev().find_map(|s| match &s.kind {
        StmtKind::Let(id, Some(Init::Expr(value))) if *id == counter => Some(value),
        StmtKind::Assign(place, value) if place.kind == PlaceKind::Local(counter) => Some(value),
        _ => None,
    })?;
    let [
        Stmt {
            kind: StmtKind::AssignOp(place, BinaryOp::Add | BinaryOp::Sub, by),
            ..
        },
    ] = step
    else {
        return None;
    };
    let by = constant::number(object, by).filter(|_| place.kind == PlaceKind::Local(counter))?;
    let way = end.checked_sub(constant::number(object, start)?)?.abs();
    let way = way.saturating_add(i128::from(matches!(op, CompareOp::Le | CompareOp::Ge)));
    way.saturating_add(by.abs() - 1).checked_div(by.abs())
}

fn local(e: &Expr) -> Option<LocalId> {
    match &e.kind {
        ExprKind::Load(place) => match place.kind {
            PlaceKind::Local(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// About how many instructions something comes to.
struct Size(i128);

impl Visit for Size {
    fn stmt(&mut self, stmt: &Stmt) {
        self.0 += 1;
        self.stmt_parts(stmt);
    }

    fn expr(&mut self, expr: &Expr) {
        self.0 += match expr.kind {
            ExprKind::Helper(..) | ExprKind::ProbeRead(..) | ExprKind::Printk(..) => 6,
            ExprKind::Call(..) | ExprKind::CallParam(..) => 20,
            ExprKind::Binary(..) | ExprKind::Compare(..) => 1,
            _ => 0,
        };
        self.expr_parts(expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arch::Arch, port::lower_text};

    #[track_caller]
    fn check(turns: u32, body: &str, expected: bool) {
        let text = format!(
            "u32 sum;\nSEC(\"ksyscall/close\") int BPF_KSYSCALL(p, int fd) {{ u32 n = 0;\n\
             #pragma unroll\nfor (int i = 0; i < {turns}; i++) {{ {body} }} sum = n; return 0; }}\n"
        );
        let port = lower_text(&text, &[Arch::X86_64]);
        assert_eq!(port.object.unwrap().unrolls, expected, "{text}");
    }

    const EITHER: &str = "if (fd == i && sum > 3) n++;";

    #[test]
    fn turns_that_leave_one_thing_or_another() {
        check(32, EITHER, true);
        check(4, EITHER, false);
        check(32, "if (fd == i && sum > 3) sum++;", false);
        check(32, "if (fd == i && sum > 3) { n = 1; break; }", false);
        check(32, "u32 own = 0; if (fd == i) own = 3; sum += own;", false);
    }

    struct Never(bool);

    impl Visit for Never {
        fn stmt(&mut self, stmt: &Stmt) {
            self.0 |= matches!(
                stmt.kind,
                StmtKind::Loop {
                    unroll: Unroll::Never,
                    ..
                }
            );
            self.stmt_parts(stmt);
        }
    }

    #[track_caller]
    fn some_of(pragma: &str, loops: &str, expected: bool) {
        let text = format!(
            "u32 sum;\nSEC(\"ksyscall/close\") int BPF_KSYSCALL(p, int fd) {{ \n#pragma {pragma}\n\
             for ({loops}) {{ sum += i; }} return 0; }}\n"
        );
        let object = lower_text(&text, &[Arch::X86_64]).object.unwrap();
        let mut found = Never(false);
        for program in &object.programs {
            program
                .function
                .body
                .iter()
                .for_each(|stmt| found.stmt(stmt));
        }
        assert_eq!(found.0, expected, "{text}");
    }

    #[test]
    fn some_turns() {
        const FOUR: &str = "int i = 0; i < 4; i++";
        const FIVE: &str = "int i = 0; i <= 4; i++";
        some_of("nounroll", FOUR, true);
        some_of("clang loop unroll(disable)", FOUR, true);
        some_of("unroll 2", FOUR, true);
        some_of("unroll 4", FOUR, false);
        some_of("unroll 4", FIVE, true);
        some_of("unroll 2", "int i = 3; i > 0; i -= 2", false);
        some_of("unroll", FOUR, false);
        // LLVM doesn't know how often it turns.
        some_of("nounroll", "int i = 0; i < fd; i++", false);
    }

    #[test]
    fn long_loops() {
        check(600, "sum += i; sum ^= n;", true);
        check(4, "sum += i; sum ^= n;", false);
    }
}
