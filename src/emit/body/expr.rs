//! Expressions.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Pin, value};
use crate::emit::runtime::Module;
use crate::{
    emit::code::{Code, Prec},
    ir::{
        ConstantId, ConstantValue, Item, Object, PathPart, RecordId,
        body::{BinaryOp, CompareOp, Expr, ExprKind, PlaceKind, Register, RegisterAccess, UnaryOp},
        ty::Ty,
    },
};

impl Body<'_> {
    /// An expression.
    pub(super) fn expr(&self, expr: &Expr, pin: Pin) -> Code {
        match &expr.kind {
            ExprKind::Int(n) => self.literal_at(*n, &expr.ty, pin, expr.span),
            ExprKind::Bool(truth) => Code::atom(quote!(#truth)),
            ExprKind::Constant(id) => self.constant(*id, &expr.ty),
            ExprKind::EnumConstant(id, index) => self.enum_constant(*id, *index, &expr.ty),
            ExprKind::SizeOf(ty) => {
                let wanted = self.t.ty(&expr.ty);
                self.size_of(ty).cast(&wanted)
            }
            ExprKind::OffsetOf(bytes, record, path) => match self.offset_of(*record, path) {
                Some(offset) => offset.cast(&self.t.ty(&expr.ty)),
                None => self.literal(i128::from(*bytes), &expr.ty, Pin::Itself),
            },
            ExprKind::Load(place) => self.load_value(place, &expr.ty),
            ExprKind::Str(_)
            | ExprKind::AddressOf(_)
            | ExprKind::Decay(_)
            | ExprKind::Offset(..) => {
                let mutable = matches!(expr.ty, Ty::Pointer { mutable: true, .. });
                self.pointer(expr, mutable)
            }
            ExprKind::Map(id) => self.map_pointer(*id),
            ExprKind::Function(id) => {
                let name = self.t.names.function(*id);
                Code::atom(quote!(#name))
            }
            ExprKind::Unary(op, value) => match op {
                UnaryOp::Neg if self.is_signed_quotient(value) => {
                    self.negated_quotient(value).unary(quote!(-))
                }
                UnaryOp::Neg if matches!(expr.ty, Ty::Int { signed: true, .. }) => {
                    self.expr(value, pin).unary(quote!(-))
                }
                UnaryOp::Neg => self.expr(value, Pin::Itself).dot(quote!(wrapping_neg())),
                UnaryOp::BitNot => self.expr(value, pin).unary(quote!(!)),
            },
            ExprKind::Not(value) => self.not(value),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, pin),
            ExprKind::Distance(left, right) => self.distance(left, right),
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right),
            ExprKind::And(left, right) => self.between(left, right, false).unwrap_or_else(|| {
                Code::binary(&self.truth(left), quote!(&&), &self.truth(right), Prec::And)
            }),
            ExprKind::Or(left, right) => self.between(left, right, true).unwrap_or_else(|| {
                Code::binary(&self.truth(left), quote!(||), &self.truth(right), Prec::Or)
            }),
            ExprKind::Conditional(cond, then, other)
                if let Some(code) = self.moving_field(cond, then, other) =>
            {
                code
            }
            ExprKind::Conditional(cond, then, other) => {
                let cond = self.truth(cond);
                let arm = |value: &Expr| match &value.kind {
                    // The branch itself is a block.
                    ExprKind::Block(stmts, last) => {
                        let stmts = self.stmts_of_value(stmts, last);
                        let last = self.expr(last, pin).at_head();
                        quote!(#stmts #last)
                    }
                    _ => self.expr(value, pin).at_head(),
                };
                let (then, goes_on) = (arm(then), matches!(other.kind, ExprKind::Conditional(..)));
                let other = arm(other);
                let other = if goes_on { other } else { quote!({ #other }) };
                Code::new(quote!(if #cond { #then } else #other), Prec::Lowest)
            }
            ExprKind::Cast(value)
                if expr.ty == Ty::signed(32)
                    && let Some(code) = self.result_value(value) =>
            {
                code
            }
            ExprKind::Cast(value) => self.cast(value, &expr.ty, pin),
            ExprKind::Block(stmts, value) => {
                let stmts = self.stmts_of_value(stmts, value);
                let value = self.expr(value, pin).at_head();
                Code::atom(quote!({ #stmts #value }))
            }
            ExprKind::Call(id, args) => self.call(*id, args),
            ExprKind::CallParam(local, args) => self.call_param(*local, args),
            ExprKind::Helper(id, name, args) => match self.result_value(expr) {
                Some(code) => Code::atom(quote!(i64::from(#code))),
                None => self.helper(*id, name, args, &expr.ty),
            },
            ExprKind::Printk(format, args) => self.printk(format, args),
            ExprKind::Snprintf(to, size, format, args) => self.snprintf(to, size, format, args),
            ExprKind::SeqPrintf(seq, format, args) => self.seq_printf(seq, format, args),
            ExprKind::ProbeRead(space, address) => self.probe_read(*space, address, &expr.ty),
            ExprKind::CoreAddress(base, id) => {
                let code = self.core_address(base, *id, &expr.ty);
                match expr.ty {
                    Ty::Pointer { mutable: true, .. } => code.dot(quote!(cast_mut())),
                    _ => code,
                }
            }
            ExprKind::CoreValue(id) => self.core_value(*id, &expr.ty),
            ExprKind::CoreBitfield(base, bits, probed) => {
                self.core_bitfield(base, bits, *probed, &expr.ty)
            }
            ExprKind::Atomic(op, at, args) => self.atomic(*op, at, args, &expr.ty, true),
            ExprKind::Builtin(builtin, args) => self.builtin(*builtin, args, &expr.ty),
            ExprKind::Register(regs, register, access) => {
                self.register(regs, *register, *access, &expr.ty)
            }
            ExprKind::SyscallRegisters(regs) => {
                let word = self.register(
                    regs,
                    Register::Parameter(0),
                    RegisterAccess::Direct,
                    &Ty::unsigned(64),
                );
                word.cast(&self.t.ty(&expr.ty))
            }
            ExprKind::Asm(text, args) => self.asm(text, args, &expr.ty),
        }
    }

    fn load_value(&self, place: &crate::ir::body::Place, _ty: &Ty) -> Code {
        if let PlaceKind::Local(id) = place.kind
            && let Some(context) = self.context
            && context.local == id
        {
            return self.context_pointer(&place.ty);
        }
        self.load(place)
    }

    fn constant(&self, id: crate::ir::ConstantId, ty: &Ty) -> Code {
        let name = self.constant_name(id);
        let code = Code::atom(quote!(#name));
        match ty {
            Ty::Int { .. } if self.t.constants.get(id).is(ty) => code,
            Ty::Int { .. } => code.cast(&self.t.ty(ty)),
            Ty::Pointer { .. } => Code::atom(quote!(#name.as_ptr().cast::<u8>())),
            Ty::Bool => Code::binary(&code, quote!(!=), &Code::atom(quote!(0)), Prec::Compare),
            Ty::Enum(_) => {
                let (ty, repr) = (self.t.ty(ty), self.repr(ty));
                Code::atom(quote!(#ty(#name as #repr)))
            }
            _ => code,
        }
    }

    pub(super) fn enum_constant(&self, id: crate::ir::EnumId, index: u32, ty: &Ty) -> Code {
        let _ = self.t.ty(&Ty::Enum(id));
        let (enumeration, constant) = (
            self.t.names.enumeration(id),
            self.t.names.enum_constant(id, index as usize),
        );
        let code = Code::atom(quote!(#enumeration::#constant));
        match ty {
            Ty::Enum(wanted) if *wanted == id => code,
            Ty::Enum(_) => {
                let (ty, repr) = (self.t.ty(ty), self.repr(ty));
                Code::atom(quote!(#ty(#code.0 as #repr)))
            }
            _ => {
                let number = code.dot(quote!(0));
                if self.repr(&Ty::Enum(id)).to_string() == self.t.ty(ty).to_string() {
                    number
                } else {
                    number.cast(&self.t.ty(ty))
                }
            }
        }
    }

    /// `offset_of!(record, path)`, if Rust can say it.
    pub(super) fn offset_of(&self, record: RecordId, path: &[PathPart]) -> Option<Code> {
        let names: Option<Vec<_>> = path
            .iter()
            .map(|part| match part {
                PathPart::Field(name) => Some(crate::emit::names::ident(
                    &crate::emit::types::field_name(name),
                )),
                PathPart::Index(_) => None,
            })
            .collect();
        let emitted = self.t.record(record).is_some_and(|r| r.fields.is_some());
        let names = names.filter(|_| emitted)?;
        self.t.uses.import("core::mem", "offset_of");
        let record = self.t.ty(&Ty::Record(record));
        Some(Code::atom(quote!(offset_of!(#record, #(#names).*))))
    }

    fn not(&self, value: &Expr) -> Code {
        match &value.kind {
            ExprKind::Not(inner) => self.truth(inner),
            ExprKind::Compare(op, left, right) => {
                let op = match op {
                    CompareOp::Eq => CompareOp::Ne,
                    CompareOp::Ne => CompareOp::Eq,
                    CompareOp::Lt => CompareOp::Ge,
                    CompareOp::Le => CompareOp::Gt,
                    CompareOp::Gt => CompareOp::Le,
                    CompareOp::Ge => CompareOp::Lt,
                };
                self.compare(op, left, right)
            }
            ExprKind::Cast(inner) => match &inner.ty {
                Ty::Pointer { .. } => self
                    .finds(inner, false)
                    .unwrap_or_else(|| self.expr(inner, Pin::Itself).dot(quote!(is_null()))),
                Ty::Int { .. } | Ty::Enum(_) => {
                    let zero = Expr {
                        kind: ExprKind::Int(0),
                        ty: inner.ty.clone(),
                        span: None,
                    };
                    self.compare(CompareOp::Eq, inner, &zero)
                }
                _ => self.truth(inner).unary(quote!(!)),
            },
            _ => self.truth(value).unary(quote!(!)),
        }
    }

    /// Whether Rust's operator divides a value of the type `ty` as C's does, without a panic.
    ///
    /// BPF divides signed numbers since version 4 only; LLVM makes shifts of powers of two.
    pub(super) fn divides_plainly(&self, ty: &Ty, by: &Expr) -> bool {
        let shifts = !matches!(ty, Ty::Int { signed: true, .. })
            || matches!(self.constant_value(by), Some(n) if n > 0 && n & (n - 1) == 0);
        is_nonzero(self.t.object, by) && shifts
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, pin: Pin) -> Code {
        let (tokens, prec) = match op {
            BinaryOp::Add => (quote!(+), Prec::Sum),
            BinaryOp::Sub => (quote!(-), Prec::Sum),
            BinaryOp::Mul => (quote!(*), Prec::Product),
            BinaryOp::Div => (quote!(/), Prec::Product),
            BinaryOp::Rem => (quote!(%), Prec::Product),
            BinaryOp::BitAnd => (quote!(&), Prec::BitAnd),
            BinaryOp::BitOr => (quote!(|), Prec::BitOr),
            BinaryOp::BitXor => (quote!(^), Prec::BitXor),
            BinaryOp::Shl => (quote!(<<), Prec::Shift),
            BinaryOp::Shr => (quote!(>>), Prec::Shift),
        };
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) && !self.divides_plainly(&left.ty, right) {
            return self.divided(op, left, right);
        }
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            let left = self.expr(left, pin);
            let right = self.shift_count(right);
            return Code::binary(&left, tokens, &right, prec);
        }
        let left_pin = if pin == Pin::Context || self_typed(right) {
            Pin::Context
        } else {
            pin
        };
        let right_pin = Pin::Context;
        let (left, right) = (self.expr(left, left_pin), self.expr(right, right_pin));
        Code::binary(&left, tokens, &right, prec)
    }

    /// A quotient or remainder by the runtime's function.
    fn divided(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Code {
        // Assembly hides from LLVM what it knows of the result.
        let constant = is_nonzero(self.t.object, right) && self.constant_value(right).is_some();
        let name = match (op, constant) {
            (BinaryOp::Div, false) => "div",
            (BinaryOp::Div, true) => "div_by",
            (_, false) => "rem",
            (_, true) => "rem_by",
        };
        let function = self.t.uses.runtime(Module::Div, name);
        let (left, right) = (self.expr(left, Pin::Itself), self.expr(right, Pin::Itself));
        Code::atom(quote!(#function(#left, #right)))
    }

    fn is_signed_quotient(&self, value: &Expr) -> bool {
        matches!(value.ty, Ty::Int { signed: true, .. })
            && matches!(&value.kind, ExprKind::Binary(BinaryOp::Div, _, by)
                if self.divides_plainly(&value.ty, by) && self.constant_value(by) != Some(1))
    }

    /// LLVM makes `x / -64` of `-(x / 64)`, and one division by a variable of that and of another by
    /// 64: BPF divides signed numbers by variables since version 4 only.
    fn negated_quotient(&self, value: &Expr) -> Code {
        let ExprKind::Binary(_, left, right) = &value.kind else {
            return self.expr(value, Pin::Itself);
        };
        let function = self.t.uses.runtime(Module::Div, "by_power");
        let (left, right) = (self.expr(left, Pin::Itself), self.expr(right, Pin::Itself));
        Code::atom(quote!(#function(#left, #right)))
    }

    /// How far to shift; any integer type will do.
    pub(super) fn shift_count(&self, count: &Expr) -> Code {
        if let Some(counter) = self.index_counter(count) {
            return counter;
        }
        match &count.kind {
            ExprKind::Cast(inner)
                if matches!(inner.kind, ExprKind::Int(_) | ExprKind::Constant(_)) =>
            {
                self.shift_count(inner)
            }
            // A conversion between integers changes no count that is in range.
            ExprKind::Cast(inner) if matches!((&count.ty, &inner.ty), (Ty::Int { bits: to, .. }, Ty::Int { bits: from, .. }) if to >= from) => {
                self.expr(inner, Pin::Itself)
            }
            ExprKind::Constant(id) => {
                let name = self.constant_name(*id);
                Code::atom(quote!(#name))
            }
            ExprKind::Int(_) => self.expr(count, Pin::Context),
            // Nothing but the count itself says its type.
            _ => self.expr(count, Pin::Itself),
        }
    }

    fn compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> Code {
        let tokens = compare_op(op);
        if matches!(left.ty, Ty::Pointer { .. }) {
            return self.compare_pointers(op, left, right);
        }
        if let Some(code) = self
            .compare_result(op, left, right)
            .or_else(|| self.core_exists(op, left, right))
        {
            return code;
        }
        if let (Ty::Enum(a), Ty::Enum(b)) = (&left.ty, &right.ty)
            && a == b
            && matches!(op, CompareOp::Eq | CompareOp::Ne)
        {
            let (left, right) = (self.expr(left, Pin::Itself), self.expr(right, Pin::Itself));
            return Code::binary(&left, tokens, &right, Prec::Compare);
        }
        if matches!((&left.ty, &right.ty), (Ty::Enum(_), Ty::Enum(_))) {
            let (left, right) = (self.enum_number(left), self.enum_number(right));
            return Code::binary(&left, tokens, &right, Prec::Compare);
        }
        if let Some(code) = self.compare_narrowed(op, left, right) {
            return code;
        }
        if let Some((left, right)) = self.compare_text(left, right, op) {
            return Code::binary(&left, tokens, &right, Prec::Compare);
        }
        let (left_code, right_code) = match (self_typed(left), self_typed(right)) {
            (true, _) => (self.expr(left, Pin::Itself), self.expr(right, Pin::Context)),
            (false, true) => (self.expr(left, Pin::Context), self.expr(right, Pin::Itself)),
            (false, false) => (self.expr(left, Pin::Itself), self.expr(right, Pin::Context)),
        };
        Code::binary(&left_code, tokens, &right_code, Prec::Compare)
    }

    /// Bytes of text are compared as such where the sign doesn't matter: `c == b'a'`.
    fn compare_text(&self, left: &Expr, right: &Expr, op: CompareOp) -> Option<(Code, Code)> {
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return None;
        }
        let text = |expr: &Expr| {
            let mut inner = expr;
            while let ExprKind::Cast(next) = &inner.kind {
                if !matches!(next.ty, Ty::Int { .. }) {
                    return None;
                }
                inner = next;
            }
            match &inner.kind {
                ExprKind::Load(place) if self.is_text(place) => {
                    Some((self.load_raw(place), inner.ty.clone()))
                }
                _ => None,
            }
        };
        let (code, ty) = text(left)?;
        match &right.kind {
            ExprKind::Int(n) => {
                let signed = matches!(ty, Ty::Int { signed: true, .. });
                let byte = || self.byte(*n, right.span);
                (value::wrap(*n, 8, signed) == *n).then(|| (code, byte()))
            }
            _ => {
                let (other, other_ty) = text(right)?;
                (other_ty == ty).then_some((code, other))
            }
        }
    }
}

/// A comparison's tokens.
pub(super) fn compare_op(op: CompareOp) -> TokenStream {
    match op {
        CompareOp::Eq => quote!(==),
        CompareOp::Ne => quote!(!=),
        CompareOp::Lt => quote!(<),
        CompareOp::Le => quote!(<=),
        CompareOp::Gt => quote!(>),
        CompareOp::Ge => quote!(>=),
    }
}

/// The pointer below conversions that keep the address.
pub(super) fn strip_pointer_casts(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner) if matches!(inner.ty, Ty::Pointer { .. }) => {
            strip_pointer_casts(inner)
        }
        _ => expr,
    }
}

/// Whether Rust knows the type of an expression by itself.
pub(super) fn self_typed(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Int(n) => {
            // `u32::MAX` says its type.
            match expr.ty {
                Ty::Int { bits, signed } if bits >= 32 => {
                    let top = if signed { bits - 1 } else { bits };
                    bits <= 64 && *n == (1i128 << top) - 1
                }
                _ => false,
            }
        }
        ExprKind::Unary(_, value) => self_typed(value),
        ExprKind::Binary(BinaryOp::Shl | BinaryOp::Shr, left, _) => self_typed(left),
        ExprKind::Binary(_, left, right) => self_typed(left) || self_typed(right),
        ExprKind::Conditional(_, then, other) => self_typed(then) || self_typed(other),
        ExprKind::Block(_, value) => self_typed(value),
        // No conversion at all.
        ExprKind::Cast(value) if value.ty == expr.ty => self_typed(value),
        ExprKind::Cast(value) if super::cast::is_shifted_literal(value, &expr.ty) => false,
        _ => true,
    }
}

/// Whether a divisor is a number other than 0 (and other than -1, which can overflow).
fn is_nonzero(object: &Object, expr: &Expr) -> bool {
    let constant = |id: ConstantId| match object.constants.get(id.0 as usize)?.value {
        ConstantValue::Int(n) => Some(n),
        ConstantValue::Str(_) => None,
    };
    match &expr.kind {
        ExprKind::Int(n) => *n != 0 && *n != -1,
        // On every architecture.
        ExprKind::Constant(id) if object.only(Item::Constant(*id)).is_none() => {
            constant(*id).is_some_and(|n| n != 0 && n != -1)
        }
        ExprKind::SizeOf(_) => true,
        ExprKind::Cast(inner) => match &inner.kind {
            ExprKind::Int(n) => *n > 0 && value::wrap(*n, 16, false) == *n,
            ExprKind::Constant(id) if object.only(Item::Constant(*id)).is_none() => {
                constant(*id).is_some_and(|n| n > 0 && value::wrap(n, 16, false) == n)
            }
            ExprKind::SizeOf(_) => true,
            _ => false,
        },
        _ => false,
    }
}
