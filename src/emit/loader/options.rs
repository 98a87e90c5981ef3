//! The loader's command line: an option for each variable that it may set.

use std::fmt::Write as _;

use super::{
    text::{doc, identifier, kebab},
    variants::{Parts, attribute},
};
use crate::{
    diag::{Code, Diagnostic},
    ir::{
        ConstantValue, GlobalId, Item, Notes, Object,
        body::{CompareOp, Expr, ExprKind, Init},
        ty::Ty,
        {Global, GlobalKind},
    },
};

/// A variable that the loader should set and has no option for.
const NOT_OFFERED: Code = Code::new("W0410", "option-not-offered");

/// An option of the loader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The variable that it sets.
    pub(super) global: String,
    /// What it is called in `struct Options`.
    pub(super) field: String,
    /// What the user gives.
    pub(super) kind: SettingKind,
    /// What stands before each mention: the architectures that have it, where not all do.
    pub(super) attribute: String,
    help: Notes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingKind {
    /// A flag that sets a variable that is false by default.
    Flag,
    /// `true` or `false`.
    Bool,
    /// An integer type.
    Integer(&'static str),
    /// A character array of so many bytes.
    Text(u64),
}

/// Names that the loader's own options have.
pub(super) const OWN: [&str; 7] = [
    "json",
    "btf",
    "interface",
    "egress",
    "cgroup",
    "frequency",
    "load",
];

/// The settings of an object; one that can't be offered is a warning.
pub(super) fn settings(object: &Object) -> (Vec<Setting>, Vec<Diagnostic>) {
    let mut settings = Parts::default();
    let mut diagnostics = Vec::new();
    for (id, global) in (0..).map(GlobalId).zip(&object.globals) {
        if global.kind != GlobalKind::Option {
            continue;
        }
        match kind(object, global) {
            Some(kind) => {
                let setting = Setting {
                    global: global.name.clone(),
                    field: field(&global.name),
                    kind,
                    attribute: String::new(),
                    help: global.notes.clone(),
                };
                settings.add(object, setting, object.only(Item::Global(id)));
            }
            None => diagnostics.push(
                Diagnostic::warning(
                    NOT_OFFERED,
                    global.span,
                    format!("the loader has no option for `{}`", global.name),
                )
                .help("set it in the loader's `start` by `override_global`"),
            ),
        }
    }
    let settings = settings.iter().map(|(setting, only)| Setting {
        attribute: attribute(object, *only, "\n    "),
        ..setting.clone()
    });
    (settings.collect(), diagnostics)
}

fn field(global: &str) -> String {
    let name = global.trim_start_matches('_').replace('.', "_");
    if OWN.contains(&name.as_str()) {
        format!("set_{name}")
    } else {
        identifier(&name)
    }
}

fn kind(object: &Object, global: &Global) -> Option<SettingKind> {
    Some(match &global.ty {
        Ty::Bool if is_zero(object, &global.init) => SettingKind::Flag,
        Ty::Bool => SettingKind::Bool,
        Ty::Int { bits, signed } => SettingKind::Integer(integer(*bits, *signed)?),
        Ty::Enum(id) => {
            let of = object.enums.get(usize::try_from(id.0).ok()?)?;
            SettingKind::Integer(integer(of.bits, of.signed)?)
        }
        Ty::Array(element, length) if **element == Ty::signed(8) && *length > 0 => {
            SettingKind::Text(*length)
        }
        _ => return None,
    })
}

fn is_zero(object: &Object, init: &Init) -> bool {
    match init {
        Init::Zero => true,
        Init::Expr(value) => number(object, value) == Some(0),
        _ => false,
    }
}

/// What a constant expression comes to, as far as initial values of truth go.
fn number(object: &Object, value: &Expr) -> Option<i128> {
    match &value.kind {
        ExprKind::Bool(value) => Some(i128::from(*value)),
        ExprKind::Int(value) => Some(*value),
        ExprKind::Cast(inner) => {
            let value = number(object, inner)?;
            Some(if inner.ty == Ty::Bool || value == 0 {
                value
            } else {
                1
            })
        }
        ExprKind::Constant(id) => {
            let constant = object.constants.get(usize::try_from(id.0).ok()?)?;
            match constant.value {
                ConstantValue::Int(value) => Some(value),
                ConstantValue::Str(_) => None,
            }
        }
        ExprKind::EnumConstant(id, at) => {
            let of = object.enums.get(usize::try_from(id.0).ok()?)?;
            Some(of.constants.get(usize::try_from(*at).ok()?)?.value)
        }
        ExprKind::Compare(CompareOp::Ne, left, right) => {
            let unequal = number(object, left)? != number(object, right)?;
            Some(i128::from(unequal))
        }
        _ => None,
    }
}

fn integer(bits: u16, signed: bool) -> Option<&'static str> {
    Some(match (bits, signed) {
        (8, false) => "u8",
        (16, false) => "u16",
        (32, false) => "u32",
        (64, false) => "u64",
        (8, true) => "i8",
        (16, true) => "i16",
        (32, true) => "i32",
        (64, true) => "i64",
        _ => return None,
    })
}

/// Settings of all objects: objects that have one of the same name and kind share it.
pub(super) fn merged<'a>(all: impl IntoIterator<Item = &'a Setting>) -> Vec<&'a Setting> {
    let mut merged: Vec<&Setting> = Vec::new();
    for setting in all {
        if !merged
            .iter()
            .any(|other| other.field == setting.field && other.attribute == setting.attribute)
        {
            merged.push(setting);
        }
    }
    merged
}

impl Setting {
    /// The member of `struct Options`.
    pub(super) fn member(&self) -> String {
        let mut text = doc(&self.help, "    ");
        let mut arguments = vec!["long".to_owned()];
        let name = self.field.trim_start_matches("r#");
        if name != self.field {
            arguments = vec![format!("long = {:?}", kebab(name))];
        }
        match &self.kind {
            SettingKind::Flag => {}
            SettingKind::Bool => arguments.push("value_name = \"BOOL\"".to_owned()),
            SettingKind::Integer(of) => {
                arguments.push("value_name = \"NUMBER\"".to_owned());
                if of.starts_with('i') {
                    arguments.push("allow_negative_numbers = true".to_owned());
                }
            }
            SettingKind::Text(_) => arguments.push("value_name = \"TEXT\"".to_owned()),
        }
        let ty = match &self.kind {
            SettingKind::Flag => "bool",
            SettingKind::Bool => "Option<bool>",
            SettingKind::Integer(of) => &format!("Option<{of}>"),
            SettingKind::Text(_) => "Option<String>",
        };
        let _ = writeln!(
            text,
            "    {}#[arg({})]",
            self.attribute,
            arguments.join(", ")
        );
        let _ = writeln!(text, "    {}: {ty},", self.field);
        text
    }

    /// What converts the user's value, ahead of the loader's making; empty where nothing does.
    pub(super) fn prepare(&self) -> String {
        let Self {
            field, attribute, ..
        } = self;
        match &self.kind {
            SettingKind::Flag => {
                format!("    {attribute}let {field} = u8::from(options.{field});\n")
            }
            SettingKind::Bool => {
                format!("    {attribute}let {field} = options.{field}.map(u8::from);\n")
            }
            SettingKind::Integer(_) => String::new(),
            SettingKind::Text(size) => format!(
                "    {attribute}let {field} = options.{field}.as_deref().map(text::<{size}>).transpose()?;\n"
            ),
        }
    }

    /// The statement that hands the value over.
    pub(super) fn apply(&self) -> String {
        let Self {
            global,
            field,
            attribute,
            ..
        } = self;
        match &self.kind {
            SettingKind::Flag => {
                format!("    {attribute}loader.override_global({global:?}, &{field}, false);\n")
            }
            SettingKind::Integer(_) => format!(
                "    {attribute}if let Some({field}) = &options.{field} {{\n        loader.override_global({global:?}, {field}, false);\n    }}\n"
            ),
            SettingKind::Bool | SettingKind::Text(_) => format!(
                "    {attribute}if let Some({field}) = &{field} {{\n        loader.override_global({global:?}, {field}, false);\n    }}\n"
            ),
        }
    }
}
