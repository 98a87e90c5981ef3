//! Both programs of a pair in one world.

use super::{
    compare::{Difference, compare},
    machine::{Image, Limits, Run, Start, run},
    pair::Pair,
    world::{Atom, Oracle, Palette, World, kernel_of},
};

/// What unwritten memory holds in the first run and in the one that checks C against itself.
const FILL: u8 = 0xa5;
const OTHER_FILL: u8 = 0x3c;

/// Both objects ready to run.
#[derive(Debug)]
pub struct Session<'a> {
    /// The C object.
    pub c: &'a Image<'a>,
    /// The Rust object.
    pub rust: &'a Image<'a>,
    /// Both for other kernels, which lack what programs ask about.
    pub others: &'a [(Image<'a>, Image<'a>)],
    /// Numbers to try.
    pub palette: &'a Palette,
    /// What one run may use.
    pub limits: Limits,
}

/// What came of one world.
#[derive(Debug)]
pub struct Trial {
    /// What C did.
    pub c: Run,
    /// What Rust did.
    pub rust: Run,
    /// In what they differ.
    pub difference: Option<Difference>,
    /// Whether C's programs depend on memory that nobody wrote.
    pub indeterminate: bool,
}

impl Session<'_> {
    /// Runs both programs of `pair` in `world`.
    pub fn try_world(&self, pair: &Pair, world: &World) -> Trial {
        let (c_image, rust_image) = self.images(world);
        let c = self.run(c_image, pair.c, world, FILL);
        let rust = self.run(rust_image, pair.rust, world, FILL);
        let counts = pair.kind.result_counts();
        let mut difference = compare(&c.outcome, None, &rust.outcome, counts);
        let mut indeterminate = false;
        if difference.is_some() && c.read_unwritten {
            let again = self.run(c_image, pair.c, world, OTHER_FILL);
            indeterminate = again.outcome != c.outcome;
            difference = compare(&c.outcome, Some(&again.outcome), &rust.outcome, counts);
        }
        Trial {
            c,
            rust,
            difference,
            indeterminate,
        }
    }

    /// The objects for the kernel of `world`.
    fn images(&self, world: &World) -> (&Image<'_>, &Image<'_>) {
        let kernel = Oracle::new(world, self.palette).ask(Atom::Kernel);
        let other = kernel_of(kernel, self.others.len()).and_then(|index| self.others.get(index));
        match other {
            Some((c, rust)) => (c, rust),
            None => (self.c, self.rust),
        }
    }

    fn run(&self, image: &Image<'_>, start: Start, world: &World, fill: u8) -> Run {
        let oracle = Oracle::new(world, self.palette);
        if !self.others.is_empty() {
            oracle.ask(Atom::Kernel);
        }
        run(image, start, oracle, fill, self.limits)
    }
}
