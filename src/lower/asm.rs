//! Inline assembly: barriers, and single instructions that give a value.

use super::{
    Lowered,
    body::Body,
    build::{U64, expr},
    codes,
};
use crate::{
    c::tree::Asm,
    ir::body::{ExprKind, StmtKind},
    source::span::Span,
};

impl<'a> Body<'_, 'a> {
    /// An `asm` statement.
    pub(super) fn asm(&mut self, asm: &'a Asm, span: Span) -> Lowered<()> {
        let text = String::from_utf8_lossy(&asm.text).trim().to_owned();
        if text.is_empty() {
            return self.barrier(asm, span);
        }
        let known = text.lines().count() == 1 && !text.contains("goto") && !text.contains("call");
        let [(_, constraint, output)] = asm.outputs.as_slice() else {
            return self.refuse_asm(span);
        };
        if !known || !asm.clobbers.is_empty() || !constraint.starts_with('=') {
            return self.refuse_asm(span);
        }
        let mut inputs = Vec::with_capacity(asm.inputs.len());
        for (_, constraint, input) in &asm.inputs {
            if !matches!(constraint.as_ref(), "r" | "i" | "ri") {
                return self.refuse_asm(span);
            }
            inputs.push(self.expr(input)?);
        }
        let Some(text) = renumbered(&text, asm) else {
            return self.refuse_asm(span);
        };
        let value = expr(ExprKind::Asm(text, inputs), U64, span);
        let place = self.place(output)?;
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

/// The text with `{0}` for the output and `{1}` … for the inputs.
fn renumbered(text: &str, asm: &Asm) -> Option<String> {
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
        result.push_str(&format!("{{{index}}}"));
        rest = behind;
    }
    result.push_str(rest);
    Some(result)
}
