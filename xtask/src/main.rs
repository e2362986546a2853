//! The tasks of this repository: `cargo xtask registry`, `cargo xtask test`, `cargo xtask bench`,
//! `cargo xtask demo`, `cargo xtask eval`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

mod demo;
mod eval;
mod registry;
mod repo;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What can go wrong in a task: told to a person and not branched on.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The tasks of this repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Write the registry, the dispatch and the typed facades from the operations' source.
    Registry {
        /// Write nothing; fail when anything is stale.
        #[arg(long)]
        check: bool,
    },
    /// Run everything that CI runs.
    Test {
        /// Only these groups (rust, python, node, shared) or steps, with commas between them.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Measure what work costs, over deployments in memory: counts and ratios of one run.
    Bench {
        /// What to measure: requests, scale, migration, timeline; all by default.
        parts: Vec<String>,
    },
    /// Score how often the right operation is found for a request in words; fails under the goals.
    Eval,
    /// Build the product and start it over a deployment in memory.
    Demo {
        /// Flags of `fes-mcp demo`, such as `--port 8080` or `--exit-after-ready`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        flags: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Registry { check } => registry::run(check).map(|()| ExitCode::SUCCESS),
        Task::Test { only } => test::run(&only).map(|()| ExitCode::SUCCESS),
        Task::Bench { parts } => test::bench(&parts).map(|()| ExitCode::SUCCESS),
        Task::Eval => eval::run(),
        Task::Demo { flags } => demo::run(&flags),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}
