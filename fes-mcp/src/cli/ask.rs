//! `fes-mcp ask`: a request in plain words, planned, previewed, approved and run.

use clap::Args;
use fes_agent::planner::{Answer, Context, Decline, Question};
use fes_agent::{Options, Pending, Plan, Prepared, Ran, Report, Session};
use serde_json::json;
use sisense_core::{Error, ErrorKind};

use super::act::{Said, ask, read_line, session};
use super::output::Out;
use super::progress::Follower;
use super::room::Room;
use super::{Cli, Exit, Failure, show};
use crate::approvals::describe;

/// Most questions that one request may lead to.
const MOST_QUESTIONS: usize = 8;

/// Options of `ask`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fes-mcp ask \"who is in the group Analysts\"
  fes-mcp ask \"which columns of Sample ECommerce are unused\" --json
  fes-mcp ask \"share the dashboard Pipeline with the group Analysts for viewing\"
  fes-mcp ask \"delete the user bob@example.com\" --explain
  fes-mcp ask \"list all users\" --summarize")]
pub struct AskArgs {
    /// What you want, in plain words
    #[arg(value_name = "TEXT", required = true, num_args = 1..)]
    pub text: Vec<String>,

    /// Approve what the preview shows, without being asked
    #[arg(long)]
    pub approve: bool,

    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "approve")]
    pub explain: bool,

    /// Let the language model tell what came of it: it sees results. Needs ALLOW_SUMMARIZATION=true
    #[arg(long, conflicts_with = "explain")]
    pub summarize: bool,
}

/// Plan, and take the plan as far as the person lets it go.
pub async fn run(cli: &Cli, args: &AskArgs, out: &Out) -> Result<Exit, Failure> {
    let text = args.text.join(" ");
    if text.trim().is_empty() {
        return Err(Failure::bad_usage("nothing is asked")
            .with_next_step("say what you want, like: fes-mcp ask \"show all dashboards\""));
    }
    let mut room = Room::open(cli).await?;
    if args.summarize {
        room.summarize = Some(true);
        if !room.agent.summaries(&options(&room)).is_on() {
            out.note(
                "no model tells the result: set LLM_PROVIDER and ALLOW_SUMMARIZATION=true, and not \
                 FES_ALLOW_SUMMARIZATION_TOGGLE=false",
            );
        }
    }
    let done = Box::pin(turn(&room, args, text, out)).await;
    room.close().await;
    done
}

async fn turn(room: &Room, args: &AskArgs, mut text: String, out: &Out) -> Result<Exit, Failure> {
    let session = session(room);
    let mut context = Context::default();
    for _ in 0..MOST_QUESTIONS {
        let follower = out.progress();
        let answer = room.agent.plan_in(&session, &text, &[], &context).await?;
        drop(follower);
        match answer {
            Answer::Plan(plan) if args.explain => return Ok(explain(room, &plan, out)),
            Answer::Plan(plan) => return carry_out(room, &session, plan, args.approve, out).await,
            Answer::Decline(decline) => return Ok(decline_to(&decline, out)),
            Answer::Question(question) => {
                if !out.can_ask() {
                    return Ok(unanswered(&question, out));
                }
                out.note(&question.text);
                match read_line(room, out, "> ").await.filter(|line| !line.is_empty()) {
                    Some(line) => {
                        text = line;
                        context.answering = Some(question);
                    }
                    None => return Ok(Exit::Usage),
                }
            }
        }
    }
    Err(Failure::bad_usage("the request is still not clear after many questions")
        .with_next_step("ask again in one sentence, with the whole names"))
}

/// Preview a plan, ask, run it and tell.
pub async fn carry_out(
    room: &Room,
    session: &Session,
    plan: Plan,
    approve: bool,
    out: &Out,
) -> Result<Exit, Failure> {
    let prepared = {
        let (_follower, options) = follow(room, out);
        room.agent.prepare(session, plan.clone(), options).await?
    };
    let pending = match prepared {
        Prepared::Done(report) => return Ok(in_words(room, report, out).await),
        Prepared::NeedsApproval(pending) => pending,
        Prepared::Denied(denial) => {
            let error = Error::new(ErrorKind::Forbidden, denial.to_string())
                .with_operation(&denial.tool)
                .with_next_step(
                    "leave out --read-only, --allow or --deny, if that is yours to decide",
                );
            return Err(error.into());
        }
    };
    if let Said::No(exit) = ask(room, &pending, approve, None, out).await? {
        return Ok(exit);
    }
    // The preview has been shown; the store has what runs.
    let id = { pending }.id;
    // The plan is given again, because secrets in it are not kept with the approval.
    let ran = {
        let (_follower, options) = follow(room, out);
        room.agent.run_approved_plan(session, &id, plan.clone(), options).await?
    };
    end(room, ran, Some(&plan), out).await
}

/// Tell how a run ended. What had changed there meanwhile is shown again, and run when the person
/// says yes. A plan is given where it may hold secrets, which are not kept with an approval.
pub async fn end(
    room: &Room,
    mut ran: Ran,
    plan: Option<&Plan>,
    out: &Out,
) -> Result<Exit, Failure> {
    loop {
        let (why, fresh) = match ran {
            Ran::Done(report) => return Ok(in_words(room, report, out).await),
            Ran::Drifted { report, fresh } => {
                (format!("Nothing was changed: {}", report.summary), fresh)
            }
            Ran::Partly { report, fresh } if out.can_ask() => {
                tell(&report, out);
                ("What had changed there was left as it is".to_owned(), fresh)
            }
            Ran::Partly { report, fresh } => return Ok(tell_part(&report, &fresh, out)),
        };
        if let Said::No(exit) = ask(room, &fresh, false, Some(&why), out).await? {
            return Ok(exit);
        }
        let (follower, options) = follow(room, out);
        let (session, id) = (fresh.session(), &fresh.id);
        ran = match plan {
            Some(plan) => room.agent.run_approved_plan(&session, id, plan.clone(), options).await?,
            None => room.agent.run_approved(&session, id, options).await?,
        };
        drop(follower);
    }
}

/// A part was done and nobody can be asked about the rest: both are told.
fn tell_part(report: &Report, fresh: &Pending, out: &Out) -> Exit {
    if out.is_json() {
        let mut data = json!(report);
        data["left"] = describe(fresh);
        out.json(&data);
        return Exit::Failed;
    }
    tell(report, out);
    out.note(&format!(
        "\nWhat had changed there was left as it is. See and approve what is left:\n  \
         fes-mcp approvals show {id}\n  fes-mcp approvals approve {id}\n  \
         fes-mcp approvals run {id}",
        id = fresh.id
    ));
    Exit::Failed
}

/// How something is stopped from the terminal, and what the person wishes.
fn options(room: &Room) -> Options {
    Options::default().cancel(room.stop.child_token()).summarize(room.summarize)
}

/// How a run is followed and stopped from the terminal.
pub fn follow(room: &Room, out: &Out) -> (Option<Follower>, Options) {
    let follower = out.progress();
    let mut options = options(room);
    if let Some(follower) = &follower {
        options = options.progress(follower.sink());
    }
    (follower, options)
}

/// Show what happened, in the words of a model where that is wished and allowed.
async fn in_words(room: &Room, report: Report, out: &Out) -> Exit {
    let options = options(room);
    let goal = report.goal.clone();
    let report = room.agent.in_words(report, &goal, &options).await;
    if let Some(error) = report.told.as_ref().and_then(|told| told.error.as_ref()) {
        out.note(&format!("no model told this: {}", super::output::explain(error)));
    }
    tell(&report, out)
}

/// Show what happened.
pub fn tell(report: &Report, out: &Out) -> Exit {
    if out.is_json() {
        out.json(report);
    } else {
        out.text(&show::report(report));
        for step in report.steps.iter().filter_map(|step| step.error.as_ref()) {
            out.note(&super::output::explain(step));
        }
    }
    if report.ok { Exit::Done } else { Exit::Failed }
}

fn explain(room: &Room, plan: &Plan, out: &Out) -> Exit {
    if out.is_json() {
        out.json(&json!({ "ok": true, "plan": plan, "explanation": room.agent.explain(plan) }));
    } else {
        out.text(&room.agent.explain(plan));
    }
    Exit::Done
}

/// A request that is not understood or cannot be done has failed; what is nearest is told.
fn decline_to(decline: &Decline, out: &Out) -> Exit {
    if out.is_json() {
        out.json(&json!({ "ok": false, "declined": decline }));
        return Exit::Failed;
    }
    out.note(&decline.text);
    for near in &decline.nearest {
        let ask = near.ask.as_ref().map(|ask| format!("\n    fes-mcp ask \"{ask}\""));
        out.note(&format!("  {}: {}{}", near.tool, near.summary, ask.unwrap_or_default()));
    }
    Exit::Failed
}

/// Nobody is there to answer: the request has to be made again, with what is missing.
fn unanswered(question: &Question, out: &Out) -> Exit {
    if out.is_json() {
        out.json(&json!({ "ok": false, "question": question }));
    } else {
        out.note(&question.text);
        out.note("  next: ask again with that in the sentence");
    }
    Exit::Usage
}
