//! Formatted output: `bpf_printk`, `BPF_SNPRINTF`, `BPF_SEQ_PRINTF`, `bpf_trace_printk`.

use super::{
    Lowered,
    body::Body,
    build::{I64, expr},
    codes, formats,
    pt_regs::bytes,
};
use crate::{
    c::tree::{Expr as CExpr, ExprKind as CKind, Init as CInit},
    ir::{
        body::{Expr, ExprKind, LocalId},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// `bpf_printk(fmt, …)`
    pub(super) fn printk(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let Some((format, values)) = args.split_first() else {
            return self.unsupported(e, "bpf_printk without a format");
        };
        let format = self.format(format)?;
        let values = self.values(values)?;
        self.printed(e, ExprKind::Printk(format, values))
    }

    /// `bpf_trace_printk(fmt, sizeof(fmt), …)` with a known format: the same as `bpf_printk`.
    pub(super) fn trace_printk(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
    ) -> Lowered<Option<Expr>> {
        let [format, _, values @ ..] = args else {
            return Ok(None);
        };
        let Some(format) = self.known_bytes(format) else {
            return self.refuse(
                codes::FORMAT,
                e.span,
                "the format isn't a string that is known when the file is read",
            );
        };
        let values = self.values(values)?;
        self.printed(e, ExprKind::Printk(format, values)).map(Some)
    }

    /// `BPF_SNPRINTF(out, size, fmt, …)`
    pub(super) fn snprintf(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [out, size, format, values @ ..] = args else {
            return self.unsupported(e, "BPF_SNPRINTF without a format");
        };
        let out = self.argument(out)?;
        let out = self.cast(out, &Ty::void_pointer(true));
        let size = self.expr(size)?;
        let size = self.cast(size, &Ty::unsigned(32));
        let format = self.format(format)?;
        let values = self.values(values)?;
        let kind = ExprKind::Snprintf(Box::new(out), Box::new(size), format, values);
        self.printed(e, kind)
    }

    /// `BPF_SEQ_PRINTF(seq, fmt, …)`
    pub(super) fn seq_printf(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [seq, format, values @ ..] = args else {
            return self.unsupported(e, "BPF_SEQ_PRINTF without a format");
        };
        let seq = self.expr(seq)?;
        let format = self.format(format)?;
        let values = self.values(values)?;
        self.printed(e, ExprKind::SeqPrintf(Box::new(seq), format, values))
    }

    fn printed(&mut self, e: &CExpr, kind: ExprKind) -> Lowered<Expr> {
        let value = expr(kind, I64, e.span);
        Ok(match self.ty(&e.ty) {
            Ty::Unit => value,
            ty => self.cast(value, &ty),
        })
    }

    fn format(&mut self, e: &'a CExpr) -> Lowered<Vec<u8>> {
        match self.known_bytes(e) {
            Some(text) => Ok(text),
            None => self.refuse(
                codes::FORMAT,
                e.span,
                "the format isn't a string that is known when the file is read",
            ),
        }
    }

    /// The values behind a format, promoted as C does for `...`; arrays are pointers.
    fn values(&mut self, values: &'a [CExpr]) -> Lowered<Vec<Expr>> {
        let values = self.arguments(values)?;
        Ok(values
            .into_iter()
            .map(|value| match &value.ty {
                Ty::Bool => self.to_int(value),
                _ => value,
            })
            .collect())
    }

    /// What a string literal, or a character array that starts as one, holds.
    fn known_bytes(&mut self, e: &CExpr) -> Option<Vec<u8>> {
        if let Some(text) = bytes(e) {
            return Some(text.to_vec());
        }
        let mut place = super::c_walk::peel(e);
        while let CKind::Decay(inner) | CKind::AddressOf(inner) = &place.kind {
            place = match &inner.kind {
                CKind::Index(array, first) if matches!(first.kind, CKind::Int(0)) => array,
                _ => inner,
            };
        }
        match &place.kind {
            CKind::Variable(id) => text_of(formats::of_variable(self.cx.tree, *id)?),
            CKind::Local(local) => {
                let function = self.cx.tree.functions.get(self.id?.0 as usize)?;
                let text = text_of(formats::of_local(
                    self.cx.tree,
                    function.body.as_ref()?,
                    *local,
                )?)?;
                self.formats.insert(LocalId(local.0));
                Some(text)
            }
            _ => None,
        }
    }
}

fn text_of(init: &CInit) -> Option<Vec<u8>> {
    let text = match init {
        CInit::Str(text, _) => text.clone(),
        CInit::Expr(e) => bytes(e)?.to_vec(),
        CInit::List(_) => return None,
    };
    Some(text)
}
