//! Scores of a set of prompts.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use fes_agent::catalogue::{Catalogue, Hints};
use sisense_core::Operation;

use crate::prompts::Prompt;

/// How many hits count as found.
pub const FIRST: usize = 10;

/// The least recall at [`FIRST`].
pub const RECALL: f64 = 0.98;

/// The least share of prompts whose first hit is right.
pub const FIRST_HIT: f64 = 0.80;

/// How many misses a table tells.
const MISSES: usize = 8;

/// A prompt whose first hit is not right.
#[derive(Clone, Debug)]
pub struct Miss {
    /// What was said.
    pub say: String,
    /// What would be right.
    pub wanted: Vec<String>,
    /// Where the first right one stands, from 1.
    pub place: Option<usize>,
    /// What came first instead.
    pub instead: Option<String>,
}

/// The scores of a set.
#[derive(Clone, Debug)]
pub struct Scores {
    /// What the set is called.
    pub name: String,
    /// How many prompts it has.
    pub prompts: usize,
    /// The share of wanted operations among the first [`FIRST`]. A prompt that any of several
    /// operations answers wants one.
    pub recall: f64,
    /// The share of prompts whose first hit is right.
    pub first: f64,
    /// The prompts whose first hit is not right, the worst first.
    pub misses: Vec<Miss>,
}

impl Scores {
    /// Score a set.
    #[must_use]
    pub fn of(name: &str, catalogue: &Catalogue, prompts: &[Prompt]) -> Self {
        let (mut wanted, mut found, mut first) = (0, 0, 0);
        let mut misses = Vec::new();
        for prompt in prompts {
            let hits = catalogue.rank(&prompt.say, &Hints::default());
            let among = |tool: &String| hits.iter().take(FIRST).any(|hit| hit.id == *tool);
            if prompt.all {
                wanted += prompt.tools.len();
                found += prompt.tools.iter().filter(|tool| among(tool)).count();
            } else {
                wanted += 1;
                found += usize::from(prompt.tools.iter().any(among));
            }
            let place = hits.iter().position(|hit| prompt.tools.contains(&hit.id));
            first += usize::from(place == Some(0));
            if place != Some(0) {
                misses.push(Miss {
                    say: prompt.say.clone(),
                    wanted: prompt.tools.clone(),
                    place: place.map(|place| place + 1),
                    instead: hits.first().map(|hit| hit.id.clone()),
                });
            }
        }
        misses.sort_by_key(|miss| std::cmp::Reverse(miss.place.unwrap_or(usize::MAX)));
        Scores {
            name: name.to_owned(),
            prompts: prompts.len(),
            recall: share(found, wanted),
            first: share(first, prompts.len()),
            misses,
        }
    }

    /// Whether the goals are reached. A set without prompts reaches none.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.prompts > 0 && self.recall >= RECALL && self.first >= FIRST_HIT
    }

    /// The worst misses, as lines.
    #[must_use]
    pub fn worst(&self) -> String {
        let mut out = String::new();
        for miss in self.misses.iter().take(MISSES) {
            let place = miss.place.map_or("not found".to_owned(), |place| format!("at {place}"));
            let instead = miss.instead.as_deref().unwrap_or("nothing");
            let wanted = miss.wanted.join(" or ");
            let _ = writeln!(out, "  {} — {wanted} is {place}, {instead} came first", miss.say);
        }
        let rest = self.misses.len().saturating_sub(MISSES);
        if rest > 0 {
            let _ = writeln!(out, "  and {rest} more");
        }
        out
    }
}

fn share(some: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

/// A table of scores.
#[must_use]
pub fn table(sets: &[Scores]) -> String {
    let mut out =
        format!("{:<22} {:>7} {:>10} {:>10}\n", "set", "prompts", "recall@10", "first hit");
    for set in sets {
        let _ = writeln!(
            out,
            "{:<22} {:>7} {:>10.3} {:>10.3}",
            set.name, set.prompts, set.recall, set.first
        );
    }
    out
}

/// How many microseconds a search takes on average with a number of operations, which are repeated
/// until there are as many.
#[must_use]
pub fn microseconds(operations: &[Operation], count: usize, prompts: &[Prompt]) -> f64 {
    const ROUNDS: usize = 5;
    let many: Vec<&Operation> = operations.iter().cycle().take(count).collect();
    let catalogue = Catalogue::new(many);
    let start = Instant::now();
    for prompt in (0..ROUNDS).flat_map(|_| prompts) {
        black_box(catalogue.rank(black_box(&prompt.say), &Hints::default()));
    }
    start.elapsed().as_secs_f64() * 1e6 / (ROUNDS * prompts.len().max(1)) as f64
}
