//! One import: let through, sent once, looked up when nobody answered, and looked at afterwards.

use super::choose::Intent;
use super::datamodel_digest;
use super::job::{Job, Ready, brings_rules, is_one, stopped};
use super::people::{has_no_rules, remember};
use super::wire;
use crate::documents::ModelDocument;
use crate::domains::lookup::models::ModelRecord;
use crate::domains::migration::result::{Item, ItemOutcome};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Outcome, Pass};
use crate::transport::{Answer, Query};

/// What a look at the target shows of an import.
enum Look {
    /// It is there and the same in meaning.
    Done(String),
    /// Another one is there.
    Other(String),
    /// It is not there.
    Nothing,
}

impl Job<'_> {
    /// Write one model, or plan it.
    pub(super) async fn write(&self, ready: Ready) -> Item {
        let change = ready.change(self);
        let begun = self.past.find(self.run, &change).filter(|e| e.outcome != Outcome::Failed);
        if ready.is_the_same() && begun.is_none() {
            let mut row = ready.row.on_target(ready.intent.oid().map(str::to_owned));
            row.outcome = ItemOutcome::Skipped;
            row.notes.clear();
            // What is there stays, and with it who may see it.
            if let Some(plan) = ready.shares.as_ref().filter(|plan| !plan.is_nothing()) {
                let count = plan.count();
                row.notes.push(format!("{count} users and groups of the source have no share"));
            }
            return row.because("the same already");
        }
        if self.run.is_cancelled() {
            return ready.row.blocked(stopped());
        }
        let (change, found) = match begun {
            None => (change, None),
            Some(entry) if entry.outcome == Outcome::Done => (Change::clone(&entry.change), None),
            Some(entry) => match self.look(&ready, &[]).await {
                Ok(Look::Done(id)) => (Change::clone(&entry.change), Some(id)),
                Ok(Look::Other(id)) if !matches!(ready.intent, Intent::Overwrite(_)) => {
                    let error = Error::new(
                        ErrorKind::UnknownOutcome,
                        "the target has a data model of this name that is not the same",
                    )
                    .with_next_step("look whether it is what the run that broke off made");
                    return ready.row.on_target(id).ended(error);
                }
                Ok(_) => (change, None),
                Err(error) => return ready.row.ended(error.with_kind(ErrorKind::UnknownOutcome)),
            },
        };
        let again = begun.is_some();
        match self.run.admit(change).await {
            Err(error) => ready.row.ended(error),
            Ok(Door::Planned(planned)) => {
                let mut row = ready.row.clone();
                row.outcome = ready.intent.outcome(true);
                let id = ready.intent.oid().unwrap_or(&planned.id);
                if let Some(plan) = &ready.shares {
                    self.share(&mut row, plan, id, &ready.title, true).await;
                }
                row.on_target(ready.intent.oid().map(str::to_owned))
            }
            Ok(Door::Recorded(recorded)) => {
                let id = recorded.id.or_else(|| ready.intent.oid().map(str::to_owned));
                self.made(ready, id, None).await
            }
            Ok(Door::Open(pass)) => {
                // What is read back long after the write may be somebody else's.
                let fresh = (!again).then(|| pass.key().to_owned());
                let result = match found {
                    Some(id) => Ok(Answer::made(&id)),
                    None => self.send(&ready, &pass, again).await,
                };
                match pass.settle(result).await {
                    Ok(answer) => self.made(ready, answer.id().map(str::to_owned), fresh).await,
                    Err(error) => ready.row.ended(error),
                }
            }
        }
    }

    /// Send it once. What nobody answered is looked up, never repeated.
    async fn send(&self, ready: &Ready, pass: &Pass, again: bool) -> Result<Answer> {
        let target = &self.migrations.target;
        if let Some(before) = &ready.before {
            self.run.keep_image(pass, &before.image(&ready.document)?).await?;
        }
        let query: Query = match &ready.intent {
            Intent::Create => Vec::new(),
            Intent::Overwrite(oid) => vec![("datamodelId", oid.clone())],
            Intent::Duplicate(title) => vec![("newTitle", title.clone())],
        };
        let mut sent = wire::import(target, pass, query, ready.document.clone()).await;
        if let (Err(error), Intent::Overwrite(oid)) = (&sent, &ready.intent)
            && error.status() == Some(404)
            && self.has_gone(oid).await
        {
            sent = wire::import(target, pass, Vec::new(), ready.document.clone()).await;
        }
        let known: &[ModelRecord] = if again { &[] } else { &self.there };
        match sent {
            Ok(answer_) if answer_.id().is_some() => Ok(answer_),
            Ok(_) => match (self.look(ready, known).await, ready.intent.oid()) {
                (Ok(Look::Done(id)), _) => Ok(Answer::made(&id)),
                (_, Some(oid)) => Ok(Answer::made(oid)),
                _ => Err(Error::new(
                    ErrorKind::UnknownOutcome,
                    "the server accepted the data model and did not say which it is",
                )
                .with_next_step("look at the target, or resume the run, which looks it up")),
            },
            Err(error) if error.is_unanswered() => match self.look(ready, known).await {
                Ok(Look::Done(id)) => Ok(Answer::made(&id)),
                _ => Err(error),
            },
            Err(error) if error.kind() == ErrorKind::Conflict => {
                // An earlier attempt may have come through after all.
                if again && let Ok(Look::Done(id)) = self.look(ready, &[]).await {
                    return Ok(Answer::made(&id));
                }
                Err(error.with_other_step("the title is taken: duplicate it under another one"))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the target does not list it any more.
    async fn has_gone(&self, oid: &str) -> bool {
        let all = self.migrations.target.list_models().await;
        all.is_ok_and(|all| !all.iter().any(|one| one.oid == oid))
    }

    /// Look whether it is there, among what was not there before.
    async fn look(&self, ready: &Ready, known: &[ModelRecord]) -> Result<Look> {
        let target = &self.migrations.target;
        let id = match &ready.intent {
            Intent::Overwrite(oid) => Some(oid.clone()),
            Intent::Create | Intent::Duplicate(_) => {
                let all = target.list_models().await?;
                let oid = match ready.intent {
                    Intent::Create => ready.row.source_id.as_deref(),
                    _ => None,
                };
                let is_new = |row: &&ModelRecord| !known.iter().any(|old| old.oid == row.oid);
                let mut fits = all.iter().filter(is_new);
                fits.find(|row| is_one(row, oid, &ready.title)).map(|row| row.oid.clone())
            }
        };
        let Some(id) = id else { return Ok(Look::Nothing) };
        match wire::export(target, &id, &self.wish.wire()).await {
            Ok(found) if self.meaning_there(&found) == ready.meaning => Ok(Look::Done(id)),
            Ok(_) => Ok(Look::Other(id)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Look::Nothing),
            Err(error) => Err(error),
        }
    }

    /// It is there: read it back, look at its rules, share it. `fresh` is the journal's key of a write
    /// that was sent just now, and not before the run was resumed.
    async fn made(&self, ready: Ready, id: Option<String>, fresh: Option<String>) -> Item {
        let Ready { mut row, intent, title, meaning, shares, .. } = ready;
        row.outcome = intent.outcome(false);
        row.target_id.clone_from(&id);
        row.differs.clear();
        if fresh.is_none() {
            row.notes.push("begun before the run was resumed".to_owned());
        }
        let Some(id) = id else { return row };
        let found = wire::export(&self.migrations.target, &id, &self.wish.wire()).await;
        match &found {
            Ok(found) => {
                row.differs = self.meaning_there(found).differs_from(&meaning);
                row.verified = Some(row.differs.is_empty());
                if let (Some(key), Intent::Overwrite(_), false) =
                    (fresh, &intent, row.differs.is_empty())
                {
                    let kept = self.run.keep_read_back(&key, datamodel_digest(found)).await;
                    if let Err(error) = kept {
                        row.problems.push(format!("undo will take it for changed: {error}"));
                    }
                }
            }
            Err(error) => row.problems.push(format!("it cannot be read back: {error}")),
        }
        if let Some(plan) = &shares {
            // Between two writes a run may be stopped: the rest is named, not lost.
            Box::pin(self.share(&mut row, plan, &id, &title, false)).await;
        }
        if let Ok(found) = found {
            self.check_rules(&mut row, &found, &title).await;
        }
        row
    }

    /// Tell of parties in the security rules that the target does not know.
    async fn check_rules(&self, row: &mut Item, found: &ModelDocument, title: &str) {
        let Some(people) = &self.people else { return };
        if !brings_rules(&self.wish.dependencies) || has_no_rules(found.raw()) {
            return;
        }
        let rules = match self.migrations.target.model_security(found, title).await {
            Ok(rules) => rules,
            Err(error) if found.is_live() && error.kind() == ErrorKind::NotFound => {
                row.notes.push("its security rules can be seen once it is published".to_owned());
                return;
            }
            Err(error) => {
                row.problems.push(format!("its security rules cannot be read back: {error}"));
                return;
            }
        };
        for lost in people.strangers(&rules) {
            remember(&mut row.unmapped, lost);
        }
    }
}

impl Intent {
    /// The id of the target's own that it is about.
    fn oid(&self) -> Option<&str> {
        match self {
            Intent::Overwrite(oid) => Some(oid),
            _ => None,
        }
    }

    fn outcome(&self, planned: bool) -> ItemOutcome {
        match (self, planned) {
            (Intent::Create, true) => ItemOutcome::WouldCreate,
            (Intent::Create, false) => ItemOutcome::Created,
            (Intent::Overwrite(_), true) => ItemOutcome::WouldOverwrite,
            (Intent::Overwrite(_), false) => ItemOutcome::Overwritten,
            (Intent::Duplicate(_), true) => ItemOutcome::WouldDuplicate,
            (Intent::Duplicate(_), false) => ItemOutcome::Duplicated,
        }
    }
}
