//! The same C before clang: types of expressions and what objects start with have to agree.

use std::{fmt::Write, process::Command};

use super::{
    clang::{ask, clang},
    dump,
    random::Random,
    read, read_well,
};
use crate::c::{
    const_eval,
    tree::{Init, Tree},
    types::{ArrayLen, CType, Kind},
};

const OPERANDS: &str = "char c; signed char sc; unsigned char uc; short s; unsigned short us; int i; \
    unsigned int u; long l; unsigned long ul; long long ll; unsigned long long ull; _Bool b; \
    enum e { E0, E1 } e; enum n { N0 = -1 } n; enum w { W0 = 0x100000000 } w; \
    struct t { unsigned f3 : 3; int g5 : 5; unsigned f32 : 32; int g32 : 32; unsigned long f40 : 40; \
    long g20 : 20; _Bool fb : 1; unsigned char fc : 8; int m; const int k; char a[4]; \
    struct t *next; } t, *tp; \
    int ai[3]; const char *cp; char *p; void *vp; const void *cvp; volatile int *ip; int (*fp)(char); \
    int fn(char); struct t ft(void);\n";

fn operand(random: &mut Random) -> String {
    const NAMES: &[&str] = &[
        "c",
        "sc",
        "uc",
        "s",
        "us",
        "i",
        "u",
        "l",
        "ul",
        "ll",
        "ull",
        "b",
        "e",
        "n",
        "w",
        "t.f3",
        "t.g5",
        "t.f32",
        "t.g32",
        "t.f40",
        "t.g20",
        "t.fb",
        "t.fc",
        "tp->m",
        "tp->k",
        "ai",
        "cp",
        "p",
        "vp",
        "cvp",
        "ip",
        "tp",
        "&t",
        "&i",
        "ai[1]",
        "*cp",
        "t.a",
        "tp->next",
        "0",
        "1",
        "1u",
        "1l",
        "1ul",
        "1ll",
        "'x'",
        "E1",
        "W0",
        "sizeof(int)",
        "fn(c)",
        "fp(c)",
        "*ip",
        "\"s\"",
        "ft().m",
        "(void *)0",
        "&ai[1]",
        "&tp->a",
        "*tp->next",
    ];
    random.choose(NAMES).to_owned()
}

fn typed_expression(random: &mut Random, depth: u32) -> String {
    if depth == 0 {
        return operand(random);
    }
    let a = typed_expression(random, depth - 1);
    let b = typed_expression(random, depth - 1);
    match random.below(9) {
        0..=4 => {
            let operator = random.choose(&[
                "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "==", "&&", ",",
            ]);
            format!("({a} {operator} {b})")
        }
        5 => format!("({} ? {a} : {b})", operand(random)),
        6 => format!("({}{a})", random.choose(&["~", "!", "- ", "+ "])),
        7 => format!(
            "({} {}= {b})",
            random.choose(&["c", "us", "u", "ll", "b", "t.f3", "e"]),
            random.choose(&["", "+", "<<", "|"])
        ),
        _ => a,
    }
}

#[test]
fn expressions_have_the_types_that_clang_gives_them() {
    let Some(clang) = clang() else {
        eprintln!(
            "expressions_have_the_types_that_clang_gives_them: skipped, no clang is installed"
        );
        return;
    };
    let mut random = Random(5);
    let mut assertions = String::from(OPERANDS);
    assertions.push_str("void assertions(void) {\n");
    let mut known = 0;
    while known < 600 {
        let expr = typed_expression(&mut random, 2);
        let (tree, diagnostics) = read(&format!(
            "{OPERANDS} void f(void) {{ __typeof__(({expr})) *type; }}"
        ));
        if !diagnostics.is_empty() {
            continue;
        }
        let function = super::function(&tree, "f");
        let ty = dump::ty(&tree, &function.locals[0].ty);
        known += 1;
        let _ = writeln!(
            assertions,
            "_Static_assert(__builtin_types_compatible_p(__typeof__(({expr})) *, {ty}), \"{ty}\");"
        );
    }
    assertions.push('}');
    let (_, errors) = ask(clang, &assertions, &["-target", "bpf"]);
    let wrong: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("error:") || line.contains("_Static_assert"))
        .collect();
    assert!(wrong.is_empty(), "{:#?}", &wrong[..wrong.len().min(12)]);
}

/// A type whose leaves are all `int`.
fn aggregate(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.once_in(4) {
        return "int x".to_owned();
    }
    let mut fields = String::new();
    for at in 0..=random.below(3) {
        let field = match random.below(4) {
            0 => format!("int m{at}[{}]; ", random.below(3) + 1),
            1 => format!("int m{at}; "),
            2 => {
                let inner = aggregate(random, depth - 1);
                format!("struct {{ {inner}; }} m{at}[{}]; ", random.below(2) + 1)
            }
            _ => format!("struct {{ {}; }} m{at}; ", aggregate(random, depth - 1)),
        };
        fields.push_str(&field);
    }
    fields.trim_end().trim_end_matches(';').to_owned()
}

/// An initialiser that fits, more or less.
fn initialiser(random: &mut Random, tree: &Tree, ty: &CType, next: &mut u32) -> String {
    let mut items = Vec::new();
    let parts: Vec<(String, CType)> = match &ty.kind {
        Kind::Array(element, ArrayLen::Known(len)) => (0..*len)
            .map(|index| (format!("[{index}]"), (**element).clone()))
            .collect(),
        Kind::Record(id) => tree.types.records[id.0 as usize]
            .fields
            .iter()
            .flatten()
            .map(|field| {
                let name = field.name.as_deref().unwrap_or_default();
                (format!(".{name}"), field.ty.clone())
            })
            .collect(),
        _ => {
            *next += 1;
            return next.to_string();
        }
    };
    let mut at = 0;
    // Behind a number that went somewhere into a part, only a designator says where to go on.
    let mut lost = false;
    while at < parts.len() {
        let (designator, part) = &parts[at];
        let was_lost = lost;
        let value = if random.once_in(3) {
            // Without braces, the numbers find their places themselves.
            lost = matches!(part.kind, Kind::Array(..) | Kind::Record(_));
            *next += 1;
            next.to_string()
        } else {
            lost = false;
            initialiser(random, tree, part, next)
        };
        match random.below(5) {
            _ if was_lost => items.push(format!("{designator} = {value}")),
            0 => items.push(format!("{designator} = {value}")),
            1 if at + 1 < parts.len() => {
                at += 1;
                lost = false;
                let (designator, part) = &parts[at];
                let value = initialiser(random, tree, part, next);
                items.push(format!("{designator} = {value}"));
            }
            _ => items.push(value),
        }
        at += 1;
        if random.once_in(6) {
            break;
        }
    }
    format!("{{ {} }}", items.join(", "))
}

/// The `int`s of an object, in order.
fn flatten(tree: &Tree, ty: &CType, init: Option<&Init>, into: &mut Vec<i128>) {
    let part = |wanted: u64| match init {
        Some(Init::List(parts)) => parts
            .iter()
            .find(|part| part.index == wanted)
            .map(|part| &part.value),
        _ => None,
    };
    match &ty.kind {
        Kind::Array(element, ArrayLen::Known(len)) => {
            for index in 0..*len {
                flatten(tree, element, part(index), into);
            }
        }
        Kind::Record(id) => {
            let fields = tree.types.records[id.0 as usize].fields.iter().flatten();
            for (index, field) in (0u64..).zip(fields) {
                flatten(tree, &field.ty, part(index), into);
            }
        }
        _ => into.push(match init {
            Some(Init::Expr(expr)) => const_eval::eval(tree, expr).expect("no constant"),
            _ => 0,
        }),
    }
}

/// The `int`s that clang's assembly puts behind the label `name`.
fn emitted(assembly: &str, name: &str) -> Vec<i128> {
    let mut values = Vec::new();
    let lines = assembly
        .lines()
        .skip_while(|line| *line != format!("{name}:"))
        .skip(1);
    for line in lines {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some(".long"), Some(value)) => values.push(value.parse().expect("no number")),
            (Some(".zero"), Some(bytes)) => {
                let bytes: usize = bytes.parse().expect("no number");
                values.extend(vec![0; bytes / 4]);
            }
            (Some(".size"), _) => break,
            _ => {}
        }
    }
    values
}

#[test]
fn objects_start_with_what_clang_puts_there() {
    let Some(clang) = clang() else {
        eprintln!("objects_start_with_what_clang_puts_there: skipped, no clang is installed");
        return;
    };
    let mut random = Random(9);
    let mut text = String::new();
    let count = 150;
    for at in 0..count {
        let ty = format!("struct s{at} {{ {}; }};", aggregate(&mut random, 3));
        let tree = read_well(&ty);
        let id = tree
            .types
            .records
            .iter()
            .position(|record| record.tag.is_some());
        let id =
            crate::c::types::RecordId(u32::try_from(id.expect("no record")).expect("too many"));
        let ty_of = CType {
            kind: Kind::Record(id),
            alias: None,
            const_: false,
            volatile: false,
            atomic: false,
            tags: Vec::new(),
        };
        let mut next = 0;
        let init = initialiser(&mut random, &tree, &ty_of, &mut next);
        let _ = writeln!(text, "{ty} struct s{at} v{at} = {init};");
    }
    let (tree, diagnostics) = read(&text);
    assert!(
        diagnostics
            .iter()
            .all(|diagnostic| diagnostic.code.id.starts_with('W')),
        "{diagnostics:#?}"
    );
    let folder = tempfile::tempdir().expect("no temporary folder");
    let file = folder.path().join("input.c");
    std::fs::write(&file, &text).expect("can't write");
    let output = Command::new(clang)
        .args(["-target", "bpfel", "-w", "-S", "-o", "-"])
        .arg(&file)
        .output()
        .expect("clang doesn't run");
    let assembly = String::from_utf8_lossy(&output.stdout);
    for variable in &tree.variables {
        let mut ours = Vec::new();
        flatten(&tree, &variable.ty, variable.init.as_ref(), &mut ours);
        let theirs = emitted(&assembly, &variable.name);
        let line = text
            .lines()
            .find(|line| line.contains(&format!(" {} =", variable.name)));
        assert_eq!(ours, theirs, "{line:?}");
    }
    assert_eq!(tree.variables.len(), count);
}
