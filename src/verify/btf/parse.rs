//! From bytes to a table of types.

use super::{Btf, Kind, Member, SectionVar, Type};
use crate::verify::{
    bytes::{Endian, text_at},
    error::{Error, Result},
};

const MAGIC: u16 = 0xeb9f;

/// More types than any kernel has (7.3 has 160,000) are a broken file.
const TYPES_MAX: usize = 4_000_000;

impl Btf {
    /// Reads the contents of `.BTF` or of `/sys/kernel/btf/vmlinux`.
    ///
    /// # Errors
    ///
    /// Where the bytes are not BTF, are cut off, or hold a kind of type that isn't known.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let endian = endian_of(data).ok_or_else(|| Error::new("the BTF has no magic number"))?;
        let reader = Reader::new(data, endian).ok_or_else(cut)?;
        reader.types()
    }
}

/// The byte order that the magic number of BTF or of its extension shows.
pub(super) fn endian_of(data: &[u8]) -> Option<Endian> {
    [Endian::Little, Endian::Big]
        .into_iter()
        .find(|endian| endian.u16_at(data, 0) == Some(MAGIC))
}

fn cut() -> Error {
    Error::new("the BTF is cut off")
}

struct Reader<'a> {
    endian: Endian,
    types: &'a [u8],
    strings: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8], endian: Endian) -> Option<Self> {
        let word = |at| endian.u32_at(data, at).map(|word| word as usize);
        let header = word(4)?;
        let part = |offset: usize, size: usize| {
            let start = header.checked_add(offset)?;
            data.get(start..start.checked_add(size)?)
        };
        Some(Self {
            endian,
            types: part(word(8)?, word(12)?)?,
            strings: part(word(16)?, word(20)?)?,
            at: 0,
        })
    }

    fn types(mut self) -> Result<Btf> {
        let mut types = vec![Type {
            name: String::new(),
            kind: Kind::Void,
        }];
        while self.at < self.types.len() {
            if types.len() >= TYPES_MAX {
                return Err(Error::new("the BTF has too many types"));
            }
            types.push(self.one()?);
        }
        Ok(Btf {
            types,
            pointer_size: 8,
        })
    }

    fn word(&mut self) -> Result<u32> {
        let word = self.endian.u32_at(self.types, self.at).ok_or_else(cut)?;
        self.at += 4;
        Ok(word)
    }

    fn name(&mut self) -> Result<String> {
        let at = self.word()?;
        text_at(self.strings, at)
            .map(str::to_owned)
            .ok_or_else(|| Error::new("a name in the BTF lies outside its strings"))
    }

    fn many<T>(&mut self, count: u32, read: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        (0..count).map(|_| read(self)).collect()
    }

    fn one(&mut self) -> Result<Type> {
        let name = self.name()?;
        let info = self.word()?;
        let (count, flag) = (info & 0xffff, info >> 31 == 1);
        let kind_number = info >> 24 & 0x1f;
        // A size or a type, as the kind has it.
        let rest = self.word()?;
        let kind = match kind_number {
            1 => {
                let encoding = self.word()? >> 24 & 0xf;
                Kind::Int {
                    size: rest,
                    signed: encoding & 1 != 0,
                    character: encoding & 2 != 0,
                    boolean: encoding & 4 != 0,
                }
            }
            2 => Kind::Ptr(rest),
            3 => {
                let element = self.word()?;
                self.word()?;
                let count = self.word()?;
                Kind::Array { element, count }
            }
            4 | 5 => Kind::Composite {
                union: kind_number == 5,
                size: rest,
                members: self.many(count, |reader| reader.member(flag))?,
            },
            6 => Kind::Enum {
                size: rest,
                signed: flag,
                values: self.many(count, |reader| {
                    let name = reader.name()?;
                    let value = reader.word()?;
                    let value = if flag {
                        value.cast_signed() as i64 as u64
                    } else {
                        u64::from(value)
                    };
                    Ok((name, value))
                })?,
            },
            7 => Kind::Forward,
            8 => Kind::Typedef(rest),
            9 => Kind::Volatile(rest),
            10 | 11 | 18 => Kind::Qualifier(rest),
            12 => Kind::Func(rest),
            13 => Kind::FuncProto {
                returns: rest,
                parameters: self.many(count, |reader| Ok((reader.name()?, reader.word()?)))?,
            },
            14 => {
                self.word()?;
                Kind::Var(rest)
            }
            15 => Kind::Datasec(self.many(count, |reader| {
                Ok(SectionVar {
                    type_id: reader.word()?,
                    offset: reader.word()?,
                    size: reader.word()?,
                })
            })?),
            16 => Kind::Float(rest),
            17 => {
                self.word()?;
                Kind::DeclTag
            }
            19 => Kind::Enum {
                size: rest,
                signed: flag,
                values: self.many(count, |reader| {
                    let name = reader.name()?;
                    let low = u64::from(reader.word()?);
                    let high = u64::from(reader.word()?);
                    Ok((name, high << 32 | low))
                })?,
            },
            unknown => {
                return Err(Error::new(format!(
                    "the BTF has a type of the unknown kind {unknown}"
                )));
            }
        };
        Ok(Type { name, kind })
    }

    fn member(&mut self, bit_fields: bool) -> Result<Member> {
        let name = self.name()?;
        let type_id = self.word()?;
        let offset = self.word()?;
        // With the flag, the offset's upper byte is the width of a bit-field.
        let (bit_offset, bits) = if bit_fields {
            (offset & 0xff_ffff, offset >> 24)
        } else {
            (offset, 0)
        };
        Ok(Member {
            name,
            type_id,
            bit_offset,
            bits,
        })
    }
}
