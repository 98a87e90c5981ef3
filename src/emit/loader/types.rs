//! The types of records, keys and values, as the loader decodes them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    text::{call, list},
    variants::attribute,
};
use crate::{
    arch::Archs,
    ir::{
        EnumId, Item, Object, RecordId,
        ty::{Field, Record, Ty},
    },
};

/// The constants that a loader's `types.rs` consists of; those that were asked for, and what they
/// mention.
pub(super) struct Types<'a> {
    object: &'a Object,
    taken: BTreeSet<String>,
    /// Names of constants that are something else on each of some architectures.
    variants: BTreeMap<String, (String, Archs)>,
    records: BTreeMap<RecordId, String>,
    enums: BTreeMap<EnumId, String>,
    /// Each constant's text, a type before those that mention it.
    constants: Vec<String>,
}

impl<'a> Types<'a> {
    pub(super) fn new(object: &'a Object) -> Self {
        Self {
            object,
            taken: BTreeSet::new(),
            variants: BTreeMap::new(),
            records: BTreeMap::new(),
            enums: BTreeMap::new(),
            constants: Vec::new(),
        }
    }

    /// An expression of the decoder's `Type` for `ty`, as seen from outside of `types.rs`.
    pub(super) fn expression(&mut self, ty: &Ty) -> String {
        let inside = self.inside(ty);
        match ty {
            Ty::Record(_) | Ty::Enum(_) if !inside.starts_with("Type::") => {
                format!("types::{inside}")
            }
            // Only names are seen from outside.
            Ty::Array(..) if inside.contains('&') && !inside.contains("&Type::") => {
                inside.replacen('&', "&types::", 1)
            }
            _ => inside,
        }
    }

    /// The text of `types.rs`; none where no constant was needed.
    pub(super) fn text(&self) -> Option<String> {
        if self.constants.is_empty() {
            return None;
        }
        let mut text =
            "//! The records, keys and values as C lays them out.\n\nuse crate::decode::Type;\n"
                .to_owned();
        for constant in &self.constants {
            text.push('\n');
            text.push_str(constant);
        }
        Some(text)
    }

    fn inside(&mut self, ty: &Ty) -> String {
        match ty {
            Ty::Unit => "Type::Bytes(0)".to_owned(),
            Ty::Bool => "Type::Bool".to_owned(),
            Ty::Int { bits, signed } => integer(*bits, *signed),
            Ty::Pointer { .. } | Ty::Function(..) => "Type::Pointer".to_owned(),
            Ty::Array(element, length) => match **element {
                Ty::Int {
                    bits: 8,
                    signed: true,
                } => format!("Type::Text({length})"),
                Ty::Int {
                    bits: 8,
                    signed: false,
                } => format!("Type::Bytes({length})"),
                _ => format!("Type::Array(&{}, {length})", self.inside(element)),
            },
            Ty::Record(id) => self.record(*id),
            Ty::Enum(id) => self.enumeration(*id),
            Ty::Opaque { size, .. } => format!("Type::Bytes({size})"),
        }
    }

    fn record(&mut self, id: RecordId) -> String {
        if let Some(name) = self.records.get(&id) {
            return name.clone();
        }
        let object = self.object;
        let Some(record) = usize::try_from(id.0)
            .ok()
            .and_then(|at| object.records.get(at))
        else {
            return "Type::Bytes(0)".to_owned();
        };
        let (false, Some(fields)) = (record.union_, &record.fields) else {
            return format!("Type::Bytes({})", record.size);
        };
        let members = self.members(fields, 0);
        match &record.name {
            Some(name) => {
                let only = object.only(Item::Record(id));
                let constant = self.name(name, only);
                let attribute = attribute(object, only, "\n");
                let text = definition(&constant, name, record, &members);
                let text = text.replacen("\npub", &format!("\n{attribute}pub"), 1);
                self.constants.push(text);
                self.records.insert(id, constant.clone());
                constant
            }
            None => format!("Type::Record({}, &[{}])", record.size, members.join(", ")),
        }
    }

    /// Members as the decoder wants them; those of anonymous structures are members of the outer one.
    fn members(&mut self, fields: &[Field], base: u64) -> Vec<String> {
        let mut members = Vec::new();
        for field in fields {
            let offset = base + field.offset;
            let ty = match (&field.bits, &field.name) {
                (None, None) => {
                    if let Some(inner) = self.anonymous(&field.ty) {
                        members.extend(self.members(inner, offset));
                        continue;
                    }
                    self.inside(&field.ty)
                }
                (None, Some(_)) => self.inside(&field.ty),
                // An unnamed bit-field is padding.
                (Some(_), None) => continue,
                (Some((first, count)), Some(_)) => {
                    let first = first.saturating_sub(field.offset * 8);
                    format!("Type::Bits(&{}, {first}, {count})", self.inside(&field.ty))
                }
            };
            let name = field.name.as_deref().unwrap_or("union");
            members.push(format!("({name:?}, {offset}, {ty})"));
        }
        members
    }

    /// The members of a structure without a name.
    fn anonymous(&self, ty: &Ty) -> Option<&'a [Field]> {
        let Ty::Record(id) = ty else { return None };
        let record = self.object.records.get(usize::try_from(id.0).ok()?)?;
        let fields = record.fields.as_deref()?;
        (!record.union_ && record.name.is_none()).then_some(fields)
    }

    fn enumeration(&mut self, id: EnumId) -> String {
        if let Some(name) = self.enums.get(&id) {
            return name.clone();
        }
        let object = self.object;
        let Some(enumeration) = usize::try_from(id.0)
            .ok()
            .and_then(|at| object.enums.get(at))
        else {
            return "Type::U32".to_owned();
        };
        let integer = integer(enumeration.bits, enumeration.signed);
        let Some(name) = &enumeration.name else {
            return integer;
        };
        let only = object.only(Item::Enum(id));
        let own = self.name(name, only);
        let attribute = attribute(object, only, "\n");
        let values = enumeration.constants.iter();
        let values = values.map(|each| format!("({:?}, {})", each.name, each.value));
        let text = constant(
            "enum",
            name,
            &own,
            "Enum",
            &format!("&{integer}"),
            values.collect(),
        );
        let text = text.replacen("\npub", &format!("\n{attribute}pub"), 1);
        self.constants.push(text);
        self.enums.insert(id, own.clone());
        own
    }

    /// A name for a constant that nothing else has.
    fn name(&mut self, of: &str, only: Option<Archs>) -> String {
        let wanted = of.to_ascii_uppercase();
        if let (Some((known, others)), Some(archs)) = (self.variants.get_mut(&wanted), only)
            && others.without(archs) == *others
        {
            *others = others.union(archs);
            return known.clone();
        }
        let mut name = wanted.clone();
        let mut n = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{n}");
            n += 1;
        }
        if let Some(archs) = only {
            self.variants.insert(wanted, (name.clone(), archs));
        }
        name
    }
}

fn definition(own: &str, name: &str, record: &Record, members: &[String]) -> String {
    let size = record.size.to_string();
    constant("struct", name, own, "Record", &size, members.to_vec())
}

/// A constant whose value ends with a list.
fn constant(
    kind: &str,
    name: &str,
    constant: &str,
    variant: &str,
    first: &str,
    items: Vec<String>,
) -> String {
    let declaration = format!("pub const {constant}: Type = ");
    let function = format!("{declaration}Type::{variant}");
    let short = [first.to_owned(), format!("&[{}]", items.join(", "))];
    let short = call(&function, &short, 0, ";");
    let value = if short.contains('\n') {
        let list = list("&", items, 4, ",");
        call(&function, &[first.to_owned(), format!("&{list}")], 0, ";")
    } else {
        short
    };
    format!("/// `{kind} {name}`\n{value}\n")
}

fn integer(bits: u16, signed: bool) -> String {
    match (bits, signed) {
        (8 | 16 | 32 | 64, true) => format!("Type::I{bits}"),
        (8 | 16 | 32 | 64, false) => format!("Type::U{bits}"),
        (_, true) => format!("Type::Signed({})", bits / 8),
        (_, false) => format!("Type::Unsigned({})", bits / 8),
    }
}
