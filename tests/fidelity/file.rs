//! Whole C files of made-up functions.

use std::fmt::Write as _;

use crate::{
    function::{Function, Variable},
    random::Random,
    types::{Record, SCALARS, Ty, declaration, records, scalar_of},
};

/// What the functions of a file have in common.
pub struct File {
    pub records: Vec<Record>,
    pub globals: Vec<Variable>,
    pub helpers: Vec<Helper>,
}

/// A function that programs call.
#[derive(Clone, Debug)]
pub struct Helper {
    pub name: String,
    /// What its third parameter points to.
    pub record: usize,
}

/// How many places a program's results are written to.
const RESULTS: usize = 16;

/// A file with `count` programs, which the seed decides.
pub fn file(seed: u64, count: usize) -> String {
    let mut random = Random::new(seed);
    let mut file = File {
        records: records(&mut random, 4),
        globals: Vec::new(),
        helpers: Vec::new(),
    };
    let mut text = String::from(
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n\
         #include <bpf/bpf_core_read.h>\n#include <bpf/bpf_endian.h>\n\n#define LIMIT 40\n\n",
    );
    for record in &file.records {
        text += &record.definition(&file.records);
    }
    globals(&mut random, &mut file, &mut text);
    for number in 0..3 {
        let helper = helper(&file, number, random.next());
        text += &helper.1;
        file.helpers.push(helper.0);
    }
    for number in 0..count {
        text += &program(&file, number, random.next());
    }
    text + "char LICENSE[] SEC(\"license\") = \"GPL\";\n"
}

fn globals(random: &mut Random, file: &mut File, text: &mut String) {
    let types = [
        Ty::Record(random.below(4)),
        Ty::Array(Box::new(Ty::Scalar(scalar_of(random))), 4),
        Ty::Array(Box::new(Ty::Record(0)), 2),
        Ty::Scalar(scalar_of(random)),
    ];
    for (number, ty) in types.into_iter().enumerate() {
        let path = format!("g{number}");
        let _ = writeln!(text, "{};", declaration(&ty, &path, &file.records));
        file.globals.push(Variable {
            path,
            ty,
            writable: true,
            plain: false,
        });
    }
    text.push('\n');
}

fn helper(file: &File, number: usize, seed: u64) -> (Helper, String) {
    let mut function = Function::new(file, seed);
    let random = &mut function.random;
    let record = random.below(file.records.len());
    let (a, b, result) = (scalar_of(random), scalar_of(random), scalar_of(random));
    let kind = *random.one_of(&["static", "static __always_inline", "static __noinline"]);
    let name = format!("h{number}");
    function.add("a", Ty::Scalar(a), true);
    function.add("b", Ty::Scalar(b), true);
    function.locals();
    function.line("if (p) {");
    let variables = function.variables.len();
    function.add("(*p)", Ty::Record(record), false);
    function.block(0, 3);
    function.variables.truncate(variables);
    function.line("}");
    function.block(1, 3);
    let value = function.expr(1);
    function.line(&format!("return {value};"));
    let text = format!(
        "{kind} {} {name}({} a, {} b, {} *p)\n{{\n{}}}\n\n",
        result.c,
        a.c,
        b.c,
        file.records[record].c(),
        function.text
    );
    (Helper { name, record }, text)
}

fn program(file: &File, number: usize, seed: u64) -> String {
    let mut function = Function::new(file, seed);
    let mut parameters = String::new();
    for name in ["a", "b", "c", "d"] {
        let scalar = *function.random.one_of(&SCALARS);
        let _ = write!(parameters, ", {} {name}", scalar.c);
        function.add(name, Ty::Scalar(scalar), true);
    }
    function.locals();
    let kept = function.variables.clone();
    function.block(3, 8);
    function.variables = kept;
    let mut results = 0;
    for variable in function.variables.clone() {
        if results < RESULTS && !variable.path.starts_with('g') {
            let (path, _) = function.inside(variable.path, &variable.ty);
            function.line(&format!("out{number}[{results}] = {path};"));
            results += 1;
        }
    }
    format!(
        "u64 out{number}[{RESULTS}];\n\nSEC(\"ksyscall/read\")\nint BPF_KSYSCALL(f{number}{parameters})\n\
         {{\n{}\treturn 0;\n}}\n\n",
        function.text
    )
}
