//! A C object and a Rust object side by side.
//!
//! Both are loaded as a loader would do it, and run in a machine of our own on the same made-up
//! worlds; whatever can be seen from outside is compared.

pub mod btf;
mod bytes;
mod compare;
mod coverage;
mod decided;
mod ends;
pub mod error;
mod explore;
mod guide;
pub(crate) mod helpers;
mod insn;
mod kind;
mod machine;
pub mod object;
mod pair;
pub mod prove;
mod registers;
mod report;
mod session;
mod show;
mod shrink;
mod world;

pub use bytes::Endian;
pub use error::{Error, Result, Side};
pub use kind::Kind;
pub use report::{Branches, Cost, ProgramReport, Report, Verdict};
pub use show::Shown;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use btf::Btf;
use explore::{Budget, explore};
use machine::Limits;
use object::{Kernel, Object, lacking};
use pair::Pair;
use prove::ProveOptions;
use registers::Registers;
use session::Session;
use show::Terms;
use world::Palette;

use crate::arch::Arch;

/// How to compare.
#[derive(Clone, Debug)]
pub struct Options {
    /// The architecture whose registers the programs see.
    pub arch: Arch,
    /// Worlds for each program.
    pub worlds: u64,
    /// Decides about the worlds: the same seed, the same worlds.
    pub seed: u64,
    /// When to stop whatever was reached; never, so that the answer depends on the seed alone.
    pub time: Option<Duration>,
    /// The types of the kernel for which CO-RE is relocated (`/sys/kernel/btf/vmlinux`); by
    /// default the C object's own.
    pub kernel: Option<Vec<u8>>,
    /// What the loader of the Rust object puts into read-only variables, beside what the names
    /// `core__STRUCT__FIELD` say.
    pub fill: BTreeMap<String, u64>,
    /// Kernels alone that wrap system calls, or that don't: for a C object that was compiled for one
    /// kind.
    pub wrapper: Option<bool>,
    /// Compare what both objects have, where the port has no more than a part.
    pub partly: bool,
    /// The programs to compare, by name; all, where nothing is said.
    pub only: Option<BTreeSet<String>>,
    /// Whether and how to prove beside.
    pub prove: Option<ProveOptions>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            arch: Arch::X86_64,
            worlds: 10_000,
            seed: 1,
            time: None,
            kernel: None,
            fill: BTreeMap::new(),
            wrapper: None,
            partly: false,
            only: None,
            prove: None,
        }
    }
}

/// Compares all programs of a C object with those of a Rust object: the bytes of both files.
///
/// # Errors
///
/// Where one can't be loaded, or their programs, maps or variables don't match.
pub fn verify(c: &[u8], rust: &[u8], options: &Options) -> Result<Report> {
    let registers = Registers::of(options.arch);
    let kernel = options.kernel.as_deref().map(Btf::parse).transpose()?;
    let load = |bytes, side, kernel| {
        let object = Object::load(bytes, &registers, kernel);
        let object = object.and_then(|object| {
            pair::check_arch(object.endian, &registers)?;
            Ok(object)
        });
        object.map_err(|error| error.of(side))
    };
    let nothing = BTreeSet::new();
    let whole = Kernel {
        btf: kernel.as_ref(),
        lacks: &nothing,
    };
    let c_bytes = c;
    let c = load(c, Side::C, whole)?;
    let mut rust = load(rust, Side::Rust, whole)?;
    pair::adopt_maps(&c, &mut rust);
    let pairs = pair::programs(&c, &rust, options.partly)?;
    let shape = pair::shape(&c, &rust, options.partly)?;
    let images = |c, kernel| {
        let fill = pair::core_fill(c, &rust, kernel, &registers, &options.fill)?;
        pair::images(c, &rust, &shape, &registers, &fill)
    };
    let (c_image, rust_image) = images(&c, whole)?;
    // Without the types of a kernel it may lack whatever programs are ready to do without.
    let lacking = match kernel {
        Some(_) => Vec::new(),
        None => lacking(&c.asked),
    };
    let other = |lacks| Kernel { btf: None, lacks };
    let objects = (lacking.iter())
        .map(|lacks| load(c_bytes, Side::C, other(lacks)))
        .collect::<Result<Vec<_>>>()?;
    let others = (lacking.iter().zip(&objects))
        .map(|(lacks, c)| images(c, other(lacks)))
        .collect::<Result<Vec<_>>>()?;
    let palette = Palette::of(&[&c, &rust]).with_wrapper(options.wrapper);
    let session = Session {
        c: &c_image,
        rust: &rust_image,
        others: &others,
        palette: &palette,
        limits: Limits::default(),
    };
    let budget = Budget {
        worlds: options.worlds,
        end: options
            .time
            .and_then(|time| Instant::now().checked_add(time)),
        seed: options.seed,
    };
    if let Some(prove) = &options.prove {
        prove::check_solver(prove)?;
    }
    let asked = |pair: &&Pair| {
        let only = options.only.as_ref();
        only.is_none_or(|only| only.contains(&pair.name))
    };
    let programs = pairs
        .iter()
        .filter(asked)
        .map(|pair| {
            let terms = Terms {
                c: &c,
                registers: &registers,
                pair,
                lacking: &lacking,
            };
            compare_pair(&session, pair, budget, options.prove.as_ref(), &terms)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Report {
        verdict: report::worst(&programs),
        arch: options.arch.name(),
        seed: options.seed,
        programs,
        alone: pair::alone(&c, &rust).map(str::to_owned).collect(),
    })
}

fn compare_pair(
    session: &Session<'_>,
    pair: &Pair,
    budget: Budget,
    prove: Option<&ProveOptions>,
    terms: &Terms<'_>,
) -> Result<ProgramReport> {
    let (c, rust) = (session.c.object, session.rust.object);
    let mut explored = explore(session, pair, budget);
    let mut proof = None;
    if let (Some(prove), None) = (prove, &explored.different) {
        let (done, found) = prove::prove(session, pair, prove)?;
        explored.different = found;
        proof = Some(done);
    }
    if let Some(prove) = prove {
        let [c, rust] = prove::subjects(session, pair);
        prove::ask_unreachable(&mut explored.c, &c, budget, prove)?;
        prove::ask_unreachable(&mut explored.rust, &rust, budget, prove)?;
    }
    let shown = explored.different.take().and_then(|(world, trial)| {
        let (world, trial) = shrink::shrink(session, pair, &world, *trial);
        Some(terms.shown(&world, &trial.difference?))
    });
    let report = ProgramReport::new(&pair.name, &pair.section, &explored, shown, c, rust);
    Ok(match proof {
        Some(proof) => report.with_proof(proof),
        None => report,
    })
}
