//! Thousands of small migrations that are broken off and resumed until they end.
//!
//! Each is decided by its seed: where the run's future is dropped, which requests fail and how, which
//! answers are slow. What must hold is checked against the target's own state and write log.
//! `FES_SEED=123 cargo nextest run -p e2e seeds` replays one; `FES_SEEDS=5000` makes them more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use sisense_core::generated::call_between;
use sisense_core::run::{Change, Handover, Journal, MemoryJournal, Outcome};
use sisense_core::{Limits, Result, Run};
use sisense_sandbox::{
    AssetKind, Change as Did, Fault, FaultAction, Sandbox, SandboxConfig, Sizes, Snapshot,
};

use super::super::support::limits;
use super::meaning::meaning;
use super::support::{Pair, bare};

/// How many seeds there are when nothing else is said.
const SEEDS: u64 = 800;

/// How many of the tests share them, so that they run side by side.
const LANES: u64 = 4;

/// Most times that one migration is broken off. After that it is left alone.
const BREAKS: usize = 4;

/// Most times that a migration may need to end when nothing disturbs it any more.
const ATTEMPTS: usize = 8;

/// The steps of a migration in their order.
pub const STEPS: [&str; 4] = [
    "migration.migrate_all_groups",
    "migration.migrate_all_users",
    "migration.migrate_all_datamodels",
    "migration.migrate_all_dashboards",
];

pub fn arguments(step: &str) -> Value {
    match step {
        "migration.migrate_all_datamodels" => json!({ "shares": true }),
        "migration.migrate_all_dashboards" => {
            json!({ "migrate_share": true, "change_ownership": true, "batch_size": 2 })
        }
        _ => json!({}),
    }
}

/// The shares and owners of dashboards that are on both sides.
pub const SHARES: &str = "migration.migrate_dashboard_shares";

/// The arguments of [`SHARES`] for everything that both sides have.
pub fn pairs(pair: &Pair) -> Value {
    let (here, there) = (pair.source.state(), pair.target.state());
    let ids = |state: &Value| -> Vec<Value> {
        state["dashboards"].as_array().unwrap().iter().map(|one| one["oid"].clone()).collect()
    };
    let there = ids(&there);
    let both: Vec<Value> = ids(&here).into_iter().filter(|id| there.contains(id)).collect();
    assert!(both.len() > 2, "{both:?}");
    json!({
        "source_dashboard_ids": both, "target_dashboard_ids": both, "change_ownership": true,
    })
}

/// Bring everything but the shares and the owners of dashboards, and the shares of one.
pub async fn without_shares(pair: &Pair) {
    let run = Run::unattended().start();
    for id in STEPS {
        let args = if id.ends_with("_dashboards") { json!({}) } else { arguments(id) };
        let done = call_between(&pair.from, Some(&pair.to), &run, id, args).await.unwrap();
        assert_eq!(done.result["complete"], true, "{id}");
    }
    let mut one = pairs(pair);
    one["change_ownership"] = json!(false);
    for key in ["source_dashboard_ids", "target_dashboard_ids"] {
        one[key].as_array_mut().unwrap().truncate(1);
    }
    call_between(&pair.from, Some(&pair.to), &run, SHARES, one).await.unwrap();
}

/// What every seed of a lane shares: two deployments, and what an undisturbed run leaves behind.
struct Lane {
    pair: Pair,
    steps: Vec<(&'static str, Value)>,
    start: Snapshot,
    approved: Vec<Arc<Change>>,
    expected: Value,
}

impl Lane {
    /// A whole migration, or only the shares and owners of dashboards that are on both sides.
    async fn new(only_shares: bool) -> Self {
        let sizes = Sizes {
            users: 11,
            groups: 2,
            dashboards: 5,
            models: 2,
            folders: 2,
            widgets_per_dashboard: 1,
            ..Sizes::default()
        };
        let mut pair = Pair::start(SandboxConfig { sizes, ..bare() }, bare()).await;
        // A fault is met at once: the repeats of reads have tests of their own.
        pair.set_limits(Limits { retries: 0, ..limits() });
        let steps = if only_shares {
            without_shares(&pair).await;
            vec![(SHARES, pairs(&pair))]
        } else {
            STEPS.map(|id| (id, arguments(id))).to_vec()
        };
        let start = pair.target.snapshot();
        let preview = Run::preview().start();
        migrate(&pair, &steps, &preview).await.unwrap();
        let run = Run::approved(preview.changes()).start();
        assert!(migrate(&pair, &steps, &run).await.unwrap(), "undisturbed, everything is done");
        let expected = meaning(&pair.target);
        Lane { pair, steps, start, approved: preview.changes(), expected }
    }

    /// One migration, broken off as its seed says.
    /// Gives how often it was broken off or disturbed.
    async fn play(&self, seed: u64) -> usize {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let target = &self.pair.target;
        target.clear_faults();
        target.restore(&self.start);
        // Some runs begin with what their preview has read, as those of a program do that was not ended
        // between the two.
        let mut handover = Handover::default();
        if seed.is_multiple_of(4) {
            self.pair.source.clear_faults();
            let preview = Run::preview().start();
            migrate(&self.pair, &self.steps, &preview).await.unwrap();
            handover = preview.handover();
        }
        target.clear_requests();
        target.seed_faults(seed);
        self.pair.source.seed_faults(seed);
        let journal = Arc::new(MemoryJournal::default());
        let mut done = None;
        for attempt in 0..BREAKS + ATTEMPTS {
            self.pair.source.clear_faults();
            target.clear_faults();
            let calm = attempt >= BREAKS;
            if !calm {
                disturb(&mut rng, &self.pair.source, false);
                disturb(&mut rng, target, true);
            }
            let run = Run::approved(self.approved.clone())
                .id("seeded")
                .handover(std::mem::take(&mut handover))
                .journal(Arc::clone(&journal) as Arc<dyn Journal>)
                .start();
            let after = if calm { None } else { Some(rng.random_range(1..60)) };
            let ended = broken_off(migrate(&self.pair, &self.steps, &run), target, after).await;
            if let Some(Ok(true)) = ended {
                done = Some(attempt);
                break;
            }
            assert!(!calm || ended.is_some(), "seed {seed}: a calm run was broken off");
            // What was on its way when the future was dropped arrives or does not.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let Some(attempts) = done else {
            panic!("seed {seed}: not done after {} attempts", BREAKS + ATTEMPTS);
        };
        let entries = journal.entries("seeded").await.unwrap();
        let open = entries.iter().filter(|entry| entry.outcome != Outcome::Done);
        let open: Vec<&str> = open.map(|entry| entry.change.summary.as_str()).collect();
        assert!(open.is_empty(), "seed {seed}: the journal has open ends: {open:?}");
        twice(seed, target);
        let found = meaning(target);
        if found != self.expected {
            pretty_assertions::assert_eq!(found, self.expected, "seed {seed}");
        }
        attempts
    }
}

/// All steps, one after the other. Whether everything was done.
async fn migrate(pair: &Pair, steps: &[(&'static str, Value)], run: &Run) -> Result<bool> {
    let mut complete = true;
    for (step, args) in steps {
        let outcome = call_between(&pair.from, Some(&pair.to), run, step, args.clone()).await?;
        let told = &outcome.result;
        let parts =
            ["created", "overwritten", "duplicated", "skipped", "failed", "blocked", "unknown"];
        let sum: u64 = parts.iter().filter_map(|part| told[*part].as_u64()).sum();
        assert_eq!(told["requested"].as_u64(), Some(sum), "{step}: the totals add up");
        let done = told["complete"] == true;
        if !done && std::env::var_os("FES_SEED").is_some() {
            // For whoever replays one seed; a test that passes prints nothing.
            eprintln!("{step}: {}", trouble(told));
        }
        complete &= done;
    }
    Ok(complete)
}

/// The rows that are not done, in short.
fn trouble(told: &Value) -> Value {
    let rows = told["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    let bad = |row: &&Value| {
        ["failed", "blocked", "unknown"].iter().any(|one| row["outcome"] == *one)
            || row.get("problems").is_some()
            || row["verified"] == false
    };
    let short = |row: &Value| {
        let differs = &row["differs"];
        json!([row["name"], row["outcome"], row["reason"], row["problems"], differs])
    };
    rows.iter().filter(bad).map(short).collect()
}

/// Run until its end, or until the target has seen so many requests: then the future is dropped.
pub async fn broken_off<T>(
    future: impl Future<Output = T>,
    target: &Sandbox,
    after: Option<u64>,
) -> Option<T> {
    let Some(after) = after else { return Some(future.await) };
    let limit = target.counts().total + after;
    let reached = async {
        while target.counts().total < limit {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
    };
    tokio::select! {
        biased;
        ended = future => Some(ended),
        () = reached => None,
    }
}

/// Some trouble for one attempt, or none.
fn disturb(rng: &mut ChaCha8Rng, sandbox: &Sandbox, writes: bool) {
    for _ in 0..rng.random_range(0..3) {
        let action = match rng.random_range(0..if writes { 9 } else { 7 }) {
            0 => FaultAction::status(500),
            1 => FaultAction::status(403),
            2 => FaultAction::GatewayPage,
            3 => FaultAction::CloseConnection,
            4 => FaultAction::TruncatedJson,
            5 => FaultAction::EmptyBody,
            6 => FaultAction::Latency { ms: rng.random_range(1..4) },
            7 => FaultAction::ApplyThenDrop,
            _ => FaultAction::DropMidBody,
        };
        let fault = Fault::new("/api/", action);
        let fault = if writes && rng.random_bool(0.7) { fault.writes() } else { fault };
        sandbox.add_fault(fault.nth(rng.random_range(1..12)));
    }
}

/// No asset is made twice, by the target's own log of writes.
pub fn twice(seed: u64, target: &Sandbox) {
    let mut made: BTreeMap<(AssetKind, String), u32> = BTreeMap::new();
    for entry in target.requests().iter().filter(|entry| entry.applied) {
        for touched in entry.touched.iter().filter(|touched| touched.change == Did::Created) {
            *made.entry((touched.kind, touched.name.clone())).or_default() += 1;
        }
    }
    let twice: Vec<_> = made.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: made twice: {twice:?}");
}

async fn lane(number: u64) {
    let lane = Lane::new(number == LANES).await;
    if let Ok(seed) = std::env::var("FES_SEED") {
        lane.play(seed.parse().unwrap()).await;
        return;
    }
    let seeds = std::env::var("FES_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(SEEDS);
    let mut broken = 0;
    let own: Vec<u64> = (0..seeds).filter(|seed| seed % LANES == number % LANES).collect();
    for seed in &own {
        broken += lane.play(*seed).await;
    }
    assert!(broken > own.len() / 2, "the seeds hardly disturb anything: {broken}");
}

#[tokio::test]
async fn seeds_of_lane_0_end_as_if_nothing_had_happened() {
    lane(0).await;
}

#[tokio::test]
async fn seeds_of_lane_1_end_as_if_nothing_had_happened() {
    lane(1).await;
}

#[tokio::test]
async fn seeds_of_lane_2_end_as_if_nothing_had_happened() {
    lane(2).await;
}

#[tokio::test]
async fn seeds_of_lane_3_end_as_if_nothing_had_happened() {
    lane(3).await;
}

#[tokio::test]
async fn seeds_of_shares_alone_end_as_if_nothing_had_happened() {
    lane(LANES).await;
}
