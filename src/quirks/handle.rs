//! Changes an object so that its programs see all entries of their system calls.

use super::{
    LEFT, call, compat, declared, entered, meaning, of_program, place, sees_socketcall, socket_call,
};
use crate::{
    arch::{Arch, Archs},
    diag::{Diagnostic, Severity},
    ir::{
        FunctionId, Item, Notes, Object,
        body::{Expr, ExprKind, Function, LocalId, Place, PlaceKind, Stmt, StmtKind},
        program::{Argument, ArgumentSource, Program, ProgramKind, SyscallEntry},
        walk::Visit,
    },
};

/// Handles every program of the object; says what was left.
pub(super) fn all(object: &mut Object, archs: Archs) -> Vec<Diagnostic> {
    let mut left = Vec::new();
    let programs = u32::try_from(object.programs.len()).unwrap_or(u32::MAX);
    for at in 0..programs {
        if let Some(quirky) = Quirky::of(object, at, archs) {
            quirky.handle(object, &mut left);
        }
    }
    left
}

/// The number of an argument of a system call.
pub(super) fn number(argument: &Argument) -> Option<u8> {
    match argument.source {
        ArgumentSource::Syscall(n) => Some(n),
        _ => None,
    }
}

/// The numbers of the arguments that a program uses.
pub(super) fn numbers(program: &Program) -> impl Iterator<Item = u8> {
    let used = program.args.iter().filter(|argument| argument.used);
    used.filter_map(number)
}

/// A program of a system call.
struct Quirky {
    at: u32,
    call: String,
    archs: Archs,
}

impl Quirky {
    fn of(object: &Object, at: u32, archs: Archs) -> Option<Self> {
        let program = object.programs.get(at as usize)?;
        let call = call(program)?.to_owned();
        let archs = of_program(object, at, archs);
        Some(Self { at, call, archs })
    }

    fn handle(&self, object: &mut Object, left: &mut Vec<Diagnostic>) {
        let on = |concerned: &dyn Fn(Arch) -> bool| -> Archs {
            self.archs.iter().filter(|&arch| concerned(arch)).collect()
        };
        match self.call.as_str() {
            "mmap" => self.set(object, SyscallEntry::Mmap),
            "clone" => self.clone_order(object),
            _ => {}
        }
        let compat = on(&|arch| compat::apart(&self.call, arch));
        if !compat.is_empty() && !compat::seen(object) {
            self.compat(object, compat, left);
        }
        let socketcall = on(&|arch| arch.table().quirks.socketcall);
        if let (false, Some(number)) = (socketcall.is_empty(), socket_call(&self.call))
            && !sees_socketcall(object)
        {
            self.socketcall(object, socketcall, number, left);
        }
    }

    fn program<'o>(&self, object: &'o Object) -> Option<&'o Program> {
        object.programs.get(self.at as usize)
    }

    fn set(&self, object: &mut Object, entry: SyscallEntry) {
        if let Some(program) = object.programs.get_mut(self.at as usize) {
            program.entry = entry;
        }
    }

    fn clone_order(&self, object: &mut Object) {
        let Some(program) = self.program(object) else {
            return;
        };
        let order = declared(program);
        let Some(program) = object.programs.get_mut(self.at as usize) else {
            return;
        };
        for argument in &mut program.args {
            if let ArgumentSource::Syscall(n) = &mut argument.source {
                *n = meaning(order, *n);
            }
        }
        program.entry = SyscallEntry::Clone;
    }

    fn compat(&self, object: &mut Object, on: Archs, left: &mut Vec<Diagnostic>) {
        let Some(program) = self.program(object) else {
            return;
        };
        // A return without its entry is worse than none.
        let entries = object.programs.iter();
        let entries = entries.filter(|other| entered(other) == Some(self.call.as_str()));
        let hindrance = std::iter::once(program).chain(entries).find_map(|program| {
            by_hand(program).or_else(|| compat::hindrance(object, program, &self.call, self.archs))
        });
        if let Some(why) = hindrance {
            let name = &program.function.name;
            left.push(
                remark(
                    program,
                    format!("`{name}` doesn't see 32-bit programs: {why}"),
                )
                .note(None, format!("that is so on {}", on.names())),
            );
        } else if numbers(program).next().is_some() {
            self.second(object, "compat", SyscallEntry::Compat, None);
        } else if let Some(program) = object.programs.get_mut(self.at as usize) {
            program.compat_too = true;
        }
    }

    fn socketcall(&self, object: &mut Object, on: Archs, number: u8, left: &mut Vec<Diagnostic>) {
        let Some(program) = self.program(object) else {
            return;
        };
        let name = &program.function.name;
        let why = if entered(program).is_none() {
            Some("every call through `socketcall` returns there".to_owned())
        } else if object.programs.iter().any(|other| {
            matches!(&other.kind, ProgramKind::Kretsyscall { call } if call.as_deref() == Some(self.call.as_str()))
        }) {
            Some("its return can't be told from those of others".to_owned())
        } else {
            by_hand(program)
        };
        match why {
            Some(why) => left.push(
                remark(
                    program,
                    format!("`{name}` doesn't see calls through `socketcall`: {why}"),
                )
                .note(None, format!("that is so on {}", on.names())),
            ),
            None => self.second(
                object,
                "socketcall",
                SyscallEntry::Socketcall(number),
                Some(on),
            ),
        }
    }

    /// A second program that does the same with the arguments of another entry.
    fn second(&self, object: &mut Object, suffix: &str, entry: SyscallEntry, on: Option<Archs>) {
        share(object, self.at);
        let Some(first) = self.program(object) else {
            return;
        };
        let mut second = first.clone();
        second.function.name = format!("{}_{suffix}", first.function.name);
        second.function.notes = Notes::default();
        second.entry = entry;
        let Ok(new) = u32::try_from(object.programs.len()) else {
            return;
        };
        object.programs.push(second);
        let behind = object
            .order
            .iter()
            .position(|&item| item == Item::Program(self.at));
        let behind = behind.map_or(object.order.len(), |at| at + 1);
        object.order.insert(behind, Item::Program(new));
        if let Some(only) = on.or_else(|| object.only(Item::Program(self.at))) {
            object.variants.only.insert(Item::Program(new), only);
        }
    }
}

fn remark(program: &Program, message: String) -> Diagnostic {
    let mut remark = Diagnostic::warning(LEFT, place(program), message);
    remark.severity = Severity::Note;
    remark
}

/// Moves what a program does into a function that others can call; once.
fn share(object: &mut Object, at: u32) {
    let Some(program) = object.programs.get_mut(at as usize) else {
        return;
    };
    if let [
        Stmt {
            kind: StmtKind::Return(Some(value)),
            ..
        },
    ] = program.function.body.as_slice()
        && let ExprKind::Call(id, _) = value.kind
        && object
            .functions
            .get(id.0 as usize)
            .is_some_and(|function| function.name == shared_name(program))
    {
        return;
    }
    let Ok(id) = u32::try_from(object.functions.len()) else {
        return;
    };
    let id = FunctionId(id);
    program.args.retain(|argument| argument.used);
    let params: Vec<LocalId> = program
        .ctx
        .filter(|_| program.ctx_used)
        .into_iter()
        .chain(program.args.iter().map(|argument| argument.local))
        .collect();
    let mut does = program.function.clone();
    does.name = shared_name(program);
    does.params.clone_from(&params);
    does.inline = true;
    // What clang makes of libbpf's macro is a static function too.
    (does.global, does.noinline) = (false, false);
    does.notes = Notes {
        blank: true,
        ..Notes::default()
    };
    let locals: Vec<_> = params
        .iter()
        .filter_map(|local| does.locals.get(local.0 as usize).cloned())
        .collect();
    let handed = (0..).map(LocalId).zip(&locals).map(|(local, declared)| {
        expr(
            ExprKind::Load(Box::new(Place {
                kind: PlaceKind::Local(local),
                ty: declared.ty.clone(),
                volatile: false,
            })),
            declared.ty.clone(),
        )
    });
    let call = expr(ExprKind::Call(id, handed.collect()), does.ret.clone());
    let context = u32::from(program.ctx_used);
    program.ctx = program.ctx.filter(|_| program.ctx_used).map(|_| LocalId(0));
    for (local, argument) in (context..).map(LocalId).zip(&mut program.args) {
        argument.local = local;
    }
    program.function = Function {
        params: Vec::new(),
        locals,
        labels: Vec::new(),
        body: vec![Stmt {
            kind: StmtKind::Return(Some(call)),
            notes: Notes::default(),
            span: None,
        }],
        trailing: Vec::new(),
        ..program.function.clone()
    };
    object.functions.push(does);
    let before = object
        .order
        .iter()
        .position(|&item| item == Item::Program(at));
    object.order.insert(before.unwrap_or(0), Item::Function(id));
    if let Some(only) = object.only(Item::Program(at)) {
        object.variants.only.insert(Item::Function(id), only);
    }
}

fn shared_name(program: &Program) -> String {
    format!("{}_body", program.function.name)
}

fn expr(kind: ExprKind, ty: crate::ir::ty::Ty) -> Expr {
    Expr {
        kind,
        ty,
        span: None,
    }
}

/// Why no other entry's registers can be put in place of those that the body reads by itself.
fn by_hand(program: &Program) -> Option<String> {
    struct Finder(bool);
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            self.0 |= matches!(
                expr.kind,
                ExprKind::Register(..) | ExprKind::SyscallRegisters(_)
            );
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder(false);
    finder.function(&program.function);
    finder.0.then(|| "it reads registers by itself".to_owned())
}
