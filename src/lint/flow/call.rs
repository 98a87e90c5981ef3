//! Calls of helpers, of the file's own functions, and of builtins.

use super::{
    Action, Frame, Helper, MAX_DEPTH, Object, ObjectKind, Send, Sink, Used, Walk, is_pointer,
    memory::{Memory, State, Written},
    value::{Id, Taint, Value},
};
use crate::{
    c::tree::{Expr, FunctionId, VariableId},
    lint::{
        context::{peel, pointee},
        tables::helpers::{Space, helper, probed},
    },
    lower::calls::{callee_of, helper_id},
};

impl<'a> Walk<'_, 'a> {
    pub(super) fn call(
        &mut self,
        expr: &'a Expr,
        callee: &'a Expr,
        args: &'a [Expr],
        result: Used,
    ) -> Value {
        let values: Vec<Value> = args.iter().map(|arg| self.value(arg)).collect();
        let Some(id) = callee_of(callee) else {
            return self.unknown(&values);
        };
        let Some(function) = self.cx.function(id) else {
            return self.unknown(&values);
        };
        if let Some(number) = helper_id(function) {
            let call = Helper {
                id: number,
                name_span: callee.span,
                args: args.iter().zip(values).collect(),
                result,
                expr,
            };
            return self.helper(call);
        }
        if matches!(
            function.name.as_ref(),
            "memcpy" | "memmove" | "memset" | "memcmp"
        ) {
            return self.memory_call(&function.name, args, &values);
        }
        match &function.body {
            Some(_) => self.enter(id, &values),
            None => self.unknown(&values),
        }
    }

    /// Walks into a function of the file.
    fn enter(&mut self, id: FunctionId, values: &[Value]) -> Value {
        let deep =
            self.frames.len() >= MAX_DEPTH || self.frames.iter().any(|frame| frame.function == id);
        let function = self.cx.function(id).filter(|_| !deep);
        let Some((function, body)) =
            function.and_then(|function| Some((function, function.body.as_ref()?)))
        else {
            return self.unknown(values);
        };
        let control = self.state.control;
        self.frames.push(Frame::new(id));
        for (at, &param) in function.params.iter().enumerate() {
            self.declare(id, function, param, values.get(at).copied());
        }
        self.block(body);
        let end = std::mem::take(&mut self.state);
        let frame = self.frames.pop();
        let returns = frame.and_then(|frame| frame.returns);
        let (mut state, value) = returns.unwrap_or((State::default(), Value::default()));
        state.join(end);
        self.state = state;
        // What decided about the way within decides about the result, not about what follows.
        let within = self.state.control.without(control);
        self.state.control = control;
        Value {
            taint: value.taint.with(within),
            ..value
        }
    }

    /// A function of which nothing is known.
    pub(super) fn unknown(&mut self, values: &[Value]) -> Value {
        for value in values {
            self.escape_value(*value);
        }
        Value::default()
    }

    /// Gives up on what a pointer points to.
    pub(super) fn escape_value(&mut self, value: Value) {
        if let Some(place) = value.place
            && let Some(memory) = self.state.get_mut(place.object)
        {
            memory.escape();
        }
    }

    /// `memset(p, 0, n)` and its like.
    pub(super) fn memory_call(&mut self, name: &str, args: &'a [Expr], values: &[Value]) -> Value {
        let [to, from, size] = values else {
            return self.unknown(values);
        };
        let bytes = size.number.and_then(|size| u64::try_from(size).ok());
        let origin = |walk: &Self, value: &Value| {
            let memory = value.place.and_then(|place| walk.state.get(place.object));
            let data = memory
                .map_or(Taint::NONE, Memory::origin)
                .and(Taint::USER_DATA);
            if value.taint.has(Taint::USER_POINTER) {
                data.with(Taint::USER_DATA)
            } else {
                data
            }
        };
        if name.ends_with("cmp") {
            return Value::tainted(origin(self, to).with(origin(self, from)));
        }
        let taint = if name.ends_with("set") {
            Taint::NONE
        } else {
            for (arg, value) in args.iter().zip(values).take(2) {
                self.event(
                    arg.span,
                    Action::Access {
                        pointer: *value,
                        expr: arg,
                    },
                );
            }
            origin(self, from)
        };
        if let Some(place) = to.place {
            self.state.write(place, bytes, Written::Yes, taint);
        }
        *to
    }

    fn helper(&mut self, call: Helper<'a>) -> Value {
        let id = call.id;
        let args: Vec<(&'a Expr, Value)> = call.args.clone();
        let arg = |at: usize| args.get(at).map(|(_, value)| *value).unwrap_or_default();
        let span = call.expr.span;
        self.event(span, Action::Helper(call));
        let map = args.first().and_then(|(expr, _)| self.map(expr));
        match id {
            1..=3 | 195 => self.key(id, map, &args),
            25 => {
                let map = args.get(1).and_then(|(expr, _)| self.map(expr));
                self.send(Sink::Perf, map, args.get(3), arg(4).number);
            }
            130 => self.send(Sink::Ringbuf, map, args.get(1), arg(2).number),
            132 => self.send(Sink::Submit, None, args.first(), None),
            _ => {}
        }
        if let Some((at, space)) = probed(id) {
            self.probe(id, &args, at, space);
        } else if id == 181 || id == 164 || id == 171 {
            self.unknown(&args.iter().map(|(_, value)| *value).collect::<Vec<_>>());
        } else {
            self.written(id, &args);
        }
        match id {
            1 | 195 => self.found(span, map),
            14 => Value {
                id: Some(Id::Both),
                ..Value::default()
            },
            35 | 158 => Value::tainted(Taint::KERNEL_POINTER),
            131 => self.reserved(span, map, arg(1)),
            182 => {
                let data = [arg(0), arg(2)].iter().fold(Taint::NONE, |taint, value| {
                    let memory = value.place.and_then(|place| self.state.get(place.object));
                    taint.with(memory.map_or(Taint::NONE, Memory::origin))
                });
                Value::tainted(data.and(Taint::USER_DATA))
            }
            _ => Value::default(),
        }
    }

    /// What a helper writes, by its table's letters.
    fn written(&mut self, id: u32, args: &[(&'a Expr, Value)]) {
        let Some(helper) = helper(id) else { return };
        let letters = helper.arguments.trim_start_matches(['!', '=']).bytes();
        for (at, letter) in letters.enumerate() {
            let Some((_, value)) = args.get(at) else {
                break;
            };
            let size = match letter {
                b'w' => args
                    .get(at + 1)
                    .and_then(|(_, size)| size.number)
                    .and_then(|size| u64::try_from(size).ok()),
                b'8' => Some(8),
                b'4' => Some(4),
                _ => continue,
            };
            if let Some(place) = value.place {
                self.state.write(place, size, Written::Yes, Taint::NONE);
            }
        }
        // Later helpers take pointers in ways that the table doesn't tell.
        if id > 164 && id != 182 && id != 177 && id != 174 {
            for (_, value) in args {
                self.escape_value(*value);
            }
        }
    }

    /// Reads of memory that may fail.
    fn probe(&mut self, id: u32, args: &[(&'a Expr, Value)], at: usize, space: Space) {
        if at == 0 {
            return;
        }
        let [(into, to), (_, size), ..] = args else {
            return;
        };
        let from = args.get(at).map(|(_, value)| *value).unwrap_or_default();
        let user = space == Space::User || from.taint.has(Taint::USER_POINTER);
        let string = matches!(id, 45 | 114 | 115);
        let size = size.number.and_then(|size| u64::try_from(size).ok());
        self.read_into(into, *to, size, string, user);
    }

    /// Memory is read into a buffer.
    pub(super) fn read_into(
        &mut self,
        into: &'a Expr,
        to: Value,
        size: Option<u64>,
        string: bool,
        user: bool,
    ) {
        let Some(place) = to.place else { return };
        let taint = if user { Taint::USER_DATA } else { Taint::NONE };
        let how = if string || size.is_none() {
            Written::Partly
        } else {
            Written::Yes
        };
        self.state.write(place, size, how, taint);
        // A single word: a number, or a pointer that the process keeps in its memory.
        let target = pointee(&peel(into).ty);
        if !string
            && let Some(size) = size.filter(|&size| size <= 8)
            && let Some(offset) = place.offset
        {
            let pointer = user && size == 8 && target.is_some_and(is_pointer);
            let taint = if pointer {
                taint.with(Taint::USER_POINTER)
            } else {
                taint
            };
            if let Some(memory) = self.state.get_mut(place.object) {
                memory.store(offset, size, Value::tainted(taint));
            }
        }
    }

    /// The map that an argument names.
    fn map(&self, expr: &Expr) -> Option<VariableId> {
        self.cx.map_of(expr).map(|map| map.id)
    }

    fn key(&mut self, id: u32, map: Option<VariableId>, args: &[(&'a Expr, Value)]) {
        let shape = map.and_then(|id| self.cx.maps.iter().find(|map| map.id == id));
        let def = shape.and_then(|shape| shape.def);
        let (key, value) = (
            def.map(|def| i128::from(def.key_size)),
            def.map(|def| i128::from(def.value_size)),
        );
        let sink = Sink::Key {
            update: id == 2,
            delete: id == 3,
        };
        self.send(sink, map, args.get(1), key);
        if id == 2 {
            self.send(Sink::Value, map, args.get(2), value);
        }
    }

    fn send(
        &mut self,
        by: Sink,
        map: Option<VariableId>,
        arg: Option<&(&'a Expr, Value)>,
        size: Option<i128>,
    ) {
        let Some((expr, value)) = arg else { return };
        let Some(place) = value.place else { return };
        let Some(memory) = self.state.get(place.object) else {
            return;
        };
        let size = size.and_then(|size| u64::try_from(size).ok());
        let sent = Send {
            by,
            place,
            size,
            bytes: memory.bytes.clone(),
            taint: memory.origin(),
            map,
            value: memory.load(place.offset, size),
            expr,
        };
        self.event(expr.span, Action::Send(sent));
    }

    /// The value that a map has for a key.
    fn found(&mut self, span: crate::source::span::Span, map: Option<VariableId>) -> Value {
        let shape = map.and_then(|id| self.cx.maps.iter().find(|map| map.id == id));
        let ty = shape.and_then(|shape| shape.value);
        let size = shape.and_then(|shape| shape.def).map(|def| def.value_size);
        let object = self.site(
            span,
            2,
            Object {
                kind: ObjectKind::MapValue(map),
                ty,
                size,
                span: Some(span),
            },
        );
        self.state.put(object, Memory::tainted(Taint::STORED));
        Value::pointer(object)
    }

    fn reserved(
        &mut self,
        span: crate::source::span::Span,
        map: Option<VariableId>,
        size: Value,
    ) -> Value {
        let size = size.number.and_then(|size| u64::try_from(size).ok());
        let object = self.site(
            span,
            3,
            Object {
                kind: ObjectKind::Record(map),
                ty: None,
                size,
                span: Some(span),
            },
        );
        self.state.put(object, Memory::new(size, Written::No));
        Value::pointer(object)
    }
}
