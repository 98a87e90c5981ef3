//! Whether rustc would complain that a known number overflows: in C and in BPF it just wraps.

use std::collections::HashMap;

use super::body::wrap;
use crate::ir::{
    ConstantValue, Object,
    body::{BinaryOp, Expr, ExprKind, Init, LocalId, Place, PlaceKind, Stmt, StmtKind, UnaryOp},
    ty::Ty,
    walk::Visit,
};

/// Whether any operation on numbers that rustc may know goes beyond its type.
///
/// Variables are followed in the order of the text, so that it says yes too often rather than too
/// rarely.
pub fn may_show(object: &Object) -> bool {
    let programs = object.programs.iter().map(|program| &program.function);
    let functions = object.functions.iter();
    programs.chain(functions).any(|function| {
        let mut known = Known {
            object,
            values: HashMap::new(),
            overflows: false,
        };
        known.function(function);
        known.overflows
    })
}

struct Known<'a> {
    object: &'a Object,
    values: HashMap<Part, Option<i128>>,
    overflows: bool,
}

/// A variable, or a part of it: fields and elements by number, from outside.
type Part = (LocalId, Vec<u64>);

impl Visit for Known<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        self.stmt_parts(stmt);
        match &stmt.kind {
            StmtKind::Let(local, init) => {
                self.forget(*local);
                if let Some(init) = init {
                    self.start((*local, Vec::new()), init);
                }
            }
            StmtKind::Assign(place, value) => {
                let value = self.value(value);
                if let Some(part) = self.part(place) {
                    self.set(part, value);
                }
            }
            StmtKind::AssignOp(place, op, by) => {
                let by = self.value(by);
                if let Some(part) = self.part(place) {
                    let old = self.known(&part);
                    let new = old
                        .zip(by)
                        .and_then(|(old, by)| self.binary(*op, old, by, &place.ty));
                    self.set(part, new);
                }
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        self.expr_parts(expr);
        self.value(expr);
    }
}

impl Known<'_> {
    fn part(&mut self, place: &Place) -> Option<Part> {
        match &place.kind {
            PlaceKind::Local(local) => Some((*local, Vec::new())),
            PlaceKind::Field(outer, _, field) => {
                let mut part = self.part(outer)?;
                part.1.push(u64::from(*field));
                Some(part)
            }
            PlaceKind::Index(outer, index) => {
                let mut part = self.part(outer)?;
                part.1.push(u64::try_from(self.value(index)?).ok()?);
                Some(part)
            }
            _ => None,
        }
    }

    /// What a variable or its part starts with.
    fn start(&mut self, part: Part, init: &Init) {
        let inner = |at: u64| (part.0, [&part.1[..], &[at]].concat());
        match init {
            Init::Zero => self.set(part, Some(0)),
            Init::Expr(value) => {
                let value = self.value(value);
                self.set(part, value);
            }
            Init::Record(fields) => {
                self.set(part.clone(), Some(0));
                for (field, init) in fields {
                    self.start(inner(u64::from(*field)), init);
                }
            }
            Init::Array(elements) => {
                self.set(part.clone(), Some(0));
                for (at, init) in elements {
                    self.start(inner(*at), init);
                }
            }
            Init::Bytes(_) => self.set(part, None),
        }
    }

    /// What is said of a part holds for all in it.
    fn known(&self, part: &Part) -> Option<i128> {
        let outer = (0..=part.1.len()).rev().filter_map(|n| part.1.get(..n));
        let mut found = outer.filter_map(|path| self.values.get(&(part.0, path.to_vec())));
        found.next().copied().flatten()
    }

    fn set(&mut self, part: Part, value: Option<i128>) {
        self.values
            .retain(|other, _| other.0 != part.0 || !other.1.starts_with(&part.1));
        self.values.insert(part, value);
    }

    fn forget(&mut self, local: LocalId) {
        self.values.retain(|part, _| part.0 != local);
    }

    fn value(&mut self, expr: &Expr) -> Option<i128> {
        match &expr.kind {
            ExprKind::Int(n) => Some(*n),
            ExprKind::SizeOf(_) | ExprKind::OffsetOf(..) => None,
            ExprKind::Constant(id) => match self.object.constants.get(id.0 as usize)?.value {
                ConstantValue::Int(n) => self.within(n, &expr.ty),
                ConstantValue::Str(_) => None,
            },
            ExprKind::Load(place) => {
                let part = self.part(place)?;
                self.known(&part)
            }
            ExprKind::Cast(value) => {
                let n = self.value(value)?;
                self.within(n, &expr.ty)
            }
            ExprKind::Block(_, value) => self.value(value),
            ExprKind::Unary(UnaryOp::Neg, value) => {
                let n = self.value(value)?;
                self.checked(-n, &expr.ty)
            }
            ExprKind::Unary(UnaryOp::BitNot, value) => {
                let n = self.value(value)?;
                self.within(!n, &expr.ty)
            }
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(*op, left, right, &expr.ty)
            }
            _ => None,
        }
    }

    fn binary(&mut self, op: BinaryOp, left: i128, right: i128, ty: &Ty) -> Option<i128> {
        let n = match op {
            BinaryOp::Add => left.checked_add(right)?,
            BinaryOp::Sub => left.checked_sub(right)?,
            BinaryOp::Mul => left.checked_mul(right)?,
            BinaryOp::BitAnd => left & right,
            BinaryOp::BitOr => left | right,
            BinaryOp::BitXor => left ^ right,
            BinaryOp::Div => left.checked_div(right)?,
            BinaryOp::Rem => left.checked_rem(right)?,
            // Bits that are shifted out are no overflow.
            BinaryOp::Shl => {
                let by = u32::try_from(right).ok()?;
                return self.within(left.checked_shl(by)?, ty);
            }
            BinaryOp::Shr => left.checked_shr(u32::try_from(right).ok()?)?,
        };
        self.checked(n, ty)
    }

    fn checked(&mut self, n: i128, ty: &Ty) -> Option<i128> {
        let within = self.within(n, ty)?;
        self.overflows |= within != n;
        Some(within)
    }

    fn within(&self, n: i128, ty: &Ty) -> Option<i128> {
        match *ty {
            Ty::Int { bits, signed } => Some(wrap(n, bits, signed)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{arch::Arch, port::lower_text};

    fn check(body: &str, expected: bool) {
        let text = format!(
            "u32 sum;\nSEC(\"kprobe/f\")\nint BPF_KPROBE(f, u32 a)\n{{\n{body}\nreturn 0;\n}}\n"
        );
        let port = lower_text(&text, &[Arch::X86_64]);
        assert_eq!(super::may_show(&port.object.unwrap()), expected, "{body}");
    }

    #[test]
    fn numbers_that_are_known() {
        check("u32 hash = 2166136261; hash *= 16777619; sum = hash;", true);
        check(
            "u32 hash = 2166136261; hash ^= a; hash *= 16777619; sum = hash;",
            false,
        );
        check("u32 hash = 5381; hash = hash * 33 + 7; sum = hash;", false);
        check(
            "int most = 0x7fffffff; int next = most + 1; sum = next;",
            true,
        );
        check("sum = a + 0xffffffff;", false);
        let of_record = |stmts: &str| {
            format!("struct {{ u8 few; u32 more; }} n = {{ .more = 7 }}; {stmts} sum = n.few;")
        };
        check(&of_record("n.few--;"), true);
        check(&of_record("n.few = a; n.few--;"), false);
        check(&of_record("n.few = n.more; n.few -= 7;"), false);
        check("u8 n[2] = { 3 }; n[0] = 0; n[0] -= 1; sum = n[0];", true);
    }
}
