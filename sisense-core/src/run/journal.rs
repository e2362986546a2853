//! What a run wrote, kept before and after each write.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::change::Change;
use crate::error::{Error, ErrorKind, ErrorReport, Result};

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
    pub change: Arc<Change>,
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

/// Largest before-image in bytes. An asset that is larger is not replaced.
pub const MAX_IMAGE: usize = 64 * 1024 * 1024;

/// What an asset was before a run replaced it: a whole document, which is why it is no part of the
/// entry.
#[derive(Clone, Debug)]
pub struct BeforeImage {
    /// The key of the entry.
    pub key: String,
    /// The image.
    pub json: Box<RawValue>,
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

    /// All entries of a run, in the order in which they were first kept.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn entries(&self, run: &str) -> Result<Vec<Entry>>;

    /// Keep several entries at once, those of a request that makes several changes, and with them
    /// what the assets were before. A journal on disk keeps all of it or nothing.
    ///
    /// # Errors
    /// When it cannot be kept; the request is then not sent.
    async fn keep_all(
        &self,
        run: &str,
        entries: Vec<Entry>,
        images: Vec<BeforeImage>,
    ) -> Result<()> {
        for image in images {
            self.keep_image(run, image).await?;
        }
        for entry in entries {
            self.keep(entry).await?;
        }
        Ok(())
    }

    /// Keep what an asset was before this run replaced it. The first image of a key is the one that
    /// counts; a later one is ignored.
    ///
    /// # Errors
    /// When it cannot be kept; the asset is then not replaced.
    async fn keep_image(&self, run: &str, image: BeforeImage) -> Result<()>;

    /// What an asset was before a run replaced it.
    ///
    /// # Errors
    /// When the journal cannot be read.
    async fn image(&self, run: &str, key: &str) -> Result<Option<Value>>;
}

/// A journal that lives as long as the process.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: Vec<Entry>,
    /// The place of an entry, by run and key.
    places: HashMap<(String, String), usize>,
    images: HashMap<(String, String), Box<RawValue>>,
}

impl MemoryJournal {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn place(run: &str, key: &str) -> (String, String) {
    (run.to_owned(), key.to_owned())
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn keep(&self, entry: Entry) -> Result<()> {
        let mut kept = self.lock();
        let place = place(&entry.run, &entry.key);
        match kept.places.get(&place).copied() {
            Some(at) => kept.entries[at] = entry,
            None => {
                let at = kept.entries.len();
                kept.places.insert(place, at);
                kept.entries.push(entry);
            }
        }
        Ok(())
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        Ok(self.lock().entries.iter().filter(|e| e.run == run).cloned().collect())
    }

    async fn keep_image(&self, run: &str, image: BeforeImage) -> Result<()> {
        self.lock().images.entry(place(run, &image.key)).or_insert(image.json);
        Ok(())
    }

    async fn image(&self, run: &str, key: &str) -> Result<Option<Value>> {
        let kept = self.lock();
        let image = kept.images.get(&place(run, key));
        image.map(|json| serde_json::from_str(json.get())).transpose().map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the image cannot be read").with_source(error)
        })
    }
}
