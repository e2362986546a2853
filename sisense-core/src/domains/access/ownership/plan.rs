//! What will change hands, and in which steps.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use reqwest::Method;
use serde_json::{Value, json};

use super::look::Look;
use super::tree::{Folder, Sight};
use super::{ChangeFolderAndDashboardOwnership, OPERATION, keep};
use crate::documents::DataSource;
use crate::domains::access::Access;
use crate::domains::dashboard::{Recipient, minimal, ordered};
use crate::domains::lookup::dashboards::{DashboardRecord, ShareRecord};
use crate::domains::steps::{Step, admin};
use crate::error::Result;
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Entry, Outcome, Undo};
use crate::transport::ApiPath;

/// How many share lists are read at once.
const LISTS: usize = 4;

/// A folder within the scope.
pub(super) struct FolderTarget {
    pub(super) folder: Folder,
    pub(super) path: String,
    /// Whether it is to change hands.
    pub(super) change: bool,
    /// The dashboard whose share with the token's user makes it visible.
    pub(super) via: Option<String>,
}

/// A dashboard within the scope.
#[derive(Clone)]
pub(super) struct DashboardTarget {
    pub(super) record: DashboardRecord,
    /// With whom it is shared now.
    pub(super) shares: Vec<ShareRecord>,
    /// Whether it is to change hands.
    pub(super) change: bool,
}

/// A share for as long as this operation takes, so that a folder can be seen.
#[derive(Clone)]
pub(super) struct Glimpse {
    pub(super) dashboard: String,
    pub(super) title: String,
    /// The share as it was asked for before the run was resumed.
    pub(super) earlier: Option<Change>,
    pub(super) rows: Vec<Value>,
}

/// What will change hands.
pub(super) struct Plan {
    pub(super) glimpses: Vec<Glimpse>,
    pub(super) folders: Vec<FolderTarget>,
    pub(super) dashboards: Vec<DashboardTarget>,
}

impl Plan {
    pub(super) fn folders_to_change(&self) -> impl Iterator<Item = &FolderTarget> {
        self.folders.iter().filter(|target| target.change)
    }

    pub(super) fn dashboards_to_change(&self) -> impl Iterator<Item = &DashboardTarget> {
        self.dashboards.iter().filter(|target| target.change)
    }
}

impl Access {
    pub(super) async fn plan_ownership(
        &self,
        look: &mut Look,
        params: &ChangeFolderAndDashboardOwnership,
        entries: &[Entry],
    ) -> Result<Plan> {
        let owner = look.owner.id.clone();
        let mut folders: Vec<FolderTarget> = Vec::new();
        for folder in look.scope.iter().filter_map(|id| look.tree.get(id)) {
            folders.push(FolderTarget {
                path: look.tree.path(&folder.id),
                change: folder.owner.as_ref() != Some(&owner),
                via: None,
                folder: folder.clone(),
            });
        }
        let dashboards = if params.change_dashboard_ownership {
            self.dashboards_within(look, &owner).await?
        } else {
            Vec::new()
        };
        self.warn_of_rights(look, &dashboards).await;
        let mut glimpses = left_behind(entries, &tag(look));
        self.add_glimpses(look, &mut folders, &mut glimpses).await?;
        Ok(Plan { glimpses, folders, dashboards })
    }

    /// The dashboards that the user's own tree shows in the folders, and those that their owners
    /// keep there.
    async fn dashboards_within(&self, look: &Look, owner: &str) -> Result<Vec<DashboardTarget>> {
        let within = |dashboard: &&DashboardRecord| {
            look.scope.iter().filter_map(|id| look.tree.get(id)).any(|folder| {
                dashboard.parent_folder.as_ref() == Some(&folder.id)
                    || folder.dashboards.contains(&dashboard.oid)
            })
        };
        let found: Vec<DashboardRecord> = look.dashboards.iter().filter(within).cloned().collect();
        stream::iter(found)
            .map(|record| async move {
                let (record, shares) = self.with_shares(record).await?;
                let change = record.owner.as_deref() != Some(owner);
                Ok(DashboardTarget { record, shares, change })
            })
            .buffered(LISTS)
            .try_collect()
            .await
    }

    /// Say which data models the new owner may not read.
    async fn warn_of_rights(&self, look: &mut Look, dashboards: &[DashboardTarget]) {
        let mut sources: Vec<&DataSource> = Vec::new();
        for target in dashboards.iter().filter(|target| target.change) {
            if let Some(source) = &target.record.datasource
                && !sources.iter().any(|known| known.title == source.title)
            {
                sources.push(source);
            }
        }
        let owner = [Recipient {
            id: look.owner.id.clone(),
            name: look.named(Some(&look.owner.id)),
            groups: look.owner.groups.iter().map(|group| group.id.clone()).collect(),
        }];
        for source in sources {
            let more = self.client.dashboard().rights_warnings(Some(source), &owner).await;
            look.warnings.extend(more);
        }
    }

    /// One share for each folder that cannot be seen, unless an earlier one shows it too.
    async fn add_glimpses(
        &self,
        look: &mut Look,
        folders: &mut [FolderTarget],
        glimpses: &mut Vec<Glimpse>,
    ) -> Result<()> {
        let hidden =
            |target: &&mut FolderTarget| target.change && target.folder.sight == Sight::Hidden;
        for target in folders.iter_mut().filter(hidden) {
            let shows = |dashboard: &DashboardRecord| {
                let folder = dashboard.parent_folder.as_deref().unwrap_or_default();
                look.tree.line(folder).iter().any(|step| step.id == target.folder.id)
            };
            let shown = |glimpse: &&Glimpse| {
                look.dashboards.iter().any(|one| one.oid == glimpse.dashboard && shows(one))
            };
            if let Some(glimpse) = glimpses.iter().find(shown) {
                target.via = Some(glimpse.dashboard.clone());
                continue;
            }
            let Some(dashboard) = look.dashboards.iter().find(|one| shows(one)) else { continue };
            let shares = self.client.dashboard_shares(&dashboard.oid).await?;
            // A share that was there before would show the folder, and must not be taken away.
            if shares.shares.iter().any(|row| row.share_id == look.me.id) {
                continue;
            }
            target.via = Some(dashboard.oid.clone());
            glimpses.push(Glimpse {
                dashboard: dashboard.oid.clone(),
                title: dashboard.title().to_owned(),
                earlier: None,
                rows: minimal(&shares),
            });
        }
        Ok(())
    }

    /// Every step, in the order in which it is sent: what makes folders visible, the folders, the
    /// dashboards, and what hides the folders again.
    pub(super) fn steps(
        &self,
        look: &Look,
        plan: &Plan,
        params: &ChangeFolderAndDashboardOwnership,
    ) -> Vec<Step> {
        let mut steps: Vec<Step> =
            plan.glimpses.iter().map(|glimpse| self.glimpse_step(look, glimpse)).collect();
        steps.extend(plan.folders_to_change().map(|target| self.folder_step(look, target)));
        let rule = params.original_owner_rule.as_str();
        steps.extend(
            plan.dashboards_to_change().map(|target| self.dashboard_step(look, target, rule)),
        );
        steps.extend(plan.glimpses.iter().map(|glimpse| self.end_of_glimpse(look, glimpse)));
        if let Some(first) = steps.first_mut() {
            first.change.notes.extend(look.warnings.iter().cloned());
        }
        steps
    }

    fn folder_step(&self, look: &Look, target: &FolderTarget) -> Step {
        let FolderTarget { folder, path, .. } = target;
        let asset = self.asset(AssetKind::Folder, Some(&folder.id), &folder.shown());
        let (from, to) = (look.named(folder.owner.as_deref()), look.named(Some(&look.owner.id)));
        let change = Change::new(
            OPERATION,
            asset,
            Action::Own,
            format!("Give folder \"{path}\" from {from} to {to}"),
        )
        .before(json!({"owner": folder.owner}))
        .after(json!({"owner": look.owner.id}))
        .undo(Undo::Partly(format!(
            "it is given back to {from}, if the server still lets the token's user do so"
        )))
        .risk(Risk::High);
        Step {
            change,
            method: Method::PATCH,
            path: ApiPath::new(["api", "v1", "folders", &folder.id]),
            query: Vec::new(),
            body: Some(json!({"owner": look.owner.id})),
            if_refused: None,
        }
    }

    fn dashboard_step(&self, look: &Look, target: &DashboardTarget, rule: &str) -> Step {
        let record = &target.record;
        let asset = self.asset(AssetKind::Dashboard, Some(&record.oid), record.title());
        let (from, to) = (look.named(record.owner.as_deref()), look.named(Some(&look.owner.id)));
        let mut change = Change::new(
            OPERATION,
            asset,
            Action::Own,
            format!("Give dashboard \"{}\" from {from} to {to}", record.title()),
        )
        .before(json!({"owner": record.owner, "shares": keep::before(target)}))
        .after(json!({"owner": look.owner.id, "shares": keep::after(look, target, rule)}))
        .note("a change of owner may send mail or move the dashboard to another folder")
        .undo(Undo::Yes(format!("{from} gets it back, then the shares from before are written")))
        .risk(Risk::High);
        if !record.parent_folder.as_ref().is_some_and(|id| look.scope.contains(id)) {
            change = change.note("its owner keeps it in another folder than the token's user");
        }
        let mine = record.owner.as_deref() == Some(look.me.id.as_str());
        Step {
            change,
            method: Method::POST,
            path: ApiPath::new(["api", "v1", "dashboards", &record.oid, "change_owner"]),
            query: if mine { Vec::new() } else { admin() },
            body: Some(json!({"ownerId": look.owner.id, "originalOwnerRule": rule})),
            if_refused: (!mine).then(Vec::new),
        }
    }

    fn glimpse_step(&self, look: &Look, glimpse: &Glimpse) -> Step {
        let me = &look.me.id;
        let mut rows = glimpse.rows.clone();
        rows.push(json!({"shareId": me, "type": "user", "rule": "view", "subscribe": false}));
        let asset = self.asset(AssetKind::Dashboard, Some(&glimpse.dashboard), &glimpse.title);
        let who = look.named(Some(me));
        let change = glimpse.earlier.clone().unwrap_or_else(|| {
            let summary = format!("Share dashboard \"{}\" with {who} for a moment", glimpse.title);
            Change::new(OPERATION, asset, Action::Share, summary)
                .before(json!({"shares": ordered(&glimpse.rows)}))
                .after(json!({"shares": ordered(&rows), "work": tag(look)}))
                .note("its folder cannot be seen, and so not be changed, without a share")
                .undo(Undo::Yes("the share is taken away as a part of this operation".to_owned()))
        });
        let body = json!({"sharesTo": change.after["shares"]});
        self.share_step(change, &glimpse.dashboard, Some(body))
    }

    fn end_of_glimpse(&self, look: &Look, glimpse: &Glimpse) -> Step {
        let who = look.named(Some(&look.me.id));
        let asset = self.asset(AssetKind::Dashboard, Some(&glimpse.dashboard), &glimpse.title);
        let summary = format!("Stop sharing dashboard \"{}\" with {who}", glimpse.title);
        let change = Change::new(OPERATION, asset, Action::Share, summary)
            .before(json!({"shared_with": look.me.id}))
            .after(json!({"shared_with": null, "work": tag(look)}))
            .undo(Undo::No("this is the list from before".to_owned()));
        // The list is read when it is time, since the new owner changes it too.
        self.share_step(change, &glimpse.dashboard, None)
    }

    fn share_step(&self, change: Change, dashboard: &str, body: Option<Value>) -> Step {
        Step {
            change,
            method: Method::POST,
            path: shares_path(dashboard),
            query: admin(),
            body,
            if_refused: Some(Vec::new()),
        }
    }
}

pub(super) fn shares_path(dashboard: &str) -> ApiPath {
    ApiPath::new(["api", "shares", "dashboard", dashboard])
}

/// What a share for a moment is for, so that one run can hold several.
fn tag(look: &Look) -> String {
    format!("give folder {} to {}", look.target, look.owner.id)
}

/// Shares for a moment that a run, before it was resumed, had made and not taken away.
fn left_behind(entries: &[Entry], tag: &str) -> Vec<Glimpse> {
    let ours = |entry: &&Entry| {
        let after = &entry.change.after;
        entry.change.action == Action::Share && after["work"].as_str() == Some(tag)
    };
    let id = |entry: &Entry| entry.change.asset.id.clone().unwrap_or_default();
    let is_end = |entry: &Entry| entry.change.after.get("shared_with").is_some();
    let ended: Vec<String> = entries
        .iter()
        .filter(ours)
        .filter(|entry| is_end(entry) && entry.outcome == Outcome::Done)
        .map(id)
        .collect();
    entries
        .iter()
        .filter(ours)
        .filter(|entry| !is_end(entry) && entry.outcome != Outcome::Failed)
        .filter(|entry| !ended.contains(&id(entry)))
        .map(|entry| Glimpse {
            dashboard: id(entry),
            title: entry.change.asset.name.clone(),
            earlier: Some(Change::clone(&entry.change)),
            rows: Vec::new(),
        })
        .collect()
}
