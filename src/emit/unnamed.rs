//! Constants that nothing names once all is written: rustc warns of them.

use std::collections::HashSet;

use super::{items, types::Types, uses, variants::Pieces};
use crate::ir::{Constant, ConstantId};

/// The constants of the programs' file that are named once, where they stand.
pub fn constants(t: &Types<'_>, pieces: &Pieces) -> HashSet<ConstantId> {
    let mut all = HashSet::new();
    let mut several = HashSet::new();
    for tokens in pieces.tokens() {
        let mut named = HashSet::new();
        uses::collect(tokens.clone(), &mut named);
        several.extend(named.iter().filter(|name| all.contains(*name)).cloned());
        all.extend(named);
    }
    let here = |(id, constant): &(ConstantId, &Constant)| {
        constant.used && !t.shared.constants.contains(id) && items::binding(constant).is_none()
    };
    let constants = (0..).map(ConstantId).zip(&t.object.constants);
    constants
        .filter(here)
        .map(|(id, _)| id)
        .filter(|id| {
            let name = t.names.constant(*id).to_string();
            all.contains(&name) && !several.contains(&name)
        })
        .collect()
}
