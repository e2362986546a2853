//! Shares of dashboards that are on both sides already, pair by pair.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use futures_util::future::{try_join3, try_join4};
use futures_util::stream::{self, StreamExt};

use super::super::Migrations;
use super::super::ledger::Ledger;
use super::super::result::{Item, ItemOutcome, Migration};
use super::ahead::Ahead;
use super::folders::Places;
use super::people::People;
use super::read::Readers;
use super::room::Room;
use super::share::{Shared, Subject};
use super::trail::Trail;
use super::wish::row;
use super::{DashboardAction, Me, MigrateDashboardShares, Options, Work};
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{AssetKind, Run, RunMode};

/// How many pairs are worked on at once.
const AT_ONCE: usize = 4;

impl Migrations {
    /// Copy the shares of dashboards to their counterparts on another deployment.
    ///
    /// The two lists of ids pair up by position. Users are mapped by e-mail and groups by name; whom
    /// the target lacks is listed. Shares that the target has already win. With `change_ownership`
    /// the dashboard is then given to the owner that it has on the source, and its former owner may
    /// edit it; without, the source's owner becomes one of those who may edit. One row per pair:
    /// `overwritten` where something changed, `skipped` where all was there.
    ///
    /// # Errors
    /// `invalid_input` for lists that are empty, not of equal length, or name a target twice, and for
    /// a source that is also the target; the errors of the lists that are read. What goes wrong with
    /// one pair is in its row.
    ///
    /// # Ask
    /// - Copy the shares of dashboard 5f0000000000000000000001 to 5f0000000000000000000002
    /// - Migrate dashboard shares and owners for these pairs of dashboards
    /// - Bring the permissions of dashboards to their counterparts on the target
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    pub async fn migrate_dashboard_shares(
        &self,
        run: &Run,
        params: MigrateDashboardShares,
    ) -> Result<Migration> {
        self.check()?;
        let pairs = pairs(&params)?;
        let lists = try_join3(
            self.source.list_dashboards(Vec::new()),
            self.target.list_dashboards(Vec::new()),
            self.target.whoami(),
        );
        let (lists, people, trail) = {
            let people = People::of(&self.source, &self.target);
            let (lists, people, trail, ()) =
                try_join4(lists, people, Trail::of(run), async { Ok(()) }).await?;
            (lists, people, trail)
        };
        let (here, there, me) = lists;
        let by_id = |rows: Vec<DashboardRecord>| -> HashMap<String, DashboardRecord> {
            rows.into_iter().map(|row| (row.oid.to_lowercase(), row)).collect()
        };
        let (here, there) = (by_id(here), by_id(there));
        let operation = "migration.migrate_dashboard_shares";
        let work = Work {
            run,
            options: Options {
                operation,
                action: DashboardAction::Skip,
                republish: false,
                migrate_share: true,
                change_ownership: params.change_ownership,
                keep_folders: false,
                batch: 1,
            },
            me: Me { id: me.id.clone(), name: me.email.clone() },
            trail,
            people: Some(people),
            places: Places::default(),
            room: Room::new(),
            readers: Readers::new(),
            ahead: Ahead::default(),
            claimed: Mutex::default(),
        };
        let mut ledger = Ledger::new(run, operation, "dashboards", pairs.len());
        let rows = pairs.iter().enumerate().map(|(place, (source, target))| {
            let found = (here.get(&source.to_lowercase()), there.get(&target.to_lowercase()));
            self.pair(&work, place, source, target, found)
        });
        // The changes of a preview come in the order of the pairs.
        let at_once = if run.mode() == RunMode::Preview { 1 } else { AT_ONCE };
        let mut rows =
            std::pin::pin!(stream::iter(rows.collect::<Vec<_>>()).buffer_unordered(at_once));
        while let Some((place, item)) = rows.next().await {
            ledger.settle(place, item);
        }
        Ok(ledger.close())
    }

    async fn pair(
        &self,
        work: &Work<'_>,
        place: usize,
        source_id: &str,
        target_id: &str,
        found: (Option<&DashboardRecord>, Option<&DashboardRecord>),
    ) -> (usize, Item) {
        let missing = |side: &str, id: &str| {
            Item::new(AssetKind::Dashboard, id, ItemOutcome::Failed)
                .of_source(source_id)
                .on_target(target_id.to_owned())
                .ended(Error::not_found("dashboard", id))
                .because(format!("the {side} has no dashboard of this id"))
        };
        let (source, target) = match found {
            (Some(source), Some(target)) => (source, target),
            (None, _) => return (place, missing("source", source_id)),
            (_, None) => return (place, missing("target", target_id)),
        };
        let mut row = row(source, ItemOutcome::Skipped).on_target(target.oid.clone());
        let Some(people) = &work.people else { return (place, row) };
        let shares = match &target.shares {
            Some(rows) => Ok((rows.clone(), target.owner.clone())),
            None => self
                .target
                .dashboard_shares(&target.oid)
                .await
                .map(|shares| (shares.shares, shares.owner.or_else(|| target.owner.clone()))),
        };
        let (rows, owner) = match shares {
            Ok(found) => found,
            Err(error) => return (place, row.ended(error)),
        };
        let Some(owner) = owner else {
            let error = Error::invalid("the target does not tell who owns the dashboard");
            let row = row.blocked(error);
            return (place, row);
        };
        let subject = Subject {
            id: &target.oid,
            source,
            base: people.grants(&rows, Some(&owner)),
            owner: (owner.clone(), people.there("user", &owner)),
            give: work.options.change_ownership,
            keep: true,
        };
        let shared = self.share(work, people, subject, &mut row).await;
        (place, ended(row, shared, work.run.mode() == RunMode::Preview))
    }
}

/// The row of a pair that was worked on.
fn ended(mut row: Item, shared: Shared, preview: bool) -> Item {
    match (shared.error, shared.changed) {
        (None, false) => row.reason = Some("all of them are there already".to_owned()),
        (_, true) if preview => row.outcome = ItemOutcome::WouldOverwrite,
        (None, true) => row.outcome = ItemOutcome::Overwritten,
        // A part of it is there, and the problems say what is not.
        (Some(error), _) if shared.written && error.kind() != ErrorKind::UnknownOutcome => {
            row.outcome = ItemOutcome::Overwritten;
        }
        (Some(error), _) => {
            // The reason tells it already.
            if row.problems.len() == 1 {
                row.problems.clear();
            }
            return row.ended(error);
        }
    }
    row
}

fn pairs(params: &MigrateDashboardShares) -> Result<Vec<(String, String)>> {
    let (sources, targets) = (&params.source_dashboard_ids, &params.target_dashboard_ids);
    if sources.is_empty() || sources.len() != targets.len() {
        let message = format!(
            "the lists do not pair up: {} ids of the source, {} of the target",
            sources.len(),
            targets.len()
        );
        return Err(Error::invalid(message)
            .with_next_step("give as many ids of the target as of the source, in the same order"));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = targets.iter().find(|id| !seen.insert(id.to_lowercase())) {
        let message = format!("a dashboard of the target is named twice: {twice}");
        return Err(Error::invalid(message).with_next_step("name each of them once"));
    }
    Ok(sources.iter().cloned().zip(targets.iter().cloned()).collect())
}
