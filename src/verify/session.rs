//! Both programs of a pair in one world.

use super::{
    compare::{Difference, compare},
    machine::{Image, Limits, Run, Start, run},
    pair::Pair,
    world::{Oracle, Palette, World},
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
        let c = self.run(self.c, pair.c, world, FILL);
        let rust = self.run(self.rust, pair.rust, world, FILL);
        let counts = pair.kind.result_counts();
        let mut difference = compare(&c.outcome, None, &rust.outcome, counts);
        let mut indeterminate = false;
        if difference.is_some() && c.read_unwritten {
            let again = self.run(self.c, pair.c, world, OTHER_FILL);
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

    fn run(&self, image: &Image<'_>, start: Start, world: &World, fill: u8) -> Run {
        let oracle = Oracle::new(world, self.palette);
        run(image, start, oracle, fill, self.limits)
    }
}
