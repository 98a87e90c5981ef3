//! Calls: helpers of the kernel, functions of the object, callbacks.

use super::{
    Lowered, Lowerer,
    body::Body,
    build::{U64, expr, int},
    codes, effects, fixed, handed, kfuncs,
};
use crate::{
    c::{
        const_eval,
        tree::{
            ASM_LABEL, Expr as CExpr, ExprKind as CKind, Function as CFunction, FunctionId, Init,
        },
        types::Kind,
    },
    diag::Diagnostic,
    ir::{
        self, Notes,
        body::{Expr, ExprKind, Function, LocalId, StmtKind},
        ty::Ty,
    },
    source::{markers, span::Span, standins},
};

/// Number of `bpf_kptr_xchg`.
const KPTR_XCHG: u32 = 194;

impl<'a> Body<'_, 'a> {
    /// `callee(args)`
    pub(super) fn call(
        &mut self,
        e: &'a CExpr,
        callee: &'a CExpr,
        args: &'a [CExpr],
    ) -> Lowered<Expr> {
        let param = fixed::local(callee).filter(|local| self.handed.contains(local));
        if let Some(param) = param {
            return self.call_param(e, param, args);
        }
        let Some(id) = self.function_of(callee) else {
            return match self.number_of(callee) {
                Some(number) => self.refuse(
                    codes::UNDEFINED_FUNCTION,
                    e.span,
                    format!("the kernel has no helper {number}"),
                ),
                None => self.refuse_indirect(e, callee),
            };
        };
        let Some(function) = self.cx.tree.functions.get(id.0 as usize) else {
            return self.unsupported(e, "this call");
        };
        if let Some(number) = helper_id(function) {
            return self.helper_call(e, number, function, args);
        }
        if function.body.is_none() && is_memory_function(&function.name) {
            // clang turns these into the builtins.
            return self.builtin(e, &function.name, args);
        }
        if function.body.is_none() && is_compile_error(function) {
            // clang takes such a call only where it finds that nothing comes to it.
            self.push(StmtKind::Unreachable, e.span);
            return Ok(super::builtins::nothing(e));
        }
        self.check_callable(function, e.span)?;
        let args = self.arguments_of(function, args)?;
        let args = self.convert_arguments(args, function);
        let target = self.reach(id, true);
        let ty = self.ty(&function.ret);
        let call = expr(ExprKind::Call(target, args), ty, e.span);
        let wanted = self.ty(&e.ty);
        Ok(match wanted {
            Ty::Unit => call,
            _ => self.cast(call, &wanted),
        })
    }

    fn refuse_indirect(&mut self, e: &CExpr, callee: &CExpr) -> Lowered<Expr> {
        let message = "BPF programs can't call through a pointer";
        let diagnostic = Diagnostic::error(codes::INDIRECT_CALL, e.span, message);
        let function = self
            .id
            .and_then(|id| self.cx.tree.functions.get(id.0 as usize));
        let is_param = fixed::local(callee)
            .is_some_and(|local| function.is_some_and(|of| of.params.contains(&local)));
        self.refuse_with(match is_param {
            true => diagnostic.help(
                "a parameter of a static function that is called and handed on, and nothing else, can be ported",
            ),
            false => diagnostic,
        })
    }

    /// The number that a pointer to a function is, as helpers are declared.
    fn number_of(&self, callee: &CExpr) -> Option<i128> {
        let CKind::Variable(id) = callee.kind else {
            return None;
        };
        match &self.cx.tree.variables.get(id.0 as usize)?.init {
            Some(Init::Expr(value)) => {
                const_eval::eval(self.cx.tree, value).filter(|number| *number != 0)
            }
            _ => None,
        }
    }

    fn helper_call(
        &mut self,
        e: &'a CExpr,
        number: u32,
        function: &'a CFunction,
        args: &'a [CExpr],
    ) -> Lowered<Expr> {
        if number == KPTR_XCHG {
            let diagnostic = Diagnostic::error(
                codes::KPTR,
                e.span,
                "rustc writes no type tags into BTF, by which the kernel knows the field for a kptr",
            );
            return self.refuse_with(
                diagnostic.help(
                    "keep what identifies the object (a pid, a cgroup id) in the map instead",
                ),
            );
        }
        if number == 6
            && let Some(call) = self.trace_printk(e, args)?
        {
            return Ok(call);
        }
        let args = self.arguments(args)?;
        let args = self.convert_arguments(args, function);
        let wanted = self.ty(&function.ret);
        let Some(helper) = standins::helper(number) else {
            let call = ExprKind::Helper(number, function.name.to_string(), args);
            return Ok(expr(call, wanted, e.span));
        };
        // A program that declares a helper itself may give it other types than the kernel does.
        let mut types = helper.params.iter().map(|ty| number_type(ty));
        let args = args.into_iter().map(|arg| match types.next().flatten() {
            Some(ty) if !matches!(arg.kind, ExprKind::Function(_)) => self.cast(arg, &ty),
            _ => arg,
        });
        let args = args.collect();
        let ty = number_type(helper.ret);
        let call = ExprKind::Helper(number, helper.name.to_owned(), args);
        let call = expr(call, ty.unwrap_or_else(|| wanted.clone()), e.span);
        Ok(match wanted {
            Ty::Unit => call,
            _ => self.cast(call, &wanted),
        })
    }

    /// Arguments in order.
    pub(super) fn arguments(&mut self, args: &'a [CExpr]) -> Lowered<Vec<Expr>> {
        let mut done: Vec<Expr> = Vec::with_capacity(args.len());
        for arg in args {
            let before: Vec<&Expr> = done.iter().collect();
            let value = self.operand(&before, |body| body.argument(arg))?;
            done.push(value);
        }
        Ok(done)
    }

    /// An argument as written: arrays and functions become pointers.
    pub(super) fn argument(&mut self, e: &'a CExpr) -> Lowered<Expr> {
        match &e.ty.kind {
            Kind::Array(element, _) if !matches!(e.kind, CKind::Str(_)) => {
                let place = self.place(e)?;
                let element = self.cx.ty(element);
                let ty = super::build::pointer_to(element, !e.ty.const_);
                Ok(expr(ExprKind::Decay(Box::new(place)), ty, e.span))
            }
            Kind::Array(..) => match &e.kind {
                CKind::Str(text) => {
                    let ty = super::build::pointer_to(Ty::signed(8), false);
                    Ok(expr(ExprKind::Str(text.clone()), ty, e.span))
                }
                _ => self.unsupported(e, "this argument"),
            },
            _ => self.expr(e),
        }
    }

    fn convert_arguments(&mut self, args: Vec<Expr>, function: &'a CFunction) -> Vec<Expr> {
        args.into_iter()
            .enumerate()
            .map(|(at, arg)| {
                let param = function.params.get(at);
                let local = param.and_then(|param| function.locals.get(param.0 as usize));
                match local {
                    Some(local) if !matches!(arg.ty, Ty::Function(..)) => {
                        let ty = self.ty(&local.ty);
                        self.cast(arg, &ty)
                    }
                    _ => arg,
                }
            })
            .collect()
    }

    pub(super) fn check_callable(&mut self, function: &'a CFunction, span: Span) -> Lowered<()> {
        let name = &function.name;
        if function.broken {
            return self.refuse(
                codes::LEFT_OUT,
                span,
                format!("this calls `{name}`, which has an error"),
            );
        }
        if function.body.is_some() || kfuncs::is_kfunc(function) {
            return Ok(());
        }
        let diagnostic = if let Some(symbol) = symbol_of(function)
            && symbol.starts_with("llvm.bpf.load.")
        {
            Diagnostic::error(
                codes::PACKET_LOAD,
                span,
                format!("`{name}` is LLVM's `{symbol}`, which rustc names only behind an internal feature"),
            )
            .help("call bpf_skb_load_bytes, and convert what it read with bpf_ntohs or bpf_ntohl")
        } else {
            Diagnostic::error(
                codes::UNDEFINED_FUNCTION,
                span,
                format!("`{name}` is declared, but defined nowhere"),
            )
        };
        let diagnostic = diagnostic.note(function.span, "declared here");
        self.refuse_with(diagnostic)
    }

    /// A function as a value: given to a helper, or compared with another.
    pub(super) fn callback(&mut self, id: FunctionId, span: Span) -> Lowered<Expr> {
        let Some(function) = self.cx.tree.functions.get(id.0 as usize) else {
            return self.refuse(codes::EXPRESSION, span, "this function isn't known");
        };
        if let Some(number) = helper_id(function) {
            // libbpf declares helpers as pointers that are their numbers.
            let number = int(i128::from(number), U64, span);
            return Ok(self.cast(number, &Ty::void_pointer(false)));
        }
        if kfuncs::is_kfunc(function) {
            return Ok(self.kfunc_address(function, span));
        }
        self.check_callable(function, span)?;
        if !handed::params(self.cx.tree, function).is_empty() {
            return self.refuse(
                codes::INDIRECT_CALL,
                span,
                format!(
                    "`{}` is given a function, and can't be given to others",
                    function.name
                ),
            );
        }
        let target = self.reach(id, false);
        if let Some(found) = self.cx.object.functions.get_mut(target.0 as usize) {
            found.callback = true;
        }
        self.cx.callbacks.insert(target);
        let ty = self.function_ty(function);
        Ok(expr(ExprKind::Function(target), ty, span))
    }

    /// Takes a function along, which is called here or given to a helper.
    pub(super) fn reach(&mut self, id: FunctionId, called: bool) -> ir::FunctionId {
        let callee = super::Callee { id, called };
        if !self.callees.contains(&callee) {
            self.callees.push(callee);
        }
        self.cx.function_slot(id)
    }
}

impl Lowerer<'_> {
    /// The function's place in the object; it is lowered later.
    fn function_slot(&mut self, id: FunctionId) -> ir::FunctionId {
        if let Some(&slot) = self.functions.get(&id) {
            return slot;
        }
        let slot = ir::FunctionId(u32::try_from(self.object.functions.len()).unwrap_or(u32::MAX));
        self.functions.insert(id, slot);
        self.effects.insert(slot, effects::of(self.tree, id));
        self.queue.push_back(id);
        if let Some(function) = self.tree.functions.get(id.0 as usize) {
            self.object.functions.push(Function {
                name: function.name.to_string(),
                params: Vec::<LocalId>::new(),
                ret: Ty::Unit,
                locals: Vec::new(),
                labels: Vec::new(),
                body: Vec::new(),
                inline: false,
                hinted: false,
                global: false,
                noinline: false,
                callback: false,
                kernel: None,
                notes: Notes::default(),
                trailing: Vec::new(),
                span: function.span,
            });
        }
        slot
    }
}

/// Whether a call of a function is an error of the compiler's, as in the kernel's `BUILD_BUG_ON`.
fn is_compile_error(function: &CFunction) -> bool {
    let mut attributes = function.attributes.iter();
    attributes.any(|attribute| &*attribute.name == "error")
}

/// The function that an expression in the place of a callee names.
pub(crate) fn callee_of(mut callee: &CExpr) -> Option<FunctionId> {
    loop {
        match &callee.kind {
            CKind::Function(id) => return Some(*id),
            CKind::Decay(inner)
            | CKind::AddressOf(inner)
            | CKind::Deref(inner)
            | CKind::Cast { value: inner, .. } => callee = inner,
            _ => return None,
        }
    }
}

/// The type of a number as the prototypes of helpers write it; none of pointers.
fn number_type(ty: &str) -> Option<Ty> {
    Some(match ty {
        "unsigned char" => Ty::unsigned(8),
        "unsigned short" => Ty::unsigned(16),
        "unsigned int" => Ty::unsigned(32),
        "unsigned long long" | "unsigned long" => Ty::unsigned(64),
        "int" => Ty::signed(32),
        "long" | "long long" => Ty::signed(64),
        _ => return None,
    })
}

/// The symbol that `asm("…")` behind the declaration names.
fn symbol_of(function: &CFunction) -> Option<&str> {
    let mut attributes = function.attributes.iter();
    let label = attributes.find(|attribute| &*attribute.name == ASM_LABEL)?;
    label.args.first().map(|symbol| &**symbol)
}

fn is_memory_function(name: &str) -> bool {
    matches!(name, "memcpy" | "memmove" | "memset" | "memcmp" | "bcmp")
}

/// The number by which the kernel knows a helper.
pub(crate) fn helper_id(function: &CFunction) -> Option<u32> {
    function
        .attributes
        .iter()
        .find(|attribute| attribute.name.as_ref() == markers::HELPER)?
        .args
        .first()?
        .parse()
        .ok()
}

/// The section that attributes name.
pub(crate) fn section_of(attributes: &[crate::c::tree::Attribute]) -> Option<&str> {
    attributes
        .iter()
        .rev()
        .find(|attribute| attribute.name.as_ref() == "section")?
        .args
        .first()
        .map(AsRef::as_ref)
}
