//! What bodies become, in a line or two.

use crate::{arch::Arch, emit, port::lower_text};

#[track_caller]
fn check(function: &str, expected: &str) {
    let text = format!("u32 sum;\nSEC(\"fentry/f\")\n{function}\n");
    let port = lower_text(&text, &[Arch::X86_64]);
    let (emitted, said) = emit::emit(&port.object.unwrap(), &emit::Options::default());
    assert_eq!(said, []);
    assert!(emitted.main.contains(expected), "{}", emitted.main);
}

#[test]
fn comments_behind_all_statements() {
    check(
        "void BPF_PROG(f) {\n\t// Nothing yet.\n}",
        "{\n    // Nothing yet.\n    0\n}",
    );
    check(
        "int BPF_PROG(f) {\n\tsum = 1;\n\treturn 2;\n\t// Never here.\n}",
        "    // Never here.\n    2\n}",
    );
    check(
        "void BPF_PROG(f) {\n\tsum = 1;\n\t// Done.\n}",
        "= 1 };\n    // Done.\n    0\n}",
    );
}

/// The address of a relocated field, for a parameter that isn't const.
#[test]
fn address_of_a_field_for_a_parameter() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         static __always_inline void look(struct path *p) { sum += p != 0; }\n\
         SEC(\"lsm/file_open\") int BPF_PROG(g, struct file *file) { look(&file->f_path); return 0; }",
        "look(F_PATH.address(file).cast_mut());",
    );
}

/// What a helper gives, as the argument of a helper of another type.
#[test]
fn a_helper_of_a_helper() {
    check(
        "int BPF_PROG(f) { sum = bpf_task_pt_regs(bpf_get_current_task_btf()); return 0; }",
        "bpf_task_pt_regs(bpf_get_current_task_btf().cast())",
    );
}

/// What a helper fills has no other type than its own where it is printed.
#[test]
fn printed_numbers() {
    check(
        "int BPF_PROG(f, long a) { int n; bpf_probe_read_kernel(&n, 4 & a, (void *)a); bpf_printk(\"%d\", n); return 0; }",
        "let mut n: i32 = 0;",
    );
}

/// A type that only pointers in blocks name is one type.
#[test]
fn a_tag_in_blocks() {
    check(
        "int BPF_PROG(f, long a) { struct pt_regs *r = (struct pt_regs *)a; sum = r != 0; return 0; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, long a) { struct pt_regs *r = (struct pt_regs *)a; sum = !r; return 0; }",
        "let r = a as *mut pt_regs;\n    unsafe { SUM = u32::from(r.is_null())",
    );
}
