//! Migrations of the real program, killed in the middle without a word and resumed by another process.
//!
//! The moments are those at which the target has seen so many requests; they are chosen by a seed.
//! `FES_SEED=17 cargo nextest run -p fes-mcp crash` replays one.

use std::process::Command;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tempfile::TempDir;

use super::meaning::meaning;
use crate::support::stage::{Stage, told};

/// How many moments are tried.
const MOMENTS: u64 = 200;

/// How many of the tests share them.
const LANES: u64 = 2;

/// Most times that one migration may need to be resumed.
const RESUMES: usize = 3;

/// Longest time that a program may run.
const LONGEST: Duration = Duration::from_secs(60);

#[allow(clippy::disallowed_methods, reason = "another process is watched, which sends no signal")]
/// Start it and kill it when the target has seen so many requests, if it runs so long.
fn kill_at(stage: &Stage, mut command: Command, requests: u64) {
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    while stage.target.counts().total < requests {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        assert!(started.elapsed() < LONGEST, "the migration hangs");
        std::thread::sleep(Duration::from_micros(300));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The run that was broken off, if it had come so far as to be kept.
fn interrupted(stage: &Stage, state: &TempDir) -> Option<String> {
    let output = stage.command(state, &["runs", "list"]).output().unwrap();
    let runs: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = runs.as_array().unwrap().iter().find(|run| run["state"] != "done")?;
    Some(run["id"].as_str().unwrap().to_owned())
}

fn play(stage: &Stage, seed: u64, most: u64, expected: &Value) -> bool {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    stage.reset();
    let state = TempDir::new().unwrap();
    kill_at(stage, stage.migrate(&state), rng.random_range(1..=most));
    let mut resumed = false;
    for attempt in 0..=RESUMES {
        let Some(id) = interrupted(stage, &state) else {
            // Broken off before anything was approved, or done: once more is harmless.
            let output = stage.migrate(&state).output().unwrap();
            assert!(output.status.success(), "seed {seed}: {}", told(&output));
            break;
        };
        resumed = true;
        let resume = stage.command(&state, &["runs", "resume", &id]);
        if attempt < RESUMES && rng.random_bool(0.2) {
            let now = stage.target.counts().total;
            kill_at(stage, resume, now + rng.random_range(1..=most));
            continue;
        }
        let mut resume = resume;
        let output = resume.output().unwrap();
        assert!(output.status.success(), "seed {seed}: {}", told(&output));
        break;
    }
    let made = stage.made_twice();
    assert!(made.is_empty(), "seed {seed}: made twice: {made:?}");
    let found = meaning(&stage.target);
    if found != *expected {
        pretty_assertions::assert_eq!(&found, expected, "seed {seed}");
    }
    resumed
}

fn lane(number: u64) {
    let stage = Stage::new();
    let state = TempDir::new().unwrap();
    let undisturbed = stage.migrate(&state).output().unwrap();
    assert!(undisturbed.status.success(), "{}", told(&undisturbed));
    let most = stage.target.counts().total;
    let expected = meaning(&stage.target);
    if let Ok(seed) = std::env::var("FES_SEED") {
        play(&stage, seed.parse().unwrap(), most, &expected);
        return;
    }
    let mut resumed = 0;
    for seed in (0..MOMENTS).filter(|seed| seed % LANES == number) {
        resumed += u64::from(play(&stage, seed, most, &expected));
    }
    assert!(resumed > MOMENTS / LANES / 4, "hardly any run was broken off: {resumed}");
    stage.close();
}

#[test]
fn a_migration_killed_at_any_moment_is_resumed_to_the_same_end() {
    lane(0);
}

#[test]
fn a_migration_killed_at_other_moments_is_resumed_to_the_same_end() {
    lane(1);
}
