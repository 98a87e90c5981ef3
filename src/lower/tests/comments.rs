use super::{HEAD, port_well};
use crate::ir::dump;

/// Each comment of `text` occurs in the object once.
#[track_caller]
fn check_all(text: &str, comments: &[&str]) {
    let object = port_well(&format!("{HEAD}{text}"));
    let found = dump::object(&object);
    for comment in comments {
        let ends = format!("// {comment}");
        let count = found.lines().filter(|line| line.ends_with(&ends)).count();
        assert_eq!(count, 1, "{comment}\n{found}");
    }
}

#[test]
fn every_comment_is_kept_once() {
    check_all(
        "/* one */\n#define MAX 8 /* two */\n\n/* three */\nstruct s {\n\t/* four */\n\tint a; /* five */\n\tint b;\n\t/* six */\n};\n\
         // seven\nconst volatile int x = 1; // eight\n\n/* nine */\nSEC(\"kprobe/f\")\nint BPF_KPROBE(f, /* ten */ int a)\n{\n\t/* eleven */\n\tif (a) {\n\t\t/* twelve */\n\t\ta++; /* thirteen */\n\t\t/* fourteen */\n\t} else {\n\t\t/* fifteen */\n\t\ta = /* sixteen */ 1;\n\t}\n\t/* seventeen */\n\treturn a;\n\t/* eighteen */\n}\n/* nineteen */\nchar LICENSE[] SEC(\"license\") = \"GPL\"; /* twenty */\n/* twenty-one */\n",
        &[
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
            "twenty-one",
        ],
    );
}

#[test]
fn comments_of_definitions_go_before_them() {
    check_all(
        "struct {\n\t/* one */\n\t__uint(type, BPF_MAP_TYPE_ARRAY); /* two */\n\t__uint(max_entries, 1);\n\t__type(key, u32);\n\t__type(value, u32);\n} m SEC(\".maps\");\n\
         int table[2] = {\n\t1, /* three */\n\t2, // four\n};\n\
         /* five */\nstatic int unused(void);\nSEC(\"kprobe/f\") int f(void *ctx) { return table[0]; }",
        &["one", "two", "three", "four", "five"],
    );
}

#[test]
fn comments_of_what_becomes_nothing_stand_apart() {
    let apart = |text: &str| {
        let object = super::port_well(&format!(
            "{}{text}\nu32 total;\nSEC(\"kprobe/f\") int f(void *ctx) {{ return total; }}",
            super::HEAD
        ));
        let total = object.globals.iter().find(|global| global.name == "total");
        let notes = &total.unwrap().notes.before;
        notes.iter().map(|one| one.apart).collect::<Vec<_>>()
    };
    assert_eq!(apart("/* one */"), [false]);
    assert_eq!(apart("/* one */\n"), [true]);
    assert_eq!(apart("/* one */\ntypedef u32 number;"), [true]);
    assert_eq!(apart("/* one */\n#define TWICE(x) ((x) * 2)"), [true]);
}
