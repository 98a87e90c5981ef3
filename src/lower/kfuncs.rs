//! Functions of the kernel that programs call (`extern … __ksym`, `Documentation/bpf/kfuncs.rst`).

use super::{
    Lowerer,
    body::Body,
    build::{U64, expr},
    calls::section_of,
    names::unnamed_parameter,
};
use crate::{
    c::tree::{Function as CFunction, FunctionId},
    ir::{
        Global, GlobalId, GlobalKind, Item, Notes,
        body::{Expr, ExprKind, Function, Init, Kfunc, Local, LocalId, Place, PlaceKind},
        ty::Ty,
    },
    source::span::Span,
};

/// Whether a function is the kernel's.
pub(super) fn is_kfunc(function: &CFunction) -> bool {
    function.body.is_none() && section_of(&function.attributes) == Some(".ksyms")
}

impl Lowerer<'_> {
    /// The declaration of a function of the kernel's; none of others.
    pub(super) fn kfunc(&mut self, id: FunctionId) -> Option<Function> {
        let function = (self.tree.functions.get(id.0 as usize)).filter(|f| is_kfunc(f))?;
        let notes = if self.is_own(Some(function.span)) {
            let mut notes = self.notes.item(function.span);
            notes.before.extend(self.notes.rest_of_item(function.span));
            notes
        } else {
            Notes::default()
        };
        let params = (0..).zip(&function.params).filter_map(|(at, param)| {
            let local = function.locals.get(param.0 as usize)?;
            let name = local.name.as_ref().map(ToString::to_string);
            Some(Local {
                name: name.unwrap_or_else(|| unnamed_parameter(at)),
                ty: self.ty(&local.ty),
                volatile: false,
                aligned: None,
            })
        });
        let locals: Vec<Local> = params.collect();
        Some(Function {
            name: function.name.to_string(),
            params: (0..).map(LocalId).take(locals.len()).collect(),
            ret: self.ty(&function.ret),
            locals,
            labels: Vec::new(),
            body: Vec::new(),
            inline: false,
            hinted: false,
            global: true,
            noinline: false,
            callback: false,
            kernel: Some(Kfunc {
                weak: function.weak,
            }),
            notes,
            trailing: Vec::new(),
            span: function.span,
        })
    }

    /// The global that holds the address of a kernel function, 0 where the kernel lacks it.
    fn kfunc_global(&mut self, function: &CFunction) -> GlobalId {
        let is_it =
            |global: &Global| global.kind == GlobalKind::Ksym && *global.name == *function.name;
        let at = self.object.globals.iter().position(is_it);
        let id = at.unwrap_or(self.object.globals.len());
        let id = GlobalId(u32::try_from(id).unwrap_or(u32::MAX));
        if at.is_none() {
            self.object.globals.push(Global {
                name: function.name.to_string(),
                ty: U64,
                kind: GlobalKind::Ksym,
                init: Init::Zero,
                volatile: false,
                aligned: None,
                static_: false,
                weak: function.weak,
                notes: Notes::default(),
                span: function.span,
            });
            self.places.push((function.span, Item::Global(id)));
        }
        id
    }
}

impl Body<'_, '_> {
    /// A kernel function as a value: programs can only ask whether it is there.
    pub(super) fn kfunc_address(&mut self, function: &CFunction, span: Span) -> Expr {
        let place = Place {
            kind: PlaceKind::Global(self.cx.kfunc_global(function)),
            ty: U64,
            volatile: false,
        };
        let address = expr(ExprKind::Load(Box::new(place)), U64, span);
        self.cast(address, &Ty::void_pointer(false))
    }
}
