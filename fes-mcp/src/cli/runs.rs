//! `fes-mcp runs`: what was run, by any process; go on with it, take it back, watch it.

use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use comfy_table::{Table, presets};
use fes_agent::{Agent, LogLine, Pending, Prepared, RunRecord, RunState};
use serde_json::{Value, json};
use sisense_core::ErrorKind;
use sisense_core::run::{Entry, Outcome};

use super::act::{Said, ask, operator, session};
use super::approvals::NoTools;
use super::ask::{end, follow, tell};
use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure, show, stopping};
use crate::preview::one_line;

/// How often a watched run is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List the runs of the last 90 days, newest first
    List,
    /// Show one run: what was done, what was not, and what is not known
    Show {
        /// Id of the run
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Go on with a run that was interrupted or stopped, or did not do all; needs the deployments
    Resume {
        /// Id of the run
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Take back what a run wrote, after showing how; needs the deployments
    Undo {
        /// Id of the run
        #[arg(value_name = "ID")]
        id: String,

        /// Do it without being asked; for a script whose author has seen the changes
        #[arg(long)]
        yes: bool,
    },
    /// Follow a run until it ends, whichever process runs it
    Watch {
        /// Id of the run
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Do it.
pub async fn run(cli: &Cli, command: &RunsCommand, out: &Out) -> Result<Exit, Failure> {
    match command {
        RunsCommand::List => list(&reader(cli).await?.runs(&operator()).await?, out),
        RunsCommand::Show { id } => {
            let agent = reader(cli).await?;
            let record = agent.run(id, &operator()).await?;
            // A run and the approval that it used have the same id.
            let approval = match agent.approval(id, &operator()).await {
                Ok(approval) => Some(approval),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(error.into()),
            };
            let entries = agent.run_entries(id, &operator()).await?;
            show_one(&record, approval.as_ref(), &entries, out);
        }
        RunsCommand::Watch { id } => return watch(&reader(cli).await?, id, out).await,
        RunsCommand::Resume { id } => {
            // What is wrong with the id is told before any deployment is needed.
            reader(cli).await?.run(id, &operator()).await?;
            let room = Room::open(cli).await?;
            let done = Box::pin(resume(&room, id, out)).await;
            room.close().await;
            return done;
        }
        RunsCommand::Undo { id, yes } => {
            reader(cli).await?.run(id, &operator()).await?;
            let room = Room::open(cli).await?;
            let done = Box::pin(undo(&room, id, *yes, out)).await;
            room.close().await;
            return done;
        }
    }
    Ok(Exit::Done)
}

/// Reading what is kept needs no deployment.
async fn reader(cli: &Cli) -> Result<Agent, Failure> {
    let store = cli.state.store().await?;
    Ok(Agent::builder(Arc::new(NoTools)).store(store).build()?)
}

async fn resume(room: &Room, id: &str, out: &Out) -> Result<Exit, Failure> {
    let ran = {
        let (_follower, options) = follow(room, out);
        room.agent.resume(id, &operator(), options).await?
    };
    end(room, ran, None, out).await
}

async fn undo(room: &Room, id: &str, yes: bool, out: &Out) -> Result<Exit, Failure> {
    let prepared = {
        let (_follower, options) = follow(room, out);
        room.agent.undo(&session(room), id, &operator(), options).await?
    };
    let pending = match prepared {
        Prepared::Done(report) => return Ok(tell(&report, out)),
        Prepared::NeedsApproval(pending) => pending,
        Prepared::Denied(denial) => return Err(Failure::failed(denial.to_string())),
    };
    if let Said::No(exit) = ask(room, &pending, yes, None, out).await? {
        return Ok(exit);
    }
    let ran = {
        let (_follower, options) = follow(room, out);
        room.agent.run_approved(&pending.session(), &pending.id, options).await?
    };
    end(room, ran, None, out).await
}

async fn watch(agent: &Agent, id: &str, out: &Out) -> Result<Exit, Failure> {
    let stop = stopping()?;
    let mut seen = 0;
    loop {
        // The state first: what was told before the end is then in the log.
        let record = agent.run(id, &operator()).await?;
        for line in agent.run_log(id, &operator(), seen).await? {
            seen = line.seq;
            say(&line, out);
        }
        if record.state.is_over() {
            if out.is_json() {
                out.json_line(&json!({ "run": record }));
            } else {
                out.text(&describe(&record));
            }
            return Ok(if record.state == RunState::Done { Exit::Done } else { Exit::Failed });
        }
        tokio::select! {
            () = stop.cancelled() => {
                out.note("The run goes on; this only ended the watching.");
                return Ok(Exit::Done);
            }
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn say(line: &LogLine, out: &Out) {
    if out.is_json() {
        return out.json_line(&json!(line));
    }
    let progress = &line.progress;
    let count = match progress.total {
        Some(total) => format!(" {}/{total}", progress.done),
        None => String::new(),
    };
    let time = line.at.strftime("%H:%M:%S");
    out.text(&format!("{time}{count} {}", one_line(&progress.message)));
}

fn list(runs: &[RunRecord], out: &Out) {
    if out.is_json() {
        return out.json(&json!(runs));
    }
    if runs.is_empty() {
        return out.text("Nothing was run.");
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Id", "State", "Deployment", "Done", "Started", "What"]);
    for run in runs {
        table.add_row([
            run.id.clone(),
            run.state.as_str().to_owned(),
            places(run),
            format!("{}/{}", run.writes.done, run.writes.approved),
            run.created.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            one_line(&run.goal),
        ]);
    }
    let open = runs.iter().filter(|run| run.state.can_resume()).count();
    let more = match open {
        0 => String::new(),
        _ => "\nGo on with one that is not done: fes-mcp runs resume ID".to_owned(),
    };
    out.text(&format!("{}\nSee one: fes-mcp runs show ID{more}", table.trim_fmt()));
}

fn places(run: &RunRecord) -> String {
    match &run.target {
        Some(target) => format!("{} → {}", one_line(&run.deployment), one_line(target)),
        None => one_line(&run.deployment),
    }
}

fn describe(run: &RunRecord) -> String {
    let writes = run.writes;
    let mut lines = vec![
        format!("{} in {}: {}", one_line(&run.goal), places(run), in_words(run.state)),
        format!(
            "{} of {} changes done, {} failed, {} with an unknown end",
            writes.done, writes.approved, writes.failed, writes.unknown
        ),
        format!(
            "asked by {}, started {}",
            one_line(&run.principal),
            run.created.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
    ];
    if let Some(original) = &run.undoes {
        lines.push(format!("takes back the run {original}"));
    }
    if run.state.can_resume() && !run.held_secret {
        lines.push(format!("go on: fes-mcp runs resume {}", run.id));
    }
    if run.state.is_over() && run.state != RunState::Undone && writes.done + writes.unknown > 0 {
        lines.push(format!("take it back: fes-mcp runs undo {}", run.id));
    }
    lines.join("\n")
}

fn in_words(state: RunState) -> &'static str {
    match state {
        RunState::Running => "a process is at it",
        RunState::Done => "done",
        RunState::Stopped => "stopped between two changes",
        RunState::Failed => "ended, and not all of it is done",
        RunState::Interrupted => "interrupted: its process is gone",
        RunState::Undone => "taken back",
    }
}

fn show_one(run: &RunRecord, approval: Option<&Pending>, entries: &[Entry], out: &Out) {
    if out.is_json() {
        return out.json(&json!({
            "run": run,
            "approved": approval.map(approved),
            "entries": entries.iter().map(row).collect::<Vec<_>>(),
        }));
    }
    let mut parts = vec![describe(run)];
    if let Some((by, at)) = approval.and_then(|a| a.decided_by.as_ref().zip(a.decided_at)) {
        let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
        parts.push(format!("approved by {}, {at}", one_line(by)));
    }
    let open: Vec<String> = entries
        .iter()
        .filter(|entry| entry.outcome != Outcome::Done)
        .map(|entry| {
            let why = entry.error.as_ref().map(|e| format!(": {}", e.message)).unwrap_or_default();
            let state = match entry.outcome {
                Outcome::Unknown => "UNKNOWN, look before repeating",
                _ => "NOT done",
            };
            one_line(&format!("  {state}: {}{why}", entry.change.summary))
        })
        .collect();
    if !open.is_empty() {
        parts.push(open.join("\n"));
    }
    parts.extend(run.report.as_ref().map(show::report));
    out.text(&parts.join("\n\n"));
}

/// Who approved it and when, and what was approved; secrets are kept as fingerprints only.
fn approved(approval: &Pending) -> Value {
    let calls = approval.plan.calls().into_iter();
    let calls: Vec<Value> =
        calls.map(|call| json!({ "operation": call.tool, "arguments": call.args })).collect();
    json!({
        "id": approval.id,
        "by": approval.decided_by,
        "at": approval.decided_at,
        "calls": calls,
    })
}

/// A write as data, without the documents of its change.
fn row(entry: &Entry) -> Value {
    json!({
        "operation": entry.change.operation,
        "asset": entry.change.asset,
        "action": entry.change.action,
        "summary": entry.change.summary,
        "outcome": entry.outcome,
        "id": entry.id,
        "error": entry.error,
        "undo": entry.change.undo,
        "started": entry.started,
        "duration_ms": entry.duration_ms,
    })
}
