//! Functions that are handed to functions: parameters that are called, which clang takes where all
//! is inlined.

use std::collections::BTreeSet;

use super::{
    Lowered,
    body::Body,
    build::{expr, load, local_place},
    c_walk,
    calls::callee_of,
    codes, fixed,
};
use crate::{
    c::{
        const_eval,
        tree::{
            Expr as CExpr, ExprKind as CKind, Function as CFunction, FunctionId, Init,
            LocalId as CLocalId, Tree, Variable,
        },
        types::{CType, Kind},
    },
    ir::{
        body::{Expr, ExprKind, LocalId},
        ty::Ty,
    },
};

/// How often a function may be handed on.
const MAX_TIMES: u8 = 16;

/// The parameters that are functions, and are called or handed on to such, no more.
pub(super) fn params(tree: &Tree, function: &CFunction) -> BTreeSet<CLocalId> {
    params_within(tree, function, MAX_TIMES)
}

fn params_within(tree: &Tree, function: &CFunction, times: u8) -> BTreeSet<CLocalId> {
    let is_function = |param: &CLocalId| {
        let local = function.locals.get(param.0 as usize);
        local.is_some_and(|local| {
            matches!(&local.ty.kind, Kind::Pointer(to) if matches!(to.kind, Kind::Function(_)))
        })
    };
    let mut found: BTreeSet<CLocalId> = function.params.iter().copied().collect();
    found.retain(is_function);
    // Another object may call one that isn't static, with any address.
    let (Some(body), true, false) = (&function.body, function.static_, found.is_empty()) else {
        return BTreeSet::new();
    };
    let takes = |callee: &CExpr, at: usize| {
        let callee = callee_of(callee).and_then(|id| tree.functions.get(id.0 as usize));
        let (Some(callee), Some(times)) = (callee, times.checked_sub(1)) else {
            return false;
        };
        let param = callee.params.get(at);
        param.is_some_and(|param| params_within(tree, callee, times).contains(param))
    };
    let others = fixed::other_uses(body, takes);
    found.retain(|param| !others.contains(param));
    found
}

impl<'a> Body<'_, 'a> {
    /// `param(args)`
    pub(super) fn call_param(
        &mut self,
        e: &'a CExpr,
        param: CLocalId,
        args: &'a [CExpr],
    ) -> Lowered<Expr> {
        let local = LocalId(param.0);
        let ty = self
            .locals
            .get(param.0 as usize)
            .map(|local| local.ty.clone());
        let Some(Ty::Function(params, ret)) = ty else {
            return self.unsupported(e, "this call");
        };
        let args = self.arguments(args)?;
        let args = args.into_iter().zip(&params);
        let args = args.map(|(arg, ty)| self.cast(arg, ty)).collect();
        let call = expr(ExprKind::CallParam(local, args), *ret, e.span);
        let wanted = self.ty(&e.ty);
        Ok(match wanted {
            Ty::Unit => call,
            _ => self.cast(call, &wanted),
        })
    }

    /// Arguments in order, functions where the parameters are functions.
    pub(super) fn arguments_of(
        &mut self,
        function: &'a CFunction,
        args: &'a [CExpr],
    ) -> Lowered<Vec<Expr>> {
        let handed = params(self.cx.tree, function);
        if handed.is_empty() {
            return self.arguments(args);
        }
        let mut done: Vec<Expr> = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            let before: Vec<&Expr> = done.iter().collect();
            let param = function
                .params
                .get(at)
                .filter(|param| handed.contains(param));
            let value = match param {
                Some(param) => self.handed_function(function, *param, arg)?,
                None => self.operand(&before, |body| body.argument(arg))?,
            };
            done.push(value);
        }
        Ok(done)
    }

    fn handed_function(
        &mut self,
        callee: &'a CFunction,
        param: CLocalId,
        arg: &'a CExpr,
    ) -> Lowered<Expr> {
        let wanted = callee.locals.get(param.0 as usize);
        let wanted = wanted.map_or(Ty::Unit, |local| self.cx.function_behind(&local.ty));
        let of_caller = fixed::local(arg).filter(|local| self.handed.contains(local));
        let value = if let Some(local) = of_caller {
            let id = LocalId(local.0);
            let ty = self
                .locals
                .get(local.0 as usize)
                .map(|local| local.ty.clone());
            load(local_place(id, ty.unwrap_or(Ty::Unit), false), arg.span)
        } else if let Some(id) = self.function_of(arg)
            && let Some(function) = self.cx.tree.functions.get(id.0 as usize)
            && super::calls::helper_id(function).is_none()
            && params(self.cx.tree, function).is_empty()
        {
            self.check_callable(function, arg.span)?;
            let ty = self.function_ty(function);
            expr(ExprKind::Function(self.reach(id, true)), ty, arg.span)
        } else {
            let message = format!("which function `{}` is given here isn't known", callee.name);
            return self.refuse(codes::INDIRECT_CALL, arg.span, message);
        };
        if value.ty != wanted {
            let message = format!("`{}` takes a function of another type", callee.name);
            return self.refuse(codes::INDIRECT_CALL, arg.span, message);
        }
        Ok(value)
    }

    /// The function that an expression is all along.
    pub(super) fn function_of(&self, value: &CExpr) -> Option<FunctionId> {
        let fixed = || self.fixed.get(&fixed::local(value)?).copied();
        callee_of(value).or_else(fixed).or_else(|| {
            let Init::Expr(value) = self.constant_part(value)? else {
                return None;
            };
            fixed::function(value)
        })
    }

    /// What a constant of the file begins with, or a part of it that is known: `table[1].run`.
    fn constant_part(&self, place: &CExpr) -> Option<&'a Init> {
        let part = |base, index: u64| match self.constant_part(base)? {
            Init::List(parts) => {
                let part = parts.iter().find(|part| part.index == index)?;
                Some(&part.value)
            }
            _ => None,
        };
        match &place.kind {
            CKind::Variable(id) => {
                let variable = self.cx.tree.variables.get(id.0 as usize)?;
                let init = variable.init.as_ref();
                init.filter(|_| is_const(&variable.ty) && !variable.weak)
            }
            CKind::Member(base, _, field) => part(base, u64::from(*field)),
            CKind::Index(base, index) => {
                let index = const_eval::eval(self.cx.tree, index)?;
                part(base, u64::try_from(index).ok()?)
            }
            CKind::Cast { value, .. } => self.constant_part(value),
            _ => None,
        }
    }

    /// The type of a function.
    pub(super) fn function_ty(&mut self, function: &CFunction) -> Ty {
        let params = function.params.iter();
        let params = params
            .filter_map(|param| function.locals.get(param.0 as usize))
            .map(|local| self.cx.outline(&local.ty))
            .collect();
        Ty::Function(params, Box::new(self.ty(&function.ret)))
    }
}

impl super::Lowerer<'_> {
    /// The type that a pointer to a function points to.
    pub(super) fn function_behind(&mut self, ty: &CType) -> Ty {
        match &ty.kind {
            Kind::Pointer(to) => self.outline(to),
            _ => self.outline(ty),
        }
    }
}

/// Whether a variable is constant, and holds functions.
pub(super) fn is_table(variable: &Variable) -> bool {
    let mut found = false;
    if let Some(init) = variable.init.as_ref().filter(|_| is_const(&variable.ty)) {
        c_walk::exprs_of_init(init, &mut |e| found |= matches!(e.kind, CKind::Function(_)));
    }
    found
}

/// Whether nobody writes to a variable of the type.
fn is_const(ty: &CType) -> bool {
    match &ty.kind {
        Kind::Array(element, _) => ty.const_ || is_const(element),
        _ => ty.const_ && !ty.volatile,
    }
}
