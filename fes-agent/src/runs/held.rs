//! A run that this process holds: its lease is renewed and its progress kept while it goes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sisense_core::Result;
use sisense_core::run::{BeforeImage, CancellationToken, Entry, Journal, Progress, ProgressSink};

use super::{MAX_LOG, Order, RunState};
use crate::approval::Clock;
use crate::report::Report;
use crate::runner::Options;
use crate::store::{Alive, Store};

/// How long a run counts as running after its process was last heard of, where it cannot be told
/// that the process is gone.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// How often a process renews its lease and keeps what was told since.
const BEAT: Duration = Duration::from_secs(3);

/// Lines of progress on their way to the store.
type Lines = Arc<Mutex<VecDeque<(Timestamp, Progress)>>>;

/// A run that this process holds.
pub(crate) struct Held {
    store: Store,
    id: String,
    owner: String,
    /// Others see by it that this process is there.
    alive: Alive,
    clock: Clock,
    lines: Lines,
    cancel: CancellationToken,
    progress: Option<ProgressSink>,
}

impl Held {
    /// Start a run: from here on this process holds it.
    ///
    /// # Errors
    /// The store's errors.
    pub(crate) async fn begin(
        store: &Store,
        clock: &Clock,
        order: &Order,
        options: &Options,
    ) -> Result<Self> {
        let held = Held::new(store, clock, &order.id, options).await?;
        let now = (held.clock)();
        store.begin(order, &held.owner, now, until(now)).await?;
        Ok(held)
    }

    /// Go on with a run that has stopped, failed or lost its process. Of several callers, in several
    /// processes, exactly one gets it.
    ///
    /// # Errors
    /// `conflict` when another process is at it, or it is done or undone; or the store's errors.
    pub(crate) async fn claim(
        store: &Store,
        clock: &Clock,
        id: &str,
        options: &Options,
    ) -> Result<(Self, Order)> {
        let held = Held::new(store, clock, id, options).await?;
        let now = (held.clock)();
        let order = store.claim(id, &held.owner, now, until(now)).await?;
        Ok((held, order))
    }

    async fn new(store: &Store, clock: &Clock, id: &str, options: &Options) -> Result<Self> {
        let owner = crate::approval::random_id()?;
        Ok(Held {
            store: store.clone(),
            id: id.to_owned(),
            alive: store.alive(&owner).await?,
            owner,
            clock: Arc::clone(clock),
            lines: Lines::default(),
            cancel: options.cancel.child_token(),
            progress: options.progress.clone(),
        })
    }

    /// How the run is followed and stopped: as its caller said, and when the lease is lost.
    pub(crate) fn options(&self) -> Options {
        let (lines, clock, told) =
            (Arc::clone(&self.lines), Arc::clone(&self.clock), self.progress.clone());
        Options::default().cancel(self.cancel.clone()).progress(Arc::new(move |progress| {
            let mut kept = lines.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() >= MAX_LOG {
                kept.pop_front();
            }
            kept.push_back((clock(), progress.clone()));
            drop(kept);
            if let Some(told) = &told {
                told(progress);
            }
        }))
    }

    /// A journal that keeps nothing more as soon as another process holds the run: without its
    /// intent in the journal no write is sent.
    pub(crate) fn journal(&self) -> Arc<dyn Journal> {
        Arc::new(Leased { store: self.store.clone(), owner: self.owner.clone() })
    }

    /// Do it, and renew the lease meanwhile.
    pub(crate) async fn during<F: Future>(&self, work: F) -> F::Output {
        tokio::select! {
            biased;
            done = work => done,
            never = self.beats() => match never {},
        }
    }

    async fn beats(&self) -> std::convert::Infallible {
        let mut pace = tokio::time::interval(BEAT);
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            if let Err(error) = self.keep_lines().await {
                tracing::warn!(%error, run = self.id, "the progress of a run cannot be kept");
            }
            match self.renew().await {
                Ok(true) => {}
                Ok(false) => {
                    tracing::warn!(run = self.id, "another process goes on with this run");
                    self.cancel.cancel();
                    return std::future::pending().await;
                }
                Err(error) => tracing::warn!(%error, run = self.id, "the lease is not renewed"),
            }
            if let Err(error) = self.alive.keep().await {
                tracing::warn!(%error, run = self.id, "others cannot see that this process lives");
            }
        }
    }

    async fn renew(&self) -> Result<bool> {
        self.store.renew(&self.id, &self.owner, until((self.clock)())).await
    }

    async fn keep_lines(&self) -> Result<()> {
        let lines: Vec<(Timestamp, Progress)> =
            self.lines.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        if lines.is_empty() { Ok(()) } else { self.store.log(&self.id, &lines).await }
    }

    /// Keep how it ended, and let go of it.
    ///
    /// # Errors
    /// The store's errors: the run is then taken for one that lost its process.
    pub(crate) async fn end(&self, state: RunState, report: &Report) -> Result<()> {
        self.keep_lines().await?;
        self.store.end(&self.id, &self.owner, state, report, (self.clock)()).await
    }
}

/// When a lease ends that is given now.
fn until(now: Timestamp) -> Timestamp {
    now.checked_add(LEASE).unwrap_or(Timestamp::MAX)
}

/// The journal of a run that this process holds.
struct Leased {
    store: Store,
    owner: String,
}

#[async_trait]
impl Journal for Leased {
    async fn keep(&self, entry: Entry) -> Result<()> {
        let run = entry.run.clone();
        self.store.keep_for(Some(&self.owner), &run, vec![entry], Vec::new()).await
    }

    async fn entries(&self, run: &str) -> Result<Vec<Entry>> {
        self.store.entries(run).await
    }

    async fn keep_all(
        &self,
        run: &str,
        entries: Vec<Entry>,
        images: Vec<BeforeImage>,
    ) -> Result<()> {
        self.store.keep_for(Some(&self.owner), run, entries, images).await
    }

    async fn keep_image(&self, run: &str, image: BeforeImage) -> Result<()> {
        self.store.keep_for(Some(&self.owner), run, Vec::new(), vec![image]).await
    }

    async fn image(&self, run: &str, key: &str) -> Result<Option<Value>> {
        self.store.image(run, key).await
    }
}
