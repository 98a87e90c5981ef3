//! What bodies become, in a line or two.

mod choices;
mod parts;

use crate::{arch::Arch, emit, port::lower_text};

#[track_caller]
fn check(function: &str, expected: &str) {
    check_behind("", function, expected);
}

/// Likewise, behind declarations.
#[track_caller]
fn check_behind(declarations: &str, function: &str, expected: &str) {
    let text = format!("u32 sum;\n{declarations}SEC(\"fentry/f\")\n{function}\n");
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

#[test]
fn variables_live_as_long_as_their_addresses() {
    check(
        "int BPF_PROG(f) {\n\tu32 x, *p = &sum;\n\tif (sum) {\n\t\tx = 0;\n\t\tp = &x;\n\t}\n\
         \t__sync_fetch_and_add(p, 1);\n\treturn 0;\n}",
        "    let mut x: u32;\n",
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

/// What a helper gives, as a pointer of another type than the kernel says.
#[test]
fn a_helper_of_another_type() {
    check_behind(
        "struct task_struct___own { int pid; };\n",
        "int BPF_PROG(f) { struct task_struct___own *t = (void *)bpf_get_current_task_btf(); return bpf_probe_read_kernel(&sum, 4, t); }",
        "unsafe { bpf_get_current_task_btf() }\n        .cast::<TaskStructOwn>();",
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

/// An argument that is only assigned.
#[test]
fn an_argument_that_nobody_reads() {
    check(
        "int BPF_PROG(f, u64 a, u64 b) { if (a) { b = sum; return 1; } return 0; }",
        "let mut _b: u64 = ctx.arg(1);\n    if a != 0 {\n        _b = u64::from(unsafe { SUM });",
    );
}

/// Conditions inside of each other, in the form that clippy asks for.
#[test]
fn conditions_alone_in_others() {
    check(
        "int BPF_PROG(f, u64 a, u64 b) { if (a) { if (b) sum = 1; } return 0; }",
        "if a != 0 && b != 0 {",
    );
    check(
        "int BPF_PROG(f, u64 a, u64 b) { if (a) { if (b) sum = 1; else sum = 2; } return 0; }",
        "if a != 0 {\n        if b != 0 {",
    );
    check(
        "int BPF_PROG(f, u64 a, u64 b) { switch (a) { case 1: sum = 2; break; case 7: if (b) sum = 1; } return 0; }",
        "7 if b != 0 => {",
    );
    check(
        "int BPF_PROG(f, u64 a) { switch (a) { case 1: sum = 2; break; case 7: if ((a = sum) || (a = 8)) sum = a; } return 0; }",
        "        7 => {\n            a = u64::from(unsafe { SUM });",
    );
    check(
        "int BPF_PROG(f, u8 a) { if (a >= 'A' && a <= 'Z') sum = 1; return 0; }",
        "if a.is_ascii_uppercase() {",
    );
}

/// Signed numbers are divided by shifts, or by the parts of unsigned ones.
#[test]
fn divisions_of_signed_numbers() {
    let check = |assignment, expected| {
        check(
            &format!("int BPF_PROG(f, s32 a, u32 b) {{ {assignment} sum = a + b; return 0; }}"),
            expected,
        );
    };
    check("a /= 4;", "a /= 4;");
    check("a /= 3;", "a = div::div_by(a, 3);");
    check("a = -(a / 4);", "a = -div::by_power(a, 4);");
    check("a = -(a / 3);", "a = -div::div_by(a, 3);");
    check("a %= 10;", "a = div::rem_by(a, 10);");
    check("b /= 3;", "b /= 3;");
    check("b %= a;", "b = div::rem(b, a as u32);");
}

/// Two entries of a map may be one: no references to both.
#[test]
fn two_entries_of_a_map() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct cell { u64 a, b; };\n\
         struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, u32); __type(value, struct cell); } cells SEC(\".maps\");\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 k) { u32 z = 0; struct cell *x = bpf_map_lookup_elem(&cells, &z), *y;\n\
         if (!x) return 0; y = bpf_map_lookup_elem(&cells, &k); if (!y) return 0; x->a = 1; x->b = y->a; return y->b; }",
        "unsafe { (*x).a = 1 };",
    );
}

/// READ_ONCE and WRITE_ONCE.
#[test]
fn volatile_by_a_cast() {
    check(
        "int BPF_PROG(f) { *(volatile u32 *)&sum = 1; return *(volatile u32 *)&sum; }",
        "(&raw mut SUM).write_volatile(1)",
    );
}

/// What ends in a block isn't the end of a `let`.
#[test]
fn a_block_before_else() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct conn { u32 role; }; struct args { u32 fd, len; };\n\
         struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, u32); __type(value, struct conn); } conns SEC(\".maps\");\n\
         static __always_inline struct conn *conn_of(u32 fd, u32 len) { sum = len; return bpf_map_lookup_elem(&conns, &fd); }\n\
         static __always_inline void note(struct args *args) {\n\
         if (!args || args->fd == 3) return; struct conn *conn = conn_of(args->fd, args->len); if (conn == NULL) return; conn->role = 1; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u64 a) { note((void *)a); return 0; }",
        "let Some(conn) = (unsafe { conn_of((*args).fd, (*args).len) }) else {",
    );
}

/// A static begins with its bit-fields: what sets them is const.
#[test]
fn bit_fields_of_a_static() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct conn { u32 a; u8 kind : 3; s8 bias : 5; };\n\
         static const struct conn first = { .a = 1, .bias = -2 };\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u64 a) { return bpf_probe_read_kernel((void *)a, sizeof(first), &first); }",
        "pub const fn set_bias(&mut self, value: i8)",
    );
}

/// The names of an enumeration in a `switch` over it.
#[test]
fn a_switch_over_an_enumeration() {
    let head = "int BPF_PROG(f, long a) { return 0; }\nenum kind { KIND_READ, KIND_WRITE };\n\
                SEC(\"fentry/g\") int BPF_PROG(g, long a) { enum kind k = a & 3;";
    check(
        &format!(
            "{head} switch (k) {{ case KIND_READ: sum = 3; break; case 7: sum = 5; }} return 0; }}"
        ),
        "match k {\n        Kind::READ => {\n            unsafe { SUM = 3 };\n        }\n        Kind(7) =>",
    );
}

/// What is printed is laid out as the arguments of any other call.
#[test]
fn printed_expressions() {
    check(
        "int BPF_PROG(f, int a) { bpf_printk(\"%d\", -a); return 0; }",
        "bpf_printk!(c\"%d\", (-a).cast_unsigned())",
    );
}

/// A choice in the other branch of a choice.
#[test]
fn else_if() {
    check(
        "int BPF_PROG(f, long a) { sum = a == 1 ? 3 : a == 2 ? 5 : 7; return 0; }",
        "if a == 1 { 3 } else if a == 2 { 5 } else { 7 }",
    );
    check(
        "int BPF_PROG(f, long a) { if (a == 1) return 3; else if (a == 2) return 5; else return 7; }",
        "    if a == 1 { 3 } else if a == 2 { 5 } else { 7 }\n",
    );
}

/// A constant of an enumeration is an index as good as a number.
#[test]
fn a_named_index() {
    check(
        "int BPF_PROG(f) { return 0; }\nenum ev { EV_A, EV_B, EV_MAX }; u64 dropped[EV_MAX];\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { dropped[EV_B]++; return 0; }",
        "DROPPED[Ev::B.0 as usize] += 1",
    );
}

/// What is a character in C is one in Rust, and nothing else is.
#[test]
fn characters() {
    let body = |body: &str| format!("int BPF_PROG(f, char c) {{ {body} return 0; }}");
    check(
        &body("sum = c == '.' || c == '\\t';"),
        "c == b'.' as i8 || c == b'\\t' as i8",
    );
    check(
        &body("switch (c) { case '0' ... '9': sum = 1; }"),
        "match c as u8 {\n        b'0'..=b'9' =>",
    );
    check(
        &body("switch (c) { case -1: case '0': sum = 1; }"),
        "match c {\n        -1 | 48 =>",
    );
    check(
        &body("char t[2] = { c, 'a' }; t[c & 1] ^= 0x20; sum = t[0];"),
        "^= 0x20",
    );
    check(
        &body("char t[2] = { c, 'a' }; t[c & 1] ^= 0x20; sum = t[0];"),
        "[c as u8, b'a']",
    );
    check(&body("u8 b = 'o'; sum = b;"), "b'o'");
    check(
        "int BPF_PROG(f) { return 0; }\nenum tag { ENTER = 'E' };\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { enum tag t = ENTER; sum = t; return 0; }",
        "ENTER: Self = Self(b'E' as u32)",
    );
}

/// Masks keep the form that they have in C.
#[test]
fn masks() {
    check(
        "int BPF_PROG(f, u32 a) { sum = a & ~1u; return 0; }",
        "a & !1",
    );
    check(
        "int BPF_PROG(f, u64 a) { u64 b = a & ~0xf; sum = b; return 0; }",
        "a & !0xf",
    );
    check(
        "int BPF_PROG(f, int a) { sum = a == 0xffffffff; return 0; }",
        "a == -1",
    );
    check(
        "int BPF_PROG(f) { return 0; }\n#define LOW(x) ((x) & 0xff)\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u32 a) { sum = LOW(a); return 0; }",
        "a & 0xff",
    );
}

/// How many elements an array has, in C's words for it.
#[test]
fn array_size() {
    check(
        "int BPF_PROG(f) { return 0; }\nu16 ports[4];\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { for (u32 i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) sum += ports[i]; return 0; }",
        "in 0..4",
    );
}

/// Operators that change a flag.
#[test]
fn flags() {
    let head = "int BPF_PROG(f, long a) { return 0; }\n\
                static __noinline bool odd(long a) { return bpf_get_smp_processor_id() & a; }\n\
                SEC(\"fentry/g\") int BPF_PROG(g, long a) { bool any = a > 3;";
    check(
        &format!("{head} any |= odd(a); sum = any; return 0; }}"),
        "any |= odd(a);",
    );
    check(
        &format!("{head} any ^= 1; sum = any; return 0; }}"),
        "any ^= true;",
    );
}

/// First values that nobody reads.
#[test]
fn first_values() {
    check(
        "int BPF_PROG(f, long a) { int err = 0; if (a > 3) goto fail; err = 5; sum = err; fail: return 0; }",
        "let err = 5;",
    );
    check(
        "int BPF_PROG(f, long a) { int err = 0; err = a; if (err > 9) goto fail; sum = 1; fail: return err; }",
        "let err = a as i32;",
    );
    check(
        "int BPF_PROG(f, long a) { int err = 0; if (a > 3) goto fail; err = bpf_get_smp_processor_id(); if (err > 9) goto fail; sum = 1; fail: return err; }",
        "let mut err = 0;",
    );
    check(
        "int BPF_PROG(f, long a) { int n = 0; if (a > 3 && (n = a) > 5) sum = n; return 0; }",
        "let n: i32;",
    );
}

/// A value that a variable has from each branch of an `if`.
#[test]
fn values_of_branches() {
    check(
        "int BPF_PROG(f, long a) { u16 n = 0; if (a & 1) n = a >> 1; else { sum = 1; n = a >> 2; } sum = n; return 0; }",
        "let n = if a & 1 != 0 {\n        (a >> 1) as u16\n    } else {\n        unsafe { SUM = 1 };\n        (a >> 2) as u16\n    };",
    );
}

/// Comments behind what a function ends with.
#[test]
fn comments_behind_values() {
    check(
        "int BPF_PROG(f, int a) {\n\tif (a) {\n\t\treturn 1; /* one */\n\t\t/* two */\n\t} else if (a > 2) {\n\t\treturn 2;\n\t\t/* three */\n\t} else {\n\t\treturn 3; // four\n\t}\n}",
        "{\n        // one\n        // two\n        1\n    } else if a > 2 {\n        // three\n        2\n    } else {\n        // four\n        3\n    }",
    );
    check(
        "int BPF_PROG(f, int a) {\n\tif (a) {\n\t\treturn 1;\n\t} else {\n\t\tif (a > 2)\n\t\t\treturn 2;\n\t\telse\n\t\t\treturn 3;\n\t\t/* last */\n\t}\n}",
        "// last",
    );
}

/// What a chain of reads fills lives as long as the statement.
#[test]
fn arrays_out_of_chains() {
    check(
        "int BPF_PROG(f) { return 0; }\n#include <bpf/bpf_core_read.h>\n\
         SEC(\"fentry/g\") int BPF_PROG(g, struct task_struct *a) { char to[16]; bpf_probe_read_kernel_str(to, sizeof(to), BPF_CORE_READ(a, comm)); return to[0]; }",
        "let read = unsafe { &mut *read.as_mut_ptr() };\n    helper::probe_read_kernel_str(",
    );
}

/// A parameter that promises not to write takes a reference, too.
#[test]
fn references_to_what_is_const() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct ev { u64 a, b; };\n\
         static int tell(const struct ev *ev) { sum = ev->a; return ev->b; }\n\
         SEC(\"fentry/g\") int BPF_PROG(g, u64 a) { struct ev ev = { .a = a }; return tell(&ev); }",
        "tell(&ev)",
    );
}

/// Memory that is come to as wider types is aligned as the C asks for; what helpers fill isn't.
#[test]
fn aligned_variables() {
    let aligned = "char b[8] __attribute__((aligned(8))) = {};";
    check(
        &format!("int BPF_PROG(f, long a) {{ {aligned} *(long *)b = a; sum = b[1]; return 0; }}"),
        "let mut b = Aligned([0u8; 8]);\n    let b = &mut b.0;",
    );
    check(
        &format!(
            "int BPF_PROG(f) {{ {aligned} bpf_get_current_comm(b, sizeof(b)); sum = b[1]; return 0; }}"
        ),
        "let mut b = [0u8; 8];",
    );
    check(
        "int BPF_PROG(f) { static u8 table[4] __attribute__((aligned(64))); return table[1]++; }",
        "#[rustc_align_static(64)]",
    );
}

/// Functions that take functions, and give them to others; C's own convention is no `Fn`.
#[test]
fn functions_for_functions() {
    let twice = "static __always_inline int twice(int (*f)(int), int n) { return f(f(n)); }";
    check(
        &format!(
            "int BPF_PROG(f) {{ return 0; }}\n{twice}\n\
             static __always_inline int thrice(int (*f)(int), int n) {{ return f(twice(f, n)); }}\n\
             static int next(int n) {{ return n + 1; }}\n\
             SEC(\"lsm/file_open\") int BPF_PROG(g) {{ return thrice(next, 1); }}"
        ),
        "fn thrice(f: impl Fn(i32) -> i32 + Copy, n: i32) -> i32 {\n    f(twice(f, n))\n}",
    );
    check(
        &format!(
            "int BPF_PROG(f) {{ return 0; }}\n{twice}\n\
             __noinline int next(int n) {{ return n + 1; }}\n\
             SEC(\"lsm/file_open\") int BPF_PROG(g) {{ return twice(next, 1); }}"
        ),
        "twice(|n| next(n), 1)",
    );
}

/// As C's own arithmetic, and compared as what is followed: the verifier knows both for one.
#[test]
fn pointers_that_are_compared() {
    let check = |body: &str, expected| {
        check(
            &format!("int BPF_PROG(f, u8 *p, u64 *w, const u8 *c, u32 n) {{ {body} return 0; }}"),
            expected,
        );
    };
    check("while (p < c) sum += *p++;", "while p.cast_const() < c {");
    check("while (p < c) sum += *p++;", "p = unsafe { p.add(1) };");
    check(
        "if (c + n > p) sum = *c;",
        "if unsafe { c.add(n as usize) } > p {",
    );
    check(
        "if ((void *)(w + 1) > (void *)p) sum = *w;",
        "if unsafe { w.add(1) } > p.cast() {",
    );
    check(
        "if (p - n > p) sum = *p;",
        "if unsafe { p.sub(n as usize) } > p {",
    );
    check("p -= n; sum = *p;", "p = unsafe { p.sub(n as usize) };");
    check("sum = p[n];", "u32::from(*p.add(n as usize))");
    check(
        "struct { u8 *at; } walk = { p }; if (walk.at + n > p) sum = 1; walk.at += n; sum += n > 8;",
        "walk.at = unsafe { walk.at.add(n as usize) };",
    );
    // No object of the program's.
    check(
        "bpf_probe_read_user(&sum, 4, p + n);",
        "p.wrapping_add(n as usize)",
    );
}

/// To an assignment LLVM would read all of one before it writes to the other.
#[test]
fn copies_of_much() {
    let check = |body: &str, expected| {
        let function = format!(
            "int BPF_PROG(f) {{ return 0; }}\n\
             struct big {{ u64 words[9]; }} last; struct pair {{ u64 a, b; }};\n\
             SEC(\"fentry/g\") int BPF_PROG(g, struct big *to, struct big *from, struct pair *a, struct pair *b)\n\
             {{ {body} return 0; }}"
        );
        check(&function, expected);
    };
    check(
        "*to = *from;",
        "unsafe { ptr::copy_nonoverlapping(from, to, 1) };",
    );
    check(
        "last = *from;",
        "unsafe { ptr::copy_nonoverlapping(from, &raw mut LAST, 1) };",
    );
    check("*a = *b;", "unsafe { *a = *b };");
    let text = |name: &str| {
        format!(
            "struct text {{ char few[16], many[64]; }} *t = (void *)to, *u = (void *)from; \
             __builtin_memcpy(t->{name}, u->{name}, sizeof(t->{name}));"
        )
    };
    check(&text("few"), "(*t).few = (*u).few");
    check(
        &text("many"),
        "ptr::copy_nonoverlapping(&raw const (*u).many,",
    );
    check(
        "struct big own = *from; own.words[2]++; *to = own;",
        "unsafe { *to = own };",
    );
}

/// Unfilled as in C: LLVM would align it, and then add the number by an `or`.
#[test]
fn arrays_with_low_indices() {
    let check = |body: &str, expected| {
        check(
            &format!("int BPF_PROG(f, u32 n) {{ char b[12]; int at; {body} return 0; }}"),
            expected,
        );
    };
    let (unfilled, filled) = (
        "MaybeUninit::<[u8; 12]>::uninit()",
        "let mut b = [0u8; 12];",
    );
    let read = "if (bpf_probe_read_user(b, 12, (void *)8)) return 0;";
    check(&format!("{read} sum = b[n & 7];"), unfilled);
    check(&format!("{read} at = n ? 4 : 5; sum = b[at];"), unfilled);
    check(&format!("{read} at = n ? 4 : n; sum = b[at];"), filled);
    check(
        &format!("{read} if (n) at = 4; else at = 5; at += 4; sum = b[at + 1];"),
        unfilled,
    );
    check(&format!("{read} sum = b[n & 15];"), filled);
    check(
        &format!("{read} for (at = 0; at < 12; at++) sum += b[at];"),
        filled,
    );
}

/// A byte is one already.
#[test]
fn bytes_put_into_text() {
    let check = |ty: &str, expected| {
        check(
            &format!("int BPF_PROG(f, {ty} n, char *to) {{ to[1] = n; return 0; }}"),
            expected,
        );
    };
    check("u8", "*to.add(1) = n };");
    check("u16", "*to.add(1) = n as u8 };");
}

/// Through its operators, a literal would be of the type that is cast to.
#[test]
fn operators_on_a_literal_that_is_cast() {
    check("int BPF_PROG(f, u64 *a) { *a = -~2; return 0; }", "= 3u64 ");
    check("int BPF_PROG(f, u64 *a) { *a = ~2; return 0; }", "= !2 }");
}

#[test]
fn unrolled_loops() {
    let looped = |pragma: &str| {
        format!(
            "void BPF_PROG(f, int a) {{\n#pragma {pragma}\n\tfor (u32 i = 0; i < 4; i++) {{\n\
             \t\tif (i == a)\n\t\t\tcontinue;\n\t\tsum += i;\n\t}}\n}}"
        )
    };
    check(
        &looped("unroll"),
        "for i in 0..4u32 {\n        'next_0: {\n            if i == a as u32 {\n                break 'next_0;",
    );
    check(
        &looped("nounroll"),
        "for i in barrier::turns(0..4u32) {\n        if i == a as u32 {\n            continue;",
    );
}

#[test]
fn callbacks_of_kernel_functions() {
    check_behind(
        "extern int later(void *at, int (callback)(void *key, void *value)) __ksym;\n\
         static int now(void *key, void *value) { return 0; }\n",
        "int BPF_PROG(f, void *at) { return later(at, now); }",
        "later(at, (now as *const ()).cast_mut().cast())",
    );
}

#[test]
fn blocks_of_one_branch() {
    let once = |body: &str| format!("void BPF_PROG(f, int a) {{ do {{ {body} }} while (0); }}");
    check(&once("if (a) sum++;"), "\n    if a != 0 {");
    check(
        &once("u32 b = sum; if (a) sum = b + 1;"),
        "\n    {\n        let b = ",
    );
}
