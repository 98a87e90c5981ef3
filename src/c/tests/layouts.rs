use super::read_well;

/// Checks size, alignment, and where each field of the last record lies: `name@byte` or, for a
/// bit-field, `name@bit:width`.
#[track_caller]
fn check_layout(text: &str, expected: &str) {
    let tree = read_well(&format!("{text};"));
    let record = tree.types.records.last().expect("no record");
    let fields: Vec<String> = record
        .fields
        .iter()
        .flatten()
        .map(|field| {
            let name = field.name.as_deref().unwrap_or("_");
            match field.bits {
                Some(bits) => format!("{name}@{}:{}", bits.bit_offset, bits.width),
                None => format!("{name}@{}", field.offset),
            }
        })
        .collect();
    let shown = format!("{}/{} {}", record.size, record.align, fields.join(" "));
    assert_eq!(shown, expected, "{text}");
}

#[test]
fn members_are_aligned() {
    check_layout("struct s { char a; int b; }", "8/4 a@0 b@4");
    check_layout(
        "struct s { char a; int b; } __attribute__((packed))",
        "5/1 a@0 b@1",
    );
    check_layout(
        "struct __attribute__((packed)) s { char a; int b; }",
        "5/1 a@0 b@1",
    );
    check_layout("struct s { int a; char b[3]; }", "8/4 a@0 b@4");
    check_layout("union u { int a; char b[5]; }", "8/4 a@0 b@0");
    check_layout(
        "struct s { char a; long b __attribute__((packed)); }",
        "9/1 a@0 b@1",
    );
    check_layout(
        "struct s { char a; char b __attribute__((aligned(8))); }",
        "16/8 a@0 b@8",
    );
    check_layout("struct s { char a; _Alignas(4) char b; }", "8/4 a@0 b@4");
    check_layout(
        "typedef int t __attribute__((aligned(16))); struct s { char a; t b; }",
        "32/16 a@0 b@16",
    );
    check_layout("struct s { int a; char b[]; }", "4/4 a@0 b@4");
    check_layout("struct s {}", "0/1 ");
}

#[test]
fn bit_fields_share_units() {
    check_layout("struct s { int a : 3, b : 4; }", "4/4 a@0:3 b@3:4");
    check_layout("struct s { int a : 30, b : 4; }", "8/4 a@0:30 b@32:4");
    check_layout(
        "struct s { int a : 30, b : 4; } __attribute__((packed))",
        "5/1 a@0:30 b@30:4",
    );
    check_layout(
        "struct s { int a : 3; int : 0; int b : 4; }",
        "8/4 a@0:3 _@32:0 b@32:4",
    );
    check_layout("struct s { char a; int b : 3; }", "4/4 a@0 b@8:3");
    check_layout("struct s { char a; long : 5; }", "2/1 a@0 _@8:5");
    check_layout(
        "enum e { A, B = 200 } __attribute__((packed)); struct s { enum e a : 3; char b; }",
        "2/1 a@0:3 b@1",
    );
    check_layout(
        "struct s { _Bool a : 1; unsigned long b : 40; }",
        "8/8 a@0:1 b@1:40",
    );
}

#[test]
fn enumerations_take_the_smallest_type_of_clang() {
    check_layout(
        "enum e { A }; struct s { char c; enum e e; }",
        "8/4 c@0 e@4",
    );
    check_layout(
        "enum e { A = 0x100000000 }; struct s { char c; enum e e; }",
        "16/8 c@0 e@8",
    );
    check_layout(
        "enum e { A = -1, B = 0xffffffff }; struct s { char c; enum e e; }",
        "16/8 c@0 e@8",
    );
}

/// Numbers as `clang -target bpf` gives them.
#[test]
fn a_pragma_bounds_alignment() {
    check_layout(
        "struct s { char a; long b; short c; } __attribute__((c2aya_pack(2)))",
        "12/2 a@0 b@2 c@10",
    );
    check_layout(
        "struct s { char a; int b __attribute__((aligned(8))); } __attribute__((c2aya_pack(4)))",
        "8/4 a@0 b@4",
    );
    check_layout(
        "struct s { int a : 30, b : 4; } __attribute__((c2aya_pack(2)))",
        "6/2 a@0:30 b@30:4",
    );
}
