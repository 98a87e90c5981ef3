use std::env;

/// Tells which architecture's records these are: that of the kernel that the programs are built for,
/// or else the one that the loader runs on.
fn main() -> aya_build::Result<()> {
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    println!("cargo::rerun-if-env-changed=AYA_BPF_TARGET_ARCH");
    if arch == "bpf" || env::var_os("AYA_BPF_TARGET_ARCH").is_some() {
        return aya_build::emit_bpf_target_arch_cfg();
    }
    println!("cargo::rustc-check-cfg=cfg(bpf_target_arch, values(any()))");
    println!("cargo::rustc-cfg=bpf_target_arch=\"{arch}\"");
    Ok(())
}
