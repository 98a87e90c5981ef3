//! C declarations from raw BTF.

/// The declarations of the types in `bytes`, raw BTF, as `bpftool btf dump format c` orders them.
///
/// # Errors
///
/// What is wrong with the bytes.
pub(crate) fn to_c(bytes: &[u8]) -> Result<String, String> {
    let _ = bytes;
    Err("reading BTF is not there yet".into())
}
