//! The shape of the document; docs/ir-schema.md says what each field is.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Document<'o> {
    pub(super) schema: u32,
    pub(super) object: &'o str,
    pub(super) spdx: Option<&'o str>,
    pub(super) license: Option<&'o str>,
    pub(super) architectures: Only,
    pub(super) refused: Vec<RefusedJson<'o>>,
    pub(super) programs: Vec<ProgramJson<'o>>,
    pub(super) functions: Vec<FunctionJson<'o>>,
    pub(super) maps: Vec<MapJson<'o>>,
    pub(super) globals: Vec<GlobalJson<'o>>,
    pub(super) constants: Vec<ConstantJson<'o>>,
    pub(super) types: Vec<TypeJson<'o>>,
    pub(super) relocations: Vec<RelocationJson<'o>>,
}

/// Names of architectures; none where something doesn't depend on them.
pub(super) type Only = Option<Vec<&'static str>>;

#[derive(Serialize)]
pub(super) struct RefusedJson<'o> {
    pub(super) architectures: Vec<&'static str>,
    pub(super) why: &'o str,
}

#[derive(Serialize)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Serialize)]
pub(super) struct ProgramJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: &'o str,
    pub(super) section: &'o str,
    pub(super) kind: &'static str,
    #[serde(rename = "macro")]
    pub(super) macro_: Option<&'static str>,
    pub(super) system_call: Option<&'o str>,
    pub(super) target: Option<String>,
    pub(super) sleepable: bool,
    pub(super) return_type: String,
    pub(super) heeds_return: bool,
    pub(super) context_used: bool,
    pub(super) arguments: Vec<ArgumentJson<'o>>,
    pub(super) at: Option<Place>,
    pub(super) body: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct ArgumentJson<'o> {
    pub(super) name: &'o str,
    pub(super) c_type: &'o str,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) bits: u16,
    pub(super) signed: bool,
    pub(super) class: &'static str,
    pub(super) used: bool,
    pub(super) source: &'static str,
    pub(super) index: Option<u8>,
    pub(super) read: BTreeMap<&'static str, ReadJson>,
}

/// How an argument is read on one architecture.
#[derive(Serialize)]
pub(super) struct ReadJson {
    pub(super) with_wrapper: Option<RegisterJson>,
    pub(super) without_wrapper: Option<RegisterJson>,
}

#[derive(Serialize)]
pub(super) struct RegisterJson {
    pub(super) from: &'static str,
    pub(super) register: &'static str,
    pub(super) offset: usize,
}

#[derive(Serialize)]
pub(super) struct FunctionJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: &'o str,
    pub(super) parameters: Vec<String>,
    pub(super) return_type: String,
    pub(super) inline: bool,
    pub(super) callback: bool,
    pub(super) at: Option<Place>,
    pub(super) body: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct MapJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: &'o str,
    #[serde(flatten)]
    pub(super) def: MapDefJson,
    pub(super) records: Vec<String>,
    pub(super) legacy: bool,
    pub(super) at: Option<Place>,
}

#[derive(Serialize)]
pub(super) struct MapDefJson {
    #[serde(rename = "type")]
    pub(super) map_type: u32,
    pub(super) key: Option<String>,
    pub(super) key_size: u64,
    pub(super) value: Option<String>,
    pub(super) value_size: u64,
    pub(super) max_entries: u64,
    pub(super) flags: u64,
    pub(super) extra: u64,
    pub(super) pinned_by_name: bool,
    pub(super) inner: Option<Box<MapDefJson>>,
}

#[derive(Serialize)]
pub(super) struct GlobalJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: &'o str,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) kind: &'static str,
    pub(super) section: Option<&'o str>,
    pub(super) value: Option<serde_json::Value>,
    pub(super) at: Option<Place>,
}

#[derive(Serialize)]
pub(super) struct ConstantJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: &'o str,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) value: serde_json::Value,
    pub(super) used: bool,
    pub(super) foreign: bool,
}

#[derive(Serialize)]
pub(super) struct TypeJson<'o> {
    pub(super) architectures: Only,
    pub(super) name: Option<&'o str>,
    pub(super) kind: &'static str,
    pub(super) size: u64,
    pub(super) align: u64,
    pub(super) relocated: bool,
    pub(super) foreign: bool,
    pub(super) shared: bool,
    pub(super) fields: Option<Vec<FieldJson<'o>>>,
    pub(super) constants: Option<BTreeMap<&'o str, i64>>,
}

#[derive(Serialize)]
pub(super) struct FieldJson<'o> {
    pub(super) name: Option<&'o str>,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) offset: u64,
    pub(super) bit_offset: Option<u64>,
    pub(super) bit_width: Option<u16>,
}

#[derive(Serialize)]
pub(super) struct RelocationJson<'o> {
    pub(super) architectures: Only,
    pub(super) kind: &'static str,
    pub(super) type_kind: &'static str,
    #[serde(rename = "type")]
    pub(super) ty: &'o str,
    pub(super) path: String,
    pub(super) optional: bool,
    pub(super) at: Option<Place>,
}
