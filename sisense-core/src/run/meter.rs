//! How fast a run goes, and how long it still takes.

use std::time::{Duration, Instant};

use super::Progress;

/// Shortest time over which a rate is taken: what ends within it is counted together.
const SHORTEST_STEP: Duration = Duration::from_millis(200);

/// What was this long ago weighs a third of what is now.
const MEMORY: Duration = Duration::from_secs(10);

/// Measures the rate of a run from the steps that are done. It has no clock of its own.
///
/// ```
/// use std::time::{Duration, Instant};
/// use sisense_core::run::{Meter, Progress};
///
/// let started = Instant::now();
/// let mut meter = Meter::new(started);
/// let event = Progress::new("dashboard.get_all_dashboards", "dashboards", 10).of(40);
/// let event = meter.measure(started + Duration::from_secs(5), event);
/// assert_eq!((event.per_second, event.seconds_left), (Some(2.0), Some(15)));
/// ```
#[derive(Clone, Debug)]
pub struct Meter {
    at: Instant,
    done: u64,
    /// The smoothed rate; without the part that is not there yet it is too low by `weight`.
    sum: f64,
    /// How much of a whole the smoothed rate is, from 0 to 1.
    weight: f64,
}

impl Meter {
    /// A meter for a run that starts now, with nothing done.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Meter { at: now, done: 0, sum: 0.0, weight: 0.0 }
    }

    /// A meter for a run of which so much was done before, such as one that is resumed: that says
    /// nothing about the rate.
    #[must_use]
    pub fn resumed(now: Instant, done: u64) -> Self {
        Meter { done, ..Meter::new(now) }
    }

    /// Note what is done now, and give the event with the rate and the time left.
    #[must_use]
    pub fn measure(&mut self, now: Instant, progress: Progress) -> Progress {
        self.note(now, progress.done);
        let per_second = self.per_second();
        let seconds_left = match (progress.total, per_second) {
            (Some(total), _) if progress.done >= total => Some(0),
            (Some(total), Some(rate)) if rate > 0.0 => whole_seconds(total - progress.done, rate),
            _ => None,
        };
        Progress { per_second, seconds_left, ..progress }
    }

    fn note(&mut self, now: Instant, done: u64) {
        let step = now.saturating_duration_since(self.at);
        if step < SHORTEST_STEP {
            return;
        }
        // Steps that are undone, as by a phase that starts over, are not counted against it.
        let rate = as_f64(done.saturating_sub(self.done)) / step.as_secs_f64();
        let kept = (-step.as_secs_f64() / MEMORY.as_secs_f64()).exp();
        self.sum = self.sum * kept + rate * (1.0 - kept);
        self.weight = self.weight * kept + (1.0 - kept);
        (self.at, self.done) = (now, done);
    }

    /// Steps per second, to a thousandth; `None` until enough time has passed.
    fn per_second(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| (self.sum / self.weight * 1_000.0).round() / 1_000.0)
    }
}

/// How long so many steps take; `None` when nobody would wait for it.
fn whole_seconds(steps: u64, rate: f64) -> Option<u64> {
    let seconds = Duration::try_from_secs_f64(as_f64(steps) / rate).ok()?;
    let started = u64::from(seconds.subsec_nanos() > 0);
    Some(seconds.as_secs().saturating_add(started))
}

// Counts beyond 2^52 lose their last digits, which no rate has.
#[allow(clippy::cast_precision_loss)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(meter: &mut Meter, now: Instant, done: u64, total: u64) -> (Option<f64>, Option<u64>) {
        let event = meter.measure(now, Progress::new("op", "x", done).of(total));
        (event.per_second, event.seconds_left)
    }

    #[test]
    fn nothing_is_known_at_the_start_and_all_is_known_at_the_end() {
        let started = Instant::now();
        let mut meter = Meter::new(started);
        assert_eq!(at(&mut meter, started, 3, 10), (None, None));
        assert_eq!(at(&mut meter, started, 10, 10), (None, Some(0)));
        assert_eq!(at(&mut meter, started, 11, 10), (None, Some(0)));
    }

    #[test]
    fn a_steady_run_has_its_rate_from_the_first_step_on() {
        let started = Instant::now();
        let mut meter = Meter::new(started);
        for second in 1..=9 {
            let now = started + Duration::from_secs(second);
            let (rate, left) = at(&mut meter, now, second * 10, 100);
            assert!((rate.unwrap() - 10.0).abs() < 1e-9);
            assert_eq!(left, Some(10 - second));
        }
    }

    #[test]
    fn a_burst_within_a_moment_is_one_step() {
        let started = Instant::now();
        let mut meter = Meter::new(started);
        for done in 1..=50 {
            let now = started + Duration::from_millis(done);
            assert_eq!(at(&mut meter, now, done, 100), (None, None));
        }
        let (rate, _) = at(&mut meter, started + Duration::from_secs(1), 50, 100);
        assert_eq!(rate, Some(50.0));
    }

    #[test]
    fn a_run_that_slows_down_is_believed_after_a_while() {
        let started = Instant::now();
        let mut meter = Meter::new(started);
        let (mut done, mut rate) = (0, None);
        for second in 1..=60 {
            done += if second <= 20 { 100 } else { 1 };
            let now = started + Duration::from_secs(second);
            (rate, _) = at(&mut meter, now, done, 10_000);
            if second == 22 {
                assert!(rate.unwrap() > 50.0, "one slow moment is not the rate");
            }
        }
        assert!(rate.unwrap() < 4.0, "{rate:?}");
    }

    #[test]
    fn a_run_that_stands_still_does_not_tell_when_it_ends() {
        let started = Instant::now();
        let mut meter = Meter::resumed(started, 7);
        let (rate, left) = at(&mut meter, started + Duration::from_secs(5), 7, 10);
        assert_eq!((rate, left), (Some(0.0), None));
    }

    #[test]
    fn what_was_done_before_a_run_was_resumed_is_not_its_rate() {
        let started = Instant::now();
        let mut meter = Meter::resumed(started, 1_000);
        let (rate, left) = at(&mut meter, started + Duration::from_secs(1), 1_002, 1_010);
        assert_eq!((rate, left), (Some(2.0), Some(4)));
    }

    proptest! {
        #[test]
        fn whatever_is_counted_the_rate_is_a_number(
            steps in proptest::collection::vec((0_u64..10_000, any::<u64>(), any::<u64>()), 1..60),
        ) {
            let mut now = Instant::now();
            let mut meter = Meter::new(now);
            for (wait, done, total) in steps {
                now += Duration::from_millis(wait);
                let (rate, _) = at(&mut meter, now, done, total);
                prop_assert!(rate.is_none_or(|rate| rate.is_finite() && rate >= 0.0));
            }
        }
    }
}
