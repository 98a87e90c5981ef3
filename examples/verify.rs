//! Compares a C-built BPF object with a Rust-built one: `verify C_OBJECT RUST_OBJECT [WORLDS [ARCH]]`.

use std::{env, fs, process::ExitCode};

use c2aya::{
    arch::Arch,
    verify::{Options, verify},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [c, rust, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: verify C_OBJECT RUST_OBJECT [WORLDS [ARCH]]");
        return ExitCode::from(2);
    };
    let mut options = Options::default();
    if let Some(worlds) = rest.first().and_then(|worlds| worlds.parse().ok()) {
        options.worlds = worlds;
    }
    if let Some(arch) = rest.get(1).and_then(|arch| Arch::parse(arch)) {
        options.arch = arch;
    }
    let (c, rust) = match (fs::read(c), fs::read(rust)) {
        (Ok(c), Ok(rust)) => (c, rust),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match verify(&c, &rust, &options) {
        Ok(report) => {
            print!("{report}");
            ExitCode::from(report.exit_code())
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
