//! Whether two paths that ended left the same behind.

use std::sync::Arc;

use super::{
    effect::Differ,
    facts::Facts,
    machine::{Ended, Prover, State, Stop},
    maps::{Element, MapState, original},
    memory::{Place, word_bytes},
    term::{Binary, Pool, Term},
};
use crate::verify::machine::{Image, memory::RegionId};

/// When something differs.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What.
    pub what: String,
    /// When.
    pub when: Term,
}

/// Two programs at the end of a path each, under facts of both.
#[derive(Debug)]
pub struct Ends<'s, 'a> {
    /// C.
    pub c: &'s State<'a>,
    /// Rust.
    pub rust: &'s State<'a>,
    /// C's object.
    pub c_image: &'a Image<'a>,
    /// Rust's.
    pub rust_image: &'a Image<'a>,
    /// Whether the kernel heeds the result.
    pub result_counts: bool,
}

impl Prover {
    /// All differences that aren't known to be none, and whether bytes that C never wrote were
    /// left out.
    ///
    /// # Errors
    ///
    /// Where it depends on something that has to be decided first.
    pub fn differences(
        &mut self,
        ends: &Ends<'_, '_>,
        facts: &mut Facts,
    ) -> Result<(Vec<Difference>, bool), Stop> {
        let (c, rust) = (ends.c, ends.rust);
        let (&Some(Ended::Returned(c_result)), &Some(Ended::Returned(rust_result))) =
            (&c.ended, &rust.ended)
        else {
            return Err(Stop::GiveUp(trapped(c, rust)));
        };
        let mut found = Vec::new();
        let mut differ = Differ {
            pool: &mut self.pool,
            facts,
            unwritten: false,
        };
        for nth in 0..c.events.len().max(rust.events.len()) {
            let (when, what) = match (c.events.get(nth), rust.events.get(nth)) {
                (Some(c), Some(rust)) => (differ.events(c, rust), c.to_string()),
                (Some(c), None) => (differ.pool.truth(true), format!("{c}, only in C")),
                (None, Some(rust)) => (differ.pool.truth(true), format!("{rust}, only in Rust")),
                (None, None) => continue,
            };
            found.push(Difference { what, when });
        }
        let mut unwritten = false;
        for (name, section, offset, size) in ends.c_image.compared() {
            let there = ends
                .rust_image
                .compared()
                .find(|(other, ..)| *other == name);
            let Some((_, rust_section, rust_offset, _)) = there else {
                continue;
            };
            let of = |differ: &mut Differ<'_>, state: &State<'_>, section: usize, offset: usize| {
                let id = state.sections.get(section).copied().unwrap_or(usize::MAX);
                state
                    .memory
                    .bytes(differ.pool, id, offset as u64, size as u64)
            };
            let c = of(&mut differ, c, section, offset)?;
            let rust = of(&mut differ, rust, rust_section, rust_offset)?;
            found.push(Difference {
                what: format!("the variable {name}"),
                when: differ.bytes(&c, &rust),
            });
        }
        unwritten |= differ.unwritten;
        for (what, c_id, rust_id) in self.written_beside(c, rust) {
            let mut differ = Differ {
                pool: &mut self.pool,
                facts,
                unwritten: false,
            };
            let mut offsets = c.memory.written(c_id);
            offsets.extend(rust.memory.written(rust_id));
            offsets.sort_unstable();
            offsets.dedup();
            let mut any = differ.pool.truth(false);
            for at in offsets {
                let c = c.memory.bytes(differ.pool, c_id, at, 1)?;
                let rust = rust.memory.bytes(differ.pool, rust_id, at, 1)?;
                let apart = differ.bytes(&c, &rust);
                any = differ.pool.bitwise(Binary::Or, any, apart);
            }
            unwritten |= differ.unwritten;
            found.push(Difference {
                what: what.to_owned(),
                when: any,
            });
        }
        let mut differ = Differ {
            pool: &mut self.pool,
            facts,
            unwritten: false,
        };
        if ends.result_counts {
            let c = differ.pool.extract(c_result, 0, 32);
            let rust = differ.pool.extract(rust_result, 0, 32);
            found.push(Difference {
                what: "the result".to_owned(),
                when: differ.numbers(c, rust),
            });
        }
        unwritten |= differ.unwritten;
        let mut names: Vec<&Arc<str>> = c
            .maps
            .iter()
            .chain(&rust.maps)
            .map(|map| &map.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let of = |state: &'_ State<'_>| state.maps.iter().position(|map| map.name == *name);
            self.map_differences(ends, facts, (of(c), of(rust)), &mut found, &mut unwritten)?;
        }
        found.retain(|difference| !self.pool.is_zero(difference.when));
        Ok((found, unwritten))
    }

    /// The context and the packet, to which programs may write.
    fn written_beside(
        &mut self,
        c: &State<'_>,
        rust: &State<'_>,
    ) -> Vec<(&'static str, RegionId, RegionId)> {
        let mut found = Vec::new();
        let context =
            |pool: &mut Pool, state: &State<'_>| match state.memory.locate(pool, state.context) {
                Place::Inside(id, 0) => Some(id),
                _ => None,
            };
        let contexts = (context(&mut self.pool, c), context(&mut self.pool, rust));
        if let (Some(c), Some(rust)) = contexts {
            found.push(("the context", c, rust));
        }
        if let (Some(c), Some(rust)) = (&c.packet, &rust.packet) {
            found.push(("the packet", c.region, rust.region));
        }
        found
    }

    fn map_differences(
        &mut self,
        ends: &Ends<'_, '_>,
        facts: &mut Facts,
        (c_map, rust_map): (Option<usize>, Option<usize>),
        found: &mut Vec<Difference>,
        unwritten: &mut bool,
    ) -> Result<(), Stop> {
        let c_map = c_map.and_then(|at| ends.c.maps.get(at));
        let rust_map = rust_map.and_then(|at| ends.rust.maps.get(at));
        let elements =
            |map: Option<&MapState<'_>>| map.map(|map| map.elements.clone()).unwrap_or_default();
        let c_elements = elements(c_map);
        let mut rust_elements: Vec<Option<Element>> =
            elements(rust_map).into_iter().map(Some).collect();
        let Some(map) = c_map.or(rust_map) else {
            return Ok(());
        };
        for element in &c_elements {
            let mut other = None;
            for candidate in &mut rust_elements {
                let Some(known) = candidate else { continue };
                let same = self.same_key(&element.key, &known.key);
                let same = facts.simplify(&mut self.pool, same);
                match self.pool.number(same) {
                    Some(1) => {
                        other = candidate.take();
                        break;
                    }
                    Some(_) => {}
                    None => return Err(Stop::Fork(same)),
                }
            }
            self.element_differs(
                ends,
                facts,
                map,
                (Some(element), other.as_ref()),
                found,
                unwritten,
            )?;
        }
        for element in rust_elements.iter().flatten() {
            self.element_differs(ends, facts, map, (None, Some(element)), found, unwritten)?;
        }
        Ok(())
    }

    fn element_differs(
        &mut self,
        ends: &Ends<'_, '_>,
        facts: &mut Facts,
        map: &MapState<'_>,
        (c, rust): (Option<&Element>, Option<&Element>),
        found: &mut Vec<Difference>,
        unwritten: &mut bool,
    ) -> Result<(), Stop> {
        let Some(any) = c.or(rust) else { return Ok(()) };
        let present =
            |element: Option<&Element>| element.map_or(any.was_present, |one| one.present);
        let (c_present, rust_present) = (present(c), present(rust));
        let mut cpus: Vec<Term> = [c, rust]
            .into_iter()
            .flatten()
            .flat_map(|element| element.values.iter().map(|&(cpu, _)| cpu))
            .collect();
        cpus.sort_unstable();
        cpus.dedup();
        let mut differ = Differ {
            pool: &mut self.pool,
            facts,
            unwritten: false,
        };
        let mut when = differ.numbers(c_present, rust_present);
        for cpu in cpus {
            let mut value = |element: Option<&Element>, state: &State<'_>| {
                let region = element.and_then(|element| {
                    let value = element.values.iter().find(|(known, _)| *known == cpu);
                    value.map(|&(_, region)| region)
                });
                let size = u64::from(map.def.value_size);
                if let Some(region) = region {
                    return state.memory.bytes(differ.pool, region, 0, size);
                }
                let words = if element.is_some_and(|element| element.replaced) {
                    Vec::new()
                } else {
                    original(differ.pool, map, &any.key, cpu)
                };
                let mut bytes = word_bytes(differ.pool, state.memory.endian, &words, size);
                map.only_bools(differ.pool, &mut bytes);
                Ok(bytes)
            };
            let c_value = value(c, ends.c)?;
            let rust_value = value(rust, ends.rust)?;
            let values = differ.bytes(&c_value, &rust_value);
            let values = differ.pool.bitwise(Binary::And, values, c_present);
            when = differ.pool.bitwise(Binary::Or, when, values);
        }
        *unwritten |= differ.unwritten;
        found.push(Difference {
            what: format!("an element of {}", map.name),
            when,
        });
        Ok(())
    }
}

fn trapped(c: &State<'_>, rust: &State<'_>) -> String {
    let why = |state: &State<'_>| match &state.ended {
        Some(Ended::Trapped(why)) => Some(format!(
            "{} {why}, which a kernel would not let it do",
            state.memory.side
        )),
        _ => None,
    };
    why(c).or(why(rust)).unwrap_or_default()
}
