//! Types as C writes them, for messages.

use super::types::{ArrayLen, CType, IntKind, Kind, Types};

/// `ty` as the user would write it: by its typedef where it has one.
pub(super) fn ty(types: &Types, ty: &CType) -> String {
    declare(types, ty, String::new())
}

fn declare(types: &Types, ty: &CType, inner: String) -> String {
    let mut qualifiers = String::new();
    if ty.const_ {
        qualifiers.push_str("const ");
    }
    if ty.volatile {
        qualifiers.push_str("volatile ");
    }
    if ty.atomic {
        qualifiers.push_str("_Atomic ");
    }
    let base = match (&ty.alias, &ty.kind) {
        (Some(alias), _) => alias.to_string(),
        (None, Kind::Pointer(pointee)) => {
            let inner = match pointee.kind {
                Kind::Array(..) | Kind::Function(_) if pointee.alias.is_none() => {
                    format!("(*{qualifiers}{inner})")
                }
                _ => format!("*{qualifiers}{inner}"),
            };
            return declare(types, pointee, inner);
        }
        (None, Kind::Array(element, len)) => {
            let len = match len {
                ArrayLen::Known(len) => len.to_string(),
                ArrayLen::Unknown => String::new(),
            };
            return declare(types, element, format!("{inner}[{len}]"));
        }
        (None, Kind::Function(function)) => {
            let mut params: Vec<String> = function
                .params
                .iter()
                .map(|param| self::ty(types, param))
                .collect();
            if function.variadic {
                params.push("...".into());
            } else if params.is_empty() && !function.unspecified {
                params.push("void".into());
            }
            return declare(
                types,
                &function.ret,
                format!("{inner}({})", params.join(", ")),
            );
        }
        (None, Kind::Void) => "void".into(),
        (None, Kind::Bool) => "_Bool".into(),
        (None, Kind::Int(int)) => int_name(*int).into(),
        (None, Kind::Float(16)) => "_Float16".into(),
        (None, Kind::Float(32)) => "float".into(),
        (None, Kind::Float(64)) => "double".into(),
        (None, Kind::Float(bits)) => format!("_Float{bits}"),
        (None, Kind::VaList) => "__builtin_va_list".into(),
        (None, Kind::Record(id)) => match types.record(*id) {
            Some(record) => {
                let keyword = if record.union_ { "union" } else { "struct" };
                let tag = record.tag.as_deref().unwrap_or("<anonymous>");
                match &record.typedef {
                    Some(typedef) => typedef.to_string(),
                    None => format!("{keyword} {tag}"),
                }
            }
            None => "struct <unknown>".into(),
        },
        (None, Kind::Enum(id)) => match types.enumeration(*id) {
            Some(enumeration) => match (&enumeration.typedef, &enumeration.tag) {
                (Some(typedef), _) => typedef.to_string(),
                (None, Some(tag)) => format!("enum {tag}"),
                (None, None) => "enum <anonymous>".into(),
            },
            None => "enum <unknown>".into(),
        },
    };
    let space = if inner.is_empty() || inner.starts_with('[') {
        ""
    } else {
        " "
    };
    format!("{qualifiers}{base}{space}{inner}")
}

/// C's name of an integer type.
pub(super) const fn int_name(int: IntKind) -> &'static str {
    match int {
        IntKind::Char => "char",
        IntKind::SChar => "signed char",
        IntKind::UChar => "unsigned char",
        IntKind::Short => "short",
        IntKind::UShort => "unsigned short",
        IntKind::Int => "int",
        IntKind::UInt => "unsigned int",
        IntKind::Long => "long",
        IntKind::ULong => "unsigned long",
        IntKind::LongLong => "long long",
        IntKind::ULongLong => "unsigned long long",
        IntKind::Int128 => "__int128",
        IntKind::UInt128 => "unsigned __int128",
    }
}
