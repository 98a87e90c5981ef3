//! What a loader asks of the kernel's types and configuration.

use std::fmt::Write as _;

use super::text::list;
use crate::{
    emit::core_reads,
    ir::{
        GlobalKind, Object, PathPart, Relocation, RelocationId, RelocationKind, TypeKind, ty::Ty,
    },
};

/// `LINUX_HAS_SYSCALL_WRAPPER` of libbpf.
pub(super) const WRAPPER: &str = "LINUX_HAS_SYSCALL_WRAPPER";

/// The table of CO-RE questions; none where nothing is asked.
pub(super) fn core(object: &Object) -> Option<String> {
    let bitfields = crate::emit::bitfields(object);
    let rows: Vec<String> = (0..)
        .map(RelocationId)
        .zip(&object.relocations)
        .map(|(id, relocation)| {
            // The variable of a bit-field's offset holds all of its answers.
            let ask = match relocation.kind {
                RelocationKind::FieldOffset if bitfields.contains(&id) => "Bitfield",
                kind => ask(kind),
            };
            row(&core_reads::symbol(relocation), ask, relocation)
        })
        .collect();
    (!rows.is_empty()).then(|| {
        format!(
            "/// What the programs ask of the kernel's types, and the variables that get the answers.\nconst CORE: [Question; {}] = {};\n",
            rows.len(),
            table(rows)
        )
    })
}

/// An array of structures; a single one shares its brackets' lines, as rustfmt has it.
fn table(rows: Vec<String>) -> String {
    match &rows[..] {
        [only] => format!("[{only}]"),
        _ => list("", rows, 0, ""),
    }
}

fn row(symbol: &str, ask: &str, relocation: &Relocation) -> String {
    format!(
        "Question {{\n    global: {symbol:?},\n    ask: Ask::{ask},\n    of: {:?},\n    path: {:?},\n    required: {},\n}}",
        type_of(relocation),
        path_of(relocation),
        !relocation.optional
    )
}

/// The type as the loader asks for it: `struct task_struct`.
fn type_of(relocation: &Relocation) -> String {
    let kind = match relocation.type_kind {
        TypeKind::Struct => "struct",
        TypeKind::Union => "union",
        TypeKind::Enum => "enum",
        TypeKind::Typedef => "typedef",
    };
    format!("{kind} {}", relocation.type_name)
}

/// The way to the field as C writes it: `se.avg`, `args[3]`.
fn path_of(relocation: &Relocation) -> String {
    let mut path = String::new();
    for part in &relocation.path {
        let dot = if path.is_empty() { "" } else { "." };
        let _ = match part {
            PathPart::Field(name) => write!(path, "{dot}{name}"),
            PathPart::Index(index) => write!(path, "[{index}]"),
        };
    }
    path
}

const fn ask(kind: RelocationKind) -> &'static str {
    match kind {
        RelocationKind::FieldOffset => "Offset",
        RelocationKind::FieldSize => "Size",
        RelocationKind::FieldExists => "Exists",
        RelocationKind::FieldSigned => "Signed",
        RelocationKind::FieldLshift => "Lshift",
        RelocationKind::FieldRshift => "Rshift",
        RelocationKind::TypeExists | RelocationKind::TypeMatches => "TypeExists",
        RelocationKind::TypeSize => "TypeSize",
        RelocationKind::EnumExists => "ConstantExists",
        RelocationKind::EnumValue => "Constant",
    }
}

/// The table of `__kconfig` variables; none where there are none but the wrapper's flag.
pub(super) fn kconfig(object: &Object) -> Option<String> {
    let mut rows = Vec::new();
    for global in &object.globals {
        if global.kind != GlobalKind::Kconfig || global.name == WRAPPER {
            continue;
        }
        let (size, kind) = match &global.ty {
            Ty::Bool => (1, "Number"),
            Ty::Int { bits, .. } => (u64::from(bits / 8), "Number"),
            Ty::Array(_, length) => (*length, "Text"),
            Ty::Enum(_) => (4, "Tristate"),
            _ => continue,
        };
        rows.push(format!(
            "Variable {{\n    name: {:?},\n    size: {size},\n    kind: Kind::{kind},\n    weak: {},\n}}",
            global.name, global.weak
        ));
    }
    (!rows.is_empty()).then(|| {
        format!(
            "/// What the programs ask of the kernel's version and configuration.\nconst KCONFIG: [Variable; {}] = {};\n",
            rows.len(),
            table(rows)
        )
    })
}

/// Whether the object has a flag of its own for the system calls' wrapper.
pub(super) fn has_wrapper_flag(object: &Object) -> bool {
    object
        .globals
        .iter()
        .any(|global| global.kind == GlobalKind::Kconfig && global.name == WRAPPER)
}
