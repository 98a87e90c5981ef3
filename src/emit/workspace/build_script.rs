//! The build script of the programs: what LLVM is asked for.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::ir::Object;

/// What an object needs of LLVM beside what all need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asks {
    /// That it threads jumps through the heads of loops over states.
    pub state_loops: bool,
    /// That it unrolls as much as it does where C asks for it.
    pub unrolls: bool,
}

impl Asks {
    /// What `object` needs.
    pub const fn of(object: &Object) -> Self {
        Self {
            state_loops: object.state_loops,
            unrolls: object.unrolls,
        }
    }
}

/// The script for programs of these names.
pub(super) fn text<'a>(binaries: impl Iterator<Item = (&'a str, Asks)>) -> String {
    let mut more = String::new();
    for (name, asks) in binaries {
        let mut ask = |comment: &str, option: &str| {
            for line in comment.lines() {
                let _ = writeln!(more, "        // {line}");
            }
            let _ = writeln!(
                more,
                "        println!(\"cargo::rustc-link-arg-bin={name}=--llvm-args={option}\");"
            );
        };
        if asks.state_loops {
            ask(
                &format!(
                    "A function of `{name}` is a loop over states, for jumps that Rust doesn't have: LLVM makes\njumps of them again, the way back through the loop's head included."
                ),
                "-jump-threading-across-loop-headers",
            );
        }
        if asks.unrolls {
            ask(
                &format!(
                    "A loop of `{name}` is unrolled, as `#pragma unroll` has it: otherwise it may be more than\nthe kernel's verifier walks through. LLVM unrolls as much for C."
                ),
                "-unroll-threshold=16384",
            );
        }
    }
    include_str!("../../../templates/workspace/ebpf_build.rs").replace("        // MORE\n", &more)
}
