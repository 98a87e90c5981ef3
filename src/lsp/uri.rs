//! `file:` URIs.

use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path that a `file:` URI names.
pub fn to_path(uri: &Uri) -> Option<PathBuf> {
    let path = uri.as_str().strip_prefix("file://")?;
    // An authority, if there is one, is this machine.
    let path = path.get(path.find('/')?..)?;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

/// The URI of a path.
pub fn of(path: &Path) -> Option<Uri> {
    let path = std::path::absolute(path).ok()?;
    let encoded = crate::output::uri::encode(path.to_str()?);
    format!("file://{encoded}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let path = Path::new("/a b/ü%#?.c");
        let uri = of(path).unwrap();
        assert_eq!(uri.as_str(), "file:///a%20b/%C3%BC%25%23%3F.c");
        assert_eq!(to_path(&uri).unwrap(), path);
        assert_eq!(to_path(&"untitled:a".parse().unwrap()), None);
    }
}
