//! `switch`: arms that don't fall through, or nested blocks where they do.

use super::{
    Lowered,
    body::{Body, Exits},
    build::{block, fits, int, stmt},
    simplify,
    stmt::ends,
};
use crate::{
    c::tree::{Expr as CExpr, Stmt as CStmt, StmtKind as CStmtKind},
    ir::{
        Comment, Notes,
        body::{Arm, Block, Expr, ExprKind, LabelId, LocalId, Stmt, StmtKind},
        ty::Ty,
    },
    source::span::Span,
};

/// The statements behind some labels up to the next ones.
pub(super) struct Part<'a> {
    /// Ranges, and where their labels stand.
    pub(super) values: Vec<(i128, i128, Span)>,
    pub(super) default: bool,
    pub(super) stmts: Vec<&'a CStmt>,
    /// Where its first label stands.
    pub(super) span: Span,
    /// What leads here from other parts.
    pub(super) entry: Option<(&'a str, LabelId)>,
    /// Whether it is to stand behind all of those.
    pub(super) moved: bool,
}

/// A part, lowered.
pub(super) struct Piece {
    pub(super) values: Vec<(Expr, Expr)>,
    pub(super) default: bool,
    pub(super) notes: Notes,
    pub(super) body: Block,
    /// How many statements at its end are repeated from what it falls into.
    pub(super) repeated: usize,
    /// Jumps from earlier pieces lead to it.
    pub(super) entry: Option<LabelId>,
}

impl<'a> Body<'_, 'a> {
    pub(super) fn switch(&mut self, value: &'a CExpr, body: &'a CStmt, span: Span) -> Lowered<()> {
        let value = self.expr(value)?;
        let mut parts = Vec::new();
        let mut declared = Vec::new();
        let end = match &body.kind {
            CStmtKind::Block(inner) => {
                for s in &inner.stmts {
                    match s.kind {
                        // Before the first label nothing runs, but names begin to live.
                        CStmtKind::Local(local, _) if parts.is_empty() => {
                            declared.push(stmt(StmtKind::Let(LocalId(local.0), None), s.span));
                        }
                        _ => add(&mut parts, s),
                    }
                }
                inner.span
            }
            _ => {
                add(&mut parts, body);
                None
            }
        };
        let value = self.switched(value, &parts);
        let label = self.label(None);
        self.exits.push(Exits {
            break_: label,
            continue_: self.exits.last().and_then(|exits| exits.continue_),
        });
        let (parts, order) = self.entered(parts);
        let pieces = parts
            .into_iter()
            .map(|part| self.piece(part, &value.ty))
            .collect::<Vec<_>>();
        self.exits.pop();
        let pieces = match order {
            Some(order) => self.reordered(pieces, &order, label),
            None => pieces,
        };
        let trailing = self.block_end(end);
        let mut pieces = merged(pieces);
        spell_out(&mut pieces);
        if let Some(last) = pieces.last_mut() {
            last.body.trailing.extend(trailing);
        } else {
            self.pending.extend(trailing);
        }
        let falls = pieces.windows(2).any(
            |pair| matches!(pair, [piece, _] if !ends(&piece.body.stmts) && piece.repeated == 0),
        ) || pieces.iter().any(|piece| piece.entry.is_some());
        let kind = if falls {
            self.falling(label, value, pieces)
        } else {
            plain(label, value, pieces)
        };
        if declared.is_empty() {
            self.push(kind, span);
        } else {
            declared.push(stmt(kind, span));
            self.push_block(block(declared), span);
        }
        Ok(())
    }

    /// The value without the promotion, where all its cases fit.
    fn switched(&self, value: Expr, parts: &[Part<'_>]) -> Expr {
        let object = &self.cx.object;
        let ExprKind::Cast(inner) = &value.kind else {
            return value;
        };
        let narrow = match inner.ty {
            Ty::Int { .. } => inner.ty.clone(),
            Ty::Enum(id) => match object.enums.get(id.0 as usize) {
                Some(found) => found.number(),
                None => return value,
            },
            _ => return value,
        };
        let mut cases = parts.iter().flat_map(|part| &part.values);
        let all_fit = cases.all(|(low, high, _)| fits(*low, &narrow) && fits(*high, &narrow));
        if all_fit && simplify::keeps_value(object, &inner.ty, &value.ty) {
            return inner.as_ref().clone();
        }
        value
    }

    fn piece(&mut self, part: Part<'a>, ty: &Ty) -> Piece {
        // From here on it would be a jump backward.
        if let Some((label, _)) = part.entry.filter(|_| !part.moved) {
            self.gotos.remove(label);
        }
        let notes = Notes {
            before: {
                let mut before = std::mem::take(&mut self.pending);
                let file = part.span.file;
                before.extend(self.cx.notes.take(file, self.start, part.span.start));
                before
            },
            ..Notes::default()
        };
        let values = part
            .values
            .iter()
            .map(|&(low, high, span)| {
                let low_end = low != high;
                (
                    self.case_value(low, ty, span, low_end),
                    self.case_value(high, ty, span, false),
                )
            })
            .collect();
        let ((), stmts) = self.scoped(|body| {
            for stmt in part.stmts {
                if !ends(&body.out) || matches!(stmt.kind, CStmtKind::Label(..)) {
                    body.stmt(stmt);
                }
            }
        });
        Piece {
            repeated: 0,
            entry: part.entry.map(|(_, id)| id),
            values,
            default: part.default,
            notes,
            body: block(stmts),
        }
    }

    fn case_value(&mut self, value: i128, ty: &Ty, span: Span, low_end: bool) -> Expr {
        let Ty::Enum(id) = ty else {
            return match self.case_name(value, ty, span, low_end) {
                Some(named) => named,
                None => int(value, ty.clone(), span),
            };
        };
        let at = self.cx.object.enums.get(id.0 as usize).and_then(|found| {
            let at = found
                .constants
                .iter()
                .position(|constant| constant.value == value)?;
            u32::try_from(at).ok()
        });
        let kind = match at {
            Some(at) => ExprKind::EnumConstant(*id, at),
            None => ExprKind::Int(value),
        };
        super::build::expr(kind, ty.clone(), span)
    }

    /// The constant by whose name the user wrote the value of a case.
    fn case_name(&mut self, value: i128, ty: &Ty, span: Span, low_end: bool) -> Option<Expr> {
        let text = self.cx.files.text(span);
        let (label, _) = text.strip_prefix("case")?.split_once(':')?;
        let text = match label.split_once("...") {
            Some((low, _)) if low_end => low,
            Some((_, high)) => high,
            None => label,
        };
        self.cx.note_radix(span, value, text);
        let written = self.cx.written(text.trim(), value, ty)?;
        let named = matches!(
            written.kind,
            ExprKind::Constant(_) | ExprKind::EnumConstant(..)
        );
        named.then_some(Expr {
            span: Some(span),
            ..*written
        })
    }
}

/// A switch whose arms all end in a jump.
fn plain(label: LabelId, value: Expr, pieces: Vec<Piece>) -> StmtKind {
    let mut arms = Arms::default();
    for mut piece in pieces {
        drop_break(&mut piece.body.stmts, label);
        arms.add(piece);
    }
    arms.switch(label, value)
}

/// The arms of a switch.
#[derive(Default)]
pub(super) struct Arms {
    arms: Vec<Arm>,
    /// That of all other values, and before which it stands.
    pub(super) default: Option<(Block, usize)>,
}

impl Arms {
    pub(super) fn add(&mut self, piece: Piece) {
        let mut body = piece.body;
        if piece.default {
            comment(&mut body, piece.notes.before);
            self.default = Some((body, self.arms.len()));
        } else if !piece.values.is_empty() {
            self.arms.push(Arm {
                values: piece.values,
                body,
                notes: piece.notes,
            });
        }
    }

    pub(super) fn bodies(&mut self) -> impl Iterator<Item = &mut Block> {
        let default = self.default.as_mut().map(|(body, _)| body);
        self.arms.iter_mut().map(|arm| &mut arm.body).chain(default)
    }

    pub(super) fn switch(self, label: LabelId, value: Expr) -> StmtKind {
        let last = self.arms.len();
        let (default, default_at) = self.default.unzip();
        StmtKind::Switch {
            label,
            value,
            default_at: default_at.unwrap_or(last),
            arms: self.arms,
            default,
        }
    }
}

/// Puts comments before the first statement.
pub(super) fn comment(body: &mut Block, mut notes: Vec<Comment>) {
    let place = match body.stmts.first_mut() {
        Some(first) => &mut first.notes.before,
        None => &mut body.trailing,
    };
    notes.append(place);
    *place = notes;
}

/// How many statements a person would rather read twice than follow jumps for.
const SHORT: usize = 3;

/// Repeats the few statements that an arm falls into, so that it no longer falls.
fn spell_out(pieces: &mut [Piece]) {
    for at in (0..pieces.len().saturating_sub(1)).rev() {
        let (head, tail) = pieces.split_at_mut(at + 1);
        let (Some(piece), Some(next)) = (head.last_mut(), tail.first()) else {
            return;
        };
        let is_last = tail.len() == 1;
        if ends(&piece.body.stmts)
            || next.body.stmts.len() > SHORT
            || !(is_last || next.repeated > 0 || ends(&next.body.stmts))
            || !next.body.stmts.iter().all(is_simple)
        {
            continue;
        }
        let repeated = next.body.stmts.iter().map(|stmt| Stmt {
            notes: Notes::default(),
            ..stmt.clone()
        });
        piece.body.stmts.extend(repeated);
        piece.repeated = next.body.stmts.len();
    }
}

fn is_simple(stmt: &Stmt) -> bool {
    matches!(
        stmt.kind,
        StmtKind::Assign(..)
            | StmtKind::AssignOp(..)
            | StmtKind::Expr(_)
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Return(_)
    )
}

/// Takes away the `break` at the end of an arm; its comments stay.
pub(super) fn drop_break(stmts: &mut Vec<Stmt>, label: LabelId) {
    match stmts.last_mut().map(|last| (&mut last.kind, &last.notes)) {
        Some((StmtKind::Break(target), _)) if *target == label => {
            if let Some(last) = stmts.pop() {
                let mut notes = last.notes.before;
                notes.extend(last.notes.after);
                if let Some(before) = stmts.last_mut()
                    && before.notes.after.is_none()
                    && notes.len() == 1
                {
                    before.notes.after = notes.pop();
                } else if let Some(before) = stmts.last_mut() {
                    before.notes.before.append(&mut notes);
                }
            }
        }
        Some((StmtKind::Block(None, inner), _)) => drop_break(&mut inner.stmts, label),
        _ => {}
    }
}

/// Parts without statements belong to the next one.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut result: Vec<Piece> = Vec::new();
    let mut waiting: Option<Piece> = None;
    for mut piece in pieces {
        if let Some(before) = waiting.take() {
            let mut values = before.values;
            values.append(&mut piece.values);
            piece.values = values;
            piece.default |= before.default;
            let mut notes = before.notes.before;
            notes.append(&mut piece.notes.before);
            piece.notes.before = notes;
        }
        if piece.body.stmts.is_empty() && piece.entry.is_none() {
            waiting = Some(piece);
        } else {
            result.push(piece);
        }
    }
    result.extend(waiting);
    // `case 1: default:` is the default.
    for piece in &mut result {
        if piece.default {
            piece.values.clear();
        }
    }
    result
}

fn add<'a>(parts: &mut Vec<Part<'a>>, s: &'a CStmt) {
    let mut inner = s;
    let mut values = Vec::new();
    let mut default = false;
    loop {
        match &inner.kind {
            CStmtKind::Case(low, high, behind) => {
                values.push((*low, *high, inner.span));
                inner = behind;
            }
            CStmtKind::Default(behind) => {
                default = true;
                inner = behind;
            }
            _ => break,
        }
    }
    if default || !values.is_empty() {
        parts.push(Part {
            values,
            default,
            stmts: vec![inner],
            span: s.span,
            entry: None,
            moved: false,
        });
    } else if let Some(last) = parts.last_mut() {
        last.stmts.push(inner);
    }
}
