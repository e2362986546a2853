//! How far a full well-check has come, over all that runs side by side.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::run::Run;

/// Counts steps of several kinds together.
pub(super) struct Meter<'a> {
    run: &'a Run,
    operation: &'static str,
    done: AtomicU64,
    total: AtomicU64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(run: &'a Run, operation: &'static str) -> Self {
        Meter { run, operation, done: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    /// So many further steps are to come.
    pub(super) fn expect(&self, steps: usize) {
        self.total.fetch_add(steps as u64, Ordering::Relaxed);
    }

    /// A counter of one kind of steps, told how many of them are done so far.
    pub(super) fn counter(&self, told: impl Fn(usize) -> String + Send) -> impl Fn(usize) + Send {
        let before = AtomicU64::new(0);
        move |so_far: usize| {
            let so_far_steps = so_far as u64;
            let new = so_far_steps.saturating_sub(before.swap(so_far_steps, Ordering::Relaxed));
            let done = self.done.fetch_add(new, Ordering::Relaxed) + new;
            let total = self.total.load(Ordering::Relaxed).max(done);
            self.run.progress(self.operation, told(so_far), done, Some(total));
        }
    }
}
