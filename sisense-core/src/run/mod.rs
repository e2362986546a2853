//! The write door: every change to a deployment goes through [`Run::admit`].
//!
//! A run has one of four modes. In a **preview** changes are collected and nothing is sent. An
//! **approved** run lets through exactly the changes of the preview that a person saw, each once
//! and each only while its `before` still holds. An **unattended** run lets everything through;
//! only a Rust program that says so in its own code has one. A run of **reads** lets nothing
//! through.

mod approved;
mod builder;
mod bulk;
mod change;
mod door;
mod earlier;
mod elsewhere;
mod handover;
mod journal;
mod meter;
mod partial;
mod progress;
mod secret;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::OnceCell;
pub use tokio_util::sync::CancellationToken;

use approved::Approved;
pub use builder::RunBuilder;
pub(crate) use bulk::settle_all;
pub use change::{Action, Asset, AssetKind, Change, Undo, digest};
pub use door::{Door, Pass, Planned, Recorded, is_planned};
use earlier::Earlier;
pub use elsewhere::{Elsewhere, settle_elsewhere};
pub use handover::Handover;
pub(crate) use handover::{Document, Wanted};
pub use journal::{BeforeImage, Context, Entry, Journal, MAX_IMAGE, MemoryJournal, Outcome};
pub use meter::Meter;
pub use partial::{Missing, Partial};
pub use progress::{Progress, ProgressSink};
pub use secret::{Secret, fingerprint};

use crate::error::{Error, ErrorKind, Result};

/// What a run may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    /// Nothing may change.
    Reads,
    /// Changes are collected, nothing is sent.
    Preview,
    /// Exactly the approved changes are sent.
    Approved,
    /// Every change is sent.
    Unattended,
}

/// One run of one or more operations. Cheap to clone; clones share the run.
#[derive(Clone)]
pub struct Run {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    id: String,
    mode: RunMode,
    context: Context,
    journal: Arc<dyn Journal>,
    cancel: CancellationToken,
    progress: Option<ProgressSink>,
    earlier: OnceCell<Earlier>,
    handover: Handover,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The changes of a preview, or those that were sent.
    changes: Vec<Arc<Change>>,
    /// The approved changes, and which of them have been used.
    approved: Approved,
    /// Real ids of assets that this run made, to the placeholders of the preview.
    made: HashMap<String, String>,
    entries: Vec<Entry>,
    /// How often each change came to the door.
    admitted: HashMap<String, u32>,
    /// Keys of writes that an earlier attempt of this run may have made.
    begun: HashSet<String>,
}

/// What came of asking the door.
enum Asked {
    Answered(Door),
    /// It opens as soon as this is kept.
    Entry(Box<Entry>),
}

impl Run {
    /// A run that may only read.
    #[must_use]
    pub fn reads() -> RunBuilder {
        RunBuilder::new(RunMode::Reads, Vec::new())
    }

    /// A run that collects the changes it would make.
    #[must_use]
    pub fn preview() -> RunBuilder {
        RunBuilder::new(RunMode::Preview, Vec::new())
    }

    /// A run that makes exactly these changes: those of a preview that a person approved.
    #[must_use]
    pub fn approved(changes: impl IntoIterator<Item = impl Into<Arc<Change>>>) -> RunBuilder {
        RunBuilder::new(RunMode::Approved, changes.into_iter().map(Into::into).collect())
    }

    /// A run with no person in the loop. Say so only in a program of your own.
    #[must_use]
    pub fn unattended() -> RunBuilder {
        RunBuilder::new(RunMode::Unattended, Vec::new())
    }

    /// The run's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// What the run may do.
    #[must_use]
    pub fn mode(&self) -> RunMode {
        self.inner.mode
    }

    /// Who asked.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.inner.context
    }

    /// What a preview has read that the run of its changes needs too.
    #[must_use]
    pub fn handover(&self) -> Handover {
        self.inner.handover.clone()
    }

    /// The changes collected by a preview, or made by a run, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Arc<Change>> {
        self.inner.lock().changes.clone()
    }

    /// How many changes [`Run::changes`] has.
    #[must_use]
    pub fn change_count(&self) -> usize {
        self.inner.lock().changes.len()
    }

    /// How many writes [`Run::entries`] has.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.inner.lock().entries.len()
    }

    /// The writes of [`Run::entries`] from a place on.
    #[must_use]
    pub fn entries_from(&self, place: usize) -> Vec<Entry> {
        self.inner.lock().entries.get(place..).unwrap_or_default().to_vec()
    }

    /// The writes of this process in this run, and how each ended.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.inner.lock().entries.clone()
    }

    /// The approved changes that the run has not made.
    #[must_use]
    pub fn left(&self) -> Vec<Arc<Change>> {
        self.inner.lock().approved.left().cloned().collect()
    }

    /// Whether the run has been stopped.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancel.is_cancelled()
    }

    /// Wait until the run is stopped.
    pub async fn stopped(&self) {
        self.inner.cancel.cancelled().await;
    }

    /// Report progress.
    pub fn progress(
        &self,
        operation: &str,
        message: impl Into<String>,
        done: u64,
        total: Option<u64>,
    ) {
        self.report(Progress::new(operation, message, done).of(total));
    }

    /// Report progress with all that is known: the asset, and the rate that a [`Meter`] measured.
    pub fn report(&self, progress: Progress) {
        if let Some(sink) = &self.inner.progress {
            sink(progress);
        }
    }

    /// Ask the door for a change. The caller has looked at the live state just before.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] when the run was stopped, [`ErrorKind::NotApproved`] when the
    /// change is not in the approved preview or was made already, [`ErrorKind::Drifted`] when the
    /// asset or the wish is no longer what the preview showed, or the journal's error.
    pub async fn admit(&self, change: impl Into<Arc<Change>>) -> Result<Door> {
        let change = change.into();
        let operation = change.operation.clone();
        self.pass_or_stop(change).await.map_err(|error| error.with_operation(&operation))
    }

    async fn pass_or_stop(&self, change: Arc<Change>) -> Result<Door> {
        let entry = match self.look_up(change).await? {
            Asked::Answered(door) => {
                let planned = matches!(door, Door::Planned(_));
                let last = if planned { self.inner.lock().changes.last().cloned() } else { None };
                if let Some(change) = last {
                    self.tell(&change, None);
                }
                return Ok(door);
            }
            Asked::Entry(entry) => entry,
        };
        self.inner.journal.keep((*entry).clone()).await?;
        let total = self.inner.open(&entry.change);
        self.tell(&entry.change, total);
        Ok(Door::Open(Pass::new(Arc::clone(&self.inner), *entry)))
    }

    /// What the door says without opening, or the entry that must be kept before it opens.
    async fn look_up(&self, change: Arc<Change>) -> Result<Asked> {
        if let Some(error) = self.inner.refuse() {
            return Err(error.with_asset(change.asset.to_string()));
        }
        let change = self.as_previewed(change);
        if self.mode() == RunMode::Preview {
            let id = door::planned_id(&change);
            self.inner.lock().changes.push(change);
            return Ok(Asked::Answered(Door::Planned(Planned { id })));
        }
        let key = self.inner.entry_key(&change);
        match self.earlier().await?.find(&key) {
            Some(entry) if entry.outcome == Outcome::Done => {
                self.inner.take(&change);
                self.inner.made(entry);
                let id = entry.id.clone();
                return Ok(Asked::Answered(Door::Recorded(Recorded { id })));
            }
            Some(entry) if entry.outcome == Outcome::Unknown => {
                self.inner.lock().begun.insert(key.clone());
            }
            _ => {}
        }
        let change = match self.mode() {
            RunMode::Approved => self.inner.check(&change)?,
            _ => change,
        };
        Ok(Asked::Entry(Box::new(Entry {
            run: self.id().to_owned(),
            key,
            context: self.inner.context.clone(),
            change,
            outcome: Outcome::Unknown,
            id: None,
            error: None,
            started: Timestamp::now(),
            duration_ms: None,
        })))
    }

    /// A change as its preview showed it: with placeholders for the ids of what this run has made.
    pub(crate) fn as_previewed(&self, change: Arc<Change>) -> Arc<Change> {
        let state = self.inner.lock();
        if state.made.is_empty() {
            return change;
        }
        Arc::new(Arc::unwrap_or_clone(change).with_ids(|id| state.made.get(id).cloned()))
    }

    /// The key of a change as its preview showed it.
    pub(crate) fn key_as_previewed(&self, change: &Change) -> String {
        let state = self.inner.lock();
        match change.asset.id.as_ref().and_then(|id| state.made.get(id)) {
            Some(planned) => change.key_of(planned),
            None => change.key(),
        }
    }

    /// The placeholder id of an asset that this preview would make, by its name. Names are compared
    /// without regard to case. Outside a preview there is none: what a run made can be looked up.
    #[must_use]
    pub fn planned(&self, deployment: &str, kind: AssetKind, name: &str) -> Option<String> {
        if self.mode() != RunMode::Preview {
            return None;
        }
        let name = name.trim().to_lowercase();
        let state = self.inner.lock();
        let fits = |change: &&Arc<Change>| {
            change.action == Action::Create
                && change.asset.kind == kind
                && change.asset.deployment == deployment
                && change.asset.name.trim().to_lowercase() == name
        };
        state.changes.iter().find(fits).map(|change| door::planned_id(change))
    }

    fn tell(&self, change: &Change, total: Option<u64>) {
        let count = self.change_count() as u64;
        self.progress(&change.operation, change.summary.clone(), count, total);
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means a panic elsewhere; the list itself is whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Let through exactly what was approved, each change once, and give it as it was approved.
    fn check(&self, change: &Change) -> Result<Arc<Change>> {
        if let Some(approved) = self.take(change) {
            return Ok(approved);
        }
        let state = self.lock();
        let (kind, message) = match state.approved.nearest(change) {
            None => (ErrorKind::NotApproved, "this change is not in the approved preview"),
            Some(known) if known.before == change.before => {
                (ErrorKind::Drifted, "the wish is no longer what the preview showed")
            }
            Some(_) => (ErrorKind::Drifted, "the asset is no longer what the preview showed"),
        };
        Err(Error::new(kind, format!("{message}: {}", change.summary))
            .with_asset(change.asset.to_string())
            .with_next_step("look at a new preview and approve it"))
    }

    /// Count a change that is let through. Gives the number of all approved ones, if there are any.
    fn open(&self, change: &Arc<Change>) -> Option<u64> {
        let mut state = self.lock();
        state.changes.push(Arc::clone(change));
        let total = state.approved.len() as u64;
        (total > 0).then_some(total)
    }

    /// The journal's key of a change. The same change again in one run, after something else changed
    /// the asset in between, is another write with an entry of its own.
    fn entry_key(&self, change: &Change) -> String {
        let key = change.entry_key();
        let mut state = self.lock();
        let times = state.admitted.entry(key.clone()).or_insert(0);
        *times += 1;
        if *times == 1 { key } else { format!("{key}#{times}") }
    }

    /// Whether an earlier attempt of this run may have made this write.
    fn may_be_made(&self, key: &str) -> bool {
        self.lock().begun.contains(key)
    }

    /// Use up the approved row of this very change.
    fn take(&self, change: &Change) -> Option<Arc<Change>> {
        self.lock().approved.take(&change.digest())
    }

    /// Remember the real id of what a change made, so that later changes match their preview.
    fn made(&self, entry: &Entry) {
        if entry.change.action == Action::Create
            && let Some(id) = &entry.id
        {
            let planned = door::planned_id(&entry.change);
            self.lock().made.insert(id.clone(), planned);
        }
    }

    fn settled(&self, entry: &Entry) {
        if entry.outcome == Outcome::Done {
            self.made(entry);
        }
        self.lock().entries.push(entry.clone());
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("id", &self.id)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[cfg(test)]
mod tests;
