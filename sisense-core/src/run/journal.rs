//! What a run wrote, kept before and after each write.

use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::error::{ErrorReport, Result};

/// How a write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was sent, or is about to be, and no end is known. Look before repeating it.
    Unknown,
    /// The server said yes.
    Done,
    /// The server said no, or it was never sent.
    Failed,
}

/// Who runs, for the audit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Who asked.
    pub principal: String,
    /// The session in which it was asked.
    pub session: String,
    /// The approval that allows the changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<String>,
}

/// One write: its change, who asked, and how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The run.
    pub run: String,
    /// The change's natural key within the run.
    pub key: String,
    /// Who asked.
    pub context: Context,
    /// The change, with its before-image.
    pub change: Change,
    /// How it ended.
    pub outcome: Outcome,
    /// The id that the server gave to a new asset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// Why it failed, or why its end is unknown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ErrorReport>,
    /// When the intent was kept.
    pub started: Timestamp,
    /// How long the write took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_ms: Option<u64>,
}

/// Keeps entries. The intent is kept before the write is sent: an entry whose outcome stays
/// [`Outcome::Unknown`] is a write that nobody saw end.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Keep an entry, replacing the one with the same run and key.
    ///
    /// # Errors
    /// When it cannot be kept; the write is then not sent.
    async fn keep(&self, entry: Entry) -> Result<()>;

    /// The entry of a run with a key.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn find(&self, run: &str, key: &str) -> Result<Option<Entry>>;

    /// All entries of a run, in the order in which they were first kept.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn entries(&self, run: &str) -> Result<Vec<Entry>>;
}

/// A journal that lives as long as the process.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    entries: Mutex<Vec<Entry>>,
}

impl MemoryJournal {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn keep(&self, entry: Entry) -> Result<()> {
        let mut entries = self.lock();
        match entries.iter_mut().find(|e| e.run == entry.run && e.key == entry.key) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
        Ok(())
    }

    async fn find(&self, run: &str, key: &str) -> Result<Option<Entry>> {
        Ok(self.lock().iter().find(|e| e.run == run && e.key == key).cloned())
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        Ok(self.lock().iter().filter(|e| e.run == run).cloned().collect())
    }
}
