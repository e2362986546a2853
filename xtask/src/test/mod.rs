//! `cargo xtask test`: everything that CI runs, in order, each step named and timed.

mod node;
mod python;
mod rust;
mod shared;

use std::time::{Duration, Instant};

use crate::Result;

/// One step.
struct Step {
    group: &'static str,
    name: &'static str,
    run: fn() -> Result<()>,
}

/// The steps in the order in which they run.
const STEPS: [Step; 11] = [
    Step { group: "rust", name: "fmt", run: rust::fmt },
    Step { group: "rust", name: "clippy", run: rust::clippy },
    Step { group: "rust", name: "registry", run: rust::registry },
    Step { group: "rust", name: "tests", run: rust::tests },
    Step { group: "rust", name: "doctests", run: rust::doctests },
    Step { group: "python", name: "wheel", run: python::wheel },
    Step { group: "python", name: "pytest", run: python::pytest },
    Step { group: "node", name: "addon", run: node::addon },
    Step { group: "node", name: "node-tests", run: node::tests },
    Step { group: "shared", name: "parity", run: shared::parity },
    Step { group: "shared", name: "peers", run: shared::peers },
];

/// Run the chosen steps, or all.
pub fn run(only: &[String]) -> Result<()> {
    let steps = chosen(only)?;
    let mut times = Vec::new();
    for step in &steps {
        println!("\n== {} · {}", step.group, step.name);
        let start = Instant::now();
        let outcome = (step.run)();
        let took = start.elapsed();
        match outcome {
            Ok(()) => times.push((step.name, took)),
            Err(error) => {
                print!("{}", table(&times));
                let name = step.name;
                return Err(format!(
                    "\nstep `{name}` failed: {error}\nrun it alone with `cargo xtask test --only {name}`"
                )
                .into());
            }
        }
    }
    print!("{}", table(&times));
    println!("all {} steps are done", steps.len());
    Ok(())
}

/// Measure what work costs. Nothing is judged.
pub fn bench(parts: &[String]) -> Result<()> {
    let mut command = shared::with_peer("tests/bench/run.py")?;
    crate::repo::run(command.args(parts), "read what it says above")?;
    Ok(())
}

/// The steps whose group or name is asked for.
fn chosen(only: &[String]) -> Result<Vec<&'static Step>> {
    let named = |step: &Step, word: &str| step.group == word || step.name == word;
    if let Some(unknown) = only.iter().find(|word| !STEPS.iter().any(|step| named(step, word))) {
        let words: Vec<&str> = STEPS.iter().flat_map(|step| [step.group, step.name]).collect();
        let mut words = words;
        words.sort_unstable();
        words.dedup();
        return Err(format!("there is no step `{unknown}`; there are {}", words.join(", ")).into());
    }
    let asked = |step: &&Step| only.is_empty() || only.iter().any(|word| named(step, word));
    Ok(STEPS.iter().filter(asked).collect())
}

fn table(times: &[(&str, Duration)]) -> String {
    let rows =
        times.iter().map(|(name, took)| format!("{name:>12} {:>8.1} s\n", took.as_secs_f64()));
    std::iter::once("\n".to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> Vec<&'static str> {
        let only: Vec<String> = only.iter().map(|word| (*word).to_owned()).collect();
        chosen(&only).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn steps_are_chosen_by_group_or_name_and_keep_their_order() {
        assert_eq!(names(&["node", "fmt"]), ["fmt", "addon", "node-tests"]);
        assert_eq!(names(&[]).len(), STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_told_with_those_there_are() {
        let error = chosen(&["rost".to_owned()]).err().unwrap().to_string();
        assert!(error.starts_with("there is no step `rost`; there are addon, clippy, doctests"));
    }
}
