use super::{check_body, check_errors, check_expr, check_expr_for, check_init};

#[test]
fn arithmetic_converts_its_operands() {
    check_expr("unsigned char a; int b;", "a + b", "(<int>a + b):int: int");
    check_expr(
        "unsigned char a; int b;",
        "a + b << 1",
        "((<int>a + b):int << 1):int: int",
    );
    check_expr("unsigned a; long b;", "a * b", "(<long>a * b):long: long");
    check_expr(
        "unsigned long a; int b;",
        "a - b",
        "(a - <unsigned long>b):unsigned long: unsigned long",
    );
    check_expr(
        "long long a; unsigned long b;",
        "a & b",
        "(<unsigned long long>a & <unsigned long long>b):unsigned long long: unsigned long long",
    );
    check_expr("char c;", "-c", "-<int>c: int");
    check_expr("_Bool b;", "~b", "~<int>b: int");
    check_expr(
        "typedef unsigned int u32; u32 a; int b;",
        "a | b",
        "(a | <unsigned int>b):unsigned int: u32",
    );
}

#[test]
fn shifts_promote_each_side_alone() {
    check_expr("unsigned long a; char b;", "1 << a", "(1 << a):int: int");
    check_expr(
        "unsigned long a; char b;",
        "a >> b",
        "(a >> <int>b):unsigned long: unsigned long",
    );
}

#[test]
fn literals_have_types() {
    check_expr("", "1", "1: int");
    check_expr("", "0", "0: int");
    check_expr("", "017", "15: int");
    check_expr("", "0b101", "5: int");
    check_expr("", "2147483648", "2147483648:long: long");
    check_expr("", "0x80000000", "2147483648:unsigned int: unsigned int");
    check_expr(
        "",
        "0xffffffffffffffff",
        "18446744073709551615:unsigned long: unsigned long",
    );
    check_expr("", "1u", "1:unsigned int: unsigned int");
    check_expr("", "1ULL", "1:unsigned long long: unsigned long long");
    check_expr("", "5L", "5:long: long");
    check_expr("", "'a'", "97: int");
    check_expr("", "'\\xff'", "-1: int");
    check_expr("", "'\\0'", "0: int");
    check_expr("", "'\\n'", "10: int");
    check_expr("", "\"a\" \"b\\n\"", "\"ab\\n\": char[4]");
}

#[test]
fn pointers_move_by_elements() {
    check_expr("int *p; char c;", "p + c", "(p ptr+ c): int *");
    check_expr("int *p;", "1 + p", "(p ptr+ 1): int *");
    check_expr("int *p, *q;", "p - q", "(p ptrdiff q): long");
    check_expr("int *p;", "p[2]", "*(p ptr+ 2): int");
    check_expr("int a[4];", "a[2]", "a[2]: int");
    check_expr("int a[4];", "*a", "*decay(a): int");
    check_expr("int a[4];", "&a", "&a: int (*)[4]");
    check_expr(
        "const char a[4];",
        "a + 1",
        "(decay(a) ptr+ 1): const char *",
    );
    check_expr("struct s { int x; } *p;", "p->x", "p->x: int");
    check_expr("const struct s { int x; } *p;", "p->x", "p->x: const int");
    check_expr(
        "struct s { struct { int x; }; } v;",
        "v.x",
        "v.<anonymous>.x: int",
    );
}

#[test]
fn conditionals_have_a_common_type() {
    check_expr(
        "int *p; void *q; int c;",
        "c ? p : q",
        "(c ? <void *>p : q): void *",
    );
    check_expr("int *p; int c;", "c ? p : 0", "(c ? p : <int *>0): int *");
    check_expr(
        "int *p; int c;",
        "c ? (void *)0 : p",
        "(c ? <int *>(void *)0 : p): int *",
    );
    check_expr(
        "char a; unsigned b; int c;",
        "c ? a : b",
        "(c ? <unsigned int><int>a : b): unsigned int",
    );
    check_expr(
        "int a; long b;",
        "a ? __c2aya_same : b",
        "(<long>a ?: b): long",
    );
}

#[test]
fn assignments_convert() {
    check_expr(
        "unsigned char a; int b;",
        "a = b",
        "a = <unsigned char>b: unsigned char",
    );
    check_expr(
        "unsigned char a; int b;",
        "a += b",
        "a += b in int: unsigned char",
    );
    check_expr(
        "unsigned long a; int b;",
        "a |= b",
        "a |= <unsigned long>b in unsigned long: unsigned long",
    );
    check_expr("int a; long b;", "a <<= b", "a <<= b in int: int");
    check_expr("int *p; long b;", "p += b", "p += b in int *: int *");
    check_expr("_Bool a; int b;", "a = b", "a = <_Bool>b: _Bool");
    let words = "enum { false, true }; _Bool a;";
    check_expr(words, "a = true", "a = <_Bool>1: _Bool");
    check_expr("enum { true = 7 };", "true", "true: int");
    check_expr("int a;", "a++", "a++: int");
    check_expr("int a;", "--a", "--a: int");
}

#[test]
fn bit_fields_promote_to_int_where_they_fit() {
    let s = "struct { unsigned a:3; unsigned b:32; unsigned long c:40; long d:7; int e:32; } s;";
    check_expr(
        s,
        "s.a + 1u",
        "(<unsigned int><int>s.a + 1:unsigned int):unsigned int: unsigned int",
    );
    check_expr(s, "s.a << 1", "(<int>s.a << 1):int: int");
    check_expr(s, "-s.b", "-s.b: unsigned int");
    check_expr(s, "-s.c", "-s.c: unsigned long");
    check_expr(s, "-s.d", "-<int>s.d: int");
    check_expr(s, "-s.e", "-s.e: int");
}

#[test]
fn sizes_are_constants_that_stay_readable() {
    check_expr(
        "struct s { char a; int b; };",
        "sizeof(struct s)",
        "sizeof(struct s)=8: unsigned long",
    );
    check_expr(
        "int a[7];",
        "sizeof(a) / sizeof(a[0])",
        "(sizeof(int[7])=28 / sizeof(int)=4):unsigned long: unsigned long",
    );
    check_expr(
        "struct s { char a; int b[4]; };",
        "__builtin_offsetof(struct s, b[2])",
        "offsetof(struct s, b[2])=12: unsigned long",
    );
    check_expr("", "_Alignof(long)", "8:unsigned long: unsigned long");
}

#[test]
fn calls_convert_arguments() {
    check_expr(
        "void g(unsigned char, const void *); int a; char *p;",
        "g(a, p)",
        "g(<unsigned char>a, <const void *>p): void",
    );
    check_expr(
        "long (*g)(int) = (void *)1; char c;",
        "g(c)",
        "g(<int>c): long",
    );
    check_expr(
        "long (*g)(int) = (void *)1; char c;",
        "(*g)(c)",
        "g(<int>c): long",
    );
    check_expr(
        "void g(const char *, ...); char c; float d;",
        "g(\"x\", c, d)",
        "g(<const char *>decay(\"x\"), <int>c, <double>d): void",
    );
    check_expr("void g(); char c;", "g(c)", "g(<int>c): void");
}

#[test]
fn builtins_have_types() {
    check_expr(
        "long a; int b;",
        "__sync_fetch_and_add(&a, b)",
        "__sync_fetch_and_add(&a, <long>b):long: long",
    );
    check_expr(
        "char a[4];",
        "__builtin_memset(&a, 0, sizeof(a))",
        "__builtin_memset(<void *>&a, 0, sizeof(char[4])=4):void *: void *",
    );
    check_expr(
        "struct s { const int x; } *p;",
        "__c2aya_core_read(p->x)",
        "__c2aya_core_read(p->x):int: int",
    );
    check_expr(
        "unsigned short x;",
        "__c2aya_htons(x)",
        "__c2aya_htons(x):unsigned short: unsigned short",
    );
    check_expr(
        "long x;",
        "__c2aya_htons(x)",
        "__c2aya_htons(<unsigned short>x):unsigned short: unsigned short",
    );
    check_expr(
        "int x;",
        "__builtin_expect(!!x, 1)",
        "__builtin_expect(<long>!!x, <long>1):long: long",
    );
    check_expr("int x;", "__builtin_constant_p(x)", "0: int");
    check_expr("", "__builtin_constant_p(3)", "1: int");
    check_expr("int x;", "_Generic(x, long: 1, int: 2)", "2: int");
}

#[test]
fn initialisers_name_parts_by_place() {
    check_init(
        "int a[] = {1, 2, [5] = 3};",
        "a: int[6] = {0: 1, 1: 2, 5: 3}",
    );
    check_init("char a[] = \"hi\";", "a: char[3] = \"hi\"");
    check_init("char a[8] = {\"hi\"};", "a: char[8] = \"hi\"");
    check_init(
        "struct { int x, y; } a = {.y = 2};",
        "a: struct <anonymous> = {1: 2}",
    );
    check_init(
        "struct { int x; struct { int a, b; } y; int z; } a = {1, 2, 3, 4};",
        "a: struct <anonymous> = {0: 1, 1: {0: 2, 1: 3}, 2: 4}",
    );
    check_init(
        "struct { int x; struct { int a, b; } y; int z; } a = {.y.b = 3, 4};",
        "a: struct <anonymous> = {1: {1: 3}, 2: 4}",
    );
    check_init(
        "struct { int x; struct { int a, b; } y; int z; } a = {.y.a = 3, 4};",
        "a: struct <anonymous> = {1: {0: 3, 1: 4}}",
    );
    check_init(
        "int a[2][2] = {1, 2, 3, 4};",
        "a: int[2][2] = {0: {0: 1, 1: 2}, 1: {0: 3, 1: 4}}",
    );
    check_init("int a[4] = {[1 ... 2] = 7};", "a: int[4] = {1: 7, 2: 7}");
    check_init(
        "union { int a; long b; } a = {.b = 1};",
        "a: union <anonymous> = {1: <long>1}",
    );
    check_init(
        "struct { int x; union { int a; long b; }; } a = {.b = 1};",
        "a: struct <anonymous> = {1: {1: <long>1}}",
    );
    // Both are parts of the one member that has a value.
    check_init(
        "union { struct { long a, b; }; long c; } a = {.a = 1, .b = 2};",
        "a: union <anonymous> = {0: {0: <long>1, 1: <long>2}}",
    );
    check_init(
        "union { long a; struct { int b, c; } d; } a = {.d.b = 1, .d.c = 2};",
        "a: union <anonymous> = {1: {0: 1, 1: 2}}",
    );
    check_init(
        "union { struct { long a, b; }; long c; } a = {.a = 1, .c = 2, .b = 3};",
        "a: union <anonymous> = {0: {1: <long>3}}",
    );
    check_init("int x; int *p = &x + 1;", "p: int * = (&x ptr+ 1)");
    check_init("struct s { int a[3]; } x = {};", "x: struct s = {}");
}

#[test]
fn statements_are_read() {
    check_body(
        "int f(int a) { if (a) return 1; else a = 2; return a; }",
        "{ if (a) return 1; else a = 2; return a; }",
    );
    check_body("char f(int a) { return a; }", "{ return <char>a; }");
    check_body(
        "void f(void) { for (int i = 0; i < 3; i++) ; }",
        "{ for (i: int = 0; (i < 3); i++) ; }",
    );
    check_body(
        "void f(char c) { switch (c) { case 'a': break; case 1 ... 3: default: ; } }",
        "{ switch (<int>c) { case 97: break; case 1...3: default: ; } }",
    );
    check_body(
        "struct s { int x; }; void f(void) { struct s v = {}; v = (struct s){}; }",
        "{ v: struct s = {}; v = (struct s){}; }",
    );
    check_body(
        "int f(void) { return ({ int x = 1; x; }); }",
        "{ return ({ x: int = 1; x; }); }",
    );
    check_body("void f(void) { static int n; n++; }", "{ f.n++; }");
    check_body(
        "void f(void) { __c2aya_auto x = 1ul; x; }",
        "{ x: unsigned long = 1:unsigned long; x; }",
    );
}

#[test]
fn mistakes_are_reported_once() {
    check_errors(
        "int count; int f(void) { return cuont; }",
        &["E0201 `cuont` name `cuont` is declared nowhere (did you mean `count`?)"],
    );
    check_errors(
        "struct s { int pid; }; int f(struct s *p) { return p->pdi; }",
        &["E0202 `pdi` `struct s` has no member `pdi` (did you mean `pid`?)"],
    );
    check_errors(
        "void g(int); void f(void) { g(); }",
        &["E0204 `g()` `g` takes 1 argument, not 0"],
    );
    check_errors(
        "void f(void) { 1 = 2; }",
        &["E0205 `1` only an object can be assigned to"],
    );
    check_errors(
        "_Static_assert(1 == 2, \"one is two\");",
        &[
            "E0211 `_Static_assert(1 == 2, \"one is two\");` this static assertion doesn't hold: one is two",
        ],
    );
    check_errors(
        "int f(void) { return 1 +; } int g(void) { return 2; }",
        &["E0101 `;` unexpected `;`, expected an expression"],
    );
    check_errors(
        "foo_t x; int f(foo_t *p) { return *p; }",
        &[
            "E0201 `foo_t` unknown type name `foo_t` (include the header that defines it, or a vmlinux.h that has it (`--vmlinux`, `--btf`))",
        ],
    );
    check_errors(
        "void f(int n) { int a[n]; }",
        &[
            "E0212 `n` the length of this array isn't known before the program runs (BPF programs have no variable-length arrays; use the greatest length)",
        ],
    );
}

/// Where only the number counts, a marker has one form on all machines.
#[test]
fn byte_order_alike() {
    for big_endian in [false, true] {
        let check = |context, expr, expected| check_expr_for(big_endian, context, expr, expected);
        check(
            "long x; unsigned long y;",
            "y = __c2aya_htons(x)",
            "y = <unsigned long>__c2aya_htons(x):long: unsigned long",
        );
        check(
            "unsigned x;",
            "__c2aya_ntohs(x) == 53",
            "(__c2aya_ntohs(x):unsigned int == <unsigned int>53): int",
        );
        check(
            "unsigned short x; unsigned long y;",
            "y = __c2aya_htonl(x)",
            "y = <unsigned long>__c2aya_htonl(<unsigned int>x):unsigned int: unsigned long",
        );
        check(
            "int x; long y;",
            "y = __c2aya_htonl(x)",
            "y = <long>__c2aya_htonl(<long long>x):long long: long",
        );
    }
}

/// `bpf_endian.h` of libbpf: on big-endian machines `bpf_htons(x)` is `(x)`.
#[test]
fn big_endian_byte_order() {
    let check = |context, expr, expected| check_expr_for(true, context, expr, expected);
    let order = "__c2aya_htons(x)";
    check("long x;", order, "__c2aya_htons(x):long: long");
    check("short x;", order, "__c2aya_htons(<int>x):int: int");
    check(
        "unsigned short x;",
        order,
        "__c2aya_htons(x):unsigned short: unsigned short",
    );
    check(
        "",
        "__c2aya_htons(8)",
        "__c2aya_htons(<unsigned short>8):unsigned short: unsigned short",
    );
    check("", "__c2aya_htons(-8)", "__c2aya_htons(-8):int: int");
    check(
        "long x; unsigned short y;",
        "y = __c2aya_htons(x)",
        "y = __c2aya_htons(<unsigned short>x):unsigned short: unsigned short",
    );
    check(
        "long x; long y;",
        "y = __c2aya_htons(x)",
        "y = __c2aya_htons(x):long: long",
    );
}
