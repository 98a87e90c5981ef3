use super::{check, check_object};

#[test]
fn chains_of_reads() {
    check(
        "a = BPF_CORE_READ(t, tgid);",
        "a = read_kernel::<i32>(core(t, task_struct.tgid))",
    );
    check(
        "a = BPF_CORE_READ(t, real_parent, tgid);",
        "a = read_kernel::<i32>(core(read_kernel::<*task_struct>(core(t, task_struct.real_parent)), task_struct.tgid))",
    );
    check(
        "char x[16]; bpf_core_read_str(x, sizeof(x), &t->comm);",
        "let x: [i8; 16]\nbpf_probe_read_kernel_str(x.ptr as *void, sizeof([i8; 16]) as u32, core(t, task_struct.comm) as *const void)",
    );
    check(
        "int x; BPF_CORE_READ_INTO(&x, t, pid);",
        "let x: i32\nbpf_probe_read_kernel((&x) as *void, sizeof(i32) as u32, core(t, task_struct.pid) as *const void)",
    );
}

#[test]
fn fields_of_kernel_types_are_relocated() {
    check("a = t->tgid;", "a = *core(t, task_struct.tgid)");
    check(
        "a = t->real_parent->tgid;",
        "a = *core(*core(t, task_struct.real_parent), task_struct.tgid)",
    );
    check("p = t->comm;", "p = *core(t, task_struct.comm).ptr");
    check(
        "char x = t->comm[b];",
        "let x: i8 = (*core(t, task_struct.comm))[b]",
    );
}

/// The copy is laid out as the running kernel has the structure.
#[test]
fn fields_of_copies_are_relocated() {
    check(
        "struct path x; bpf_core_read(&x, sizeof(x), p); c = (long)x.dentry; x.mnt = 0;",
        "let x: path\nbpf_probe_read_kernel((&x) as *void, 16, p as *const void)\nc = (*core(&x, path.dentry)) as i64\n*core(&x, path.mnt) = null",
    );
    // These lie the same everywhere.
    check(
        "struct in_addr x = { 7 }; a = x.s_addr;",
        "let x: in_addr = {.0 = 7}\na = x.s_addr as i32",
    );
    check(
        "kuid_t x = { 7 }; a = x.val;",
        "let x: kuid_t = {.0 = 7}\na = x.val as i32",
    );
}

/// As clang has it, which `__builtin_offsetof` alone doesn't.
#[test]
fn offsets_of_kernel_types_are_relocated() {
    check(
        "c = offsetof(struct task_struct, pid);",
        "c = core(task_struct.pid) as i64",
    );
    check(
        "c = (long)container_of(p, struct task_struct, comm);",
        "c = (((p as *u8) +> (-(core(task_struct.comm) as i64))) as *task_struct) as i64",
    );
    check(
        "struct own { int n; u8 m; }; u8 x[offsetof(struct own, m)]; x[0] = 1;",
        "let x: [u8; 4]\nx[0] = 1",
    );
}

#[test]
fn contexts_have_fixed_offsets() {
    check("c = ctx->di;", "c = ctx->di as i64");
}

#[test]
fn questions() {
    check(
        "if (bpf_core_field_exists(t->pid)) return 1;",
        "if core(FieldExists task_struct.pid) != 0 {\nreturn 1\n}",
    );
    check(
        "if (bpf_core_type_exists(struct task_struct)) return 1;",
        "if core(TypeExists task_struct) != 0 {\nreturn 1\n}",
    );
    check(
        "return bpf_core_type_id_kernel(struct task_struct);",
        "return core(TypeId task_struct) as i32",
    );
}

#[test]
fn relocations_are_asked_once() {
    check_object(
        "SEC(\"kprobe/f\") int BPF_KPROBE(f, struct task_struct *t) { return BPF_CORE_READ(t, pid) + BPF_CORE_READ(t, pid); }",
        "program f Kprobe { function: Some(\"f\"), offset: 0 } Kprobe (t: *task_struct = Parameter(0) `struct task_struct *`) -> i32 {\nreturn read_kernel::<i32>(core(t, task_struct.pid)) + read_kernel::<i32>(core(t, task_struct.pid))\n}\nrelocation 0 FieldOffset task_struct.pid",
    );
}

/// c2aya's own types of the kernel are parts of them.
#[test]
fn sizes_of_parts_are_warned_of() {
    let warned = |statements: &str| {
        let text = format!(
            "{}SEC(\"kprobe/f\") int BPF_KPROBE(f, struct mount *m, struct path *p) {{ {statements} return 0; }}",
            super::HEAD
        );
        let (_, diagnostics) = super::port(&text);
        diagnostics.iter().any(|d| d.code.id == "W0348")
    };
    for statements in [
        "struct mount own = {}; own.mnt_id = 1;",
        "return sizeof(struct mount);",
        "return sizeof(*m);",
        "m++; return BPF_CORE_READ(m + 1, mnt_id);",
    ] {
        assert!(warned(statements), "{statements}");
    }
    for statements in [
        "return BPF_CORE_READ(m, mnt_id);",
        "struct path own = {}; return sizeof(own) + (long)(p + 1);",
    ] {
        assert!(!warned(statements), "{statements}");
    }
}
