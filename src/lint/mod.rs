//! Finds what is wrong with a probe although it compiles and loads.
//!
//! A file is read and understood as for a port; then each [`rule`] looks at its
//! [`context`]. Rules know libbpf and the kernel, the engine only how to ask them.

mod allow;
pub mod baseline;
pub mod context;
pub mod finding;
pub mod fix;
pub mod flow;
mod gaps;
pub mod place;
mod reads;
pub mod registry;
pub mod rule;
pub mod rules;
mod run;
pub mod settings;
mod shared;
pub mod tables;

pub use allow::additions;
pub use finding::{Applicability, Edit, Finding, Fix};
pub use rule::{Category, Confidence, Rule};
pub use run::{Job, Linted, lint_file, lint_files, with_context};
pub use settings::{Choice, KernelVersion, Settings};
