//! Constant expressions as the user wrote them: `256 * 1024`, `SLOTS - 1`, `sizeof(u32)`.
//!
//! The typed tree has their values; the text says how people wrote them. What can't be read here,
//! or comes out as another value, is left to be written as a number.

use super::{Lowerer, build::int};
use crate::ir::{
    body::{BinaryOp, Expr, ExprKind, UnaryOp},
    ty::Ty,
};

/// How deep parentheses may nest.
const MAX_DEPTH: u8 = 32;

impl Lowerer<'_> {
    /// `text` as an expression of type `ty` that has `value`; none where it is a mere number.
    pub(super) fn written(&mut self, text: &str, value: i128, ty: &Ty) -> Option<Box<Expr>> {
        let tokens = tokens(text)?;
        let mut parser = Parser {
            lowerer: self,
            tokens: &tokens,
            at: 0,
            ty,
            depth: 0,
        };
        let (expr, found) = parser.binary(0)?;
        if parser.at != tokens.len() || found != value {
            return None;
        }
        let says_more = !matches!(
            expr.kind,
            ExprKind::Int(_) | ExprKind::Unary(UnaryOp::Neg, _)
        );
        says_more.then(|| Box::new(expr))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Number(i128),
    Name(String),
    Op(&'static str),
}

const OPS: [&str; 13] = [
    "<<", ">>", "+", "-", "*", "/", "%", "&", "|", "^", "~", "(", ")",
];

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let (number, behind) = rest.split_at_checked(end)?;
            found.push(Token::Number(number_of(number)?));
            rest = behind.trim_start();
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let (name, behind) = rest.split_at_checked(end)?;
            found.push(Token::Name(name.to_owned()));
            rest = behind.trim_start();
        } else {
            let op = OPS.into_iter().find(|op| rest.starts_with(op))?;
            found.push(Token::Op(op));
            rest = rest.strip_prefix(op)?.trim_start();
        }
    }
    Some(found)
}

fn number_of(text: &str) -> Option<i128> {
    let text = text.trim_end_matches(['u', 'U', 'l', 'L']);
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i128::from_str_radix(hex, 16).ok();
    }
    if text.len() > 1 && text.starts_with('0') {
        return i128::from_str_radix(text, 8).ok();
    }
    text.parse().ok()
}

struct Parser<'p, 'a> {
    lowerer: &'p mut Lowerer<'a>,
    tokens: &'p [Token],
    at: usize,
    ty: &'p Ty,
    depth: u8,
}

/// Operators by how tightly they bind.
const LEVELS: [&[(&str, BinaryOp)]; 6] = [
    &[("|", BinaryOp::BitOr)],
    &[("^", BinaryOp::BitXor)],
    &[("&", BinaryOp::BitAnd)],
    &[("<<", BinaryOp::Shl), (">>", BinaryOp::Shr)],
    &[("+", BinaryOp::Add), ("-", BinaryOp::Sub)],
    &[
        ("*", BinaryOp::Mul),
        ("/", BinaryOp::Div),
        ("%", BinaryOp::Rem),
    ],
];

impl Parser<'_, '_> {
    fn op(&mut self, op: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Op(leak_free(op)));
        if found {
            self.at += 1;
        }
        found
    }

    fn binary(&mut self, level: usize) -> Option<(Expr, i128)> {
        let Some(ops) = LEVELS.get(level) else {
            return self.unary();
        };
        let (mut left, mut value) = self.binary(level + 1)?;
        'more: loop {
            for (text, op) in *ops {
                if self.op(text) {
                    let (right, by) = self.binary(level + 1)?;
                    value = apply(*op, value, by)?;
                    let kind = ExprKind::Binary(*op, Box::new(left), Box::new(right));
                    left = Expr {
                        kind,
                        ty: self.ty.clone(),
                        span: None,
                    };
                    continue 'more;
                }
            }
            return Some((left, value));
        }
    }

    fn unary(&mut self) -> Option<(Expr, i128)> {
        self.depth = self.depth.checked_add(1).filter(|&d| d < MAX_DEPTH)?;
        let result = self.unary_inner();
        self.depth = self.depth.saturating_sub(1);
        result
    }

    fn unary_inner(&mut self) -> Option<(Expr, i128)> {
        if self.op("(") {
            let inner = self.binary(0)?;
            return self.op(")").then_some(inner);
        }
        if self.op("-") {
            let (inner, value) = self.unary()?;
            let kind = ExprKind::Unary(UnaryOp::Neg, Box::new(inner));
            let ty = self.ty.clone();
            let expr = Expr {
                kind,
                ty,
                span: None,
            };
            return Some((expr, value.checked_neg()?));
        }
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Number(value) => Some((int(value, self.ty.clone(), None), value)),
            Token::Name(name) => self.lowerer.named(&name, self.ty),
            Token::Op(_) => None,
        }
    }
}

/// The operator as it stands in [`OPS`].
fn leak_free(op: &str) -> &'static str {
    OPS.into_iter().find(|known| *known == op).unwrap_or("")
}

fn apply(op: BinaryOp, a: i128, b: i128) -> Option<i128> {
    let shift = || u32::try_from(b).ok().filter(|&by| by < 64);
    match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Div => a.checked_div(b),
        BinaryOp::Rem => a.checked_rem(b),
        BinaryOp::BitAnd => Some(a & b),
        BinaryOp::BitOr => Some(a | b),
        BinaryOp::BitXor => Some(a ^ b),
        BinaryOp::Shl => a.checked_shl(shift()?),
        BinaryOp::Shr => a.checked_shr(shift()?),
    }
}
