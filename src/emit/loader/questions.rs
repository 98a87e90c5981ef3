//! What a loader asks of the kernel's types and configuration.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{
    text::list,
    variants::{Parts, attribute},
};
use crate::{
    emit::{core_reads, kfuncs},
    ir::{
        GlobalId, GlobalKind, Item, Object, PathPart, Relocation, RelocationId, RelocationKind,
        TypeKind, ty::Ty,
    },
};

/// `LINUX_HAS_SYSCALL_WRAPPER` of libbpf.
pub(super) const WRAPPER: &str = "LINUX_HAS_SYSCALL_WRAPPER";

/// What is asked of the kernel's types for one read-only variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The variable.
    pub global: String,
    /// One of the loader's `Ask`: `Offset`, `Exists` …
    pub ask: String,
    /// `struct task_struct`
    pub of: String,
    /// `se.avg`, or the name of a constant.
    pub path: String,
    /// Whether the object can't be loaded without it.
    pub required: bool,
}

/// A variable that holds something of the kernel's version or configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// `CONFIG_HZ`
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// One of the loader's `Kind`: `Number`, `Text` or `Tristate`.
    pub kind: String,
    /// Whether the object can be loaded without it.
    pub weak: bool,
}

/// All that is asked of the kernel's types.
pub fn questions(object: &Object) -> Vec<Question> {
    asked(object).map(|(_, question)| question).collect()
}

fn asked(object: &Object) -> impl Iterator<Item = (RelocationId, Question)> {
    let bitfields = core_reads::bitfields(object);
    let sizes = core_reads::sizes(object);
    let relocations = (0..).map(RelocationId).zip(&object.relocations);
    relocations.filter_map(move |(id, relocation)| {
        if relocation.kind == RelocationKind::FieldSize && !sizes.contains(&id) {
            return None;
        }
        let question = Question {
            global: core_reads::symbol(relocation),
            ask: ask(relocation.kind, bitfields.contains(&id))?.to_owned(),
            of: type_of(relocation),
            path: path_of(relocation),
            required: !relocation.optional,
        };
        Some((id, question))
    })
}

/// All that is asked of the kernel's version and configuration, the wrapper's flag apart.
pub fn variables(object: &Object) -> Vec<Variable> {
    configured(object).map(|(_, variable)| variable).collect()
}

fn configured(object: &Object) -> impl Iterator<Item = (GlobalId, Variable)> {
    let globals = (0..).map(GlobalId).zip(&object.globals);
    globals.filter_map(|(id, global)| {
        if global.kind != GlobalKind::Kconfig || global.name == WRAPPER {
            return None;
        }
        let (size, kind) = match &global.ty {
            Ty::Bool => (1, "Number"),
            Ty::Int { bits, .. } => (u64::from(bits / 8), "Number"),
            Ty::Array(_, length) => (*length, "Text"),
            Ty::Enum(_) => (4, "Tristate"),
            _ => return None,
        };
        let variable = Variable {
            name: global.name.clone(),
            size,
            kind: kind.to_owned(),
            weak: global.weak,
        };
        Some((id, variable))
    })
}

/// A table of the loader's.
pub(super) struct Table {
    /// Its definition.
    pub(super) text: String,
    /// It as an argument.
    pub(super) argument: &'static str,
}

/// The table of CO-RE questions; none where nothing is asked.
pub(super) fn core(object: &Object) -> Option<Table> {
    let mut rows = Parts::default();
    for (id, question) in asked(object) {
        rows.add(object, row(&question), object.only(Item::Relocation(id)));
    }
    let doc =
        "What the programs ask of the kernel's types, and the variables that get the answers.";
    let (text, differs) = constant(object, doc, "CORE", "Question", &rows)?;
    let argument = if differs { "CORE" } else { "&CORE" };
    Some(Table { text, argument })
}

/// A constant table, and whether it is a slice because it differs by architecture; none for no rows.
pub(super) fn constant(
    object: &Object,
    doc: &str,
    name: &str,
    of: &str,
    rows: &Parts<String>,
) -> Option<(String, bool)> {
    let texts = rows.iter();
    let texts = texts.map(|(row, only)| attribute(object, *only, "\n") + row);
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        return None;
    }
    let head = if rows.differ() {
        format!("const {name}: &[{of}] = &")
    } else {
        format!("const {name}: [{of}; {}] = ", texts.len())
    };
    let table = match &texts[..] {
        // A single structure shares its brackets' lines, as rustfmt has it.
        [only] if only.contains('\n') && !rows.differ() => format!("[{only}]"),
        _ => list(&head, texts, 0, ";"),
    };
    Some((format!("/// {doc}\n{head}{table};\n"), rows.differ()))
}

fn row(question: &Question) -> String {
    let Question {
        global,
        ask,
        of,
        path,
        required,
    } = question;
    format!(
        "Question {{\n    global: {global:?},\n    ask: Ask::{ask},\n    of: {of:?},\n    path: {path:?},\n    required: {required},\n}}"
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

/// What a relocation's variable is asked for; none where it has none, because that of a bit-field's
/// offset holds all of its answers.
const fn ask(kind: RelocationKind, bitfield: bool) -> Option<&'static str> {
    Some(match kind {
        RelocationKind::FieldOffset if bitfield => "Bitfield",
        RelocationKind::FieldOffset => "Offset",
        RelocationKind::FieldSize => "Size",
        RelocationKind::FieldExists => "Exists",
        RelocationKind::FieldSigned | RelocationKind::FieldLshift | RelocationKind::FieldRshift => {
            return None;
        }
        RelocationKind::TypeExists | RelocationKind::TypeMatches => "TypeExists",
        RelocationKind::TypeSize => "TypeSize",
        RelocationKind::TypeId => "TypeId",
        RelocationKind::EnumExists => "ConstantExists",
        RelocationKind::EnumValue => "Constant",
    })
}

/// The table of `__kconfig` variables; none where there are none but the wrapper's flag.
pub(super) fn kconfig(object: &Object) -> Option<Table> {
    let mut rows = Parts::default();
    for (id, variable) in configured(object) {
        let Variable {
            name,
            size,
            kind,
            weak,
        } = variable;
        let row = format!(
            "Variable {{\n    name: {name:?},\n    size: {size},\n    kind: Kind::{kind},\n    weak: {weak},\n}}"
        );
        rows.add(object, row, object.only(Item::Global(id)));
    }
    let doc = "What the programs ask of the kernel's version and configuration.";
    let (text, differs) = constant(object, doc, "KCONFIG", "Variable", &rows)?;
    let argument = if differs { "KCONFIG" } else { "&KCONFIG" };
    Some(Table { text, argument })
}

/// The table of the kernel's variables whose addresses are asked for; none where there are none.
pub(super) fn ksyms(object: &Object) -> Option<Table> {
    let mut rows = Parts::default();
    for (id, global) in (0..).map(GlobalId).zip(&object.globals) {
        let is_function = || kfuncs::of(object).any(|(_, function)| function.name == global.name);
        if global.kind == GlobalKind::Ksym && !is_function() {
            let row = format!(
                "Ksym {{\n    name: {:?},\n    global: {:?},\n    weak: {},\n}}",
                global.name,
                crate::emit::items::ksym(global),
                global.weak
            );
            rows.add(object, row, object.only(Item::Global(id)));
        }
    }
    let doc = "The kernel's variables that the programs ask for.";
    let (text, differs) = constant(object, doc, "KSYMS", "Ksym", &rows)?;
    let argument = if differs { "KSYMS" } else { "&KSYMS" };
    Some(Table { text, argument })
}

/// The table of the kernel's functions and variables that are used by name; none where there are none.
pub(super) fn externs(object: &Object) -> Option<Table> {
    let mut rows = Parts::default();
    for (id, function) in kfuncs::of(object) {
        let global = kfuncs::asked(object, function);
        let row = format!(
            "Extern {{\n    what: What::Function,\n    name: {:?},\n    global: {:?},\n    weak: {},\n}}",
            function.name,
            global.map(crate::emit::items::ksym).unwrap_or_default(),
            function.kernel.is_some_and(|kfunc| kfunc.weak)
        );
        rows.add(object, row, object.only(Item::Function(id)));
    }
    for (id, global) in (0..).map(GlobalId).zip(&object.globals) {
        if global.kind == GlobalKind::Kernel {
            let row = format!(
                "Extern {{\n    what: What::Data,\n    name: {:?},\n    global: \"\",\n    weak: {},\n}}",
                global.name, global.weak
            );
            rows.add(object, row, object.only(Item::Global(id)));
        }
    }
    let doc = "What the programs use of the kernel by name.";
    let (text, differs) = constant(object, doc, "EXTERNS", "Extern", &rows)?;
    let argument = if differs { "EXTERNS" } else { "&EXTERNS" };
    Some(Table { text, argument })
}

/// Whether the programs look at how system calls are entered.
pub fn uses_wrapper_flag(object: &Object) -> bool {
    super::programs::Plan::of(object).needs_syscalls
        || has_wrapper_flag(object)
        || super::programs::reads_system_calls(object)
}

/// Whether the object has a flag of its own for the system calls' wrapper.
pub(super) fn has_wrapper_flag(object: &Object) -> bool {
    object
        .globals
        .iter()
        .any(|global| global.kind == GlobalKind::Kconfig && global.name == WRAPPER)
}
