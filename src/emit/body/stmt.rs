//! Statements.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Around, Body, Held, LoopForm, Pin, Returns, expr::self_typed, value};
use crate::{
    emit::{
        code::{Code, Prec},
        runtime::Module,
        types,
    },
    ir::{
        body::{
            Arm, BinaryOp, Block, Expr, ExprKind, Init, LabelId, LocalId, Place, PlaceKind, Stmt,
            StmtKind,
        },
        ty::Ty,
        walk::Visit,
    },
};

/// Variables larger than this many bytes aren't zeroed where C leaves them unwritten.
const SLOT: u64 = 64;

impl Body<'_> {
    /// A function's statements: the last `return` becomes its value.
    pub(super) fn stmts_in_function(&self, stmts: &[Stmt]) -> TokenStream {
        let body = self.tail(stmts);
        if self.function.ret != Ty::Unit && !Self::diverges(stmts) {
            // C may run off the end where no caller looks at the value.
            let zero = match self.returns {
                Returns::Value => self.root(|| self.zero(&self.function.ret, Pin::Context)),
                Returns::As(..) => Code::atom(quote!(0)),
            };
            return quote!(#body #zero);
        }
        body
    }

    /// Statements at the end of the function: `return x;` is `x`.
    fn tail(&self, stmts: &[Stmt]) -> TokenStream {
        let Some((last, before)) = stmts.split_last() else {
            return TokenStream::new();
        };
        match &last.kind {
            StmtKind::Return(value) => {
                let head = self.stmts(before);
                let notes = self.before(last);
                let value = value.as_ref().map(|value| self.returned(value).at_head());
                let after = self.after(last);
                // A comment behind the value would have no statement to stand behind.
                quote!(#head #notes #after #value)
            }
            StmtKind::If(cond, then, Some(other))
                if Self::diverges(&then.stmts)
                    && Self::diverges(&other.stmts)
                    && !self.takes_two(before, last) =>
            {
                let head = self.stmts(before);
                let notes = self.before(last);
                let cond = self.root(|| self.truth(cond));
                let (then, other) = (self.tail(&then.stmts), self.tail(&other.stmts));
                quote!(#head #notes if #cond { #then } else { #other })
            }
            StmtKind::Switch {
                label,
                value,
                arms,
                default: Some(default),
                ..
            } if Self::diverges(stmts) => {
                let head = self.stmts(before);
                let notes = self.before(last);
                let (scrutinee, ty) = self.scrutinee(value);
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
            _ => self.stmts(stmts),
        }
    }

    fn tail_block(&self, block: &Block) -> TokenStream {
        if block.trailing.is_empty() {
            return self.tail(&block.stmts);
        }
        self.block_stmts(block)
    }

    /// What a `match` looks at, and its type: an enumeration's number.
    fn scrutinee(&self, value: &Expr) -> (Code, Ty) {
        match (&value.kind, &value.ty) {
            (ExprKind::Cast(inner), _) if matches!(inner.ty, Ty::Enum(_)) => self.scrutinee(inner),
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
            _ => (
                self.root(|| self.expr(value, Pin::Itself)),
                value.ty.clone(),
            ),
        }
    }

    /// Whether the last two statements belong to one idiom.
    fn takes_two(&self, before: &[Stmt], last: &Stmt) -> bool {
        before.last().is_some_and(|previous| {
            self.tested_pointer(&[previous.clone(), last.clone()])
                .is_some()
        })
    }

    /// Statements in order.
    pub(super) fn stmts(&self, stmts: &[Stmt]) -> TokenStream {
        let mut out = TokenStream::new();
        let mut rest = stmts;
        while let Some((first, behind)) = rest.split_first() {
            if let Some(taken) = self
                .counted_loop(rest)
                .or_else(|| self.tested_pointer(rest))
                .or_else(|| self.read_variable(rest))
            {
                out.extend(taken.tokens);
                rest = rest.get(taken.count..).unwrap_or_default();
                continue;
            }
            out.extend(self.stmt(first, behind));
            rest = behind;
        }
        out
    }

    /// A block's statements and its last comments.
    pub(super) fn block_stmts(&self, block: &Block) -> TokenStream {
        let stmts = self.stmts(&block.stmts);
        let trailing = self.t.uses.comments(&block.trailing);
        quote!(#stmts #trailing)
    }

    /// Blank line and comments before a statement.
    pub(super) fn before(&self, stmt: &Stmt) -> TokenStream {
        let blank = stmt.notes.blank.then(|| quote!(__c2aya_blank!();));
        let comments = self.comments_only(stmt);
        quote!(#blank #comments)
    }

    /// Comments before a statement that has become a part of another.
    pub(super) fn comments_only(&self, stmt: &Stmt) -> TokenStream {
        self.t.uses.comments(&stmt.notes.before)
    }

    fn after(&self, stmt: &Stmt) -> TokenStream {
        stmt.notes
            .after
            .as_ref()
            .map(|comment| self.t.uses.comment_after(comment))
            .unwrap_or_default()
    }

    fn stmt(&self, stmt: &Stmt, rest: &[Stmt]) -> TokenStream {
        let before = self.before(stmt);
        let tokens = self.plain(stmt, rest);
        let after = self.after(stmt);
        quote!(#before #tokens #after)
    }

    fn plain(&self, stmt: &Stmt, rest: &[Stmt]) -> TokenStream {
        match &stmt.kind {
            StmtKind::Let(local, init) => self.declaration(*local, init.as_ref(), rest),
            StmtKind::Assign(place, value) => self.assign(place, value),
            StmtKind::AssignOp(place, op, value) => self.assign_op(place, *op, value),
            StmtKind::Expr(expr) => self.effect(expr),
            StmtKind::Block(label, block) => self.labelled(*label, block),
            StmtKind::If(cond, then, other) => {
                let cond = self.root(|| self.truth(cond));
                let then = self.block_stmts(then);
                let other = other.as_ref().map(|other| self.else_branch(other));
                quote!(if #cond { #then } #other)
            }
            StmtKind::Loop {
                label,
                cond,
                post_check,
                body,
                step,
            } => self.any_loop(*label, cond.as_ref(), *post_check, body, step),
            StmtKind::Switch {
                label,
                value,
                arms,
                default,
                default_at,
            } => self.switch(*label, value, arms, default.as_ref(), *default_at),
            StmtKind::Break(label) => self.leave(*label),
            StmtKind::Continue(label) => self.go_on(*label),
            StmtKind::Return(None) => quote!(return;),
            StmtKind::Return(Some(value)) => {
                let value = self.returned(value);
                quote!(return #value;)
            }
            StmtKind::Barrier(None) => {
                let function = self.t.uses.runtime(Module::Barrier, "barrier");
                quote!(#function();)
            }
            StmtKind::Barrier(Some(place)) => {
                let function = self.t.uses.runtime(Module::Barrier, "var");
                let target = self.place(place).code;
                let value = self.root(|| self.load_raw(place));
                quote!(#target = #function(#value);)
            }
            StmtKind::Unreachable => quote!(),
        }
    }

    /// `else { … }`, or `else if …` where that is all there is.
    pub(super) fn else_branch(&self, other: &Block) -> TokenStream {
        if let [only] = other.stmts.as_slice()
            && let StmtKind::If(cond, then, next) = &only.kind
            && only.notes.before.is_empty()
            && other.trailing.is_empty()
        {
            let cond = self.root(|| self.truth(cond));
            let then = self.block_stmts(then);
            let next = next.as_ref().map(|next| self.else_branch(next));
            return quote!(else if #cond { #then } #next);
        }
        let body = self.block_stmts(other);
        if body.is_empty() {
            return body;
        }
        quote!(else { #body })
    }

    fn returned(&self, value: &Expr) -> Code {
        match self.returns {
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

    fn declaration(&self, local: LocalId, init: Option<&Init>, rest: &[Stmt]) -> TokenStream {
        let ty = self.local_ty(local);
        let name = self.declared_name(local);
        let mutable = self.is_mutated(local).then(|| quote!(mut));
        self.hold(local, Held::Raw);
        match init {
            None => self.unwritten(local, &ty, rest),
            Some(Init::Expr(value)) => {
                let annotation = self.annotation(value, &ty);
                let value = match &ty {
                    Ty::Pointer { mutable, .. } => {
                        self.root(|| self.pointer_value(value, *mutable))
                    }
                    _ => self.root_expr(value),
                };
                quote!(let #mutable #name #annotation = #value;)
            }
            Some(init) => {
                let annotation = match (init, &ty) {
                    (Init::Array(_), _) => {
                        let ty = self.t.ty(&ty);
                        quote!(: #ty)
                    }
                    (
                        Init::Zero,
                        Ty::Int {
                            bits: 32,
                            signed: true,
                        },
                    ) => quote!(),
                    (Init::Zero, Ty::Int { .. } | Ty::Pointer { .. }) => {
                        let ty = self.t.ty(&ty);
                        quote!(: #ty)
                    }
                    (Init::Bytes(_), Ty::Pointer { .. }) => quote!(),
                    _ => quote!(),
                };
                let pin = if annotation.is_empty() {
                    Pin::Itself
                } else {
                    Pin::Context
                };
                let value = self.root(|| self.init(init, &ty, pin));
                quote!(let #mutable #name #annotation = #value;)
            }
        }
    }

    /// A pointer's value as its variable has it: `*const` or `*mut`.
    fn pointer_value(&self, value: &Expr, mutable: bool) -> Code {
        let code = self.pointer(value, mutable);
        match &value.kind {
            ExprKind::Decay(_) | ExprKind::AddressOf(_) => code,
            _ => code,
        }
    }

    pub(super) fn declared_name(&self, local: LocalId) -> proc_macro2::Ident {
        let name = self.name(local);
        if self.is_read(local) || name.to_string().starts_with('_') {
            return name;
        }
        format_ident!("_{}", name.to_string().trim_start_matches("r#"))
    }

    /// `: u32`, where the value doesn't say its type.
    fn annotation(&self, value: &Expr, ty: &Ty) -> TokenStream {
        let is_null =
            matches!(ty, Ty::Pointer { .. }) && matches!(strip(value).kind, ExprKind::Int(0));
        let erased = matches!(ty, Ty::Pointer { .. })
            && matches!(
                super::expr::strip_pointer_casts(value).kind,
                ExprKind::Helper(..)
                    | ExprKind::Str(_)
                    | ExprKind::Map(_)
                    | ExprKind::SyscallRegisters(_)
            );
        let untyped = !self_typed(value) && *ty != Ty::signed(32);
        let context = self
            .context
            .is_some_and(|c| c.object && super::pointers::loaded_local(value) == Some(c.local));
        if is_null || untyped || erased || context {
            let ty = self.t.ty(ty);
            quote!(: #ty)
        } else {
            TokenStream::new()
        }
    }

    /// A variable without a value.
    fn unwritten(&self, local: LocalId, ty: &Ty, _rest: &[Stmt]) -> TokenStream {
        let name = self.declared_name(local);
        let mutable = self.is_mutated(local).then(|| quote!(mut));
        let rust = self.t.ty(ty);
        let scalar = !matches!(ty, Ty::Record(_) | Ty::Array(..) | Ty::Opaque { .. });
        if scalar && !self.early.contains(&local) {
            return quote!(let #mutable #name: #rust;);
        }
        if !scalar && self.t.size(ty) > SLOT {
            self.t.uses.import("core::mem", "MaybeUninit");
            self.hold(local, Held::Slot);
            return quote! {
                let mut #name = MaybeUninit::<#rust>::uninit();
                let #name = unsafe { &mut *#name.as_mut_ptr() };
            };
        }
        let value = self.root(|| self.zero(ty, Pin::Itself));
        let annotation = matches!(ty, Ty::Pointer { .. }).then(|| quote!(: #rust));
        quote!(let #mutable #name #annotation = #value;)
    }

    fn assign(&self, place: &Place, value: &Expr) -> TokenStream {
        if let Some((base, record, index)) = self.bit_field(place) {
            let setter = format_ident!("set_{}", types::field_ident(record, index));
            if let Some(local) = super::declare::base_local(base) {
                self.mutate(local);
            }
            let (tokens, is_unsafe) = self.whole(|| {
                let value = self.expr(value, Pin::Context);
                let (followed, base) = (self.followed(base), self.place(base));
                let code = followed.unwrap_or(base.code).dot(quote!(#setter(#value)));
                let code = if base.is_unsafe {
                    self.operation(code)
                } else {
                    code
                };
                quote!(#code)
            });
            return if is_unsafe {
                quote!(unsafe { #tokens };)
            } else {
                quote!(#tokens;)
            };
        }
        if place.volatile && !matches!(place.kind, PlaceKind::Local(_)) {
            let code = self.root(|| {
                let pointer = self.raw_pointer_to(place, true);
                let value = self.expr(value, Pin::Context);
                self.operation(pointer.dot(quote!(write_volatile(#value))))
            });
            return quote!(#code;);
        }
        if let PlaceKind::Local(local) = place.kind
            && self.held(local) != Held::Slot
        {
            let name = self.declared_name(local);
            let value = self.root(|| self.stored(place, value));
            return quote!(#name = #value;);
        }
        self.write(place, |body| body.stored(place, value), quote!(=))
    }

    /// A value as its place has it: text is `u8`.
    fn stored(&self, place: &Place, value: &Expr) -> Code {
        if self.is_text(place) && matches!(place.ty, Ty::Int { signed: true, .. }) {
            return match &value.kind {
                ExprKind::Int(n) => value::byte(*n),
                ExprKind::Load(from) if self.is_text(from) => self.load_raw(from),
                ExprKind::Cast(inner) if matches!(inner.ty, Ty::Int { .. }) => {
                    if let ExprKind::Int(n) = inner.kind {
                        return value::byte(n);
                    }
                    self.expr(inner, Pin::Itself).cast(&quote!(u8))
                }
                _ => self.expr(value, Pin::Itself).cast(&quote!(u8)),
            };
        }
        match (&place.ty, &value.kind) {
            (Ty::Pointer { mutable, .. }, _) => self.pointer_value(value, *mutable),
            (_, ExprKind::Int(n)) if self.is_text(place) => value::byte(*n),
            _ => self.expr(value, Pin::Context),
        }
    }

    fn write(&self, place: &Place, value: impl Fn(&Self) -> Code, op: TokenStream) -> TokenStream {
        if let Some(local) = super::declare::base_local(place) {
            self.mutate_unless_slot(local);
        }
        let target = || self.written_place(place, true);
        // Writing a field of a union is safe, changing it reads it too.
        let changes = op.to_string() != "=";
        let target_is_unsafe = {
            let mode = self.mode.replace(super::Mode::Inside);
            let found = target();
            self.mode.set(mode);
            found.is_unsafe || (found.in_union && changes)
        };
        if !target_is_unsafe {
            let value = self.root(|| value(self));
            let target = target().code;
            return quote!(#target #op #value;);
        }
        let (tokens, _) = self.whole(|| {
            let value = value(self);
            let target = target().code;
            self.operations.set(self.operations.get() + 1);
            quote!(#target #op #value)
        });
        if self.mode.get() == super::Mode::Inside {
            quote!(#tokens;)
        } else {
            quote!(unsafe { #tokens };)
        }
    }

    pub(super) fn mutate_unless_slot(&self, local: LocalId) {
        if self.held(local) != Held::Slot {
            self.mutate(local);
        }
    }

    fn assign_op(&self, place: &Place, op: BinaryOp, value: &Expr) -> TokenStream {
        let negative = matches!(value.kind, ExprKind::Int(n) if n < 0);
        if matches!(place.ty, Ty::Pointer { .. }) {
            let by = match (op, &value.kind) {
                (BinaryOp::Sub, ExprKind::Int(n)) => Expr {
                    kind: ExprKind::Int(-n),
                    ..value.clone()
                },
                _ => value.clone(),
            };
            return self.write(
                place,
                |body| {
                    let pointer = body.load(place);
                    if op == BinaryOp::Sub && !matches!(by.kind, ExprKind::Int(_)) {
                        let by = body.as_usize(&by);
                        return pointer.dot(quote!(wrapping_sub(#by)));
                    }
                    let call = body.offset_call(&by);
                    pointer.dot(call)
                },
                quote!(=),
            );
        }
        let text = self.is_text(place) && matches!(place.ty, Ty::Int { signed: true, .. });
        let divides = matches!(op, BinaryOp::Div | BinaryOp::Rem)
            && !matches!(value.kind, ExprKind::Int(n) if n != 0 && n != -1);
        let odd = text
            && !matches!(
                op,
                BinaryOp::Add
                    | BinaryOp::Sub
                    | BinaryOp::BitAnd
                    | BinaryOp::BitOr
                    | BinaryOp::BitXor
            );
        if self.bit_field(place).is_some() || divides || odd || place.volatile {
            let sum = Expr {
                kind: ExprKind::Binary(op, Box::new(load_of(place)), Box::new(value.clone())),
                ty: place.ty.clone(),
                span: None,
            };
            return self.assign(place, &sum);
        }
        let op = match (op, negative) {
            (BinaryOp::Add, true) => quote!(-=),
            (BinaryOp::Sub, true) => quote!(+=),
            (BinaryOp::Add, _) => quote!(+=),
            (BinaryOp::Sub, _) => quote!(-=),
            (BinaryOp::Mul, _) => quote!(*=),
            (BinaryOp::Div, _) => quote!(/=),
            (BinaryOp::Rem, _) => quote!(%=),
            (BinaryOp::BitAnd, _) => quote!(&=),
            (BinaryOp::BitOr, _) => quote!(|=),
            (BinaryOp::BitXor, _) => quote!(^=),
            (BinaryOp::Shl, _) => quote!(<<=),
            (BinaryOp::Shr, _) => quote!(>>=),
        };
        let flips = negative && matches!(op.to_string().as_str(), "-=" | "+=");
        let right = match &value.kind {
            ExprKind::Int(n) if flips => Expr {
                kind: ExprKind::Int(-n),
                ..value.clone()
            },
            _ => value.clone(),
        };
        let is_shift = matches!(op.to_string().as_str(), "<<=" | ">>=");
        self.write(
            place,
            |body| {
                if is_shift {
                    body.shift_count(&right)
                } else if text {
                    body.stored(place, &right)
                } else {
                    body.expr(&right, Pin::Context)
                }
            },
            op,
        )
    }

    /// An expression for its effects.
    fn effect(&self, expr: &Expr) -> TokenStream {
        if let Some(tokens) = self.release(expr).or_else(|| self.effect_call(expr)) {
            return tokens;
        }
        match &expr.kind {
            ExprKind::Cast(inner) => self.effect(inner),
            ExprKind::Atomic(op, at, args) => {
                let code = self.root(|| self.atomic(*op, at, args, &expr.ty, false));
                quote!(#code;)
            }
            ExprKind::Block(stmts, value) => {
                let stmts = self.stmts(stmts);
                let value = self.effect(value);
                quote!({ #stmts #value })
            }
            ExprKind::Conditional(cond, then, other) => {
                let cond = self.root(|| self.truth(cond));
                let (then, other) = (self.effect(then), self.effect(other));
                if other.is_empty() {
                    return quote!(if #cond { #then });
                }
                quote!(if #cond { #then } else { #other })
            }
            ExprKind::And(cond, then) => {
                let cond = self.root(|| self.truth(cond));
                let then = self.effect(then);
                quote!(if #cond { #then })
            }
            ExprKind::Call(..)
            | ExprKind::Helper(..)
            | ExprKind::Printk(..)
            | ExprKind::Snprintf(..)
            | ExprKind::SeqPrintf(..)
            | ExprKind::Builtin(..)
            | ExprKind::Asm(..) => {
                let code = self.root_expr(expr);
                quote!(#code;)
            }
            ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Constant(_) => TokenStream::new(),
            ExprKind::Load(place)
                if !place.volatile && super::declare::base_local(place).is_some() =>
            {
                // `(void)x;`
                TokenStream::new()
            }
            _ => {
                let code = self.root_expr(expr);
                quote!(let _ = #code;)
            }
        }
    }

    fn labelled(&self, label: Option<LabelId>, block: &Block) -> TokenStream {
        let Some(label) = label else {
            let body = self.block_stmts(block);
            return quote!({ #body });
        };
        let mut block = block.clone();
        strip_tail(&mut block.stmts, label);
        self.around.borrow_mut().push(Around::Block(label));
        let body = self.block_stmts(&block);
        self.around.borrow_mut().pop();
        if leaves(&block.stmts, label) {
            let label = self.label(label);
            quote!(#label: { #body })
        } else {
            quote!({ #body })
        }
    }

    fn switch(
        &self,
        label: LabelId,
        value: &Expr,
        arms: &[Arm],
        default: Option<&Block>,
        _at: usize,
    ) -> TokenStream {
        let (scrutinee, value_ty) = self.scrutinee(value);
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
        for (arm, block) in arms.iter().zip(&stripped) {
            let patterns: Vec<_> = arm
                .values
                .iter()
                .map(|(low, high)| self.pattern(low, high, &value_ty))
                .collect();
            let notes = self.t.uses.comments(&arm.notes.before);
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
                _ => {
                    let n = self
                        .constant_value(e)
                        .or_else(|| self.enum_value(inner))
                        .unwrap_or_default();
                    let (bits, signed) = match ty {
                        Ty::Int { bits, signed } => (*bits, *signed),
                        _ => (32, true),
                    };
                    let code = self.literal(value::wrap(n, bits, signed), ty, Pin::Context);
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

    fn leave(&self, label: LabelId) -> TokenStream {
        let around = self.around.borrow();
        if let Some(Around::Loop(innermost, _)) = around.last()
            && *innermost == label
        {
            return quote!(break;);
        }
        drop(around);
        self.facts.borrow_mut().labels.insert(label);
        let label = self.label(label);
        quote!(break #label;)
    }

    fn go_on(&self, label: LabelId) -> TokenStream {
        let around = self.around.borrow();
        let form = around.iter().find_map(|a| match a {
            Around::Loop(l, form) if *l == label => Some(*form),
            _ => None,
        });
        if form == Some(LoopForm::Stepped) {
            let next = self.next_label(label);
            return quote!(break #next;);
        }
        if let Some(Around::Loop(innermost, _)) = around.last()
            && *innermost == label
        {
            return quote!(continue;);
        }
        drop(around);
        self.facts.borrow_mut().labels.insert(label);
        let label = self.label(label);
        quote!(continue #label;)
    }
}

fn load_of(place: &Place) -> Expr {
    Expr {
        kind: ExprKind::Load(Box::new(place.clone())),
        ty: place.ty.clone(),
        span: None,
    }
}

fn strip(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner) => strip(inner),
        _ => expr,
    }
}

/// Takes away jumps to where control goes anyway.
fn strip_tail(stmts: &mut Vec<Stmt>, label: LabelId) {
    let Some(last) = stmts.last_mut() else {
        return;
    };
    match &mut last.kind {
        StmtKind::Break(l) if *l == label && last.notes.before.is_empty() => {
            stmts.pop();
        }
        StmtKind::If(_, then, other) => {
            strip_tail(&mut then.stmts, label);
            if let Some(other) = other {
                strip_tail(&mut other.stmts, label);
            }
        }
        StmtKind::Block(_, block) => strip_tail(&mut block.stmts, label),
        _ => {}
    }
}

/// Whether any statement leaves the one with that label.
pub(super) fn leaves(stmts: &[Stmt], label: LabelId) -> bool {
    jumps(
        stmts,
        |kind| matches!(kind, StmtKind::Break(l) if *l == label),
    )
}

/// Whether any statement goes on with the loop of that label.
pub(super) fn continues(stmts: &[Stmt], label: LabelId) -> bool {
    jumps(
        stmts,
        |kind| matches!(kind, StmtKind::Continue(l) if *l == label),
    )
}

fn jumps(stmts: &[Stmt], test: impl Fn(&StmtKind) -> bool) -> bool {
    struct Finder<F>(F, bool);
    impl<F: Fn(&StmtKind) -> bool> Visit for Finder<F> {
        fn stmt(&mut self, stmt: &Stmt) {
            self.1 |= (self.0)(&stmt.kind);
            self.stmt_parts(stmt);
        }
    }
    let mut finder = Finder(test, false);
    stmts.iter().for_each(|s| finder.stmt(s));
    finder.1
}

impl Code {
    /// Keeps `Prec` in use where a statement begins with a block.
    #[allow(dead_code, reason = "for statements that begin with a block")]
    fn head(&self) -> TokenStream {
        self.at(Prec::Lowest)
    }
}
