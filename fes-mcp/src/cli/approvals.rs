//! `fes-mcp approvals`: see, approve and reject what waits, also from another terminal.

use std::sync::Arc;

use async_trait::async_trait;
use clap::Subcommand;
use comfy_table::{Table, presets};
use fes_agent::host::{unknown_deployment, unknown_operation};
use fes_agent::{Agent, Kind, Name, Pending, Place, State, Tools};
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Operation, Outcome, Result, Run};

use super::act::{COMMAND_LINE, operator};
use super::ask::{end, follow};
use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure};
use crate::approvals::{describe, goal, words};
use crate::preview;

/// What to do with approvals.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List what waits
    List,
    /// Show one approval with its changes
    Show {
        /// Id of the approval
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Approve: the same call then goes through once
    Approve {
        /// Id of the approval
        #[arg(value_name = "ID")]
        id: String,

        /// Do not ask; for a script whose author has seen the changes
        #[arg(long)]
        yes: bool,
    },
    /// Run what was asked on the command line and is approved; needs the deployment's options
    Run {
        /// Id of the approval
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Reject: nothing is changed
    Reject {
        /// Id of the approval
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Open the store that all processes of this user share, and decide.
pub async fn run(
    cli: &Cli,
    command: &ApprovalsCommand,
    out: &Out,
) -> std::result::Result<Exit, Failure> {
    if let ApprovalsCommand::Run { id } = command {
        return run_approved(cli, id, out).await;
    }
    let store = cli.state.store().await?;
    let agent = Agent::builder(Arc::new(NoTools)).store(store).build()?;
    let person = operator();
    match command {
        ApprovalsCommand::List => {
            let waiting = agent.approvals(&person).await?;
            if out.is_json() {
                out.json(&Value::Array(waiting.iter().map(describe).collect()));
            } else {
                out.text(&list(&waiting));
            }
        }
        ApprovalsCommand::Show { id } => show(&agent.approval(id, &person).await?, out),
        ApprovalsCommand::Approve { id, yes } => {
            let pending = agent.approval(id, &person).await?;
            if pending.state == State::Pending && !yes {
                if !out.can_ask() {
                    show(&pending, out);
                    out.note("\nNothing was decided: run this in a terminal, or with --yes");
                    return Ok(Exit::NeedsApproval);
                }
                out.note(&preview::whole(&pending));
                let question = format!("\nApprove this in {}?", preview::places(&pending));
                if !out.confirm(&question) {
                    out.note("Nothing was decided.");
                    return Ok(Exit::NeedsApproval);
                }
            }
            let decided = agent.approve(id, &person).await?;
            say(&decided, "Approved. Repeat the call: it goes through once.", out);
        }
        ApprovalsCommand::Run { .. } => {}
        ApprovalsCommand::Reject { id } => {
            let decided = agent.reject(id, &person).await?;
            say(&decided, "Rejected. Nothing was changed.", out);
        }
    }
    Ok(Exit::Done)
}

/// Run an approved plan of the command line. That of an MCP client runs when the client repeats it.
async fn run_approved(cli: &Cli, id: &str, out: &Out) -> std::result::Result<Exit, Failure> {
    let room = Room::open(cli).await?;
    let ran = {
        let (_follower, options) = follow(&room, out);
        let pending = room.agent.approval(id, &operator()).await;
        match pending {
            // The target is the approval's own: it was shown with it and approved for it.
            Ok(pending) if pending.session == COMMAND_LINE => {
                room.agent.run_approved(&pending.session(), id, options).await
            }
            Ok(_) => Err(not_mine()),
            Err(error) => Err(error),
        }
    };
    let exit = match ran {
        Ok(ran) => end(&room, ran, None, out).await,
        Err(error) => Err(error.into()),
    };
    room.close().await;
    exit
}

/// That of an MCP client: its approval holds for its own call.
fn not_mine() -> Error {
    Error::new(ErrorKind::NotApproved, "this was not asked on the command line")
        .with_next_step("let the client that asked repeat its call")
}

/// Deciding needs no deployment: nothing can be called from here.
pub struct NoTools;

#[async_trait]
impl Tools for NoTools {
    fn operations(&self) -> &[Operation] {
        &[]
    }

    fn deployments(&self) -> Vec<String> {
        Vec::new()
    }

    fn check(&self, id: &str, _: &Value) -> Result<()> {
        Err(unknown_operation(&[], id))
    }

    async fn call(&self, _: Place<'_>, _: &Run, id: &str, _: Value) -> Result<Outcome> {
        Err(unknown_operation(&[], id))
    }

    async fn names(&self, deployment: &str, _: Kind) -> Result<Vec<Name>> {
        Err(unknown_deployment(Vec::new(), deployment))
    }
}

fn list(waiting: &[Pending]) -> String {
    if waiting.is_empty() {
        return "Nothing waits for an approval.".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Id", "Asked by", "Deployment", "Changes", "Expires", "What"]);
    for pending in waiting {
        table.add_row([
            pending.id.clone(),
            preview::one_line(&pending.principal),
            preview::places(pending),
            pending.changes.len().to_string(),
            pending.expires.strftime("%H:%M:%S UTC").to_string(),
            preview::one_line(&goal(pending)),
        ]);
    }
    format!("{}\nSee one: fes-mcp approvals show ID", table.trim_fmt())
}

fn show(pending: &Pending, out: &Out) {
    if out.is_json() {
        return out.json(&describe(pending));
    }
    out.text(&format!(
        "{goal}\nasked by {by} for {deployment}: {state}\nexpires {expires}\n\n{preview}",
        goal = preview::one_line(&goal(pending)),
        by = preview::one_line(&pending.principal),
        deployment = preview::places(pending),
        state = words(pending.state),
        expires = pending.expires.strftime("%Y-%m-%d %H:%M:%S UTC"),
        preview = preview::whole(pending),
    ));
}

fn say(decided: &Pending, sentence: &str, out: &Out) {
    if out.is_json() {
        return out.json(&json!({ "ok": true, "id": decided.id, "state": decided.state }));
    }
    out.text(sentence);
}
