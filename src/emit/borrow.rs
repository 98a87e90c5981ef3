//! Which functions take references where C has pointers, and which give `Option` where C gives a
//! pointer that may be null.

use std::collections::{HashMap, HashSet};

use super::{
    body::{self, PointerUses},
    inline::Inlining,
};
use crate::ir::{
    FunctionId, Map, Object, RecordId,
    body::{Expr, ExprKind, Function, Init, LocalId, Place, PlaceKind, Stmt, StmtKind},
    ty::Ty,
    walk::Visit,
};

/// What is found out about the functions of an object.
#[derive(Debug, Default)]
pub struct Borrows {
    /// By function and number of the parameter: whether the reference is mutable.
    params: HashMap<(FunctionId, usize), bool>,
    /// Whether as `NonNull`, which fits into a register.
    optional: HashMap<FunctionId, bool>,
}

impl Borrows {
    /// Looks at all functions of an object, and at all their calls.
    pub fn of(object: &Object, inlining: &Inlining) -> Self {
        let settled = |function: &Function| {
            let mut function = function.clone();
            body::settle(&mut function);
            function
        };
        let functions: Vec<Function> = object.functions.iter().map(settled).collect();
        let programs: Vec<Function> = object
            .programs
            .iter()
            .map(|program| settled(&program.function))
            .collect();
        let calls: Vec<Call> = (0..)
            .map(|id| Some(FunctionId(id)))
            .zip(&functions)
            .chain(programs.iter().map(|program| (None, program)))
            .flat_map(|(id, function)| calls(id, function))
            .collect();
        let mut borrows = Self {
            params: candidates(object, &functions),
            optional: optional(&functions, &calls)
                .into_iter()
                .map(|id| (id, inlining.may_be_called(id)))
                .collect(),
        };
        // What takes a function by its type takes it as C has it.
        for id in values(functions.iter().chain(&programs)) {
            borrows.params.retain(|(function, _), _| *function != id);
            borrows.optional.remove(&id);
        }
        while let Some(wrong) = calls
            .iter()
            .find_map(|call| call.refuses(object, &functions, &borrows))
        {
            borrows.params.remove(&wrong);
        }
        borrows
    }

    /// Whether a parameter is a reference, and if so, whether a mutable one.
    pub fn param(&self, function: FunctionId, number: usize) -> Option<bool> {
        self.params.get(&(function, number)).copied()
    }

    /// Whether a function gives an `Option`.
    pub fn is_optional(&self, function: FunctionId) -> bool {
        self.optional.contains_key(&function)
    }

    /// Whether that is an `Option<NonNull<T>>`, not an `Option<*mut T>`.
    pub fn is_non_null(&self, function: FunctionId) -> bool {
        self.optional.get(&function) == Some(&true)
    }
}

/// The functions that are values somewhere.
fn values<'f>(functions: impl Iterator<Item = &'f Function>) -> HashSet<FunctionId> {
    #[derive(Default)]
    struct Finder(HashSet<FunctionId>);
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::Function(id) = expr.kind {
                self.0.insert(id);
            }
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder::default();
    functions.for_each(|function| finder.function(function));
    finder.0
}

/// Parameters that are only followed and handed on, in functions that can't come to the same memory
/// by a map.
fn candidates(object: &Object, functions: &[Function]) -> HashMap<(FunctionId, usize), bool> {
    let mut found = HashMap::new();
    for (id, function) in (0..).map(FunctionId).zip(functions) {
        if function.global || function.callback {
            continue;
        }
        for (number, local) in function.params.iter().enumerate() {
            let Some(Ty::Pointer { to, mutable }) = function.local_ty(*local) else {
                continue;
            };
            let Ty::Record(record) = **to else {
                continue;
            };
            let is_whole = object
                .records
                .get(record.0 as usize)
                .is_some_and(|record| record.fields.is_some() && record.size > 0);
            let uses = PointerUses::of(&function.body, *local);
            let fits = is_whole && !uses.raw && !uses.returned && uses.followed > 0;
            if fits && !may_meet(object, functions, id, record) {
                found.insert((id, number), *mutable && uses.written);
            }
        }
    }
    found
}

/// Whether a function, or one that it calls or has called, looks into a map whose values may be that
/// record, or have it as a part, or changes such a map: then it may come to the same memory twice.
fn may_meet(object: &Object, functions: &[Function], id: FunctionId, record: RecordId) -> bool {
    struct Finder<'a> {
        object: &'a Object,
        functions: &'a [Function],
        record: RecordId,
        /// The functions that were looked through: a callback may set itself again.
        seen: HashSet<FunctionId>,
        found: bool,
    }
    impl Finder<'_> {
        fn function_of(&mut self, id: FunctionId) {
            let functions = self.functions;
            if self.seen.insert(id)
                && let Some(function) = functions.get(id.0 as usize)
            {
                self.function(function);
            }
        }
    }
    impl Visit for Finder<'_> {
        fn stmt(&mut self, stmt: &Stmt) {
            // Memory is to be looked at again: somebody else writes to it.
            self.found |= matches!(stmt.kind, StmtKind::Barrier(None));
            self.stmt_parts(stmt);
        }

        fn expr(&mut self, expr: &Expr) {
            match &expr.kind {
                // bpf_map_lookup_elem, the lookups of storage, and that of another CPU's value;
                // updates, and bpf_for_each_map_elem
                ExprKind::Helper(
                    helper @ (1 | 2 | 81 | 107 | 145 | 156 | 164 | 195 | 210),
                    _,
                    args,
                ) => {
                    let map = args.first().and_then(body::map_of);
                    let map = map.and_then(|id| self.object.maps.get(id.0 as usize));
                    // A plain hash puts another entry in the place of the one that was found.
                    let replaces = |map: &Map| matches!(map.def.map_type, 1 | 9);
                    if *helper == 2 && map.is_some_and(replaces) {
                        return self.expr_parts(expr);
                    }
                    let value = map.and_then(|map| super::map_items::value_type(&map.def));
                    self.found |=
                        value.is_none_or(|value| contains(self.object, &value, self.record));
                }
                ExprKind::Call(id, _) | ExprKind::Function(id) => self.function_of(*id),
                _ => {}
            }
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder {
        object,
        functions,
        record,
        seen: HashSet::new(),
        found: false,
    };
    finder.function_of(id);
    finder.found
}

/// Whether a value of type `ty` is that record, or has it as a part.
fn contains(object: &Object, ty: &Ty, record: RecordId) -> bool {
    match ty {
        Ty::Record(id) => {
            *id == record
                || object.records.get(id.0 as usize).is_none_or(|outer| {
                    let fields = outer.fields.iter().flatten();
                    outer.fields.is_none()
                        || fields.into_iter().any(|f| contains(object, &f.ty, record))
                })
        }
        // Bytes may be anything.
        Ty::Opaque { .. } => true,
        Ty::Array(of, _) => matches!(**of, Ty::Int { bits: 8, .. }) || contains(object, of, record),
        _ => false,
    }
}

/// Functions that give a looked-up value or null, and whose callers all test it at once.
fn optional(functions: &[Function], calls: &[Call]) -> HashSet<FunctionId> {
    (0..)
        .map(FunctionId)
        .zip(functions)
        .filter(|(id, function)| {
            let mut returns = Returns::default();
            returns.function(function);
            let sound = sound_pointers(function);
            let fits = |value: &Expr| match &value.kind {
                ExprKind::Helper(1, ..) => true,
                ExprKind::Cast(inner) => matches!(inner.kind, ExprKind::Helper(1, ..)),
                ExprKind::Int(0) => true,
                _ => body::loaded_local(value).is_some_and(|local| sound.contains(&local)),
            };
            let mut of_it = calls.iter().filter(|call| call.callee == *id).peekable();
            matches!(function.ret, Ty::Pointer { mutable: true, .. })
                && !function.global
                && !function.callback
                && !returns.0.is_empty()
                && returns.0.iter().all(fits)
                && of_it.peek().is_some()
                && of_it.all(|call| call.tested)
        })
        .map(|(id, _)| id)
        .collect()
}

#[derive(Default)]
struct Returns(Vec<Expr>);

impl Visit for Returns {
    fn stmt(&mut self, stmt: &Stmt) {
        if let StmtKind::Return(Some(value)) = &stmt.kind {
            self.0.push(value.clone());
        }
        self.stmt_parts(stmt);
    }
}

/// A call, as its caller has it.
struct Call {
    caller: Option<FunctionId>,
    callee: FunctionId,
    args: Vec<Expr>,
    /// Parameters of the caller, in their order.
    params: Vec<LocalId>,
    /// Pointers of the caller that aren't null where they are used.
    sound: HashSet<LocalId>,
    /// Its value is a pointer that is tested at once.
    tested: bool,
}

/// Where a pointer points.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    /// Into a variable.
    Variable(LocalId),
    /// To what that pointer points to, or to a part of it.
    Pointer(LocalId),
}

impl Call {
    /// A parameter of the callee that this call can't give a reference for.
    fn refuses(
        &self,
        object: &Object,
        functions: &[Function],
        borrows: &Borrows,
    ) -> Option<(FunctionId, usize)> {
        let callee = functions.get(self.callee.0 as usize)?;
        let roots: Vec<Option<Root>> = self.args.iter().map(|arg| root(object, arg)).collect();
        for (number, arg) in self.args.iter().enumerate() {
            let Some(mutable) = borrows.param(self.callee, number) else {
                continue;
            };
            let this = Some((self.callee, number));
            let wanted = callee
                .params
                .get(number)
                .and_then(|local| callee.local_ty(*local));
            if !wanted.is_some_and(|wanted| takes(wanted, &arg.ty)) {
                return this;
            }
            let Some(root) = roots.get(number).copied().flatten() else {
                return this;
            };
            if let Root::Pointer(local) = root
                && !self.is_sound(local, borrows)
            {
                return this;
            }
            // What is written must not be reached by another parameter.
            let others = roots.iter().enumerate().filter(|(other, _)| {
                *other != number
                    && self
                        .args
                        .get(*other)
                        .is_some_and(|arg| matches!(arg.ty, Ty::Pointer { .. }))
            });
            for (other, other_root) in others {
                let other_mutable = borrows.param(self.callee, other);
                let follows = callee.params.get(other).is_some_and(|local| {
                    PointerUses::but_for_reads(&callee.body, *local).followed > 0
                });
                // The call itself can't borrow one thing twice, whatever is done with it.
                let is_same = self.args.get(other).is_some_and(|arg| reaches(arg, root));
                if !(follows || is_same) || !(mutable || other_mutable.unwrap_or(true)) {
                    continue;
                }
                let apart = match (root, other_root) {
                    (a, Some(b)) if a == *b => false,
                    (Root::Pointer(_), Some(Root::Pointer(_))) | (_, None) => false,
                    _ => true,
                };
                if !apart {
                    return this;
                }
            }
        }
        None
    }

    fn is_sound(&self, local: LocalId, borrows: &Borrows) -> bool {
        let as_param = self.params.iter().position(|param| *param == local);
        let is_reference = self
            .caller
            .zip(as_param)
            .is_some_and(|(caller, number)| borrows.param(caller, number).is_some());
        is_reference || self.sound.contains(&local)
    }
}

/// Whether a parameter of that type takes the argument as it is, or only promises not to write.
pub(super) fn takes(wanted: &Ty, given: &Ty) -> bool {
    match (wanted, given) {
        (
            Ty::Pointer { to: a, mutable },
            Ty::Pointer {
                to: b,
                mutable: given,
            },
        ) => a == b && (*given || !mutable),
        _ => false,
    }
}

/// What the address that an argument is lies in; none if there is no reference to it.
fn root(object: &Object, arg: &Expr) -> Option<Root> {
    match &arg.kind {
        // A promise not to write.
        ExprKind::Cast(inner) if takes(&arg.ty, &inner.ty) => root(object, inner),
        ExprKind::AddressOf(place) => part_of(object, place),
        _ => body::loaded_local(arg).map(Root::Pointer),
    }
}

fn part_of(object: &Object, place: &Place) -> Option<Root> {
    match &place.kind {
        PlaceKind::Local(local) => Some(Root::Variable(*local)),
        PlaceKind::Deref(pointer) => body::loaded_local(pointer).map(Root::Pointer),
        PlaceKind::Field(base, id, _) => {
            let record = object.records.get(id.0 as usize)?;
            (!record.union_ && !record.packed).then(|| part_of(object, base))?
        }
        _ => None,
    }
}

/// Whether a pointer is one to what `root` is, or to a part of it.
fn reaches(arg: &Expr, root: Root) -> bool {
    struct Finder(Root, bool);
    impl Finder {
        fn is_part(&self, place: &Place) -> bool {
            match &place.kind {
                PlaceKind::Local(local) => self.0 == Root::Variable(*local),
                PlaceKind::Deref(pointer) => self.is_pointer(pointer),
                PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.is_part(base),
                PlaceKind::Global(_) | PlaceKind::Temporary(_) => false,
            }
        }

        fn is_pointer(&self, pointer: &Expr) -> bool {
            body::loaded_local(pointer.peeled()).is_some_and(|local| self.0 == Root::Pointer(local))
        }
    }
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            self.1 |= match &expr.kind {
                ExprKind::AddressOf(place) | ExprKind::Decay(place) => self.is_part(place),
                _ => self.is_pointer(expr),
            };
            // What a load gives is a value.
            if !matches!(expr.kind, ExprKind::Load(_)) {
                self.expr_parts(expr);
            }
        }
    }
    let mut finder = Finder(root, false);
    finder.expr(arg);
    finder.1
}

/// The calls in a function.
fn calls(id: Option<FunctionId>, function: &Function) -> Vec<Call> {
    struct Finder {
        found: Vec<(FunctionId, Vec<Expr>, bool)>,
        tested: HashSet<LocalId>,
        value: bool,
    }
    impl Visit for Finder {
        fn stmt(&mut self, stmt: &Stmt) {
            if let StmtKind::Let(local, Some(Init::Expr(value))) = &stmt.kind
                && self.tested.contains(local)
                && matches!(value.kind, ExprKind::Call(..))
            {
                self.value = true;
            }
            self.stmt_parts(stmt);
        }
        fn expr(&mut self, expr: &Expr) {
            let tested = std::mem::take(&mut self.value);
            if let ExprKind::Call(id, args) = &expr.kind {
                self.found.push((*id, args.clone(), tested));
            }
            self.expr_parts(expr);
        }
    }
    let sound = sound_pointers(function);
    let mut finder = Finder {
        found: Vec::new(),
        tested: sound.clone(),
        value: false,
    };
    finder.function(function);
    finder
        .found
        .into_iter()
        .map(|(callee, args, tested)| Call {
            caller: id,
            callee,
            args,
            params: function.params.clone(),
            sound: sound.clone(),
            tested,
        })
        .collect()
}

/// Variables that get a looked-up pointer, are tested at once, and never change.
fn sound_pointers(function: &Function) -> HashSet<LocalId> {
    struct Finder {
        tested: HashSet<LocalId>,
        assigned: HashSet<LocalId>,
    }
    impl Visit for Finder {
        fn stmts(&mut self, stmts: &Vec<Stmt>) {
            for at in 0..stmts.len() {
                let rest = stmts.get(at..).unwrap_or_default();
                self.tested.extend(body::tested_local(rest));
            }
            for stmt in stmts {
                self.stmt(stmt);
            }
        }
        fn stmt(&mut self, stmt: &Stmt) {
            if let StmtKind::Assign(place, _) | StmtKind::AssignOp(place, ..) = &stmt.kind
                && let PlaceKind::Local(local) = place.kind
            {
                self.assigned.insert(local);
            }
            self.stmt_parts(stmt);
        }
        fn expr(&mut self, expr: &Expr) {
            if let ExprKind::AddressOf(place) = &expr.kind
                && let PlaceKind::Local(local) = place.kind
            {
                self.assigned.insert(local);
            }
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder {
        tested: HashSet::new(),
        assigned: HashSet::new(),
    };
    finder.function(function);
    finder
        .tested
        .retain(|local| !finder.assigned.contains(local));
    finder.tested
}

impl Function {
    pub(super) fn local_ty(&self, local: LocalId) -> Option<&Ty> {
        self.locals.get(local.0 as usize).map(|local| &local.ty)
    }
}
