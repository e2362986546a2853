//! What the journal held of a run when this process began with it.

use std::collections::HashMap;

use super::Run;
use super::journal::Entry;
use crate::error::Result;

/// The entries from before, read once: a run is held by one process at a time, so that nobody else
/// adds to them.
#[derive(Default)]
pub(super) struct Earlier {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

impl Earlier {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let places = entries.iter().enumerate().map(|(at, one)| (one.key.clone(), at)).collect();
        Earlier { entries, places }
    }

    pub(super) fn find(&self, key: &str) -> Option<&Entry> {
        self.places.get(key).and_then(|at| self.entries.get(*at))
    }

    /// These entries and later ones, which take the place of those with the same key.
    fn with(&self, later: Vec<Entry>) -> Vec<Entry> {
        let mut all = self.entries.clone();
        for entry in later {
            match self.places.get(&entry.key).and_then(|at| all.get_mut(*at)) {
                Some(known) => *known = entry,
                None => all.push(entry),
            }
        }
        all
    }
}

impl Run {
    /// What the journal holds of this run, also from before it was resumed.
    ///
    /// # Errors
    /// The journal's, when it is read for the first time.
    pub async fn recorded(&self) -> Result<Vec<Entry>> {
        Ok(self.earlier().await?.with(self.entries()))
    }

    pub(super) async fn earlier(&self) -> Result<&Earlier> {
        let read = || async { self.inner.journal.entries(self.id()).await.map(Earlier::new) };
        self.inner.earlier.get_or_try_init(read).await
    }
}
