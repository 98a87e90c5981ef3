//! Functions: what they declare, and the statements that they are made of.

use std::fmt::Write as _;

use crate::{
    file::File,
    random::Random,
    types::{Scalar, Ty, declaration, scalar_of},
};

/// What an expression can name.
#[derive(Clone, Debug)]
pub struct Variable {
    /// How C writes the place.
    pub path: String,
    pub ty: Ty,
    pub writable: bool,
    /// A local variable of the function itself whose address nobody has.
    pub plain: bool,
}

/// A function that is being written.
pub struct Function<'a> {
    pub file: &'a File,
    pub random: Random,
    pub variables: Vec<Variable>,
    pub text: String,
    indent: usize,
    names: usize,
    /// How many loops are around, and whether a `switch` is between.
    loops: Vec<bool>,
}

impl<'a> Function<'a> {
    pub fn new(file: &'a File, seed: u64) -> Self {
        let variables = file.globals.clone();
        Self {
            file,
            random: Random::new(seed),
            variables,
            text: String::new(),
            indent: 1,
            names: 0,
            loops: Vec::new(),
        }
    }

    pub fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub fn line(&mut self, text: &str) {
        let tabs = "\t".repeat(self.indent);
        let _ = writeln!(self.text, "{tabs}{text}");
    }

    pub fn add(&mut self, path: &str, ty: Ty, plain: bool) {
        self.variables.push(Variable {
            path: path.to_owned(),
            ty,
            writable: true,
            plain,
        });
    }

    /// The locals that a function begins with.
    pub fn locals(&mut self) {
        for _ in 0..2 + self.random.below(3) {
            let scalar = scalar_of(&mut self.random);
            let name = self.fresh("v");
            let value = self.expr(1);
            self.line(&format!("{} {name} = {value};", scalar.c));
            self.add(&name, Ty::Scalar(scalar), true);
        }
        if self.random.one_in(2) {
            let record = self.random.below(self.file.records.len());
            let name = self.fresh("t");
            let init = self.initialiser(record);
            let ty = Ty::Record(record);
            let declared = declaration(&ty, &name, &self.file.records);
            self.line(&format!("{declared} = {init};"));
            self.add(&name, ty, false);
        }
        if self.random.one_in(2) {
            let (element, length) = (scalar_of(&mut self.random), 1 << (1 + self.random.below(3)));
            let name = self.fresh("a");
            let values = (self.expr(0), self.expr(1));
            self.line(&format!(
                "{} {name}[{length}] = {{ {}, {} }};",
                element.c, values.0, values.1
            ));
            let ty = Ty::Array(Box::new(Ty::Scalar(element)), length);
            self.add(&name, ty, false);
        }
    }

    /// `{ .f0 = …, }`, with what isn't named left to C.
    fn initialiser(&mut self, record: usize) -> String {
        let record = &self.file.records[record];
        let mut text = String::from("{");
        for (name, ty) in &record.fields {
            let scalar = matches!(ty, Ty::Scalar(_) | Ty::Bits(..));
            if scalar && self.random.one_in(2) {
                let _ = write!(text, " .{name} = {},", self.expr(1));
                if record.union {
                    break;
                }
            }
        }
        text + "}"
    }

    pub fn block(&mut self, depth: usize, most: usize) {
        let (variables, count) = (self.variables.len(), 1 + self.random.below(most));
        for _ in 0..count {
            self.stmt(depth);
        }
        self.variables.truncate(variables);
    }

    fn nested(&mut self, head: &str, depth: usize) {
        self.line(&format!("{head} {{"));
        self.indent += 1;
        self.block(depth, 3);
        self.indent -= 1;
        self.line("}");
    }

    fn stmt(&mut self, depth: usize) {
        match self.random.below(if depth == 0 { 14 } else { 26 }) {
            0..=3 => self.assign(),
            4..=6 => self.assign_op(),
            7 => self.step(),
            8 => self.step_as_value(),
            9 => self.copy_record(),
            10 => self.memory(),
            11 => self.call(),
            12 => self.pointer(),
            13 => self.declare(),
            14..=16 => self.branch(depth - 1),
            17 | 18 => self.counting_loop(depth - 1),
            19 => self.waiting_loop(depth - 1),
            20 | 21 => self.switch(depth - 1),
            22 => self.jump_forward(depth - 1),
            23 => self.jump_back(depth - 1),
            24 => self.leave(),
            _ => self.walk(),
        }
    }

    fn assign(&mut self) {
        let Some((place, _)) = self.lvalue(true) else {
            return;
        };
        let value = self.expr(2);
        self.line(&format!("{place} = {value};"));
    }

    fn assign_op(&mut self) {
        let Some((place, ty)) = self.lvalue(true) else {
            return;
        };
        let op = self.pick(&["+", "-", "*", "&", "|", "^", "<<", ">>", "/", "%"]);
        let value = match op {
            "<<" | ">>" => format!(
                "({}) & {}",
                self.expr(1),
                if ty.bits > 32 { 63 } else { 31 }
            ),
            "/" | "%" => self.divisor(ty),
            _ => self.expr(1),
        };
        self.line(&format!("{place} {op}= {value};"));
    }

    fn step(&mut self) {
        if let Some((place, ty)) = self.lvalue(true)
            && ty.bits > 1
        {
            let text = match self.random.below(4) {
                0 => format!("{place}++;"),
                1 => format!("{place}--;"),
                2 => format!("++{place};"),
                _ => format!("--{place};"),
            };
            self.line(&text);
        }
    }

    /// `x = y++ + 3`, where nobody else can see either.
    fn step_as_value(&mut self) {
        let plain: Vec<(String, Scalar)> = self
            .variables
            .iter()
            .filter_map(|variable| match variable.ty {
                Ty::Scalar(scalar) if variable.plain && variable.writable && scalar.bits > 1 => {
                    Some((variable.path.clone(), scalar))
                }
                _ => None,
            })
            .collect();
        let [(a, _), rest @ ..] = plain.as_slice() else {
            return;
        };
        let Some((b, _)) = rest.last() else { return };
        let step = match self.random.below(5) {
            0 => format!("{b}++"),
            1 => format!("--{b}"),
            2 => format!("({b} += 3)"),
            3 => format!("({b} = {})", self.pick(&["300", "-1", "0x80000000"])),
            _ => format!("({b}--, {b})"),
        };
        let text = match self.random.below(3) {
            0 => format!("{a} = {step} + 3;"),
            1 => format!(
                "if ({a} > 3 && {step} > 5)\n{}\t{a} ^= 21;",
                "\t".repeat(self.indent)
            ),
            _ => format!("{a} = {a} & 1 ? {step} : 9;"),
        };
        self.line(&text);
    }

    fn copy_record(&mut self) {
        let records: Vec<(String, usize, bool)> = self
            .variables
            .iter()
            .filter_map(|variable| match variable.ty {
                Ty::Record(number) => Some((variable.path.clone(), number, variable.writable)),
                _ => None,
            })
            .collect();
        let Some((to, number, true)) = records.last().cloned() else {
            return;
        };
        let from = records
            .iter()
            .filter(|(path, other, _)| *other == number && *path != to)
            .map(|(path, ..)| path.clone())
            .next();
        let value = match from {
            Some(path) if self.random.one_in(2) => path,
            _ => format!(
                "({}){}",
                self.file.records[number].c(),
                self.initialiser(number)
            ),
        };
        self.line(&format!("{to} = {value};"));
    }

    fn memory(&mut self) {
        let arrays: Vec<(String, usize)> = self
            .variables
            .iter()
            .filter_map(|variable| match &variable.ty {
                Ty::Array(element, length) if variable.writable => match **element {
                    Ty::Scalar(scalar) if scalar.bits > 1 => {
                        Some((variable.path.clone(), scalar.bits as usize / 8 * length))
                    }
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let Some((to, size)) = arrays.last().cloned() else {
            return;
        };
        let from = arrays
            .iter()
            .find(|(path, bytes)| *path != to && *bytes >= size);
        let text = match from {
            Some((from, _)) if self.random.one_in(2) => {
                format!("__builtin_memcpy({to}, {from}, {size});")
            }
            _ => format!(
                "__builtin_memset({to}, {}, {size});",
                self.pick(&["0", "0xff", "0x5a"])
            ),
        };
        self.line(&text);
    }

    fn call(&mut self) {
        let Some(helper) =
            (!self.file.helpers.is_empty()).then(|| self.random.one_of(&self.file.helpers).clone())
        else {
            return;
        };
        let pointed = self
            .variables
            .iter()
            .filter(|variable| variable.writable && variable.ty == Ty::Record(helper.record))
            .map(|variable| variable.path.clone())
            .next_back();
        let record = pointed.map_or("0".to_owned(), |path| format!("&{path}"));
        let (a, b) = (self.expr(1), self.expr(1));
        let Some((place, _)) = self.lvalue(true) else {
            return;
        };
        self.line(&format!("{place} = {}({a}, {b}, {record});", helper.name));
    }

    /// A pointer to what there is.
    fn pointer(&mut self) {
        let aims: Vec<(String, Ty)> = self
            .variables
            .iter()
            .filter(|variable| variable.writable && !variable.plain)
            .filter_map(|variable| match &variable.ty {
                Ty::Array(element, _) => Some((variable.path.clone(), (**element).clone())),
                Ty::Record(_) => Some((format!("&{}", variable.path), variable.ty.clone())),
                _ => None,
            })
            .collect();
        let Some((aim, ty)) = aims.last().cloned() else {
            return;
        };
        let aim = match &ty {
            Ty::Scalar(_) if self.random.one_in(2) => format!("&{aim}[1]"),
            _ => aim,
        };
        let name = self.fresh("p");
        let declared = declaration(&ty, &format!("*{name}"), &self.file.records);
        self.line(&format!("{declared} = {aim};"));
        self.add(&format!("(*{name})"), ty, false);
    }

    fn declare(&mut self) {
        let scalar = scalar_of(&mut self.random);
        let name = self.fresh("v");
        let value = self.expr(2);
        self.line(&format!("{} {name} = {value};", scalar.c));
        self.add(&name, Ty::Scalar(scalar), true);
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.condition();
        self.nested(&format!("if ({condition})"), depth);
        match self.random.below(4) {
            0 => self.nested("else", depth),
            1 => {
                let condition = self.condition();
                self.nested(&format!("else if ({condition})"), depth);
                self.nested("else", depth);
            }
            _ => {}
        }
    }

    fn counting_loop(&mut self, depth: usize) {
        let name = self.fresh("i");
        let ty = *self.random.one_of(&["int", "u32", "u8", "u64"]);
        let (from, to) = (self.random.below(3), 3 + self.random.below(3));
        let head = match self.random.below(4) {
            0 => format!("for ({ty} {name} = {to}; {name} > {from}; {name}--)"),
            1 => format!("for ({ty} {name} = {from}; {name} <= {to}; {name} += 2)"),
            _ => format!("for ({ty} {name} = {from}; {name} < {to}; {name}++)"),
        };
        let variables = self.variables.len();
        let scalar = Scalar {
            c: "u32",
            bits: 32,
            signed: false,
        };
        self.variables.push(Variable {
            path: name,
            ty: Ty::Scalar(scalar),
            writable: false,
            plain: true,
        });
        self.loops.push(true);
        self.nested(&head, depth);
        self.loops.pop();
        self.variables.truncate(variables);
    }

    fn waiting_loop(&mut self, depth: usize) {
        let name = self.fresh("w");
        let condition = self.condition();
        let count = 2 + self.random.below(4);
        self.line(&format!("u8 {name} = {count};"));
        self.loops.push(true);
        if self.random.one_in(2) {
            self.nested(&format!("while ({name}-- && ({condition}))"), depth);
        } else {
            self.nested("do", depth);
            self.line(&format!("while ({name}-- > 1 && ({condition}));"));
        }
        self.loops.pop();
    }

    fn switch(&mut self, depth: usize) {
        let value = self.expr(1);
        let value = if self.random.one_in(2) {
            format!("({value}) & 7")
        } else {
            value
        };
        self.line(&format!("switch ({value}) {{"));
        self.loops.push(false);
        let (count, default) = (2 + self.random.below(3), self.random.below(5));
        let mut next = 0;
        for case in 0..count {
            let end = next + self.random.below(3);
            if end > next {
                self.line(&format!("case {next} ... {end}:"));
            } else {
                self.line(&format!("case {next}:"));
            }
            next = end + 1 + self.random.below(2);
            if case == default {
                self.line("default:");
            }
            self.indent += 1;
            self.line("{");
            self.indent += 1;
            self.block(depth, 2);
            self.indent -= 1;
            self.line("}");
            if !self.random.one_in(3) {
                self.line("break;");
            }
            self.indent -= 1;
        }
        if default == count {
            self.line("default:");
            self.indent += 1;
            self.assign();
            self.line(";");
            self.indent -= 1;
        }
        self.loops.pop();
        self.line("}");
    }

    fn jump_forward(&mut self, depth: usize) {
        let label = self.fresh("l");
        let condition = self.condition();
        self.line(&format!("if ({condition})"));
        self.line(&format!("\tgoto {label};"));
        self.block(depth, 2);
        self.line(&format!("{label}:;"));
    }

    fn jump_back(&mut self, depth: usize) {
        let (label, count) = (self.fresh("l"), self.fresh("n"));
        self.line(&format!("u32 {count} = 0;"));
        self.line(&format!("{label}:;"));
        self.block(depth, 2);
        let condition = self.condition();
        self.line(&format!("if ({count}++ < 2 && ({condition}))"));
        self.line(&format!("\tgoto {label};"));
    }

    fn leave(&mut self) {
        let condition = self.condition();
        let text = match (self.loops.last(), self.loops.contains(&true)) {
            (Some(_), true) if self.random.one_in(2) => "continue;",
            (Some(true), _) => "break;",
            _ if self.random.one_in(4) => "return 1;",
            _ => return,
        };
        self.line(&format!("if ({condition})"));
        self.line(&format!("\t{text}"));
    }

    /// A pointer that walks along an array.
    fn walk(&mut self) {
        let arrays: Vec<(String, Scalar, usize)> = self
            .variables
            .iter()
            .filter_map(|variable| match &variable.ty {
                Ty::Array(element, length) if variable.writable => match **element {
                    Ty::Scalar(scalar) => Some((variable.path.clone(), scalar, *length)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        let Some((array, scalar, length)) = arrays.first().cloned() else {
            return;
        };
        let name = self.fresh("q");
        self.line(&format!(
            "for ({} *{name} = {array}; {name} < {array} + {length}; {name}++) {{",
            scalar.c
        ));
        self.indent += 1;
        let variables = self.variables.len();
        self.add(&format!("(*{name})"), Ty::Scalar(scalar), false);
        let value = self.expr(1);
        self.line(&format!("*{name} += ({name} - {array}) * ({value});"));
        self.variables.truncate(variables);
        self.indent -= 1;
        self.line("}");
    }
}
