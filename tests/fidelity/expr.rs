//! Expressions without side effects and without undefined behaviour.
//!
//! Signed overflow wraps: clang is told `-fwrapv`, and so do BPF and the ports.

use crate::{
    function::Function,
    types::{Scalar, Ty, U64, scalar_of},
};

const LITERALS: [&str; 20] = [
    "0",
    "1",
    "2",
    "3",
    "5",
    "-1",
    "-2",
    "'a'",
    "127",
    "128",
    "255",
    "-128",
    "32768",
    "65535u",
    "0x7fffffff",
    "0x80000000",
    "-2147483648LL",
    "0xffffffffULL",
    "0x123456789abcdef0ULL",
    "LIMIT",
];

impl Function<'_> {
    /// An integer of whatever type C gives it.
    pub fn expr(&mut self, depth: usize) -> String {
        if depth == 0 || self.random.one_in(8) {
            return self.atom();
        }
        let a = self.expr(depth - 1);
        match self.random.below(24) {
            0 => format!("-({a})"),
            1 => format!("~({a})"),
            2 => format!("!({a})"),
            3..=5 => format!("({})({a})", scalar_of(&mut self.random).c),
            6 => format!("(({a}) << (({}) & 31))", self.expr(depth - 1)),
            7 => format!("(({a}) >> (({}) & 31))", self.expr(depth - 1)),
            8 => format!("((u64)({a}) >> (({}) & 63))", self.expr(depth - 1)),
            9 => {
                let (b, c) = (self.expr(depth - 1), self.expr(depth - 1));
                format!("(({a}) ? ({b}) : ({c}))")
            }
            10 => format!("(({a}) ?: ({}))", self.expr(depth - 1)),
            11 => {
                let op = self.pick(&["/", "%"]);
                let ty = self.pick(&["u32", "u64", "unsigned int"]);
                format!("((u64)({a}) {op} (({ty})({}) | 1))", self.expr(depth - 1))
            }
            12 => {
                let op = self.pick(&["/", "%"]);
                let by = self.pick(&["1", "2", "8", "64"]);
                format!("((s32)({a}) {op} {by})")
            }
            13 | 14 => {
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("(({a}) {op} ({}))", self.expr(depth - 1))
            }
            15 => {
                let op = self.pick(&["&&", "||"]);
                format!("(({a}) {op} ({}))", self.expr(depth - 1))
            }
            16 => self.builtin(&a),
            17 => {
                let ty = scalar_of(&mut self.random).c;
                let name = self.fresh("e");
                format!("({{ {ty} {name} = {a}; {name} + 1; }})")
            }
            _ => {
                let op = self.pick(&["+", "-", "*", "&", "|", "^", "+", "-"]);
                format!("(({a}) {op} ({}))", self.expr(depth - 1))
            }
        }
    }

    /// A condition, as people write them.
    pub fn condition(&mut self) -> String {
        let depth = self.random.below(3);
        let a = self.expr(depth);
        match self.random.below(5) {
            0 => format!("!({a})"),
            1 => a,
            _ => {
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                format!("({a}) {op} {}", self.atom())
            }
        }
    }

    fn atom(&mut self) -> String {
        match self.random.below(10) {
            0 | 1 => (*self.random.one_of(&LITERALS)).to_owned(),
            2 if self.random.one_in(3) => {
                let record = self.random.below(self.file.records.len());
                format!("sizeof({})", self.file.records[record].c())
            }
            _ => self.lvalue(false).map_or("7".to_owned(), |(path, _)| path),
        }
    }

    fn builtin(&mut self, a: &str) -> String {
        match self.random.below(8) {
            0 => format!("__builtin_bswap16({a})"),
            1 => format!("__builtin_bswap32({a})"),
            2 => format!("__builtin_bswap64({a})"),
            3 => format!("bpf_htons({a})"),
            4 => format!("bpf_ntohl({a})"),
            5 => format!("__builtin_ctz(({a}) | 16)"),
            6 => format!("__builtin_expect(!!({a}), 1)"),
            _ => format!("(({a}), {})", self.atom()),
        }
    }

    pub fn pick(&mut self, list: &[&'static str]) -> &'static str {
        self.random.one_of::<&str>(list)
    }

    /// A place of integer type that can be reached from here, and its type: bit-fields by the bits
    /// that they hold.
    pub fn lvalue(&mut self, written: bool) -> Option<(String, Scalar)> {
        let usable: Vec<usize> = (0..self.variables.len())
            .filter(|&at| !written || self.variables[at].writable)
            .collect();
        if usable.is_empty() {
            return None;
        }
        let at = *self.random.one_of(&usable);
        let (path, ty) = (
            self.variables[at].path.clone(),
            self.variables[at].ty.clone(),
        );
        Some(self.inside(path, &ty))
    }

    /// An integer somewhere in a place.
    pub fn inside(&mut self, path: String, ty: &Ty) -> (String, Scalar) {
        match ty {
            Ty::Scalar(scalar) => (path, *scalar),
            Ty::Bits(scalar, width) => (
                path,
                Scalar {
                    bits: *width,
                    ..*scalar
                },
            ),
            Ty::Array(element, length) => {
                let index = self.index(*length);
                self.inside(format!("{path}[{index}]"), element)
            }
            Ty::Record(number) => {
                let fields = &self.file.records[*number].fields;
                let (name, ty) = fields[self.random.below(fields.len())].clone();
                self.inside(format!("{path}.{name}"), &ty)
            }
        }
    }

    /// An index into `length` elements.
    pub fn index(&mut self, length: usize) -> String {
        if self.random.one_in(2) {
            return self.random.below(length).to_string();
        }
        let simple: Vec<String> = self
            .variables
            .iter()
            .filter(|variable| matches!(variable.ty, Ty::Scalar(_)))
            .map(|variable| variable.path.clone())
            .collect();
        match simple.as_slice() {
            [] => "0".to_owned(),
            some => format!("{} & {}", self.random.one_of(some), length - 1),
        }
    }

    /// What `place` is divided by without asking BPF for a signed division.
    pub fn divisor(&mut self, place: Scalar) -> String {
        let value = self.expr(1);
        let ty = if place.bits > 32 { U64.c } else { "u32" };
        format!("(({ty})({value}) | 1)")
    }
}
