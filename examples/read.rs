//! Prints what the source stage makes of files: `cargo run --example read -- FILE… [-I DIR]… [--text]`.
//!
//! For each file: whether lang-c parses it, the time that reading took, and the diagnostics.

use std::{path::PathBuf, thread, time::Instant};

use c2aya::{
    arch::Arch,
    source::{Cache, Options, VmlinuxSource, read, span::SourceMap},
};
use lang_c::driver::{Config, Flavor, parse_preprocessed};

fn main() {
    let mut options = Options::default();
    let (mut inputs, mut show, mut arch) = (Vec::new(), false, Arch::X86_64);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-I" => options.includes.extend(args.next().map(PathBuf::from)),
            "-isystem" => options
                .system_includes
                .extend(args.next().map(PathBuf::from)),
            "-D" => options.defines.extend(args.next()),
            "--cpp" => options.cpp = args.next(),
            "--vmlinux" => options.vmlinux = args.next().map(|p| VmlinuxSource::File(p.into())),
            "--btf" => options.vmlinux = args.next().map(|p| VmlinuxSource::Btf(p.into())),
            "--arch" => {
                arch = args
                    .next()
                    .and_then(|name| Arch::parse(&name))
                    .unwrap_or(arch)
            }
            "--text" => show = true,
            _ => inputs.push(PathBuf::from(arg)),
        }
    }
    let cache = Cache::default();
    for input in inputs {
        let mut files = SourceMap::default();
        let begin = Instant::now();
        let (unit, diagnostics) = read(&input, &options, arch, &cache, &mut files);
        let took = begin.elapsed();
        for diagnostic in &diagnostics {
            let place = diagnostic.span.and_then(|span| {
                let file = files.get(span.file)?;
                let (line, column) = files.line_column(span)?;
                Some(format!("{}:{line}:{column}: ", file.path.display()))
            });
            let place = place.unwrap_or_default();
            println!("  {place}{} {}", diagnostic.code.id, diagnostic.message);
        }
        let Some(unit) = unit else {
            println!("{}: not read ({took:?})", input.display());
            continue;
        };
        if show {
            println!("{}", unit.text);
            for used in unit.macro_uses.iter().filter(|used| !used.function_like) {
                println!("// {} = {:?}", used.name, unit.text.get(used.range.clone()));
            }
            for define in &unit.defines {
                println!(
                    "// {} {} => {} {:?}",
                    define.name, define.body, define.expanded, define.doc
                );
            }
        }
        let text = unit.text.clone();
        let parse = move || {
            let config = Config {
                flavor: Flavor::GnuC11,
                ..Config::default()
            };
            parse_preprocessed(&config, text).map_err(|error| (error.offset, error.to_string()))
        };
        let parsed = thread::Builder::new()
            .stack_size(512 << 20)
            .spawn(parse)
            .map(thread::JoinHandle::join);
        match parsed {
            Ok(Ok(Ok(_))) => println!(
                "{}: ok ({took:?}, {} bytes)",
                input.display(),
                unit.text.len()
            ),
            Ok(Ok(Err((offset, error)))) => {
                let near = unit
                    .text
                    .get(offset.saturating_sub(60)..(offset + 40).min(unit.text.len()));
                println!("{}: PARSE {error}\n  near {near:?}", input.display());
            }
            _ => println!("{}: the parser broke down", input.display()),
        }
    }
}
