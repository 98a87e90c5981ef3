use super::{Emitted, PortedObject, common_path, package_name, single_file, workspace};
use crate::emit::{
    loader::tests as samples,
    runtime::{Module, Runtime},
};
use crate::ir::Object;

fn emitted() -> Emitted {
    let mut runtime = Runtime::default();
    runtime.need(Module::Syscall, "args");
    runtime.need(Module::Atomic, "add");
    Emitted {
        wraps: false,
        main: "pub fn program() {}\n".to_owned(),
        imports: "use aya_ebpf::Global;\n".to_owned(),
        doc: "//! What it is.\n".to_owned(),
        common: "pub const LENGTH: usize = 4;\n".to_owned(),
        runtime,
        ..Emitted::default()
    }
}

#[test]
fn one_object_is_laid_out_as_the_template_has_it() {
    let (ir, emitted) = (samples::watch(), emitted());
    let ported = PortedObject {
        ir: &ir,
        emitted: &emitted,
    };
    let made = workspace("watch", &[ported]);
    for path in [
        "Cargo.toml",
        "README.md",
        ".gitignore",
        "watch/Cargo.toml",
        "watch/build.rs",
        "watch/src/main.rs",
        "watch-common/src/lib.rs",
        "watch-ebpf/.cargo/config.toml",
        "watch-ebpf/build.rs",
        "watch-ebpf/src/lib.rs",
        "watch-ebpf/src/main.rs",
        "watch-ebpf/src/atomic.rs",
        "watch-ebpf/src/syscall.rs",
    ] {
        assert!(
            made.files.contains_key(std::path::Path::new(path)),
            "{path}"
        );
    }
    let text = |path: &str| &made.files[std::path::Path::new(path)];
    assert!(text("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
    assert!(text("watch-ebpf/Cargo.toml").contains("name = \"watch\""));
    assert!(text("watch/build.rs").contains("\"watch-ebpf\""));
    // Cargo looks for it where it is started.
    assert!(text("watch/build.rs").contains("set_current_dir(programs.root_dir)"));
    let main = text("watch-ebpf/src/main.rs");
    assert!(main.contains("mod atomic;\nmod syscall;\n"), "{main}");
    assert!(main.contains("compile_error!"));
    for (path, text) in &made.files {
        assert!(
            !text.contains("NAME") && !text.contains("ABOUT"),
            "{path:?}"
        );
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path:?}");
    }
}

#[test]
fn several_objects_are_binaries_of_one_package() {
    let (watch, counts, emitted) = (samples::watch(), samples::counts(), emitted());
    let objects = [&watch, &counts].map(|ir| PortedObject {
        ir,
        emitted: &emitted,
    });
    let made = workspace("both", &objects);
    let text = |path: &str| &made.files[std::path::Path::new(path)];
    assert!(text("both-ebpf/Cargo.toml").contains("path = \"src/counts/main.rs\""));
    assert!(text("both-ebpf/src/watch/atomic.rs").contains("fn add"));
    assert!(text("both-common/src/lib.rs").contains("pub mod counts;"));
    assert_eq!(common_path("both", "counts", true), "both_common::counts");
    // One of them doesn't tell its licence.
    assert!(!text("Cargo.toml").contains("license"));
}

#[test]
fn more_is_asked_of_llvm_where_an_object_needs_it() {
    let emitted = emitted();
    let script = |state_loops, unrolls| {
        let ir = Object {
            state_loops,
            unrolls,
            ..samples::watch()
        };
        let counts = samples::counts();
        let ported = [&ir, &counts].map(|ir| PortedObject {
            ir,
            emitted: &emitted,
        });
        let made = workspace("both", &ported);
        made.files[std::path::Path::new("both-ebpf/build.rs")].clone()
    };
    for wanted in [[false, false], [true, false], [false, true], [true, true]] {
        let text = script(wanted[0], wanted[1]);
        let asked = [
            "-jump-threading-across-loop-headers",
            "-unroll-threshold=16384",
        ]
        .map(|option| text.contains(&format!("-bin=watch=--llvm-args={option}\"")));
        assert_eq!(asked, wanted, "{text}");
        assert!(
            !text.contains("-bin=counts=") && !text.contains("MORE"),
            "{text}"
        );
        assert!(syn::parse_file(&text).is_ok(), "{text}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (ir, emitted) = (samples::watch(), emitted());
    let ported = [PortedObject {
        ir: &ir,
        emitted: &emitted,
    }];
    assert_eq!(
        workspace("watch", &ported).files,
        workspace("watch", &ported).files
    );
}

#[test]
fn a_single_file_holds_everything() {
    let text = single_file(&emitted());
    assert!(text.starts_with("//! What it is.\n\n#![no_std]"));
    assert!(syn::parse_file(&text).is_ok(), "{text}");
    assert!(text.contains("\nmod atomic {\n") && !text.contains("mod atomic;"));
}

#[test]
fn packages_have_names_that_cargo_takes() {
    assert_eq!(package_name("exec_watch"), "exec_watch");
    assert_eq!(package_name("exec.watch"), "exec_watch");
    assert_eq!(package_name("9p"), "probe_9p");
    assert_eq!(package_name("loop"), "probe_loop");
    assert_eq!(package_name(""), "probe_");
}
