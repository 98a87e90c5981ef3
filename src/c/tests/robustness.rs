//! Broken input: whatever is left out or doubled, reading ends with diagnostics, not with a panic.

use super::{random::Random, read};
use crate::c::token::lex;

const PROBE: &str = r#"
typedef unsigned int u32; typedef unsigned long long u64;
struct event { u32 pid; char comm[16]; struct { int a:3, :0, b:5; } bits; union { u64 x; void *p; }; } __attribute__((packed));
enum state { IDLE, BUSY = 3, LAST };
struct { int (*type)[1]; u32 *key; struct event *value; } events __attribute__((section(".maps"), used));
extern int (*helper)(void *, const void *);
static const volatile u64 limit = 1 << 3;
static inline __attribute__((always_inline)) u64 log2l(u64 v) { u64 r = 0; while (v >>= 1) r++; return r ?: 1; }
_Static_assert(sizeof(struct event) > 16, "size");
__attribute__((section("ksyscall/write"), c2aya_ksyscall)) int entry(void *ctx, u32 fd, const char *buf, u64 count)
{
	struct event e = { .pid = fd, .comm = "x", .bits.b = 2, [0] = 1 }, *p = &e;
	u32 list[] = { 1, 2, [4 ... 6] = 3 };
	static int calls;
	for (int i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (list[i] == BUSY || !p) continue;
		else if (count > limit) break;
		e.comm[i & 15] += (char)list[i] ? 'a' : "b"[0];
	}
	switch (fd) { case 0: goto out; case 1 ... 3: calls++; break; default: ; }
	__sync_fetch_and_add(&e.x, log2l(count));
	asm volatile("r0 = %[v]" : : [v]"r"(fd) : "r0");
	({ int t = helper(&events, p); t; });
	*(u64 *)p->p = (struct event){}.x;
	do { --calls; } while (calls > __builtin_offsetof(struct event, bits));
out:
	return p->pid, 0;
}
"#;

#[test]
fn the_probe_itself_is_read() {
    // One mistake on purpose: a record has no element 0.
    let (_, diagnostics) = read(&PROBE.replace(", [0] = 1", "").replace("r ?: 1", "r"));
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
}

#[test]
fn tokens_left_out_or_doubled_never_panic() {
    let (tokens, _) = lex(PROBE);
    let mut random = Random(3);
    for round in 0..150 {
        let mut text = String::new();
        let changes = random.below(4) + 1;
        let places: Vec<u64> = (0..changes)
            .map(|_| random.below(tokens.len() as u64))
            .collect();
        for (at, token) in tokens.iter().enumerate() {
            let written = &PROBE[token.start..token.end];
            let times = if places.contains(&(at as u64)) {
                match random.below(3) {
                    0 => 0,
                    1 => 2,
                    _ => {
                        let other = tokens[random.below(tokens.len() as u64) as usize];
                        text.push_str(&PROBE[other.start..other.end]);
                        text.push(' ');
                        1
                    }
                }
            } else {
                1
            };
            for _ in 0..times {
                text.push_str(written);
                text.push(' ');
            }
        }
        let (_, diagnostics) = read(&text);
        let gave_up = diagnostics
            .iter()
            .any(|diagnostic| diagnostic.message.contains("gave up"));
        assert!(!gave_up, "round {round}: {text}");
    }
}

#[track_caller]
fn check_ends(text: &str, code: &str) {
    let (_, diagnostics) = read(text);
    let codes: Vec<&str> = diagnostics.iter().map(|d| d.code.id).collect();
    assert!(codes.contains(&code), "{diagnostics:#?}");
    assert!(
        diagnostics.iter().all(|d| !d.message.contains("gave up")),
        "{diagnostics:#?}"
    );
}

#[test]
fn deep_nesting_is_an_error() {
    let nested = |open: &str, inner: &str, close: &str, times| {
        format!(
            "int f(int x) {{ {}{inner}{} }} int g;",
            open.repeat(times),
            close.repeat(times)
        )
    };
    check_ends(&nested("if (x) {", "", "}", 10_000), "E0102");
    check_ends(&nested("(", "x", ")", 10_000), "E0102");
    check_ends(&nested("!", "x;", "", 10_000), "E0102");
    check_ends(&nested("x + ", "x;", "", 10_000), "E0102");
    check_ends(&nested("x ? x : ", "x;", "", 10_000), "E0102");
    check_ends(&nested("if (x) x; else ", "x;", "", 10_000), "E0102");
    check_ends(&nested("if (x) ", "x;", "", 10_000), "E0102");
    check_ends(&nested("x = ", "x;", "", 10_000), "E0102");
    check_ends(&format!("int {}p;", "*".repeat(10_000)), "E0102");
    check_ends(&format!("int a{};", "[1]".repeat(10_000)), "E0102");
}

#[test]
fn nesting_that_clang_takes_is_read() {
    let deep = |times: usize| {
        format!(
            "int f(int x) {{ return {}x{}; }}",
            "(".repeat(times),
            ")".repeat(times)
        )
    };
    let (tree, diagnostics) = read(&deep(250));
    assert!(diagnostics.is_empty() && tree.functions[0].body.is_some());
}

#[test]
fn what_cannot_be_taken_away_ends_the_reading() {
    // Neither a type that nobody knows nor a name: whatever is left out, the error stays.
    for word in ["_Atomic", "_Float128", "asm", "\u{a0}"] {
        let (_, diagnostics) = read(&format!("{{ {word} x; }}\nstruct a {{ {word} b; }};\n"));
        assert!(!diagnostics.is_empty(), "{word}");
    }
}
