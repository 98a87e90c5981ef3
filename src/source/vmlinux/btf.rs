//! C declarations from raw BTF.
//!
//! The format is the kernel's (`Documentation/bpf/btf.rst`). Declarations come in the order of the
//! BTF: they are indexed, and whoever takes some of them out puts them in order.

use std::fmt::Write as _;

/// How deep types may be made of one another; real ones stay below 20.
const MAX_DEPTH: usize = 64;

/// The declarations of the types in `bytes`, raw BTF of either byte order.
///
/// # Errors
///
/// What is wrong with the bytes.
pub(crate) fn to_c(bytes: &[u8]) -> Result<String, String> {
    Btf::parse(bytes)?.print()
}

/// The numbers of `BTF_KIND_*`.
mod kind {
    pub const INT: u32 = 1;
    pub const PTR: u32 = 2;
    pub const ARRAY: u32 = 3;
    pub const STRUCT: u32 = 4;
    pub const UNION: u32 = 5;
    pub const ENUM: u32 = 6;
    pub const FWD: u32 = 7;
    pub const TYPEDEF: u32 = 8;
    pub const VOLATILE: u32 = 9;
    pub const CONST: u32 = 10;
    pub const RESTRICT: u32 = 11;
    pub const FUNC: u32 = 12;
    pub const FUNC_PROTO: u32 = 13;
    pub const VAR: u32 = 14;
    pub const DATASEC: u32 = 15;
    pub const FLOAT: u32 = 16;
    pub const DECL_TAG: u32 = 17;
    pub const TYPE_TAG: u32 = 18;
    pub const ENUM64: u32 = 19;
}

struct Btf<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    strings: &'a [u8],
    types: Vec<Type>,
}

#[derive(Clone, Copy)]
struct Type {
    name: u32,
    kind: u32,
    /// How many members, values or parameters follow.
    count: u32,
    flag: bool,
    /// The size, or the type that this one is about.
    size_or_type: u32,
    /// Where what follows begins.
    data: usize,
}

impl<'a> Btf<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let big_endian = match bytes.get(..2) {
            Some([0x9f, 0xeb]) => false,
            Some([0xeb, 0x9f]) => true,
            _ => return Err("it does not begin with BTF's magic number".into()),
        };
        let mut btf = Self {
            bytes,
            big_endian,
            strings: &[],
            types: Vec::new(),
        };
        let header = btf.word(4)? as usize;
        let section = |start: u32, length: u32| {
            let start = header.checked_add(start as usize)?;
            Some(start..start.checked_add(length as usize)?)
        };
        let types = section(btf.word(8)?, btf.word(12)?).ok_or_else(cut)?;
        let strings = section(btf.word(16)?, btf.word(20)?).ok_or_else(cut)?;
        btf.strings = bytes.get(strings).ok_or_else(cut)?;
        if types.end > bytes.len() {
            return Err(cut());
        }
        let mut at = types.start;
        while at < types.end {
            let info = btf.word(at + 4)?;
            let (kind, count) = (info >> 24 & 0x1f, info & 0xffff);
            btf.types.push(Type {
                name: btf.word(at)?,
                kind,
                count,
                flag: info >> 31 == 1,
                size_or_type: btf.word(at + 8)?,
                data: at + 12,
            });
            let each = match kind {
                kind::STRUCT | kind::UNION | kind::DATASEC | kind::ENUM64 => 12,
                kind::ENUM | kind::FUNC_PROTO => 8,
                _ => 0,
            };
            let fixed = match kind {
                kind::INT | kind::VAR | kind::DECL_TAG => 4,
                kind::ARRAY => 12,
                0 | 20.. => return Err(format!("it has types of the unknown kind {kind}")),
                _ => 0,
            };
            at += 12 + fixed + each * count as usize;
        }
        Ok(btf)
    }

    fn word(&self, at: usize) -> Result<u32, String> {
        let bytes = at
            .checked_add(4)
            .and_then(|end| self.bytes.get(at..end))
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(cut)?;
        Ok(if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    /// Type 0 is `void`, which is not in the list.
    fn get(&self, id: u32) -> Option<Type> {
        self.types.get((id as usize).checked_sub(1)?).copied()
    }

    /// A name that C can be given.
    fn name(&self, offset: u32) -> Result<&'a str, String> {
        let name = self.letters(offset)?;
        let plain = |c: char| c.is_alphanumeric() || "_ $.".contains(c);
        if name.chars().all(plain) {
            Ok(name)
        } else {
            Err(format!("{name:?} is no name"))
        }
    }

    fn letters(&self, offset: u32) -> Result<&'a str, String> {
        let rest = self.strings.get(offset as usize..).ok_or_else(cut)?;
        let end = memchr::memchr(0, rest).ok_or_else(cut)?;
        let name = rest.get(..end).unwrap_or_default();
        std::str::from_utf8(name).map_err(|_| "a name is not UTF-8".into())
    }

    fn print(&self) -> Result<String, String> {
        let mut out = String::with_capacity(self.bytes.len() / 2);
        out.push_str("#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n");
        out.push_str(
            "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n",
        );
        for found in &self.types {
            // A tag's name can be anything.
            if matches!(found.kind, kind::DECL_TAG | kind::TYPE_TAG) {
                if self.letters(found.name)? == "bpf_kfunc" {
                    self.kfunc(*found, &mut out)?;
                }
                continue;
            }
            let name = self.name(found.name)?;
            match found.kind {
                kind::STRUCT | kind::UNION if !name.is_empty() => {
                    self.record(*found, 0, 0, &mut out)?;
                    out.push_str(";\n");
                }
                kind::ENUM | kind::ENUM64 => {
                    self.enumeration(*found, 0, &mut out)?;
                    out.push_str(";\n");
                }
                // A compiler's own.
                kind::TYPEDEF if name.starts_with("__builtin") => {}
                kind::TYPEDEF => {
                    out.push_str("typedef ");
                    out.push_str(&self.declarator(found.size_or_type, name.into(), 0, 0)?);
                    out.push_str(";\n");
                }
                _ => {}
            }
        }
        out.push_str("#pragma clang attribute pop\n#endif\n");
        Ok(out)
    }

    /// The declaration of the function that a tag `bpf_kfunc` marks.
    fn kfunc(&self, tag: Type, out: &mut String) -> Result<(), String> {
        let Some(function) = self.get(tag.size_or_type) else {
            return Ok(());
        };
        if function.kind != kind::FUNC {
            return Ok(());
        }
        let name = self.name(function.name)?;
        let declarator = self.declarator(function.size_or_type, name.into(), 0, 0)?;
        writeln!(
            out,
            "extern {declarator} __attribute__((weak)) __attribute__((section(\".ksyms\")));"
        )
        .map_err(|error| error.to_string())
    }

    fn record(
        &self,
        found: Type,
        tabs: usize,
        depth: usize,
        out: &mut String,
    ) -> Result<(), String> {
        let keyword = if found.kind == kind::STRUCT {
            "struct"
        } else {
            "union"
        };
        push_words(out, &[keyword, self.name(found.name)?]);
        out.push_str(" {\n");
        let mut packed = false;
        for number in 0..found.count as usize {
            let at = found.data + number * 12;
            let (name, id, offset) = (self.word(at)?, self.word(at + 4)?, self.word(at + 8)?);
            // With the flag set, the upper byte is the width of a bit-field.
            let (width, bit) = if found.flag {
                (offset >> 24, offset & 0x00ff_ffff)
            } else {
                (self.int_bits(id), offset)
            };
            indent(out, tabs + 1);
            let declarator = self.declarator(id, self.name(name)?.into(), tabs + 1, depth + 1)?;
            out.push_str(&declarator);
            if width > 0 {
                let _ = write!(out, " : {width}");
            } else {
                packed |= bit / 8 % self.align(id, 0) != 0;
            }
            out.push_str(";\n");
        }
        indent(out, tabs);
        out.push_str(if packed {
            "} __attribute__((packed))"
        } else {
            "}"
        });
        Ok(())
    }

    /// The width of an integer type that is itself that of a bit-field, as old BTF has them; else 0.
    fn int_bits(&self, id: u32) -> u32 {
        let Some(found) = self.get(id).filter(|found| found.kind == kind::INT) else {
            return 0;
        };
        let bits = self.word(found.data).unwrap_or(0) & 0xff;
        if bits == found.size_or_type.saturating_mul(8) {
            0
        } else {
            bits
        }
    }

    /// The alignment in bytes that a type has by itself.
    fn align(&self, id: u32, depth: usize) -> u32 {
        let Some(found) = self.get(id).filter(|_| depth < MAX_DEPTH) else {
            return 1;
        };
        match found.kind {
            kind::INT | kind::ENUM | kind::ENUM64 | kind::FLOAT => found.size_or_type.clamp(1, 8),
            kind::PTR => 8,
            kind::ARRAY => self
                .word(found.data)
                .map_or(1, |element| self.align(element, depth + 1)),
            kind::STRUCT | kind::UNION => (0..found.count as usize)
                .filter_map(|number| self.word(found.data + number * 12 + 4).ok())
                .map(|member| self.align(member, depth + 1))
                .max()
                // One that isn't even as long as that is packed.
                .filter(|align| found.size_or_type % align == 0)
                .unwrap_or(1),
            _ => self.align(found.size_or_type, depth + 1),
        }
    }

    fn enumeration(&self, found: Type, tabs: usize, out: &mut String) -> Result<(), String> {
        push_words(out, &["enum", self.name(found.name)?]);
        out.push_str(" {\n");
        for number in 0..found.count as usize {
            let wide = found.kind == kind::ENUM64;
            let at = found.data + number * if wide { 12 } else { 8 };
            let low = self.word(at + 4)?;
            let high = if wide { self.word(at + 8)? } else { 0 };
            let bits = u64::from(high) << 32 | u64::from(low);
            indent(out, tabs + 1);
            out.push_str(self.name(self.word(at)?)?);
            let _ = match (found.flag, wide) {
                (true, true) => writeln!(out, " = {},", bits.cast_signed()),
                (true, false) => writeln!(out, " = {},", low.cast_signed()),
                (false, true) => writeln!(out, " = {bits}ULL,"),
                (false, false) => writeln!(out, " = {bits},"),
            };
        }
        indent(out, tabs);
        out.push('}');
        Ok(())
    }

    /// `name` declared with type `id`.
    fn declarator(
        &self,
        id: u32,
        name: String,
        tabs: usize,
        depth: usize,
    ) -> Result<String, String> {
        if depth > MAX_DEPTH {
            return Err("its types are made of themselves".into());
        }
        let Some(found) = self.get(id) else {
            return if id == 0 {
                Ok(joined("void", &name))
            } else {
                Err(format!("it has no type {id}"))
            };
        };
        let inner = |name: String| self.declarator(found.size_or_type, name, tabs, depth + 1);
        let target = || self.get(found.size_or_type).map(|target| target.kind);
        match found.kind {
            kind::PTR => match target() {
                Some(kind::ARRAY | kind::FUNC_PROTO) => inner(format!("(*{name})")),
                _ => inner(format!("*{name}")),
            },
            kind::ARRAY => {
                let (element, count) = (self.word(found.data)?, self.word(found.data + 8)?);
                self.declarator(element, format!("{name}[{count}]"), tabs, depth + 1)
            }
            kind::FUNC_PROTO => {
                let mut parameters = Vec::new();
                for number in 0..found.count as usize {
                    let at = found.data + number * 8;
                    let (name, id) = (self.word(at)?, self.word(at + 4)?);
                    parameters.push(if id == 0 {
                        "...".into()
                    } else {
                        self.declarator(id, self.name(name)?.into(), tabs, depth + 1)?
                    });
                }
                if parameters.is_empty() {
                    parameters.push("void".into());
                }
                inner(format!("{name}({})", parameters.join(", ")))
            }
            kind::CONST | kind::VOLATILE | kind::RESTRICT => {
                let word = match found.kind {
                    kind::CONST => "const",
                    kind::VOLATILE => "volatile",
                    _ => "restrict",
                };
                match target() {
                    Some(kind::PTR) => inner(joined(word, &name)),
                    _ => {
                        let inner = inner(name)?;
                        let said = inner.split(' ').next() == Some(word);
                        Ok(if said {
                            inner
                        } else {
                            format!("{word} {inner}")
                        })
                    }
                }
            }
            kind::TYPE_TAG => inner(name),
            _ => Ok(joined(&self.named(found, tabs, depth)?, &name)),
        }
    }

    /// A type that needs no declarator: by its name, or its body where it has none.
    fn named(&self, found: Type, tabs: usize, depth: usize) -> Result<String, String> {
        let name = self.name(found.name)?;
        let mut text = String::new();
        match found.kind {
            kind::STRUCT | kind::UNION if name.is_empty() => {
                self.record(found, tabs, depth, &mut text)?;
            }
            kind::ENUM | kind::ENUM64 if name.is_empty() => {
                self.enumeration(found, tabs, &mut text)?;
            }
            kind::STRUCT => push_words(&mut text, &["struct", name]),
            kind::UNION => push_words(&mut text, &["union", name]),
            kind::ENUM | kind::ENUM64 => push_words(&mut text, &["enum", name]),
            kind::FWD if found.flag => push_words(&mut text, &["union", name]),
            kind::FWD => push_words(&mut text, &["struct", name]),
            kind::INT | kind::FLOAT | kind::TYPEDEF => text.push_str(name),
            other => return Err(format!("a type of kind {other} stands where C has none")),
        }
        Ok(text)
    }
}

fn cut() -> String {
    "it ends too early".into()
}

fn joined(kind: &str, name: &str) -> String {
    if name.is_empty() {
        kind.to_owned()
    } else {
        format!("{kind} {name}")
    }
}

fn push_words(out: &mut String, words: &[&str]) {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    out.push_str(&words.join(" "));
}

fn indent(out: &mut String, tabs: usize) {
    out.extend(std::iter::repeat_n('\t', tabs));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// BTF of the given types, each as words, and names.
    fn btf(types: &[&[u32]], strings: &str) -> Vec<u8> {
        let types: Vec<u8> = types
            .concat()
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
        let mut bytes = vec![0x9f, 0xeb, 1, 0];
        let header = [
            24,
            0,
            length(&types),
            length(&types),
            length(strings.as_bytes()),
        ];
        bytes.extend(header.iter().flat_map(|word: &u32| word.to_le_bytes()));
        bytes.extend(types);
        bytes.extend(strings.as_bytes());
        bytes
    }

    fn info(kind: u32, count: u32) -> u32 {
        kind << 24 | count
    }

    const INT: [u32; 4] = [1, kind::INT << 24, 4, 32];

    #[track_caller]
    fn check(types: &[&[u32]], strings: &str, expected: &str) {
        let text = to_c(&btf(types, strings)).unwrap();
        let body: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(body.join("\n"), expected);
    }

    #[test]
    fn records() {
        let record = [5, info(kind::STRUCT, 2), 8, 7, 1, 0, 9, 3, 32];
        let array = [0, info(kind::ARRAY, 0), 0, 1, 1, 1];
        check(
            &[&INT, &record, &array],
            "\0int\0s\0x\0y\0",
            "struct s {\n\tint x;\n\tint y[1];\n};",
        );
        let packed = [5, info(kind::STRUCT, 1), 5, 7, 1, 8];
        check(
            &[&INT, &packed],
            "\0int\0s\0x\0y\0",
            "struct s {\n\tint x;\n} __attribute__((packed));",
        );
    }

    #[test]
    fn pointers_and_functions() {
        let types: [&[u32]; 4] = [
            &INT,
            &[0, info(kind::FUNC_PROTO, 1), 0, 0, 1],
            &[0, info(kind::PTR, 0), 2],
            &[5, info(kind::TYPEDEF, 0), 3],
        ];
        check(&types, "\0int\0f\0", "typedef void (*f)(int);");
    }

    #[test]
    fn enumerations() {
        let found = [1, info(kind::ENUM, 2) | 1 << 31, 4, 3, 0, 5, u32::MAX];
        check(
            &[&found],
            "\0e\0A\0B\0",
            "enum e {\n\tA = 0,\n\tB = -1,\n};",
        );
    }

    #[test]
    fn broken_bytes_are_refused() {
        assert!(to_c(b"").is_err());
        assert!(to_c(b"\x9f\xeb\x01\x00").is_err());
        let good = btf(&[&INT], "\0int\0");
        for length in 0..good.len() {
            assert!(to_c(&good[..length]).is_err(), "{length}");
        }
        let circle: [&[u32]; 2] = [&[0, info(kind::PTR, 0), 1], &[1, info(kind::TYPEDEF, 0), 1]];
        assert!(to_c(&btf(&circle, "\0t\0")).is_err());
    }
}
