//! The door and the pass: no request that changes a deployment is sent without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::Value;

use super::change::Change;
use super::elsewhere::Elsewhere;
use super::journal::{Entry, Outcome};
use super::{CancellationToken, Inner, RunMode};
use crate::error::{Error, ErrorKind, Result};
use crate::transport::Answer;

/// What the door says to a change.
#[derive(Debug)]
#[must_use = "the door's answer decides whether anything may be sent"]
pub enum Door {
    /// This is a preview: nothing is sent.
    Planned(Planned),
    /// A resumed run did this already.
    Recorded(Recorded),
    /// Go: the pass is what the transport asks for.
    Open(Pass),
}

/// The stand-in for what a change would have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// A placeholder id. The transport answers "not there" to a path that holds one.
    pub id: String,
}

/// What the journal holds of a change that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The id that the server gave to a new asset.
    pub id: Option<String>,
}

/// The right to send one change. Only the door makes one.
///
/// A pass that is dropped unsettled leaves the change's outcome as unknown. The compiler keeps the
/// law. With a pass a write compiles:
///
/// ```no_run
/// # use sisense_core::{Answer, Client, Result, run::Pass};
/// async fn write(client: &Client, pass: Pass) -> Result<Answer> {
///     let sent = client.write(&pass, "DELETE", &["api", "v1", "users", "5f01"], None).await;
///     pass.settle(sent).await
/// }
/// ```
///
/// Without one it does not:
///
/// ```compile_fail
/// # use sisense_core::{Answer, Client, Result, run::Pass};
/// async fn write(client: &Client) -> Result<Answer> {
///     client.write("DELETE", &["api", "v1", "users", "5f01"], None).await
/// }
/// ```
///
/// Nobody else can make one, copy one, or use one after it was settled:
///
/// ```compile_fail
/// # use sisense_core::run::Pass;
/// fn forge(pass: Pass) -> Pass {
///     Pass { entry: None, ..pass }
/// }
/// ```
///
/// ```compile_fail
/// # use sisense_core::run::{Entry, Pass, Run};
/// fn forge(run: Run, entry: Entry) -> Pass {
///     Pass::new(run.inner, entry)
/// }
/// ```
///
/// ```compile_fail
/// # use sisense_core::run::Pass;
/// fn copy(pass: &Pass) -> Pass {
///     pass.clone()
/// }
/// ```
///
/// ```compile_fail
/// # use sisense_core::{Answer, Client, Result, run::Pass};
/// async fn twice(client: &Client, pass: Pass) -> Result<Answer> {
///     let sent = client.write(&pass, "DELETE", &["api", "v1", "users", "5f01"], None).await;
///     pass.settle(sent).await?;
///     client.write(&pass, "DELETE", &["api", "v1", "users", "5f02"], None).await
/// }
/// ```
#[derive(Debug)]
#[must_use = "settle the pass with what the server said"]
pub struct Pass {
    run: Arc<Inner>,
    entry: Option<Box<Entry>>,
    started: Instant,
    sent: AtomicBool,
}

impl Pass {
    pub(super) fn new(run: Arc<Inner>, entry: Entry) -> Self {
        Pass {
            run,
            entry: Some(Box::new(entry)),
            started: Instant::now(),
            sent: AtomicBool::new(false),
        }
    }

    /// The transport says that bytes of the request may have reached the server.
    pub(crate) fn mark_sent(&self) {
        self.sent.store(true, Ordering::Relaxed);
    }

    /// Cancelled when the run is stopped. A write that waits for its time ends by it, unsent.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.run.cancel.clone()
    }

    /// The name of the deployment that the change is for; the transport compares it with its own.
    pub(crate) fn deployment(&self) -> &str {
        self.entry.as_ref().map_or("", |entry| entry.change.asset.deployment.as_str())
    }

    /// Keep what the server said, and hand it on.
    ///
    /// An error after the request was sent and before an answer came turns into
    /// [`ErrorKind::UnknownOutcome`].
    ///
    /// # Errors
    /// The error that came in, or the journal's.
    pub async fn settle(self, result: Result<Answer>) -> Result<Answer> {
        let (run, entry, result) = self.close(result);
        let Some(entry) = entry else { return result };
        let kept = run.journal.keep(entry).await;
        match (result, kept) {
            (Ok(_), Err(journal)) => Err(not_kept(journal)),
            (result, _) => result,
        }
    }

    /// The entry as it must be kept, and what the caller is told.
    pub(super) fn close(
        mut self,
        result: Result<Answer>,
    ) -> (Arc<Inner>, Option<Entry>, Result<Answer>) {
        let run = Arc::clone(&self.run);
        let Some(mut entry) = self.entry.take() else { return (run, None, result) };
        let result = result.map_err(|error| self.judge(error, &entry));
        entry.duration_ms = u64::try_from(self.started.elapsed().as_millis()).ok();
        match &result {
            Ok(answer) => {
                entry.outcome = Outcome::Done;
                entry.id = answer.id().map(str::to_owned);
            }
            Err(error) => {
                // What was not sent now may have been sent before the run was resumed.
                let doubtful = !self.sent.load(Ordering::Relaxed) && run.may_be_made(&entry.key);
                entry.outcome = match error.kind() {
                    ErrorKind::UnknownOutcome => Outcome::Unknown,
                    _ if doubtful => Outcome::Unknown,
                    _ => Outcome::Failed,
                };
                entry.error = Some(error.report().clone());
            }
        }
        run.settled(&entry);
        (run, Some(*entry), result)
    }

    /// The key under which the journal keeps its change.
    pub(crate) fn key(&self) -> &str {
        self.entry.as_ref().map_or("", |entry| entry.key.as_str())
    }

    /// Whether an earlier attempt of this run may have made this very write.
    #[must_use]
    pub fn may_be_made(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| self.run.may_be_made(&entry.key))
    }

    /// The entry as it must be kept, when another process says how its write ended.
    pub(super) fn close_as(mut self, ended: Elsewhere) -> (Arc<Inner>, Option<Entry>) {
        let run = Arc::clone(&self.run);
        let Some(mut entry) = self.entry.take() else { return (run, None) };
        entry.duration_ms = u64::try_from(self.started.elapsed().as_millis()).ok();
        match ended {
            Elsewhere::Done { id } => {
                entry.outcome = Outcome::Done;
                entry.id = id;
            }
            Elsewhere::NotDone(why) => {
                // What was not done now may have been done before the run was resumed.
                let doubtful = run.may_be_made(&entry.key);
                entry.outcome = if doubtful { Outcome::Unknown } else { Outcome::Failed };
                entry.error = why;
            }
            Elsewhere::Unknown(why) => {
                entry.outcome = Outcome::Unknown;
                entry.error = Some(why);
            }
        }
        run.settled(&entry);
        (run, Some(*entry))
    }

    /// A write that was sent and got no answer, or a gateway's one, may have been applied.
    fn judge(&self, error: Error, entry: &Entry) -> Error {
        if self.sent.load(Ordering::Relaxed) && error.is_unanswered() {
            return error
                .with_kind(ErrorKind::UnknownOutcome)
                .with_asset(entry.change.asset.to_string())
                .with_other_step(
                    "the write may have been applied: look at the asset before repeating",
                );
        }
        error.with_asset(entry.change.asset.to_string())
    }
}

/// A write that was done and whose outcome could not be kept.
pub(super) fn not_kept(journal: Error) -> Error {
    journal
        .with_kind(ErrorKind::UnknownOutcome)
        .with_other_step("the write was done but could not be kept; look before repeating")
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            // The intent is in the journal with an unknown outcome: that stays true.
            self.run.settled(&entry);
        }
    }
}

impl Inner {
    pub(super) fn refuse(&self) -> Option<Error> {
        if self.cancel.is_cancelled() {
            return Some(Error::new(
                ErrorKind::Cancelled,
                "the run was stopped before this change",
            ));
        }
        if self.mode == RunMode::Reads {
            return Some(
                Error::new(ErrorKind::NotApproved, "this run may only read")
                    .with_next_step("preview the change and have it approved"),
            );
        }
        None
    }
}

/// A placeholder id for an asset that a preview would make.
pub(super) fn planned_id(change: &Change) -> String {
    let digest = super::change::digest(&Value::String(change.key()));
    format!("planned:{}:{}", change.asset.kind.as_str().replace(' ', "_"), &digest[..12])
}

/// Whether an id is a placeholder.
#[must_use]
pub fn is_planned(id: &str) -> bool {
    id.starts_with("planned:")
}
