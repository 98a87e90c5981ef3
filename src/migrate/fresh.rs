//! Whether what was made of a source is still what would be made of it.

use std::{
    collections::HashMap,
    fs,
    sync::{Mutex, PoisonError},
};

use super::{
    Request,
    plan::Task,
    unit::{self, Unit},
};
use crate::output::write::hash;

/// Looks at each file once.
pub struct Files<'a> {
    request: &'a Request,
    hashes: Mutex<HashMap<String, Option<String>>>,
}

impl<'a> Files<'a> {
    /// The files of a request's repository.
    pub fn new(request: &'a Request) -> Self {
        Self {
            request,
            hashes: Mutex::default(),
        }
    }

    /// The hash of an input as it is now; none where it can't be read.
    pub fn hash(&self, name: &str) -> Option<String> {
        let lock = || self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(name) {
            return known.clone();
        }
        let bytes = fs::read(self.request.repository.join(name)).ok();
        let now = bytes.map(|bytes| hash(&bytes));
        lock().insert(name.to_owned(), now.clone());
        now
    }

    /// Whether nothing changed that a source's result depends on.
    pub fn is_fresh(&self, unit: &Unit, task: &Task) -> bool {
        unit.key == unit::key(self.request, task)
            && unit
                .inputs
                .iter()
                .all(|(name, input)| self.is_same(name, &input.hash))
            && unit
                .missing
                .iter()
                .all(|name| !self.request.repository.join(name).is_file())
    }

    /// Whether an input is as it was.
    pub fn is_same(&self, name: &str, hash: &str) -> bool {
        self.hash(name).as_deref().unwrap_or("none") == hash
    }
}
