//! Progress of a call, told to the client that asked for it, and to no other.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RoleServer};
use sisense_core::run::{Progress, ProgressSink};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Shortest time between two messages: a slow reader must never hold a run back.
const BETWEEN: Duration = Duration::from_millis(250);
/// Longest silence: clients give up on a call that they hear nothing of, often after a minute.
const SILENCE: Duration = Duration::from_secs(15);

/// Tells a client how far a call has come, until it is finished or dropped.
pub struct Reporter {
    latest: Arc<watch::Sender<Option<Progress>>>,
    closing: CancellationToken,
    task: JoinHandle<()>,
}

impl Reporter {
    /// Tell this client under its token.
    pub fn start(peer: Peer<RoleServer>, token: ProgressToken) -> Self {
        let (latest, seen) = watch::channel(None);
        let closing = CancellationToken::new();
        let task = tokio::spawn(tell(peer, token, seen, closing.clone()));
        Reporter { latest: Arc::new(latest), closing, task }
    }

    /// Where a run reports to. Never blocks; what comes too fast is told as its latest.
    pub fn sink(&self) -> ProgressSink {
        let latest = Arc::downgrade(&self.latest);
        Arc::new(move |progress| {
            if let Some(latest) = latest.upgrade() {
                latest.send_replace(Some(progress));
            }
        })
    }

    /// Tell the latest, and then no more: nothing may follow the answer.
    pub async fn finish(mut self) {
        self.closing.cancel();
        if tokio::time::timeout(BETWEEN, &mut self.task).await.is_err() {
            tracing::debug!("the client is slow to take progress");
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn tell(
    peer: Peer<RoleServer>,
    token: ProgressToken,
    mut seen: watch::Receiver<Option<Progress>>,
    closing: CancellationToken,
) {
    let mut pace = tokio::time::interval(BETWEEN);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last = 0.0;
    loop {
        tokio::select! {
            biased;
            changed = seen.changed() => if changed.is_err() { return },
            () = closing.cancelled() => return,
            // Nothing new: what was told last is told again.
            () = tokio::time::sleep(SILENCE) => {}
        }
        tokio::select! {
            _ = pace.tick() => {}
            () = closing.cancelled() => {}
        }
        let progress = seen.borrow_and_update().clone();
        let message = message(token.clone(), progress, last);
        last = message.progress;
        if let Err(error) = peer.notify_progress(message).await {
            tracing::debug!(%error, "the client takes no progress");
            return;
        }
    }
}

fn message(
    token: ProgressToken,
    progress: Option<Progress>,
    last: f64,
) -> ProgressNotificationParam {
    let Some(progress) = progress else {
        return ProgressNotificationParam::new(token, next(last, 0)).with_message("working");
    };
    let value = next(last, progress.done);
    let message = ProgressNotificationParam::new(token, value).with_message(words(&progress));
    match progress.total {
        Some(total) => message.with_total(as_f64(total).max(value)),
        None => message,
    }
}

/// What a client shows beside the count, which it has as numbers.
fn words(progress: &Progress) -> String {
    let parts = [Some(progress.message.clone()), progress.asset.clone(), progress.pace()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Each value must be larger than the one before, also while the count stands still.
fn next(last: f64, done: u64) -> f64 {
    let done = as_f64(done);
    if done > last { done } else { last + 0.001 }
}

// Counts beyond 2^52 lose their last digits, which nobody reads.
#[allow(clippy::cast_precision_loss)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_news_again_is_still_a_larger_value_and_never_beyond_the_total() {
        let token = || ProgressToken(rmcp::model::NumberOrString::Number(1));
        let news = Progress::new("op", "dashboards", 3).of(3);
        let first = message(token(), Some(news.clone()), 0.0);
        assert_eq!((first.progress, first.total), (3.0, Some(3.0)));
        let again = message(token(), Some(news), first.progress);
        assert!(again.progress > first.progress && again.total >= Some(again.progress));
        assert_eq!(message(token(), None, 0.0).message.as_deref(), Some("working"));
    }

    #[test]
    fn asset_rate_and_time_left_are_told_in_words() {
        let news = Progress {
            per_second: Some(4.0),
            seconds_left: Some(9),
            ..Progress::new("op", "dashboards", 3).of(39).on("dashboard \"Sales\"")
        };
        let told = message(ProgressToken(rmcp::model::NumberOrString::Number(1)), Some(news), 0.0);
        let words = "dashboards, dashboard \"Sales\", 4.0 per second, 9 s left";
        assert_eq!(told.message.as_deref(), Some(words));
    }

    #[test]
    fn values_only_grow() {
        let mut last = 0.0;
        for done in [0, 0, 1, 1, 5, 3] {
            let value = next(last, done);
            assert!(value > last);
            last = value;
        }
    }
}
