//! Sets up a run.

use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::approved::Approved;
use super::{
    CancellationToken, Change, Context, Handover, Inner, Journal, MemoryJournal, ProgressSink, Run,
    RunMode, State,
};

/// Sets up a [`Run`].
pub struct RunBuilder {
    id: String,
    mode: RunMode,
    context: Context,
    journal: Option<Arc<dyn Journal>>,
    cancel: CancellationToken,
    progress: Option<ProgressSink>,
    approved: Vec<Arc<Change>>,
    handover: Handover,
}

impl RunBuilder {
    pub(super) fn new(mode: RunMode, approved: Vec<Arc<Change>>) -> Self {
        RunBuilder {
            id: uuid::Uuid::new_v4().to_string(),
            mode,
            context: Context::default(),
            journal: None,
            cancel: CancellationToken::new(),
            progress: None,
            approved,
            handover: Handover::default(),
        }
    }

    /// Give the run an id, such as that of the run that it resumes.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Say who asked.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// Keep the journal there instead of in memory.
    #[must_use]
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Stop the run, between two writes, when this token is cancelled.
    #[must_use]
    pub fn cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Send progress there.
    #[must_use]
    pub fn progress(mut self, sink: ProgressSink) -> Self {
        self.progress = Some(sink);
        self
    }

    /// Hand over what the preview of the approved changes has read, see [`Run::handover`]: it is not
    /// read twice.
    #[must_use]
    pub fn handover(mut self, handover: Handover) -> Self {
        self.handover = handover;
        self
    }

    /// Start.
    #[must_use]
    pub fn start(self) -> Run {
        let approved = Approved::new(self.approved);
        Run {
            inner: Arc::new(Inner {
                id: self.id,
                mode: self.mode,
                context: self.context,
                journal: self.journal.unwrap_or_else(|| Arc::new(MemoryJournal::default())),
                cancel: self.cancel,
                progress: self.progress,
                earlier: OnceCell::new(),
                handover: self.handover,
                state: Mutex::new(State { approved, ..State::default() }),
            }),
        }
    }
}
