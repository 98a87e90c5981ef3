//! Bytes by the names and types of C.

use crate::verify::{
    btf::{Btf, Kind, Place, TypeId},
    bytes::{Endian, sign_extend},
};

/// Fields that are listed of one value.
const FIELDS_MAX: usize = 6;
/// Bytes that are listed of one value.
const BYTES_MAX: usize = 32;

/// Formats values.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The types.
    pub btf: Option<&'a Btf>,
    /// The byte order.
    pub endian: Endian,
}

impl Values<'_> {
    /// A whole value: a number, or `{pid = 3, uid = 0}`; of many fields those that aren't zero.
    pub fn whole(&self, id: Option<TypeId>, bytes: &[u8]) -> String {
        if let (Some(btf), Some(id)) = (self.btf, id) {
            if btf.members(id).is_empty() && !matches!(btf.kind(id), Kind::Array { .. }) {
                return self.scalar(btf, id, bytes);
            }
            if let Some(text) = characters(btf, id, bytes) {
                return text;
            }
            let fields = self.fields(id, 0, bytes);
            let few = fields.len() <= FIELDS_MAX;
            let fields: Vec<_> = fields
                .iter()
                .map(|field| field.trim_start_matches('.'))
                .filter(|field| few || !field.ends_with("= 0"))
                .take(FIELDS_MAX)
                .collect();
            return format!("{{{}}}", fields.join(", "));
        }
        match bytes.len() {
            1..=8 => self.endian.read(bytes).to_string(),
            _ => hex(bytes),
        }
    }

    /// The fields that `bytes`, which begin `start` bytes inside a value of type `id`, cover:
    /// `.pid = 3`.
    pub fn fields(&self, id: TypeId, start: u64, bytes: &[u8]) -> Vec<String> {
        let Some(btf) = self.btf else {
            return Vec::new();
        };
        let mut fields = Vec::new();
        let mut at = 0_u64;
        while at < bytes.len() as u64 {
            let Some(place) = btf.place_at(id, start + at) else {
                at += 1;
                continue;
            };
            let inside = place.offset.saturating_sub(start);
            let end = (place.offset + place.size).saturating_sub(start);
            let piece = slice(bytes, inside, end);
            fields.push(format!(
                "{} = {}",
                dotted(&place),
                self.scalar(btf, place.type_id, piece)
            ));
            at = end.max(at + 1);
        }
        fields
    }

    /// What the first field in which two values differ is in each of them.
    pub fn differing(&self, id: Option<TypeId>, left: &[u8], right: &[u8]) -> (String, String) {
        let Some(at) = left
            .iter()
            .zip(right)
            .position(|(left, right)| left != right)
        else {
            return (
                format!("{} bytes", left.len()),
                format!("{} bytes", right.len()),
            );
        };
        if let (Some(btf), Some(id)) = (self.btf, id) {
            if let Some(place) = btf.place_at(id, at as u64) {
                let (start, end) = (place.offset, place.offset + place.size);
                let name = dotted(&place);
                let name = name.trim_start_matches('.');
                let show = |bytes: &[u8]| {
                    let value = self.scalar(btf, place.type_id, slice(bytes, start, end));
                    if name.is_empty() {
                        value
                    } else {
                        format!("{name} = {value}")
                    }
                };
                return (show(left), show(right));
            }
            let show = |bytes: &[u8]| {
                format!(
                    "{:#04x} in the padding at byte {at}",
                    bytes.get(at).unwrap_or(&0)
                )
            };
            return (show(left), show(right));
        }
        let start = at & !7;
        let show = |bytes: &[u8]| {
            let piece = slice(bytes, start as u64, start as u64 + 8);
            format!("{} at byte {start}", hex(piece))
        };
        (show(left), show(right))
    }

    fn scalar(&self, btf: &Btf, id: TypeId, bytes: &[u8]) -> String {
        let value = self.endian.read(bytes);
        match btf.kind(id) {
            Kind::Int { signed: true, .. } => {
                let size = bytes.len() as u64;
                sign_extend(value, size).cast_signed().to_string()
            }
            Kind::Ptr(_) => format!("{value:#x}"),
            Kind::Enum { values, .. } => values
                .iter()
                .find(|(_, constant)| *constant == value)
                .map_or_else(|| value.to_string(), |(name, _)| name.clone()),
            _ => value.to_string(),
        }
    }
}

fn slice(bytes: &[u8], start: u64, end: u64) -> &[u8] {
    let length = bytes.len();
    let bound = |at: u64| usize::try_from(at).unwrap_or(length).min(length);
    bytes.get(bound(start)..bound(end)).unwrap_or_default()
}

/// `.pid`, `[3]`, or nothing for the whole.
fn dotted(place: &Place) -> String {
    if place.path.is_empty() || place.path.starts_with('[') {
        place.path.clone()
    } else {
        format!(".{}", place.path)
    }
}

/// An array of characters as text.
fn characters(btf: &Btf, id: TypeId, bytes: &[u8]) -> Option<String> {
    let Kind::Array { element, .. } = *btf.kind(id) else {
        return None;
    };
    let one = matches!(btf.kind(element), Kind::Int { size: 1, .. });
    one.then(|| format!("{:?}", String::from_utf8_lossy(before_null(bytes))))
}

fn before_null(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default()
}

/// ` ("text")` where the bytes are text.
pub fn text_note(bytes: &[u8]) -> String {
    let text = before_null(bytes);
    let printable = text
        .iter()
        .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if text.len() > 1 && printable {
        format!(" ({:?})", String::from_utf8_lossy(text))
    } else {
        String::new()
    }
}

/// Bytes in hexadecimal, the first few.
pub fn hex(bytes: &[u8]) -> String {
    let mut text: String = bytes
        .iter()
        .take(BYTES_MAX)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if bytes.len() > BYTES_MAX {
        text.push('…');
    }
    text
}
