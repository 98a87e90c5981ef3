//! An initramfs: a cpio archive of the kind "newc", as the kernel's
//! Documentation/driver-api/early-userspace/buffer-format.rst describes it.

/// Grows by files; [`Archive::finish`] gives its bytes.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    count: usize,
}

const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;

impl Archive {
    pub fn folder(&mut self, name: &str) {
        self.entry(name, &[], FOLDER | 0o755);
    }

    /// A file; its folder must come before it.
    pub fn file(&mut self, name: &str, contents: &[u8], permissions: u32) {
        self.entry(name, contents, FILE | permissions);
    }

    pub fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", &[], 0);
        self.bytes
    }

    fn entry(&mut self, name: &str, contents: &[u8], mode: u32) {
        self.count += 1;
        let header = [
            self.count,
            mode as usize,
            0, // owner
            0,
            1, // links
            0, // time
            contents.len(),
            0, // device of the file
            0,
            0, // device that the file is
            0,
            name.len() + 1,
            0, // checksum, which this kind hasn't got
        ];
        self.bytes.extend(b"070701");
        for field in header {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(contents);
        self.pad();
    }

    /// To a multiple of four bytes.
    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_aligned() {
        let mut archive = Archive::default();
        archive.file("a", b"12345", 0o644);
        let bytes = archive.finish();
        assert_eq!(&bytes[..6], b"070701");
        assert_eq!(&bytes[110..112], b"a\0");
        assert_eq!(&bytes[112..117], b"12345");
        assert_eq!(&bytes[120..126], b"070701");
    }
}
