//! The tasks of this repository: `cargo xtask registry`, `cargo xtask test`, `cargo xtask demo`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks")]

mod registry;
mod repo;

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
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Registry { check } => registry::run(check),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
