//! `fes-mcp tools`: list, search, explain and call single tools.

use std::io::Read;

use clap::{Subcommand, value_parser};
use comfy_table::{Table, presets};
use fes_agent::catalogue::{Catalogue, Hints, Hit};
use fes_agent::host::{Remote, unknown_operation};
use fes_agent::{Called, Policy, Tools};
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Operation, Risk, generated};

use super::act::{Said, ask, session};
use super::ask::follow;
use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure, show};
use crate::approvals::describe;

/// Largest arguments, in bytes.
const LARGEST_ARGS: u64 = 4 * 1024 * 1024;

/// What to do with tools.
#[derive(Debug, Subcommand)]
pub enum ToolsCommand {
    /// List what there is
    List {
        /// Only those of this domain, or with this word in their name or summary
        #[arg(value_name = "WORD")]
        word: Option<String>,
    },
    /// Find the tools for what you want to do, the best first
    #[command(after_help = "\
Examples:
  fes-mcp tools search \"who can open the dashboard Pipeline\"
  fes-mcp tools search \"unused cols\" --limit 3 --json")]
    Search {
        /// What you want to do, in your own words
        #[arg(value_name = "WORDS")]
        words: String,

        /// How many tools to show at most
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u16).range(1..))]
        limit: u16,
    },
    /// Explain a tool: what it does, takes and gives
    Show {
        /// Id of the tool, such as access.get_user
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Call a tool; a change is shown first and waits for your yes
    #[command(after_help = "\
Examples:
  fes-mcp tools call access.get_user --args '{\"user_name\": \"ann@example.com\"}'
  fes-mcp tools call access.create_group --args @group.json --approve
  echo '{}' | fes-mcp tools call dashboard.get_all_dashboards --args - --json")]
    Call {
        /// Id of the tool; the underscore form and former names do too
        #[arg(value_name = "ID")]
        id: String,

        /// Arguments as a JSON object, as @FILE, or as - for stdin
        #[arg(long, value_name = "JSON", default_value = "{}")]
        args: String,

        /// Approve what the preview shows, without being asked
        #[arg(long)]
        approve: bool,
    },
}

/// List, explain or call.
pub async fn run(cli: &Cli, command: &ToolsCommand, out: &Out) -> Result<Exit, Failure> {
    let policy = cli.state.policy();
    match command {
        ToolsCommand::List { word } => {
            list(word.as_deref(), &policy, &operations(cli).await?, out);
            Ok(Exit::Done)
        }
        ToolsCommand::Search { words, limit } => {
            search(words, usize::from(*limit), &policy, &operations(cli).await?, out)
        }
        ToolsCommand::Show { id } => {
            explain(find(&operations(cli).await?, id)?, out);
            Ok(Exit::Done)
        }
        ToolsCommand::Call { id, args, approve } => {
            let here = cli.tools_server()?.is_none();
            let args = if here {
                // Wrong usage is told before anything is opened.
                let operation = find(generated::operations(), id)?;
                let args = arguments(args)?;
                generated::check(&operation.id, &args)
                    .map_err(|error| Failure::from(error.with_operation(&operation.id)))?;
                args
            } else {
                arguments(args)?
            };
            let room = Room::open(cli).await?;
            let tools = room.agent.tools().clone();
            let done = match find(tools.operations(), id) {
                Ok(operation) => Box::pin(call(&room, operation, args, *approve, out)).await,
                Err(failure) => Err(failure),
            };
            room.close().await;
            done
        }
    }
}

/// What there is: in this program, or at the tools server.
async fn operations(cli: &Cli) -> Result<Vec<Operation>, Failure> {
    let Some(config) = cli.tools_server()? else { return Ok(generated::operations().to_vec()) };
    let remote = Remote::connect(config).await?;
    let operations = remote.operations().to_vec();
    remote.close().await;
    Ok(operations)
}

fn list(word: Option<&str>, policy: &Policy, known: &[Operation], out: &Out) {
    let word = word.map(str::to_lowercase);
    let fits = |operation: &&Operation| {
        let wanted = word.as_ref().is_none_or(|word| {
            operation.id.contains(word.as_str()) || operation.summary.to_lowercase().contains(word)
        });
        wanted && policy.permits(operation)
    };
    let operations: Vec<&Operation> = known.iter().filter(fits).collect();
    if out.is_json() {
        let rows = operations.iter().map(|operation| {
            json!({
                "id": operation.id,
                "effect": operation.effect,
                "risk": operation.risk,
                "scope": operation.scope,
                "summary": operation.summary,
                "aliases": operation.aliases,
            })
        });
        out.json(&rows.collect::<Vec<_>>());
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Tool", "Effect", "What it does"]);
    for operation in &operations {
        table.add_row([&operation.id, operation.effect.as_str(), &operation.summary]);
    }
    let count = match operations.len() {
        0 => return out.text("No tool fits."),
        1 => "1 tool".to_owned(),
        n => format!("{n} tools"),
    };
    out.text(&format!("{}\n{count}", table.trim_fmt()));
}

/// Rank the tools that the policy permits. No deployment is asked.
fn search(
    words: &str,
    limit: usize,
    policy: &Policy,
    known: &[Operation],
    out: &Out,
) -> Result<Exit, Failure> {
    if words.trim().is_empty() {
        return Err(Failure::bad_usage("say in words what you want to do"));
    }
    let permitted = known.iter().filter(|operation| policy.permits(operation));
    let hits = Catalogue::new(permitted).rank(words, &Hints::default());
    let of = |id: &str| known.iter().find(|operation| operation.id == id);
    let found: Vec<(&Hit, &Operation)> =
        hits.iter().filter_map(|hit| Some((hit, of(&hit.id)?))).take(limit).collect();
    if out.is_json() {
        let rows = found.iter().map(|(hit, operation)| {
            json!({
                "id": hit.id,
                "score": (hit.score * 100.0).round() / 100.0,
                "effect": operation.effect,
                "risk": operation.risk,
                "summary": operation.summary,
                "reasons": hit.reasons,
            })
        });
        out.json(&rows.collect::<Vec<_>>());
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        out.text("No tool fits. See what there is: fes-mcp tools list");
        return Ok(Exit::Done);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).force_no_tty();
    table.set_header(["Tool", "Effect", "What it does"]);
    for (hit, operation) in &found {
        table.add_row([&hit.id, operation.effect.as_str(), &operation.summary]);
    }
    out.text(&table.trim_fmt());
    Ok(Exit::Done)
}

fn find<'a>(known: &'a [Operation], id: &str) -> Result<&'a Operation, Failure> {
    known.iter().find(|operation| operation.is_called(id)).ok_or_else(|| {
        let failure = Failure::from(unknown_operation(known, id)).usage();
        if failure.report.candidates.is_empty() {
            failure.with_next_step("see what there is: fes-mcp tools list")
        } else {
            failure
        }
    })
}

fn explain(operation: &Operation, out: &Out) {
    if out.is_json() {
        out.json(operation);
        return;
    }
    let mut parts = vec![format!("{} — {}", operation.id, operation.summary)];
    let risk = match operation.risk {
        Risk::Low => "",
        Risk::Normal => ", normal risk",
        Risk::High => ", high risk",
    };
    let approval = if operation.effect.writes() { "; a person approves it first" } else { "" };
    parts.push(format!("Effect: {}{risk}{approval}", operation.effect.as_str()));
    if !operation.description.trim().is_empty() {
        parts.push(operation.description.trim().to_owned());
    }
    if !operation.ask.is_empty() {
        let lines = operation.ask.iter().map(|ask| format!("  fes-mcp ask \"{ask}\""));
        parts.push(format!("Ask for it\n{}", lines.collect::<Vec<_>>().join("\n")));
    }
    parts.push(format!("Arguments (JSON Schema)\n{:#}", operation.input_schema));
    parts.push(format!("Result (JSON Schema)\n{:#}", operation.output_schema));
    out.text(&parts.join("\n\n"));
}

/// The arguments: as given, from a file, or from stdin.
fn arguments(given: &str) -> Result<Value, Failure> {
    let (text, from) = match given.strip_prefix('@') {
        Some(path) => (read(std::fs::File::open(path), path)?, path),
        None if given == "-" => (read(Ok(std::io::stdin().lock()), "stdin")?, "stdin"),
        None => (given.to_owned(), "--args"),
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        Failure::from(Error::invalid(format!("the arguments in {from} are no JSON: {error}")))
            .with_next_step("give a JSON object, such as '{\"user_name\": \"ann@example.com\"}'")
    })?;
    if !value.is_object() {
        let error = Error::invalid(format!("the arguments in {from} are no JSON object"));
        return Err(Failure::from(error)
            .with_next_step("give a JSON object, such as '{\"user_name\": \"ann@example.com\"}'"));
    }
    Ok(value)
}

fn read(source: std::io::Result<impl Read>, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = source.and_then(|source| source.take(LARGEST_ARGS + 1).read_to_string(&mut text));
    read.map_err(|error| {
        Failure::bad_usage(format!("cannot read the arguments from {name}: {error}"))
    })?;
    if text.len() as u64 > LARGEST_ARGS {
        let message = format!("the arguments in {name} are larger than {LARGEST_ARGS} bytes");
        return Err(Failure::bad_usage(message));
    }
    Ok(text)
}

async fn call(
    room: &Room,
    operation: &Operation,
    args: Value,
    approve: bool,
    out: &Out,
) -> Result<Exit, Failure> {
    let session = session(room);
    let mut called = once(room, &session, operation, args.clone(), out).await?;
    loop {
        let (pending, drifted) = match called {
            Called::Done(step) => {
                let writes = operation.effect.writes();
                return Ok(tell(&step, writes, out));
            }
            Called::Denied(denial) => {
                let error = Error::new(ErrorKind::Forbidden, denial.to_string())
                    .with_operation(&operation.id)
                    .with_next_step(
                        "leave out --read-only, --allow or --deny, if that is yours to decide",
                    );
                return Err(error.into());
            }
            Called::NeedsApproval(pending) => (pending, None),
            Called::Drifted { error, fresh } => {
                (fresh, Some(format!("Nothing was changed: {}", error.message)))
            }
            Called::Partly { step, fresh } if out.can_ask() => {
                tell(&step, true, out);
                (fresh, Some("What had changed there was left as it is".to_owned()))
            }
            Called::Partly { step, fresh } => {
                let mut data = show::step_json(&step, true);
                data.left = Some(describe(&fresh));
                if out.is_json() {
                    out.json(&data);
                } else {
                    tell(&step, true, out);
                    out.note(&format!(
                        "\nWhat had changed there was left as it is; see what is left: \
                         fes-mcp approvals show {}",
                        fresh.id
                    ));
                }
                return Ok(Exit::Failed);
            }
        };
        match ask(room, &pending, approve, drifted.as_deref(), out).await? {
            Said::No(exit) => return Ok(exit),
            Said::Yes => {
                // The preview has been shown; the store has what runs.
                drop(pending);
                called = once(room, &session, operation, args.clone(), out).await?;
            }
        }
    }
}

async fn once(
    room: &Room,
    session: &fes_agent::Session,
    operation: &Operation,
    args: Value,
    out: &Out,
) -> Result<Called, Failure> {
    let (_follower, options) = follow(room, out);
    let called = room.agent.call(session, &operation.id, args, options).await;
    Ok(called.map_err(|error| error.with_operation(&operation.id))?)
}

/// Show what happened.
fn tell(step: &fes_agent::report::StepReport, writes: bool, out: &Out) -> Exit {
    if out.is_json() {
        out.json(&show::step_json(step, writes));
    } else if let Some(error) = &step.error {
        if !step.changes.is_empty() {
            out.note(&show::step(step));
        }
        out.note(&super::output::explain(error));
    } else {
        out.text(&show::step(step));
    }
    if step.ok { Exit::Done } else { Exit::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_an_object_from_anywhere() {
        assert_eq!(arguments("{\"a\": 1}").unwrap(), json!({"a": 1}));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("args.json");
        std::fs::write(&path, "{\"b\": 2}").unwrap();
        assert_eq!(arguments(&format!("@{}", path.display())).unwrap(), json!({"b": 2}));
        for bad in ["[1]", "nonsense", "@/nowhere/args.json", ""] {
            assert_eq!(arguments(bad).unwrap_err().exit, Exit::Usage, "{bad}");
        }
    }
}
