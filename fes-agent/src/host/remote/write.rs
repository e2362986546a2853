//! Changes that the tools server makes: shown here first, let through by the door here, made there
//! once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use sisense_core::error::ErrorReport;
use sisense_core::run::{
    Action, Asset, AssetKind, Door, Elsewhere, Pass, RunMode, Undo, settle_elsewhere,
};
use sisense_core::{Change, Error, ErrorKind, Operation, Outcome, Result, Risk, Run};

use super::answer::{failed, outcome, part};
use super::door::{GRANT, Grant, Look, Looked, Made, OUTCOME, PREVIEW, Settled};
use super::failure::Failure;
use super::session::Follow;
use super::tools::Known;
use super::{Inner, REMOTE};
use crate::approval::{preview_digest, seal_args};
use crate::report::ChangeState;

impl Inner {
    /// A change by a server of ours: it previews, and makes exactly what the door here lets through.
    pub(super) async fn change_ours(
        &self,
        run: &Run,
        operation: &Operation,
        known: &Known,
        args: Value,
    ) -> Result<Outcome> {
        if run.mode() == RunMode::Preview {
            // Told before a person looks at it, and not after the approval.
            self.can_grant(&operation.id)?;
        }
        let looked = self.look(run, operation, known, &args).await?;
        let told = Outcome { result: looked.result, missing: looked.missing };
        if looked.changes.is_empty() {
            return Ok(told);
        }
        let changes: Vec<Arc<Change>> = looked.changes.into_iter().map(Arc::new).collect();
        if matches!(run.mode(), RunMode::Preview | RunMode::Reads) {
            for change in changes {
                // In a preview the door collects; to a run of reads it says no.
                if let Door::Open(pass) = run.admit(change).await? {
                    let why = Error::new(ErrorKind::Unexpected, "the door is open in a preview");
                    let why = why.into_report();
                    settle_elsewhere(vec![(pass, Elsewhere::NotDone(Some(why)))]).await?;
                }
            }
            return Ok(told);
        }
        let passes = through(run, &changes).await?;
        let made = self.make(run, operation, known, args, &changes).await;
        settle(passes, &changes, made).await
    }

    /// What a call would change. A read.
    async fn look(
        &self,
        run: &Run,
        operation: &Operation,
        known: &Known,
        args: &Value,
    ) -> Result<Looked> {
        let earlier = match run.mode() {
            RunMode::Preview => run.changes().iter().map(|change| Change::clone(change)).collect(),
            // What came before is there by now.
            _ => Vec::new(),
        };
        let look = json!(Look { earlier });
        let params = json!({ "name": known.name, "arguments": args, "_meta": { PREVIEW: look } });
        let follow = Follow { run: Some((run, &operation.id)) };
        let answer = self
            .sessions
            .read("tools/call", |live| self.same(live, &params), follow)
            .await
            .map_err(|failure| failure.error)?;
        if answer["isError"] == json!(true) {
            return Err(failed(&answer));
        }
        part(&answer, "looked").map_err(|failure| failure.error)
    }

    /// Call with a grant, once. Where the answer is lost it is asked for, and the call is not.
    async fn make(
        &self,
        run: &Run,
        operation: &Operation,
        known: &Known,
        args: Value,
        changes: &[Arc<Change>],
    ) -> Result<Made, Failure> {
        let key = self.can_grant(&operation.id).map_err(Failure::unsent)?;
        let preview = preview_digest(changes);
        let now = Timestamp::now();
        // Made with the session that it is sent in: it holds for that process of the server.
        let granted: Mutex<Option<String>> = Mutex::default();
        let params = |live: &super::session::Live| {
            let process = live.offer.as_ref().map_or("", |offer| offer.process.as_str());
            let grant = Grant::new(process, &operation.id, &args, preview.clone(), now);
            let signed = grant.map(|grant| {
                *granted.lock().unwrap_or_else(PoisonError::into_inner) = Some(grant.id.clone());
                let (by, approval) =
                    (run.context().principal.clone(), run.context().approval.clone());
                Grant { by, approval, ..grant }.sign(key)
            });
            let meta = json!({ GRANT: signed? });
            self.same(live, &json!({ "name": known.name, "arguments": args, "_meta": meta }))
        };
        let follow = Follow { run: Some((run, &operation.id)) };
        let call = self.sessions.once("tools/call", params, follow);
        let answered = tokio::select! {
            answered = call => answered,
            // Dropping the call tells the server to stop, which it does between two changes.
            () = run.stopped() => Err(Failure::stopped_here()),
        };
        let failure = match answered {
            Ok(answer) => return made(&answer),
            Err(failure) => failure,
        };
        let id = granted.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (Some(id), true) = (id, failure.sent) else { return Err(failure) };
        tracing::debug!("the answer to a change was lost; asking how it ended");
        let params = json!({ "name": known.name, "arguments": {}, "_meta": { OUTCOME: id } });
        let follow = Follow { run: Some((run, &operation.id)) };
        match self.sessions.read("tools/call", |live| self.same(live, &params), follow).await {
            Ok(answer) if answer.pointer("/structuredContent/made").is_some() => made(&answer),
            // Nobody knows it any more.
            Ok(_) | Err(_) => Err(failure),
        }
    }

    /// A change by a server of which nothing is known: the call itself is what a person approves.
    pub(super) async fn change_foreign(
        &self,
        run: &Run,
        operation: &Operation,
        known: &Known,
        args: Value,
    ) -> Result<Outcome> {
        let pass = match run.admit(self.call_as_change(operation, known, &args)).await? {
            Door::Planned(_) | Door::Recorded(_) => {
                return Ok(Outcome { result: Value::Null, missing: Vec::new() });
            }
            Door::Open(pass) => pass,
        };
        if pass.may_be_made() {
            let error = unknown("an earlier attempt of this run may have made this call");
            let ended = Elsewhere::Unknown(error.report().clone());
            settle_elsewhere(vec![(pass, ended)]).await?;
            return Err(error);
        }
        let params = json!({ "name": known.name, "arguments": args });
        let follow = Follow { run: Some((run, &operation.id)) };
        let call = self.sessions.once("tools/call", |live| self.same(live, &params), follow);
        let answered = tokio::select! {
            answered = call => answered,
            () = run.stopped() => Err(Failure::stopped_here()),
        };
        let (ended, told) = match answered {
            Ok(answer) => match outcome(&answer, false) {
                Ok(told) => (Elsewhere::Done { id: None }, Ok(told)),
                Err(error) => (Elsewhere::NotDone(Some(error.report().clone())), Err(error)),
            },
            Err(failure) => lost(failure),
        };
        settle_elsewhere(vec![(pass, ended)]).await?;
        told
    }

    fn call_as_change(&self, operation: &Operation, known: &Known, args: &Value) -> Change {
        let args = args.as_object().cloned().unwrap_or_default();
        let (args, _) = seal_args(Some(operation), &args);
        let asset = Asset {
            deployment: REMOTE.to_owned(),
            kind: AssetKind::Tool,
            id: None,
            name: known.name.clone(),
        };
        let summary = format!("Call the tool {} of {}", known.name, self.server);
        Change::new(&operation.id, asset, Action::Call, summary)
            .before(json!("not known"))
            .after(json!({ "arguments": args }))
            .note("no preview: this server cannot show what it would change")
            .undo(Undo::No("what the tool does is not known here".to_owned()))
            .risk(Risk::High)
    }
}

/// Ask the door for all changes of a call. Unless it lets all of them through nothing is sent.
async fn through(run: &Run, changes: &[Arc<Change>]) -> Result<Vec<Pass>> {
    let doors = run.admit_all(changes.to_vec()).await?;
    let mut passes = Vec::with_capacity(doors.len());
    let mut refused = None;
    for (door, change) in doors.into_iter().zip(changes) {
        match door {
            Ok(Door::Open(pass)) => passes.push(pass),
            Ok(Door::Planned(_) | Door::Recorded(_)) => {
                let message =
                    format!("this run has done it, and it is no longer so: {}", change.summary);
                refused.get_or_insert_with(|| {
                    Error::new(ErrorKind::Drifted, message)
                        .with_asset(change.asset.to_string())
                        .with_next_step("look at a new preview and approve it")
                });
            }
            Err(error) => {
                refused.get_or_insert(error);
            }
        }
    }
    let Some(error) = refused else { return Ok(passes) };
    let unsent = passes.into_iter().map(|pass| (pass, Elsewhere::NotDone(None)));
    settle_elsewhere(unsent.collect()).await?;
    Err(error)
}

/// Keep how each change ended, and hand on what the operation answered.
async fn settle(
    passes: Vec<Pass>,
    changes: &[Arc<Change>],
    made: Result<Made, Failure>,
) -> Result<Outcome> {
    let made = match made {
        Ok(made) => made,
        Err(failure) => {
            let (ended, told) = lost(failure);
            let all = passes.into_iter().map(|pass| (pass, ended.clone()));
            settle_elsewhere(all.collect()).await?;
            return told;
        }
    };
    let mut rows: HashMap<&str, Vec<&Settled>> = HashMap::new();
    for row in made.changes.iter().rev() {
        rows.entry(&row.change).or_default().push(row);
    }
    let ended = passes.into_iter().zip(changes).map(|(pass, change)| {
        let row = rows.get_mut(change.digest().as_str()).and_then(Vec::pop);
        (pass, row.map_or_else(|| not_named(&made), ended))
    });
    settle_elsewhere(ended.collect()).await?;
    match made.error {
        Some(error) => Err(error.into()),
        None => Ok(Outcome { result: made.result, missing: made.missing }),
    }
}

fn not_named(made: &Made) -> Elsewhere {
    match (&made.error, made.unclear) {
        (Some(error), true) => Elsewhere::Unknown(error.clone()),
        (error, _) => Elsewhere::NotDone(error.clone()),
    }
}

fn ended(row: &Settled) -> Elsewhere {
    match row.state {
        ChangeState::Done => Elsewhere::Done { id: row.id.clone() },
        ChangeState::NotDone => Elsewhere::NotDone(row.error.clone()),
        ChangeState::Unknown => Elsewhere::Unknown(row.error.clone().unwrap_or_else(|| {
            unknown("the tools server does not know how it ended").into_report()
        })),
    }
}

/// A call without an answer: what may have been begun is unknown from here on.
fn lost<T>(failure: Failure) -> (Elsewhere, Result<T>) {
    if !failure.sent {
        return (Elsewhere::NotDone(Some(failure.error.report().clone())), Err(failure.error));
    }
    let mut report: ErrorReport = failure.error.into_report();
    report.kind = ErrorKind::UnknownOutcome;
    report.message = format!("{}, and the change may have been made", report.message);
    report.next_step = Some(LOOK.to_owned());
    (Elsewhere::Unknown(report.clone()), Err(report.into()))
}

const LOOK: &str =
    "look at the asset before repeating; an fes-mcp server tells by fes-mcp runs list";

fn unknown(message: &str) -> Error {
    Error::new(ErrorKind::UnknownOutcome, message).with_next_step(LOOK)
}

/// How a call with a grant ended, as the server tells it.
fn made(answer: &Value) -> Result<Made, Failure> {
    let told = answer.pointer("/structuredContent/made").is_some();
    match told {
        true => part(answer, "made"),
        // The grant was refused: nothing was begun.
        false if answer["isError"] == json!(true) => Err(Failure::unsent(failed(answer))),
        false => Err(Failure::garbage("its answer to a change is none")),
    }
}
