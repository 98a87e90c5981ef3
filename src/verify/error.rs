//! Why two objects could not be compared.

use std::fmt::{self, Display};

/// Which of the two objects is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The object that clang built.
    C,
    /// The object that rustc and bpf-linker built.
    Rust,
}

impl Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::Rust => "Rust",
        })
    }
}

/// One reason, in one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
}

/// What can go wrong before anything runs.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// The same error, said of one of the objects.
    #[must_use]
    pub fn of(self, side: Side) -> Self {
        Self::new(format!("the {side} object: {}", self.message))
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Returns an [`Error`] built like `format!`.
macro_rules! fail {
    ($($argument:tt)*) => {
        return Err($crate::verify::error::Error::new(format!($($argument)*)))
    };
}
pub(crate) use fail;
