//! The parts of emitted loaders that need no kernel, with the tests that stand in them.

#![allow(dead_code, reason = "a loader calls what its programs need")]

#[path = "../templates/loader/btf.rs"]
mod btf;
#[path = "../templates/loader/decode.rs"]
mod decode;
#[path = "../templates/loader/kconfig.rs"]
mod kconfig;
#[path = "../templates/loader/syscalls.rs"]
mod syscalls;
#[path = "../templates/loader/trace.rs"]
mod trace;

use std::path::Path;

use btf::{Ask, Btf, Question};

/// What the running kernel says of itself, where it does.
#[test]
fn the_running_kernels_types_are_read() {
    let Ok(btf) = Btf::read(Path::new(btf::KERNEL)) else {
        return;
    };
    let question = |ask, path| Question {
        global: path,
        ask,
        of: "struct task_struct",
        path,
        required: true,
    };
    let answers = btf.answer(&[
        question(Ask::Offset, "real_parent"),
        question(Ask::Size, "comm"),
        question(Ask::Offset, "se.avg.load_avg"),
    ]);
    let answers = answers.unwrap();
    assert_eq!(answers[1].1, 16u32.to_ne_bytes());
    let missing = btf.answer(&[question(Ask::Offset, "no_such_field")]);
    let error = missing.unwrap_err().to_string();
    assert_eq!(
        error,
        "this kernel's struct task_struct has no no_such_field"
    );
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_running_kernel_saves_registers_where_the_table_says() {
    let Ok(btf) = Btf::read(Path::new(btf::KERNEL)) else {
        return;
    };
    let table = c2aya::arch::Arch::X86_64.table();
    for register in table.syscall.iter().chain(table.parameters) {
        let question = Question {
            global: register.name,
            ask: Ask::Offset,
            of: "struct pt_regs",
            path: register.name,
            required: true,
        };
        let answers = btf.answer(&[question]).unwrap();
        let offset = u32::try_from(register.offset).unwrap();
        assert_eq!(answers[0].1, offset.to_ne_bytes(), "{}", register.name);
    }
}
