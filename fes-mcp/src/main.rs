//! `fes-mcp`: an MCP server, a command line and approval pages for Sisense deployments.
//!
//! This binary wires, serves and prints. What Sisense is, it knows from `sisense-core`; what a
//! plan, a preview and an approval are, from `fes-agent`.

mod approvals;
mod cli;
mod config;

mod http;
mod mcp;
mod preview;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Gives memory that is free again back to the system, as `.cargo/config.toml` says: a run over
/// thousands of assets would otherwise keep what its largest moment took.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap prints them to stdout and gives them status 0.
            let printed = error.print();
            let usage = error.use_stderr() || printed.is_err();
            return if usage { cli::Exit::Usage.into() } else { cli::Exit::Done.into() };
        }
    };
    log_to_stderr(cli.output.verbose);
    let out = cli::output::Out::new(cli.output.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out.fail(&cli::Failure::failed(format!("the async runtime does not start: {error}")));
            return cli::Exit::Failed.into();
        }
    };
    let exit = match runtime.block_on(Box::pin(cli::run(cli, &out))) {
        Ok(exit) => exit,
        Err(failure) => {
            out.fail(&failure);
            failure.exit
        }
    };
    // A read of stdin that nobody will finish must not hold the process back.
    runtime.shutdown_background();
    exit.into()
}

/// Logs go to stderr, so that stdout stays clean for results and for MCP over stdio.
fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Frames of HTTP may hold headers, and headers hold tokens: those crates never log below info.
    let quiet = ["h2=info", "hyper=info", "hyper_util=info", "reqwest=info", "rustls=info"];
    let filter = quiet
        .into_iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(EnvFilter::default().add_directive(level.into()), EnvFilter::add_directive);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
