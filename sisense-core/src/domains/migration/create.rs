//! Making many users or groups: by few requests, with an outcome for each.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::Value;

use super::Migrations;
use super::ledger::Ledger;
use super::past::Past;
use super::result::{Item, ItemOutcome};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Outcome, Pass, Run, settle_all};
use crate::transport::{Answer, ApiPath};

/// Most users or groups that one request makes.
const BATCH: usize = 100;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Groups,
    Users,
}

impl Kind {
    fn path(self) -> ApiPath {
        match self {
            Kind::Groups => ApiPath::new(["api", "v1", "groups"]),
            Kind::Users => ApiPath::new(["api", "v1", "users"]),
        }
    }

    fn bulk_path(self) -> ApiPath {
        match self {
            Kind::Groups => ApiPath::new(["api", "v1", "groups", "bulk"]),
            Kind::Users => ApiPath::new(["api", "v1", "users", "bulk"]),
        }
    }

    /// The member of a record that is its natural key.
    fn key_of(self, record: &Value) -> Option<String> {
        let member = match self {
            Kind::Groups => "name",
            Kind::Users => "email",
        };
        record.get(member).and_then(Value::as_str).map(natural)
    }

    /// All records of the target, as they are on the wire.
    async fn records(self, target: &Client) -> Result<Vec<Value>> {
        match self {
            Kind::Groups => target.transport().list("all groups", self.path(), Vec::new()).await,
            Kind::Users => {
                let fields = "_id,email,userName,firstName,lastName,roleId,groups";
                let query = vec![("fields", fields.to_owned())];
                target.transport().list("all users", self.path(), query).await
            }
        }
    }

    /// What the target holds now: natural keys and ids.
    pub(super) async fn look(self, target: &Client) -> Result<HashMap<String, String>> {
        Ok(match self {
            Kind::Groups => {
                let groups = target.list_groups().await?;
                groups.into_iter().map(|g| (natural(g.name()), g.id)).collect()
            }
            Kind::Users => {
                let users = target.list_users_brief().await?;
                users.into_iter().map(|u| (natural(u.email()), u.id)).collect()
            }
        })
    }
}

/// A name as names are compared: without regard to case and space around it.
pub(super) fn natural(name: &str) -> String {
    name.trim().to_lowercase()
}

/// One that shall be made.
pub(super) struct Wish {
    /// Its place among the rows.
    pub(super) place: usize,
    /// Its row, as far as it is known.
    pub(super) row: Item,
    pub(super) change: Change,
    pub(super) body: Value,
}

impl Wish {
    fn key(&self) -> String {
        natural(&self.row.name)
    }
}

/// One whose change was let through.
struct Open {
    wish: Wish,
    pass: Pass,
}

impl Migrations {
    /// What a resumed run knows of one that is there now: the row of its own work, or nothing when it
    /// was there without this run.
    pub(super) async fn own_work(
        &self,
        run: &Run,
        past: &Past,
        change: &Change,
        row: &Item,
        id: &str,
    ) -> Result<Option<Item>> {
        let Some(entry) = past.find(run, change).filter(|e| e.outcome != Outcome::Failed) else {
            return Ok(None);
        };
        let row = row.clone().on_target(Some(id.to_owned()));
        let item = match run.admit(entry.change.clone()).await {
            Ok(Door::Open(pass)) => match pass.settle(Ok(Answer::made(id))).await {
                Ok(_) => made(row).note("made before the run was resumed"),
                Err(error) => row.ended(error),
            },
            Ok(Door::Recorded(_)) => made(row).note("made before the run was resumed"),
            Ok(Door::Planned(_)) => return Ok(None),
            Err(error) => row.ended(error),
        };
        Ok(Some(item))
    }

    /// Make all of them, or plan it.
    pub(super) async fn create(
        &self,
        run: &Run,
        kind: Kind,
        wishes: Vec<Wish>,
        ledger: &mut Ledger<'_>,
    ) -> Result<()> {
        let sent: Vec<(usize, Value)> =
            wishes.iter().map(|wish| (wish.place, wish.body.clone())).collect();
        let mut wishes = wishes.into_iter().peekable();
        while wishes.peek().is_some() {
            let batch: Vec<Wish> = wishes.by_ref().take(BATCH).collect();
            self.create_batch(run, kind, batch, ledger).await?;
        }
        if ledger.has_created() {
            self.read_back(kind, &sent, ledger).await;
        }
        Ok(())
    }

    /// Read what was made, and compare it with what was sent.
    async fn read_back(&self, kind: Kind, sent: &[(usize, Value)], ledger: &mut Ledger<'_>) {
        let records = match kind.records(&self.target).await {
            Ok(records) => records,
            Err(error) => {
                ledger.warn(format!("what was made could not be read back: {error}"));
                return;
            }
        };
        for (place, body) in sent {
            ledger.amend(*place, |item| {
                if item.outcome != ItemOutcome::Created {
                    return;
                }
                let record = records
                    .iter()
                    .find(|r| r.get("_id") == item.target_id.as_deref().map(Value::from).as_ref());
                item.differs = record.map_or_else(
                    || vec!["it is not there".to_owned()],
                    |record| differences(body, record),
                );
                item.verified = Some(item.differs.is_empty());
            });
        }
    }

    async fn create_batch(
        &self,
        run: &Run,
        kind: Kind,
        batch: Vec<Wish>,
        ledger: &mut Ledger<'_>,
    ) -> Result<()> {
        let changes: Vec<Change> = batch.iter().map(|wish| wish.change.clone()).collect();
        let mut open = Vec::new();
        for (wish, door) in batch.into_iter().zip(run.admit_all(changes).await?) {
            let Wish { place, row, .. } = &wish;
            match door {
                Ok(Door::Open(pass)) => open.push(Open { wish, pass }),
                Ok(Door::Planned(_)) => ledger.settle(*place, row.clone()),
                Ok(Door::Recorded(recorded)) => {
                    ledger.settle(*place, made(row.clone().on_target(recorded.id)));
                }
                Err(error) => ledger.settle(*place, row.clone().ended(error)),
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let results = self.send(run, kind, &open).await;
        let (wishes, passes): (Vec<Wish>, Vec<Pass>) =
            open.into_iter().map(|Open { wish, pass }| (wish, pass)).unzip();
        let settled = settle_all(passes.into_iter().zip(results).collect()).await;
        for (wish, result) in wishes.into_iter().zip(settled) {
            let item = match result {
                Ok(answer) => made(wish.row.on_target(answer.id().map(str::to_owned))),
                Err(error) => wish.row.ended(error),
            };
            ledger.settle(wish.place, item);
        }
        Ok(())
    }

    /// One request for all, and what it meant for each.
    async fn send(&self, run: &Run, kind: Kind, open: &[Open]) -> Vec<Result<Answer>> {
        let passes: Vec<&Pass> = open.iter().map(|one| &one.pass).collect();
        let body = Value::Array(open.iter().map(|one| one.wish.body.clone()).collect());
        let transport = self.target.transport();
        let sent = transport.write_all(
            &passes,
            Method::POST,
            kind.bulk_path(),
            Vec::new(),
            Some(body.into()),
        );
        match sent.await {
            Ok(answer) => self.told(kind, open, &answer).await,
            Err(error) if error.is_unanswered() => self.looked_up(kind, open, error).await,
            // One bad element refuses the whole request; each alone names itself.
            Err(error) if refuses_content(&error) && open.len() > 1 => {
                self.one_by_one(run, kind, open, error).await
            }
            Err(error) => fail_all(open, error),
        }
    }

    /// What a good answer says of each. Rows are matched by name, never by position; what the answer
    /// does not name is looked up.
    async fn told(&self, kind: Kind, open: &[Open], answer: &Answer) -> Vec<Result<Answer>> {
        let rows = answer.body().as_array().map(Vec::as_slice).unwrap_or_default();
        let rows = rows.iter().filter_map(|row| Some((kind.key_of(row)?, row)));
        let mut ids: HashMap<String, String> = rows
            .filter_map(|(key, row)| {
                Some((key, row.get("_id").and_then(Value::as_str)?.to_owned()))
            })
            .collect();
        if open.iter().any(|one| !ids.contains_key(&one.wish.key())) {
            match kind.look(&self.target).await {
                Ok(there) => ids.extend(there),
                Err(error) => {
                    tracing::debug!(%error, "what was made could not be looked up");
                }
            }
        }
        let told = |one: &Open| match ids.get(&one.wish.key()) {
            Some(id) => Ok(Answer::made(id)),
            None => Err(Error::new(
                ErrorKind::UnknownOutcome,
                "the server accepted the request and did not say that it made this one",
            )
            .with_next_step("look at the target, or resume the run, which looks it up")),
        };
        open.iter().map(told).collect()
    }

    /// Nobody answered: what is there now was made; of the rest nobody knows.
    async fn looked_up(&self, kind: Kind, open: &[Open], error: Error) -> Vec<Result<Answer>> {
        let there = kind.look(&self.target).await.unwrap_or_default();
        let report = error.into_report();
        open.iter()
            .map(|one| match there.get(&one.wish.key()) {
                Some(id) => Ok(Answer::made(id)),
                // The pass turns it into "unknown" when the request may have reached the server.
                None => Err(Error::from(report.clone())),
            })
            .collect()
    }

    /// The whole was refused: look what is there by now, and send the rest one by one.
    async fn one_by_one(
        &self,
        run: &Run,
        kind: Kind,
        open: &[Open],
        refusal: Error,
    ) -> Vec<Result<Answer>> {
        let there = match kind.look(&self.target).await {
            Ok(there) => there,
            Err(_) => return fail_all(open, refusal),
        };
        let mut results = Vec::with_capacity(open.len());
        for one in open {
            let result = match there.get(&one.wish.key()) {
                Some(id) => Ok(Answer::made(id)),
                None if run.is_cancelled() => {
                    Err(Error::new(ErrorKind::Cancelled, "the run was stopped before this one"))
                }
                None => self.send_one(kind, one).await,
            };
            results.push(result);
        }
        results
    }

    async fn send_one(&self, kind: Kind, one: &Open) -> Result<Answer> {
        let body = Some(one.wish.body.clone());
        let transport = self.target.transport();
        match transport.write(&one.pass, Method::POST, kind.path(), Vec::new(), body).await {
            Err(error) if error.is_unanswered() => {
                let there = kind.look(&self.target).await.unwrap_or_default();
                there.get(&one.wish.key()).map(|id| Answer::made(id)).ok_or(error)
            }
            Ok(answer) if answer.id().is_none() => {
                let there = kind.look(&self.target).await.unwrap_or_default();
                Ok(there.get(&one.wish.key()).map_or(answer, |id| Answer::made(id)))
            }
            other => other,
        }
    }
}

/// Which of the members that were sent are otherwise in the record. Settings of the web page are the
/// person's own, and the server adds the groups in which everybody is.
fn differences(body: &Value, record: &Value) -> Vec<String> {
    let Some(members) = body.as_object() else { return Vec::new() };
    let empty = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(_) => false,
    };
    let differs = |key: &str, sent: &Value| {
        let there = record.get(key);
        match (sent, there) {
            (Value::Array(sent), Some(Value::Array(there))) => {
                sent.iter().any(|one| !there.contains(one))
            }
            _ if empty(Some(sent)) && empty(there) => false,
            (Value::String(sent), Some(Value::String(there))) => natural(sent) != natural(there),
            _ => there != Some(sent),
        }
    };
    members
        .iter()
        .filter(|(key, sent)| *key != "preferences" && differs(key, sent))
        .map(|(key, _)| key.clone())
        .collect()
}

fn made(mut row: Item) -> Item {
    row.outcome = ItemOutcome::Created;
    row
}

/// Whether the server looked at the content and did not like it.
fn refuses_content(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Conflict | ErrorKind::NotFound)
}

fn fail_all(open: &[Open], error: Error) -> Vec<Result<Answer>> {
    let report = error.into_report();
    open.iter().map(|_| Err(Error::from(report.clone()))).collect()
}
