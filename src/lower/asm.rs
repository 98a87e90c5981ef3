//! Inline assembly: barriers, and instructions that give a value.

use super::{
    Lowered,
    body::Body,
    build::{U64, expr, load},
    codes, simplify,
};
use crate::{
    c::{
        const_eval,
        tree::{Asm, AsmOperand, Expr as CExpr},
    },
    ir::{
        body::{self as ir, Expr, ExprKind, StmtKind},
        ty::Ty,
    },
    source::span::Span,
};

/// What stands for an operand in the text.
enum Operand {
    /// A register, by its number in braces.
    Register(usize),
    /// A constant.
    Number(i128),
    /// Memory that the text doesn't name, but reads: Rust has it that assembly may read all memory.
    Memory,
}

/// What an input becomes.
enum Input {
    /// A register of its own.
    Register,
    /// A constant.
    Number(i128),
    /// The register of the output with that number.
    Tied(usize),
}

impl<'a> Body<'_, 'a> {
    /// An `asm` statement.
    pub(super) fn asm(&mut self, asm: &'a Asm, span: Span) -> Lowered<()> {
        let text = String::from_utf8_lossy(&asm.text).trim().to_owned();
        if text.is_empty() {
            return self.barrier(asm, span);
        }
        let mut registers = Vec::new();
        for clobber in &asm.clobbers {
            match clobber.as_ref() {
                "memory" | "cc" => {}
                name if is_register(name) => registers.push(name.to_owned()),
                _ => return self.refuse_asm(span),
            }
        }
        if text.contains("%l") {
            return self.refuse(
                codes::ASM,
                span,
                "`asm goto` jumps to labels of the function, and can't be ported",
            );
        }
        // Jumps may lead to labels of the text's own; leaving the function isn't Rust's to know.
        if text.contains("exit") || text.contains("%=") {
            return self.refuse_asm(span);
        }
        let [(_, constraint, output)] = asm.outputs.as_slice() else {
            return self.asm_block(asm, &text, registers, span);
        };
        let plain = matches!(constraint.as_ref(), "=r" | "=&r" | "+r" | "+&r")
            && !asm.inputs.iter().any(updated);
        if !registers.is_empty() || text.contains("goto") || text.contains("call") || !plain {
            return self.asm_block(asm, &text, registers, span);
        }
        let place = self.place(output)?;
        let place = self.stable(place);
        let mut inputs: Vec<Expr> = Vec::with_capacity(asm.inputs.len() + 1);
        let updates = constraint.starts_with('+');
        if updates {
            let old = load(place.clone(), span);
            inputs.push(self.cast(old, &U64));
        }
        let mut operands = vec![Operand::Register(0)];
        for (_, constraint, input) in &asm.inputs {
            if let Some(operand) = self.without_register(constraint, input)? {
                operands.push(operand);
                continue;
            }
            let value = self.expr(input)?;
            match self.input(constraint, &value) {
                Some(Input::Number(number)) => operands.push(Operand::Number(number)),
                Some(Input::Register) => {
                    inputs.push(value);
                    operands.push(Operand::Register(inputs.len()));
                }
                _ => return self.refuse_asm(span),
            }
        }
        let Some(mut text) = renumbered(&text, asm, &operands) else {
            return self.refuse_asm(span);
        };
        if updates {
            text.insert_str(0, "{0} = {1}\n");
        }
        let value = expr(ExprKind::Asm(text, inputs), U64, span);
        let value = self.cast(value, &place.ty);
        self.push(StmtKind::Assign(place, value), span);
        Ok(())
    }

    /// An input that takes no register: memory, or a number.
    fn without_register(&mut self, constraint: &str, input: &'a CExpr) -> Lowered<Option<Operand>> {
        if constraint == "m" {
            self.place(input)?;
            return Ok(Some(Operand::Memory));
        }
        Ok(self.immediate(constraint, input).map(Operand::Number))
    }

    /// The number that an input is in the text: lowered it would keep the names it is written with.
    fn immediate(&self, constraint: &str, input: &CExpr) -> Option<i128> {
        takes_numbers(constraint)
            .then(|| const_eval::eval(self.cx.tree, input))
            .flatten()
    }

    /// What a constraint wants of an input.
    fn input(&self, constraint: &str, value: &Expr) -> Option<Input> {
        let known = || simplify::known(&self.cx.object, value);
        match constraint {
            "i" | "n" => known().map(Input::Number),
            _ if takes_numbers(constraint) => Some(known().map_or(Input::Register, Input::Number)),
            "r" => Some(Input::Register),
            tied => tied.parse().ok().map(Input::Tied),
        }
    }

    /// Assembly with several outputs, with none, or that overwrites registers.
    fn asm_block(
        &mut self,
        asm: &'a Asm,
        text: &str,
        clobbers: Vec<String>,
        span: Span,
    ) -> Lowered<()> {
        let mut outputs = Vec::with_capacity(asm.outputs.len());
        // clang takes `"+r"` among the inputs too, and what the text does to the register stays.
        let updates = asm.inputs.iter().filter(|input| updated(input));
        for (_, constraint, output) in asm.outputs.iter().chain(updates) {
            let place = self.place(output)?;
            let place = self.stable(place);
            let first = match constraint.as_ref() {
                "=r" | "=&r" => None,
                "+r" | "+&r" => Some(load(place.clone(), span)),
                _ => return self.refuse_asm(span),
            };
            if !in_register(&place.ty) || self.is_bit_field(&place) {
                return self.refuse_asm(span);
            }
            outputs.push((place, first));
        }
        let mut operands: Vec<_> = (0..asm.outputs.len()).map(Operand::Register).collect();
        let mut updates = asm.outputs.len()..;
        let mut inputs = Vec::with_capacity(asm.inputs.len());
        for operand in &asm.inputs {
            let (_, constraint, input) = operand;
            if updated(operand) {
                operands.extend(updates.next().map(Operand::Register));
                continue;
            }
            if let Some(operand) = self.without_register(constraint, input)? {
                operands.push(operand);
                continue;
            }
            let value = self.expr(input)?;
            match self.input(constraint, &value) {
                Some(Input::Number(number)) => operands.push(Operand::Number(number)),
                Some(Input::Register) if in_register(&value.ty) => {
                    operands.push(Operand::Register(outputs.len() + inputs.len()));
                    inputs.push(value);
                }
                Some(Input::Tied(at)) => match outputs.get_mut(at) {
                    Some((place, first @ None)) => {
                        *first = Some(simplify::cast(&self.cx.object, value, &place.ty));
                        operands.push(Operand::Register(at));
                    }
                    _ => return self.refuse_asm(span),
                },
                _ => return self.refuse_asm(span),
            }
        }
        let Some(text) = renumbered(text, asm, &operands) else {
            return self.refuse_asm(span);
        };
        let asm = ir::Asm {
            text,
            outputs,
            inputs,
            clobbers,
        };
        self.push(StmtKind::Asm(asm), span);
        Ok(())
    }

    /// `asm volatile("" : "+r"(x))` and `asm volatile("" ::: "memory")`.
    fn barrier(&mut self, asm: &'a Asm, span: Span) -> Lowered<()> {
        if asm.outputs.is_empty() {
            self.push(StmtKind::Barrier(None), span);
            return Ok(());
        }
        for (_, _, output) in &asm.outputs {
            let place = self.place(output)?;
            self.push(StmtKind::Barrier(Some(place)), span);
        }
        Ok(())
    }

    fn refuse_asm<T>(&mut self, span: Span) -> Lowered<T> {
        self.refuse(codes::ASM, span, "this inline assembly can't be ported")
    }
}

/// Whether a constraint takes a constant as a number.
fn takes_numbers(constraint: &str) -> bool {
    matches!(constraint, "i" | "n" | "ri" | "ir" | "g" | "rn")
}

/// Whether the text changes what an input names.
fn updated((_, constraint, _): &AsmOperand) -> bool {
    constraint.starts_with('+')
}

/// A general register of BPF; Rust keeps the frame pointer for itself.
fn is_register(name: &str) -> bool {
    matches!(
        name.strip_prefix('r').map(str::as_bytes),
        Some([b'0'..=b'9'])
    )
}

/// Whether Rust puts a value of the type into a register.
fn in_register(ty: &Ty) -> bool {
    match ty {
        Ty::Int { bits, .. } => *bits <= 64,
        Ty::Pointer { .. } => true,
        _ => false,
    }
}

/// The text with `{0}` for the first output, higher numbers for other registers, and constants as
/// numbers.
fn renumbered(text: &str, asm: &Asm, operands: &[Operand]) -> Option<String> {
    let names: Vec<_> = asm
        .outputs
        .iter()
        .chain(&asm.inputs)
        .map(|(name, _, _)| name.as_deref())
        .collect();
    let mut result = String::new();
    // Braces are Rust's.
    let text = text.replace('{', "{{").replace('}', "}}");
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once('%') {
        result.push_str(before);
        let (index, behind) = if let Some(named) = behind.strip_prefix('[') {
            let (name, behind) = named.split_once(']')?;
            let index = names.iter().position(|known| *known == Some(name))?;
            (index, behind)
        } else {
            let digits = behind
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(behind.len());
            let (number, behind) = behind.split_at_checked(digits)?;
            (number.parse().ok()?, behind)
        };
        match operands.get(index)? {
            Operand::Register(number) => result.push_str(&format!("{{{number}}}")),
            Operand::Number(number) => result.push_str(&number.to_string()),
            Operand::Memory => return None,
        }
        rest = behind;
    }
    result.push_str(rest);
    Some(result)
}
