//! What a resumed run did before it was broken off.

use std::collections::HashMap;

use crate::error::Result;
use crate::run::{Change, Entry, Run};

/// The journal's entries of this run, by what was done to which asset. Empty in a preview and in a
/// run that starts.
pub(super) struct Past {
    entries: HashMap<String, Entry>,
}

impl Past {
    pub(super) async fn of(run: &Run) -> Result<Self> {
        let entries = run.recorded().await?.into_iter();
        // The last entry of a key counts: it is the newest state of that write.
        Ok(Past { entries: entries.map(|entry| (entry.change.key(), entry)).collect() })
    }

    /// The entry of the same action on the same asset, whatever it found before it.
    pub(super) fn find(&self, run: &Run, change: &Change) -> Option<&Entry> {
        if self.entries.is_empty() {
            return None;
        }
        self.entries.get(&run.key_as_previewed(change))
    }
}
