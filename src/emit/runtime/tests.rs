use std::collections::BTreeSet;

use proc_macro2::TokenTree;

use super::{Module, Runtime, registers, select};
use crate::arch::Arch;

/// The offsets in the text of `syscall.rs`: an architecture's name and numbers, as they stand there.
fn offsets_of_template() -> Vec<(String, Vec<usize>)> {
    let text = Module::Syscall.text();
    let (_, rest) = text.split_once("mod offsets {").unwrap();
    let (block, _) = rest.split_once("\n}").unwrap();
    let lines: Vec<&str> = block.lines().filter(|line| !line.is_empty()).collect();
    lines
        .chunks(2)
        .map(|pair| {
            let arch = pair[0].split('"').nth(1).unwrap().to_owned();
            let list = pair[1].rsplit('[').next().unwrap();
            let list = list.trim_end_matches(&[']', ';'][..]);
            let numbers = list.split(", ").map(|number| number.parse().unwrap());
            (arch, numbers.collect())
        })
        .collect()
}

#[test]
fn syscall_reads_where_the_tables_say() {
    let found = offsets_of_template();
    let expected: Vec<(String, Vec<usize>)> = Arch::ALL
        .map(|arch| {
            let table = arch.table();
            let offsets = table.syscall.iter().map(|register| register.offset);
            (arch.name().to_owned(), offsets.collect())
        })
        .into();
    assert_eq!(found, expected);
}

#[test]
fn registers_are_words_of_the_tables_size() {
    for module in [Module::Syscall, Module::Regs] {
        for arch in Arch::ALL {
            let small = module.text().contains("#[cfg(any(bpf_target_arch = \"arm\", bpf_target_arch = \"mips\"))]\ntype Word = u32;");
            assert!(small, "{module:?}");
            let is_small = matches!(arch, Arch::Arm | Arch::Mips);
            assert_eq!(arch.table().word, if is_small { 4 } else { 8 });
        }
    }
}

#[test]
fn a_module_asked_for_whole_is_whole() {
    for module in Module::ALL {
        let text = module.text();
        let file = syn::parse_file(text).unwrap();
        let mut names = BTreeSet::new();
        let mut bodies = vec![quote::ToTokens::to_token_stream(&file)];
        while let Some(body) = bodies.pop() {
            for token in body {
                match token {
                    TokenTree::Ident(name) => drop(names.insert(name.to_string())),
                    TokenTree::Group(group) => bodies.push(group.stream()),
                    _ => {}
                }
            }
        }
        let selected = select::select(text, names.iter().map(String::as_str));
        for (selected, text) in selected.lines().zip(text.lines()) {
            assert_eq!(selected, text, "{module:?}");
        }
        assert_eq!(selected.len(), text.len(), "{module:?}");
    }
}

#[test]
fn what_is_not_needed_is_not_there() {
    let mut runtime = Runtime::default();
    runtime.need(Module::Atomic, "add");
    let text = runtime.text(Module::Atomic);
    assert!(text.contains("pub unsafe fn add<"));
    assert!(
        !text.contains("fetch_add") && !text.contains("from_register"),
        "{text}"
    );
    assert_eq!(runtime.modules(), [Module::Atomic]);

    // A field of a copy takes no helper to read it.
    runtime.need(Module::CoreRead, "Field::of");
    let text = runtime.text(Module::CoreRead);
    assert!(
        text.contains("pub fn of(") && !text.contains("pub fn read("),
        "{text}"
    );
}

#[test]
fn a_register_has_an_offset_for_each_architecture_that_has_it() {
    let mut runtime = Runtime::default();
    let name = runtime.need_register(crate::ir::body::Register::Parameter(4));
    runtime.need(Module::Regs, "load");
    let text = runtime.text(Module::Regs);
    assert_eq!(name, "PARM5");
    assert!(
        text.contains("#[cfg(bpf_target_arch = \"x86_64\")]\npub const PARM5: usize = 72; // r8\n")
    );
    assert!(!text.contains("#[cfg(bpf_target_arch = \"arm\")]\npub const PARM5"));
    assert_eq!(registers().count(), 20);
}

#[test]
fn a_single_file_has_its_modules_inside() {
    let mut runtime = Runtime::default();
    runtime.need(Module::Div, "div");
    let text = runtime.inline();
    assert!(text.starts_with("\nmod div {\n    //! Division"), "{text}");
    assert!(syn::parse_file(&text).is_ok());
    assert!(!text.contains("fn rem"));
}
