use super::*;
use crate::source::token::{TokenKind, Unroll};

/// Tokens of `text`, split at blanks.
fn tokens(text: &str) -> Vec<Token> {
    let token = |(at, word): (usize, &str)| {
        let kind = match word.chars().next() {
            Some('"') => TokenKind::Str,
            Some('\'') => TokenKind::Char,
            Some('0'..='9') => TokenKind::Number,
            Some('@') => TokenKind::Pragma,
            Some(first) if first.is_alphabetic() || first == '_' => TokenKind::Word,
            _ => TokenKind::Punct,
        };
        Token {
            kind,
            text: word.trim_start_matches('@').replace('~', " ").into(),
            space: true,
            line_start: false,
            place: None,
            spelled: None,
            from_macro: false,
            unroll: None,
            index: u32::try_from(at).unwrap(),
        }
    };
    text.split_whitespace().enumerate().map(token).collect()
}

#[track_caller]
fn check(rewrite: impl Fn(&mut Vec<Token>), before: &str, after: &str) {
    let mut tokens = tokens(before);
    rewrite(&mut tokens);
    let words: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    assert_eq!(words.join(" "), after);
}

#[test]
fn elvis() {
    check(expressions::elvis, "a ? : b", "a ? __c2aya_same : b");
    check(expressions::elvis, "a ? b : c", "a ? b : c");
}

#[test]
fn types_compatible() {
    check(
        expressions::types_compatible,
        "__builtin_types_compatible_p ( int , struct s )",
        "__c2aya_types_compatible ( * ( typeof ( int ) * ) 0 , * ( typeof ( struct s ) * ) 0 )",
    );
    check(
        expressions::types_compatible,
        "__builtin_types_compatible_p ( int",
        "__builtin_types_compatible_p ( int",
    );
}

#[test]
fn literals() {
    check(|t| expressions::escapes(t), r"'\e' '\\e'", r"'\033' '\\e'");
    check(|t| expressions::separators(t), "1'000 x", "1000 x");
}

#[test]
fn static_assert() {
    check(
        expressions::static_assert,
        "_Static_assert ( sizeof ( int ) == 4 ) ;",
        "_Static_assert ( sizeof ( int ) == 4 , \"\" ) ;",
    );
    check(
        expressions::static_assert,
        "static_assert ( 1 , \"m\" ) ;",
        "_Static_assert ( 1 , \"m\" ) ;",
    );
}

#[test]
fn int128() {
    check(types::int128, "__int128 x ;", "__c2aya_int128 x ;");
    check(types::int128, "unsigned __int128 x", "__c2aya_uint128 x");
    check(types::int128, "__int128 unsigned x", "__c2aya_uint128 x");
}

#[test]
fn typeof_unqual() {
    check(
        types::typeof_unqual,
        "__typeof_unqual__ ( x ) y",
        "typeof ( __c2aya_unqual ( x ) ) y",
    );
    check(
        types::typeof_unqual,
        "typeof_unqual ( const int ) y",
        "typeof ( __c2aya_unqual ( * ( typeof ( const int ) * ) 0 ) ) y",
    );
}

#[test]
fn pointer_typeof() {
    check(
        types::pointer_typeof,
        "typeof ( u64 * ) * value ; typeof ( struct s * * ) q ; typeof ( * p ) v ; typeof ( a [ 2 ] ) w",
        "typeof ( ( u64 * ) 0 ) * value ; typeof ( ( struct s * * ) 0 ) q ; typeof ( * p ) v ; typeof ( a [ 2 ] ) w",
    );
}

#[test]
fn nested_typeof() {
    check(
        types::nested_typeof,
        "typeof ( __typeof__ ( typeof ( char [ 60 ] ) ) ) * key",
        "typeof ( char [ 60 ] ) * key",
    );
    check(
        types::nested_typeof,
        "typeof ( typeof ( x ) [ 2 ] ) y",
        "typeof ( typeof ( x ) [ 2 ] ) y",
    );
}

#[test]
fn enum_base() {
    check(
        types::enum_base,
        "enum e : int { A }",
        "enum e { A } __attribute__ ( ( c2aya_base ( sizeof ( int ) * 2 + ( ( int ) - 1 < ( int ) 1 ) ) ) )",
    );
    check(
        types::enum_base,
        "enum : u8 { A }",
        "enum { A } __attribute__ ( ( c2aya_base ( sizeof ( u8 ) * 2 + ( ( u8 ) - 1 < ( u8 ) 1 ) ) ) )",
    );
    check(types::enum_base, "enum e f : 3 ;", "enum e f : 3 ;");
}

#[test]
fn attributes() {
    check(
        attributes::standard,
        "[[ nodiscard ]] int f",
        "[[ nodiscard ]] int f",
    );
    check(attributes::standard, "[ [ nodiscard ] ] int f", "int f");
    check(attributes::standard, "a [ [ 1 ] ]", "a [ [ 1 ] ]");
    check(
        attributes::fallthrough,
        "__attribute__ ( ( fallthrough ) ) ;",
        ";",
    );
    check(
        attributes::misplaced,
        "int a ; int f ( void ) __attribute__ ( ( noinline ) ) { }",
        "int a ; __attribute__ ( ( noinline ) ) int f ( void ) { }",
    );
    check(
        attributes::misplaced,
        "int f ( void ) __attribute__ ( ( a ) ) __attribute__ ( ( b ) ) { }",
        "__attribute__ ( ( a ) ) __attribute__ ( ( b ) ) int f ( void ) { }",
    );
    check(
        attributes::local_labels,
        "{ __label__ a , b ; x ; }",
        "{ x ; }",
    );
    check(
        attributes::local_labels,
        "{ __label__ a ; goto a ; a : ; } { __label__ a ; { __label__ b ; b : goto a ; } a : ; }",
        "{ goto a ; a : ; } { { b : goto a_12 ; } a_12 : ; }",
    );
    check(
        attributes::misplaced,
        "{ out : __attribute__ ( ( unused ) ) return ; }",
        "{ out : return ; }",
    );
    check(
        attributes::misplaced,
        "enum __attribute__ ( ( packed ) ) e { A } ;",
        "enum e { A } __attribute__ ( ( packed ) ) ;",
    );
}

#[test]
fn pragmas() {
    check(
        pragmas::attach,
        "@clang~attribute~push~(__attribute__((preserve_access_index)),~apply_to~=~record) struct s { struct { int x ; } y ; } ; @clang~attribute~pop struct t { } ;",
        "struct s { struct { int x ; } __attribute__ ( ( preserve_access_index ) ) y ; } __attribute__ ( ( preserve_access_index ) ) ; struct t { } ;",
    );
    check(
        pragmas::attach,
        "@pack(push,~1) struct s { } ; @pack(pop) struct t { } ;",
        "struct s { } __attribute__ ( ( packed ) ) ; struct t { } ;",
    );
    check(
        pragmas::attach,
        "@pack(2) struct s { } ;",
        "struct s { } __attribute__ ( ( c2aya_pack ( 2 ) ) ) ;",
    );
    check(pragmas::attach, "@unroll for ( ; ; )", "for ( ; ; )");
}

#[test]
fn unrolled_loops() {
    for (text, unroll) in [
        ("@unroll for ( ; ; )", Some(Unroll::All)),
        ("@unroll(8) for ( ; ; )", Some(Unroll::Turns(8))),
        ("@unroll~4 for ( ; ; )", Some(Unroll::Turns(4))),
        ("@unroll~TURNS for ( ; ; )", Some(Unroll::All)),
        ("@clang~loop~unroll(full) for ( ; ; )", Some(Unroll::All)),
        (
            "@clang~loop~unroll_count(4) for ( ; ; )",
            Some(Unroll::Turns(4)),
        ),
        ("@GCC~unroll~10 for ( ; ; )", Some(Unroll::Turns(10))),
        (
            "@clang~loop~unroll(disable) for ( ; ; )",
            Some(Unroll::Turns(1)),
        ),
        ("@nounroll for ( ; ; )", Some(Unroll::Turns(1))),
        ("for ( ; ; )", None),
    ] {
        let mut read = tokens(text);
        pragmas::attach(&mut read);
        let marked: Vec<Option<Unroll>> = read.iter().map(|token| token.unroll).collect();
        assert_eq!(marked.first(), Some(&unroll), "{text}");
        assert!(marked.iter().skip(1).all(Option::is_none), "{text}");
    }
}

#[test]
fn nesting() {
    let deep = |depth: usize| tokens(&"( ".repeat(depth));
    assert!(check_nesting(&deep(MAX_NESTING)).is_none());
    assert!(check_nesting(&deep(MAX_NESTING + 1)).is_some());
}

#[test]
fn syntax_that_nothing_can_read() {
    let complains = |text: &str| check_syntax(&tokens(text)).is_some();
    assert!(complains("void * p = && out ;"));
    assert!(!complains("a && b ; ( a ) && b ; f ( ) && g"));
}

#[test]
fn asm_goto() {
    let check = |before, after| check(statements::asm_goto, before, after);
    check(
        "asm volatile goto ( \"x\" : : \"r\" ( a ? b : c ) : : out ) ;",
        "asm volatile ( \"%l \" \"x\" : : \"r\" ( a ? b : c ) ) ;",
    );
    check("asm goto ( \"x\" :: :: out )", "asm ( \"%l \" \"x\" )");
    check("asm goto ( \"x\" )", "asm ( \"%l \" \"x\" )");
    check(
        "asm volatile ( \"x\" ) ; goto out ;",
        "asm volatile ( \"x\" ) ; goto out ;",
    );
    check("asm goto (", "asm goto (");
}

#[test]
fn plain_asm() {
    let check = |before, after| check(statements::plain_asm, before, after);
    check(
        "{ asm ( \"x\" \"y\" ) ; if ( a ) __asm__ ( \"\" ) ; }",
        "{ asm volatile ( \"x\" \"y\" ) ; if ( a ) __asm__ volatile ( \"\" ) ; }",
    );
    for same in [
        "{ asm ( \"x\" : \"=r\" ( a ) ) ; }",
        "{ asm volatile ( \"x\" ) ; }",
        "{ register int a asm ( \"r0\" ) ; }",
        "int f ( void ) asm ( \"g\" ) ;",
        "{ asm ( \"x\"",
    ] {
        check(same, same);
    }
}

#[test]
fn last_member() {
    let check = |before: &str, after: &str| check(types::last_member, before, after);
    check("struct s { int a ; int b }", "struct s { int a ; int b ; }");
    check(
        "struct __attribute__ ( ( packed ) ) s { struct { int a : 3 } } x ;",
        "struct __attribute__ ( ( packed ) ) s { struct { int a : 3 ; } ; } x ;",
    );
    check(
        "struct s { } ; union u { int a ; }",
        "struct s { } ; union u { int a ; }",
    );
    check(
        "struct s f ( void ) { return a }",
        "struct s f ( void ) { return a }",
    );
}
