//! Prints how often the catalogue finds the right operation, and fails under the goals.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

use std::process::ExitCode;

use evals::score::{FIRST_HIT, RECALL, Scores, microseconds, table};
use evals::{Result, prompts, shared};
use fes_agent::catalogue::Catalogue;
use sisense_core::generated;

/// How many operations the speed is measured with: as many as a full catalogue will have.
const MANY: usize = 200;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("under the goals: recall@10 {RECALL}, first hit {FIRST_HIT}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let operations = generated::operations();
    let catalogue = Catalogue::new(operations);
    let (tuned, held_out) = prompts::own()?;
    let mut sets = vec![
        Scores::of("own, for tuning", &catalogue, &tuned),
        Scores::of("own, held out", &catalogue, &held_out),
    ];
    let mut notes = Vec::new();
    match shared::path() {
        Some(path) => {
            let cases = shared::read(&std::fs::read_to_string(path)?, operations);
            sets.push(Scores::of("shared cases", &catalogue, &cases.prompts));
            let skipped = cases.skipped.join(", ");
            notes.push(format!("shared cases without an operation of ours, skipped: {skipped}"));
        }
        None => notes.push("skipped: the shared cases are not beside this repository".to_owned()),
    }
    println!("{}", table(&sets));
    for set in sets.iter().filter(|set| set.name != "own, held out" && !set.misses.is_empty()) {
        println!("{}: first hits that are not right", set.name);
        println!("{}", set.worst());
    }
    notes.iter().for_each(|note| println!("{note}"));
    let times =
        [operations.len(), MANY].map(|count| (count, microseconds(operations, count, &tuned)));
    for (count, time) in times {
        println!("{time:.0} µs per search with {count} operations");
    }
    if cfg!(debug_assertions) {
        println!("(not optimised: `cargo xtask eval` builds for speed)");
    }
    Ok(sets.iter().all(Scores::reached))
}
