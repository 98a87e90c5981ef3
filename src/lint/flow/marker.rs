//! libbpf's macros, and builtins.

use super::{
    Action, Marker, Used, Walk,
    memory::Written,
    value::{Taint, Value},
};
use crate::{
    c::tree::{Expr, ExprKind},
    lint::context::peel,
    source::markers,
};

impl<'a> Walk<'_, 'a> {
    pub(super) fn builtin(
        &mut self,
        expr: &'a Expr,
        name: &'a str,
        args: &'a [Expr],
        result: Used,
    ) -> Value {
        match name {
            markers::PT_REGS => return self.registers(expr, name, args, result),
            markers::SYSCALL_REGS => {
                let values = self.values(args);
                self.marker(expr, name, args, values, result);
                return Value::tainted(Taint::KERNEL_POINTER);
            }
            _ => {}
        }
        if let Some(read) = ReadMacro::of(name) {
            return self.read(expr, name, args, result, &read);
        }
        if let Some(plain) = name.strip_prefix("__builtin_") {
            if matches!(plain, "memcpy" | "memmove" | "memset" | "memcmp") {
                let values = self.values(args);
                return self.memory_call(plain, args, &values);
            }
            if plain == "expect" {
                let mut values = self.values(args).into_iter();
                return values.next().unwrap_or_default();
            }
            if plain == "preserve_access_index" {
                let mut values = self.values(args).into_iter();
                return values.next().unwrap_or_default();
            }
        }
        if name.starts_with("__c2aya_core_") {
            // Questions about types and fields; nothing is read.
            return Value::default();
        }
        let values = self.values(args);
        match name {
            markers::PRINTK | markers::SEQ_PRINTF | markers::STREAM_PRINTK => {
                self.marker(expr, name, args, values, result);
                Value::default()
            }
            markers::SNPRINTF => {
                let to = values.first().and_then(|value| value.place);
                self.marker(expr, name, args, values, result);
                if let Some(place) = to {
                    self.state.write(place, None, Written::Yes, Taint::NONE);
                }
                Value::default()
            }
            markers::BARRIER | markers::BARRIER_VAR => Value::default(),
            markers::CMP_LIKELY | markers::CMP_UNLIKELY | markers::UNQUAL => {
                values.first().copied().unwrap_or_default()
            }
            _ if name.starts_with("__sync_") || name.starts_with("__atomic_") => {
                let mixed = values
                    .iter()
                    .skip(1)
                    .fold(Taint::NONE, |taint, value| taint.with(value.taint));
                if let Some(place) = values.first().and_then(|value| value.place) {
                    self.state.write(place, Some(8), Written::Yes, Taint::NONE);
                }
                Value::tainted(mixed)
            }
            _ if markers::BYTE_ORDER.contains(&name) => values
                .first()
                .map_or_else(Value::default, |value| value.mixed(Value::number(0))),
            _ => self.unknown(&values),
        }
    }

    fn values(&mut self, args: &'a [Expr]) -> Vec<Value> {
        args.iter().map(|arg| self.argument(arg)).collect()
    }

    /// An argument as written: an array stands for its address.
    fn argument(&mut self, arg: &'a Expr) -> Value {
        if matches!(arg.ty.kind, crate::c::types::Kind::Array(..)) {
            let place = self.lvalue(arg);
            return self.address_value(&place);
        }
        self.value(arg)
    }

    fn marker(
        &mut self,
        expr: &'a Expr,
        name: &'a str,
        args: &'a [Expr],
        values: Vec<Value>,
        result: Used,
    ) {
        let args = args.iter().zip(values).collect();
        self.event(
            expr.span,
            Action::Marker(Marker {
                name,
                args,
                expr,
                result,
            }),
        );
    }

    fn registers(&mut self, expr: &'a Expr, name: &'a str, args: &'a [Expr], used: Used) -> Value {
        let values = self.values(args);
        self.marker(expr, name, args, values, used);
        let register = args.get(1).and_then(text);
        register.map_or_else(Value::default, |name| self.register(name))
    }

    fn read(
        &mut self,
        expr: &'a Expr,
        name: &'a str,
        args: &'a [Expr],
        result: Used,
        read: &ReadMacro,
    ) -> Value {
        let mut values = Vec::with_capacity(args.len());
        for (at, arg) in args.iter().enumerate() {
            values.push(if read.access == Some(at) {
                self.access_base(arg)
            } else if read.into == Some(at) && read.access.is_some() {
                // `dst` of the INTO macros is the variable itself.
                let place = self.lvalue(arg);
                self.address_value(&place)
            } else {
                self.argument(arg)
            });
        }
        let from = read
            .access
            .or(read.pointer)
            .and_then(|at| values.get(at).copied())
            .unwrap_or_default();
        let user = read.user || from.taint.has(Taint::USER_POINTER);
        if let Some(at) = read.into
            && let Some((&to, into)) = values.get(at).zip(args.get(at))
        {
            let size = match read.access {
                Some(_) => self.size(&into.ty),
                None => values
                    .get(1)
                    .and_then(|size| size.number)
                    .and_then(|size| u64::try_from(size).ok()),
            };
            if read.access.is_some() {
                if let Some(place) = to.place {
                    let taint = if user { Taint::USER_DATA } else { Taint::NONE };
                    let how = if read.string {
                        Written::Partly
                    } else {
                        Written::Yes
                    };
                    self.state.write(place, size, how, taint);
                }
            } else {
                self.read_into(into, to, size, read.string, user);
            }
        }
        self.marker(expr, name, args, values, result);
        if read.into.is_some() {
            return Value::default();
        }
        let mut taint = Taint::NONE;
        if user {
            taint = taint.with(Taint::USER_DATA);
        }
        Value::tainted(taint)
    }

    /// The pointer that the access of a read starts from: `x` of `(&*(x))->a->b`.
    fn access_base(&mut self, access: &'a Expr) -> Value {
        let mut inner = peel(access);
        let mut last = None;
        loop {
            inner = match &inner.kind {
                ExprKind::Member(base, _, _) | ExprKind::Index(base, _) => base,
                ExprKind::Deref(pointer) => {
                    last = Some(&**pointer);
                    pointer
                }
                ExprKind::AddressOf(value)
                | ExprKind::Decay(value)
                | ExprKind::Cast { value, .. } => value,
                _ => break,
            };
        }
        last.map_or_else(Value::default, |pointer| self.value(pointer))
    }
}

/// What a macro reads.
#[derive(Debug)]
pub(crate) struct ReadMacro {
    /// From user space.
    pub user: bool,
    /// Up to a zero byte.
    pub string: bool,
    /// The argument that is the access.
    pub access: Option<usize>,
    /// The argument that is the address.
    pub pointer: Option<usize>,
    /// The argument that is written to.
    pub into: Option<usize>,
}

impl ReadMacro {
    /// None if that isn't a macro that reads.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let read = |user, string, access, pointer, into| {
            Some(Self {
                user,
                string,
                access,
                pointer,
                into,
            })
        };
        match name {
            markers::CORE_READ | markers::PROBE_READ_CHAIN => {
                read(false, false, Some(0), None, None)
            }
            markers::CORE_READ_USER | markers::PROBE_READ_CHAIN_USER => {
                read(true, false, Some(0), None, None)
            }
            markers::CORE_READ_INTO | markers::PROBE_READ_INTO => {
                read(false, false, Some(1), None, Some(0))
            }
            markers::CORE_READ_USER_INTO | markers::PROBE_READ_USER_INTO => {
                read(true, false, Some(1), None, Some(0))
            }
            markers::CORE_READ_STR_INTO | markers::PROBE_READ_STR_INTO => {
                read(false, true, Some(1), None, Some(0))
            }
            markers::CORE_READ_USER_STR_INTO | markers::PROBE_READ_USER_STR_INTO => {
                read(true, true, Some(1), None, Some(0))
            }
            markers::CORE_READ_MEM => read(false, false, None, Some(2), Some(0)),
            markers::CORE_READ_USER_MEM => read(true, false, None, Some(2), Some(0)),
            markers::CORE_READ_STR => read(false, true, None, Some(2), Some(0)),
            markers::CORE_READ_USER_STR => read(true, true, None, Some(2), Some(0)),
            _ => None,
        }
    }
}

/// The text of a string literal.
pub(crate) fn text(expr: &Expr) -> Option<&str> {
    let mut inner = expr;
    loop {
        match &inner.kind {
            ExprKind::Str(text) => return std::str::from_utf8(text).ok(),
            ExprKind::Decay(value) | ExprKind::AddressOf(value) | ExprKind::Cast { value, .. } => {
                inner = value
            }
            _ => return None,
        }
    }
}
