//! The look that comes first: both lists, and what is to become of each dashboard.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use futures_util::future::{join, try_join3};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::super::Migrations;
use super::super::result::{Item, ItemOutcome};
use super::ahead::Ahead;
use super::folders::{Places, Tree};
use super::people::{People, unlisted};
use super::read::Readers;
use super::room::Room;
use super::share::is_named;
use super::trail::Trail;
use super::wish::{Former, What, Wish, choose, is_take, model_note, row};
use super::{DashboardAction, Me, Options, Which, Work};
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::error::Result;
use crate::run::{Action, AssetKind, Run};

/// How many of the target's share lists are read at once, where the list of dashboards has none.
const LOOKS: usize = 8;

/// What was asked for: what is settled by looking, and what is to be written.
pub(super) struct Chosen {
    pub(super) settled: Vec<(usize, Item)>,
    pub(super) wishes: Vec<Wish>,
    pub(super) warnings: Vec<String>,
}

impl Chosen {
    pub(super) fn count(&self) -> usize {
        self.settled.len() + self.wishes.len()
    }
}

impl Migrations {
    /// Read both lists and decide about each dashboard. Folders that are missing are made.
    pub(super) async fn look_at_dashboards<'a>(
        &self,
        run: &'a Run,
        which: &Which,
        options: Options,
        trail: Trail,
    ) -> Result<(Work<'a>, Chosen)> {
        let lists = try_join3(
            self.source.list_dashboards(Vec::new()),
            self.target.list_dashboards(Vec::new()),
            self.target.whoami(),
        );
        let lists = join(lists, self.target.list_models());
        let ahead = Ahead::of(run, &self.source, options.batch);
        let (lists, models) = Box::pin(ahead.until(lists)).await;
        let (here, there, me) = lists?;
        let here: Vec<Arc<DashboardRecord>> = here.into_iter().map(Arc::new).collect();
        let me = Me { id: me.id.clone(), name: me.email.clone() };
        let mut chosen = Chosen { settled: Vec::new(), wishes: Vec::new(), warnings: Vec::new() };
        let models = match models {
            Ok(models) => Some(models),
            Err(error) => {
                let warning = format!("it is not known which data models the target has: {error}");
                chosen.warnings.push(warning);
                None
            }
        };
        let there: HashMap<&str, &DashboardRecord> =
            there.iter().map(|record| (record.oid.as_str(), record)).collect();
        let wanted = choose(&here, which);
        // What is overwritten stays in its folder.
        let moves = |record: &&Arc<DashboardRecord>| {
            let new = !there.contains_key(record.oid.as_str());
            let may_be_new = options.action == DashboardAction::Duplicate || !trail.is_empty();
            record.parent_folder.is_some() && (new || may_be_new)
        };
        let folders = options.keep_folders && wanted.iter().flatten().any(moves);
        let foreign = |record: &&Arc<DashboardRecord>| {
            there.get(record.oid.as_str()).is_some_and(|other| is_foreign(other, &me))
        };
        let people = options.migrate_share
            || options.action == DashboardAction::Overwrite
                && (wanted.iter().flatten().any(foreign) || !trail.is_empty());
        let (tree, tree_there, people) = try_join3(
            async { if folders { Tree::of(&self.source).await } else { Ok(Tree::default()) } },
            // Its error counts only if a folder is to be found or made.
            async { Ok(if folders { Some(Tree::of(&self.target).await) } else { None }) },
            async {
                if people {
                    People::of(&self.source, &self.target).await.map(Some)
                } else {
                    Ok(None)
                }
            },
        )
        .await?;
        let mut work = Work {
            run,
            options,
            me,
            trail,
            people,
            places: Places::default(),
            room: Room::new(),
            readers: Readers::new(),
            ahead,
            claimed: Mutex::default(),
        };
        let mut records = Vec::with_capacity(wanted.len());
        for (place, record) in wanted.into_iter().enumerate() {
            match record {
                Ok(record) => records.push((place, record)),
                Err(item) => chosen.settled.push((place, *item)),
            }
        }
        let mut decisions = Vec::with_capacity(records.len());
        for (place, record) in &records {
            let other = there.get(record.oid.as_str()).copied();
            decisions.push(self.decide(&work, *place, record, other));
        }
        let decided: Vec<_> = stream::iter(decisions).buffered(LOOKS).try_collect().await?;
        for ((place, record), decision) in records.into_iter().zip(decided) {
            let mut wish = match decision {
                Ok(wish) => wish,
                Err(item) => {
                    chosen.settled.push((place, *item));
                    continue;
                }
            };
            if wish.what == What::Duplicate {
                wish.others = twins(&work, record, &there);
            }
            if wish.what != What::Overwrite && work.options.keep_folders {
                let folder = record.parent_folder.as_deref();
                wish.folder = folder.and_then(|id| tree.path(id));
                if folder.is_some() && wish.folder.is_none() {
                    let note = "the source's token does not see its folder: it goes to the top";
                    wish.row.notes.push(note.to_owned());
                }
            }
            let note = model_note(run, self.target.name(), record, models.as_deref());
            wish.row.notes.extend(note);
            chosen.wishes.push(wish);
        }
        if work.options.migrate_share && !chosen.wishes.is_empty() {
            let warning = "the target may mail those with whom a dashboard is shared";
            chosen.warnings.push(warning.to_owned());
        }
        self.put_in_folders(&mut work, &mut chosen, tree_there).await?;
        Ok((work, chosen))
    }

    /// Make the folders, and stop the dashboards that have no place to go.
    async fn put_in_folders(
        &self,
        work: &mut Work<'_>,
        chosen: &mut Chosen,
        there: Option<Result<Tree>>,
    ) -> Result<()> {
        let paths: BTreeSet<_> =
            chosen.wishes.iter().filter_map(|wish| wish.folder.clone()).collect();
        let operation = work.options.operation;
        let places =
            self.places(work.run, operation, &work.trail, &work.me.id, there, paths).await?;
        work.places = places;
        let mut left = Vec::new();
        for wish in chosen.wishes.drain(..) {
            match wish.folder.as_ref().map(|path| work.places.id(path)) {
                Some(Err(error)) => {
                    let mut row = wish.row.blocked(error);
                    let why = row.reason.take().unwrap_or_default();
                    row.reason = Some(format!("its folder could not be made: {why}"));
                    chosen.settled.push((wish.place, row));
                }
                _ => left.push(wish),
            }
        }
        chosen.wishes = left;
        Ok(())
    }

    /// What is to become of one dashboard, or the row of one that stays as it is.
    async fn decide(
        &self,
        work: &Work<'_>,
        place: usize,
        source: &Arc<DashboardRecord>,
        other: Option<&DashboardRecord>,
    ) -> Result<std::result::Result<Wish, Box<Item>>> {
        let bare = |action| self.bare(&work.options, action, source, String::new());
        let earlier = |action| work.trail.find(work.run, &bare(action), |_| true);
        let taken = work.trail.find(work.run, &bare(Action::Own), is_take);
        let what = if let Some(entry) = earlier(Action::Create) {
            match entry.change.after.get("duplicate").and_then(Value::as_bool) {
                Some(true) => What::Duplicate,
                _ => What::Create,
            }
        } else if earlier(Action::Overwrite).is_some() || taken.is_some() {
            What::Overwrite
        } else {
            match (other, work.options.action) {
                (None, _) => What::Create,
                (Some(other), DashboardAction::Skip) => {
                    return Ok(Err(Box::new(self.skipped(work, source, other))));
                }
                (Some(_), DashboardAction::Overwrite) => What::Overwrite,
                (Some(_), DashboardAction::Duplicate) => What::Duplicate,
            }
        };
        let mut there = other.cloned().filter(|_| what != What::Create);
        let mut former = None;
        if let (What::Overwrite, Some(there)) = (what, &mut there) {
            if there.shares.is_none() {
                there.shares = Some(self.target.dashboard_shares(&there.oid).await?.shares);
            }
            if let (Some(entry), Some(people)) = (taken, &work.people) {
                let name = entry.change.before.get("owner").and_then(Value::as_str);
                let name = name.unwrap_or_default().to_owned();
                let id = people.id(AssetKind::User, &name).unwrap_or_default();
                let grants = unlisted(&entry.change.before["shares"]);
                former = Some(Former { id, name, grants });
            } else if is_foreign(there, &work.me)
                && let (Some(people), Some(owner)) = (&work.people, &there.owner)
            {
                let rows = there.shares.as_deref().unwrap_or_default();
                former = Some(Former {
                    id: owner.clone(),
                    name: people.there("user", owner),
                    grants: people.grants(rows, Some(owner)),
                });
            }
        }
        let mut row = row(source, what.would());
        if let Some(former) = &former {
            let owner = &former.name;
            row.notes.push(format!("belongs to {owner}: taken, overwritten and given back"));
        }
        Ok(Ok(Wish {
            place,
            source: Arc::clone(source),
            there,
            what,
            folder: None,
            former,
            others: Vec::new(),
            row,
        }))
    }

    fn skipped(&self, work: &Work<'_>, source: &DashboardRecord, other: &DashboardRecord) -> Item {
        let mut row = row(source, ItemOutcome::Skipped)
            .on_target(other.oid.clone())
            .because("the target has it already");
        if !is_named(source.title(), other.title()) {
            row.differs.push("title".to_owned());
        }
        if is_foreign(other, &work.me) {
            row.notes.push(format!("there it belongs to {}", work.owner_name(other)));
        }
        row
    }
}

fn is_foreign(record: &DashboardRecord, me: &Me) -> bool {
    record.owner.as_deref().is_some_and(|owner| owner != me.id)
}

/// The target's dashboards that a copy of this one could be taken for.
fn twins(
    work: &Work<'_>,
    source: &DashboardRecord,
    there: &HashMap<&str, &DashboardRecord>,
) -> Vec<String> {
    let mut twins: Vec<String> = there
        .values()
        .filter(|row| row.title().starts_with(source.title()) && row.oid != source.oid)
        .filter(|row| row.owner.as_deref() == Some(work.me.id.as_str()))
        .filter(|row| !work.trail.made(&row.oid))
        .map(|row| row.oid.clone())
        .collect();
    twins.sort_unstable();
    twins
}
