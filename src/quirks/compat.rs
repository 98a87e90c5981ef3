//! Whether 32-bit programs on a 64-bit kernel have a function of their own for a system call, and
//! whether a program that was written for the native one reads it rightly.

use crate::{
    arch::{
        Arch, Archs,
        syscalls::{self, ArgKind, Presence},
    },
    ir::{
        Object,
        program::{Program, ProgramKind},
        ty::Ty,
    },
};

/// Whether 32-bit programs on `arch` enter another function than `entry`.
pub(super) fn apart(entry: &str, arch: Arch) -> bool {
    syscalls::entered(entry, arch).is_some_and(|call| call.apart(arch))
}

/// Whether they enter one of the same name and arguments.
fn alike(entry: &str, arch: Arch) -> bool {
    syscalls::entering(entry).any(|call| match call.on(arch) {
        Presence::Compat => true,
        // `setuid32` of 32-bit programs is what others call `setuid`.
        Presence::CompatOnly => arch == Arch::X86_64,
        _ => false,
    })
}

/// Whether the user's file has programs for the functions of 32-bit programs itself.
pub(super) fn seen(object: &Object) -> bool {
    object.programs.iter().any(|program| match &program.kind {
        ProgramKind::Kprobe { function, .. } | ProgramKind::Kretprobe { function } => {
            function.as_deref().is_some_and(|function| {
                function.contains("compat_sys_")
                    || function.starts_with("__ia32_sys_")
                    || function.starts_with("__s390_sys_")
            })
        }
        _ => false,
    })
}

/// Why a second program for 32-bit programs can't do what the first does; none: it can.
pub(super) fn hindrance(
    object: &Object,
    program: &Program,
    entry: &str,
    archs: Archs,
) -> Option<String> {
    let here: Archs = archs.iter().filter(|&arch| apart(entry, arch)).collect();
    if !here.iter().any(|arch| alike(entry, arch)) {
        return Some(format!(
            "32-bit programs on {} enter `{entry}` by a function of another name, whose arguments lie elsewhere",
            here.names()
        ));
    }
    let first = here.iter().next()?;
    let args = syscalls::entered(entry, first)?.args.as_deref()?;
    // Nothing but what the prefix says differs where some kernel has one function for both.
    let shared = archs.iter().any(|arch| {
        syscalls::entered(entry, arch).is_some_and(|call| call.on(arch) == Presence::Shared)
    });
    for argument in program.args.iter().filter(|argument| argument.used) {
        let local = program.function.locals.get(argument.local.0 as usize)?;
        let number = super::handle::number(argument)?;
        let split = args.iter().take(usize::from(number) + 1).find(|arg| {
            matches!(arg.kind, ArgKind::Int { bits: 64, .. })
                && ["loff_t", "u64", "__u64"]
                    .iter()
                    .any(|ty| arg.text.starts_with(ty))
        });
        if let Some(split) = split {
            return Some(format!(
                "32-bit programs hand over `{}` in two registers",
                split.name
            ));
        }
        if !shared && wide(object, &local.ty) {
            return Some(format!(
                "what `{}` points to has another layout in 32-bit programs",
                local.name
            ));
        }
    }
    None
}

/// Whether what a pointer points to may have pointers or `long` in it.
fn wide(object: &Object, ty: &Ty) -> bool {
    let Ty::Pointer { to, .. } = ty else {
        return false;
    };
    contents(object, to)
}

fn contents(object: &Object, ty: &Ty) -> bool {
    match ty {
        Ty::Pointer { .. } => true,
        Ty::Int { bits, .. } => *bits >= 64,
        Ty::Array(of, _) => contents(object, of),
        Ty::Record(id) => {
            let record = object.records.get(id.0 as usize);
            // One that is never looked into may be read as bytes.
            let fields = record.and_then(|record| record.fields.as_ref());
            fields.is_some_and(|fields| fields.iter().any(|field| contents(object, &field.ty)))
        }
        _ => false,
    }
}
