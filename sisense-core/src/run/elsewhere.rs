//! Writes that another process makes for a run: that process has a door and a journal of its own,
//! and this one's door and journal hold for its part of the run.

use std::sync::Arc;

use super::door::{Pass, not_kept};
use crate::error::{ErrorReport, Result};

/// How a write ended that another process made.
#[derive(Clone, Debug, PartialEq)]
pub enum Elsewhere {
    /// It says that the write is done, and which id a new asset has.
    Done {
        /// The id that the server gave to a new asset.
        id: Option<String>,
    },
    /// It says that the write was not done, or it never heard of it.
    NotDone(Option<ErrorReport>),
    /// It may have done it.
    Unknown(ErrorReport),
}

/// Settle the passes of one request to another process, each with how its write ended, and keep all
/// outcomes together.
///
/// # Errors
/// The journal's error, as an unknown outcome: the writes may be done and are not kept.
pub async fn settle_elsewhere(ended: Vec<(Pass, Elsewhere)>) -> Result<()> {
    let mut entries = Vec::with_capacity(ended.len());
    let mut journal = None;
    for (pass, ended) in ended {
        let (run, entry) = pass.close_as(ended);
        journal.get_or_insert_with(|| (Arc::clone(&run.journal), run.id.clone()));
        entries.extend(entry);
    }
    let Some((journal, id)) = journal else { return Ok(()) };
    journal.keep_all(&id, entries, Vec::new()).await.map_err(not_kept)
}
