//! Map definitions, read as libbpf reads them.

use super::{Lowerer, Role, c_walk::peel, codes};
use crate::{
    c::{
        tree::{
            BinaryOp as CBinaryOp, Expr as CExpr, ExprKind as CKind, Init as CInit, Variable,
            VariableId,
        },
        types::{ArrayLen, CType, Kind, Record as CRecord},
    },
    ir::{Item, Map, MapDef, MapId, MapValue, ty::Ty},
    source::span::Span,
};

/// How deep maps of maps may nest: the kernel allows one level.
const MAX_NESTING: u8 = 2;

/// Types without which Aya's loader refuses an object, or which Aya can't make: none of
/// `STRUCT_OPS` (26), `USER_RINGBUF` (31), `ARENA` (33) and `INSN_ARRAY` (34).
const UNSUPPORTED: &[(u32, &str)] = &[
    (26, "BPF_MAP_TYPE_STRUCT_OPS"),
    (33, "BPF_MAP_TYPE_ARENA"),
    (34, "BPF_MAP_TYPE_INSN_ARRAY"),
];

impl<'a> Lowerer<'a> {
    /// A variable in the section `.maps`.
    pub(super) fn map(&mut self, id: VariableId, variable: &'a Variable) -> Role {
        let Kind::Record(record) = &variable.ty.kind else {
            return self.refuse_map(variable, "isn't a struct");
        };
        let Some(record) = self.tree.types.records.get(record.0 as usize) else {
            return self.refuse_map(variable, "has no definition");
        };
        let def = match self.map_def(record, variable.span, 0) {
            Ok(def) => def,
            Err(reason) => return self.refuse_map(variable, &reason),
        };
        if let Some((_, name)) = UNSUPPORTED.iter().find(|(id, _)| *id == def.map_type) {
            self.error(
                codes::MAP_TYPE,
                variable.name_span,
                format!(
                    "Aya can't make maps of type `{name}`, which `{}` is",
                    variable.name
                ),
            );
            return Role::Refused;
        }
        let role = self.add_map(variable, def, false);
        self.roles.insert(id, role);
        if let (Some(CInit::List(parts)), Role::Map(map)) = (&variable.init, role) {
            let values = record
                .fields
                .as_ref()
                .and_then(|fields| {
                    fields
                        .iter()
                        .position(|field| field.name.as_deref() == Some("values"))
                })
                .and_then(|at| parts.iter().find(|part| part.index == at as u64));
            if let Some(part) = values {
                self.map_values(map, &part.value);
            }
        }
        role
    }

    fn refuse_map(&mut self, variable: &Variable, reason: &str) -> Role {
        self.error(
            codes::MAP_DEFINITION,
            variable.name_span,
            format!("the map `{}` {reason}", variable.name),
        );
        Role::Refused
    }

    fn add_map(&mut self, variable: &Variable, def: MapDef, legacy: bool) -> Role {
        let mut notes = self.notes.item(variable.span);
        // Fields of the definition have no place in the port.
        notes.before.extend(self.notes.rest_of_item(variable.span));
        let id = MapId(u32::try_from(self.object.maps.len()).unwrap_or(u32::MAX));
        self.object.maps.push(Map {
            name: variable.name.to_string(),
            def,
            values: Vec::new(),
            records: Vec::new(),
            legacy,
            notes,
            span: variable.span,
        });
        self.places.push((variable.span, Item::Map(id)));
        Role::Map(id)
    }

    /// `struct { __uint(type, …); __type(key, …); … }`
    fn map_def(&mut self, record: &'a CRecord, span: Span, depth: u8) -> Result<MapDef, String> {
        let fields = record
            .fields
            .as_ref()
            .ok_or_else(|| "has no definition".to_owned())?;
        let mut def = empty();
        for field in fields {
            let name = field.name.as_deref().unwrap_or_default();
            let number = || {
                self.number_of(&field.ty)
                    .ok_or_else(|| format!("has no number as `{name}`"))
            };
            match name {
                "type" => def.map_type = small(number()?),
                "max_entries" => {
                    def.max_entries = number()?;
                    let text = self.uint_text(field.span.unwrap_or(span), "max_entries");
                    def.max_entries_expr = text.and_then(|text| {
                        self.written(&text, i128::from(def.max_entries), &Ty::unsigned(32))
                    });
                }
                "map_flags" => def.flags = number()?,
                "map_extra" => def.extra = number()?,
                "numa_node" => def.numa_node = Some(small(number()?)),
                "key_size" => def.key_size = number()?,
                "value_size" => def.value_size = number()?,
                "pinning" => def.pin_by_name = number()? == 1,
                "key" => {
                    let (ty, size) = self.pointee(&field.ty, name)?;
                    def.key = Some(ty);
                    def.key_size = size;
                }
                "value" => {
                    let (ty, size) = self.pointee(&field.ty, name)?;
                    def.value = Some(ty);
                    def.value_size = size;
                }
                "values" => {
                    if depth < MAX_NESTING
                        && let Some(inner) = self.inner_record(&field.ty)
                    {
                        let inner = self.map_def(inner, span, depth + 1)?;
                        def.inner = Some(Box::new(inner));
                    }
                    if def.value_size == 0 {
                        def.value_size = 4;
                    }
                }
                _ => return Err(format!("has a field `{name}` that libbpf doesn't know")),
            }
        }
        // Perf event arrays, program arrays and the like may leave out what can only be 4 bytes.
        if matches!(
            def.map_type,
            3 | 4 | 7 | 8 | 12 | 13 | 14 | 15 | 16 | 17 | 25
        ) && def.key_size == 0
            && def.map_type != 13
        {
            def.key_size = 4;
        }
        if matches!(def.map_type, 3 | 4 | 8 | 12 | 13) && def.value_size == 0 {
            def.value_size = 4;
        }
        self.share(&def.key.clone());
        self.share(&def.value.clone());
        Ok(def)
    }

    /// `T` of a field `T *name`.
    fn pointee(&mut self, ty: &CType, name: &str) -> Result<(Ty, u64), String> {
        let Kind::Pointer(to) = &ty.kind else {
            return Err(format!("has no type as `{name}`"));
        };
        let size = self
            .size_of(to)
            .ok_or_else(|| format!("has an incomplete type as `{name}`"))?;
        Ok((self.ty(to), size))
    }

    /// The definition in `values`: `struct inner *values[]`.
    fn inner_record(&self, ty: &CType) -> Option<&'a CRecord> {
        let Kind::Array(element, _) = &ty.kind else {
            return None;
        };
        let Kind::Pointer(to) = &element.kind else {
            return None;
        };
        let Kind::Record(id) = &to.kind else {
            return None;
        };
        self.tree.types.records.get(id.0 as usize)
    }

    /// What the user wrote in `__uint(name, …)`.
    fn uint_text(&self, field: Span, name: &str) -> Option<String> {
        let text = &self.files.get(field.file)?.text;
        // The field is at the macro's name, or at what the macro was given.
        let until = text.get(..field.end as usize)?;
        let open = until.rfind("__uint")?;
        let inner = text.get(open..)?.split_once('(')?.1;
        let (found, value) = inner.split_once(',')?;
        if found.trim() != name {
            return None;
        }
        let mut depth = 0usize;
        let end = value.find(|c: char| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return true,
                ')' => depth -= 1,
                _ => {}
            }
            false
        })?;
        Some(value.get(..end)?.trim().to_owned())
    }

    /// `.values = { [0] = &inner, (void *)&program }`
    fn map_values(&mut self, map: MapId, init: &'a CInit) {
        let CInit::List(parts) = init else {
            return;
        };
        for part in parts {
            let CInit::Expr(e) = &part.value else {
                continue;
            };
            if matches!(peel(e).kind, CKind::Int(0)) {
                continue;
            }
            let Some(value) = self.map_value(e) else {
                self.error(
                    codes::MAP_DEFINITION,
                    e.span,
                    "a map can only hold maps and programs from the start",
                );
                continue;
            };
            if let Some(found) = self.object.maps.get_mut(map.0 as usize) {
                found.values.push((part.index, value));
            }
        }
    }

    fn map_value(&mut self, e: &'a CExpr) -> Option<MapValue> {
        let mut inner = peel(e);
        while let CKind::AddressOf(of) | CKind::Decay(of) = &inner.kind {
            inner = peel(of);
        }
        match &inner.kind {
            CKind::Variable(id) => match self.role(*id) {
                Role::Map(map) => Some(MapValue::Map(map)),
                _ => None,
            },
            CKind::Function(id) => {
                let function = self.tree.functions.get(id.0 as usize)?;
                Some(MapValue::Program(function.name.to_string()))
            }
            _ => None,
        }
    }

    /// `struct bpf_map_def SEC("maps") name = { … }`
    pub(super) fn legacy_map(&mut self, _: VariableId, variable: &'a Variable) -> Role {
        let (Kind::Record(record), Some(CInit::List(parts))) = (&variable.ty.kind, &variable.init)
        else {
            return self.refuse_map(variable, "has no definition");
        };
        let fields = self
            .tree
            .types
            .records
            .get(record.0 as usize)
            .and_then(|record| record.fields.as_ref());
        let mut def = empty();
        for part in parts {
            let field = usize::try_from(part.index)
                .ok()
                .and_then(|at| fields?.get(at));
            let name = field.and_then(|field| field.name.as_deref());
            let CInit::Expr(value) = &part.value else {
                continue;
            };
            let Some(number) = self.constant_value(value) else {
                return self.refuse_map(variable, "has a field that isn't a constant");
            };
            match name {
                Some("type") => def.map_type = small(number),
                Some("key_size") => def.key_size = number,
                Some("value_size") => def.value_size = number,
                Some("max_entries") => def.max_entries = number,
                Some("map_flags") => def.flags = number,
                _ => {}
            }
            if let (CKind::SizeOf(_, of), Some(name)) = (&peel(value).kind, name) {
                match name {
                    "key_size" => def.key = Some(self.ty(of)),
                    "value_size" => def.value = Some(self.ty(of)),
                    _ => {}
                }
            }
        }
        self.share(&def.key.clone());
        self.share(&def.value.clone());
        self.add_map(variable, def, true)
    }

    /// The value of a constant expression in an initialiser.
    fn constant_value(&self, e: &CExpr) -> Option<u64> {
        match &peel(e).kind {
            CKind::Int(value) => u64::try_from(*value).ok(),
            CKind::SizeOf(size, _) => Some(*size),
            CKind::EnumConstant(id, at) => {
                let found = self.tree.types.enums.get(id.0 as usize)?;
                u64::try_from(found.constants.get(*at as usize)?.value).ok()
            }
            CKind::Binary(op, a, b) => {
                let (a, b) = (self.constant_value(a)?, self.constant_value(b)?);
                match op {
                    CBinaryOp::Add => a.checked_add(b),
                    CBinaryOp::Sub => a.checked_sub(b),
                    CBinaryOp::Mul => a.checked_mul(b),
                    CBinaryOp::Div => a.checked_div(b),
                    CBinaryOp::Shl => a.checked_shl(u32::try_from(b).ok()?),
                    CBinaryOp::BitOr => Some(a | b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// N of a field `int (*name)[N]`, as `__uint` declares it; of `__ulong`'s enumeration the value.
    fn number_of(&self, ty: &CType) -> Option<u64> {
        let to = match &ty.kind {
            Kind::Enum(id) => {
                let found = self.tree.types.enums.get(id.0 as usize)?;
                return u64::try_from(found.constants.first()?.value).ok();
            }
            Kind::Pointer(to) => to,
            _ => return None,
        };
        match &to.kind {
            Kind::Array(_, ArrayLen::Known(len)) => Some(*len),
            Kind::Array(_, ArrayLen::Unknown) => Some(0),
            _ => None,
        }
    }

    /// Marks what user space sees of a type.
    pub(super) fn share(&mut self, ty: &Option<Ty>) {
        if let Some(ty) = ty {
            self.share_type(ty);
        }
    }

    /// Marks what shared records are made of, where their fields became known after they were shared.
    pub(super) fn share_parts(&mut self) {
        let parts: Vec<Ty> = self
            .object
            .records
            .iter()
            .filter(|record| record.shared)
            .flat_map(|record| record.fields.iter().flatten())
            .map(|field| field.ty.clone())
            .collect();
        for part in parts {
            self.share_type(&part);
        }
    }

    pub(super) fn share_type(&mut self, ty: &Ty) {
        match ty {
            Ty::Array(element, _) => self.share_type(element),
            Ty::Enum(id) => {
                if let Some(found) = self.object.enums.get_mut(id.0 as usize) {
                    found.shared = true;
                }
            }
            Ty::Record(id) => {
                let Some(found) = self.object.records.get_mut(id.0 as usize) else {
                    return;
                };
                if std::mem::replace(&mut found.shared, true) {
                    return;
                }
                let parts: Vec<Ty> = found
                    .fields
                    .iter()
                    .flatten()
                    .map(|field| field.ty.clone())
                    .collect();
                for part in parts {
                    self.share_type(&part);
                }
            }
            _ => {}
        }
    }
}

fn empty() -> MapDef {
    MapDef {
        map_type: 0,
        key: None,
        key_size: 0,
        value: None,
        value_size: 0,
        max_entries: 0,
        max_entries_expr: None,
        flags: 0,
        extra: 0,
        pin_by_name: false,
        numa_node: None,
        inner: None,
    }
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
