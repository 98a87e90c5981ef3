//! What the programs ask of the running kernel's types, answered from its type information (BTF).

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

/// Where a kernel with CONFIG_DEBUG_INFO_BTF shows its types.
pub const KERNEL: &str = "/sys/kernel/btf/vmlinux";

/// A question that a program asks; the answer goes into a read-only variable of its object.
pub struct Question {
    /// The variable.
    pub global: &'static str,
    pub ask: Ask,
    /// `struct task_struct`, `enum pid_type` …
    pub of: &'static str,
    /// The way to the field, `se.avg.load_avg`, or the name of a constant.
    pub path: &'static str,
    /// Whether the object can't be loaded without it. Where it is missing the verifier still refuses
    /// a program that reads it.
    pub required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a port asks what its programs need")]
pub enum Ask {
    /// How many bytes the field lies behind the start of the type.
    Offset,
    /// How many bytes the field has.
    Size,
    /// Whether the field is there.
    Exists,
    /// All of a bit-field: offset, size, sign and shifts.
    Bitfield,
    /// Whether the type is there.
    TypeExists,
    /// How many bytes the type has.
    TypeSize,
    /// Which number the type has; 0 where it isn't there.
    TypeId,
    /// Whether the constant is there.
    ConstantExists,
    /// What the constant stands for.
    Constant,
}

const MAGIC: u16 = 0xeb9f;

const INT: u32 = 1;
const POINTER: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const ENUM: u32 = 6;
const TYPEDEF: u32 = 8;
const VOLATILE: u32 = 9;
const CONST: u32 = 10;
const RESTRICT: u32 = 11;
const FUNC: u32 = 12;
const FUNC_PROTO: u32 = 13;
const VAR: u32 = 14;
const DATASEC: u32 = 15;
const DECL_TAG: u32 = 17;
const TYPE_TAG: u32 = 18;
const ENUM64: u32 = 19;

/// Words that every type begins with: its name, what it is, and its size or another type.
const HEAD: usize = 3;

pub struct Btf {
    /// All types, one behind the other.
    words: Vec<u32>,
    /// Where each type begins in `words`; number 0 is `void` and lies nowhere.
    types: Vec<usize>,
    strings: Vec<u8>,
}

/// A field that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    /// From the start of the type asked about.
    bit: u32,
    /// How many bits a bit-field has; 0: it is none.
    bits: u32,
    /// The number of its type.
    type_: u32,
}

impl Btf {
    pub fn read(path: &Path) -> Result<Self> {
        let data = fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(&data).with_context(|| format!("{} isn't BTF", path.display()))
    }

    fn parse(data: &[u8]) -> Result<Self> {
        let Some((header, _)) = data.split_at_checked(24) else {
            bail!("too short");
        };
        ensure!(header[..2] == MAGIC.to_ne_bytes(), "no magic number");
        let [_, header, types_at, types_size, strings_at, strings_size] = words(header)[..] else {
            bail!("too short");
        };
        let section = |at: u32, size: u32| {
            let start = header as usize + at as usize;
            data.get(start..start + size as usize).context("cut off")
        };
        let words = words(section(types_at, types_size)?);
        let strings = section(strings_at, strings_size)?.to_vec();

        let mut types = vec![usize::MAX];
        let mut at = 0;
        while let Some(&info) = words.get(at + 1) {
            types.push(at);
            at += HEAD + size_of_rest(info)?;
        }
        Ok(Self {
            words,
            types,
            strings,
        })
    }

    /// The number of the function that is called so.
    pub fn function(&self, name: &str) -> Option<u32> {
        self.called(FUNC, name)
    }

    /// The number of the variable that is called so.
    pub fn variable(&self, name: &str) -> Option<u32> {
        self.called(VAR, name)
    }

    fn called(&self, kind: u32, name: &str) -> Option<u32> {
        let mut types = (1..).zip(&self.types[1..]);
        types.find_map(|(number, &at)| {
            let fits = self.kind(at)? == kind && self.name(at) == Some(name);
            fits.then_some(number)
        })
    }

    /// The variables' names, and the bytes that they get.
    pub fn answer(&self, questions: &[Question]) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut answers = Vec::new();
        for question in questions {
            match self.answer_one(question) {
                Some(bytes) => answers.push((question.global, bytes)),
                None if question.required => {
                    let Question { of, path, .. } = question;
                    if path.is_empty() {
                        bail!("this kernel has no {of}");
                    }
                    bail!("this kernel's {of} has no {path}");
                }
                None => {}
            }
        }
        Ok(answers)
    }

    fn answer_one(&self, question: &Question) -> Option<Vec<u8>> {
        let Question { of, path, .. } = question;
        let number = match question.ask {
            Ask::Exists => u32::from(self.field(of, path).is_some()),
            Ask::TypeExists => u32::from(self.named(of).next().is_some()),
            Ask::ConstantExists => u32::from(self.constant(of, path).is_some()),
            Ask::Constant => return Some(self.constant(of, path)?.to_ne_bytes().to_vec()),
            Ask::TypeId => self.named(of).next().unwrap_or(0),
            Ask::TypeSize => self.size(self.named(of).next()?)?,
            Ask::Offset => self.unit(self.field(of, path)?)?.0,
            Ask::Size => self.unit(self.field(of, path)?)?.1,
            Ask::Bitfield => {
                let field = self.field(of, path)?;
                let (offset, size) = self.unit(field)?;
                let signed = u32::from(self.signed(field.type_)?);
                let (lshift, rshift) = self.shifts(field)?;
                let all = [offset, size, signed, lshift, rshift];
                return Some(all.into_iter().flat_map(u32::to_ne_bytes).collect());
            }
        };
        Some(number.to_ne_bytes().to_vec())
    }

    /// The numbers of all types that are called so.
    fn named<'a>(&'a self, of: &'a str) -> impl Iterator<Item = u32> + 'a {
        let (kind, name) = of.split_once(' ').unwrap_or(("typedef", of));
        (1..)
            .zip(&self.types[1..])
            .filter_map(move |(number, &at)| {
                let fits = match self.kind(at)? {
                    STRUCT => kind == "struct",
                    UNION => kind == "union",
                    ENUM | ENUM64 => kind == "enum",
                    TYPEDEF => kind == "typedef",
                    _ => false,
                };
                (fits && self.name(at) == Some(name)).then_some(number)
            })
    }

    /// The field that `path` leads to, be it in anonymous parts of the type.
    fn field(&self, of: &str, path: &str) -> Option<Field> {
        self.named(of).find_map(|start| {
            let start = Field {
                bit: 0,
                bits: 0,
                type_: start,
            };
            path.split(['.', '[']).try_fold(start, |field, step| {
                let next = match step.strip_suffix(']') {
                    Some(index) => self.element(field.type_, index.parse().ok()?)?,
                    None => self.member(field.type_, step)?,
                };
                Some(Field {
                    bit: field.bit + next.bit,
                    ..next
                })
            })
        })
    }

    fn member(&self, of: u32, name: &str) -> Option<Field> {
        let at = self.resolved(of)?;
        let info = *self.words.get(at + 1)?;
        if !matches!(kind(info), STRUCT | UNION) {
            return None;
        }
        (0..count(info)).find_map(|i| {
            let member = at + HEAD + 3 * i;
            let &[_, type_, place] = self.words.get(member..member + 3)? else {
                return None;
            };
            // The upper bits may tell how many bits a bit-field has.
            let (bit, bits) = match info >> 31 {
                0 => (place, 0),
                _ => (place & 0xff_ffff, place >> 24),
            };
            match self.name(member)? {
                "" => self.member(type_, name).map(|inner| Field {
                    bit: bit + inner.bit,
                    ..inner
                }),
                own => (own == name).then_some(Field { bit, bits, type_ }),
            }
        })
    }

    fn element(&self, of: u32, index: u32) -> Option<Field> {
        let at = self.resolved(of)?;
        let type_ = *self.words.get(at + HEAD)?;
        (self.kind(at)? == ARRAY).then_some(Field {
            bit: index * self.size(type_)? * 8,
            bits: 0,
            type_,
        })
    }

    /// A field's offset and size in bytes; a bit-field's are those of the smallest integer around it.
    fn unit(&self, field: Field) -> Option<(u32, u32)> {
        let mut size = self.size(field.type_)?;
        if field.bits == 0 {
            return Some((field.bit / 8, size));
        }
        loop {
            let offset = (field.bit / 8).checked_div(size)? * size;
            if field.bit + field.bits <= (offset + size) * 8 {
                return Some((offset, size));
            }
            size *= 2;
            if size > 8 {
                return None;
            }
        }
    }

    /// How far 64 bits that begin with a field's unit are shifted to the left, and then to the right,
    /// until only the field is left.
    fn shifts(&self, field: Field) -> Option<(u32, u32)> {
        let (offset, size) = self.unit(field)?;
        let bits = if field.bits == 0 {
            size * 8
        } else {
            field.bits
        };
        let lshift = if cfg!(target_endian = "little") {
            64u32.checked_sub(field.bit + bits - offset * 8)?
        } else {
            8u32.checked_sub(size)? * 8 + field.bit - offset * 8
        };
        Some((lshift, 64u32.checked_sub(bits)?))
    }

    fn signed(&self, of: u32) -> Option<bool> {
        let at = self.resolved(of)?;
        let info = *self.words.get(at + 1)?;
        Some(match kind(info) {
            INT => self.words.get(at + HEAD)? >> 24 & 1 != 0,
            ENUM | ENUM64 => info >> 31 != 0,
            _ => false,
        })
    }

    fn size(&self, of: u32) -> Option<u32> {
        let at = self.resolved(of)?;
        match self.kind(at)? {
            INT | STRUCT | UNION | ENUM | ENUM64 => self.words.get(at + 2).copied(),
            POINTER => Some(size_of::<usize>() as u32),
            ARRAY => {
                let &[element, _, length] = self.words.get(at + HEAD..at + HEAD + 3)? else {
                    return None;
                };
                self.size(element)?.checked_mul(length)
            }
            _ => None,
        }
    }

    fn constant(&self, of: &str, name: &str) -> Option<u64> {
        self.named(of).find_map(|type_| {
            let at = self.resolved(type_)?;
            let info = *self.words.get(at + 1)?;
            let size = match kind(info) {
                ENUM => 2,
                ENUM64 => 3,
                _ => return None,
            };
            let constant = (0..count(info))
                .map(|i| at + HEAD + size * i)
                .find(|&constant| self.name(constant) == Some(name))?;
            let low = *self.words.get(constant + 1)?;
            Some(match size {
                2 if info >> 31 != 0 => low.cast_signed() as i64 as u64,
                2 => low.into(),
                _ => u64::from(*self.words.get(constant + 2)?) << 32 | u64::from(low),
            })
        })
    }

    /// Where a type begins, without the names and qualifiers that it goes by.
    fn resolved(&self, mut type_: u32) -> Option<usize> {
        // Types that name each other in a circle aren't BTF.
        for _ in 0..64 {
            let at = *self.types.get(type_ as usize)?;
            match self.kind(at)? {
                TYPEDEF | VOLATILE | CONST | RESTRICT | TYPE_TAG => {
                    type_ = *self.words.get(at + 2)?;
                }
                _ => return Some(at),
            }
        }
        None
    }

    fn kind(&self, at: usize) -> Option<u32> {
        self.words.get(at.checked_add(1)?).copied().map(kind)
    }

    /// The name of the type, member or constant that begins at `at`.
    fn name(&self, at: usize) -> Option<&str> {
        let start = *self.words.get(at)? as usize;
        let name = self.strings.get(start..)?.split(|&byte| byte == 0).next()?;
        str::from_utf8(name).ok()
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks();
    words.iter().copied().map(u32::from_ne_bytes).collect()
}

fn kind(info: u32) -> u32 {
    info >> 24 & 0x1f
}

fn count(info: u32) -> usize {
    (info & 0xffff) as usize
}

/// How many words follow a type's head.
fn size_of_rest(info: u32) -> Result<usize> {
    Ok(match kind(info) {
        INT | VAR | DECL_TAG => 1,
        ARRAY => 3,
        ENUM | FUNC_PROTO => 2 * count(info),
        STRUCT | UNION | DATASEC | ENUM64 => 3 * count(info),
        0..=19 => 0,
        unknown => bail!("a type of the unknown kind {unknown}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KFLAG: u32 = 1 << 31;

    /// `struct outer { u32 a; union { u32 b; }; int c : 3; inner d[2]; }; enum e { X = -1 };` with
    /// `typedef struct { u32 x, y; } inner`.
    fn btf() -> Btf {
        let strings = b"\0outer\0a\0b\0c\0d\0inner\0x\0y\0e\0X\0";
        let name = |name: &str| {
            let wanted = format!("\0{name}\0");
            let found = strings.windows(wanted.len());
            let at = found.into_iter().position(|part| part == wanted.as_bytes());
            at.unwrap() as u32 + 1
        };
        let types = [
            [0, INT << 24, 4].as_slice(),
            &[32],
            &[0, UNION << 24 | 1, 4, name("b"), 1, 0],
            &[0, INT << 24, 4, 1 << 24 | 32],
            &[0, STRUCT << 24 | 2, 8, name("x"), 1, 0, name("y"), 1, 32],
            &[name("inner"), TYPEDEF << 24, 4],
            &[0, ARRAY << 24, 0, 5, 1, 2],
            &[name("outer"), KFLAG | STRUCT << 24 | 4, 28],
            &[
                name("a"),
                1,
                0,
                0,
                2,
                32,
                name("c"),
                3,
                3 << 24 | 69,
                name("d"),
                6,
                96,
            ],
            &[name("e"), KFLAG | ENUM << 24 | 1, 4, name("X"), u32::MAX],
        ]
        .concat();
        let size = size_of_val(&types[..]) as u32;
        let header = [24, 0, size, size, strings.len() as u32];
        let magic = [MAGIC.to_ne_bytes(), [1, 0]].concat();
        let words = header.iter().chain(&types);
        let words = words.flat_map(|word| word.to_ne_bytes());
        let data: Vec<u8> = magic.into_iter().chain(words).chain(*strings).collect();
        assert!(Btf::parse(&data[..data.len() - 1]).is_err());
        Btf::parse(&data).unwrap()
    }

    #[track_caller]
    fn check(ask: Ask, of: &'static str, path: &'static str, expected: Option<&[u32]>) {
        let question = Question {
            global: "",
            ask,
            of,
            path,
            required: true,
        };
        let answer = btf().answer_one(&question);
        assert_eq!(answer.as_deref().map(words).as_deref(), expected);
    }

    #[test]
    fn finds_fields_in_anonymous_parts_and_arrays() {
        check(Ask::Offset, "struct outer", "a", Some(&[0]));
        check(Ask::Offset, "struct outer", "b", Some(&[4]));
        check(Ask::Offset, "struct outer", "d[1].y", Some(&[24]));
        check(Ask::Size, "struct outer", "d", Some(&[16]));
        check(Ask::Offset, "inner", "y", Some(&[4]));
        check(Ask::Offset, "struct outer", "e", None);
        check(Ask::Offset, "union outer", "a", None);
    }

    #[test]
    fn knows_what_is_there() {
        check(Ask::Exists, "struct outer", "a", Some(&[1]));
        check(Ask::Exists, "struct outer", "x", Some(&[0]));
        check(Ask::TypeExists, "struct inner", "", Some(&[0]));
        check(Ask::TypeSize, "inner", "", Some(&[8]));
        check(Ask::TypeId, "struct missing", "", Some(&[0]));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn finds_bit_fields() {
        check(Ask::Bitfield, "struct outer", "c", Some(&[8, 4, 1, 56, 61]));
        check(Ask::Bitfield, "struct outer", "a", Some(&[0, 4, 0, 32, 32]));
    }

    #[test]
    fn knows_constants() {
        check(Ask::Constant, "enum e", "X", Some(&[u32::MAX, u32::MAX]));
        check(Ask::ConstantExists, "enum e", "Y", Some(&[0]));
    }
}
