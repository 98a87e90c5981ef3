//! Enumerations, constants and what is chosen by them.

use super::{check, check_behind};

/// What is written to an element that isn't known to be there needs the array for writing.
#[test]
fn bit_fields_of_an_element() {
    let head = "int BPF_PROG(f) { return 0; }\n\
                struct region { u32 writes : 1, anon : 1; };\n\
                struct proc { u32 n; u32 next : 3, used : 29; struct region regions[8]; };\n\
                struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); \
                __type(key, u32); __type(value, struct proc); } procs SEC(\".maps\");\n\
                SEC(\"fentry/g\") int BPF_PROG(g, u32 i) { u32 zero = 0; \
                struct proc *p = bpf_map_lookup_elem(&procs, &zero); if (!p) return 0; p->n++; ";
    check(
        &format!("{head} p->regions[i].anon = 1; return 0; }}"),
        "unsafe { p.regions.get_unchecked_mut(i as usize).set_anon(1) };",
    );
    check(
        &format!("{head} return p->regions[i].anon; }}"),
        "unsafe { p.regions.get_unchecked(i as usize).anon() }",
    );
    // While the element is borrowed, its owner can't be asked.
    check(
        &format!(
            "{head} struct region last = {{ 1, 1 }}; p->regions[p->next] = last; return 0; }}"
        ),
        "*p.regions.as_mut_ptr().add(p.next() as usize) =",
    );
}

/// A case that says what the default says is gone, and its constant with it.
#[test]
fn constants_that_nothing_names() {
    let text = "int BPF_PROG(f, int a) { switch (a) { case TWO: sum = 1; break; \
                case ONE: default: sum = 2; } return 0; }";
    check_behind(
        "#define ONE 1\n#define TWO 2\n",
        text,
        "static mut SUM: u32 = 0;\n\nconst TWO: i32 = 2;\n\n/// ",
    );
}

/// LLVM takes what is declared for there.
#[test]
fn variables_that_a_kernel_may_lack() {
    let check = |declaration: &str, value: &str, expected: &str| {
        let text = format!("int BPF_PROG(f) {{ return {value}; }}");
        check_behind(&format!("extern {declaration};\n"), &text, expected);
    };
    check(
        "const int there __ksym __weak",
        "&there ? 1 : 2",
        "if !barrier::var(&raw const THERE).is_null() { 1 } else { 2 }",
    );
    check("const int there __ksym", "there", "unsafe { THERE }");
    check(
        "const int there __ksym",
        "there",
        "unsafe extern \"C\" {\n    #[link_name = \"there\"]\n    static mut THERE: i32;\n}",
    );
}

/// A choice between enumerators stays one, though C makes it between numbers.
#[test]
fn choices_between_enumerators() {
    let head = "int BPF_PROG(f) { return 0; }\n\
                enum level { LEVEL_LOW, LEVEL_HIGH = 9, LEVEL_WORST };\n\
                SEC(\"fentry/g\") int BPF_PROG(g, u32 i, u32 j) { enum level a = i, b = j, l; ";
    check(
        &format!(
            "{head} l = i == 0 ? LEVEL_WORST : i == 1 ? LEVEL_HIGH : LEVEL_LOW; return l == a; }}"
        ),
        "let l = if i == 0 {\n        Level::WORST\n    } else if i == 1 {\n        Level::HIGH\n    } else {\n        Level::LOW\n    };",
    );
    check(
        &format!("{head} l = a > b ? a : b; return l == a; }}"),
        "let l = if a.0 > b.0 { a } else { b };",
    );
}

/// What a condition assigns behind the test of a lookup stands in a statement of its own.
#[test]
fn assignments_behind_a_lookup() {
    check(
        "int BPF_PROG(f) { return 0; }\n\
         struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); \
         __type(key, u32); __type(value, u64); } m SEC(\".maps\");\n\
         SEC(\"fentry/g\") int BPF_PROG(g, char *from) { u32 zero = 0; u64 *p; long n; \
         if (!(p = bpf_map_lookup_elem(&m, &zero)) || \
         (n = bpf_probe_read_kernel_str(p, 8, from)) <= 1) return 0; \
         sum = n; *p += n; return 0; }",
        "    let n = unsafe { bpf_probe_read_kernel_str(p.cast(), 8, from.cast()) };\n    if n <= 1 {",
    );
}

/// Enumerators that are flags.
#[test]
fn flags_of_an_enumeration_change_in_place() {
    let behind = |statement: &str, expected| {
        check_behind(
            "enum what { A = 1, B = 2 };\nstruct event { u32 n; enum what what; } last;\n",
            &format!(
                "int BPF_PROG(f, u32 a) {{ enum what what = a; {statement} sum = what; return 0; }}"
            ),
            expected,
        );
    };
    behind("what |= B;", "    what.0 |= What::B.0;\n");
    behind("what = what & ~A;", "    what.0 &= !What::A.0;\n");
    behind(
        "last.what ^= what;",
        "    unsafe { LAST.what.0 ^= what.0 };\n",
    );
    behind("what |= 1ULL << a;", "    what = What((what.0 as u64 | ");
    behind("what += B;", "    what = What(what.0 + What::B.0);\n");
    behind(
        "sum = what == (A | B);",
        "unsafe { SUM = u32::from(what.0 == ",
    );

    // Numbers of fewer bits than C computes with.
    let narrow = |statement: &str, expected| {
        check_behind(
            "enum what : u8 { A = 1, B = 2 };\n",
            &format!(
                "int BPF_PROG(f, u8 a) {{ enum what what = a; {statement} sum = what; return 0; }}"
            ),
            expected,
        );
    };
    narrow("what |= B;", "    what.0 |= What::B.0;\n");
    narrow(
        "if (what == (A | B)) what = A;",
        "    if what.0 as i32 == What::A.0 as i32 | What::B.0 as i32 {",
    );
}

/// LLVM takes no symbol that is called like a section.
#[test]
fn programs_called_like_their_section() {
    check_behind(
        "SEC(\"uprobe/trace\") int uprobe(struct pt_regs *ctx) { return sum; }\n",
        "int BPF_PROG(f) { return 0; }",
        "#[unsafe(link_section = \"uprobe/uprobe\")]\nextern \"C\" fn uprobe(_ctx: *mut c_void) -> u32 {",
    );
    check_behind(
        "SEC(\"?sk_msg\") int sk_msg(struct sk_msg_md *ctx) { return ctx->size; }\n",
        "int BPF_PROG(f) { return 0; }",
        "#[unsafe(link_section = \"sk_msg/sk_msg\")]\nextern \"C\" fn sk_msg(ctx: *mut c_void) -> u32 {\n    let ctx = SkMsgContext::new(ctx.cast());\n",
    );
    check_behind(
        "SEC(\"tc\") int classifier(struct __sk_buff *skb) { return skb->len; }\n",
        "int BPF_PROG(f) { return 0; }",
        "extern \"C\" fn classifier(skb: NonNull<c_void>) -> i32 {\n    let skb = TcContext::new(skb.cast());\n",
    );
    check_behind(
        "SEC(\"uprobe/trace\") int trace(struct pt_regs *ctx) { return sum; }\n",
        "int BPF_PROG(f) { return 0; }",
        "#[uprobe]\npub fn trace(",
    );
}

/// Aya's entries of ring buffers are aligned as the kernel aligns them, to 8 bytes.
#[test]
fn entries_of_a_greater_alignment() {
    let check = |aligned: u8, expected: &str| {
        check_behind(
            &format!(
                "struct rec {{ u64 a; u64 b; }} __attribute__((aligned({aligned})));\n\
                 struct {{ __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); }} \
                 rb SEC(\".maps\");\n"
            ),
            "int BPF_PROG(f) { struct rec *r = bpf_ringbuf_reserve(&rb, sizeof(*r), 0); \
             if (!r) return 0; r->a = 1; bpf_ringbuf_submit(r, 0); return 0; }",
            expected,
        );
    };
    check(8, "RB.reserve_untyped::<Rec>(0)");
    check(16, "bpf_ringbuf_reserve(");
}

/// What both sides of a choice assign needs no value before.
#[test]
fn variables_that_both_sides_of_a_choice_assign() {
    check(
        "int BPF_PROG(f, u32 a) { u32 x, y; \
         if (a) { sum++; x = a; y = 1; } else { sum--; x = 2; y = a; } \
         bpf_printk(\"%d\", x); return y; }",
        "    let x: u32;\n    let y = ",
    );
    check(
        "int BPF_PROG(f, u32 a) { u32 x, y; \
         if (a) { sum++; x = a; y = 1; } else { sum--; y = a; } \
         bpf_printk(\"%d\", x); return y; }",
        "    let mut x = 0u32;\n    let y = ",
    );
}
