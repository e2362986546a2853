//! Dashboards: folders, then documents, then shares, then owners.
//!
//! A dashboard of the target is the same as one of the source when it has the same id. Documents are
//! exported and imported a few at a time, so that memory does not grow with the number of dashboards;
//! of what was compared only digests stay.

mod ahead;
mod answer;
mod borrow;
mod chunk;
mod folders;
mod keep;
mod load;
mod look;
mod meaning;
mod normal;
mod pairs;
mod params;
mod people;
mod read;
mod room;
mod send;
mod share;
mod trail;
mod wish;

use std::collections::HashSet;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures_util::stream::{self, StreamExt};

pub use params::*;

use super::Migrations;
use super::ledger::Ledger;
use super::result::Migration;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::error::{Error, Result};
use crate::run::{Run, RunMode};
use ahead::Ahead;
use folders::Places;
use people::People;
use read::Readers;
use room::Room;
use trail::Trail;
use wish::{Wish, each_once};

/// How many chunks are on their way at once, as long as there is room for their documents. How many
/// requests that makes is up to the pace of each deployment.
const AT_ONCE: usize = 32;

/// What was asked for.
pub(super) struct Options {
    operation: &'static str,
    action: DashboardAction,
    republish: bool,
    migrate_share: bool,
    change_ownership: bool,
    keep_folders: bool,
    batch: usize,
}

/// Which dashboards of the source.
pub(super) enum Which {
    All,
    Ids(Vec<String>),
    Names(Vec<String>),
}

/// The token's user on the target.
struct Me {
    id: String,
    name: String,
}

/// What every step knows.
pub(super) struct Work<'a> {
    run: &'a Run,
    options: Options,
    me: Me,
    trail: Trail,
    people: Option<People>,
    places: Places,
    room: Room,
    readers: Readers,
    ahead: Ahead,
    /// Ids that are known to be what one of the dashboards became.
    claimed: Mutex<HashSet<String>>,
}

impl Work<'_> {
    /// Take an id for one dashboard. Says no when another one has it.
    fn claim(&self, id: &str) -> bool {
        // A poisoned lock means a panic elsewhere; the set itself is whole after every statement.
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.insert(id.to_owned())
    }

    /// The name of the owner of a dashboard of the target.
    fn owner_name(&self, record: &DashboardRecord) -> String {
        let owner = record.owner.as_deref().unwrap_or_default();
        match &self.people {
            _ if owner == self.me.id => self.me.name.clone(),
            Some(people) => people.there("user", owner),
            None => owner.to_owned(),
        }
    }
}

/// A digest of what a dashboard means: the same for documents that differ only in what servers make.
pub(crate) fn dashboard_digest(document: &serde_json::Value) -> String {
    meaning::Meaning::of(&document.into()).digest()
}

/// The same without the title, which a server may have given to a copy.
pub(crate) fn dashboard_copy_digest(document: &serde_json::Value) -> String {
    meaning::Meaning::of(&document.into()).untitled().digest()
}

impl Migrations {
    /// Copy dashboards to another deployment, by id or exact title.
    ///
    /// A dashboard that the target has already, known by its id, is skipped, overwritten or
    /// duplicated. Overwriting keeps its owner and its shares; another person's dashboard is taken
    /// for as long as that lasts. New ones go into folders of the same names. Shares and owners come
    /// along by e-mail and group name; whom the target lacks is listed. What was written is read back
    /// and compared in meaning. One row per dashboard.
    ///
    /// # Errors
    /// `invalid_input` unless exactly one of ids and names is given, for `change_ownership` without
    /// `migrate_share`, and for a source that is also the target; the errors of the lists that are
    /// read, such as `forbidden` without an admin's token. What goes wrong with one dashboard is in
    /// its row; a title that several have is a blocked row with the candidates.
    ///
    /// # Ask
    /// - Migrate the dashboard Commerce Overview
    /// - Copy dashboard 5f0000000000000000000001 to the other deployment and overwrite it there
    /// - Bring these dashboards over with their shares and owners
    /// - Move the dashboards Pipeline and Costs to production
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    /// <!-- @streams -->
    pub async fn migrate_dashboards(
        &self,
        run: &Run,
        params: MigrateDashboards,
    ) -> Result<Migration> {
        let which = match (&params.dashboard_ids, &params.dashboard_names) {
            (Some(ids), None) => Which::Ids(each_once("the dashboard's id", ids)?),
            (None, Some(names)) => Which::Names(each_once("the dashboard's title", names)?),
            _ => {
                return Err(Error::invalid("either ids or titles of dashboards must be given")
                    .with_next_step("give dashboard_ids or dashboard_names, not both"));
            }
        };
        let options = Options {
            operation: "migration.migrate_dashboards",
            action: params.action.unwrap_or_default(),
            republish: params.republish,
            migrate_share: params.migrate_share,
            change_ownership: params.change_ownership,
            keep_folders: params.keep_folders,
            batch: BATCH as usize,
        };
        Box::pin(self.dashboards(run, &which, options)).await
    }

    /// Copy all dashboards to another deployment.
    ///
    /// As [`Migrations::migrate_dashboards`], for every dashboard of the source.
    ///
    /// # Errors
    /// As [`Migrations::migrate_dashboards`]; `invalid_input` for a `batch_size` of 0 or above 100.
    ///
    /// # Ask
    /// - Migrate all dashboards
    /// - Copy every dashboard to the target with shares and owners
    /// - Bring all our dashboards to production and skip those that are there
    ///
    /// <!-- @effect create -->
    /// <!-- @scope source-target -->
    /// <!-- @risk high -->
    /// <!-- @streams -->
    pub async fn migrate_all_dashboards(
        &self,
        run: &Run,
        params: MigrateAllDashboards,
    ) -> Result<Migration> {
        if !(1..=LARGEST_BATCH).contains(&params.batch_size) {
            let message = format!("batch_size is not between 1 and {LARGEST_BATCH}");
            return Err(Error::invalid(message).with_next_step("give another batch_size"));
        }
        let options = Options {
            operation: "migration.migrate_all_dashboards",
            action: params.action.unwrap_or_default(),
            republish: params.republish,
            migrate_share: params.migrate_share,
            change_ownership: params.change_ownership,
            keep_folders: params.keep_folders,
            batch: params.batch_size as usize,
        };
        Box::pin(self.dashboards(run, &Which::All, options)).await
    }

    async fn dashboards(&self, run: &Run, which: &Which, options: Options) -> Result<Migration> {
        self.check()?;
        if options.change_ownership && !options.migrate_share {
            return Err(Error::invalid("change_ownership needs migrate_share")
                .with_next_step("set migrate_share too, or leave change_ownership out"));
        }
        let operation = options.operation;
        let trail = Trail::of(run).await?;
        let (work, chosen) = self.look_at_dashboards(run, which, options, trail).await?;
        let mut ledger = Ledger::new(run, operation, "dashboards", chosen.count());
        for warning in chosen.warnings {
            ledger.warn(warning);
        }
        for (place, item) in chosen.settled {
            ledger.settle(place, item);
        }
        Box::pin(self.all_chunks(&work, chosen.wishes, &mut ledger)).await;
        Ok(ledger.close())
    }

    async fn all_chunks(&self, work: &Work<'_>, mut wishes: Vec<Wish>, ledger: &mut Ledger<'_>) {
        // One request imports into one folder.
        wishes.sort_by(|a, b| (a.what, &a.folder, a.place).cmp(&(b.what, &b.folder, b.place)));
        let mut chunks = Vec::new();
        let mut wishes = wishes.into_iter().peekable();
        while wishes.peek().is_some() {
            chunks.push(wishes.by_ref().take(work.options.batch).collect::<Vec<Wish>>());
        }
        if work.run.mode() == RunMode::Preview {
            ahead::expect(work.run, &chunks);
            // The preview lists the changes in an order that stays the same.
            let loaded = stream::iter(chunks).map(|chunk| self.prepare(work, chunk));
            let mut loaded = pin!(loaded.buffered(AT_ONCE));
            while let Some(prepared) = loaded.next().await {
                for (place, item) in Box::pin(self.carry_out(work, prepared)).await {
                    ledger.settle(place, item);
                }
            }
            return;
        }
        let done = stream::iter(chunks).map(|chunk| self.chunk(work, chunk));
        let mut done = pin!(done.buffer_unordered(AT_ONCE));
        while let Some(rows) = done.next().await {
            for (place, item) in rows {
                ledger.settle(place, item);
            }
        }
    }

    async fn chunk(&self, work: &Work<'_>, wishes: Vec<Wish>) -> chunk::Rows {
        let prepared = self.prepare(work, wishes).await;
        Box::pin(self.carry_out(work, prepared)).await
    }
}
