//! Pointers: their emission, and which of them Rust can hold as references.

use quote::quote;

use super::{Body, Held, Pin, declare};
use crate::{
    emit::code::Code,
    ir::{
        body::{BinaryOp, Expr, ExprKind, Init, LocalId, Place, PlaceKind, Stmt, StmtKind},
        ty::Ty,
        walk::Visit,
    },
};

impl Body<'_> {
    /// An expression of pointer type; where it takes an address, `mutable` says of which kind.
    pub(super) fn pointer(&self, expr: &Expr, mutable: bool) -> Code {
        match &expr.kind {
            ExprKind::AddressOf(place) => {
                self.as_wanted(self.raw_pointer_to(place, mutable), place, mutable)
            }
            ExprKind::Decay(array) => {
                self.as_wanted(self.element_pointer(array, mutable), array, mutable)
            }
            ExprKind::Offset(base, by) => self.step(base, by, mutable),
            ExprKind::Load(place) => {
                if let PlaceKind::Local(id) = place.kind
                    && let Held::Reference { mutable: held } = self.held_or_entry(id)
                {
                    self.facts.borrow_mut().read.insert(id);
                    let name = self.name(id);
                    return if held && mutable {
                        Code::atom(quote!(*#name)).unary(quote!(&raw mut))
                    } else {
                        Code::atom(quote!(*#name)).unary(quote!(&raw const))
                    };
                }
                self.expr(expr, Pin::Itself)
            }
            ExprKind::Str(bytes) => {
                let code = self.string(bytes);
                if mutable {
                    code.dot(quote!(cast_mut()))
                } else {
                    code
                }
            }
            ExprKind::CoreAddress(base, id) => {
                let code = self.core_address(base, *id, &expr.ty);
                if mutable {
                    code.dot(quote!(cast_mut()))
                } else {
                    code
                }
            }
            _ => self.expr(expr, Pin::Itself),
        }
    }

    /// A pointer into a place: of what is constant there is one that may be written through by a
    /// cast only, which C's `(void *)&constant` is.
    pub(super) fn as_wanted(&self, pointer: Code, place: &Place, mutable: bool) -> Code {
        if mutable && !self.is_writable(place) {
            pointer.dot(quote!(cast_mut()))
        } else {
            pointer
        }
    }

    fn held_or_entry(&self, id: LocalId) -> Held {
        match self.held(id) {
            Held::Entry { .. } => Held::Reference { mutable: true },
            other => other,
        }
    }

    /// Whether [`Body::pointer`] gives the mutability that was asked for.
    pub(super) fn pointer_follows(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => self.follows_place(place),
            ExprKind::CoreAddress(..) | ExprKind::Str(_) => true,
            ExprKind::Offset(base, _) => self.pointer_follows(base),
            ExprKind::Load(place) => matches!(place.kind, PlaceKind::Local(id)
                if matches!(self.held_or_entry(id), Held::Reference { .. })),
            _ => false,
        }
    }

    fn follows_place(&self, place: &Place) -> bool {
        match &place.kind {
            // `&*p` is `p`.
            PlaceKind::Deref(pointer) => self.reference(pointer).is_some(),
            _ => true,
        }
    }

    /// Whether Rust infers the pointee anyway.
    pub(super) fn is_erased(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Load(place) => match place.kind {
                PlaceKind::Local(id) => self
                    .context
                    .is_some_and(|context| context.local == id && context.object),
                _ => false,
            },
            _ => false,
        }
    }

    /// Aya's context as a pointer.
    pub(super) fn context_pointer(&self, ty: &Ty) -> Code {
        let Some(context) = self.context else {
            return self.null(ty);
        };
        self.facts.borrow_mut().read.insert(context.local);
        let name = self.name(context.local);
        if context.object {
            self.t.uses.import("aya_ebpf", "EbpfContext");
            Code::atom(quote!(#name.as_ptr()))
        } else {
            Code::atom(quote!(#name))
        }
    }

    /// How often a pointer variable is followed in these statements, whether it is written through,
    /// and whether a reference can stand for it.
    pub(super) fn uses_of_pointer(&self, stmts: &[Stmt], local: LocalId) -> PointerUses {
        PointerUses::of(stmts, local)
    }

    /// Whether an index can't lie outside of an array of that length, because of the loop that
    /// counts it.
    pub(super) fn is_bounded(&self, index: &Expr, len: u64) -> bool {
        let mut inner = index;
        while let ExprKind::Cast(next) = &inner.kind {
            inner = next;
        }
        if let ExprKind::Binary(op, _, right) = &inner.kind
            && let Some(n) = self
                .constant_value(right)
                .and_then(|n| u64::try_from(n).ok())
        {
            let unsigned = matches!(inner.ty, Ty::Int { signed: false, .. });
            return match op {
                BinaryOp::BitAnd => n < len,
                BinaryOp::Rem => unsigned && n != 0 && n <= len,
                _ => false,
            };
        }
        let ExprKind::Load(place) = &inner.kind else {
            return false;
        };
        let PlaceKind::Local(id) = place.kind else {
            return false;
        };
        self.counters.borrow().get(&id).is_some_and(|range| {
            range.start >= 0 && u128::try_from(range.end).is_ok_and(|end| end <= u128::from(len))
        })
    }

    /// Whether a number can't be negative, because a loop counts it upwards from 0.
    pub(super) fn is_nonnegative(&self, index: &Expr) -> bool {
        let mut inner = index;
        while let ExprKind::Cast(next) = &inner.kind {
            inner = next;
        }
        let ExprKind::Load(place) = &inner.kind else {
            return matches!(inner.kind, ExprKind::Int(n) if n >= 0);
        };
        match place.kind {
            PlaceKind::Local(id) => self
                .counters
                .borrow()
                .get(&id)
                .is_some_and(|r| r.start >= 0),
            _ => false,
        }
    }
}

/// What [`Body::uses_of_pointer`] finds.
#[derive(Clone, Copy, Debug)]
pub struct PointerUses {
    local: LocalId,
    /// How many places are reached through it.
    pub followed: usize,
    /// Whether one of them is written, or its address taken for writing.
    pub written: bool,
    /// Mentions as a pointer: arguments, conversions.
    pub passed: usize,
    /// Whether it is assigned, compared, moved or stored: then it stays a raw pointer.
    pub raw: bool,
    /// Whether it is returned: for longer than the function runs nothing is lent to it.
    pub returned: bool,
    /// Releases of a ring buffer's entry: `bpf_ringbuf_submit` and `_discard`.
    pub released: usize,
    loops: usize,
    released_in_loop: bool,
    /// Leaves out what helpers read from: user space's memory, or a copy of the kernel's.
    but_for_reads: bool,
}

impl Default for PointerUses {
    fn default() -> Self {
        Self {
            local: LocalId(u32::MAX),
            followed: 0,
            written: false,
            passed: 0,
            raw: false,
            returned: false,
            released: 0,
            loops: 0,
            released_in_loop: false,
            but_for_reads: false,
        }
    }
}

impl PointerUses {
    /// What statements do with that pointer.
    pub fn of(stmts: &[Stmt], local: LocalId) -> Self {
        let mut uses = Self {
            local,
            ..Self::default()
        };
        stmts.iter().for_each(|s| uses.stmt(s));
        uses
    }

    /// As [`PointerUses::of`], without what `bpf_probe_read_user` and its kin read from.
    pub fn but_for_reads(stmts: &[Stmt], local: LocalId) -> Self {
        let mut uses = Self {
            local,
            but_for_reads: true,
            ..Self::default()
        };
        stmts.iter().for_each(|s| uses.stmt(s));
        uses
    }

    fn is_it(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Load(place)
            if matches!(place.kind, PlaceKind::Local(id) if id == self.local))
    }

    fn is_through(&self, place: &Place) -> bool {
        match &place.kind {
            PlaceKind::Deref(pointer) => self.is_it(pointer),
            PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.is_through(base),
            _ => false,
        }
    }

    /// Whether it can be an entry, or a reference into one: it is released, by value only once.
    pub(super) fn can_be_entry(&self) -> bool {
        let by_reference = self.followed + self.passed > 0;
        let released = self.released > 0 && (by_reference || !self.released_in_loop);
        !self.raw && !self.returned && released
    }
}

impl Visit for PointerUses {
    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) => {
                self.written |= self.is_through(place);
                self.raw |= matches!(place.kind, PlaceKind::Local(id) if id == self.local);
            }
            StmtKind::Return(Some(value)) => self.returned |= self.is_it(value),
            StmtKind::Loop { .. } => {
                self.loops += 1;
                self.stmt_parts(stmt);
                self.loops -= 1;
                return;
            }
            _ => {}
        }
        self.stmt_parts(stmt);
    }

    fn init(&mut self, init: &Init) {
        if let Init::Expr(value) = init {
            let mut inner = value;
            while let ExprKind::Cast(next) = &inner.kind {
                inner = next;
            }
            self.raw |= self.is_it(inner);
        }
        match init {
            Init::Expr(value) => self.expr(value),
            Init::Record(parts) => parts.iter().for_each(|(_, part)| self.init(part)),
            Init::Array(parts) => parts.iter().for_each(|(_, part)| self.init(part)),
            Init::Zero | Init::Bytes(_) => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Load(place) if self.is_through(place) => {
                self.followed += 1;
                // What is read through it may be another pointer that is written through.
                visit_indices(self, place);
                return;
            }
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => {
                if self.is_through(place) {
                    self.followed += 1;
                    self.written = true;
                    visit_indices(self, place);
                    return;
                }
                self.raw |= matches!(place.kind, PlaceKind::Local(id) if id == self.local);
            }
            ExprKind::Helper(4 | 45 | 112..=115, _, args) if self.but_for_reads => {
                args.iter().take(2).for_each(|arg| self.expr(arg));
                return;
            }
            ExprKind::Helper(132 | 133, _, args) => {
                if let Some(first) = args.first() {
                    let mut inner = first;
                    while let ExprKind::Cast(next) = &inner.kind {
                        inner = next;
                    }
                    if self.is_it(inner) {
                        self.released += 1;
                        self.released_in_loop |= self.loops > 0;
                        for arg in args.iter().skip(1) {
                            self.expr(arg);
                        }
                        return;
                    }
                }
            }
            ExprKind::Compare(_, left, right) | ExprKind::Distance(left, right) => {
                for side in [left, right] {
                    let mut inner = &**side;
                    while let ExprKind::Cast(next) = &inner.kind {
                        inner = next;
                    }
                    self.raw |= self.is_it(inner);
                }
            }
            ExprKind::Offset(base, _) => self.raw |= self.is_it(base),
            ExprKind::Cast(inner)
                if self.is_it(inner) && !matches!(expr.ty, Ty::Pointer { .. }) =>
            {
                self.raw = true;
            }
            ExprKind::Conditional(_, a, b) => self.raw |= self.is_it(a) || self.is_it(b),
            ExprKind::CoreAddress(base, _) => self.raw |= self.is_it(base),
            _ if self.is_it(expr) => {
                self.passed += 1;
                self.written = true;
                return;
            }
            _ => {}
        }
        self.expr_parts(expr);
    }

    fn place(&mut self, place: &Place) {
        if self.is_through(place) {
            self.followed += 1;
            visit_indices(self, place);
            return;
        }
        self.place_parts(place);
    }
}

/// The indices of a place, but not what it is a part of.
fn visit_indices(uses: &mut PointerUses, place: &Place) {
    match &place.kind {
        PlaceKind::Field(base, ..) => visit_indices(uses, base),
        PlaceKind::Index(base, index) => {
            uses.expr(index);
            visit_indices(uses, base);
        }
        _ => {}
    }
}

/// The local that an expression loads, below conversions of pointers.
pub fn loaded_local(expr: &Expr) -> Option<LocalId> {
    let mut inner = expr;
    while let ExprKind::Cast(next) = &inner.kind {
        if !matches!(next.ty, Ty::Pointer { .. }) {
            return None;
        }
        inner = next;
    }
    match &inner.kind {
        ExprKind::Load(place) => match place.kind {
            PlaceKind::Local(id) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

/// Whether any of the statements mentions the variable.
pub(super) fn mentioned(stmts: &[Stmt], local: LocalId) -> bool {
    stmts.iter().any(|s| declare::mentions(s, local))
}
