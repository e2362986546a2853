//! The changes that a person approved, and which of them have been made.

use std::collections::HashMap;
use std::sync::Arc;

use super::change::Change;

/// The list that the door holds. A run may have thousands of changes, so that none is looked for by
/// walking the list.
#[derive(Default)]
pub(super) struct Approved {
    changes: Vec<(Arc<Change>, bool)>,
    by_digest: HashMap<String, Vec<usize>>,
    by_key: HashMap<String, Vec<usize>>,
}

impl Approved {
    pub(super) fn new(changes: Vec<Arc<Change>>) -> Self {
        let mut approved = Approved::default();
        for (at, change) in changes.iter().enumerate() {
            approved.by_digest.entry(change.digest()).or_default().push(at);
            approved.by_key.entry(change.key()).or_default().push(at);
        }
        approved.changes = changes.into_iter().map(|change| (change, false)).collect();
        approved
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Use up the change with this digest, and give it as it was approved.
    pub(super) fn take(&mut self, digest: &str) -> Option<Arc<Change>> {
        let places = self.by_digest.get(digest).map_or(&[][..], Vec::as_slice);
        let free = places.iter().copied().find(|at| !self.changes[*at].1)?;
        self.changes[free].1 = true;
        Some(Arc::clone(&self.changes[free].0))
    }

    /// The unused change that does the same to the same asset, from another state or to another one.
    pub(super) fn nearest(&self, change: &Change) -> Option<&Change> {
        let places = self.by_key.get(&change.key()).map_or(&[][..], Vec::as_slice);
        let known = places.iter().map(|at| &self.changes[*at]);
        known.filter(|(_, used)| !used).map(|(known, _)| known.as_ref()).next()
    }

    /// Those that have not been made.
    pub(super) fn left(&self) -> impl Iterator<Item = &Arc<Change>> {
        self.changes.iter().filter(|(_, used)| !used).map(|(change, _)| change)
    }
}
