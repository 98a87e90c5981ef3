//! Names the items of an object by other ids, wherever they are mentioned.

use crate::ir::{
    Constant, ConstantId, EnumId, FunctionId, Global, GlobalId, Map, MapDef, MapId, MapValue,
    RecordId, Relocation, RelocationId,
    body::{Expr, ExprKind, Function, Place, PlaceKind},
    program::Program,
    ty::{Record, Ty},
    walk::VisitMut,
};

/// What each id of an object becomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumber {
    pub records: Vec<u32>,
    pub enums: Vec<u32>,
    pub constants: Vec<u32>,
    pub globals: Vec<u32>,
    pub maps: Vec<u32>,
    pub functions: Vec<u32>,
    pub programs: Vec<u32>,
    pub relocations: Vec<u32>,
}

fn change(ids: &[u32], id: &mut u32) {
    if let Some(new) = ids.get(*id as usize) {
        *id = *new;
    }
}

impl Renumber {
    pub fn record_id(&self, RecordId(id): &mut RecordId) {
        change(&self.records, id);
    }

    pub fn enum_id(&self, EnumId(id): &mut EnumId) {
        change(&self.enums, id);
    }

    pub fn constant_id(&self, ConstantId(id): &mut ConstantId) {
        change(&self.constants, id);
    }

    pub fn global_id(&self, GlobalId(id): &mut GlobalId) {
        change(&self.globals, id);
    }

    pub fn map_id(&self, MapId(id): &mut MapId) {
        change(&self.maps, id);
    }

    pub fn function_id(&self, FunctionId(id): &mut FunctionId) {
        change(&self.functions, id);
    }

    pub fn program_id(&self, id: &mut u32) {
        change(&self.programs, id);
    }

    pub fn relocation_id(&self, RelocationId(id): &mut RelocationId) {
        change(&self.relocations, id);
    }

    pub fn ty(&self, ty: &mut Ty) {
        match ty {
            Ty::Record(id) => self.record_id(id),
            Ty::Enum(id) => self.enum_id(id),
            Ty::Pointer { to, .. } => self.ty(to),
            Ty::Array(of, _) => self.ty(of),
            Ty::Function(params, ret) => {
                params.iter_mut().for_each(|param| self.ty(param));
                self.ty(ret);
            }
            Ty::Unit | Ty::Bool | Ty::Int { .. } | Ty::Opaque { .. } => {}
        }
    }

    pub fn record(&mut self, record: &mut Record) {
        for field in record.fields.iter_mut().flatten() {
            self.ty(&mut field.ty);
            for length in field.lengths.iter_mut().flatten() {
                self.expr(length);
            }
        }
    }

    pub fn constant(&mut self, constant: &mut Constant) {
        self.ty(&mut constant.ty);
        if let Some(written) = &mut constant.expr {
            self.expr(written);
        }
    }

    pub fn global(&mut self, global: &mut Global) {
        self.ty(&mut global.ty);
        self.init(&mut global.init);
    }

    pub fn map(&mut self, map: &mut Map) {
        self.map_def(&mut map.def);
        for (_, value) in &mut map.values {
            if let MapValue::Map(id) = value {
                self.map_id(id);
            }
        }
        map.records.iter_mut().for_each(|ty| self.ty(ty));
    }

    fn map_def(&mut self, def: &mut MapDef) {
        for ty in [&mut def.key, &mut def.value].into_iter().flatten() {
            self.ty(ty);
        }
        if let Some(written) = &mut def.max_entries_expr {
            self.expr(written);
        }
        if let Some(inner) = &mut def.inner {
            self.map_def(inner);
        }
    }

    pub fn relocation(&self, relocation: &mut Relocation) {
        self.ty(&mut relocation.ty);
    }

    pub fn whole_function(&mut self, function: &mut Function) {
        self.ty(&mut function.ret);
        for local in &mut function.locals {
            self.ty(&mut local.ty);
        }
        self.function(function);
    }

    pub fn program(&mut self, program: &mut Program) {
        self.whole_function(&mut program.function);
    }
}

impl VisitMut for Renumber {
    fn place(&mut self, place: &mut Place) {
        self.ty(&mut place.ty);
        match &mut place.kind {
            PlaceKind::Global(id) => self.global_id(id),
            PlaceKind::Field(_, id, _) => self.record_id(id),
            _ => {}
        }
        self.place_parts(place);
    }

    fn expr(&mut self, expr: &mut Expr) {
        self.ty(&mut expr.ty);
        match &mut expr.kind {
            ExprKind::Constant(id) => self.constant_id(id),
            ExprKind::EnumConstant(id, _) => self.enum_id(id),
            ExprKind::SizeOf(ty) => self.ty(ty),
            ExprKind::OffsetOf(_, id, _) => self.record_id(id),
            ExprKind::Map(id) => self.map_id(id),
            ExprKind::Function(id) | ExprKind::Call(id, _) => self.function_id(id),
            ExprKind::CoreAddress(_, id) | ExprKind::CoreValue(id) => self.relocation_id(id),
            ExprKind::CoreBitfield(_, bits, _) => {
                for id in [
                    &mut bits.offset,
                    &mut bits.size,
                    &mut bits.signed,
                    &mut bits.lshift,
                    &mut bits.rshift,
                ] {
                    self.relocation_id(id);
                }
            }
            _ => {}
        }
        self.expr_parts(expr);
    }
}
