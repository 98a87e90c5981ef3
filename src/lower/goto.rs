//! `goto`: forward by a block that ends where the label stands, backward by a loop that begins
//! there.

use super::{
    body::{Body, Jump},
    build::{block, stmt},
    c_walk,
    stmt::ends,
};
use crate::{
    c::tree::{ExprKind as CExprKind, Stmt as CStmt, StmtKind as CStmtKind},
    ir::body::{LabelId, StmtKind, Unroll},
};

/// A statement of a list, and the labels before it.
struct Entry<'a> {
    labels: Vec<&'a str>,
    stmt: &'a CStmt,
}

/// A range of entries that jumps to one label leave (forward) or repeat (backward).
#[derive(Clone, Debug)]
struct Region<'a> {
    label: &'a str,
    start: usize,
    end: usize,
    backward: bool,
}

impl<'a> Body<'_, 'a> {
    /// Statements in order, with the labels among them.
    pub(super) fn stmt_list(&mut self, stmts: &'a [CStmt]) {
        let entries: Vec<Entry<'a>> = stmts.iter().map(entry).collect();
        let regions = nested(regions(&entries));
        self.range(&entries, 0, entries.len(), &regions);
    }

    /// Likewise, but for the last, the value of which is wanted: the labels before it count.
    pub(super) fn stmts_before_value(&mut self, stmts: &'a [CStmt]) {
        let entries: Vec<Entry<'a>> = stmts.iter().map(entry).collect();
        let regions = nested(regions(&entries));
        self.range(&entries, 0, entries.len().saturating_sub(1), &regions);
    }

    /// The entries `from..to`; `regions` begin within, outer ones first.
    fn range(&mut self, entries: &[Entry<'a>], from: usize, to: usize, regions: &[Region<'a>]) {
        let mut at = from;
        let mut rest = regions;
        while at < to {
            let skipped = rest.iter().take_while(|region| region.start < at).count();
            rest = rest.get(skipped..).unwrap_or_default();
            match rest.split_first() {
                Some((region, inner)) if region.start == at && region.end <= to => {
                    let within = inner
                        .iter()
                        .take_while(|other| other.start < region.end)
                        .count();
                    let (within, behind) = inner.split_at(within.min(inner.len()));
                    self.region(entries, region, within);
                    rest = behind;
                    at = region.end;
                }
                _ => {
                    if let Some(entry) = entries.get(at)
                        && !ends(&self.out)
                    {
                        self.stmt_of_list(entry.stmt);
                    }
                    at += 1;
                }
            }
        }
    }

    fn region(&mut self, entries: &[Entry<'a>], region: &Region<'a>, within: &[Region<'a>]) {
        let label = self.label(Some(region.label));
        let jump = if region.backward {
            Jump::Continue(label)
        } else {
            Jump::Break(label)
        };
        let outer = self.gotos.insert(region.label.to_owned(), jump);
        let ((), mut stmts) =
            self.scoped(|body| body.range(entries, region.start, region.end, within));
        match outer {
            Some(outer) => self.gotos.insert(region.label.to_owned(), outer),
            None => self.gotos.remove(region.label),
        };
        let span = entries.get(region.start).map(|entry| entry.stmt.span);
        let kind = if region.backward {
            if !ends(&stmts) {
                stmts.push(stmt(StmtKind::Break(label), None));
            }
            backward_loop(label, stmts)
        } else {
            StmtKind::Block(Some(label), block(stmts))
        };
        self.push(kind, span);
    }
}

fn backward_loop(label: LabelId, stmts: Vec<crate::ir::body::Stmt>) -> StmtKind {
    StmtKind::Loop {
        label,
        cond: None,
        post_check: false,
        body: block(stmts),
        step: Vec::new(),
        unroll: Unroll::Free,
    }
}

fn entry(mut stmt: &CStmt) -> Entry<'_> {
    let mut labels = Vec::new();
    while let CStmtKind::Label(name, inner) = &stmt.kind {
        labels.push(name.as_ref());
        stmt = inner;
    }
    Entry { labels, stmt }
}

/// A statement without the labels before it.
pub(super) fn unlabelled(stmt: &CStmt) -> &CStmt {
    entry(stmt).stmt
}

fn regions<'a>(entries: &[Entry<'a>]) -> Vec<Region<'a>> {
    let mut found = Vec::new();
    for (at, target) in entries.iter().enumerate() {
        for label in &target.labels {
            let jumps: Vec<usize> = (0..entries.len())
                .filter(|&from| {
                    entries
                        .get(from)
                        .is_some_and(|entry| jumps_to(entry, label))
                })
                .collect();
            if let Some(&start) = jumps.iter().find(|&&from| from < at) {
                found.push(Region {
                    label,
                    start,
                    end: at,
                    backward: false,
                });
            }
            if let Some(&last) = jumps.iter().rfind(|&&from| from >= at) {
                found.push(Region {
                    label,
                    start: at,
                    end: last + 1,
                    backward: true,
                });
            }
        }
    }
    found
}

/// The labels before a statement.
pub(super) fn labels(stmt: &CStmt) -> Vec<&str> {
    entry(stmt).labels
}

fn jumps_to(entry: &Entry<'_>, label: &str) -> bool {
    jumps(entry.stmt, label)
}

/// Whether a jump to `label` is in `stmt`.
pub(super) fn jumps(stmt: &CStmt, label: &str) -> bool {
    let mut found = false;
    let mut look = |stmt: &CStmt| {
        found |= matches!(&stmt.kind, CStmtKind::Goto(name) if name.as_ref() == label);
    };
    c_walk::stmts(stmt, &mut look);
    // Macros jump out of `({ … })`.
    c_walk::exprs_of_stmt(stmt, &mut |expr| {
        if let CExprKind::StmtExpr(block) = &expr.kind {
            for stmt in &block.stmts {
                c_walk::stmts(stmt, &mut look);
            }
        }
    });
    found
}

/// The regions widened until each two are apart or one in the other, outer ones first. Where that
/// can't be, the jump that leads into a loop is refused when it is reached.
fn nested(mut regions: Vec<Region<'_>>) -> Vec<Region<'_>> {
    let mut changed = true;
    let mut rounds = 0;
    while changed && rounds < 64 {
        changed = false;
        rounds += 1;
        for a in 0..regions.len() {
            for b in 0..regions.len() {
                let (Some(first), Some(second)) = (regions.get(a), regions.get(b)) else {
                    continue;
                };
                let crossing = first.start < second.start
                    && second.start < first.end
                    && first.end < second.end;
                if !crossing {
                    continue;
                }
                let (start, end) = (first.start, second.end);
                if !second.backward {
                    if let Some(second) = regions.get_mut(b) {
                        second.start = start;
                        changed = true;
                    }
                } else if first.backward
                    && let Some(first) = regions.get_mut(a)
                {
                    first.end = end;
                    changed = true;
                }
            }
        }
    }
    regions.sort_by_key(|region| {
        (
            region.start,
            std::cmp::Reverse(region.end),
            // Of two that are alike, the loop goes round the block.
            !region.backward,
        )
    });
    regions
}
