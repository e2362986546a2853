//! Another person's dashboard is taken, overwritten and given back: broken off at each request of
//! that, resumed, and taken back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sisense_core::run::{Journal, MemoryJournal, Outcome};
use sisense_core::undo::undo;
use sisense_core::{Limits, Run};
use sisense_sandbox::{Fault, FaultAction, SandboxConfig, Sizes};

use super::meaning::meaning;
use super::seeds::{broken_off, twice};
use super::support::{Pair, bare, change, everything};
use crate::suite::support::limits;

/// How a run is broken off at one of its requests.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// The run's future is dropped, and the server never did what was asked.
    DroppedBefore,
    /// The run's future is dropped, and the server did it.
    DroppedAfter,
    /// The connection ends, and the server never did it.
    ClosedBefore,
    /// The connection ends, and the server did it.
    ClosedAfter,
}

const BREAKS: [Break; 4] =
    [Break::DroppedBefore, Break::DroppedAfter, Break::ClosedBefore, Break::ClosedAfter];

impl Break {
    fn action(self) -> FaultAction {
        match self {
            Break::DroppedBefore => FaultAction::Silence,
            Break::DroppedAfter => FaultAction::Latency { ms: 50 },
            Break::ClosedBefore => FaultAction::CloseConnection,
            Break::ClosedAfter => FaultAction::ApplyThenDrop,
        }
    }

    fn drops(self) -> bool {
        matches!(self, Break::DroppedBefore | Break::DroppedAfter)
    }
}

/// Both sides have a dashboard of another person, and the source's is ahead.
async fn ahead_by_one() -> Pair {
    // The tenth user is a designer, who owns every other dashboard.
    let sizes = Sizes { users: 10, groups: 1, models: 1, dashboards: 1, ..Sizes::default() };
    let mut pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
    everything(&pair, &Run::unattended().start(), "skip").await;
    let oid = pair.source.state()["dashboards"][0]["oid"].as_str().unwrap().to_owned();
    change(&pair, &oid).await;
    pair.set_limits(Limits { retries: 0, ..limits() });
    pair
}

async fn overwrite(pair: &Pair, run: &Run) -> bool {
    let params = json!({ "action": "overwrite", "keep_folders": false });
    let params = serde_json::from_value(params).unwrap();
    pair.migrations().migrate_all_dashboards(run, params).await.unwrap().complete
}

async fn broken_off_everywhere(change_owner: &str) {
    let pair = ahead_by_one().await;
    let target = &pair.target;
    target.set_variants(serde_json::from_value(json!({ "change_owner": change_owner })).unwrap());
    let (start, before) = (target.snapshot(), meaning(target));
    let preview = Run::preview().start();
    assert!(overwrite(&pair, &preview).await);
    let approved = preview.changes();
    assert_eq!(approved.len(), 3, "take, overwrite, give back: {approved:#?}");
    target.clear_requests();
    assert!(overwrite(&pair, &Run::approved(approved.clone()).start()).await);
    let (expected, requests) = (meaning(target), target.counts());
    assert_ne!(before, expected);
    assert!(requests.writes >= 3, "{requests:?}");
    let mut wrong = Vec::new();
    for (nth, how) in (1..=requests.total).flat_map(|nth| BREAKS.map(|how| (nth, how))) {
        target.restore(&start);
        target.clear_requests();
        target.add_fault(Fault::new("/api/", how.action()).nth(nth));
        let journal = Arc::new(MemoryJournal::default());
        let started = || {
            let journal = Arc::clone(&journal) as Arc<dyn Journal>;
            Run::approved(approved.clone()).id("owners").journal(journal).start()
        };
        let at = how.drops().then_some(nth);
        let run = started();
        let ended = broken_off(async { overwrite_or_not(&pair, &run).await }, target, at).await;
        drop(run);
        target.clear_faults();
        if how.drops() {
            assert!(ended.is_none(), "request {nth} {how:?}: it was broken off");
            // What the server does, it does meanwhile.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let cell = format!("{change_owner}, request {nth}, {how:?}");
        if !overwrite(&pair, &started()).await {
            wrong.push(format!("{cell}: resumed and not complete"));
        }
        let entries = journal.entries("owners").await.unwrap();
        for open in entries.iter().filter(|entry| entry.outcome != Outcome::Done) {
            wrong.push(format!("{cell}: not done: {}", open.change.summary));
        }
        twice(nth, target);
        wrong.extend(unlike(&cell, "after it was resumed", &meaning(target), &expected));
        let clients = std::slice::from_ref(&pair.to);
        let looked = Run::preview().start();
        let planned = undo(clients, &looked, "owners", journal.clone()).await.unwrap();
        let back = Run::approved(looked.changes()).journal(journal.clone()).start();
        let undone = undo(clients, &back, "owners", journal.clone()).await.unwrap();
        if !undone.complete || planned.taken_back != undone.taken_back {
            wrong.push(format!("{cell}: not taken back: {:?}", undone.items));
        }
        wrong.extend(unlike(&cell, "after it was taken back", &meaning(target), &before));
    }
    assert!(wrong.is_empty(), "{} times wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The same where an error is fine: the run is resumed.
async fn overwrite_or_not(pair: &Pair, run: &Run) {
    let params = json!({ "action": "overwrite", "keep_folders": false });
    let params = serde_json::from_value(params).unwrap();
    let _ended = pair.migrations().migrate_all_dashboards(run, params).await;
}

fn unlike(cell: &str, when: &str, found: &Value, expected: &Value) -> Option<String> {
    let (found, expected) = (&found["dashboards"], &expected["dashboards"]);
    (found != expected).then(|| format!("{cell}: {when}: {found} instead of {expected}"))
}

#[tokio::test]
async fn a_dashboard_comes_back_to_its_owner_whatever_breaks_off() {
    broken_off_everywhere("keeps-shares").await;
}

#[tokio::test]
async fn a_dashboard_comes_back_with_its_shares_whatever_breaks_off() {
    broken_off_everywhere("drops-shares").await;
}
