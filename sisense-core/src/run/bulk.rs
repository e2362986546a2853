//! Several changes that one request makes. Each has its own row, outcome and journal entry.

use std::sync::Arc;

use super::change::Change;
use super::door::{Door, Pass};
use serde_json::value::RawValue;

use super::journal::{BeforeImage, Entry, MAX_IMAGE};
use super::{Asked, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::Answer;
use crate::undo::Image;

impl Run {
    /// Ask the door for several changes. Each gets its own answer, in the order in which they came:
    /// one that is refused does not hold up the others. The intents of all that are let through are
    /// kept together before any of them is.
    ///
    /// # Errors
    /// The journal's error; then none of them is let through. What the door says to a single change
    /// is in its place in the list: see [`Run::admit`].
    pub async fn admit_all(
        &self,
        changes: Vec<impl Into<Arc<Change>>>,
    ) -> Result<Vec<Result<Door>>> {
        self.admit_all_keeping(changes.into_iter().map(|one| (one.into(), None)).collect()).await
    }

    /// The same, keeping with the intents what the assets were before.
    ///
    /// # Errors
    /// As [`Run::admit_all`].
    pub(crate) async fn admit_all_keeping(
        &self,
        changes: Vec<(Arc<Change>, Option<Box<RawValue>>)>,
    ) -> Result<Vec<Result<Door>>> {
        let mut asked = Vec::with_capacity(changes.len());
        let mut images = Vec::new();
        for (change, image) in changes {
            let operation = change.operation.clone();
            let answer = self.look_up(change).await.and_then(|answer| {
                if let (Asked::Entry(entry), Some(json)) = (&answer, image) {
                    images.push(sized(entry.key.clone(), json)?);
                }
                Ok(answer)
            });
            asked.push(answer.map_err(|e| e.with_operation(&operation)));
        }
        let entries: Vec<Entry> = asked
            .iter()
            .filter_map(|asked| match asked {
                Ok(Asked::Entry(entry)) => Some((**entry).clone()),
                _ => None,
            })
            .collect();
        if !entries.is_empty() {
            self.inner.journal.keep_all(self.id(), entries, images).await?;
        }
        let door = |asked| match asked {
            Asked::Answered(door) => door,
            Asked::Entry(entry) => {
                self.inner.open(&entry.change);
                Door::Open(Pass::new(Arc::clone(&self.inner), *entry))
            }
        };
        Ok(asked.into_iter().map(|asked| asked.map(door)).collect())
    }

    /// Keep what an asset was before this run replaces it. Only the first image counts, so that a
    /// resumed run does not take its own work for what was there before.
    ///
    /// # Errors
    /// The journal's error; the asset must then not be replaced.
    pub(crate) async fn keep_image(&self, pass: &Pass, image: &Image) -> Result<()> {
        self.keep_image_text(pass, image.to_json()?).await
    }

    /// Keep the digest of what this run read back right after a write, where a server may have made
    /// something else of it than was sent.
    ///
    /// # Errors
    /// The journal's error.
    pub(crate) async fn keep_read_back(&self, key: &str, digest: String) -> Result<()> {
        let json = Image::ReadBack { digest }.to_json()?;
        let image = BeforeImage { key: Image::read_back_key(key), json };
        self.inner.journal.keep_image(self.id(), image).await
    }

    /// As [`Run::keep_image`], for an image that is JSON text already.
    ///
    /// # Errors
    /// As [`Run::keep_image`].
    pub(crate) async fn keep_image_text(&self, pass: &Pass, json: Box<RawValue>) -> Result<()> {
        let image = sized(pass.key().to_owned(), json)?;
        self.inner.journal.keep_image(self.id(), image).await
    }
}

/// An image that may be kept.
fn sized(key: String, json: Box<RawValue>) -> Result<BeforeImage> {
    let bytes = json.get().len();
    if bytes > MAX_IMAGE {
        let message = format!("what is replaced has {bytes} bytes; at most {MAX_IMAGE} are kept");
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_next_step("save it by hand, and migrate it under another name"));
    }
    Ok(BeforeImage { key, json })
}

/// Settle the passes of one request, each with what the server said about its own change, and keep
/// all outcomes together.
pub(crate) async fn settle_all(results: Vec<(Pass, Result<Answer>)>) -> Vec<Result<Answer>> {
    let mut settled = Vec::with_capacity(results.len());
    let mut entries = Vec::with_capacity(results.len());
    let mut journal = None;
    for (pass, result) in results {
        let (run, entry, result) = pass.close(result);
        journal.get_or_insert_with(|| (Arc::clone(&run.journal), run.id.clone()));
        entries.extend(entry);
        settled.push(result);
    }
    let Some((journal, run)) = journal else { return settled };
    match journal.keep_all(&run, entries, Vec::new()).await {
        Ok(()) => settled,
        Err(error) => {
            let report = error.into_report();
            settled
                .into_iter()
                .map(|result| {
                    result.and_then(|_| Err(super::door::not_kept(report.clone().into())))
                })
                .collect()
        }
    }
}
