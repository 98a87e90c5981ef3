//! Tests of the index.

use std::sync::Arc;

use super::*;

fn index(text: &str) -> Option<Index> {
    Index::new(&Arc::from(text))
}

#[track_caller]
fn check(text: &str, name: &str, expected: &str) {
    let index = index(text).unwrap();
    let decl = match name.strip_prefix("tag ") {
        Some(tag) => index.tag(tag),
        None => index.ordinary(name),
    };
    let found = decl.and_then(|decl| text.get(index.range(decl)));
    assert_eq!(found.unwrap_or("none"), expected);
}

#[test]
fn typedefs() {
    check("typedef int a; typedef long b;", "b", "typedef long b;");
    check(
        "typedef int (*fn)(void *, int);",
        "fn",
        "typedef int (*fn)(void *, int);",
    );
    check("typedef char name[16];", "name", "typedef char name[16];");
    check(
        "typedef struct { int x; } t;",
        "t",
        "typedef struct { int x; } t;",
    );
    check(
        "typedef struct s { int x; } t;",
        "tag s",
        "typedef struct s { int x; } t;",
    );
    check(
        "typedef __int128 unsigned __u128;",
        "__u128",
        "typedef __int128 unsigned __u128;",
    );
}

#[test]
fn records_and_enumerators() {
    check(
        "struct a; struct a { int x; };",
        "tag a",
        "struct a { int x; };",
    );
    check(
        "struct a { struct { int y; } x; };",
        "tag a",
        "struct a { struct { int y; } x; };",
    );
    check(
        "struct a { struct b { int y; } x; };",
        "tag b",
        "struct a { struct b { int y; } x; };",
    );
    check(
        "enum { A = (1 << 3), B, };",
        "B",
        "enum { A = (1 << 3), B, };",
    );
    check(
        "enum e { A = 1, /* B */ C };",
        "tag e",
        "enum e { A = 1, /* B */ C };",
    );
    check("enum e { A = 1, /* B */ C };", "B", "none");
    check(
        "struct a { int x; } __attribute__((packed));",
        "tag a",
        "struct a { int x; } __attribute__((packed));",
    );
    check(
        "struct a __attribute__((packed)) { int x; };",
        "tag a",
        "struct a __attribute__((packed)) { int x; };",
    );
}

#[test]
fn functions() {
    check(
        "extern int f(struct a *, int) __weak __ksym;",
        "f",
        "extern int f(struct a *, int) __weak __ksym;",
    );
    check(
        "static inline int f(void) { return 0; } int g(void);",
        "g",
        "int g(void);",
    );
}

#[test]
fn directives_are_kept_apart() {
    let text = "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#define N \\\n 16\nstruct a { int x; };\n#endif\n";
    let index = index(text).unwrap();
    assert_eq!(
        &*index.directives(),
        "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n#define N \\\n 16\n#endif\n"
    );
    let endif = index.directives().find("#endif").unwrap();
    assert_eq!(text.get(index.original(endif)..), Some("#endif\n"));
}

#[test]
fn relocated_records_are_known() {
    let text = "struct a { int x; };\n#ifndef NO\n#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n#endif\nstruct b { int x; };\n#pragma clang attribute pop\nstruct c { int x; };";
    let index = index(text).unwrap();
    let relocated = |tag| index.relocated(index.tag(tag).unwrap());
    assert_eq!(
        (relocated("a"), relocated("b"), relocated("c")),
        (false, true, false)
    );
}

#[test]
fn conditional_declarations_need_a_preprocessor() {
    assert!(index("#ifndef A\nstruct a { int x; };\n#endif\n").is_some());
    assert!(index("struct b {};\n#ifdef A\nstruct a { int x; };\n#endif\n").is_none());
    assert!(index("struct a {\n#ifdef A\n\tint x;\n#endif\n};\n").is_none());
    assert!(index("enum a {\n\tA,\n#ifdef A\n\tB,\n#endif\n};\n").is_none());
    assert!(index("#include \"x.h\"\n").is_none());
    let kfuncs = "#ifndef G\nstruct b {};\n#ifndef BPF_NO_KFUNC_PROTOTYPES\nextern int f(void);\n";
    assert!(index(&format!("{kfuncs}#endif\n#endif\n")).is_some());
    assert!(
        index(&format!(
            "{kfuncs}#else\nextern int g(void);\n#endif\n#endif\n"
        ))
        .is_none()
    );
}

#[test]
fn brackets_in_literals_and_comments_are_none() {
    for hidden in ["'{'", "\"}\"", "/* } */ 1", "// }\n 1", "\"\\\"}\""] {
        let text = format!("static int f(void) {{ return {hidden}; }} struct a {{ int x; }};");
        check(&text, "tag a", "struct a { int x; };");
    }
    check("enum { A = '}', B };", "B", "enum { A = '}', B };");
    check("enum { A = ',', B };", "B", "enum { A = ',', B };");
}

#[test]
fn broken_text_ends() {
    for text in [
        "struct a {",
        "typedef int (",
        "/*",
        "enum { A = (",
        "{}{}}}",
        "#define",
        "\"",
        "a ) { ; }",
    ] {
        let _ = Index::unconditional(&Arc::from(text));
    }
}

#[test]
fn what_asks_for_the_kernels_types_is_not_them() {
    let is = |text: &str| super::looks_like(std::path::Path::new("types.h"), text);
    assert!(is(
        "/* x */\n#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\nint a;\n#endif\n"
    ));
    assert!(!is(
        "#pragma once\n#ifndef __VMLINUX_H__\ntypedef int u32;\n#endif\n"
    ));
}

#[test]
fn a_typedef_of_several_names() {
    let text = "typedef struct { int a; } first, *second;";
    check(text, "first", text);
    check(text, "second", text);
}
