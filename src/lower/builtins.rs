//! Calls of markers and of the compiler's builtins, by name.

use super::{
    Lowered,
    body::Body,
    build::{U64, expr, int},
    c_walk, codes,
    core_read::Chain,
    purity, simplify,
};
use crate::{
    c::{
        tree::{Expr as CExpr, ExprKind as CKind},
        types::{CType, Kind},
    },
    ir::{
        PathPart, RelocationKind,
        body::{AddressSpace, BinaryOp, Builtin, Expr, ExprKind, LocalId, StmtKind},
        ty::Ty,
    },
    source::markers as m,
};

impl<'a> Body<'_, 'a> {
    /// `name(args)`
    pub(super) fn builtin(&mut self, e: &'a CExpr, name: &str, args: &'a [CExpr]) -> Lowered<Expr> {
        use AddressSpace::{Any, Kernel, User};
        let like = m::like(name);
        let (name, kernel, user) = match &like {
            Some(name) => (name.as_str(), Any, Any),
            None => (name, Kernel, User),
        };
        let chain = |space, relocated| Chain { space, relocated };
        if let Some(value) = self.core_marker(e, name, args, (kernel, user))? {
            return Ok(value);
        }
        if let Some(value) = self.byte_order(e, name, args)? {
            return Ok(value);
        }
        if let Some(value) = self.atomic(e, name, args)? {
            return Ok(value);
        }
        match name {
            m::CORE_READ_INTO => self.chain_into(e, args, chain(kernel, true), false),
            m::CORE_READ_USER_INTO => self.chain_into(e, args, chain(user, true), false),
            m::CORE_READ_STR_INTO => self.chain_into(e, args, chain(kernel, true), true),
            m::CORE_READ_USER_STR_INTO => self.chain_into(e, args, chain(user, true), true),
            m::PROBE_READ_INTO => self.chain_into(e, args, chain(kernel, false), false),
            m::PROBE_READ_USER_INTO => self.chain_into(e, args, chain(user, false), false),
            m::PROBE_READ_STR_INTO => self.chain_into(e, args, chain(kernel, false), true),
            m::PROBE_READ_USER_STR_INTO => self.chain_into(e, args, chain(user, false), true),
            m::CORE_READ_MEM => self.core_read_mem(e, args, kernel, false),
            m::CORE_READ_USER_MEM => self.core_read_mem(e, args, user, false),
            m::CORE_READ_STR => self.core_read_mem(e, args, kernel, true),
            m::CORE_READ_USER_STR => self.core_read_mem(e, args, user, true),
            m::PRINTK => self.printk(e, args),
            m::SNPRINTF => self.snprintf(e, args),
            m::SEQ_PRINTF => self.seq_printf(e, args),
            m::PT_REGS => self.pt_regs(e, args),
            m::SYSCALL_REGS => self.syscall_regs(e, args),
            m::BARRIER => {
                self.push(StmtKind::Barrier(None), e.span);
                Ok(nothing(e))
            }
            m::BARRIER_VAR => {
                let arg = self.one(e, args)?;
                let place = self.place(arg)?;
                self.push(StmtKind::Barrier(Some(place)), e.span);
                Ok(nothing(e))
            }
            m::CMP_LIKELY | m::CMP_UNLIKELY | "__builtin_expect" => {
                let value = self.expr(args.first().unwrap_or(e))?;
                let ty = self.ty(&e.ty);
                Ok(self.cast(value, &ty))
            }
            "__builtin_preserve_access_index" | "__builtin_assume_aligned" => {
                self.argument(args.first().unwrap_or(e))
            }
            m::TAIL_CALL_STATIC => {
                let args = self.arguments(args)?;
                let types = [
                    Ty::void_pointer(true),
                    Ty::void_pointer(true),
                    Ty::unsigned(32),
                ];
                let args = args
                    .into_iter()
                    .zip(types)
                    .map(|(arg, ty)| self.cast(arg, &ty))
                    .collect();
                let call = ExprKind::Helper(12, "bpf_tail_call".to_owned(), args);
                Ok(expr(call, Ty::signed(64), e.span))
            }
            m::KSYM_EXISTS => self.ksym_exists(e, args),
            m::FOR | m::REPEAT => self.counts(e, args),
            m::FOR_EACH => self.refuse(
                codes::OPEN_CODED_ITERATOR,
                e.span,
                "open-coded iterators are functions of the kernel, which Aya can't call",
            ),
            "__builtin_constant_p" => {
                let known = matches!(
                    super::c_walk::peel(args.first().unwrap_or(e)).kind,
                    CKind::Int(_)
                );
                Ok(int(i128::from(known), self.ty(&e.ty), e.span))
            }
            "__builtin_unreachable" | "__builtin_trap" => {
                self.push(StmtKind::Unreachable, e.span);
                Ok(nothing(e))
            }
            _ => self.operation(e, name, args),
        }
    }

    /// Markers that are CO-RE reads or questions.
    fn core_marker(
        &mut self,
        e: &'a CExpr,
        name: &str,
        args: &'a [CExpr],
        (kernel, user): (AddressSpace, AddressSpace),
    ) -> Lowered<Option<Expr>> {
        let value = |space, relocated| Some(Chain { space, relocated });
        let chain = match name {
            m::CORE_READ => value(kernel, true),
            m::CORE_READ_USER => value(user, true),
            m::PROBE_READ_CHAIN => value(kernel, false),
            m::PROBE_READ_CHAIN_USER => value(user, false),
            _ => None,
        };
        if let Some(chain) = chain {
            let access = self.one(e, args)?;
            return self.chain_value(e, access, chain).map(Some);
        }
        let found = match name {
            m::CORE_FIELD_EXISTS => self.field_question(e, args, RelocationKind::FieldExists),
            m::CORE_FIELD_SIZE => self.field_question(e, args, RelocationKind::FieldSize),
            m::CORE_FIELD_OFFSET => self.field_question(e, args, RelocationKind::FieldOffset),
            m::OFFSETOF => self.relocated_offset(e, args),
            "__builtin_preserve_field_info" => self.field_info(e, args),
            m::CORE_TYPE_EXISTS => self.type_question(e, args, RelocationKind::TypeExists),
            m::CORE_TYPE_SIZE => self.type_question(e, args, RelocationKind::TypeSize),
            m::CORE_TYPE_ID_KERNEL => self.type_question(e, args, RelocationKind::TypeId),
            m::CORE_TYPE_MATCHES => self.type_question(e, args, RelocationKind::TypeMatches),
            m::CORE_ENUM_VALUE => self.enum_question(e, args, RelocationKind::EnumValue),
            m::CORE_ENUM_VALUE_EXISTS => self.enum_question(e, args, RelocationKind::EnumExists),
            m::CORE_BITFIELD => self.core_bitfield(e, args, false),
            m::CORE_BITFIELD_PROBED => self.core_bitfield(e, args, true),
            m::CORE_TYPE_ID_LOCAL => self.refuse(
                codes::CORE_ACCESS,
                e.span,
                "this is a number in the object's own BTF, and rustc numbers its types otherwise",
            ),
            m::CORE_WRITE_BITFIELD => self.refuse(
                codes::CORE_ACCESS,
                e.span,
                "relocated writes of bit-fields can't be ported",
            ),
            _ => return Ok(None),
        };
        found.map(Some)
    }

    /// `offsetof` by an address behind null, which clang relocates where the record is.
    fn relocated_offset(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [plain, field] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        match &plain.kind {
            CKind::OffsetOf(_, of, _) if matches!(of.kind, Kind::Record(id) if self.cx.is_core(id)) => {
                self.field_question(e, std::slice::from_ref(field), RelocationKind::FieldOffset)
            }
            _ => self.expr(plain),
        }
    }

    /// What libbpf's macros about fields are made of (`enum bpf_field_info_kind`).
    fn field_info(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [field, kind] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        let question = match c_walk::peel(kind).kind {
            CKind::Int(0) => RelocationKind::FieldOffset,
            CKind::Int(1) => RelocationKind::FieldSize,
            CKind::Int(2) => RelocationKind::FieldExists,
            _ => {
                return self.refuse(
                    codes::CORE_ACCESS,
                    e.span,
                    "only a field's offset, its size and whether it exists can be asked for",
                );
            }
        };
        self.field_question(e, std::slice::from_ref(field), question)
    }

    /// The only argument.
    pub(super) fn one(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<&'a CExpr> {
        match args {
            [only] => Ok(only),
            _ => self.unsupported(e, "this number of arguments"),
        }
    }

    /// Builtins that compute, or move memory.
    fn operation(&mut self, e: &'a CExpr, name: &str, args: &'a [CExpr]) -> Lowered<Expr> {
        let plain = name.strip_prefix("__builtin_").unwrap_or(name);
        let memory = match plain {
            "memcpy" | "memcpy_inline" => Some(Builtin::Memcpy),
            "memmove" => Some(Builtin::Memmove),
            "memset" | "memset_inline" => Some(Builtin::Memset),
            "memcmp" | "bcmp" => Some(Builtin::Memcmp),
            "bzero" => return self.bzero(e, args),
            "strcpy" => return self.text(e, Builtin::Strcpy, args),
            "strlen"
                if let [text] = args
                    && let Some(bytes) = super::pt_regs::bytes(text) =>
            {
                let len = bytes
                    .iter()
                    .position(|byte| *byte == 0)
                    .unwrap_or(bytes.len());
                let ty = self.ty(&e.ty);
                return Ok(int(i128::try_from(len).unwrap_or(0), ty, e.span));
            }
            "strlen" => return self.text(e, Builtin::Strlen, args),
            "strcmp" => return self.text(e, Builtin::Strcmp, args),
            "strncmp" => return self.text(e, Builtin::Strncmp, args),
            "strncpy" => return self.text(e, Builtin::Strncpy, args),
            "add_overflow" => return self.overflow(e, BinaryOp::Add, args),
            "sub_overflow" => return self.overflow(e, BinaryOp::Sub, args),
            "mul_overflow" => return self.overflow(e, BinaryOp::Mul, args),
            _ => None,
        };
        if let Some(builtin) = memory {
            return self.memory(e, builtin, args);
        }
        let Some((builtin, bits)) = number_builtin(plain) else {
            return self.refuse(codes::BUILTIN, e.span, format!("`{name}` isn't known"));
        };
        let arg = self.one(e, args)?;
        let value = self.expr(arg)?;
        let ty = match builtin {
            Builtin::Abs => Ty::signed(bits),
            Builtin::Ffs => Ty::signed(bits),
            _ => Ty::unsigned(bits),
        };
        let value = self.cast(value, &ty);
        // Counts come as `int`, swapped and absolute values as what they are of.
        let own = match builtin {
            Builtin::Bswap | Builtin::ReverseBits | Builtin::Abs => ty,
            _ => Ty::signed(32),
        };
        let value = expr(ExprKind::Builtin(builtin, vec![value]), own, e.span);
        let ty = self.ty(&e.ty);
        Ok(self.cast(value, &ty))
    }

    fn memory(&mut self, e: &'a CExpr, builtin: Builtin, args: &'a [CExpr]) -> Lowered<Expr> {
        let [destination, second, size] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        let destination = self.argument(destination)?;
        let second = self.operand(&[&destination], |body| body.argument(second))?;
        let destination = match builtin {
            Builtin::Memcpy => self.copied_to(destination, &second),
            _ => destination,
        };
        let size = self.operand(&[&destination, &second], |body| body.expr(size))?;
        let size = self.cast(size, &U64);
        let constant = matches!(size.kind, ExprKind::SizeOf(_))
            || simplify::known(&self.cx.object, &size).is_some()
            || is_constant(&size);
        if !constant && !self.is_known_inlined(&size) {
            return self.refuse(
                codes::BUILTIN,
                e.span,
                "the number of bytes isn't constant, so this would be a call of a C library",
            );
        }
        let destination_ty = match builtin {
            Builtin::Memcmp => Ty::void_pointer(false),
            _ => Ty::void_pointer(true),
        };
        let (second_ty, ty) = match builtin {
            Builtin::Memset => (Ty::signed(32), Ty::void_pointer(true)),
            Builtin::Memcmp => (Ty::void_pointer(false), Ty::signed(32)),
            _ => (Ty::void_pointer(false), Ty::void_pointer(true)),
        };
        let destination = self.cast(destination, &destination_ty);
        let second = self.cast(second, &second_ty);
        let value = ExprKind::Builtin(builtin, vec![destination, second, size]);
        let value = expr(value, ty, e.span);
        match self.ty(&e.ty) {
            Ty::Unit => Ok(value),
            ty => Ok(self.cast(value, &ty)),
        }
    }

    /// Whether a number may be constant where the function is inlined: it is made of parameters.
    /// Then it is.
    fn is_known_inlined(&mut self, value: &Expr) -> bool {
        let function = self
            .id
            .and_then(|id| self.cx.tree.functions.get(id.0 as usize));
        let Some(function) = function.filter(|one| one.static_ && !one.noinline) else {
            return false;
        };
        let Some(locals) = purity::locals_only(value) else {
            return false;
        };
        let is_parameter = |local: &LocalId| function.params.iter().any(|one| one.0 == local.0);
        let known = locals.iter().all(is_parameter);
        self.inlined |= known;
        known
    }

    /// What is done to texts, which clang does in place where it knows them.
    fn text(&mut self, e: &'a CExpr, builtin: Builtin, args: &'a [CExpr]) -> Lowered<Expr> {
        let pointers = match builtin {
            Builtin::Strlen => 1,
            _ => 2,
        };
        let sizes = usize::from(matches!(builtin, Builtin::Strncmp | Builtin::Strncpy));
        if args.len() != pointers + sizes {
            return self.unsupported(e, "this number of arguments");
        }
        let copies = matches!(builtin, Builtin::Strcpy | Builtin::Strncpy);
        let mut values: Vec<Expr> = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            let before: Vec<&Expr> = values.iter().collect();
            let value = self.operand(&before, |body| match at < pointers {
                true => body.argument(arg),
                false => body.expr(arg),
            })?;
            let ty = match at < pointers {
                true => Ty::void_pointer(copies && at == 0),
                false => U64,
            };
            values.push(self.cast(value, &ty));
        }
        let own = match builtin {
            Builtin::Strlen => U64,
            Builtin::Strcmp | Builtin::Strncmp => Ty::signed(32),
            _ => Ty::void_pointer(true),
        };
        let value = expr(ExprKind::Builtin(builtin, values), own, e.span);
        let ty = self.ty(&e.ty);
        Ok(self.cast(value, &ty))
    }

    fn bzero(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let [destination, size] = args else {
            return self.unsupported(e, "this number of arguments");
        };
        let destination = self.argument(destination)?;
        let destination = self.cast(destination, &Ty::void_pointer(true));
        let size = self.expr(size)?;
        let size = self.cast(size, &U64);
        let zero = int(0, Ty::signed(32), e.span);
        let value = ExprKind::Builtin(Builtin::Memset, vec![destination, zero, size]);
        Ok(expr(value, Ty::void_pointer(true), e.span))
    }

    fn ksym_exists(&mut self, e: &'a CExpr, args: &'a [CExpr]) -> Lowered<Expr> {
        let arg = self.one(e, args)?;
        let found = super::c_walk::peel(arg);
        let variable = match &found.kind {
            CKind::AddressOf(inner) => inner,
            _ => found,
        };
        let function = match variable.kind {
            CKind::Function(id) => Some(self.callback(id, e.span)?),
            _ => None,
        };
        let address = match function.or_else(|| self.ksym_address(variable)) {
            Some(address) => address,
            None => self.expr(arg)?,
        };
        let exists = simplify::truth(&self.cx.object, address);
        let ty = self.ty(&e.ty);
        Ok(self.cast(exists, &ty))
    }

    /// `offsetof(type, designator)`
    pub(super) fn offset_of(
        &mut self,
        e: &'a CExpr,
        offset: u64,
        of: &'a CType,
        designator: &str,
    ) -> Lowered<Expr> {
        let ty = self.ty(&e.ty);
        let (Kind::Record(id), Some(path)) = (&of.kind, path_of(designator)) else {
            return Ok(int(i128::from(offset), ty, e.span));
        };
        if self.cx.is_core(*id) {
            return Ok(int(i128::from(offset), ty, e.span));
        }
        self.cx.need_fields(*id);
        let record = self.cx.record(*id);
        let value = expr(ExprKind::OffsetOf(offset, record, path), U64, e.span);
        Ok(self.cast(value, &ty))
    }
}

/// What a call that gives nothing evaluates to.
pub(super) fn nothing(e: &CExpr) -> Expr {
    expr(ExprKind::Int(0), Ty::Unit, e.span)
}

/// Whether an expression is made of constants only.
fn is_constant(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Int(_)
        | ExprKind::Constant(_)
        | ExprKind::EnumConstant(..)
        | ExprKind::SizeOf(_)
        | ExprKind::OffsetOf(..) => true,
        ExprKind::Binary(_, a, b) => is_constant(a) && is_constant(b),
        ExprKind::Unary(_, a) | ExprKind::Cast(a) => is_constant(a),
        _ => false,
    }
}

/// A builtin on one number, and the width at which it works.
fn number_builtin(name: &str) -> Option<(Builtin, u16)> {
    Some(match name {
        "bswap16" => (Builtin::Bswap, 16),
        "bswap32" => (Builtin::Bswap, 32),
        "bswap64" => (Builtin::Bswap, 64),
        "bitreverse8" => (Builtin::ReverseBits, 8),
        "bitreverse16" => (Builtin::ReverseBits, 16),
        "bitreverse32" => (Builtin::ReverseBits, 32),
        "bitreverse64" => (Builtin::ReverseBits, 64),
        "clz" => (Builtin::Clz, 32),
        "clzl" | "clzll" => (Builtin::Clz, 64),
        "ctz" => (Builtin::Ctz, 32),
        "ctzl" | "ctzll" => (Builtin::Ctz, 64),
        "popcount" => (Builtin::Popcount, 32),
        "popcountl" | "popcountll" => (Builtin::Popcount, 64),
        "ffs" => (Builtin::Ffs, 32),
        "ffsl" | "ffsll" => (Builtin::Ffs, 64),
        "parity" => (Builtin::Parity, 32),
        "parityl" | "parityll" => (Builtin::Parity, 64),
        "abs" => (Builtin::Abs, 32),
        "labs" | "llabs" => (Builtin::Abs, 64),
        _ => return None,
    })
}

/// The steps of a designator: `a.b[2]`.
fn path_of(designator: &str) -> Option<Vec<PathPart>> {
    let mut path = Vec::new();
    for part in designator.split('.') {
        let mut pieces = part.trim().split('[');
        path.push(PathPart::Field(pieces.next()?.trim().to_owned()));
        for piece in pieces {
            let index = piece.trim().strip_suffix(']')?.trim().parse().ok()?;
            path.push(PathPart::Index(index));
        }
    }
    Some(path)
}
