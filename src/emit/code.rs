//! Rust expressions as tokens that know how tightly they bind.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
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
    /// Whether the last thing in it is a type: `<` behind one would begin generic arguments.
    ends_with_type: bool,
}

impl Code {
    /// An expression that needs no parentheses anywhere but at the head of a statement.
    pub fn atom(tokens: TokenStream) -> Self {
        Self::new(tokens, Prec::Postfix)
    }

    /// An expression of that precedence.
    pub fn new(tokens: TokenStream, prec: Prec) -> Self {
        Self {
            tokens,
            prec,
            ends_with_type: prec == Prec::Cast,
        }
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

    /// Its tokens at the head of a statement, where Rust takes a block for all there is: what goes on
    /// behind one (`unsafe { x } as u32`) needs it in parentheses.
    pub fn at_head(&self) -> TokenStream {
        if self.prec == Prec::Postfix {
            return self.tokens.clone();
        }
        let mut rest = self.tokens.clone().into_iter().peekable();
        let mut head = TokenStream::new();
        let starts_with_block = match rest.peek() {
            Some(TokenTree::Ident(word)) => {
                *word == "unsafe" || *word == "if" || *word == "match" || *word == "loop"
            }
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        if !starts_with_block {
            return self.tokens.clone();
        }
        // A block in a condition isn't the end of its `if`, which has an `else`.
        let mut open = 0;
        while let Some(token) = rest.next() {
            if let TokenTree::Ident(word) = &token {
                open += i32::from(*word == "if") - i32::from(*word == "else");
            }
            let block = is_braces(&token) && open == 0;
            head.extend([token]);
            let goes_on = match rest.peek() {
                None => return self.tokens.clone(),
                Some(TokenTree::Ident(word)) => *word == "else",
                // Rust itself goes on behind a block with a method of it.
                Some(TokenTree::Punct(dot)) if dot.as_char() == '.' => return self.tokens.clone(),
                Some(_) => false,
            };
            if block && !goes_on {
                break;
            }
        }
        let rest: TokenStream = rest.collect();
        quote!((#head) #rest)
    }

    /// Its tokens before the `else` of a `let`, which Rust takes for that of a block's.
    pub fn before_else(&self) -> TokenStream {
        let tokens = &self.tokens;
        match tokens.clone().into_iter().last() {
            Some(last) if is_braces(&last) => quote!((#tokens)),
            _ => tokens.clone(),
        }
    }

    /// A binary operation; both operands are as tight as needed.
    pub fn binary(left: &Self, op: TokenStream, right: &Self, prec: Prec) -> Self {
        let next = match prec {
            // Comparisons don't chain.
            Prec::Compare => Prec::BitOr,
            _ => prec,
        };
        let left_prec = if left.ends_with_type && op_starts_with_less(&op) {
            Prec::Postfix
        } else {
            next
        };
        // Arithmetic inside of a shift, or of an operation on bits, is misread without parentheses:
        // clippy asks for them.
        let on_bits = matches!(
            prec,
            Prec::Shift | Prec::BitAnd | Prec::BitXor | Prec::BitOr
        );
        let least = |operand: &Self, needed: Prec| {
            if on_bits && matches!(operand.prec, Prec::Sum | Prec::Product) {
                needed.max(Prec::Cast)
            } else {
                needed
            }
        };
        let right_prec = least(right, tighter(prec));
        let ends_with_type = right.ends_with_type && right.prec >= right_prec;
        let left = left.at(least(left, left_prec));
        let right = right.at(right_prec);
        Self {
            tokens: quote!(#left #op #right),
            prec,
            ends_with_type,
        }
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
        let tokens = self.at_head();
        Self::atom(quote!(unsafe { #tokens }))
    }
}

impl ToTokens for Code {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Code {
        Code::atom(syn::parse_str(text).unwrap())
    }

    #[test]
    fn arithmetic_in_shifts() {
        let rest = Code::binary(&name("b"), quote!(%), &name("c"), Prec::Product);
        let shift = Code::binary(&name("a"), quote!(>>), &rest, Prec::Shift);
        assert_eq!(shift.to_token_stream().to_string(), "a >> (b % c)");
    }

    #[test]
    fn types_before_less() {
        let product = Code::binary(
            &name("a"),
            quote!(*),
            &name("b").cast(&quote!(u32)),
            Prec::Product,
        );
        let less = Code::binary(&product, quote!(<), &name("c"), Prec::Compare);
        assert_eq!(less.to_token_stream().to_string(), "(a * b as u32) < c");
        let more = Code::binary(&product, quote!(>), &name("c"), Prec::Compare);
        assert_eq!(more.to_token_stream().to_string(), "a * b as u32 > c");
    }

    #[test]
    fn blocks_at_the_head_of_a_statement() {
        let cast = name("a").in_unsafe().cast(&quote!(i32));
        let tokens = cast.at_head();
        syn::parse2::<syn::Block>(quote!({ #tokens })).unwrap();
        let block = Code::atom(quote!({
            let a = 1;
            a
        }))
        .cast(&quote!(i32));
        let tokens = block.in_unsafe().to_token_stream();
        syn::parse2::<syn::Expr>(tokens).unwrap();
    }
}
