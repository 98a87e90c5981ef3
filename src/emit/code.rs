//! Rust expressions as tokens that know how tightly they bind.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// How tightly an expression binds, from loosest to tightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are Rust's")]
pub enum Prec {
    /// `return`, `break`, closures, assignments.
    Lowest,
    Range,
    Or,
    And,
    Compare,
    BitOr,
    BitXor,
    BitAnd,
    Shift,
    Sum,
    Product,
    Cast,
    Unary,
    /// Calls, fields, paths, literals, blocks, macros.
    Postfix,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Code {
    tokens: TokenStream,
    prec: Prec,
}

impl Code {
    /// An expression that needs no parentheses anywhere but at the head of a statement.
    pub fn atom(tokens: TokenStream) -> Self {
        Self::new(tokens, Prec::Postfix)
    }

    /// An expression of that precedence.
    pub fn new(tokens: TokenStream, prec: Prec) -> Self {
        Self { tokens, prec }
    }

    /// Its tokens, in parentheses if it binds less tightly than `prec`.
    pub fn at(&self, prec: Prec) -> TokenStream {
        let tokens = &self.tokens;
        if self.prec < prec {
            quote!((#tokens))
        } else {
            tokens.clone()
        }
    }

    /// A binary operation; both operands are as tight as needed.
    pub fn binary(left: &Self, op: TokenStream, right: &Self, prec: Prec) -> Self {
        let next = match prec {
            // Comparisons don't chain.
            Prec::Compare => Prec::BitOr,
            _ => prec,
        };
        let left_prec = if op_starts_with_less(&op) {
            // `a as T < b` would begin generic arguments.
            next.max(if left.prec == Prec::Cast {
                Prec::Unary
            } else {
                next
            })
        } else {
            next
        };
        let left = left.at(left_prec);
        let right = right.at(tighter(prec));
        Self::new(quote!(#left #op #right), prec)
    }

    /// `self as ty`
    pub fn cast(&self, ty: &TokenStream) -> Self {
        let value = self.at(Prec::Cast);
        Self::new(quote!(#value as #ty), Prec::Cast)
    }

    /// `op self`
    pub fn unary(&self, op: TokenStream) -> Self {
        let value = self.at(Prec::Unary);
        Self::new(quote!(#op #value), Prec::Unary)
    }

    /// `self.tokens`
    pub fn dot(&self, tokens: TokenStream) -> Self {
        let value = self.at(Prec::Postfix);
        Self::atom(quote!(#value . #tokens))
    }

    /// `unsafe { self }`
    pub fn in_unsafe(&self) -> Self {
        let tokens = &self.tokens;
        Self::atom(quote!(unsafe { #tokens }))
    }
}

impl ToTokens for Code {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

fn op_starts_with_less(op: &TokenStream) -> bool {
    op.to_string().starts_with('<')
}

/// What the right side of a left-associative operator of that precedence needs.
fn tighter(prec: Prec) -> Prec {
    match prec {
        Prec::Lowest => Prec::Range,
        Prec::Range => Prec::Or,
        Prec::Or => Prec::And,
        Prec::And => Prec::Compare,
        Prec::Compare => Prec::BitOr,
        Prec::BitOr => Prec::BitXor,
        Prec::BitXor => Prec::BitAnd,
        Prec::BitAnd => Prec::Shift,
        Prec::Shift => Prec::Sum,
        Prec::Sum => Prec::Product,
        Prec::Product => Prec::Cast,
        Prec::Cast => Prec::Unary,
        Prec::Unary | Prec::Postfix => Prec::Postfix,
    }
}
