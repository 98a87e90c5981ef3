//! What a loader does for some architectures only: it is built for the one that it runs on.

use crate::{arch::Archs, emit::variants::condition, ir::Object};

/// Parts of a loader's text, each with the architectures that it is for; none: all.
///
/// What differs in the object may be the same here; such parts become one.
#[derive(Debug)]
pub(super) struct Parts<T>(Vec<(T, Option<Archs>)>);

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: PartialEq> Parts<T> {
    pub(super) fn add(&mut self, object: &Object, part: T, only: Option<Archs>) {
        let known = self.0.iter_mut().find(|(known, _)| *known == part);
        match known {
            Some((_, known)) => *known = known.zip(only).map(|(a, b)| a.union(b)),
            None => self.0.push((part, only)),
        }
        for (_, only) in &mut self.0 {
            if *only == object.variants.archs {
                *only = None;
            }
        }
    }
}

impl<T> Parts<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(T, Option<Archs>)> {
        self.0.iter()
    }

    /// Whether some of them are for some architectures only.
    pub(super) fn differ(&self) -> bool {
        self.0.iter().any(|(_, only)| only.is_some())
    }
}

/// The attribute before what is for some architectures, with what follows it; empty for all.
pub(super) fn attribute(object: &Object, only: Option<Archs>, behind: &str) -> String {
    let Some(archs) = only else {
        return String::new();
    };
    let condition = condition(object, archs, "target_arch").to_string();
    let condition = condition.replace(" (", "(").replace(" ,", ",");
    format!("#[cfg({condition})]{behind}")
}
