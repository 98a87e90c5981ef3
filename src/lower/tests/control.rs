use super::{check, check_errors};

#[test]
fn loops() {
    check(
        "for (int i = 0; i < 4; i++) b += i;",
        "let i: i32 = 0\n'0: while i < 4 {\nb += i as u32\n} step {\ni += 1\n}",
    );
    check(
        "while (1) { if (a) break; continue; }",
        "'0: while true {\nif a != 0 {\nbreak '0\n}\ncontinue '0\n}",
    );
    check(
        "do { a++; } while (a < 4);",
        "'0: do {\na += 1\n} while a < 4",
    );
    check("do { a++; } while (0);", "a += 1");
    check(
        "do { if (a) break; b++; } while (0);",
        "'0: {\nif a != 0 {\nbreak '0\n}\nb += 1\n}",
    );
    check("for (;;) { a++; }", "'0: while true {\na += 1\n}");
}

#[test]
fn what_is_never_come_to_is_left_out() {
    check(
        "if (1) goto end; int d = b; if (d) goto end; b = d + 1; end: b = 2;",
        "'end: {\nbreak 'end\n}\nb = 2",
    );
    check("return 1; /* Never. */ b = 2;", "return 1 // Never.");
}

#[test]
fn switches() {
    check(
        "switch (a) { case 1: b = 1; break; case 2: case 3: b = 2; break; default: b = 3; }",
        "'0: switch a {\n1 => {\nb = 1\n}\n2 | 3 => {\nb = 2\n}\n_ => {\nb = 3\n}\n}",
    );
    check(
        "switch (a) { case 1 ... 4: return 1; }",
        "'0: switch a {\n1..=4 => {\nreturn 1\n}\n}",
    );
    check(
        "switch (a) { case 1: b = 1; case 2: b += 2; break; }",
        "'0: switch a {\n1 => {\nb = 1\nb += 2\n}\n2 => {\nb += 2\n}\n}",
    );
    check(
        "switch (a) { case 1: b = 1; case 2: if (c) b += 2; break; }",
        "'0: {\n'2: switch a {\n1 => {\nb = 1\n}\n2 => {\n}\n_ => {\nbreak '0\n}\n}\nif c != 0 {\nb += 2\n}\n}",
    );
    check(
        "switch (a) { case 1: b = 1; case 2: b = 4; case 3: b += 2; }",
        "'0: switch a {\n1 => {\nb = 1\nb = 4\nb += 2\n}\n2 => {\nb = 4\nb += 2\n}\n3 => {\nb += 2\n}\n}",
    );
    // One that has to fall, and one whose rest could be repeated.
    check(
        "switch (a) { case 1: b = 1; case 2: if (c) b = 4; case 3: b += 2; }",
        "'0: {\n'2: switch a {\n1 => {\nb = 1\n}\n2 => {\n}\n3 => {\nb += 2\nbreak '0\n}\n_ => {\nbreak '0\n}\n}\nif c != 0 {\nb = 4\n}\nb += 2\n}",
    );
    check(
        "switch (a) { default: b = 1; break; case 2: b = 2; }",
        "'0: switch a {\n_ => {\nb = 1\n}\n2 => {\nb = 2\n}\n}",
    );
}

#[test]
fn jumps_forward_leave_a_block() {
    check(
        "if (a) goto out; b++; out: return 0;",
        "'out: {\nif a != 0 {\nbreak 'out\n}\nb += 1\n}\nreturn 0",
    );
    check(
        "if (a) goto one; if (b) goto two; c++; two: d++; one: return 0;",
        "'one: {\nif a != 0 {\nbreak 'one\n}\n'two: {\nif b != 0 {\nbreak 'two\n}\nc += 1\n}\nd += 1\n}\nreturn 0",
    );
    check(
        "for (int i = 0; i < 4; i++) { if (a) goto out; } b++; out: return 0;",
        "'out: {\nlet i: i32 = 0\n'1: while i < 4 {\nif a != 0 {\nbreak 'out\n}\n} step {\ni += 1\n}\nb += 1\n}\nreturn 0",
    );
}

#[test]
fn jumps_backward_repeat() {
    check(
        "again: a++; if (a < 4) goto again; return 0;",
        "'again: while true {\na += 1\nif a < 4 {\ncontinue 'again\n}\nbreak 'again\n}\nreturn 0",
    );
}

#[test]
fn declarations_move_out_of_blocks_that_are_left() {
    check(
        "if (a) goto out; int x = 4; b = x; out: return x;",
        "let x: i32\n'out: {\nif a != 0 {\nbreak 'out\n}\nx = 4\nb = x as u32\n}\nreturn x",
    );
}

#[test]
fn what_is_never_reached_is_left_out() {
    check("return 0; a++;", "return 0");
}

#[test]
fn barriers() {
    check(
        "asm volatile(\"\" ::: \"memory\"); barrier();",
        "barrier\nbarrier",
    );
    check("barrier_var(a);", "barrier a");
    check("asm volatile(\"\" : \"+r\"(a));", "barrier a");
}

#[test]
fn assembly_that_jumps_is_named() {
    super::check_errors(
        "SEC(\"kprobe/f\") int f(void *ctx) { asm goto(\"goto %l[out]\" :: \"r\"(ctx) :: out); out: return 0; }",
        &["E0322 `asm goto` jumps to labels of the function, and can't be ported"],
        0,
    );
}

#[test]
fn cases_keep_their_names() {
    super::check_with(
        "#define ONE 1\nenum { TWO = 2, THREE };",
        "switch (a) { case ONE: return 1; case TWO ... THREE: return 2; case ONE + 4: return 3; }",
        "'0: switch a {\nONE => {\nreturn 1\n}\nTWO..=THREE => {\nreturn 2\n}\n5 => {\nreturn 3\n}\n}",
    );
}

#[test]
fn macros_jump_out_of_expressions() {
    super::check_with(
        "#define DONE(x) ({ b = x; goto done; })",
        "if (a) DONE(1); b = 2; done: return b;",
        "'done: {\nif a != 0 {\nb = 1\nbreak 'done\n}\nb = 2\n}\nreturn b as i32",
    );
}

#[test]
fn cases_that_do_not_fit_the_value_keep_its_promotion() {
    check(
        "u8 y = 1; switch (y) { case 2: return 1; }",
        "let y: u8 = 1\n'0: switch y {\n2 => {\nreturn 1\n}\n}",
    );
    check(
        "u8 y = 1; switch (y) { case 257: return 1; }",
        "let y: u8 = 1\n'0: switch y as i32 {\n257 => {\nreturn 1\n}\n}",
    );
}

#[test]
fn nesting_has_an_end() {
    let text = format!(
        "SEC(\"kprobe/f\") int f(void *ctx) {{ int a = 0; return {}a; }}",
        "1 + ~".repeat(300)
    );
    super::check_errors(&text, &["E0335 this nests more than 256 levels deep"], 0);
}

#[test]
fn iterators_over_numbers() {
    // The user's variable counts where nobody sees what it is behind the loop.
    check(
        "int i; bpf_for(i, 0, 3) a += i; bpf_for(i, 1, 4) a -= i;",
        "let i: i32\ni = 0\n'0: while i < 3 {\na += i\n} step {\ni += 1\n}\ni = 1\n'1: while i < 4 {\na -= i\n} step {\ni += 1\n}",
    );
    check(
        "int i; bpf_for(i, 0, 3) a += i; return i;",
        "let i: i32\nlet turn: i32 = 0\n'0: while turn < 3 {\ni = turn\na += i\n} step {\nturn += 1\n}\nreturn i",
    );
    check("int i; bpf_for(i, 3, 3) a++;", "let i: i32");
    check(
        "bpf_repeat(3) a++;",
        "let turn: i32 = 0\n'0: while turn < 3 {\na += 1\n} step {\nturn += 1\n}",
    );
    // One that isn't known may be too many.
    check(
        "bpf_repeat(a) b++;",
        "let turn: i32 = 0\nlet end: i32 = a\nlet end2: i32 = (((end as i64) - (turn as i64)) <= 8388608) ? end : turn\n'0: while turn < end2 {\nb += 1\n} step {\nturn += 1\n}",
    );
    check_errors(
        "SEC(\"kprobe/f\") int BPF_KPROBE(probe, int a) { int i; bpf_for(i, 0, a) a--; return 0; }",
        &[
            "E0329 the end of this loop may change while it runs, which an iterator of the kernel doesn't see",
        ],
        0,
    );
}

#[test]
fn assembly_takes_constants_however_they_are_written() {
    let check = |number: &str| {
        super::check_with(
            "#define MAX 1024",
            &format!("asm volatile(\"%0 &= %1\" : \"+r\"(d) : \"i\"({number}));"),
            "d = asm(\"{0} = {1}\\n{0} &= 1023\", d)",
        );
    };
    check("1023");
    check("MAX - 1");
    check("sizeof(char[MAX]) - 1");
}

#[test]
fn assembly_changes_inputs_that_say_so() {
    check(
        "asm volatile(\"%[size] &= 31\" :: [size] \"+r\"(d) :);",
        "asm \"{0} &= 31\" (d <- d; ; )",
    );
}

#[test]
fn assembly_says_what_memory_it_reads() {
    check(
        "asm(\"%0 = *(u32 *)(%1 + %2)\" : \"=r\"(b) : \"r\"(p), \"i\"(4), \"m\"(*p));",
        "b = asm(\"{0} = *(u32 *)({1} + 4)\", p) as u32",
    );
    check(
        "asm volatile(\"%0 = *(u32 *)(%1 + 0)\" : \"=r\"(b) : \"r\"(p), \"m\"(*p) : \"r5\");",
        "asm \"{0} = *(u32 *)({1} + 0)\" (b; p; r5)",
    );
}

#[test]
fn branches_that_are_never_taken_may_hold_anything() {
    let check = |statements: &str, expected: &str| {
        let declared = "#define ON 0\nvoid undefined(void) __attribute__((error(\"no\")));\n\
                        static inline int one(void) { undefined(); return 1; }";
        super::check_with(declared, statements, expected);
    };
    check("if (!(sizeof(d) == 8)) undefined();", "");
    check("if (ON) undefined(); else b = 1;", "b = 1");
    check("if (1) b = 1; else undefined();", "b = 1");
    check("b = sizeof(d) == 8 ? 1 : one();", "b = 1");
    check("if (sizeof(d) != 8 && one()) b = 1;", "");
    check("if (ON) b = 1;", "if ON != 0 {\nb = 1\n}");
}

#[test]
fn a_declaration_before_the_first_case_comes_before_the_switch() {
    check(
        "switch (a) { int n = 3; case 0: n = 5; b = n; break; case 1: b = 7; }",
        "{\nlet n: i32\n'0: switch a {\n0 => {\nn = 5\nb = n as u32\n}\n1 => {\nb = 7\n}\n}\n}",
    );
}

#[test]
fn the_value_of_a_statement_expression_may_have_a_label() {
    check(
        "b = ({ __label__ out; int r = 1; if (a) goto out; r = 5; out: r; });",
        "b = { let r: i32 = 1; 'out: {; if a != 0 {; break 'out; }; r = 5; }; r } as u32",
    );
}

#[test]
fn jumps_into_branches() {
    check(
        "if (a) goto fail; b = 1; if (0) { fail: b = 2; } c = 3;",
        "'behind: {\n'fail: {\nif a != 0 {\nbreak 'fail\n}\nb = 1\nbreak 'behind\n}\nb = 2\n}\nc = 3",
    );
    check(
        "if (a) goto in; if (b) { c = 1; } else { in: c = 2; } behind: if (c++ < 9) goto behind;",
        "'behind2: {\n'in: {\nif a != 0 {\nbreak 'in\n}\nif b != 0 {\nc = 1\nbreak 'behind2\n}\n}\nc = 2\n}\n\
         'behind: while true {\nlet old: i64 = c\nc += 1\nif old < 9 {\ncontinue 'behind\n}\nbreak 'behind\n}",
    );
    // By states, where nothing else is left.
    check(
        "if (a) goto in; while (b) { c = 1; in: b--; }",
        "let state: u32 = 0\n'0: while true {\n'1: switch state {\n0 => {\nif a != 0 {\nstate = 1\n} else {\nstate = 2\n}\n}\n1 => {\nb -= 1\nstate = 2\n}\n_ => {\nif b != 0 {\nc = 1\nstate = 1\n} else {\nreturn\n}\n}\n}\n}",
    );
}

/// What others come to moves behind them; jumps that go round make states.
#[test]
fn jumps_to_earlier_arms() {
    check(
        "switch (a) { case 0: c++; more: b = 1; d = 2; break; case 1: d = 3; if (c) goto more; break; default: goto more; }",
        "'0: {\n'more: {\n'2: switch a {\n0 => {\nc += 1\n}\n1 => {\nd = 3\nif c != 0 {\nbreak 'more\n}\nbreak '0\n}\n_ => {\n}\n}\n}\nb = 1\nd = 2\n}",
    );
    check(
        "switch (a) { case 0: more: d++; case 1: if (b--) goto more; }",
        "let state: u32 = 0\n'1: while true {\n'2: switch state {\n0 => {\n'0: switch a {\n0 => {\nstate = 3\n}\n1 => {\nstate = 2\n}\n_ => {\nstate = 1\n}\n}\n}\n1 => {\nreturn\n}\n2 => {\nlet old: u32 = b\nb -= 1\nif old != 0 {\nstate = 3\n} else {\nstate = 1\n}\n}\n_ => {\nd += 1\nstate = 2\n}\n}\n}",
    );
}

#[test]
fn a_jump_to_a_later_arm_leaves_the_block_before_it() {
    check(
        "switch (a) { case 0: if (b) goto fail; c = 1; break; default: fail: c = 2; }",
        "'0: {\n'fail: {\n'2: switch a {\n0 => {\nif b != 0 {\nbreak 'fail\n}\nc = 1\nbreak '0\n}\n_ => {\n}\n}\n}\nc = 2\n}",
    );
    check(
        "switch (a) { case 0: if (b) goto out; c = 1; out: c = 3; break; case 1: c = 2; }",
        "'0: {\n'out: {\n'2: switch a {\n0 => {\nif b != 0 {\nbreak 'out\n}\nc = 1\n}\n1 => {\nc = 2\nbreak '0\n}\n_ => {\nbreak '0\n}\n}\n}\nc = 3\n}",
    );
}

/// clang takes a call of what has the attribute `error` only where it is never come to.
#[test]
fn what_nothing_comes_to() {
    super::check_with(
        "void undefined(void) __attribute__((error(\"no\")));",
        "if (a > 3) undefined(); b = 1;",
        "if a > 3 {\nunreachable\n}\nb = 1",
    );
}

#[test]
fn what_stands_behind_a_switch_that_always_returns() {
    check(
        "switch (a) { case 1: return 1; default: return 2; } return 3;",
        "'0: switch a {\n1 => {\nreturn 1\n}\n_ => {\nreturn 2\n}\n}",
    );
}
