//! The ends of functions, and switches.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{
    Around, Body, Pin, Returns, loops,
    stmt::{self, leaves, strip, strip_tail},
    value,
};
use crate::{
    emit::{code::Code, number::character},
    ir::{
        Comment, EnumId, Notes,
        body::{Arm, Block, Expr, ExprKind, LabelId, Stmt, StmtKind},
        ty::Ty,
    },
};

impl Body<'_> {
    /// A function's statements and last comments: the last `return` becomes its value.
    pub(super) fn stmts_in_function(&self, stmts: &[Stmt]) -> TokenStream {
        let trailing = &self.function.trailing;
        if Self::diverges(stmts) {
            return self.tail_behind(stmts, trailing);
        }
        let body = self.tail(stmts);
        let trailing = self.t.uses.comments(trailing);
        let has_value = self.function.ret != Ty::Unit || matches!(self.returns, Returns::As(..));
        if has_value && !Self::diverges(stmts) {
            // C may run off the end where no caller looks at the value.
            let zero = match self.returns {
                Returns::Value => self.root(|| self.zero(&self.function.ret, Pin::Context)),
                Returns::As(..) => Code::atom(quote!(0)),
                Returns::Optional | Returns::NonNull => Code::atom(quote!(None)),
            };
            return quote!(#body #trailing #zero);
        }
        quote!(#body #trailing)
    }

    /// Statements at the end of the function: `return x;` is `x`.
    pub(super) fn tail(&self, stmts: &[Stmt]) -> TokenStream {
        let (head, left) = self.stmts_but(1, stmts);
        let [last] = left else {
            return head;
        };
        match &last.kind {
            StmtKind::Return(value) => {
                let notes = self.before(last);
                let value = self.returned_or_zero(value.as_ref());
                let value = value.map(|value| value.at_head());
                // Behind the value there is no statement for a comment to stand behind.
                let after: Vec<_> = last.notes.after.iter().cloned().collect();
                let after = self.t.uses.comments(&after);
                quote!(#head #notes #after #value)
            }
            StmtKind::If(cond, then, Some(other))
                if Self::diverges(&then.stmts) && Self::diverges(&other.stmts) =>
            {
                let notes = self.before(last);
                let cond = self.root(|| self.truth(cond));
                let goes_on = is_else_if(other);
                let (then, other) = (self.tail_block(then), self.tail_block(other));
                let other = if goes_on { other } else { quote!({ #other }) };
                quote!(#head #notes if #cond { #then } else #other)
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default: Some(default),
                ..
            } if Self::diverges(stmts) => {
                let notes = self.before(last);
                let (scrutinee, ty) = self.scrutinee(value, arms);
                self.around.borrow_mut().push(Around::Block(*label));
                let arms: Vec<TokenStream> = arms
                    .iter()
                    .map(|arm| {
                        let patterns = arm
                            .values
                            .iter()
                            .map(|(low, high)| self.pattern(low, high, &ty));
                        let notes = self.t.uses.comments(&arm.notes.before);
                        let body = self.tail_block(&arm.body);
                        quote!(#(#patterns)|* => { #notes #body })
                    })
                    .collect();
                let rest = self.tail_block(default);
                self.around.borrow_mut().pop();
                quote!(#head #notes match #scrutinee { #(#arms)* _ => { #rest } })
            }
            _ => {
                let last = self.stmts(std::slice::from_ref(last));
                quote!(#head #last)
            }
        }
    }

    fn tail_block(&self, block: &Block) -> TokenStream {
        if Self::diverges(&block.stmts) {
            return self.tail_behind(&block.stmts, &block.trailing);
        }
        self.block_stmts(block)
    }

    /// Statements that end in a value, and the comments behind it, for which there is no place.
    fn tail_behind(&self, stmts: &[Stmt], trailing: &[Comment]) -> TokenStream {
        if trailing.is_empty() {
            return self.tail(stmts);
        }
        let mut stmts = stmts.to_vec();
        if let Some(last) = stmts.last_mut() {
            let after = last.notes.after.take();
            last.notes.before.extend(after);
            last.notes.before.extend(trailing.iter().cloned());
        }
        self.tail(&stmts)
    }

    /// The value of a `return`; a program whose C has none gives 0.
    pub(super) fn returned_or_zero(&self, value: Option<&Expr>) -> Option<Code> {
        match (value, self.returns) {
            (Some(value), _) => Some(self.returned(value)),
            (None, Returns::As(..)) => Some(Code::atom(quote!(0))),
            (None, Returns::Value | Returns::Optional | Returns::NonNull) => None,
        }
    }

    pub(super) fn returned(&self, value: &Expr) -> Code {
        match self.returns {
            Returns::Optional => self.root(|| {
                self.found(value)
                    .unwrap_or_else(|| match &strip(value).kind {
                        ExprKind::Int(_) => Code::atom(quote!(None)),
                        // Only of a variable it is known that it isn't null: of a lookup for which
                        // Aya has no method, as in a map that is looked up itself, nothing is.
                        ExprKind::Helper(..) => {
                            self.t.uses.import("core::ptr", "NonNull");
                            let pointer = self.pointer(value, true);
                            Code::atom(quote!(NonNull::new(#pointer)))
                                .dot(quote!(map(NonNull::as_ptr)))
                        }
                        _ => {
                            let pointer = self.pointer(value, true);
                            Code::atom(quote!(Some(#pointer)))
                        }
                    })
            }),
            Returns::NonNull => self.root(|| self.non_null(value)),
            Returns::Value => match &value.ty {
                Ty::Pointer { mutable, .. } => self.root(|| self.pointer(value, *mutable)),
                _ => self.root_expr(value),
            },
            Returns::As(bits, signed) => {
                let ty = Ty::Int { bits, signed };
                match self.constant_value(value) {
                    Some(n) if matches!(strip(value).kind, ExprKind::Int(_)) => {
                        self.literal(value::wrap(n, bits, signed), &ty, Pin::Context)
                    }
                    _ if value.ty == ty => self.root_expr(value),
                    _ => self.root(|| self.cast(value, &ty, Pin::Context)),
                }
            }
        }
    }

    /// A pointer that may be null, as an `Option<NonNull<T>>`.
    fn non_null(&self, value: &Expr) -> Code {
        self.t.uses.import("core::ptr", "NonNull");
        match &value.kind {
            ExprKind::Call(id, args) if self.t.borrows.is_non_null(*id) => {
                self.bare_call(*id, args)
            }
            _ if matches!(strip(value).kind, ExprKind::Int(_)) => Code::atom(quote!(None)),
            _ => match self.found(value) {
                Some(found) => found.dot(quote!(and_then(NonNull::new))),
                None => {
                    let pointer = self.pointer(value, true);
                    Code::atom(quote!(NonNull::new(#pointer)))
                }
            },
        }
    }

    /// What a `match` looks at, and its type: an enumeration, or its number where no arm has a name
    /// of it.
    fn scrutinee(&self, value: &Expr, arms: &[Arm]) -> (Code, Ty) {
        match (&value.kind, &value.ty) {
            (ExprKind::Cast(inner), _) if matches!(inner.ty, Ty::Enum(_)) => {
                self.scrutinee(inner, arms)
            }
            (_, Ty::Enum(id)) if names(arms, *id) => (
                self.root(|| self.expr(value, Pin::Itself)),
                value.ty.clone(),
            ),
            (_, Ty::Enum(id)) => {
                let ty = self.t.object.enums.get(id.0 as usize).map_or_else(
                    || Ty::unsigned(32),
                    |e| Ty::Int {
                        bits: e.bits,
                        signed: e.signed,
                    },
                );
                (self.root(|| self.enum_number(value)), ty)
            }
            // Characters are bytes in Rust, and no pattern converts them.
            (
                _,
                Ty::Int {
                    bits: 8,
                    signed: true,
                },
            ) if self.has_characters(arms) => {
                let byte = Ty::unsigned(8);
                (self.root(|| self.cast(value, &byte, Pin::Itself)), byte)
            }
            _ => (
                self.root(|| self.expr(value, Pin::Itself)),
                value.ty.clone(),
            ),
        }
    }

    /// Whether a pattern of these arms is a character, and none is negative.
    fn has_characters(&self, arms: &[Arm]) -> bool {
        let values = || {
            let values = arms.iter().flat_map(|arm| &arm.values);
            values.flat_map(|(low, high)| [low, high])
        };
        values().any(|e| self.is_character(e))
            && values().all(|e| self.pattern_number(e).is_some_and(|n| n >= 0))
    }

    fn is_character(&self, e: &Expr) -> bool {
        let n = self.pattern_number(e);
        n.is_some_and(|n| character(self.t.object, n, e.span).is_some())
    }

    pub(super) fn switch(
        &self,
        label: LabelId,
        value: &Expr,
        arms: &[Arm],
        default: Option<&Block>,
    ) -> TokenStream {
        let (scrutinee, value_ty) = self.scrutinee(value, arms);
        let stripped: Vec<Block> = arms
            .iter()
            .map(|arm| &arm.body)
            .chain(default)
            .map(|block| {
                let mut block = block.clone();
                strip_tail(&mut block.stmts, label);
                block
            })
            .collect();
        let left = stripped.iter().any(|block| leaves(&block.stmts, label));
        self.around.borrow_mut().push(Around::Block(label));
        let mut out = TokenStream::new();
        let nothing_else = stripped
            .get(arms.len())
            .is_none_or(|rest| rest.stmts.is_empty() && rest.trailing.is_empty());
        for (arm, block) in arms.iter().zip(&stripped) {
            let patterns: Vec<_> = arm
                .values
                .iter()
                .map(|(low, high)| self.pattern(low, high, &value_ty))
                .collect();
            let notes = self.t.uses.comments(&arm.notes.before);
            if let ([only], true) = (block.stmts.as_slice(), nothing_else && notes.is_empty())
                && let StmtKind::If(cond, then, None) = &only.kind
                && only.notes == Notes::default()
                // rustc lets no guard change what is matched.
                && !loops::has_statements(cond)
                && block.trailing.is_empty()
            {
                let (cond, then) = stmt::joined(cond, then, None);
                let cond = self.root(|| self.truth(&cond));
                let body = self.block_stmts(then);
                out.extend(quote!(#(#patterns)|* if #cond => { #body }));
                continue;
            }
            let body = self.block_stmts(block);
            // A jump alone needs no braces.
            if let (
                [
                    Stmt {
                        kind: StmtKind::Break(label),
                        ..
                    },
                ],
                true,
            ) = (
                block.stmts.as_slice(),
                notes.is_empty() && block.trailing.is_empty(),
            ) {
                let jump: TokenStream = self
                    .leave(*label)
                    .into_iter()
                    .take_while(|token| token.to_string() != ";")
                    .collect();
                out.extend(quote!(#(#patterns)|* => #jump,));
                continue;
            }
            out.extend(quote!(#(#patterns)|* => { #notes #body }));
        }
        let rest = match (default, stripped.last()) {
            (Some(_), Some(block)) => self.block_stmts(block),
            _ => TokenStream::new(),
        };
        out.extend(quote!(_ => { #rest }));
        self.around.borrow_mut().pop();
        if left {
            let label = self.label(label);
            quote!(#label: { match #scrutinee { #out } })
        } else {
            quote!(match #scrutinee { #out })
        }
    }

    /// A pattern: a name where the C has one, or a number.
    fn pattern(&self, low: &Expr, high: &Expr, ty: &Ty) -> TokenStream {
        let one = |e: &Expr| -> TokenStream {
            let inner = strip(e);
            match &inner.kind {
                ExprKind::Constant(id) if self.t.constants.get(*id).is(ty) => {
                    let name = self.constant_name(*id);
                    quote!(#name)
                }
                ExprKind::EnumConstant(id, index) if *ty == Ty::Enum(*id) => {
                    let code = self.enum_constant(*id, *index, ty);
                    quote!(#code)
                }
                _ => {
                    let n = self
                        .constant_value(e)
                        .or_else(|| self.enum_value(inner))
                        .unwrap_or_default();
                    let (bits, signed) = match ty {
                        Ty::Int { bits, signed } => (*bits, *signed),
                        Ty::Enum(id) => self
                            .t
                            .object
                            .enums
                            .get(id.0 as usize)
                            .map_or_else(|| (32, true), |found| (found.bits, found.signed)),
                        _ => (32, true),
                    };
                    let plain = *ty == Ty::unsigned(8) || !self.is_character(e);
                    let span = e.span.filter(|_| plain);
                    let code =
                        self.literal_at(value::wrap(n, bits, signed), ty, Pin::Context, span);
                    quote!(#code)
                }
            }
        };
        let (a, b) = (one(low), one(high));
        if a.to_string() == b.to_string() {
            return a;
        }
        // An enumeration's values aren't ordered, the numbers that they hold are.
        match (ty, self.pattern_number(low), self.pattern_number(high)) {
            (Ty::Enum(_), Some(low), Some(high)) => {
                let name = self.t.ty(ty);
                let low = Literal::i128_unsuffixed(low);
                let high = Literal::i128_unsuffixed(high);
                quote!(#name(#low..=#high))
            }
            _ => quote!(#a..=#b),
        }
    }

    fn pattern_number(&self, expr: &Expr) -> Option<i128> {
        self.constant_value(expr)
            .or_else(|| self.enum_value(strip(expr)))
    }

    fn enum_value(&self, expr: &Expr) -> Option<i128> {
        let ExprKind::EnumConstant(id, index) = expr.kind else {
            return None;
        };
        let constants = &self.t.object.enums.get(id.0 as usize)?.constants;
        Some(constants.get(index as usize)?.value)
    }
}

/// Whether a branch that doesn't come back is another `if` and nothing else.
fn is_else_if(other: &Block) -> bool {
    other.trailing.is_empty()
        && matches!(other.stmts.as_slice(), [only] if matches!(only.kind, StmtKind::If(_, _, Some(_)))
        && only.notes == Notes::default())
}

/// Whether a pattern of these arms is a constant of the enumeration.
fn names(arms: &[Arm], id: EnumId) -> bool {
    let mut values = arms.iter().flat_map(|arm| &arm.values);
    let named = |e: &Expr| matches!(strip(e).kind, ExprKind::EnumConstant(of, _) if of == id);
    values.any(|(low, high)| named(low) || named(high))
}
