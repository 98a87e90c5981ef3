//! Statements as pseudo-code.

use super::{Dump, expr::binary};
use crate::ir::body::{Arm, Block, Stmt, StmtKind};

impl Dump<'_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.before(&stmt.notes);
            self.stmt(stmt);
            self.after(&stmt.notes);
        }
    }

    pub(super) fn block(&mut self, head: &str, block: &Block) {
        self.line(&format!("{head} {{"));
        self.indent += 1;
        self.stmts(&block.stmts);
        self.comments(&block.trailing);
        self.indent -= 1;
    }

    pub(super) fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Let(local, init) => {
                let name = self.local(*local);
                let ty = self.local_ty(*local);
                match init {
                    Some(init) => {
                        let init = self.init(init);
                        self.line(&format!("let {name}: {ty} = {init}"));
                    }
                    None => self.line(&format!("let {name}: {ty}")),
                }
            }
            StmtKind::Assign(place, value) => {
                let text = format!("{} = {}", self.place(place), self.expr(value));
                self.line(&text);
            }
            StmtKind::AssignOp(place, op, value) => {
                let (place, value) = (self.place(place), self.expr(value));
                self.line(&format!("{place} {}= {value}", binary(*op)));
            }
            StmtKind::Expr(expr) => {
                let text = self.expr(expr);
                self.line(&text);
            }
            StmtKind::Block(label, inner) => {
                let head = label
                    .map(|label| self.label(label) + ":")
                    .unwrap_or_default();
                self.block(&head, inner);
                self.line("}");
            }
            StmtKind::If(cond, then, other) => {
                let head = format!("if {}", self.expr(cond));
                self.block(&head, then);
                if let Some(other) = other {
                    self.block("} else", other);
                }
                self.line("}");
            }
            StmtKind::Loop {
                label,
                cond,
                post_check,
                body,
                step,
                ..
            } => {
                let label = self.label(*label);
                let cond = cond.as_ref().map(|cond| self.expr(cond));
                let cond = cond.unwrap_or_else(|| "true".to_owned());
                let head = if *post_check {
                    format!("{label}: do")
                } else {
                    format!("{label}: while {cond}")
                };
                self.block(&head, body);
                if !step.is_empty() {
                    self.line("} step {");
                    self.indent += 1;
                    self.stmts(step);
                    self.indent -= 1;
                }
                if *post_check {
                    self.line(&format!("}} while {cond}"));
                } else {
                    self.line("}");
                }
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default,
                default_at,
            } => {
                let head = format!("{}: switch {} {{", self.label(*label), self.expr(value));
                self.line(&head);
                self.indent += 1;
                for (at, arm) in arms.iter().enumerate() {
                    if at == *default_at {
                        self.default_arm(default.as_ref());
                    }
                    self.arm(arm);
                }
                if *default_at >= arms.len() {
                    self.default_arm(default.as_ref());
                }
                self.indent -= 1;
                self.line("}");
            }
            StmtKind::Break(label) => {
                let text = format!("break {}", self.label(*label));
                self.line(&text);
            }
            StmtKind::Continue(label) => {
                let text = format!("continue {}", self.label(*label));
                self.line(&text);
            }
            StmtKind::Return(None) => self.line("return"),
            StmtKind::Return(Some(value)) => {
                let text = format!("return {}", self.expr(value));
                self.line(&text);
            }
            StmtKind::Barrier(None) => self.line("barrier"),
            StmtKind::Barrier(Some(place)) => {
                let text = format!("barrier {}", self.place(place));
                self.line(&text);
            }
            StmtKind::Asm(asm) => {
                let outputs = asm.outputs.iter().map(|(place, first)| match first {
                    Some(first) => format!("{} <- {}", self.place(place), self.expr(first)),
                    None => self.place(place),
                });
                let outputs = outputs.collect::<Vec<_>>().join(", ");
                let (inputs, clobbers) = (self.list(&asm.inputs), asm.clobbers.join(", "));
                let text = format!("asm {:?} ({outputs}; {inputs}; {clobbers})", asm.text);
                self.line(&text);
            }
            StmtKind::Unreachable => self.line("unreachable"),
        }
    }

    pub(super) fn arm(&mut self, arm: &Arm) {
        self.before(&arm.notes);
        let values: Vec<String> = arm
            .values
            .iter()
            .map(|(low, high)| {
                let (low, high) = (self.expr(low), self.expr(high));
                if low == high {
                    low
                } else {
                    format!("{low}..={high}")
                }
            })
            .collect();
        self.block(&format!("{} =>", values.join(" | ")), &arm.body);
        self.line("}");
    }

    pub(super) fn default_arm(&mut self, default: Option<&Block>) {
        if let Some(default) = default {
            self.block("_ =>", default);
            self.line("}");
        }
    }
}
