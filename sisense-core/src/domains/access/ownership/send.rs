//! Sends the steps: what fails is told, the rest goes on, and what was shared for a moment is taken
//! back whatever happens.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};

use super::look::Look;
use super::plan::{DashboardTarget, FolderTarget, Glimpse, Plan, shares_path};
use super::tree::id_of;
use super::{OPERATION, OwnershipOutcome, keep};
use crate::domains::access::Access;
use crate::domains::dashboard::minimal;
use crate::domains::lookup::dashboards::DashboardShares;
use crate::domains::steps::Ready;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Run};
use crate::transport::ApiPath;

/// How many dashboards change hands at once.
const AT_ONCE: usize = 4;

/// What became of folders and dashboards, by id, and what is not as it should be.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) outcomes: BTreeMap<String, OwnershipOutcome>,
    pub(super) missing: Vec<Missing>,
}

impl Ends {
    fn end(&mut self, id: &str, outcome: OwnershipOutcome) {
        self.outcomes.insert(id.to_owned(), outcome);
    }

    fn lost(&mut self, what: String, error: Error) {
        self.missing.push(Missing::new(what, error));
    }
}

/// One run of the operation, while it sends.
struct Sending<'a> {
    run: &'a Run,
    look: &'a Look,
    rule: &'a str,
    total: u64,
    done: AtomicU64,
    /// Set once the server does not know the caller any more, or cannot be reached.
    hopeless: AtomicBool,
}

impl Sending<'_> {
    /// Why nothing more is to be sent.
    fn stopped(&self) -> Option<&'static str> {
        if self.run.is_cancelled() {
            return Some("the run was stopped before this change");
        }
        self.hopeless.load(Ordering::Relaxed).then_some("the server could not be reached before")
    }

    fn sent(&self, what: &str) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.run.progress(OPERATION, what, done, Some(self.total));
    }

    fn note(&self, error: &Error) {
        if matches!(error.kind(), ErrorKind::Unauthenticated | ErrorKind::Connect) {
            self.hopeless.store(true, Ordering::Relaxed);
        }
    }
}

fn not_sent(why: &str) -> Error {
    Error::new(ErrorKind::Cancelled, format!("not sent: {why}")).with_operation(OPERATION)
}

impl Access {
    /// Send all steps. Never fails as a whole: what failed is in the answer.
    pub(super) async fn carry_out(
        &self,
        run: &Run,
        look: &Look,
        plan: &Plan,
        rule: &str,
        ready: Vec<Ready>,
    ) -> Ends {
        let total = ready.len() as u64;
        let (done, hopeless) = (AtomicU64::new(0), AtomicBool::new(false));
        let sending = Sending { run, look, rule, total, done, hopeless };
        let mut ready: VecDeque<Ready> = ready.into();
        let mut ends = Ends::default();
        let mut next =
            |count: usize| -> Vec<Ready> { (0..count).map_while(|_| ready.pop_front()).collect() };
        let glimpses = next(plan.glimpses.len());
        let folders = next(plan.folders_to_change().count());
        let dashboards = next(plan.dashboards_to_change().count());
        let last = next(plan.glimpses.len());
        let unseen = self.show(&sending, plan, glimpses, &mut ends).await;
        for (target, ready) in plan.folders_to_change().zip(folders) {
            self.give_folder(&sending, target, &unseen, ready, &mut ends).await;
        }
        self.give_dashboards(&sending, plan, dashboards, &mut ends).await;
        for (glimpse, ready) in plan.glimpses.iter().zip(last) {
            self.hide(look, glimpse, ready, &mut ends).await;
        }
        ends
    }

    /// Make folders visible. Gives the dashboards whose share failed.
    async fn show(
        &self,
        sending: &Sending<'_>,
        plan: &Plan,
        ready: Vec<Ready>,
        ends: &mut Ends,
    ) -> BTreeSet<String> {
        let mut failed = BTreeSet::new();
        for (glimpse, ready) in plan.glimpses.iter().zip(ready) {
            let done = match (sending.stopped(), glimpse.earlier.is_some()) {
                (Some(why), _) => {
                    ready.skip(why).await;
                    Err(not_sent(why))
                }
                (None, true) if self.is_shown(sending.look, glimpse).await => {
                    ready.take_as_done().await
                }
                (None, _) => ready.send(&self.client).await.map(|_| ()),
            };
            if let Err(error) = done {
                sending.note(&error);
                failed.insert(glimpse.dashboard.clone());
                let title = &glimpse.title;
                ends.lost(format!("share of dashboard \"{title}\" for a moment"), error);
            }
        }
        failed
    }

    /// Whether a resumed run finds its share there.
    async fn is_shown(&self, look: &Look, glimpse: &Glimpse) -> bool {
        let now = self.client.dashboard_shares(&glimpse.dashboard).await;
        now.is_ok_and(|now| now.shares.iter().any(|row| row.share_id == look.me.id))
    }

    async fn give_folder(
        &self,
        sending: &Sending<'_>,
        target: &FolderTarget,
        unseen: &BTreeSet<String>,
        ready: Ready,
        ends: &mut Ends,
    ) {
        let id = &target.folder.id;
        let what = format!("folder \"{}\" ({id})", target.path);
        let blind = target.via.as_ref().filter(|via| unseen.contains(*via));
        let why = sending.stopped().or(blind.map(|_| "it could not be made visible"));
        if let Some(why) = why {
            ready.skip(why).await;
            ends.end(id, OwnershipOutcome::NotSent);
            ends.lost(what, not_sent(why));
            return;
        }
        let sent = ready.send(&self.client).await;
        sending.sent(&what);
        let told = sent.as_ref().ok().and_then(|answer| id_of(answer.body().get("owner")?));
        let looked = match (&told, &sent) {
            (Some(owner), _) => Ok(owner.clone()),
            (None, Err(error)) if error.kind() != ErrorKind::UnknownOutcome => Ok(String::new()),
            _ => self.owner_of_folder(id).await,
        };
        let (outcome, error) = match (looked, sent) {
            (Ok(owner), _) if owner == sending.look.owner.id => (OwnershipOutcome::Changed, None),
            (Ok(_), Err(error)) => (OwnershipOutcome::Failed, Some(error)),
            (Ok(owner), Ok(_)) => (OwnershipOutcome::Failed, Some(another_owner(&owner))),
            (Err(_), Err(error)) | (Err(error), Ok(_)) => (OwnershipOutcome::Unproven, Some(error)),
        };
        ends.end(id, outcome);
        if let Some(error) = error {
            sending.note(&error);
            ends.lost(what, error);
        }
    }

    async fn owner_of_folder(&self, id: &str) -> Result<String> {
        let path = ApiPath::new(["api", "v1", "folders", id]);
        let answer = self.client.transport().get(path, Vec::new()).await?;
        answer.body().get("owner").and_then(id_of).ok_or_else(|| answer.misshaped("a folder"))
    }

    /// Send the dashboards side by side, then look once who owns them.
    async fn give_dashboards(
        &self,
        sending: &Sending<'_>,
        plan: &Plan,
        ready: Vec<Ready>,
        ends: &mut Ends,
    ) {
        if ready.is_empty() {
            return;
        }
        let targets: Vec<DashboardTarget> = plan.dashboards_to_change().cloned().collect();
        let sent: Vec<Given> = stream::iter(targets.into_iter().zip(ready))
            .map(|(target, ready)| self.give_dashboard(sending, target, ready))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let any = sent.iter().any(|given| given.sent.is_some());
        let now = if any { self.client.list_dashboards(Vec::new()).await } else { Ok(Vec::new()) };
        for Given { id, what, sent, missing } in sent {
            ends.missing.extend(missing);
            let Some(sent) = sent else {
                ends.end(&id, OwnershipOutcome::NotSent);
                continue;
            };
            let owner = now.as_ref().map(|rows| {
                rows.iter().find(|row| row.oid == id).and_then(|row| row.owner.clone())
            });
            let (outcome, error) = match (owner, sent) {
                (Ok(Some(owner)), _) if owner == sending.look.owner.id => {
                    (OwnershipOutcome::Changed, None)
                }
                (Ok(_), Err(error)) => (OwnershipOutcome::Failed, Some(error)),
                (Ok(owner), Ok(())) => {
                    let owner = owner.unwrap_or_default();
                    (OwnershipOutcome::Failed, Some(another_owner(&owner)))
                }
                (Err(_), Err(error)) => (OwnershipOutcome::Failed, Some(error)),
                (Err(error), Ok(())) => {
                    (OwnershipOutcome::Unproven, Some(error.report().clone().into()))
                }
            };
            ends.end(&id, outcome);
            if let Some(error) = error {
                ends.lost(what, error);
            }
        }
    }

    async fn give_dashboard(
        &self,
        sending: &Sending<'_>,
        target: DashboardTarget,
        ready: Ready,
    ) -> Given {
        let id = target.record.oid.clone();
        let what = format!("dashboard \"{}\" ({id})", target.record.title());
        if let Some(why) = sending.stopped() {
            ready.skip(why).await;
            let missing = vec![Missing::new(what.clone(), not_sent(why))];
            return Given { id, what, sent: None, missing };
        }
        let sent = ready.begin(&self.client).await;
        let mut missing = Vec::new();
        if sent.is_fresh() {
            match self.client.dashboard_shares(&id).await {
                Ok(now) => {
                    if let Some(rows) = keep::lost(sending.look, &target, sending.rule, &now) {
                        let body = json!({ "sharesTo": rows });
                        let more = sent.more(&self.client, shares_path(&id), body).await;
                        missing.extend(self.still_lost(sending, &target, more.map(|_| ())).await);
                    }
                }
                Err(error) => {
                    let what = format!("a look at who kept a share of {what}");
                    missing.push(Missing::new(what, error));
                }
            }
        }
        let sent = sent.settle().await.map(|_| ());
        if let Err(error) = &sent {
            sending.note(error);
        }
        sending.sent(&what);
        Given { id, what, sent: Some(sent), missing }
    }

    /// Whether somebody is still without a share after the list was written again.
    async fn still_lost(
        &self,
        sending: &Sending<'_>,
        target: &DashboardTarget,
        written: Result<()>,
    ) -> Option<Missing> {
        let record = &target.record;
        let what = format!("shares of dashboard \"{}\" ({})", record.title(), record.oid);
        let checked = match written {
            Ok(()) => self.client.dashboard_shares(&record.oid).await,
            Err(error) => Err(error),
        };
        let error = match checked {
            Ok(now) => {
                keep::lost(sending.look, target, sending.rule, &now)?;
                Error::new(ErrorKind::Server, "the change of owner dropped shares for good")
            }
            Err(error) => error,
        };
        Some(Missing::new(what, error.with_next_step("share the dashboard again as it was before")))
    }

    /// Take back a share that was made for a moment.
    async fn hide(&self, look: &Look, glimpse: &Glimpse, ready: Ready, ends: &mut Ends) {
        let id = &glimpse.dashboard;
        let next =
            format!("take {} out of the shares of dashboard {id}", look.named(Some(&look.me.id)));
        let what = format!("end of the share of dashboard \"{}\" for a moment", glimpse.title);
        let rows = match self.client.dashboard_shares(id).await {
            Ok(now) => without(&now, &look.me.id),
            Err(error) => {
                ready.skip("the list of shares could not be read").await;
                return ends.lost(what, error.with_next_step(next));
            }
        };
        let done = match rows {
            None => ready.take_as_done().await,
            Some(rows) => {
                let ready = ready.with_body(json!({ "sharesTo": rows }));
                match ready.send(&self.client).await {
                    Ok(_) => self.is_hidden(look, id).await,
                    Err(error) => Err(error),
                }
            }
        };
        if let Err(error) = done {
            ends.lost(what, error.with_next_step(next));
        }
    }

    async fn is_hidden(&self, look: &Look, id: &str) -> Result<()> {
        let now = self.client.dashboard_shares(id).await?;
        match without(&now, &look.me.id) {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Server, "the server still shows the share")),
        }
    }
}

/// A dashboard that was sent, or was not.
struct Given {
    id: String,
    what: String,
    /// `None` when it was not sent.
    sent: Option<Result<()>>,
    missing: Vec<Missing>,
}

/// The list without one user, unless the user is the owner or is not in it.
fn without(now: &DashboardShares, user: &str) -> Option<Vec<Value>> {
    if now.owner.as_deref() == Some(user) {
        return None;
    }
    let rows = minimal(now);
    let kept: Vec<Value> = rows.iter().filter(|row| row["shareId"] != user).cloned().collect();
    (kept.len() < rows.len()).then_some(kept)
}

fn another_owner(owner: &str) -> Error {
    let who = if owner.is_empty() { "nobody" } else { owner };
    Error::new(
        ErrorKind::Server,
        format!("the server accepted the change and shows as owner: {who}"),
    )
    .with_next_step("look at the asset before asking again")
}
