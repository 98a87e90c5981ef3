use std::env;

/// Tells the programs which architecture's registers they will see.
fn main() -> aya_build::Result<()> {
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("bpf") {
        // As clang has it: memory is filled by stores, not by a call of a function that loops.
        println!("cargo::rustc-link-arg-bins=--disable-expand-memcpy-in-order");
        // MORE
    }
    aya_build::emit_bpf_target_arch_cfg()
}
