use std::env;

use aya_build::{Package, Toolchain, build_ebpf};

/// Builds the programs for the kernel; `main.rs` includes them.
fn main() -> aya_build::Result<()> {
    // Another toolchain of rustup's than `nightly`; it must have the component rust-src.
    println!("cargo::rerun-if-env-changed=EBPF_TOOLCHAIN");
    let toolchain = env::var("EBPF_TOOLCHAIN");
    let toolchain = toolchain
        .as_deref()
        .map_or(Toolchain::Nightly, Toolchain::Custom);
    let programs = Package {
        name: "NAME-ebpf",
        root_dir: "../NAME-ebpf",
        ..Default::default()
    };
    // There cargo finds the flags of the programs, in .cargo/config.toml.
    env::set_current_dir(programs.root_dir)?;
    build_ebpf([programs], toolchain)
}
