//! How the command line gets a person's yes: the preview, then the question, then the run.

use fes_agent::{Pending, Person, Session};
use serde_json::json;
use sisense_core::Risk;

use super::output::Out;
use super::room::Room;
use super::{Exit, Failure};
use crate::preview;

/// The session and the principal of the command line.
pub const COMMAND_LINE: &str = "command line";

/// Who asks on the command line. An approval that was given for one call of a command holds for
/// the same call of the next.
pub fn session(room: &Room) -> Session {
    let session = Session::new(COMMAND_LINE, COMMAND_LINE, &room.deployment);
    match &room.target {
        Some(target) => session.to(target),
        None => session,
    }
}

/// Who decides on the command line: whoever may read the store may decide about all of it.
pub fn operator() -> Person {
    Person::operator(COMMAND_LINE)
}

/// What a person said to a preview.
pub enum Said {
    /// Go on: it is approved.
    Yes,
    /// Stop, with this exit code: it was rejected, or nobody was there to ask.
    No(Exit),
}

/// Show what would change, and ask. With `approve` the person has said yes by giving the option.
pub async fn ask(
    room: &Room,
    pending: &Pending,
    approve: bool,
    drifted: Option<&str>,
    out: &Out,
) -> Result<Said, Failure> {
    let person = Person::new(pending.principal.as_str());
    if let Some(why) = drifted {
        out.note(&format!("{why}. This is the new preview."));
    }
    // What was not shown before is asked about again, whatever the option says.
    if approve && drifted.is_none() {
        out.note(&preview::whole(pending));
        room.agent.approve(&pending.id, &person).await?;
        return Ok(Said::Yes);
    }
    if !out.can_ask() {
        unanswered(room, pending, out);
        return Ok(Said::No(Exit::NeedsApproval));
    }
    out.note(&preview::whole(pending));
    out.note("");
    if is_yes(room, pending, out).await {
        room.agent.approve(&pending.id, &person).await?;
        return Ok(Said::Yes);
    }
    room.agent.reject(&pending.id, &person).await?;
    out.note("Rejected. Nothing was changed.");
    Ok(Said::No(Exit::NeedsApproval))
}

async fn is_yes(room: &Room, pending: &Pending, out: &Out) -> bool {
    let count = match pending.changes.len() {
        1 => "this change".to_owned(),
        n => format!("these {n} changes"),
    };
    let deployment = preview::places(pending);
    if pending.risk() == Some(Risk::High)
        && let Some(name) = preview::typed_name(&pending.changes)
    {
        let question = format!(
            "This cannot be undone, or reaches many people. \
             To make {count} in {deployment}, type {name}: "
        );
        return read_line(room, out, &question).await.as_deref() == Some(name);
    }
    let question = format!("Make {count} in {deployment}? [y/N] ");
    let line = read_line(room, out, &question).await.unwrap_or_default();
    matches!(line.to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Ask for a line. The terminal is read on a thread of its own, so that Ctrl-C still ends the
/// question; then, and when nobody answers, there is no line.
pub async fn read_line(room: &Room, out: &Out, question: &str) -> Option<String> {
    let asked = tokio::task::spawn_blocking({
        let (question, out) = (question.to_owned(), out.clone());
        move || out.ask_line(&question)
    });
    tokio::select! {
        line = asked => line.ok().flatten(),
        () = room.stop.cancelled() => None,
    }
}

/// Nobody can be asked: say what would change and how to go on.
fn unanswered(room: &Room, pending: &Pending, out: &Out) {
    if out.is_json() {
        out.json(&json!({
            "ok": false,
            "needs_approval": true,
            "approval": pending.id,
            "deployment": pending.deployment,
            "target": pending.target,
            "expires": pending.expires,
            "preview": pending.changes,
            "steps": preview::steps_json(pending, usize::MAX),
        }));
        return;
    }
    out.text(&preview::whole(pending));
    out.note(
        "\nNothing was changed: a person has to approve this first.\n  \
         next: repeat the command with --approve",
    );
    if !room.passing {
        out.note(&format!(
            "        or have it approved and run it:\n          \
             fes-mcp approvals approve {id}\n          \
             fes-mcp approvals run {id}",
            id = pending.id
        ));
    }
}
