//! Runs that outlive their process: what was started, how it goes, and how it ended.
//!
//! Every approved plan with changes is a run. Its id is that of its approval. A process that runs it
//! holds a lease that it renews, and a lock that ends with it; a run whose lock is gone or whose lease
//! is over is `interrupted`, and can be resumed by one process, or undone.

mod call;
mod held;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sisense_core::Change;
use sisense_core::run::Progress;

pub use call::KeptCall;
pub(crate) use held::Held;

use crate::approval::{Pending, Session, StepPreview};
use crate::plan::{Plan, Resolved};
use crate::report::Report;
use crate::runner::Options;

/// Most lines of progress that are kept of one run; the last ones.
pub const MAX_LOG: usize = 2_000;

/// Most runs that a list gives; the newest ones.
pub const MAX_RUNS: usize = 500;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// A process is at it.
    Running,
    /// Everything that was approved is done.
    Done,
    /// It was stopped between two writes.
    Stopped,
    /// It ended, and not everything that was approved is done.
    Failed,
    /// Its process is gone.
    Interrupted,
    /// What it wrote was taken back.
    Undone,
}

impl RunState {
    const ALL: [RunState; 6] = [
        RunState::Running,
        RunState::Done,
        RunState::Stopped,
        RunState::Failed,
        RunState::Interrupted,
        RunState::Undone,
    ];

    /// The word used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Stopped => "stopped",
            RunState::Failed => "failed",
            RunState::Interrupted => "interrupted",
            RunState::Undone => "undone",
        }
    }

    /// Read the word of the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<RunState> {
        RunState::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// What a run is that has ended.
    pub(crate) fn at_the_end(report: &Report, options: &Options) -> RunState {
        match () {
            () if report.ok => RunState::Done,
            () if options.cancel.is_cancelled() => RunState::Stopped,
            () => RunState::Failed,
        }
    }

    /// Whether there may be something left that a resumed run would do.
    #[must_use]
    pub fn can_resume(self) -> bool {
        matches!(self, RunState::Stopped | RunState::Failed | RunState::Interrupted)
    }

    /// Whether it has ended, or nobody is at it.
    #[must_use]
    pub fn is_over(self) -> bool {
        self != RunState::Running
    }
}

/// How many writes the journal holds, by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writes {
    /// Changes that were approved.
    pub approved: u64,
    /// Writes that the server confirmed.
    pub done: u64,
    /// Writes that it refused, or that were never sent.
    pub failed: u64,
    /// Writes whose end nobody saw. Look before repeating them.
    pub unknown: u64,
}

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id: that of its approval.
    pub id: String,
    /// The session in which it was asked.
    pub session: String,
    /// Who asked.
    pub principal: String,
    /// The deployment; the source where there is a target.
    pub deployment: String,
    /// The target of what it migrates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What was asked, in words.
    pub goal: String,
    /// The run that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// Whether its plan held a secret, which is not kept: it cannot be resumed.
    #[serde(default)]
    pub held_secret: bool,
    /// Where it stands.
    pub state: RunState,
    /// Its writes.
    pub writes: Writes,
    /// When it was started.
    pub created: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// What happened; only where one run is asked for, and only when it has ended. Rows that were
    /// read are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

impl RunRecord {
    /// The session in which it was asked.
    #[must_use]
    pub fn session(&self) -> Session {
        let session = Session::new(&self.session, &self.principal, &self.deployment);
        match &self.target {
            Some(target) => session.to(target),
            None => session,
        }
    }
}

/// A line of a run's progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its number within the run, from 1. The first ones of a long run are not kept.
    pub seq: u64,
    /// When it was told.
    pub at: Timestamp,
    /// What was told.
    pub progress: Progress,
}

/// What it takes to run something: what was approved, by whom it was asked, and where.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) session: Session,
    pub(crate) plan: Plan,
    pub(crate) changes: Vec<Arc<Change>>,
    pub(crate) previews: Vec<StepPreview>,
    pub(crate) resolved: Resolved,
    pub(crate) held_secret: bool,
}

impl Order {
    /// The order of an approval that was used up.
    pub(crate) fn of(record: Pending) -> Self {
        Order {
            session: record.session(),
            id: record.id,
            plan: record.plan,
            changes: record.changes,
            previews: record.previews,
            resolved: record.resolved,
            held_secret: record.needs_same_call,
        }
    }
}
