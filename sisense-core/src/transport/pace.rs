//! How many requests one deployment gets at once. The rule is pure; here it meets the clock and
//! the requests that wait.

mod rule;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

use rule::{May, Rule, Ticket};

/// How many requests a client has under way at most, now and ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Concurrency {
    /// The most at this moment. It sinks when the server refuses (429, 503) or slows down, and
    /// rises again with good answers.
    pub limit: usize,
    /// What it never exceeds: [`Limits::concurrency`](crate::Limits::concurrency).
    pub most: usize,
}

/// Hands out slots to requests, first come, first served.
pub(super) struct Pace {
    rule: Mutex<Rule>,
    /// Only the first in the line asks the rule. It is as long as there are callers.
    line: Semaphore,
    /// Told when the first in the line should ask again.
    news: Notify,
}

/// Why a request may not start.
#[derive(Debug, PartialEq)]
pub(super) enum Held {
    /// The server asked to wait for longer than the caller has patience.
    For(Duration),
    /// The caller was stopped while the server's wait went on.
    Stopped,
}

/// What came of a request, as far as it tells of the server's load.
pub(super) enum Heard {
    /// An answer that took its time at this endpoint.
    In(String, Duration),
    /// An answer whose time says nothing, such as a source database's.
    Answer,
    /// Too much to do (429, 503), with the wait that the server asks for.
    Refusal(Option<Duration>),
    /// Nothing, or what does not tell.
    Nothing,
}

impl Pace {
    pub(super) fn new(most: usize) -> Self {
        Pace { rule: Mutex::new(Rule::new(most)), line: Semaphore::new(1), news: Notify::new() }
    }

    pub(super) fn now(&self) -> Concurrency {
        let rule = self.rule();
        Concurrency { limit: rule.limit(), most: rule.most() }
    }

    /// Wait for a slot. Waits that the server asked for may take as long as the patience in all;
    /// waiting for other requests is not counted, since each of those has its own deadline.
    pub(super) async fn slot(
        &self,
        patience: Duration,
        stop: Option<&CancellationToken>,
    ) -> Result<Slot<'_>, Held> {
        // The line is never closed, so it has no error; without its permit the rule still holds.
        let first = self.line.acquire().await;
        let mut waited = Duration::ZERO;
        loop {
            let now = Instant::now();
            let may = self.rule().ask(now);
            match may {
                May::Start(ticket) => {
                    drop(first);
                    return Ok(Slot { pace: self, ticket, waited });
                }
                May::AfterAnother => self.news.notified().await,
                May::At(until) => {
                    let wait = until.saturating_duration_since(now);
                    if waited.saturating_add(wait) > patience {
                        return Err(Held::For(wait));
                    }
                    tokio::select! {
                        () = tokio::time::sleep_until(until) => waited += wait,
                        () = stopped(stop) => return Err(Held::Stopped),
                    }
                }
            }
        }
    }

    fn rule(&self) -> MutexGuard<'_, Rule> {
        // A poisoned lock means a panic elsewhere; the rule is whole after every statement.
        self.rule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the caller is stopped; never, when nobody can stop it.
pub(super) async fn stopped(stop: Option<&CancellationToken>) {
    match stop {
        Some(stop) => stop.cancelled().await,
        None => std::future::pending().await,
    }
}

/// The right to have one request under way. Given back when it is dropped.
pub(super) struct Slot<'a> {
    pace: &'a Pace,
    ticket: Ticket,
    /// How long it took because the server had asked to wait.
    pub(super) waited: Duration,
}

impl Slot<'_> {
    /// Tell what came of the request.
    pub(super) fn heard(self, heard: &Heard) {
        let mut rule = self.pace.rule();
        let before = rule.limit();
        match heard {
            Heard::In(endpoint, took) => rule.answered_in(self.ticket, endpoint, *took),
            Heard::Answer => rule.answered(self.ticket),
            Heard::Refusal(wait) => rule.refused(self.ticket, Instant::now(), *wait),
            Heard::Nothing => {}
        }
        let after = rule.limit();
        // The slot takes the lock again when it goes.
        drop(rule);
        if before != after {
            tracing::debug!(before, after, "the limit of requests under way");
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.pace.rule().ended();
        self.pace.news.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const PATIENT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_slot_that_is_dropped_is_free_and_the_line_goes_on_without_who_leaves() {
        let pace = Pace::new(1);
        let first = pace.slot(PATIENT, None).await.unwrap();
        let mut leaves = Box::pin(pace.slot(PATIENT, None));
        let mut stays = Box::pin(pace.slot(PATIENT, None));
        assert!(leaves.as_mut().now_or_never().is_none());
        assert!(stays.as_mut().now_or_never().is_none());
        drop(first);
        // It has been told and goes without looking.
        drop(leaves);
        assert!(stays.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn all_wait_for_the_time_that_the_server_named() {
        let pace = Pace::new(4);
        let started = Instant::now();
        let wait = Duration::from_secs(5);
        pace.slot(PATIENT, None).await.unwrap().heard(&Heard::Refusal(Some(wait)));
        let slot = pace.slot(PATIENT, None).await.unwrap();
        assert_eq!((slot.waited, started.elapsed()), (wait, wait));
        assert_eq!(pace.now(), Concurrency { limit: 2, most: 4 });
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_less_patience_than_the_server_asks_for_is_told_at_once() {
        let pace = Pace::new(4);
        let wait = Duration::from_secs(61);
        pace.slot(PATIENT, None).await.unwrap().heard(&Heard::Refusal(Some(wait)));
        assert_eq!(pace.slot(PATIENT, None).await.err(), Some(Held::For(wait)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait() {
        let pace = Pace::new(4);
        let stop = CancellationToken::new();
        let wait = Duration::from_secs(5);
        pace.slot(PATIENT, None).await.unwrap().heard(&Heard::Refusal(Some(wait)));
        let started = Instant::now();
        let (held, ()) = tokio::join!(pace.slot(PATIENT, Some(&stop)), async { stop.cancel() });
        assert_eq!(held.err(), Some(Held::Stopped));
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}
