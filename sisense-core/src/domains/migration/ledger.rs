//! The rows of a migration as they come in, with progress.

use std::time::Instant;

use super::result::{Item, ItemOutcome, Migration};
use crate::run::{Meter, Progress, Run};

/// Collects rows and reports how far the run has come. Rows come in any order; the answer holds them
/// in the order of the source.
pub(super) struct Ledger<'a> {
    run: &'a Run,
    operation: &'static str,
    /// What the rows are, such as `dashboards`.
    what: &'static str,
    rows: Vec<Option<Item>>,
    done: u64,
    meter: Meter,
    warnings: Vec<String>,
}

impl<'a> Ledger<'a> {
    /// A ledger for so many assets.
    pub(super) fn new(
        run: &'a Run,
        operation: &'static str,
        what: &'static str,
        total: usize,
    ) -> Self {
        let rows = std::iter::repeat_with(|| None).take(total).collect();
        let meter = Meter::new(Instant::now());
        Ledger { run, operation, what, rows, done: 0, meter, warnings: Vec::new() }
    }

    /// The row of the asset at this place is settled.
    pub(super) fn settle(&mut self, place: usize, item: Item) {
        self.done += 1;
        let event = Progress::new(self.operation, self.what, self.done)
            .of(self.rows.len() as u64)
            .on(format!("{} \"{}\"", item.kind, item.name));
        self.run.report(self.meter.measure(Instant::now(), event));
        if let Some(row) = self.rows.get_mut(place) {
            *row = Some(item);
        }
    }

    /// Whether any row says that something was made.
    pub(super) fn has_created(&self) -> bool {
        self.rows.iter().flatten().any(|row| row.outcome == ItemOutcome::Created)
    }

    /// Add to a row that is settled.
    pub(super) fn amend(&mut self, place: usize, change: impl FnOnce(&mut Item)) {
        if let Some(Some(row)) = self.rows.get_mut(place) {
            change(row);
        }
    }

    pub(super) fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// The answer. Every place has been settled.
    pub(super) fn close(self) -> Migration {
        let stopped = self.run.is_cancelled();
        Migration::of(self.rows.into_iter().flatten().collect(), self.warnings, stopped)
    }
}
