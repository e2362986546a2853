//! Shares and owners: by name, existing shares of the target win, the owner comes last.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::super::Migrations;
use super::super::result::Item;
use super::Work;
use super::chunk::stopped;
use super::people::{Grant, People, Wanted, listed, unlisted};
use crate::domains::dashboard::is_owner;
use crate::domains::lookup::dashboards::{DashboardRecord, DashboardShares};
use crate::domains::steps::admin;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Door, Entry, Outcome, Pass, Undo};
use crate::transport::{Answer, ApiPath};
use crate::undo::Image;

/// A dashboard of the target that gets shares and perhaps another owner.
pub(super) struct Subject<'a> {
    /// Its id on the target; a placeholder in a preview of a new one.
    pub(super) id: &'a str,
    pub(super) source: &'a DashboardRecord,
    /// With whom it is shared already.
    pub(super) base: Vec<Grant>,
    /// Who owns it now: id and name.
    pub(super) owner: (String, String),
    /// Whether it may get another owner.
    pub(super) give: bool,
    /// Whether its present owner keeps the right to edit when it does.
    pub(super) keep: bool,
}

/// What the door said to a change.
enum Turn {
    /// Nothing is to be sent: a preview, or done before the run was resumed.
    Over,
    /// To be sent; `true` when it may have been sent before the run was resumed.
    Open(Pass, bool),
}

/// What became of a subject.
#[derive(Default)]
pub(super) struct Shared {
    /// Whether anything is written, or would be.
    pub(super) changed: bool,
    /// Whether something of it is known to be there.
    pub(super) written: bool,
    /// What went wrong first. The row tells it as a problem, too.
    pub(super) error: Option<Error>,
}

impl Shared {
    fn turn(&mut self, door: Door, again: bool) -> Turn {
        self.written |= matches!(door, Door::Recorded(_));
        match door {
            Door::Planned(_) | Door::Recorded(_) => Turn::Over,
            Door::Open(pass) => Turn::Open(pass, again),
        }
    }

    fn failed(&mut self, row: &mut Item, what: &str, error: Error) {
        row.problems.push(format!("{what}: {error}"));
        self.error.get_or_insert(error);
    }
}

impl Migrations {
    /// Bring the shares and, where wished, the owner of a source dashboard to the target's. What goes
    /// wrong is in the row.
    pub(super) async fn share(
        &self,
        work: &Work<'_>,
        people: &People,
        subject: Subject<'_>,
        row: &mut Item,
    ) -> Shared {
        match self.try_share(work, people, subject, row).await {
            Ok(shared) => shared,
            Err(error) => {
                let mut shared = Shared::default();
                shared.failed(row, "shares", error);
                shared
            }
        }
    }

    async fn try_share(
        &self,
        work: &Work<'_>,
        people: &People,
        mut subject: Subject<'_>,
        row: &mut Item,
    ) -> Result<Shared> {
        let moving = self.moving(work, &subject);
        if let Some(entry) = &moving {
            let name = entry.change.before.get("owner").and_then(Value::as_str).unwrap_or_default();
            let id = people.id(AssetKind::User, name).unwrap_or_default();
            subject.owner = (id, name.to_owned());
        }
        let Subject { source, base, owner, .. } = &subject;
        let (rows, source_owner) = match &source.shares {
            Some(rows) => (rows.clone(), source.owner.clone()),
            None => {
                let shares = self.source.dashboard_shares(&source.oid).await?;
                (shares.shares, shares.owner.or_else(|| source.owner.clone()))
            }
        };
        let wanted = people.wanted(work.run, &rows, source_owner.as_deref(), subject.give);
        let Wanted { grants, owner: new_owner, unmapped } = wanted;
        row.unmapped.extend(unmapped);
        let new_owner = match &moving {
            Some(entry) => {
                entry.change.after.get("owner").and_then(Value::as_str).map(str::to_owned)
            }
            None => new_owner.filter(|name| !is_named(name, &owner.1)),
        };
        let last_owner = new_owner.as_deref().unwrap_or(&owner.1);
        let added: Vec<Grant> = grants
            .into_iter()
            .filter(|grant| !(grant.kind == AssetKind::User && is_named(&grant.name, last_owner)))
            .filter(|grant| !base.iter().any(|known| known.is(grant)))
            .collect();
        let mut full: Vec<Grant> = base.clone();
        full.extend(added.iter().cloned());
        full.retain(|grant| !(grant.kind == AssetKind::User && is_named(&grant.name, last_owner)));
        let change = self.share_change(work, &subject, &full, &added);
        let earlier = work.trail.find(work.run, &change, |_| true).cloned();
        let mut count = added.len();
        let mut shared = Shared::default();
        let mut list = Turn::Over;
        if earlier.is_some() || !added.is_empty() {
            shared.changed = true;
            let again = earlier.as_ref().is_some_and(|entry| entry.outcome == Outcome::Unknown);
            let change = earlier.map_or_else(|| Arc::new(change), |entry| entry.change);
            // What a resumed run had set out to do, whatever of it is there by now.
            full = unlisted(&change.after["shares"]);
            count = full.len().saturating_sub(unlisted(&change.before["shares"]).len());
            list = shared.turn(work.run.admit(change).await?, again);
        }
        row.shares_added = Some(count as u64);
        let mut hand = Turn::Over;
        if let Some(name) = &new_owner {
            if subject.keep {
                full.push(Grant {
                    kind: AssetKind::User,
                    name: owner.1.clone(),
                    rule: "edit".to_owned(),
                    subscribe: false,
                });
            }
            shared.changed = true;
            row.owner = Some(name.clone());
            let again = moving.as_ref().is_some_and(|entry| entry.outcome == Outcome::Unknown);
            let change = match moving {
                Some(entry) => {
                    full = unlisted(&entry.change.after["shares"]);
                    entry.change
                }
                None => Arc::new(self.own_change(work, &subject, name, &full)),
            };
            match work.run.admit(change).await {
                Ok(door) => hand = shared.turn(door, again),
                Err(error) => shared.failed(row, "the owner stays", error),
            }
        }
        if let Turn::Open(pass, again) = list {
            let sent = match people.rows(&owner.0, &full) {
                Ok(rows) => match self.keep_list(work, people, &pass, &subject).await {
                    Ok(()) => self.put_shares(&pass, subject.id, &rows, again).await,
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            if let Err(error) = pass.settle(sent).await {
                shared.failed(row, "the shares were not set", error);
                // The list names the present owner as such, so it must be there before the move.
                if let Turn::Open(pass, _) = hand {
                    let error = Error::new(ErrorKind::Cancelled, "not sent: the shares come first");
                    // What was handed in comes back; the row tells of the shares already.
                    let _ = pass.settle(Err(error)).await;
                }
                return Ok(shared);
            }
            shared.written = true;
        }
        if let (Turn::Open(pass, again), Some(name)) = (hand, new_owner) {
            let kept = match people.rows(&owner.0, base) {
                _ if work.run.is_cancelled() => Err(stopped()),
                Ok(rows) => {
                    work.run.keep_image(&pass, &Image::Owner { id: owner.0.clone(), rows }).await
                }
                Err(error) => Err(error),
            };
            let given = match kept {
                Ok(()) => self.hand_over(people, &pass, subject.id, &name, &full, again).await,
                Err(error) => Err(error),
            };
            match pass.settle(given).await {
                Ok(_) => shared.written = true,
                Err(error) => shared.failed(row, &format!("not given to {name}"), error),
            }
        }
        Ok(shared)
    }

    /// The move to another owner that this run has begun, wherever the dashboard is by now.
    fn moving(&self, work: &Work<'_>, subject: &Subject<'_>) -> Option<Entry> {
        let any = self.own_change(work, subject, "", &[]);
        let fits = |one: &Change| one.before.get("work").is_none() && !super::wish::is_take(one);
        let found = work.trail.find(work.run, &any, fits).filter(|_| subject.give);
        found.cloned()
    }

    async fn keep_list(
        &self,
        work: &Work<'_>,
        people: &People,
        pass: &Pass,
        subject: &Subject<'_>,
    ) -> Result<()> {
        let rows = people.rows(&subject.owner.0, &subject.base)?;
        work.run.keep_image(pass, &Image::Shares { rows }).await
    }

    fn share_change(
        &self,
        work: &Work<'_>,
        subject: &Subject<'_>,
        full: &[Grant],
        added: &[Grant],
    ) -> Change {
        let title = subject.source.title();
        let names: Vec<String> =
            added.iter().map(|grant| format!("{} ({})", grant.name, grant.rule)).collect();
        let summary = format!("Share dashboard \"{title}\" with {}", names.join(", "));
        let asset = self.asset(AssetKind::Dashboard, Some(subject.id), title);
        let change = Change::new(work.options.operation, asset, Action::Share, summary)
            .before(json!({ "shares": listed(&subject.base) }))
            .after(json!({ "shares": listed(full) }))
            .undo(Undo::Yes("the list from before is written again".to_owned()));
        let subscribed = added.iter().filter(|grant| grant.subscribe).count();
        match subscribed {
            0 => change,
            many => change.note(format!("{many} of them get its report by mail")),
        }
    }

    fn own_change(
        &self,
        work: &Work<'_>,
        subject: &Subject<'_>,
        name: &str,
        full: &[Grant],
    ) -> Change {
        let title = subject.source.title();
        let asset = self.asset(AssetKind::Dashboard, Some(subject.id), title);
        let summary = format!("Give dashboard \"{title}\" to {name}");
        Change::new(work.options.operation, asset, Action::Own, summary)
            .before(json!({ "owner": subject.owner.1 }))
            .after(json!({ "owner": name, "shares": listed(full) }))
            .undo(Undo::Yes("it is given back".to_owned()))
            .risk(Risk::High)
    }

    /// Write a share list and see that it is there.
    async fn put_shares(
        &self,
        pass: &Pass,
        id: &str,
        rows: &[Value],
        again: bool,
    ) -> Result<Answer> {
        if again && self.shows(id, rows).await.unwrap_or(false) {
            return Ok(Answer::new(200, Value::Null));
        }
        let path = ApiPath::new(["api", "shares", "dashboard", id]);
        let sent = self.as_admin(pass, path, json!({ "sharesTo": rows })).await;
        match sent {
            Err(error) if !error.is_unanswered() => Err(error),
            sent => match (self.shows(id, rows).await, sent) {
                (Ok(true), _) => Ok(Answer::new(200, Value::Null)),
                (_, Err(error)) => Err(error),
                (Ok(false), Ok(_)) => {
                    let message = "the server accepted the list and does not show it";
                    Err(Error::new(ErrorKind::Server, message)
                        .with_next_step("let the owner share it, then publish the dashboard"))
                }
                // Accepted, and only the look failed.
                (Err(_), Ok(answer)) => Ok(answer),
            },
        }
    }

    /// Whether the target shows exactly these rows, the owner's aside.
    async fn shows(&self, id: &str, rows: &[Value]) -> Result<bool> {
        let now = self.target.dashboard_shares(id).await?;
        Ok(is_list(&now, rows))
    }

    /// Move a dashboard to another owner, and see to it that the shares are those that are wanted: a
    /// server may drop them, and leaves the former owner among them.
    pub(super) async fn hand_over(
        &self,
        people: &People,
        pass: &Pass,
        id: &str,
        owner: &str,
        full: &[Grant],
        again: bool,
    ) -> Result<Answer> {
        let Some(owner_id) = people.id(AssetKind::User, owner) else {
            let message = format!("the target has no user of this e-mail by now: {owner}");
            return Err(Error::new(ErrorKind::Drifted, message));
        };
        let rows = people.rows(&owner_id, full)?;
        let over = again && self.owner_of(id).await? == owner_id;
        let answer = if over {
            Answer::new(200, Value::Null)
        } else {
            self.change_owner(pass, id, &owner_id).await?
        };
        self.list_again(pass, id, &rows).await.map_err(|error| {
            // The owner has it and the list is not as it was approved: a resumed run goes on here.
            error.with_kind(ErrorKind::UnknownOutcome).with_other_step(
                "the owner was changed and the shares were not set again: resume the run",
            )
        })?;
        Ok(answer)
    }

    /// See to it that the list is this one.
    async fn list_again(&self, pass: &Pass, id: &str, rows: &[Value]) -> Result<()> {
        if self.shows(id, rows).await? {
            return Ok(());
        }
        let path = ApiPath::new(["api", "shares", "dashboard", id]);
        let sent = self.as_admin(pass, path, json!({ "sharesTo": rows })).await;
        match (sent, self.shows(id, rows).await) {
            (_, Ok(true)) => Ok(()),
            (Err(error), _) | (Ok(_), Err(error)) => Err(error),
            (Ok(_), Ok(false)) => {
                Err(Error::new(ErrorKind::Server, "the server does not show the shares as sent"))
            }
        }
    }

    /// Make somebody the owner. An answer that did not come is replaced by a look.
    pub(super) async fn change_owner(&self, pass: &Pass, id: &str, owner: &str) -> Result<Answer> {
        let path = ApiPath::new(["api", "v1", "dashboards", id, "change_owner"]);
        let body = json!({ "ownerId": owner, "originalOwnerRule": "edit" });
        match self.as_admin(pass, path, body).await {
            Err(error) if error.is_unanswered() => match self.owner_of(id).await {
                Ok(now) if now == owner => Ok(Answer::new(200, Value::Null)),
                _ => Err(error),
            },
            other => other,
        }
    }

    pub(super) async fn owner_of(&self, id: &str) -> Result<String> {
        let rows = self.target.list_dashboards(vec![("id", id.to_owned())]).await?;
        let row = rows.into_iter().find(|row| row.oid == id);
        row.and_then(|row| row.owner).ok_or_else(|| Error::not_found("dashboard", id))
    }

    /// Post with the admin's flag, and without it when that is refused.
    async fn as_admin(&self, pass: &Pass, path: ApiPath, body: Value) -> Result<Answer> {
        let transport = self.target.transport();
        let write =
            |query| transport.write(pass, Method::POST, path.clone(), query, Some(body.clone()));
        match write(admin()).await {
            Err(error) if error.kind() == ErrorKind::Forbidden => write(Vec::new()).await,
            other => other,
        }
    }
}

pub(super) fn is_named(one: &str, other: &str) -> bool {
    super::super::create::natural(one) == super::super::create::natural(other)
}

/// Whether a list holds these parties with these rules and nobody else.
fn is_list(now: &DashboardShares, rows: &[Value]) -> bool {
    let owner = now.owner.as_deref();
    let there: BTreeSet<(&str, &str)> = now
        .shares
        .iter()
        .filter(|row| !is_owner(row, owner))
        .map(|row| (row.share_id.as_str(), row.rule.as_deref().unwrap_or_default()))
        .collect();
    let text = |row: &'static str| {
        move |value: &Value| value.get(row).and_then(Value::as_str).map(str::to_owned)
    };
    let (id, rule) = (text("shareId"), text("rule"));
    let wanted: Vec<(String, String)> =
        rows.iter().filter_map(|row| Some((id(row)?, rule(row)?))).collect();
    let wanted: BTreeSet<(&str, &str)> = wanted
        .iter()
        .map(|(id, rule)| (id.as_str(), rule.as_str()))
        .filter(|(id, _)| Some(*id) != owner)
        .collect();
    there == wanted
}
