//! What a caller gives and gets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::error::ErrorReport;
use sisense_core::run::{CancellationToken, ProgressSink};

use super::phase::{Phase, PhaseSink};
use crate::approval::Pending;
use crate::llm::{Deltas, Meter};
use crate::planner::{Decline, Question};
use crate::report::{Report, StepReport};

/// How a caller follows and stops a run.
#[derive(Clone, Default)]
pub struct Options {
    /// Where progress goes.
    pub progress: Option<ProgressSink>,
    /// Where it is told which step is being done.
    pub phases: Option<PhaseSink>,
    /// Stops the run: a read at once, writes between two of them.
    pub cancel: CancellationToken,
    /// What becomes of a run when nobody waits for its answer any more.
    pub on_disconnect: OnDisconnect,
    /// Whether the person wants results told by a model; without a wish they are not. The operator's
    /// rules are an upper bound.
    pub summarize: Option<bool>,
    /// Where a model's words go as they arrive, in whole lines.
    pub lines: Option<Deltas>,
    /// Where tokens are counted.
    pub meter: Meter,
}

/// What becomes of a run with changes when its caller goes away, that is, when the future that waits
/// for the answer is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnDisconnect {
    /// It ends with its caller. The run is then `interrupted` and can be resumed.
    #[default]
    Stop,
    /// It goes on by itself, on the runtime of its caller, and can be watched as a run. Its token
    /// still stops it; [`super::Agent::finished`] waits for it.
    Continue,
}

impl Options {
    /// Follow the run.
    #[must_use]
    pub fn progress(mut self, sink: ProgressSink) -> Self {
        self.progress = Some(sink);
        self
    }

    /// Be told which step is being done.
    #[must_use]
    pub fn phases(mut self, sink: PhaseSink) -> Self {
        self.phases = Some(sink);
        self
    }

    pub(crate) fn tell(&self, phase: impl FnOnce() -> Phase) {
        if let Some(sink) = &self.phases {
            sink(phase());
        }
    }

    /// Say what becomes of the run when its caller goes away.
    #[must_use]
    pub fn on_disconnect(mut self, rule: OnDisconnect) -> Self {
        self.on_disconnect = rule;
        self
    }

    /// Say whether the person wants results told by a model.
    #[must_use]
    pub fn summarize(mut self, wish: Option<bool>) -> Self {
        self.summarize = wish;
        self
    }

    /// Follow a model's words as they arrive.
    #[must_use]
    pub fn lines(mut self, sink: Deltas) -> Self {
        self.lines = Some(sink);
        self
    }

    /// Count tokens there.
    #[must_use]
    pub fn meter(mut self, meter: Meter) -> Self {
        self.meter = meter;
        self
    }

    /// Stop the run when this token is cancelled.
    #[must_use]
    pub fn cancel(mut self, token: CancellationToken) -> Self {
        self.cancel = token;
        self
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("progress", &self.progress.is_some())
            .field("cancelled", &self.cancel.is_cancelled())
            .field("on_disconnect", &self.on_disconnect)
            .field("summarize", &self.summarize)
            .finish_non_exhaustive()
    }
}

/// What the policy denied, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// The operation's id.
    pub tool: String,
    /// The reasons, each in one sentence.
    pub reasons: Vec<String>,
}

impl std::fmt::Display for Denial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is denied: {}", self.tool, self.reasons.join("; "))
    }
}

/// What became of a plan that was handed in.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// It ran: reads only, or everything was already so, or its preview failed. See `report.ok`.
    Done(Report),
    /// It waits for a person.
    NeedsApproval(Box<Pending>),
    /// The policy denies it; nothing was sent.
    Denied(Denial),
}

/// What became of an approved plan.
#[derive(Clone, Debug)]
pub enum Ran {
    /// It ran. See `report.ok`.
    Done(Report),
    /// The deployment is no longer what the preview showed. Nothing was written.
    Drifted {
        /// What happened: an error of kind `drifted`, nothing done.
        report: Report,
        /// The new preview, which waits for a person.
        fresh: Box<Pending>,
    },
    /// A migration ran. Assets that were no longer what the preview showed were left as they are;
    /// everything else is done.
    Partly {
        /// What was done and what was not.
        report: Report,
        /// The new preview, of what is left; it waits for a person.
        fresh: Box<Pending>,
    },
}

impl Ran {
    /// The report.
    #[must_use]
    pub fn report(&self) -> &Report {
        match self {
            Ran::Done(report) | Ran::Drifted { report, .. } | Ran::Partly { report, .. } => report,
        }
    }
}

/// What became of a request in words.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It ran: reads, or writes that were already so. See `report.ok`.
    Answer(Report),
    /// It waits for a person.
    Approval(Box<Pending>),
    /// Something is missing, or not clear. [`super::Agent::answer`] goes on.
    Question(Question),
    /// It is not understood, or the policy denies it.
    Decline(Decline),
}

/// What became of a turn of a conversation.
#[derive(Clone, Debug)]
pub struct Said {
    /// How it ended.
    pub turn: Turn,
    /// What was tried before that and failed, oldest first: another plan was made in its place. It
    /// changed nothing.
    pub tried: Vec<Report>,
}

/// What became of a single call.
#[derive(Clone, Debug)]
pub enum Called {
    /// It ran, or was already so, or failed: see `ok`, `result`, `error` and `changes`.
    Done(Box<StepReport>),
    /// It waits for a person. The same call, given again after the approval, runs.
    NeedsApproval(Box<Pending>),
    /// It was approved, but the deployment is no longer what the preview showed. Nothing was
    /// written; the new preview waits for a person.
    Drifted {
        /// The error, of kind `drifted`.
        error: Box<ErrorReport>,
        /// The new preview.
        fresh: Box<Pending>,
    },
    /// A migration ran. Assets that were no longer what the preview showed were left as they are;
    /// everything else is done.
    Partly {
        /// What was done and what was not.
        step: Box<StepReport>,
        /// The new preview, of what is left; it waits for a person.
        fresh: Box<Pending>,
    },
    /// The policy denies it; nothing was sent.
    Denied(Denial),
}
