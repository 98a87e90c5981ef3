//! Inline assembly: barriers, and instructions that give a value.

use super::{
    Lowered,
    body::Body,
    build::{U64, expr, load},
    codes, simplify,
};
use crate::{
    c::tree::Asm,
    ir::body::{Expr, ExprKind, StmtKind},
    source::span::Span,
};

/// What stands for an operand in the text.
enum Operand {
    /// A register, by its number in braces.
    Register(usize),
    /// A constant.
    Number(i128),
}

impl<'a> Body<'_, 'a> {
    /// An `asm` statement.
    pub(super) fn asm(&mut self, asm: &'a Asm, span: Span) -> Lowered<()> {
        let text = String::from_utf8_lossy(&asm.text).trim().to_owned();
        if text.is_empty() {
            return self.barrier(asm, span);
        }
        let [(_, constraint, output)] = asm.outputs.as_slice() else {
            return self.refuse_asm(span);
        };
        let clobbers_memory_only = asm
            .clobbers
            .iter()
            .all(|clobber| matches!(clobber.as_ref(), "memory" | "cc"));
        let jumps = text.contains("goto") || text.contains("call") || text.contains("exit");
        if jumps || !clobbers_memory_only {
            return self.refuse_asm(span);
        }
        let place = self.place(output)?;
        let place = self.stable(place);
        let mut inputs: Vec<Expr> = Vec::with_capacity(asm.inputs.len() + 1);
        let updates = match constraint.as_ref() {
            "=r" | "=&r" => false,
            "+r" | "+&r" => true,
            _ => return self.refuse_asm(span),
        };
        if updates {
            let old = load(place.clone(), span);
            inputs.push(self.cast(old, &U64));
        }
        let mut operands = vec![Operand::Register(0)];
        for (_, constraint, input) in &asm.inputs {
            let value = self.expr(input)?;
            match constraint.as_ref() {
                "i" | "n" => match simplify::known(&self.cx.object, &value) {
                    Some(number) => operands.push(Operand::Number(number)),
                    None => return self.refuse_asm(span),
                },
                "r" | "ri" => {
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

/// The text with `{0}` for the output, `{1}` … for the registers of inputs, and constants as
/// numbers.
fn renumbered(text: &str, asm: &Asm, operands: &[Operand]) -> Option<String> {
    let names: Vec<_> = asm
        .outputs
        .iter()
        .chain(&asm.inputs)
        .map(|(name, _, _)| name.as_deref())
        .collect();
    let mut result = String::new();
    let mut rest = text;
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
        }
        rest = behind;
    }
    result.push_str(rest);
    Some(result)
}
