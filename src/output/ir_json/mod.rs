//! `--emit ir`: the IR as JSON. `docs/ir-schema.md` describes each field; what changes the meaning
//! of one, or takes one away, raises [`SCHEMA`].

mod describe;
mod forms;

use crate::{
    arch::{Arch, Archs},
    ir::{
        ConstantId, ConstantValue, EnumId, FunctionId, GlobalId, Item, MapId, Object, RecordId,
        RelocationId, TypeKind,
        body::Init,
        dump,
        program::{Argument, ArgumentSource, Program, ProgramKind},
        ty::Ty,
    },
    source::span::{SourceMap, Span},
};
use describe::{describe, macro_name, number_of, path, read, relocation_kind};
use forms::{
    ArgumentJson, ConstantJson, Document, FieldJson, FunctionJson, GlobalJson, MapDefJson, MapJson,
    Only, Place, ProgramJson, RefusedJson, RelocationJson, TypeJson,
};

/// Version of the schema.
pub const SCHEMA: u32 = 2;

/// All of an object, as a JSON document that ends with a newline.
///
/// # Errors
///
/// Never in practice: what serde_json says of a value that can't be written.
pub fn to_json(
    object: &Object,
    files: &SourceMap,
    archs: &[Arch],
) -> Result<String, serde_json::Error> {
    let writer = Writer {
        object,
        files,
        archs,
    };
    let mut text = serde_json::to_string_pretty(&writer.document())?;
    text.push('\n');
    Ok(text)
}

struct Writer<'o> {
    object: &'o Object,
    files: &'o SourceMap,
    archs: &'o [Arch],
}

impl<'o> Writer<'o> {
    fn document(&self) -> Document<'o> {
        let object = self.object;
        Document {
            schema: SCHEMA,
            object: &object.name,
            spdx: object.spdx.as_deref(),
            license: object.license.as_ref().map(|license| license.text.as_str()),
            architectures: object.variants.archs.map(names),
            refused: object
                .variants
                .refused
                .iter()
                .map(|(archs, why)| RefusedJson {
                    architectures: names(*archs),
                    why,
                })
                .collect(),
            programs: (0..)
                .zip(&object.programs)
                .map(|(at, it)| self.program(at, it))
                .collect(),
            functions: self.functions(),
            maps: self.maps(),
            globals: self.globals(),
            constants: self.constants(),
            types: self.types(),
            relocations: self.relocations(),
        }
    }

    fn only(&self, item: Item) -> Only {
        self.object.only(item).map(names)
    }

    fn ty(&self, ty: &Ty) -> String {
        dump::type_name(self.object, ty)
    }

    fn place(&self, span: Span) -> Option<Place> {
        let file = self.files.get(span.file)?.path.display().to_string();
        let (line, column) = self.files.line_column(span)?;
        Some(Place { file, line, column })
    }

    fn body(&self, function: &crate::ir::body::Function) -> Vec<String> {
        let text = dump::body(self.object, function);
        text.lines().map(str::to_owned).collect()
    }

    fn program(&self, at: u32, program: &'o Program) -> ProgramJson<'o> {
        let (kind, target, sleepable) = describe(&program.kind);
        let system_call = match &program.kind {
            ProgramKind::Ksyscall { call } | ProgramKind::Kretsyscall { call } => call.as_deref(),
            _ => None,
        };
        ProgramJson {
            architectures: self.only(Item::Program(at)),
            name: &program.function.name,
            section: &program.section,
            kind,
            macro_: macro_name(program.macro_),
            system_call,
            target,
            sleepable,
            return_type: self.ty(&program.function.ret),
            heeds_return: program.heeds_return,
            context_used: program.ctx_used,
            arguments: program
                .args
                .iter()
                .map(|arg| self.argument(program, arg))
                .collect(),
            at: self.place(program.function.span),
            body: self.body(&program.function),
        }
    }

    fn argument(&self, program: &'o Program, arg: &'o Argument) -> ArgumentJson<'o> {
        let local = program.function.locals.get(arg.local.0 as usize);
        let ty = local.map_or(&Ty::Unit, |local| &local.ty);
        let (bits, signed) = match ty {
            Ty::Bool => (8, false),
            Ty::Int { bits, signed } => (*bits, *signed),
            Ty::Enum(id) => self
                .object
                .enums
                .get(id.0 as usize)
                .map_or((32, false), |found| (found.bits, found.signed)),
            _ => (64, false),
        };
        let class = match ty {
            Ty::Pointer { .. } if arg.user => "user-pointer",
            Ty::Pointer { .. } => "kernel-pointer",
            _ => "value",
        };
        let (source, index) = match arg.source {
            ArgumentSource::Syscall(index) => ("system-call", Some(index)),
            ArgumentSource::Parameter(index) => ("parameter", Some(index)),
            ArgumentSource::Return => ("return-value", None),
            ArgumentSource::Tracing(index) => ("context-word", Some(index)),
        };
        ArgumentJson {
            name: local.map_or("", |local| &local.name),
            c_type: &arg.c_type,
            ty: self.ty(ty),
            bits,
            signed,
            class,
            used: arg.used,
            source,
            index,
            read: self
                .archs
                .iter()
                .map(|&arch| (arch.name(), read(arch, arg.source)))
                .collect(),
        }
    }

    fn functions(&self) -> Vec<FunctionJson<'o>> {
        let one = |(id, function): (u32, &'o crate::ir::body::Function)| FunctionJson {
            architectures: self.only(Item::Function(FunctionId(id))),
            name: &function.name,
            parameters: function
                .params
                .iter()
                .filter_map(|param| function.locals.get(param.0 as usize))
                .map(|local| format!("{}: {}", local.name, self.ty(&local.ty)))
                .collect(),
            return_type: self.ty(&function.ret),
            inline: function.inline,
            callback: function.callback,
            at: self.place(function.span),
            body: self.body(function),
        };
        (0..).zip(&self.object.functions).map(one).collect()
    }

    fn maps(&self) -> Vec<MapJson<'o>> {
        let one = |(id, map): (u32, &'o crate::ir::Map)| MapJson {
            architectures: self.only(Item::Map(MapId(id))),
            name: &map.name,
            def: self.map_def(&map.def),
            records: map.records.iter().map(|ty| self.ty(ty)).collect(),
            legacy: map.legacy,
            at: self.place(map.span),
        };
        (0..).zip(&self.object.maps).map(one).collect()
    }

    fn map_def(&self, def: &crate::ir::MapDef) -> MapDefJson {
        MapDefJson {
            map_type: def.map_type,
            key: def.key.as_ref().map(|ty| self.ty(ty)),
            key_size: def.key_size,
            value: def.value.as_ref().map(|ty| self.ty(ty)),
            value_size: def.value_size,
            max_entries: def.max_entries,
            flags: def.flags,
            extra: def.extra,
            pinned_by_name: def.pin_by_name,
            inner: def
                .inner
                .as_ref()
                .map(|inner| Box::new(self.map_def(inner))),
        }
    }

    fn globals(&self) -> Vec<GlobalJson<'o>> {
        use crate::ir::GlobalKind as K;
        let one = |(id, global): (u32, &'o crate::ir::Global)| {
            let (kind, section) = match &global.kind {
                K::Option => ("option", None),
                K::Constant => ("constant", None),
                K::Mutable => ("mutable", None),
                K::Section(section) => ("section", Some(section.as_str())),
                K::Kconfig => ("kconfig", None),
                K::Ksym => ("ksym", None),
                K::Kernel => ("kernel", None),
            };
            GlobalJson {
                architectures: self.only(Item::Global(GlobalId(id))),
                name: &global.name,
                ty: self.ty(&global.ty),
                kind,
                section,
                value: self.value(&global.init, &global.ty),
                at: self.place(global.span),
            }
        };
        (0..).zip(&self.object.globals).map(one).collect()
    }

    /// The value of a scalar; null where it isn't one.
    fn value(&self, init: &Init, ty: &Ty) -> Option<serde_json::Value> {
        use crate::ir::body::ExprKind;
        match (init, ty) {
            (Init::Zero, Ty::Int { .. } | Ty::Enum(_)) => Some(0.into()),
            (Init::Zero, Ty::Bool) => Some(false.into()),
            (Init::Expr(value), _) => match &value.kind {
                ExprKind::Int(number) => Some(number_of(*number)),
                ExprKind::Bool(known) => Some((*known).into()),
                ExprKind::Constant(id) => {
                    let constant = self.object.constants.get(id.0 as usize)?;
                    match &constant.value {
                        ConstantValue::Int(number) => Some(number_of(*number)),
                        ConstantValue::Str(_) => None,
                    }
                }
                _ => None,
            },
            (Init::Bytes(bytes), _) => Some(String::from_utf8_lossy(bytes).into()),
            _ => None,
        }
    }

    fn constants(&self) -> Vec<ConstantJson<'o>> {
        let one = |(id, constant): (u32, &'o crate::ir::Constant)| ConstantJson {
            architectures: self.only(Item::Constant(ConstantId(id))),
            name: &constant.name,
            ty: self.ty(&constant.ty),
            value: match &constant.value {
                ConstantValue::Int(number) => number_of(*number),
                ConstantValue::Str(text) => String::from_utf8_lossy(text).into(),
            },
            used: constant.used,
            foreign: constant.foreign,
        };
        (0..).zip(&self.object.constants).map(one).collect()
    }

    fn types(&self) -> Vec<TypeJson<'o>> {
        let records = (0..)
            .zip(&self.object.records)
            .map(|(id, record)| TypeJson {
                architectures: self.only(Item::Record(RecordId(id))),
                name: record.name.as_deref(),
                kind: if record.union_ { "union" } else { "struct" },
                size: record.size,
                align: record.align,
                relocated: record.core,
                foreign: record.foreign,
                shared: record.shared,
                fields: record.fields.as_ref().map(|fields| {
                    let one = |field: &'o crate::ir::ty::Field| FieldJson {
                        name: field.name.as_deref(),
                        ty: self.ty(&field.ty),
                        offset: field.offset,
                        bit_offset: field.bits.map(|(first, _)| first),
                        bit_width: field.bits.map(|(_, width)| width),
                    };
                    fields.iter().map(one).collect()
                }),
                constants: None,
            });
        let enums = (0..).zip(&self.object.enums).map(|(id, found)| TypeJson {
            architectures: self.only(Item::Enum(EnumId(id))),
            name: found.name.as_deref(),
            kind: "enum",
            size: u64::from(found.bits / 8),
            align: u64::from(found.bits / 8),
            relocated: false,
            foreign: found.foreign,
            shared: found.shared,
            fields: None,
            constants: Some(
                found
                    .constants
                    .iter()
                    .filter_map(|it| Some((it.name.as_str(), i64::try_from(it.value).ok()?)))
                    .collect(),
            ),
        });
        records.chain(enums).collect()
    }

    fn relocations(&self) -> Vec<RelocationJson<'o>> {
        let one = |(id, relocation): (u32, &'o crate::ir::Relocation)| RelocationJson {
            architectures: self.only(Item::Relocation(RelocationId(id))),
            kind: relocation_kind(relocation.kind),
            type_kind: match relocation.type_kind {
                TypeKind::Struct => "struct",
                TypeKind::Union => "union",
                TypeKind::Enum => "enum",
                TypeKind::Typedef => "typedef",
            },
            ty: &relocation.type_name,
            path: path(&relocation.path),
            optional: relocation.optional,
            at: self.place(relocation.span),
        };
        (0..).zip(&self.object.relocations).map(one).collect()
    }
}

fn names(archs: Archs) -> Vec<&'static str> {
    archs.iter().map(Arch::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_has_all_fields() {
        let json = to_json(&Object::default(), &SourceMap::default(), &Arch::ALL)
            .expect("it can be written");
        let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(value["schema"], 2);
        for field in [
            "programs",
            "functions",
            "maps",
            "globals",
            "constants",
            "types",
        ] {
            assert_eq!(value[field], serde_json::json!([]), "{field}");
        }
    }

    #[test]
    fn arguments_say_where_they_lie() {
        let fourth = read(Arch::X86_64, ArgumentSource::Syscall(3));
        let register = fourth.with_wrapper.expect("x86 has a wrapper");
        assert_eq!(
            (register.from, register.register),
            ("saved-registers", "r10")
        );
        assert_eq!(register.offset, 56);
        let arm = read(Arch::Arm, ArgumentSource::Syscall(0));
        assert!(arm.with_wrapper.is_none());
        assert_eq!(arm.without_wrapper.map(|it| it.from), Some("context"));
    }
}
