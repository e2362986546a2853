//! What a resumed run did before it was broken off, by what was done to which dashboard or folder.

use std::collections::HashMap;

use crate::error::Result;
use crate::run::{Change, Entry, Outcome, Run};

/// The journal's entries of this run that did something, or may have. Empty in a preview.
pub(super) struct Trail {
    entries: HashMap<String, Vec<Entry>>,
}

impl Trail {
    pub(super) async fn of(run: &Run) -> Result<Self> {
        let mut entries: HashMap<String, Vec<Entry>> = HashMap::new();
        for entry in run.recorded().await? {
            if entry.outcome != Outcome::Failed {
                entries.entry(entry.change.key()).or_default().push(entry);
            }
        }
        Ok(Trail { entries })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The last entry of the same action on the same asset that fits.
    pub(super) fn find(
        &self,
        run: &Run,
        change: &Change,
        fits: impl Fn(&Change) -> bool,
    ) -> Option<&Entry> {
        if self.entries.is_empty() {
            return None;
        }
        let entries = self.entries.get(&run.key_as_previewed(change))?;
        entries.iter().rev().find(|entry| fits(&entry.change))
    }

    /// Whether this run made the asset with this id on the target.
    pub(super) fn made(&self, id: &str) -> bool {
        self.entries.values().flatten().any(|entry| entry.id.as_deref() == Some(id))
    }
}
