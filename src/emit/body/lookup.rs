//! Pointers that are tested before they are used: `let … else` and `if let`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Body, Held, Returns, expr::strip_pointer_casts, loops, maps, pointers};
use crate::{
    emit::{
        code::{Code, Prec},
        map_items, names,
        runtime::Module,
        types,
    },
    ir::{
        Comment, MapId,
        body::{Block, CompareOp, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind},
        ty::Ty,
        walk::Visit,
    },
};

/// How many statements an idiom took, and what it became.
pub(super) struct Taken {
    pub count: usize,
    pub tokens: TokenStream,
}

impl Body<'_> {
    /// `p = lookup(…); if (!p) return;` and `p = lookup(…); if (p) { … }`.
    pub(super) fn tested_pointer(&self, stmts: &[Stmt]) -> Option<Taken> {
        let [first, second, ..] = stmts else {
            return None;
        };
        let StmtKind::Let(local, Some(Init::Expr(value))) = &first.kind else {
            return None;
        };
        let StmtKind::If(cond, then, other) = &second.kind else {
            return None;
        };
        // A comment in between keeps its place.
        if second.notes.blank && !second.notes.before.is_empty() {
            return None;
        }
        let local = *local;
        let tested = null_test(cond, local)?;
        let rest = stmts.get(2..).unwrap_or_default();
        if let ExprKind::Helper(131, _, args) = &strip_pointer_casts(value).kind {
            return match (tested, other) {
                (Tested::IsNull, None) if Self::diverges(&then.stmts) => {
                    self.reserve_else((first, second), local, args, then, rest)
                }
                (Tested::NotNull, None) if !pointers::mentioned(rest, local) => {
                    self.if_let_reserve((first, second), local, args, then)
                }
                _ => None,
            };
        }
        test_of(cond, then, other.as_ref(), local, rest)?;
        let (notes, more) = (self.before(first), self.comments_only(second));
        let tokens = self.test(second, local, value, rest, || self.found_at_root(value))?;
        Some(Taken {
            count: 2,
            tokens: quote!(#notes #more #tokens),
        })
    }

    /// The test `stmt` of a pointer that `call` gives, of what `value` finds.
    pub(super) fn test(
        &self,
        stmt: &Stmt,
        local: LocalId,
        value: &Expr,
        rest: &[Stmt],
        call: impl FnOnce() -> Option<Code>,
    ) -> Option<TokenStream> {
        let StmtKind::If(cond, then, other) = &stmt.kind else {
            return None;
        };
        let call = call()?;
        Some(match (null_test(cond, local)?, other) {
            (Tested::IsNull, None) if self.gives_none(then) => {
                let pattern = self.pointer_pattern(local, rest);
                let reference = self.hold_lookup(local, value, rest);
                quote!(let #pattern = #call?; #reference)
            }
            (Tested::IsNull, None) => {
                let otherwise = self.block_stmts(then);
                let pattern = self.pointer_pattern(local, rest);
                let reference = self.hold_lookup(local, value, rest);
                let call = call.before_else();
                quote!(let Some(#pattern) = #call else { #otherwise }; #reference)
            }
            (Tested::IsNull, Some(found)) => self.if_let(&call, local, value, found, Some(then)),
            (Tested::NotNull, other) => self.if_let(&call, local, value, then, other.as_ref()),
        })
    }

    /// Whether a lookup finds anything: `is_some()`, or `is_none()`.
    pub(super) fn finds(&self, value: &Expr, any: bool) -> Option<Code> {
        let found = match &strip_pointer_casts(value).kind {
            ExprKind::Helper(1, _, args) => self.lookup_call(args)?,
            ExprKind::Call(id, args) if self.t.borrows.is_optional(*id) => {
                self.bare_call(*id, args)
            }
            _ => return None,
        };
        Some(found.dot(if any {
            quote!(is_some())
        } else {
            quote!(is_none())
        }))
    }

    /// What finds a pointer, or nothing: a lookup, or a function that gives what one found.
    pub(super) fn found(&self, value: &Expr) -> Option<Code> {
        match &strip_pointer_casts(value).kind {
            ExprKind::Helper(1, _, args) => {
                let call = self.lookup_call(args)?;
                Some(self.as_pointee(call, args, value))
            }
            ExprKind::Call(id, args) if self.t.borrows.is_optional(*id) => {
                let call = self.bare_call(*id, args);
                if !self.t.borrows.is_non_null(*id) {
                    return Some(call);
                }
                self.t.uses.import("core::ptr", "NonNull");
                Some(call.dot(quote!(map(NonNull::as_ptr))))
            }
            _ => None,
        }
    }

    /// `T x; if (bpf_probe_read_user(&x, sizeof(x), p)) return;` and the same without a test.
    pub(super) fn read_variable(&self, stmts: &[Stmt]) -> Option<Taken> {
        let [first, second, rest @ ..] = stmts else {
            return None;
        };
        let StmtKind::Let(local, init) = &first.kind else {
            return None;
        };
        if init.as_ref().is_some_and(|init| {
            !matches!(
                init,
                Init::Zero
                    | Init::Expr(Expr {
                        kind: ExprKind::Int(_),
                        ..
                    })
            )
        }) {
            return None;
        }
        let local = *local;
        let ty = self.local_ty(local);
        if !matches!(ty, Ty::Int { .. } | Ty::Pointer { .. })
            || self.local(local).is_some_and(|l| l.volatile)
        {
            return None;
        }
        match &second.kind {
            StmtKind::If(cond, then, None) if Self::diverges(&then.stmts) => {
                let (name, from) = self.whole_read(tested_nonzero(cond)?, local, &ty)?;
                if pointers::mentioned(&then.stmts, local) {
                    return None;
                }
                // By its path: the plain helper has the same name.
                self.t.uses.import("aya_ebpf", "helpers");
                let helper = names::ident(name);
                let call = self.root(|| {
                    let from = self.typed_pointer(from, &ty);
                    self.operation(Code::atom(quote!(helpers::#helper(#from))))
                });
                let otherwise = self.block_stmts(then);
                let (notes, more) = (self.before(first), self.comments_only(second));
                let name = self.declared_name(local);
                let mutable = self.changes(local, rest).then(|| quote!(mut));
                self.hold(local, Held::Raw);
                Some(Taken {
                    count: 2,
                    tokens: quote!(#notes #more let Ok(#mutable #name) = (#call) else { #otherwise };),
                })
            }
            StmtKind::Expr(call) => {
                let (name, from) = self.whole_read(call, local, &ty)?;
                let function = match name {
                    "bpf_probe_read_user" => "read_user",
                    "bpf_probe_read_kernel" => "read_kernel",
                    _ => "read",
                };
                let function = self.t.uses.runtime(Module::Helper, function);
                let from = self.root(|| self.typed_pointer(from, &ty));
                let (notes, more) = (self.before(first), self.comments_only(second));
                let name = self.declared_name(local);
                let mutable = self.changes(local, rest).then(|| quote!(mut));
                self.hold(local, Held::Raw);
                Some(Taken {
                    count: 2,
                    tokens: quote!(#notes #more let #mutable #name = #function(#from);),
                })
            }
            _ => None,
        }
    }

    /// Whether a variable that a read fills is changed behind it.
    fn changes(&self, local: LocalId, rest: &[Stmt]) -> bool {
        self.is_mutated(local) || loops::assigns(rest, local)
    }

    /// The helper and the source of a read that fills just that variable.
    fn whole_read<'e>(
        &self,
        call: &'e Expr,
        local: LocalId,
        ty: &Ty,
    ) -> Option<(&'static str, &'e Expr)> {
        let ExprKind::Helper(id, _, args) = &call.kind else {
            return None;
        };
        let name = match id {
            4 => "bpf_probe_read",
            112 => "bpf_probe_read_user",
            113 => "bpf_probe_read_kernel",
            _ => return None,
        };
        let [into, size, from] = args.as_slice() else {
            return None;
        };
        let ExprKind::AddressOf(place) = &strip_pointer_casts(into).kind else {
            return None;
        };
        let whole = matches!(place.kind, PlaceKind::Local(id) if id == local)
            && self.constant_value(size)? == i128::from(self.t.size(ty));
        // What is read from is known before the variable is there.
        let mut probe = Stmt {
            kind: StmtKind::Expr(from.clone()),
            notes: crate::ir::Notes::default(),
            span: None,
        };
        let free = !pointers::mentioned(std::slice::from_ref(&probe), local);
        probe.notes.blank = false;
        (whole && free).then_some((name, from))
    }

    /// A source of reads as a pointer to values of type `ty`.
    fn typed_pointer(&self, from: &Expr, ty: &Ty) -> Code {
        let inner = strip_pointer_casts(from);
        let target = self.t.ty(ty);
        match &inner.ty {
            Ty::Pointer { to, .. } => {
                let code = self.pointer(inner, false);
                if types::same_pointee(to, ty) && !matches!(ty, Ty::Int { bits: 8, .. }) {
                    code
                } else {
                    code.dot(quote!(cast::<#target>()))
                }
            }
            _ => self
                .expr(inner, super::Pin::Itself)
                .cast(&quote!(*const #target)),
        }
    }

    /// Whether a block does nothing but `return None`.
    fn gives_none(&self, block: &Block) -> bool {
        let [only] = block.stmts.as_slice() else {
            return false;
        };
        let null = matches!(&only.kind, StmtKind::Return(Some(value))
            if matches!(value.peeled().kind, ExprKind::Int(0)));
        null && matches!(self.returns, Returns::Optional | Returns::NonNull)
            && only.notes == crate::ir::Notes::default()
            && block.trailing.is_empty()
    }

    fn if_let(
        &self,
        call: &Code,
        local: LocalId,
        value: &Expr,
        found: &Block,
        other: Option<&Block>,
    ) -> TokenStream {
        let pattern = self.pointer_pattern(local, &found.stmts);
        let reference = self.hold_lookup(local, value, &found.stmts);
        let otherwise = other.map(|other| self.else_branch(other));
        // One condition more is a part of this one.
        if let [only] = found.stmts.as_slice()
            && let StmtKind::If(cond, then, None) = &only.kind
            && reference.is_empty()
            && otherwise.is_none()
            && only.notes.before.is_empty()
            && found.trailing.is_empty()
        {
            let cond = self.root(|| self.truth(cond)).at(Prec::And);
            let body = self.block_stmts(then);
            return quote!(if let Some(#pattern) = #call && #cond { #body });
        }
        let body = self.block_stmts(found);
        quote!(if let Some(#pattern) = #call { #reference #body } #otherwise)
    }

    pub(super) fn found_at_root(&self, value: &Expr) -> Option<Code> {
        self.found(value)?;
        Some(self.root(|| {
            self.found(value)
                .unwrap_or_else(|| Code::atom(quote!(None)))
        }))
    }

    /// A looked-up value of another type than the map's.
    fn as_pointee(&self, call: Code, args: &[Expr], value: &Expr) -> Code {
        let map = args.first().and_then(|map| self.known_map(map));
        match (&value.ty, map) {
            (Ty::Pointer { to, .. }, Some((_, map)))
                if map_items::value_type(&map.def).is_none_or(|known| **to != known) =>
            {
                let target = self.t.ty(&Ty::Pointer {
                    to: to.clone(),
                    mutable: true,
                });
                let target: TokenStream = target.into_iter().skip(2).collect();
                call.dot(quote!(map(<*mut _>::cast::<#target>)))
            }
            _ => call,
        }
    }

    /// `p`, or `_` where nobody follows it.
    fn pointer_pattern(&self, local: LocalId, rest: &[Stmt]) -> TokenStream {
        let name = self.name(local);
        if loops::assigns(rest, local) {
            quote!(mut #name)
        } else if pointers::mentioned(rest, local) {
            quote!(#name)
        } else {
            quote!(_)
        }
    }

    /// Borrows what a looked-up pointer points to, if it is followed more than once.
    pub(super) fn hold_lookup(&self, local: LocalId, value: &Expr, rest: &[Stmt]) -> TokenStream {
        let uses = self.uses_of_pointer(rest, local);
        let to_record =
            matches!(self.local_ty(local), Ty::Pointer { to, .. } if matches!(*to, Ty::Record(_)));
        // Two entries may be one.
        let alone = !looks_up_again(value, rest);
        if uses.raw || uses.followed == 0 || uses.followed + uses.passed < 2 || !to_record || !alone
        {
            self.hold(local, Held::Raw);
            return TokenStream::new();
        }
        let name = self.name(local);
        self.hold(
            local,
            Held::Reference {
                mutable: uses.written,
            },
        );
        let args = match &strip_pointer_casts(value).kind {
            ExprKind::Helper(_, _, args) => args.as_slice(),
            _ => &[],
        };
        let map = args.first().and_then(|map| self.known_map(map));
        let why = self.safety(if map.is_some_and(|(_, map)| maps::is_per_cpu(map)) {
            "this CPU's entry, which stays for as long as the map does."
        } else {
            "an entry of a map, which stays while the program runs."
        });
        if uses.written {
            quote!(#why let #name = unsafe { &mut *#name };)
        } else {
            quote!(#why let #name = unsafe { &*#name };)
        }
    }

    /// Says why the next statement is sound.
    pub(super) fn safety(&self, why: &str) -> TokenStream {
        self.t.uses.comments(&[Comment {
            lines: vec![format!("SAFETY: {why}")],
            apart: false,
        }])
    }
}

/// Whether statements look into the map again that a value was looked up in.
fn looks_up_again(value: &Expr, rest: &[Stmt]) -> bool {
    struct Finder(MapId, bool);
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            self.1 |= looked_into(expr) == Some(self.0);
            self.expr_parts(expr);
        }
    }
    let Some(map) = looked_into(strip_pointer_casts(value)) else {
        return false;
    };
    let mut finder = Finder(map, false);
    rest.iter().for_each(|stmt| finder.stmt(stmt));
    finder.1
}

/// The map of a `bpf_map_lookup_elem` or `bpf_map_lookup_percpu_elem`.
fn looked_into(expr: &Expr) -> Option<MapId> {
    match &expr.kind {
        ExprKind::Helper(1 | 195, _, args) => maps::map_of(args.first()?),
        _ => None,
    }
}

/// What a condition tests for not being 0.
fn tested_nonzero(cond: &Expr) -> Option<&Expr> {
    match &cond.kind {
        ExprKind::Cast(inner) if cond.ty == Ty::Bool => Some(strip_ints(inner)),
        ExprKind::Compare(CompareOp::Ne | CompareOp::Lt, left, right)
            if matches!(right.peeled().kind, ExprKind::Int(0)) =>
        {
            Some(strip_ints(left))
        }
        _ => None,
    }
}

fn strip_ints(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner)
            if matches!((&expr.ty, &inner.ty), (Ty::Int { .. }, Ty::Int { .. })) =>
        {
            strip_ints(inner)
        }
        _ => expr,
    }
}

enum Tested {
    IsNull,
    NotNull,
}

/// The variable that gets a looked-up pointer in the first statement, and that the next one to mention
/// it tests: where it is followed, it isn't null.
pub fn tested_local(stmts: &[Stmt]) -> Option<LocalId> {
    let (first, rest) = stmts.split_first()?;
    let StmtKind::Let(local, Some(Init::Expr(value))) = &first.kind else {
        return None;
    };
    let reserves = match strip_pointer_casts(value).kind {
        ExprKind::Helper(131, ..) => true,
        ExprKind::Helper(1, ..) | ExprKind::Call(..) => false,
        _ => return None,
    };
    let at = test_behind(rest, *local)?;
    let null_else = matches!(&rest.get(at)?.kind, StmtKind::If(cond, _, Some(_))
        if tests_for_null(cond, *local));
    (!null_else && (at == 0 || !reserves)).then_some(*local)
}

/// Which of the statements is the first to mention the variable, if that is a test of it, behind which
/// only what isn't null is followed.
pub(super) fn test_behind(stmts: &[Stmt], local: LocalId) -> Option<usize> {
    let at = stmts
        .iter()
        .position(|s| super::declare::mentions(s, local))?;
    let StmtKind::If(cond, then, other) = &stmts.get(at)?.kind else {
        return None;
    };
    let rest = stmts.get(at + 1..).unwrap_or_default();
    test_of(cond, then, other.as_ref(), local, rest).map(|()| at)
}

/// Whether a test tells where the pointer may be followed: in one branch, or behind it.
fn test_of(
    cond: &Expr,
    then: &Block,
    other: Option<&Block>,
    local: LocalId,
    rest: &[Stmt],
) -> Option<()> {
    let unused =
        |block: Option<&Block>| block.is_none_or(|block| !pointers::mentioned(&block.stmts, local));
    let fits = match (null_test(cond, local)?, other) {
        (Tested::IsNull, None) => Body::diverges(&then.stmts) && unused(Some(then)),
        (Tested::IsNull, Some(_)) => unused(Some(then)) && !pointers::mentioned(rest, local),
        (Tested::NotNull, other) => unused(other) && !pointers::mentioned(rest, local),
    };
    fits.then_some(())
}

/// Whether a condition holds just where that pointer is null.
pub(super) fn tests_for_null(cond: &Expr, local: LocalId) -> bool {
    matches!(null_test(cond, local), Some(Tested::IsNull))
}

/// Whether a condition holds just where that pointer isn't null.
pub(super) fn tests_for_some(cond: &Expr, local: LocalId) -> bool {
    matches!(null_test(cond, local), Some(Tested::NotNull))
}

/// Whether a condition tests just that pointer.
fn null_test(cond: &Expr, local: LocalId) -> Option<Tested> {
    let is_it = |e: &Expr| {
        matches!(&strip_pointer_casts(e).kind, ExprKind::Load(place)
            if matches!(place.kind, PlaceKind::Local(id) if id == local))
    };
    let is_null = |e: &Expr| matches!(e.peeled().kind, ExprKind::Int(0));
    match &cond.kind {
        ExprKind::Cast(inner) if is_it(inner) => Some(Tested::NotNull),
        ExprKind::Not(inner) => match null_test(inner, local)? {
            Tested::IsNull => Some(Tested::NotNull),
            Tested::NotNull => Some(Tested::IsNull),
        },
        ExprKind::Compare(op @ (CompareOp::Eq | CompareOp::Ne), a, b)
            if (is_it(a) && is_null(b)) || (is_it(b) && is_null(a)) =>
        {
            Some(if *op == CompareOp::Eq {
                Tested::IsNull
            } else {
                Tested::NotNull
            })
        }
        _ => None,
    }
}
