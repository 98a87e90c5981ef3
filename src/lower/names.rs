//! Names for what has none in C, and C's spelling of types.

use super::Lowerer;
use crate::c::types::{ArrayLen, CType, IntKind, Kind};

/// The name of a parameter that has none.
pub(super) fn unnamed_parameter(index: usize) -> String {
    format!("arg{index}")
}

impl Lowerer<'_> {
    /// A type as C spells it, by its typedef where it has one: `const char *`.
    pub(super) fn c_type(&self, ty: &CType) -> String {
        let mut text = String::new();
        if ty.const_ {
            text.push_str("const ");
        }
        if ty.volatile {
            text.push_str("volatile ");
        }
        if let Some(alias) = &ty.alias {
            text.push_str(alias);
            return text;
        }
        match &ty.kind {
            Kind::Void => text.push_str("void"),
            Kind::Bool => text.push_str("_Bool"),
            Kind::Int(kind) => text.push_str(int_name(*kind)),
            Kind::Float(bits) => text.push_str(if *bits == 32 { "float" } else { "double" }),
            Kind::Pointer(to) => {
                if let Kind::Function(_) = to.kind {
                    return "void (*)()".to_owned();
                }
                let mut pointer = self.c_type(to);
                if !pointer.ends_with('*') {
                    pointer.push(' ');
                }
                pointer.push('*');
                if ty.const_ {
                    pointer.push_str("const");
                }
                return pointer;
            }
            Kind::Array(element, len) => {
                let element = self.c_type(element);
                return match len {
                    ArrayLen::Known(len) => format!("{element}[{len}]"),
                    ArrayLen::Unknown => format!("{element}[]"),
                };
            }
            Kind::Record(id) => {
                let found = self.tree.types.records.get(id.0 as usize);
                let union_ = found.is_some_and(|record| record.union_);
                text.push_str(if union_ { "union " } else { "struct " });
                text.push_str(self.record_name(*id).unwrap_or("(anonymous)"));
            }
            Kind::Enum(id) => {
                let found = self.tree.types.enums.get(id.0 as usize);
                let tag = found.and_then(|found| found.tag.as_deref());
                text.push_str("enum ");
                text.push_str(tag.unwrap_or("(anonymous)"));
            }
            Kind::Function(_) => text.push_str("void ()"),
            Kind::VaList => text.push_str("va_list"),
        }
        text
    }
}

const fn int_name(kind: IntKind) -> &'static str {
    match kind {
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
