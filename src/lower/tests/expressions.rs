use super::{check, check_errors, check_with};

#[test]
fn conversions_that_nobody_sees_are_left_out() {
    check("u8 x = a + 1;", "let x: u8 = (a + 1) as u8");
    check("u8 x = 1; x = x + 1;", "let x: u8 = 1\nx += 1");
    check(
        "u32 x = bpf_get_current_pid_tgid();",
        "let x: u32 = bpf_get_current_pid_tgid() as u32",
    );
    check("u64 x = b;", "let x: u64 = b as u64");
    check("u64 x = (u64)(u32)d;", "let x: u64 = (d as u32) as u64");
    check("u32 x = (u32)(u64)b;", "let x: u32 = b");
    check("bool x = a > 3 ? true : false;", "let x: bool = a > 3");
    check("bool x = a > 3 ? 0 : 1;", "let x: bool = a <= 3");
    check("u64 x = 1;", "let x: u64 = 1");
    check("u32 x = -1;", "let x: u32 = 4294967295");
    check(
        "u8 y = 3; u8 x = y >> 1;",
        "let y: u8 = 3\nlet x: u8 = y >> 1",
    );
    check(
        "s8 y = 3; u8 x = y >> 1;",
        "let y: i8 = 3\nlet x: u8 = (y >> 1) as u8",
    );
}

#[test]
fn conversions_that_matter_stay() {
    check("u64 x = b + 1;", "let x: u64 = (b + 1) as u64");
    check("u64 x = a;", "let x: u64 = a as u64");
    check(
        "u8 y = 3; int x = y + 1;",
        "let y: u8 = 3\nlet x: i32 = (y as i32) + 1",
    );
    check(
        "u8 y = 200; u8 x = (y + y) >> 1;",
        "let y: u8 = 200\nlet x: u8 = (((y as i32) + (y as i32)) >> 1) as u8",
    );
    check(
        "u8 y = 200, z = 3; u8 x = (y + y) / z;",
        "let y: u8 = 200\nlet z: u8 = 3\nlet x: u8 = (((y as i32) + (y as i32)) / (z as i32)) as u8",
    );
}

#[test]
fn comparisons_are_made_where_the_operands_come_from() {
    check(
        "u8 y = 3; if (y == 4) return 1;",
        "let y: u8 = 3\nif y == 4 {\nreturn 1\n}",
    );
    check(
        "u8 y = 3; if (y < b) return 1;",
        "let y: u8 = 3\nif (y as u32) < b {\nreturn 1\n}",
    );
    check(
        "u8 y = 3; if (y == 300) return 1;",
        "let y: u8 = 3\nif (y as i32) == 300 {\nreturn 1\n}",
    );
    check(
        "s8 y = 3; if (y < b) return 1;",
        "let y: i8 = 3\nif (y as u32) < b {\nreturn 1\n}",
    );
    check("if (a < b) return 1;", "if (a as u32) < b {\nreturn 1\n}");
    check("if (a == -1) return 1;", "if a == -1 {\nreturn 1\n}");
    check(
        "if (b == -1) return 1;",
        "if b == 4294967295 {\nreturn 1\n}",
    );
    check(
        "if ((u32)d != b) return 1;",
        "if (d as u32) != b {\nreturn 1\n}",
    );
    check(
        "u16 y = 3; u8 z = 1; if (y < z) return 1;",
        "let y: u16 = 3\nlet z: u8 = 1\nif y < (z as u16) {\nreturn 1\n}",
    );
    check(
        "u8 y = 3; if (y & 4) return 1;",
        "let y: u8 = 3\nif (y & 4) != 0 {\nreturn 1\n}",
    );
}

#[test]
fn truth_values_stay_truth_values() {
    check(
        "if (a && !b) return 1;",
        "if (a != 0) && (b == 0) {\nreturn 1\n}",
    );
    check("if (!p) return 1;", "if p == null {\nreturn 1\n}");
    check("if (p == 0) return 1;", "if p == null {\nreturn 1\n}");
    check(
        "_Bool x = a; if (x) return 1;",
        "let x: bool = a != 0\nif x {\nreturn 1\n}",
    );
    check(
        "_Bool x = !!a; if (x == 1) return 1;",
        "let x: bool = a != 0\nif x {\nreturn 1\n}",
    );
    check("int x = a > 1;", "let x: i32 = (a > 1) as i32");
    check("u64 x = !a;", "let x: u64 = (a == 0) as u64");
    check(
        "if ((a > 1) == (b > 1)) return 1;",
        "if (a > 1) == (b > 1) {\nreturn 1\n}",
    );
}

#[test]
fn assignments_update_in_the_type_of_the_target() {
    check("a += 1;", "a += 1");
    check("a++;", "a += 1");
    check("--d;", "d -= 1");
    check("u8 y = 1; y += a;", "let y: u8 = 1\ny += a as u8");
    check("u8 y = 1; y <<= 3;", "let y: u8 = 1\ny <<= 3");
    check(
        "u8 y = 1; y <<= a;",
        "let y: u8 = 1\ny = ((y as i32) << a) as u8",
    );
    check("u8 y = 1; y /= 3;", "let y: u8 = 1\ny /= 3");
    check(
        "s8 y = 1; y /= 3;",
        "let y: i8 = 1\ny = ((y as i32) / 3) as i8",
    );
    check("a /= b;", "a = ((a as u32) / b) as i32");
    check("d += a;", "d += a as u64");
    check("d >>= 32;", "d >>= 32");
    check("p++;", "p += 1");
    check("p -= 2;", "p -= 2");
    check(
        "_Bool x = 0; x |= a > 1;",
        "let x: bool = false\nx = x || (a > 1)",
    );
    check("a = a + 2;", "a += 2");
}

#[test]
fn effects_come_out_of_expressions() {
    check(
        "if ((a = bpf_get_smp_processor_id()) < 0) return 1;",
        "a = bpf_get_smp_processor_id() as i32\nif a < 0 {\nreturn 1\n}",
    );
    check("a = c = 0;", "c = 0\na = 0");
    check("int x = a++;", "let x: i32 = a\na += 1");
    check("int x = ++a;", "a += 1\nlet x: i32 = a");
    check("char y[4]; y[a++] = 1;", "let y: [i8; 4]\ny[a] = 1\na += 1");
    check(
        "while (a--) b++;",
        "'0: while { let old: i32 = a; a -= 1; old != 0 } {\nb += 1\n}",
    );
    check(
        "if (a && (b = 1)) return 1;",
        "if (a != 0) && { b = 1; true } {\nreturn 1\n}",
    );
    check("a ? b++ : d++;", "if a != 0 {\nb += 1\n} else {\nd += 1\n}");
    check("a && b++;", "if a != 0 {\nb += 1\n}");
    check("(void)a;", "");
    check(
        "int x = ({ int y = 1; y + a; });",
        "let x: i32 = { let y: i32 = 1; y + a }",
    );
}

#[test]
fn pointers_step_by_elements() {
    check("char x = p[2];", "let x: i8 = *(p +> 2)");
    check("char x = *(p + a);", "let x: i8 = *(p +> (a as i64))");
    check("void *q = p; q += 4;", "let q: *void = p as *void\nq += 4");
    check(
        "u32 x[4] = {}; u32 *q = &x[b];",
        "let x: [u32; 4] = {}\nlet q: *u32 = &x[b]",
    );
    check(
        "u32 x[4] = {1, 2}; long n = &x[3] - x;",
        "let x: [u32; 4] = {[0] = 1, [1] = 2}\nlet n: i64 = (&x[3]) <> x.ptr",
    );
}

/// How far a pointer moves depends on all that it points to, though nobody looks into that.
#[test]
fn pointers_step_by_whole_records() {
    for step in [
        "hop + 1",
        "(hop -= 2)",
        "++hop",
        "hop++",
        "&hop[1]",
        "(hop - (struct hop *)t) + t",
    ] {
        let object = super::port_well(&format!(
            "{}struct hop {{ u32 a[5]; }};\nlong out;\n\
             SEC(\"fentry/f\") int BPF_PROG(f, struct hop *hop, char *t) {{ out = (long)({step}); return 0; }}",
            super::HEAD
        ));
        let known = object.records.iter().any(|record| record.fields.is_some());
        assert!(known, "{step}");
    }
}

#[test]
fn constants_keep_their_names() {
    let defines =
        "#define MAX 8\n#define BIG (MAX * 4)\nenum state { ON = 1, OFF };\nenum { LOOSE = 5 };";
    check_with(
        defines,
        "if (a > MAX) return MAX;",
        "if a > MAX {\nreturn MAX\n}",
    );
    check_with(defines, "u64 x = BIG;", "let x: u64 = BIG");
    check_with(
        defines,
        "enum state s = ON; if (s == OFF) return LOOSE;",
        "let s: state = ON\nif s == OFF {\nreturn LOOSE\n}",
    );
    check_with(defines, "u8 x = BPF_ANY;", "let x: u8 = BPF_ANY");
}

#[test]
fn sizes_are_of_types() {
    check("u64 x = sizeof(a);", "let x: u64 = sizeof(i32)");
    check(
        "int x = sizeof(u64) + 1;",
        "let x: i32 = (sizeof(u64) as i32) + 1",
    );
}

#[test]
fn sizes_are_compared_in_the_type_of_the_other_side() {
    check(
        "if (b < sizeof(u64)) return 1;",
        "if b < (sizeof(u64) as u32) {\nreturn 1\n}",
    );
    check(
        "if (a < sizeof(u64)) return 1;",
        "if (a as u64) < sizeof(u64) {\nreturn 1\n}",
    );
}

#[test]
fn arithmetic_of_macros_is_done() {
    check(
        "if (a > KERNEL_VERSION(5, 8, 0)) return 1;",
        "if a > 329728 {\nreturn 1\n}",
    );
    check(
        "if (a > (1 << 4)) return 1;",
        "if a > (1 << 4) {\nreturn 1\n}",
    );
}

#[test]
fn floating_point_constants_become_integers() {
    check("u64 x = 1e9;", "let x: u64 = 1000000000");
    check("int x = -2.9 + .5;", "let x: i32 = -2");
    check("bool x = 0.1;", "let x: bool = true");
    check(
        "if (d > (u64)(1.5 * 1000)) return 1;",
        "if d > 1500 {\nreturn 1\n}",
    );
    // 16777217 has no place in a float.
    check("int x = 16777217 * 1.0f;", "let x: i32 = 16777216");
    check_errors(
        "SEC(\"kprobe/f\") int f(void *ctx) { u8 x = 1e9; return x; }",
        &["E0324 BPF has no floating-point numbers"],
        0,
    );
}

const BITS: &str = "struct bits { u32 kind:2; s32 node:9; } b1, b2; s64 out[4];";

#[test]
fn the_value_of_an_assignment_to_a_bit_field_has_its_width() {
    check_with(
        BITS,
        "out[0] = b1.kind = a;",
        "let value: u32 = (a as u32) & 3\nb1.kind = value\nout[0] = value as i64",
    );
    check_with(
        BITS,
        "out[0] = b1.node = a;",
        "let value: i32 = (a << 23) >> 23\nb1.node = value\nout[0] = value as i64",
    );
    check_with(
        BITS,
        "b2.kind = b1.kind = 7;",
        "let value: u32 = 3\nb1.kind = value\nb2.kind = value",
    );
    check_with(
        BITS,
        "out[0] = ++b1.kind;",
        "let value: u32 = (b1.kind + 1) & 3\nb1.kind = value\nout[0] = value as i64",
    );
    check_with(
        BITS,
        "out[0] = b1.node += a;",
        "let value: i32 = ((b1.node + a) << 23) >> 23\nb1.node = value\nout[0] = value as i64",
    );
}

const COUNTERS: &str = "u32 total; u64 wide; bool flag; u8 byte; volatile u32 shared; \
    struct { u16 b:11; } bits; enum kind { ONE, TWO } kind; \
    static __noinline u32 take(u32 n) { total -= n; return n; }";

#[test]
fn an_operator_of_a_place_that_its_right_side_changes_reads_it_first() {
    check_with(
        COUNTERS,
        "total = total + take(b);",
        "let old: u32 = total\ntotal = old + take(b)",
    );
    check_with(
        COUNTERS,
        "total = total + bpf_get_smp_processor_id();",
        "total += bpf_get_smp_processor_id()",
    );
    check_with(
        COUNTERS,
        "u32 x = b; x = x ^ take(b);",
        "let x: u32 = b\nx ^= take(b)",
    );
    check(
        "u32 x = b; x = x * ({ x += 3; x & 7; });",
        "let x: u32 = b\nlet old: u32 = x\nx = old * { x += 3; x & 7 }",
    );
}

#[test]
fn a_compound_assignment_reads_its_place_behind_its_right_side() {
    check_with(COUNTERS, "total += take(b);", "total += take(b)");
    check_with(
        COUNTERS,
        "flag |= take(b);",
        "let value: u32 = take(b)\nflag = flag || (value != 0)",
    );
    check_with(
        COUNTERS,
        "byte <<= take(b) & 3;",
        "let value: u32 = take(b) & 3\nbyte = ((byte as i32) << value) as u8",
    );
    check_with(
        COUNTERS,
        "wide %= take(b);",
        "let value: u64 = take(b) as u64\nwide %= value",
    );
    check_with(
        COUNTERS,
        "shared += take(b);",
        "let value: u32 = take(b)\nshared += value",
    );
    check_with(
        COUNTERS,
        "bits.b ^= take(b);",
        "let value: u32 = take(b)\nbits.b = bits.b ^ (value as u16)",
    );
    check_with(
        COUNTERS,
        "kind += take(b);",
        "let value: u32 = take(b)\nkind = ((kind as u32) + value) as kind",
    );
    check_with(
        COUNTERS,
        "wide %= bpf_ktime_get_ns();",
        "wide %= bpf_ktime_get_ns()",
    );
}

#[test]
fn arithmetic_that_says_whether_it_overflows() {
    check(
        "u64 sum; if (__builtin_add_overflow(d, b, &sum)) return 1; return sum;",
        "let sum: u64\nlet overflow: bool = AddOverflows(d, b as u64)\nsum = d + (b as u64)\nif overflow {\nreturn 1\n}\nreturn sum as i32",
    );
    check(
        "if (__builtin_sub_overflow(a, 1, &a)) return 1;",
        "let overflow: bool = SubOverflows(a, 1)\na -= 1\nif overflow {\nreturn 1\n}",
    );
    check_with(
        COUNTERS,
        "return __builtin_mul_overflow(take(b), 3, &total);",
        "let left: u32 = take(b)\nlet overflow: bool = MulOverflows(left, 3)\ntotal = left * 3\nreturn overflow as i32",
    );
    check(
        "if (__builtin_add_overflow(a, d, &b)) return 1;",
        "let exact: i128 = (a as i128) + (d as i128)\nb = exact as u32\nif ((exact as u32) as i128) != exact {\nreturn 1\n}",
    );
    check(
        "if (__builtin_mul_overflow(a, b, &a)) return 1;",
        "let exact: i64 = (a as i64) * (b as i64)\na = exact as i32\nif ((exact as i32) as i64) != exact {\nreturn 1\n}",
    );
    // What is negative is no u64, be it one when it is stored.
    check(
        "return __builtin_mul_overflow(a, b, &d);",
        "let exact: i128 = ((a as i64) * (b as i64)) as i128\nd = exact as u64\nreturn (((exact as u64) as i128) != exact) as i32",
    );
    let says = "E0323 a product of 128 bits would be a call of a C library";
    for call in [
        "__builtin_mul_overflow(a, d, &a)",
        "__builtin_mul_overflow(d, d, &d)",
    ] {
        let text = format!(
            "SEC(\"kprobe/f\") int BPF_KPROBE(probe, int a, unsigned long d) {{ return {call}; }}"
        );
        super::check_errors(&text, &[says], 0);
    }
    check(
        "u8 x = __builtin_bitreverse8(a);",
        "let x: u8 = ReverseBits(a as u8)",
    );
}

#[test]
fn structures_are_put_where_their_place_was_before() {
    const PAIRS: &str = "u32 g; struct pair { u32 a, b; } pairs[2]; \
        static __noinline u32 f(u32 x) { return g += x; } \
        static __always_inline struct pair mk(u32 x) { struct pair p = { g += x, 1 }; return p; }";
    check_with(
        PAIRS,
        "pairs[f(1) & 1] = pairs[f(2) & 1];",
        "let index: u32 = f(1) & 1\npairs[index] = pairs[f(2) & 1]",
    );
    check_with(
        PAIRS,
        "pairs[g & 1] = mk(3);",
        "let index: u32 = g & 1\npairs[index] = mk(3)",
    );
    check_with(PAIRS, "pairs[1] = mk(3);", "pairs[1] = mk(3)");
    check_with(PAIRS, "pairs[a & 1] = mk(3);", "pairs[a & 1] = mk(3)");
    check_with(
        PAIRS,
        "__builtin_memcpy(&pairs[f(1) & 1], &pairs[f(2) & 1], sizeof(pairs[0]));",
        "let target: *pair = &pairs[f(1) & 1]\nMemcpy(target as *void, (&pairs[f(2) & 1]) as *const void, sizeof(pair))",
    );
}

#[test]
fn functions_that_change_nothing_come_in_any_order() {
    let declared = "u32 sum; static int square(int n) { int r = n; r *= n; return r + sum; }\n\
        static int twice(int n) { return square(n) * 2; }\n\
        static int count(int n) { sum++; return n; }\n\
        static int seen(int n) { return count(n); }";
    check_with(
        declared,
        "sum = sum + square(a); sum += twice(b);",
        "sum += square(a) as u32\nsum += twice(b as i32) as u32",
    );
    check_with(
        declared,
        "sum = sum + seen(a);",
        "let old: u32 = sum\nsum = old + (seen(a) as u32)",
    );
}
