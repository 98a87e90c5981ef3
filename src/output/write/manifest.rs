//! What a folder's `.c2aya/manifest.json` tells.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Of what the files of a folder were made, and what they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this format.
    pub version: u32,
    /// `c2aya 0.1.0`
    pub generator: String,
    /// What the user asked for.
    pub options: Vec<String>,
    /// [Hashes](hash) of what was read, by name.
    pub inputs: BTreeMap<String, String>,
    /// [Hashes](hash) of what was generated, by path with `/` between its parts.
    pub files: BTreeMap<String, String>,
    /// [Hashes](hash) of new versions that wait beside files that somebody edited.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pending: BTreeMap<String, String>,
}

/// The version of the format that this c2aya writes, and the only one that it reads.
const VERSION: u32 = 1;

impl Manifest {
    /// A manifest without files.
    pub fn new(inputs: &BTreeMap<String, String>, options: &[String]) -> Self {
        Self {
            version: VERSION,
            generator: concat!("c2aya ", env!("CARGO_PKG_VERSION")).to_owned(),
            options: options.to_vec(),
            inputs: inputs.clone(),
            files: BTreeMap::new(),
            pending: BTreeMap::new(),
        }
    }

    /// Reads a manifest's text; an error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if manifest.version != VERSION {
            return Err(format!("its format is version {}", manifest.version));
        }
        Ok(manifest)
    }

    /// Its text: the same for the same contents.
    pub(super) fn text(&self) -> String {
        // Maps of strings always are JSON.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// `sha256:` and 64 hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
