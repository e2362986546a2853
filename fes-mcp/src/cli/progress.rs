//! How far a run has come, on stderr: a line that is drawn over on a terminal, else now and then a
//! line of its own. Never on stdout.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sisense_core::run::{Meter, Progress, ProgressSink};

use crate::preview::one_line;

/// How often the line on a terminal moves, so that one sees that the program lives.
const TICK: Duration = Duration::from_millis(120);

/// Shortest time between two lines that stay: a log is read later, and not for its progress.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// What the line looks like while the number of steps is not known.
const OPEN: &str = "{spinner} {wide_msg} {elapsed}";

/// The same when it is known.
const COUNTED: &str = "{spinner} [{bar:24}] {pos}/{len} {wide_msg} {elapsed}";

/// Follows a run until it is dropped.
pub struct Follower {
    shown: Arc<Shown>,
}

struct Shown {
    on: On,
    rate: Mutex<Rate>,
}

enum On {
    Terminal(ProgressBar),
    Lines(Mutex<Lines>),
}

impl Follower {
    /// Follow on stderr.
    pub fn start() -> Self {
        if io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
            Follower::on_terminal(bar)
        } else {
            Follower::on(On::Lines(Mutex::new(Lines::new(Instant::now(), io::stderr()))))
        }
    }

    fn on_terminal(bar: ProgressBar) -> Self {
        bar.set_style(style(OPEN));
        bar.set_message("asking the deployment");
        Follower::on(On::Terminal(bar))
    }

    fn on(on: On) -> Self {
        let rate = Mutex::new(Rate::new(Instant::now()));
        Follower { shown: Arc::new(Shown { on, rate }) }
    }

    /// Where a run reports to.
    pub fn sink(&self) -> ProgressSink {
        let shown = Arc::clone(&self.shown);
        Arc::new(move |progress| shown.show(Instant::now(), progress))
    }
}

impl Drop for Follower {
    /// Nothing stays on a terminal; the result speaks.
    fn drop(&mut self) {
        if let On::Terminal(bar) = &self.shown.on {
            bar.finish_and_clear();
        }
    }
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower").finish_non_exhaustive()
    }
}

impl Shown {
    fn show(&self, now: Instant, progress: Progress) {
        let progress = {
            let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
            rate.fill(now, progress)
        };
        match &self.on {
            On::Terminal(bar) => draw(bar, &progress),
            On::Lines(lines) => {
                lines.lock().unwrap_or_else(PoisonError::into_inner).tell(now, &progress);
            }
        }
    }
}

/// Adds rate and time left to events that come without.
struct Rate {
    operation: String,
    done: u64,
    meter: Meter,
}

impl Rate {
    fn new(now: Instant) -> Self {
        Rate { operation: String::new(), done: 0, meter: Meter::new(now) }
    }

    fn fill(&mut self, now: Instant, progress: Progress) -> Progress {
        let Progress { operation, done, .. } = &progress;
        // Something else is counted from here on.
        if *operation != self.operation || *done < self.done {
            self.operation.clone_from(operation);
            self.meter = Meter::resumed(now, *done);
        }
        self.done = *done;
        if progress.per_second.is_some() || progress.total.is_none() {
            return progress;
        }
        self.meter.measure(now, progress)
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are this file's own; a test draws both.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    match (progress.total, bar.length()) {
        (Some(total), known) if known != Some(total) => {
            if known.is_none() {
                bar.set_style(style(COUNTED));
            }
            bar.set_length(total);
        }
        (None, Some(_)) => {
            bar.set_style(style(OPEN));
            bar.unset_length();
        }
        _ => {}
    }
    bar.set_position(progress.done);
    // The bar counts where it knows to what; without that the words do.
    let line = match progress.total {
        Some(_) => words(progress),
        None => progress.to_string(),
    };
    bar.set_message(one_line(&line));
}

/// What is shown beside the count.
fn words(progress: &Progress) -> String {
    let parts = [Some(progress.message.clone()), progress.asset.clone(), progress.pace()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Lines that stay, for a log.
struct Lines {
    last: Instant,
    to: Box<dyn Write + Send>,
}

impl Lines {
    /// What takes less time than the wait between two lines needs none.
    fn new(now: Instant, to: impl Write + Send + 'static) -> Self {
        Lines { last: now, to: Box::new(to) }
    }

    fn tell(&mut self, now: Instant, progress: &Progress) {
        if now.saturating_duration_since(self.last) < BETWEEN_LINES {
            return;
        }
        self.last = now;
        // Progress that cannot be written is no reason to stop a run.
        let _ = writeln!(self.to, "{}", one_line(&progress.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use indicatif::InMemoryTerm;

    use super::*;

    fn event(done: u64, total: Option<u64>) -> Progress {
        Progress {
            per_second: Some(8.0),
            seconds_left: Some(23),
            ..Progress::new("op", "dashboards", done).of(total).on("dashboard \"Sales\"")
        }
    }

    fn drawn(events: Vec<Progress>) -> (String, String) {
        let term = InMemoryTerm::new(4, 100);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let bar = ProgressBar::with_draw_target(None, target);
        let follower = Follower::on_terminal(bar.clone());
        for event in events {
            follower.sink()(event);
        }
        bar.force_draw();
        let during = term.contents();
        drop(follower);
        (during, term.contents())
    }

    #[test]
    fn a_terminal_shows_bar_count_asset_rate_and_time_left_and_nothing_at_the_end() {
        let (during, after) = drawn(vec![event(1, None), event(50, Some(200))]);
        assert!(during.contains("[======>  "), "{during}");
        let words = "50/200 dashboards, dashboard \"Sales\", 8.0 per second, 23 s left";
        assert!(during.contains(words), "{during}");
        assert_eq!(during.lines().count(), 1, "{during}");
        assert_eq!(after, "");
    }

    #[test]
    fn without_a_total_there_is_no_bar() {
        for events in [vec![event(7, None)], vec![event(3, Some(9)), event(7, None)]] {
            let (during, _) = drawn(events);
            assert!(during.contains("dashboards 7, dashboard \"Sales\""), "{during}");
            assert!(!during.contains('['), "{during}");
        }
        assert!(drawn(Vec::new()).0.contains("asking the deployment"));
    }

    #[test]
    fn a_name_sends_no_commands_to_the_terminal_and_fills_one_line() {
        let name = format!("\u{1b}[2Jx\n{}", "long ".repeat(90));
        let (during, _) = drawn(vec![Progress::new("op", "dashboards", 1).of(2).on(name)]);
        assert_eq!(during.lines().count(), 1, "{during}");
        assert!(during.contains("1/2 dashboards,  [2Jx long"), "{during}");
    }

    #[test]
    fn a_log_gets_a_line_now_and_then() {
        struct To(mpsc::Sender<String>);
        impl Write for To {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (to, written) = mpsc::channel();
        let started = Instant::now();
        let follower = Follower::on(On::Lines(Mutex::new(Lines::new(started, To(to)))));
        for second in 0..=25 {
            let now = started + Duration::from_secs(second);
            follower.shown.show(now, event(second * 2, Some(60)));
        }
        drop(follower);
        let text: String = written.iter().collect();
        insta::assert_snapshot!(text, @r#"
        dashboards 20/60, dashboard "Sales", 8.0 per second, 23 s left
        dashboards 40/60, dashboard "Sales", 8.0 per second, 23 s left
        "#);
    }

    #[test]
    fn events_without_a_rate_get_one_for_each_thing_that_is_counted() {
        let started = Instant::now();
        let mut rate = Rate::new(started);
        let mut fill = |second, operation: &str, done| {
            let event = Progress::new(operation, "x", done).of(100);
            rate.fill(started + Duration::from_secs(second), event)
        };
        assert_eq!(fill(0, "a", 0).per_second, None);
        assert_eq!(fill(2, "a", 10).per_second, Some(5.0));
        assert_eq!(fill(3, "b", 50).per_second, None);
        let event = fill(5, "b", 70);
        assert_eq!((event.per_second, event.seconds_left), (Some(10.0), Some(3)));
        assert_eq!(fill(6, "b", 1).per_second, None);
    }
}
