//! A small assembler for LLVM's notation of BPF instructions.

use crate::verify::Endian;

/// The bytes of the instructions in `text`.
pub fn assemble(endian: Endian, text: &str) -> Vec<u8> {
    text.split([';', '\n'])
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .flat_map(|line| {
            let tokens = tokens(line);
            let words: Vec<&str> = tokens.iter().map(String::as_str).collect();
            instruction(endian, &words)
                .unwrap_or_else(|| panic!("can't assemble {line:?}: {words:?}"))
        })
        .collect()
}

fn tokens(line: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let operator = letter == '*' && letters.peek() == Some(&'=');
        if "()*,".contains(letter) && !operator {
            spaced.push(' ');
            spaced.push(letter);
            spaced.push(' ');
        } else {
            spaced.push(letter);
        }
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

fn slot(endian: Endian, opcode: u8, dst: u8, src: u8, offset: i16, imm: i64) -> Vec<u8> {
    let imm = imm as i32;
    let (registers, offset, imm) = match endian {
        Endian::Little => (src << 4 | dst, offset.to_le_bytes(), imm.to_le_bytes()),
        Endian::Big => (dst << 4 | src, offset.to_be_bytes(), imm.to_be_bytes()),
    };
    [&[opcode, registers][..], &offset, &imm].concat()
}

/// `r3` or `w3`: the number, and whether it is the whole register.
fn register(word: &str) -> Option<(u8, bool)> {
    let wide = word.starts_with('r');
    let number = word.strip_prefix(['r', 'w'])?.parse().ok()?;
    Some((number, wide))
}

fn number(word: &str) -> Option<i64> {
    let (negative, digits) = match word.strip_prefix(['-', '+']) {
        Some(rest) => (word.starts_with('-'), rest),
        None => (false, word),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?.cast_signed(),
        None => digits.parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

/// `+ 8` or `- 8`.
fn offset(sign: &str, digits: &str) -> Option<i16> {
    let value = i16::try_from(number(digits)?).ok()?;
    Some(if sign == "-" { -value } else { value })
}

/// The size bits of an opcode, and whether the type is signed.
fn size(name: &str) -> Option<(u8, bool)> {
    let bits = match name.get(1..)? {
        "8" => 0x10,
        "16" => 0x08,
        "32" => 0,
        "64" => 0x18,
        _ => return None,
    };
    Some((bits, name.starts_with('s')))
}

fn operator(word: &str) -> Option<(u8, i16)> {
    Some(match word {
        "+=" => (0x00, 0),
        "-=" => (0x10, 0),
        "*=" => (0x20, 0),
        "/=" => (0x30, 0),
        "s/=" => (0x30, 1),
        "|=" => (0x40, 0),
        "&=" => (0x50, 0),
        "<<=" => (0x60, 0),
        ">>=" => (0x70, 0),
        "%=" => (0x90, 0),
        "s%=" => (0x90, 1),
        "^=" => (0xa0, 0),
        "=" => (0xb0, 0),
        "s>>=" => (0xc0, 0),
        _ => return None,
    })
}

fn condition(word: &str) -> Option<u8> {
    Some(match word {
        "==" => 0x10,
        ">" => 0x20,
        ">=" => 0x30,
        "&" => 0x40,
        "!=" => 0x50,
        "s>" => 0x60,
        "s>=" => 0x70,
        "<" => 0xa0,
        "<=" => 0xb0,
        "s<" => 0xc0,
        "s<=" => 0xd0,
        _ => return None,
    })
}

fn instruction(endian: Endian, words: &[&str]) -> Option<Vec<u8>> {
    let slot = |opcode, dst, src, offset, imm| Some(slot(endian, opcode, dst, src, offset, imm));
    match *words {
        ["exit"] => slot(0x95, 0, 0, 0, 0),
        ["goto", to] => slot(0x05, 0, 0, i16::try_from(number(to)?).ok()?, 0),
        ["gotol", to] => slot(0x06, 0, 0, 0, number(to)?),
        // A sign stands for a function of the object.
        ["call", to] if to.starts_with(['+', '-']) => slot(0x85, 0, 1, 0, number(to)?),
        ["call", to] => slot(0x85, 0, 0, 0, number(to)?),
        ["if", left, operator, right, "goto", to] => {
            let (dst, wide) = register(left)?;
            let class = if wide { 5 } else { 6 };
            let to = i16::try_from(number(to)?).ok()?;
            let operator = condition(operator)?;
            match register(right) {
                Some((src, _)) => slot(class | operator | 8, dst, src, to, 0),
                None => slot(class | operator, dst, 0, to, number(right)?),
            }
        }
        [
            "lock",
            "*",
            "(",
            kind,
            "*",
            ")",
            "(",
            base,
            sign,
            at,
            ")",
            operation,
            operand,
        ] => {
            let (bits, _) = size(kind)?;
            let imm = i64::from(operator(operation)?.0);
            let (base, src) = (register(base)?.0, register(operand)?.0);
            slot(0xc3 | bits, base, src, offset(sign, at)?, imm)
        }
        [
            into,
            "=",
            "atomic_fetch_add",
            "(",
            "(",
            kind,
            "*",
            ")",
            "(",
            base,
            sign,
            at,
            ")",
            ",",
            _,
            ")",
        ] => {
            let (bits, _) = size(kind)?;
            let (base, src) = (register(base)?.0, register(into)?.0);
            slot(0xc3 | bits, base, src, offset(sign, at)?, 1)
        }
        [_, "=", "xchg_64", "(", base, sign, at, ",", operand, ")"] => {
            let (base, src) = (register(base)?.0, register(operand)?.0);
            slot(0xdb, base, src, offset(sign, at)?, 0xe1)
        }
        [
            _,
            "=",
            "cmpxchg_64",
            "(",
            base,
            sign,
            at,
            ",",
            _,
            ",",
            operand,
            ")",
        ] => {
            let (base, src) = (register(base)?.0, register(operand)?.0);
            slot(0xdb, base, src, offset(sign, at)?, 0xf1)
        }
        [
            into,
            "=",
            "*",
            "(",
            kind,
            "*",
            ")",
            "(",
            base,
            sign,
            at,
            ")",
        ] => {
            let (bits, signed) = size(kind)?;
            let mode = if signed { 0x80 } else { 0x60 };
            let (dst, src) = (register(into)?.0, register(base)?.0);
            slot(mode | bits | 1, dst, src, offset(sign, at)?, 0)
        }
        [
            "*",
            "(",
            kind,
            "*",
            ")",
            "(",
            base,
            sign,
            at,
            ")",
            "=",
            value,
        ] => {
            let (bits, _) = size(kind)?;
            let (base, at) = (register(base)?.0, offset(sign, at)?);
            match register(value) {
                Some((src, _)) => slot(0x63 | bits, base, src, at, 0),
                None => slot(0x62 | bits, base, 0, at, number(value)?),
            }
        }
        [into, "=", "(", kind, ")", from] => {
            let (dst, wide) = register(into)?;
            let bits = kind.strip_prefix('s')?.parse().ok()?;
            slot(
                if wide { 0xbf } else { 0xbc },
                dst,
                register(from)?.0,
                bits,
                0,
            )
        }
        [into, "=", order, _] if order.starts_with("bswap") => {
            let bits = number(order.strip_prefix("bswap")?)?;
            slot(0xd7, register(into)?.0, 0, 0, bits)
        }
        [into, "=", order, _] if order.starts_with(['l', 'b']) => {
            let opcode = if order.starts_with("be") { 0xdc } else { 0xd4 };
            slot(opcode, register(into)?.0, 0, 0, number(order.get(2..)?)?)
        }
        [into, "=", value, "ll"] => {
            let value = number(value)?;
            let mut bytes = slot(0x18, register(into)?.0, 0, 0, value)?;
            bytes.extend(slot(0, 0, 0, 0, value >> 32)?);
            Some(bytes)
        }
        [into, "=", negated] if negated.strip_prefix('-') == Some(into) => {
            let (dst, wide) = register(into)?;
            slot(if wide { 0x87 } else { 0x84 }, dst, 0, 0, 0)
        }
        [into, operation, operand] => {
            let (dst, wide) = register(into)?;
            let (bits, at) = operator(operation)?;
            let class = if wide { 7 } else { 4 };
            match register(operand) {
                Some((src, _)) => slot(class | bits | 8, dst, src, at, 0),
                None => slot(class | bits, dst, 0, at, number(operand)?),
            }
        }
        _ => None,
    }
}
