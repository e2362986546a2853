//! Borrowing a dashboard: what only its owner may do, done for an admin, and always given back.

use std::collections::VecDeque;

use reqwest::Method;
use serde_json::{Value, json};

use super::Dashboards;
use super::rows::{minimal, ordered};
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::steps::{Ready, Step, admin, admit};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Entry, Missing, Outcome, Run, Undo};
use crate::transport::{ApiPath, Query};

/// A dashboard that belongs, or will belong, to the token's user for a moment.
pub(super) struct Borrow {
    /// The token's user.
    pub(super) me: String,
    /// Who gets it back.
    pub(super) owner: String,
    /// The share list that it gets back.
    pub(super) rows: Vec<Value>,
    /// What it is borrowed for. One run may borrow a dashboard several times, and the door must be
    /// able to tell these apart.
    pub(super) tag: String,
    /// Whether it is still to be taken.
    pub(super) take: bool,
    /// Whether it is, or will be, to be given back. Otherwise only the share list is.
    pub(super) give_back: bool,
}

/// How the work on a dashboard ended.
#[derive(Default)]
pub(super) struct Ended {
    /// How many steps of the work were done.
    pub(super) done: usize,
    /// Why the work stopped.
    pub(super) failed: Option<Error>,
    /// What is not as it should be after giving back.
    pub(super) missing: Vec<Missing>,
    /// Whether the dashboard is back with its owner, for one that was borrowed.
    pub(super) returned: Option<bool>,
}

/// What a resumed run had left behind: a dashboard that was taken for this work and whose shares
/// were not put back. Gives its owner and its share list.
pub(super) fn left_behind(entries: &[Entry], id: &str, tag: &str) -> Option<(String, Vec<Value>)> {
    let own = entries.iter().filter(|entry| {
        entry.change.asset.kind == AssetKind::Dashboard
            && entry.change.asset.id.as_deref() == Some(id)
            && entry.change.after.get("work").and_then(Value::as_str) == Some(tag)
    });
    let (mut left, mut restored) = (None, false);
    for entry in own {
        let before = &entry.change.before;
        let owner = before.get("owner").and_then(Value::as_str);
        let rows = before.get("shares").and_then(Value::as_array);
        match entry.change.action {
            Action::Own if entry.outcome != Outcome::Failed => {
                if let (Some(owner), Some(rows)) = (owner, rows) {
                    left = Some((owner.to_owned(), rows.clone()));
                }
            }
            Action::Share => restored |= entry.outcome == Outcome::Done,
            _ => {}
        }
    }
    left.filter(|_| !restored)
}

impl Dashboards {
    /// Do the work, around it borrow and give back. `None` in a preview.
    ///
    /// Once the dashboard was taken it is given back whatever becomes of the work, and all steps
    /// pass the door before the first is sent, so that nothing can stand between.
    pub(super) async fn work_as_owner(
        &self,
        run: &Run,
        operation: &str,
        record: &DashboardRecord,
        borrow: Option<Borrow>,
        work: Vec<Step>,
    ) -> Result<Option<Ended>> {
        let mut steps = Vec::new();
        if let Some(borrow) = &borrow {
            if borrow.take {
                steps.push(self.take(operation, record, borrow));
            }
            steps.extend(work);
            if borrow.give_back {
                steps.push(self.give_back(operation, record, borrow));
            }
            steps.push(self.restore(operation, record, borrow));
        } else {
            steps.extend(work);
        }
        let Some(ready) = admit(run, steps).await? else { return Ok(None) };
        let mut ready = ready.into();
        let mut ended = Ended::default();
        let Some(borrow) = borrow else {
            self.send_work(ready, &mut ended).await;
            return Ok(Some(ended));
        };
        if borrow.take {
            self.send_take(&mut ready, record, &borrow).await?;
        }
        let restore = ready.pop_back();
        let back = if borrow.give_back { ready.pop_back() } else { None };
        self.send_work(ready, &mut ended).await;
        let mut returned = true;
        if let Some(back) = back
            && let Err(error) = back.send(&self.client).await
        {
            returned = false;
            let to = &borrow.owner;
            let what = format!("ownership of dashboard \"{}\" for {to}", record.title());
            let mut report = error.into_report();
            report.next_step = Some(format!("give dashboard {} back to user {to}", record.oid));
            ended.missing.push(Missing { what, error: report });
        }
        ended.returned = Some(returned);
        match restore {
            // The list belongs to the owner's dashboard; written now it would name another owner.
            Some(restore) if !returned => restore.skip("the dashboard was not given back").await,
            Some(restore) => self.send_restore(restore, record, &borrow, &mut ended).await,
            None => {}
        }
        Ok(Some(ended))
    }

    /// The steps of the work, up to the first that fails.
    async fn send_work(&self, ready: VecDeque<Ready>, ended: &mut Ended) {
        for step in ready {
            if ended.failed.is_some() {
                step.skip("an earlier step failed").await;
                continue;
            }
            match step.send(&self.client).await {
                Ok(_) => ended.done += 1,
                Err(error) => ended.failed = Some(error),
            }
        }
    }

    /// Take the dashboard. When that fails nothing else is sent; when nobody knows whether it
    /// failed, the owner is looked up, since a taken dashboard must be given back.
    async fn send_take(
        &self,
        ready: &mut VecDeque<Ready>,
        record: &DashboardRecord,
        borrow: &Borrow,
    ) -> Result<()> {
        let Some(take) = ready.pop_front() else { return Ok(()) };
        let Err(error) = take.send(&self.client).await else { return Ok(()) };
        if error.kind() == ErrorKind::UnknownOutcome {
            let now = self.client.find_dashboard(&record.oid).await;
            if now.is_ok_and(|now| now.owner.as_deref() == Some(borrow.me.as_str())) {
                return Ok(());
            }
        }
        for step in ready.drain(..) {
            step.skip("the dashboard could not be taken over").await;
        }
        Err(error)
    }

    /// Put the share list back, unless it is as it was, and look whether it is then.
    async fn send_restore(
        &self,
        restore: Ready,
        record: &DashboardRecord,
        borrow: &Borrow,
        ended: &mut Ended,
    ) {
        let wanted = ordered(&borrow.rows);
        let what = || format!("share list of dashboard \"{}\" as it was", record.title());
        let is_so = |now: &Result<_>| matches!(now, Ok(now) if ordered(&minimal(now)) == wanted);
        if is_so(&self.client.dashboard_shares(&record.oid).await) {
            if let Err(error) = restore.take_as_done().await {
                ended.missing.push(Missing::new(what(), error));
            }
            return;
        }
        if let Err(error) = restore.send(&self.client).await {
            ended.missing.push(Missing::new(what(), error));
            return;
        }
        match self.client.dashboard_shares(&record.oid).await {
            Ok(now) => {
                if now.owner.as_ref().is_some_and(|now| *now != borrow.owner) {
                    ended.returned = Some(false);
                }
                if ordered(&minimal(&now)) != wanted {
                    let message = "the server keeps another list than the one it was given";
                    ended
                        .missing
                        .push(Missing::new(what(), Error::new(ErrorKind::Server, message)));
                }
            }
            Err(error) => ended.missing.push(Missing::new(what(), error)),
        }
    }

    fn take(&self, operation: &str, record: &DashboardRecord, borrow: &Borrow) -> Step {
        let asset = self.asset(AssetKind::Dashboard, &record.oid, record.title());
        let summary = format!("Take over dashboard \"{}\" for a moment", record.title());
        let change = Change::new(operation, asset, Action::Own, summary)
            .before(json!({"owner": borrow.owner, "shares": ordered(&borrow.rows)}))
            .after(json!({"owner": borrow.me, "work": borrow.tag}))
            .note("only the owner may do this; the dashboard is given back right after")
            .note("a change of owner may send mail or move the dashboard to another folder")
            .undo(Undo::Yes("the owner gets it back as a part of this operation".to_owned()))
            .risk(Risk::High);
        self.own(change, record, &borrow.me, admin(), None)
    }

    fn give_back(&self, operation: &str, record: &DashboardRecord, borrow: &Borrow) -> Step {
        let asset = self.asset(AssetKind::Dashboard, &record.oid, record.title());
        let summary = format!("Give dashboard \"{}\" back to its owner", record.title());
        let change = Change::new(operation, asset, Action::Own, summary)
            .before(json!({"owner": borrow.me}))
            .after(json!({"owner": borrow.owner, "work": borrow.tag}))
            .undo(Undo::No("this is the way back".to_owned()))
            .risk(Risk::High);
        self.own(change, record, &borrow.owner, Vec::new(), Some(admin()))
    }

    fn own(
        &self,
        change: Change,
        record: &DashboardRecord,
        owner: &str,
        query: Query,
        if_refused: Option<Query>,
    ) -> Step {
        Step {
            change,
            method: Method::POST,
            path: ApiPath::new(["api", "v1", "dashboards", &record.oid, "change_owner"]),
            query,
            body: Some(json!({"ownerId": owner, "originalOwnerRule": "edit"})),
            if_refused,
        }
    }

    fn restore(&self, operation: &str, record: &DashboardRecord, borrow: &Borrow) -> Step {
        let asset = self.asset(AssetKind::Dashboard, &record.oid, record.title());
        let summary = format!("Put the shares of dashboard \"{}\" back", record.title());
        let change = Change::new(operation, asset, Action::Share, summary)
            .before(json!({"shares": "as the change of owner leaves them"}))
            .after(json!({"shares": ordered(&borrow.rows), "work": borrow.tag}))
            .undo(Undo::No("this is the list from before".to_owned()));
        Step {
            change,
            method: Method::POST,
            path: ApiPath::new(["api", "shares", "dashboard", &record.oid]),
            query: admin(),
            body: Some(json!({"sharesTo": borrow.rows})),
            if_refused: Some(Vec::new()),
        }
    }
}
