//! Parts of options, records without names, values that are lent.

use super::check;

/// LLVM may make one of two constants that are alike; the loader changes one of them.
#[test]
fn options_are_used() {
    check(
        "int BPF_PROG(f) { return 0; }\nconst volatile u8 on = 1;\n\
         SEC(\"fentry/g\") int BPF_PROG(g) { sum = on; return 0; }",
        "#[used]\n#[unsafe(export_name = \"on\")]\nstatic ON: Global<u8> = Global::new(1);",
    );
}
