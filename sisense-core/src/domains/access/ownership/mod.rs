//! Giving a folder, the folders below it and their dashboards to another owner.

mod keep;
mod look;
mod models;
mod params;
mod plan;
mod send;
mod tree;

pub use models::*;
pub use params::*;

use super::Access;
use crate::domains::steps::admit;
use crate::error::Result;
use crate::run::{Missing, Partial, Run};
use look::Look;
use plan::Plan;
use send::Ends;

const OPERATION: &str = "access.change_folder_and_dashboard_ownership";

impl Access {
    /// Give a folder with everything below it and its dashboards to a new owner.
    ///
    /// Folders first, the deepest first, then dashboards, also those that other people keep there.
    /// What belongs to the new owner already is skipped. All steps pass the door before the first
    /// is sent; after a failure the rest goes on, and each outcome is what the server shows
    /// afterwards. Who has a share of a dashboard keeps it. A folder that the token's user does not
    /// see is made visible by a share of one dashboard, which is taken away at the end. Warns when
    /// the new owner may not read a data model. An admin's token is needed.
    ///
    /// # Errors
    /// `not_found` for the folder or the new owner, with what is near; `ambiguous` when several
    /// folders have the name, with their paths; `invalid_input` when `executing_user` is not the
    /// token's user; `forbidden` when the token may not list all dashboards. An asset that did not
    /// change hands is told by what is missing in the answer.
    ///
    /// # Ask
    /// - Give the folder Finance and its dashboards to bob@example.com
    /// - Change the owner of the Reports folder to carla@example.com but leave the dashboards
    /// - Ann leaves: hand over her folder Quarterly to dan@example.com
    /// - Transfer the ownership of the folder Sales with everything in it to eli@example.com
    /// - dora@example.com should own the folder Planning from now on
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk high -->
    pub async fn change_folder_and_dashboard_ownership(
        &self,
        run: &Run,
        params: ChangeFolderAndDashboardOwnership,
    ) -> Result<Partial<OwnershipChange>> {
        let mut look = self.look(&params).await?;
        let entries = run.recorded().await?;
        let plan = self.plan_ownership(&mut look, &params, &entries).await?;
        let steps = self.steps(&look, &plan, &params);
        let ends = match admit(run, steps).await? {
            None => Ends::default(),
            Some(ready) => {
                let rule = params.original_owner_rule.as_str();
                self.carry_out(run, &look, &plan, rule, ready).await
            }
        };
        Ok(report(&look, &plan, ends))
    }
}

/// The answer: every folder and dashboard with what became of it.
fn report(look: &Look, plan: &Plan, ends: Ends) -> Partial<OwnershipChange> {
    let outcome = |id: &str, change: bool| match ends.outcomes.get(id) {
        _ if !change => OwnershipOutcome::AlreadyOwned,
        Some(outcome) => *outcome,
        None => OwnershipOutcome::Planned,
    };
    let folders: Vec<ChangedFolder> = plan
        .folders
        .iter()
        .map(|target| ChangedFolder {
            id: target.folder.id.clone(),
            name: target.folder.name.clone(),
            path: target.path.clone(),
            old_owner: look.person(target.folder.owner.as_deref()),
            old_owner_id: target.folder.owner.clone(),
            outcome: outcome(&target.folder.id, target.change),
        })
        .collect();
    let dashboards: Vec<ChangedDashboard> = plan
        .dashboards
        .iter()
        .map(|target| ChangedDashboard {
            id: target.record.oid.clone(),
            title: target.record.title().to_owned(),
            folder_id: target.record.parent_folder.clone(),
            old_owner: look.person(target.record.owner.as_deref()),
            old_owner_id: target.record.owner.clone(),
            outcome: outcome(&target.record.oid, target.change),
        })
        .collect();
    let changed = |outcome: &OwnershipOutcome| *outcome == OwnershipOutcome::Changed;
    let missing: Vec<Missing> = ends.missing;
    let value = OwnershipChange {
        folder: NamedFolder { id: look.target.clone(), path: look.tree.path(&look.target) },
        new_owner_id: look.owner.id.clone(),
        new_owner: look.named(Some(&look.owner.id)),
        total_folders_changed: folders.iter().filter(|row| changed(&row.outcome)).count(),
        total_dashboards_changed: dashboards.iter().filter(|row| changed(&row.outcome)).count(),
        folders,
        dashboards,
        warnings: look.warnings.clone(),
    };
    Partial { value, missing }
}
