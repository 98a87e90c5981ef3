//! The same C before clang: layouts and constants have to agree.

use std::{
    fmt::Write,
    process::{Command, Stdio},
};

use super::{dump, random::Random, read_well};
use crate::c::{const_eval, tree::Init};

/// The clang that is there, if any: version 22 is the one that builds the fixtures.
pub(super) fn clang() -> Option<&'static str> {
    ["clang-22", "clang"].into_iter().find(|name| {
        Command::new(name)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    })
}

/// What clang says about `text`: standard output and standard error.
pub(super) fn ask(clang: &str, text: &str, options: &[&str]) -> (String, String) {
    let folder = tempfile::tempdir().expect("no temporary folder");
    let file = folder.path().join("input.c");
    std::fs::write(&file, text).expect("can't write");
    let output = Command::new(clang)
        .args(["-fsyntax-only", "-w", "-ferror-limit=0"])
        .args(options)
        .arg(&file)
        .output()
        .expect("clang doesn't run");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}

fn field(random: &mut Random, records: u64, at: u64) -> String {
    const INTEGERS: &[&str] = &[
        "char",
        "signed char",
        "unsigned char",
        "short",
        "unsigned short",
        "int",
        "unsigned int",
        "long",
        "unsigned long",
        "long long",
        "unsigned long long",
        "_Bool",
        "enum e",
        "enum small",
        "enum wide",
    ];
    let bits = |ty: &str| match ty {
        "_Bool" => 1,
        ty if ty.ends_with("char") || ty == "enum small" => 8,
        ty if ty.ends_with("short") => 16,
        ty if ty.ends_with("long") || ty == "enum wide" => 64,
        _ => 32,
    };
    let aligned = match random.below(12) {
        0 => format!(" __attribute__((aligned({})))", 1 << random.below(5)),
        1 => " __attribute__((packed))".to_owned(),
        _ => String::new(),
    };
    match random.below(10) {
        0..=4 => {
            let ty = random.choose(INTEGERS);
            let width = random.below(bits(ty)) + 1;
            match random.below(8) {
                0 => format!("{ty} : 0;"),
                1 => format!("{ty} : {width};"),
                _ => format!("{ty} f{at} : {width}{aligned};"),
            }
        }
        5 if records > 0 => format!("struct r{} f{at}{aligned};", random.below(records)),
        6 => format!(
            "{} f{at}[{}]{aligned};",
            random.choose(INTEGERS),
            random.below(5) + 1
        ),
        7 => format!("void *f{at}{aligned};"),
        8 => format!(
            "struct {{ char a{at}; {} b{at} : 3; }};",
            random.choose(&["int", "long"])
        ),
        _ => format!("{} f{at}{aligned};", random.choose(INTEGERS)),
    }
}

fn records(random: &mut Random, count: u64) -> String {
    let mut text = String::from(
        "enum e { A, B = -1 }; enum small { C, D = 200 } __attribute__((packed));\n\
         enum wide { E = 0x100000000 };\n\
         typedef int aligned_int __attribute__((aligned(16)));\n",
    );
    for record in 0..count {
        let mut flexible = false;
        let keyword = if random.once_in(5) { "union" } else { "struct" };
        let _ = write!(text, "{keyword} r{record}_ {{ ");
        for at in 0..=random.below(7) {
            let _ = write!(text, "{} ", field(random, record, at));
        }
        if random.once_in(10) {
            let _ = write!(text, "aligned_int last; ");
        } else if keyword == "struct" && random.once_in(10) {
            let _ = write!(text, "char first; short flexible[]; ");
            flexible = true;
        }
        let attribute = match random.below(6) {
            0 => " __attribute__((packed))",
            1 => " __attribute__((aligned(8)))",
            2 => " __attribute__((packed, aligned(4)))",
            _ => "",
        };
        let _ = writeln!(text, "}}{attribute};");
        // A flexible array can't be in a member.
        let star = if flexible || random.once_in(3) {
            "*"
        } else {
            ""
        };
        let attribute = random.choose(&[
            "",
            "",
            "__attribute__((packed))",
            "__attribute__((aligned(16)))",
        ]);
        let _ = writeln!(
            text,
            "struct r{record} {{ char c; {keyword} r{record}_ {star}p; short s; }} {attribute};"
        );
        // Clang lays out what is asked about.
        for tag in [format!("{keyword} r{record}_"), format!("struct r{record}")] {
            let _ = writeln!(text, "_Static_assert(sizeof({tag}) + 1, \"\");");
        }
    }
    text
}

/// `name size align [offsets in bits]` of each named record, as clang dumps them.
fn layouts_of_clang(dump: &str) -> Vec<String> {
    let mut layouts = Vec::new();
    for part in dump.split("Type: ").skip(1) {
        let name = part.lines().next().unwrap_or_default();
        let value = |key: &str| {
            let rest = part.split_once(key)?.1;
            rest.split(['\n', '>']).next().map(str::trim)
        };
        let number = |key| value(key).and_then(|value| value.parse::<u64>().ok());
        if let (Some(size), Some(align)) = (number("\n  Size:"), number("\n  Alignment:")) {
            let offsets = value("FieldOffsets: ").unwrap_or_default();
            layouts.push(format!("{name} {size} {align} {offsets}"));
        }
    }
    // Records without a tag have no name to be compared by, and clang has some of its own.
    layouts.retain(|layout| {
        let name = layout.split_once(' ').map_or("", |(_, name)| name);
        name.starts_with('r') && !name.contains("::")
    });
    layouts.sort();
    layouts
}

fn layouts_of_ours(text: &str) -> Vec<String> {
    let tree = read_well(text);
    let mut layouts: Vec<String> = tree
        .types
        .records
        .iter()
        .filter_map(|record| {
            let keyword = if record.union_ { "union" } else { "struct" };
            let offsets: Vec<String> = record
                .fields
                .iter()
                .flatten()
                .map(|field| match field.bits {
                    Some(bits) => bits.bit_offset.to_string(),
                    None => (field.offset * 8).to_string(),
                })
                .collect();
            Some(format!(
                "{keyword} {} {} {} [{}]",
                record.tag.as_ref()?,
                record.size * 8,
                record.align * 8,
                offsets.join(", ")
            ))
        })
        .collect();
    layouts.sort();
    layouts
}

#[test]
fn records_lie_as_clang_lays_them_out() {
    let Some(clang) = clang() else {
        eprintln!("records_lie_as_clang_lays_them_out: skipped, no clang is installed");
        return;
    };
    let mut random = Random(7);
    let text = records(&mut random, 300);
    let ours = layouts_of_ours(&text);
    for target in ["bpfel", "bpfeb"] {
        let options = ["-target", target, "-Xclang", "-fdump-record-layouts-simple"];
        let (dump, errors) = ask(clang, &text, &options);
        let theirs = layouts_of_clang(&dump);
        assert!(theirs.len() >= 600, "{} layouts, {errors}", theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let tag = ours.split(' ').nth(1).unwrap_or_default();
            let source = text
                .lines()
                .find(|line| line.contains(&format!(" {tag} {{")));
            let inner = text
                .lines()
                .find(|line| line.contains(&format!(" {tag}_ {{")));
            assert_eq!(ours, theirs, "{target}: {source:?} {inner:?}");
        }
        assert_eq!(ours.len(), theirs.len());
    }
}

fn expression(random: &mut Random, depth: u32) -> String {
    const TYPES: &[&str] = &[
        "char",
        "unsigned char",
        "short",
        "unsigned short",
        "int",
        "unsigned int",
        "long",
        "unsigned long",
        "long long",
        "unsigned long long",
        "_Bool",
        "signed char",
    ];
    const LITERALS: &[&str] = &[
        "0",
        "1",
        "2",
        "7",
        "31",
        "'a'",
        "'\\xff'",
        "0x7fffffff",
        "0x80000000",
        "2147483648",
        "0xffffffffffffffff",
        "1u",
        "3UL",
        "5LL",
        "9ull",
        "017",
        "100000L",
        "-1",
        "A",
        "B",
        "W",
        "sizeof(int)",
        "sizeof(struct s)",
        "_Alignof(long)",
        "__builtin_offsetof(struct s, b)",
    ];
    if depth == 0 {
        return random.choose(LITERALS).to_owned();
    }
    let mut inner = || expression(random, depth - 1);
    let (a, b, c) = (inner(), inner(), inner());
    match random.below(12) {
        0..=6 => {
            let operator = random.choose(&[
                "+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", ">", "<=", ">=", "==",
                "!=", "&&", "||",
            ]);
            format!("({a} {operator} {b})")
        }
        7 => format!("({a} ? {b} : {c})"),
        8 | 9 => format!("(({}){a})", random.choose(TYPES)),
        10 => format!("({}{a})", random.choose(&["~", "!", "- ", "+ "])),
        _ => a,
    }
}

#[test]
fn constants_have_the_values_and_types_that_clang_computes() {
    let Some(clang) = clang() else {
        eprintln!(
            "constants_have_the_values_and_types_that_clang_computes: skipped, no clang is installed"
        );
        return;
    };
    let context = "struct s { char a; long b; int c : 3; };\n\
                   enum { A = -3, B = 7 }; enum { W = 0x100000000 };\n";
    let mut random = Random(11);
    let mut assertions = String::from(context);
    let mut known = 0;
    for _ in 0..500 {
        let expr = expression(&mut random, 4);
        let (tree, _) = super::read(&format!(
            "{context} __typeof__({expr}) *t; long long v = (long long)({expr});"
        ));
        let [ty, value] = &tree.variables[..] else {
            continue;
        };
        let Some(Init::Expr(value)) = &value.init else {
            continue;
        };
        let Some(value) = const_eval::eval(&tree, value) else {
            continue;
        };
        known += 1;
        let _ = writeln!(
            assertions,
            "_Static_assert((long long)({expr}) == (long long){}ull, \"value {value}\");",
            value as u64
        );
        let _ = writeln!(
            assertions,
            "_Static_assert(__builtin_types_compatible_p(__typeof__({expr}) *, {}), \"type\");",
            dump::ty(&tree, &ty.ty)
        );
    }
    assert!(known > 300, "only {known} expressions have a value");
    let (_, errors) = ask(clang, &assertions, &["-target", "bpf"]);
    // Overflow and the like are errors of the expression, and not what is compared here.
    let wrong: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("static assertion failed"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {known}: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
    let refused = errors
        .lines()
        .filter(|line| line.contains("error:"))
        .count();
    assert!(
        refused < known,
        "clang refuses {refused} assertions of {known}"
    );
}
