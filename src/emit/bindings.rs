//! What aya-ebpf-bindings offers on every architecture (`scripts/aya-bindings` makes the list).

use std::{collections::HashMap, sync::LazyLock};

static LIST: LazyLock<Bindings> = LazyLock::new(|| {
    let mut bindings = Bindings::default();
    for line in include_str!("bindings.txt").lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["struct", name] => bindings.structs.push(name),
            ["typed", name] => bindings.typed.push(name),
            ["const", name, ty, value] => {
                if let Ok(value) = value.parse() {
                    bindings.constants.insert(name, (ty, value));
                }
            }
            _ => {}
        }
    }
    bindings
});

#[derive(Default)]
struct Bindings {
    structs: Vec<&'static str>,
    typed: Vec<&'static str>,
    constants: HashMap<&'static str, (&'static str, i128)>,
}

/// Whether `aya_ebpf::bindings` has a structure of that name.
pub fn has_struct(name: &str) -> bool {
    LIST.structs.contains(&name)
}

/// Whether a helper's first parameter is a pointer to something else than `c_void`.
pub fn takes_typed(helper: &str) -> bool {
    LIST.typed.contains(&helper)
}

/// The Rust type of a constant of `aya_ebpf::bindings` that has this name and value.
pub fn constant(name: &str, value: i128) -> Option<&'static str> {
    let (ty, known) = LIST.constants.get(name)?;
    (*known == value).then_some(*ty)
}
