//! A program's own copies of libbpf's headers, of whatever version, or written anew.
//!
//! Such a file is read as it stands, but for the macros that c2aya has to recognise: those that it
//! defines are taken from the stand-ins. So what it lacks isn't there, and what it adds is.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use super::{
    lex::{Kind, Lexeme, lex},
    markers, standins,
};

/// By this end of its name, the file that stands for a copy includes the copy.
const AS_WRITTEN: &str = "?as-written";

/// The copy that an include in what [`stand_in`] gave means.
pub(super) fn as_written(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_suffix(AS_WRITTEN)?;
    Some(path.with_file_name(name))
}

/// What is read in place of the copy called `name`: the definitions of its macros, and an include of
/// itself.
pub(super) fn stand_in(name: &str, text: &str) -> String {
    let mut defined = own_macros(text).map(|(_, name)| name).collect();
    add_mentioned(&mut defined);
    let mut stand_in = String::new();
    let plain = plain_reads(text);
    for (_, text) in standins::macros() {
        add_definitions(&mut stand_in, text, &defined, &plain);
    }
    stand_in.push_str(&format!("#include \"{name}{AS_WRITTEN}\"\n"));
    stand_in
}

/// The copy itself, with blanks for what its stand-in defines; no byte moves.
pub(super) fn visible(text: &str) -> String {
    let mut visible = text.as_bytes().to_vec();
    for (range, _) in own_macros(text) {
        let bytes = visible.get_mut(range).into_iter().flatten();
        for byte in bytes.filter(|byte| !matches!(byte, b'\n' | b'\r')) {
            *byte = b' ';
        }
    }
    String::from_utf8_lossy(&visible).into_owned()
}

/// What a text defines, as a macro or as a function, that is a macro of the stand-ins.
fn own_macros(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let all = directives(text).chain(functions(text));
    all.filter(|(_, name)| MACROS.contains_key(name))
}

/// Adds the macros of the stand-ins that the definitions of others mention.
fn add_mentioned(names: &mut HashSet<&str>) {
    let mut todo: Vec<&str> = names.iter().copied().collect();
    while let Some(name) = todo.pop() {
        let mentioned = MACROS.get(name).into_iter().flatten();
        todo.extend(mentioned.filter(|word| names.insert(word)));
    }
}

/// The macros of the stand-ins, each with those that its definitions mention.
static MACROS: LazyLock<HashMap<&'static str, HashSet<&'static str>>> = LazyLock::new(|| {
    let mut macros: HashMap<&str, HashSet<&str>> = HashMap::new();
    let definitions = || standins::macros().flat_map(|(_, text)| definitions(body(text)));
    for (name, _) in definitions() {
        macros.entry(name).or_default();
    }
    let names: HashSet<&str> = macros.keys().copied().collect();
    for (name, behind) in definitions() {
        let words = lex(behind).filter(|lexeme| lexeme.kind == Kind::Word);
        let words = words.map(|lexeme| lexeme.of(behind));
        let mentions = words.filter(|word| names.contains(word));
        macros.entry(name).or_default().extend(mentions);
    }
    macros
});

/// Whether c2aya's own definitions use a macro, whatever the program defines.
fn is_inner(name: &str) -> bool {
    name.starts_with("___")
}

/// The definitions in a stand-in: the name, and what stands behind it.
fn definitions(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    directives(text).filter_map(move |(range, name)| {
        let behind = name.as_ptr().addr() - text.as_ptr().addr() + name.len();
        let is = text.get(range.clone())?.strip_prefix("#define").is_some();
        is.then_some((name, text.get(behind..range.end)?))
    })
}

/// What stands inside of a stand-in's include guard.
fn body(text: &'static str) -> &'static str {
    let inside = text.split_once("#ifndef ").map_or("", |(_, rest)| rest);
    let inside = inside.split_once("#define ").map_or("", |(_, rest)| rest);
    let (_, inside) = inside.split_once('\n').unwrap_or_default();
    inside.rsplit_once("#endif").map_or("", |(body, _)| body)
}

/// The directives of a stand-in, but for includes and for definitions that nobody asks for.
fn add_definitions(
    into: &mut String,
    text: &'static str,
    defined: &HashSet<&str>,
    plain: &HashSet<&str>,
) {
    let mut keeps = false;
    let mut reads_plainly = false;
    let mut continues = false;
    for line in body(text).lines() {
        if !continues {
            keeps = match line.strip_prefix('#').map(|line| line.split_once(' ')) {
                Some(Some(("define", rest))) => macro_name(rest).is_some_and(|name| {
                    reads_plainly = plain.contains(name);
                    defined.contains(name) || is_inner(name)
                }),
                Some(Some(("undef", rest))) => {
                    macro_name(rest).is_some_and(|name| defined.contains(name))
                }
                Some(Some(("include", _))) | None => false,
                Some(_) => true,
            };
        }
        continues = line.ends_with('\\');
        if keeps && reads_plainly {
            // All markers in these read.
            let marked = line.replace("__c2aya_core_", &format!("{}core_", markers::ANY));
            let marked = marked.replace("__c2aya_probe_", &format!("{}probe_", markers::ANY));
            into.push_str(&marked);
            into.push('\n');
        } else if keeps {
            into.push_str(line);
            into.push('\n');
        }
    }
}

/// The macros of a copy that read by `bpf_probe_read` or its `_str`, as libbpf's
/// did at first, themselves or by way of others.
fn plain_reads(text: &str) -> HashSet<&str> {
    let defined: Vec<(&str, HashSet<&str>)> = lines(text)
        .filter_map(|line| {
            let [hash, keyword, name, behind @ ..] = &line[..] else {
                return None;
            };
            let is = hash.of(text) == "#" && keyword.of(text) == "define";
            let words = behind.iter().filter(|it| it.kind == Kind::Word);
            is.then(|| (name.of(text), words.map(|word| word.of(text)).collect()))
        })
        .collect();
    let reads = |helpers: [&'static str; 2]| {
        let mut reads: HashSet<&str> = HashSet::from(helpers);
        loop {
            let before = reads.len();
            for (name, words) in &defined {
                // Numbers of arguments are pasted to the names of libbpf's inner macros.
                let inner = |word: &&str| {
                    is_inner(word) && reads.iter().any(|read| read.starts_with(*word))
                };
                if words.iter().any(|word| reads.contains(word) || inner(word)) {
                    reads.insert(name);
                }
            }
            if reads.len() == before {
                return reads;
            }
        }
    };
    let plainly = reads(["bpf_probe_read", "bpf_probe_read_str"]);
    let others = reads(["bpf_probe_read_kernel", "bpf_probe_read_kernel_str"]);
    plainly.difference(&others).copied().collect()
}

/// The name that begins a definition.
fn macro_name(rest: &str) -> Option<&str> {
    let is_word = |letter: char| letter == '_' || letter.is_alphanumeric();
    let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty())
}

/// The `#define`s and `#undef`s of a text, continued lines included, and their names.
fn directives(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    lines(text).filter_map(move |line| {
        let [hash, keyword, name, ..] = &line[..] else {
            return None;
        };
        let is = hash.of(text) == "#" && matches!(keyword.of(text), "define" | "undef");
        let end = line.last().map_or(name.end, |last| last.end);
        (is && name.kind == Kind::Word).then(|| (hash.start..end, name.of(text)))
    })
}

/// The lexemes of each line, of one that is continued as of one; comments left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Vec<Lexeme>> {
    let mut lexemes = lex(text).filter(|lexeme| !lexeme.is_comment()).peekable();
    std::iter::from_fn(move || {
        lexemes.peek()?;
        let line = lexemes.by_ref();
        Some(line.take_while(|it| it.kind != Kind::Newline).collect())
    })
}

/// The functions that a text defines, and their names.
fn functions(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut found = Vec::new();
    let (mut depth, mut parens) = (0usize, 0usize);
    let mut start = None;
    let mut name = None;
    let mut before: Option<Lexeme> = None;
    for line in lines(text) {
        if line.first().is_some_and(|first| first.of(text) == "#") {
            continue;
        }
        for lexeme in line {
            start.get_or_insert(lexeme.start);
            match (lexeme.of(text), depth) {
                ("(", 0) => {
                    // The last one is its parameters: those in front are of attributes.
                    if parens == 0 {
                        name = before.filter(|before| before.kind == Kind::Word);
                    }
                    parens += 1;
                }
                (")", 0) => parens = parens.saturating_sub(1),
                ("{", _) => depth += 1,
                ("}", 1) => {
                    depth = 0;
                    if let (Some(start), Some(name)) = (start.take(), name.take()) {
                        found.push((start..lexeme.end, name.of(text)));
                    }
                }
                ("}", _) => depth = depth.saturating_sub(1),
                (";", 0) => (start, name) = (None, None),
                _ => {}
            }
            before = Some(lexeme);
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, visible: &str, defines: &[&str], lacks: &[&str]) {
        let shown = super::visible(text);
        assert_eq!(shown.len(), text.len());
        let words: Vec<&str> = shown.split_whitespace().collect();
        assert_eq!(words.join(" "), visible);
        let stand_in = stand_in("bpf_helpers.h", text);
        let has = |name: &&&str| {
            let mut lines = stand_in.lines();
            lines.any(|line| line.strip_prefix("#define ").and_then(macro_name) == Some(name))
        };
        assert_eq!(
            defines.iter().filter(has).collect::<Vec<_>>().len(),
            defines.len(),
            "{stand_in}"
        );
        assert_eq!(lacks.iter().find(has), None);
        assert!(!stand_in.contains("#undef"));
    }

    #[test]
    fn what_it_defines_is_ours_and_what_it_adds_is_its_own() {
        check(
            "#pragma once\n#include \"x.h\"\n#define SEC(x) a \\\n b\n#define MINE SEC\n\
             #define BPF_KPROBE_SYSCALL(x) x\n\
             struct bpf_map_def { int type; };\nenum libbpf_pin_type { NONE };\n",
            "#pragma once #include \"x.h\" #define MINE SEC struct bpf_map_def { int type; }; \
             enum libbpf_pin_type { NONE };",
            &["SEC", "BPF_KPROBE_SYSCALL", "BPF_KSYSCALL", "___bpf_apply"],
            &["container_of", "__uint", "bpf_printk"],
        );
    }

    #[test]
    fn a_function_that_is_a_macro_of_ours() {
        check(
            "#ifdef __bpf__\nstatic __attribute__((always_inline)) void bpf_tail_call_static(void *c)\n\
             { if (c) { asm(\"\"); } }\n#endif\nint f(int a) { return a; }\n",
            "#ifdef __bpf__ #endif int f(int a) { return a; }",
            &["bpf_tail_call_static"],
            &["f"],
        );
    }

    #[test]
    fn reads_of_any_memory() {
        let check = |text, expected: &str| {
            let stand_in = stand_in("bpf_core_read.h", text);
            assert!(stand_in.contains(expected), "{stand_in}");
        };
        let read = "#define bpf_core_read(to, size, from) bpf_probe_read(to, size, from)\n";
        check(
            read,
            "bpf_core_read(dst, sz, src) __c2aya_any_core_read_mem(",
        );
        let kernel = read.replace("read(to, size, from)\n", "read_kernel(to, size, from)\n");
        check(
            &kernel,
            "bpf_core_read(dst, sz, src) __c2aya_core_read_mem(",
        );
        let by_others = format!(
            "#define ___read0(to, from) bpf_core_read(to, sizeof(*to), from)\n{read}\
             #define BPF_CORE_READ(from, a) ___bpf_apply(___read, 0)(from, a)\n"
        );
        check(
            &by_others,
            "BPF_CORE_READ(src, a, ...) __c2aya_any_core_read(",
        );
    }

    #[test]
    fn conditions_stay() {
        let stand_in = stand_in(
            "bpf_tracing.h",
            "#define bpf_target_x86\n#define PT_REGS_RC(x) x\n",
        );
        assert!(stand_in.contains("#if defined(__TARGET_ARCH_x86)\n#define bpf_target_x86\n#elif"));
        assert!(stand_in.contains("#define PT_REGS_RC(x) __c2aya"));
        assert!(stand_in.ends_with("#include \"bpf_tracing.h?as-written\"\n"));
    }
}
