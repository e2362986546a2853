//! The command line: what can be asked of this binary, and the answer as an exit code.

mod act;
mod approvals;
mod ask;
mod data;
mod demo;
mod doctor;
mod migrate;
pub mod output;
mod progress;
mod room;
mod runs;
mod sandbox;
mod serve;
mod show;
mod skills;
mod stdio;
mod tools;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand};
use fes_agent::host::remote::RemoteConfig;
use sisense_core::{Error, ErrorKind, ErrorReport};
use tokio_util::sync::CancellationToken;

use crate::config::{DeploymentArgs, RemoteArgs, SandboxArgs, StateArgs};
use output::Out;

const AFTER_HELP: &str = "\
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 needs a person's approval, nothing was changed

Examples:
  fes-mcp demo                                          try everything, with no Sisense and no keys
  fes-mcp doctor --url https://bi.example.com --token-file token.txt
  fes-mcp ask \"who is in the group Analysts\"            plan, preview, approve, run
  fes-mcp tools call access.get_user --args '{\"user_name\": \"ann@example.com\"}'
  fes-mcp data \"Sample ECommerce\" Commerce --to rows.csv
  fes-mcp migrate --sandbox --dry-run                   from a source to a target, asset by asset
  fes-mcp stdio                                         for an MCP client on this machine
  fes-mcp serve                                         MCP over HTTP on 127.0.0.1:8100/mcp
  fes-mcp serve --agent --tools-url http://127.0.0.1:8100/mcp/ --bind 127.0.0.1:8001
                                                        the agent alone, over that server's tools

Every change is shown first and waits for a person: on the terminal, on the approval page, or
with `fes-mcp approvals approve ID`. Nothing that a model sends can stand in for that.";

/// Ask a Sisense deployment, see the change, approve it, see it done: a command line and an MCP server.
#[derive(Debug, Parser)]
#[command(name = "fes-mcp", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub deployment: DeploymentArgs,
    #[command(flatten)]
    pub remote: RemoteArgs,
    #[command(flatten)]
    pub sandbox: SandboxArgs,
    #[command(flatten)]
    pub state: StateArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The tools server, if one is to be used.
    pub fn tools_server(&self) -> Result<Option<RemoteConfig>, Failure> {
        let serves_mcp = match &self.command {
            Command::Serve(args) => !args.agent,
            Command::Stdio(_) => true,
            _ => false,
        };
        self.remote.config(&self.deployment, serves_mcp)
    }
}

/// How answers are shown.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub json: bool,

    /// Log more to stderr; -vv for more still
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask in plain words; changes are shown and wait for your yes
    Ask(ask::AskArgs),
    /// List, explain and call single tools
    #[command(subcommand)]
    Tools(tools::ToolsCommand),
    /// Write rows of a data model to a CSV file or to stdout
    Data(data::DataArgs),
    /// See, approve and reject the changes that wait
    #[command(subcommand)]
    Approvals(approvals::ApprovalsCommand),
    /// Move groups, users, data models and dashboards from a source to a target
    Migrate(migrate::MigrateArgs),
    /// See what was run; go on with it, take it back, watch it
    #[command(subcommand)]
    Runs(runs::RunsCommand),
    /// List and run skills: procedures of several steps, with what they may do written down
    #[command(subcommand)]
    Skills(skills::SkillsCommand),
    /// Check configuration and connection, with a next step for each problem
    Doctor,
    /// Start two sandboxes and the server, and say what to try
    Demo(demo::DemoArgs),
    /// Serve MCP over HTTP, with the approval pages
    Serve(serve::ServeArgs),
    /// Serve MCP over stdin and stdout, for a client that starts this program
    Stdio(stdio::StdioArgs),
    /// Run a Sisense deployment in memory until it is stopped
    Sandbox(sandbox::SandboxCommand),
}

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It is done.
    Done = 0,
    /// It failed.
    Failed = 1,
    /// It was asked wrongly.
    Usage = 2,
    /// It waits for a person's approval; nothing was changed.
    NeedsApproval = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why the program could not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong, and what to do next.
    pub report: Box<ErrorReport>,
}

impl Failure {
    /// A local failure, such as a port that is taken.
    pub fn failed(message: impl Into<String>) -> Self {
        Failure::new(Exit::Failed, Error::new(ErrorKind::Config, message))
    }

    /// Wrong usage.
    pub fn bad_usage(message: impl Into<String>) -> Self {
        Failure::new(Exit::Usage, Error::new(ErrorKind::Config, message))
    }

    fn new(exit: Exit, error: Error) -> Self {
        Failure { exit, report: Box::new(error.into_report()) }
    }

    /// The same, as wrong usage.
    pub fn usage(mut self) -> Self {
        self.exit = Exit::Usage;
        self
    }

    /// Say what to do next, in place of what was said.
    pub fn with_next_step(mut self, next: impl Into<String>) -> Self {
        self.report.next_step = Some(next.into());
        self
    }
}

impl From<Error> for Failure {
    /// Arguments that were refused before anything was sent are wrong usage.
    fn from(error: Error) -> Self {
        let report = error.report();
        let refused_here = report.endpoint.is_none() && report.status.is_none();
        let exit = match error.kind() {
            ErrorKind::InvalidInput if refused_here => Exit::Usage,
            _ => Exit::Failed,
        };
        Failure::new(exit, error)
    }
}

/// Do what was asked. A second Ctrl-C ends it wherever it is.
pub async fn run(cli: Cli, out: &Out) -> Result<Exit, Failure> {
    tokio::select! {
        done = dispatch(&cli, out) => done,
        () = KILLED.cancelled() => Err(Failure::failed("ended at once, in the middle of things")
            .with_next_step("a change that was on its way is unknown: see fes-mcp runs list")),
    }
}

async fn dispatch(cli: &Cli, out: &Out) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Ask(args) => ask::run(cli, args, out).await,
        Command::Tools(command) => tools::run(cli, command, out).await,
        Command::Approvals(command) => approvals::run(cli, command, out).await,
        Command::Data(args) => data::run(cli, args, out).await,
        Command::Migrate(args) => migrate::run(cli, args, out).await,
        Command::Runs(command) => runs::run(cli, command, out).await,
        Command::Skills(command) => skills::run(cli, command, out).await,
        Command::Doctor => doctor::run(cli, out).await,
        Command::Demo(args) => demo::run(cli, args, out).await,
        Command::Serve(args) => serve::run(cli, args, out).await,
        Command::Stdio(args) => stdio::run(cli, args).await,
        Command::Sandbox(args) => sandbox::run(cli, args, out).await,
    }
}

/// Cancelled when the program is asked to stop for the second time.
static KILLED: LazyLock<CancellationToken> = LazyLock::new(CancellationToken::new);

/// A token that is cancelled when the program is asked to stop: by Ctrl-C or by SIGTERM, whatever
/// stdin is. From here on neither ends the program by itself; being asked twice does.
pub fn stopping() -> Result<CancellationToken, Failure> {
    let token = CancellationToken::new();
    let stop = token.clone();
    let mut signals =
        signals().map_err(|error| Failure::failed(format!("cannot listen to signals: {error}")))?;
    tokio::spawn(async move {
        signals.next().await;
        stop.cancel();
        signals.next().await;
        KILLED.cancel();
    });
    Ok(token)
}

/// The signals that ask the program to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
    })
}

#[cfg(not(unix))]
fn signals() -> std::io::Result<Signals> {
    Ok(Signals { interrupt: tokio::signal::windows::ctrl_c()? })
}

impl Signals {
    /// Wait for the next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        self.interrupt.recv().await;
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_refused_here_are_wrong_usage_and_those_refused_there_a_failure() {
        assert_eq!(Failure::from(Error::invalid("x")).exit, Exit::Usage);
        let there = Error::invalid("x").with_endpoint("POST /api/v1/groups").with_status(422);
        assert_eq!(Failure::from(there).exit, Exit::Failed);
        assert_eq!(Failure::from(Error::not_found("user", "x")).exit, Exit::Failed);
    }
}
