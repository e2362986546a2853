//! What is to become of one dashboard, and the changes that make it so.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::Migrations;
use super::super::result::{Item, ItemOutcome};
use super::folders::{Path, shown};
use super::meaning::Meaning;
use super::people::{Grant, listed};
use super::{Options, Work};
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::models::ModelRecord;
use crate::domains::lookup::same;
use crate::error::{Error, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Run, Undo};

/// What the import does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Create,
    Overwrite,
    Duplicate,
}

impl What {
    /// The word in the import's query.
    pub(super) fn word(self) -> &'static str {
        match self {
            What::Create => "skip",
            What::Overwrite => "overwrite",
            What::Duplicate => "duplicate",
        }
    }

    pub(super) fn would(self) -> ItemOutcome {
        match self {
            What::Create => ItemOutcome::WouldCreate,
            What::Overwrite => ItemOutcome::WouldOverwrite,
            What::Duplicate => ItemOutcome::WouldDuplicate,
        }
    }

    pub(super) fn did(self) -> ItemOutcome {
        match self {
            What::Create => ItemOutcome::Created,
            What::Overwrite => ItemOutcome::Overwritten,
            What::Duplicate => ItemOutcome::Duplicated,
        }
    }
}

/// The owner of a dashboard that is taken for as long as it is overwritten.
#[derive(Clone, Debug)]
pub(super) struct Former {
    pub(super) id: String,
    pub(super) name: String,
    /// With whom the dashboard is shared before it is taken.
    pub(super) grants: Vec<Grant>,
}

/// One dashboard that shall be written.
pub(super) struct Wish {
    /// Its place among the rows.
    pub(super) place: usize,
    pub(super) source: Arc<DashboardRecord>,
    /// The target's dashboard of the same id.
    pub(super) there: Option<DashboardRecord>,
    pub(super) what: What,
    pub(super) folder: Option<Path>,
    pub(super) former: Option<Former>,
    /// Ids of the target's dashboards that may be taken for the new copy and are not.
    pub(super) others: Vec<String>,
    pub(super) row: Item,
}

/// A row for a dashboard of the source.
pub(super) fn row(source: &DashboardRecord, outcome: ItemOutcome) -> Item {
    Item::new(AssetKind::Dashboard, source.title(), outcome).of_source(&source.oid)
}

/// What is said about a dashboard whose data model the target lacks.
pub(super) fn model_note(
    run: &Run,
    target: &str,
    source: &DashboardRecord,
    models: Option<&[ModelRecord]>,
) -> Option<String> {
    let (title, models) = (source.datasource_title()?, models?);
    let known = models.iter().any(|model| same(model.title(), &title))
        || run.planned(target, AssetKind::Datamodel, &title).is_some();
    (!known).then(|| {
        format!("the target has no data model \"{title}\": its widgets will show errors there")
    })
}

impl Migrations {
    /// A change of this dashboard that says only what it touches.
    pub(super) fn bare(
        &self,
        options: &Options,
        action: Action,
        source: &DashboardRecord,
        summary: String,
    ) -> Change {
        let asset = self.asset(AssetKind::Dashboard, Some(&source.oid), source.title());
        Change::new(options.operation, asset, action, summary)
    }

    /// The change that makes a new dashboard.
    pub(super) fn create_change(&self, options: &Options, wish: &Wish) -> Change {
        let title = wish.source.title();
        let mut after = json!({
            "title": title,
            "folder": wish.folder.as_ref().map(|path| shown(path)),
            "data_source": wish.source.datasource_title(),
            "updated": wish.source.last_updated,
        });
        let (verb, mut before) = ("Create", Value::Null);
        let mut summary = format!("{verb} dashboard \"{title}\"");
        if wish.what == What::Duplicate {
            after["duplicate"] = json!(true);
            before = json!({ "others": wish.others });
            summary = format!("Make a second dashboard \"{title}\" beside the one that is there");
        }
        if let Some(path) = &wish.folder {
            summary = format!("{summary} in folder {}", shown(path));
        }
        let undo = "delete the new dashboard, as long as nobody has changed it";
        let change = self
            .bare(options, Action::Create, &wish.source, summary)
            .before(before)
            .after(after)
            .undo(Undo::Yes(undo.to_owned()));
        noted(change, wish)
    }

    /// The change that replaces what a dashboard holds.
    pub(super) fn overwrite_change(
        &self,
        work: &Work<'_>,
        wish: &Wish,
        here: &Meaning,
        there: &Meaning,
    ) -> Change {
        let title = wish.source.title();
        let record = wish.there.as_ref().unwrap_or(wish.source.as_ref());
        let differs = here.differs_from(there);
        let undo = "import the document that is kept, then put owner and shares back";
        let change = self
            .bare(
                &work.options,
                Action::Overwrite,
                &wish.source,
                format!("Overwrite dashboard \"{title}\": {}", differs.join(", ")),
            )
            .before(json!({
                "title": record.title(),
                "updated": record.last_updated,
                "owner": work.owner_name(record),
                "content": there.digest(),
            }))
            .after(json!({
                "title": title,
                "updated": wish.source.last_updated,
                "content": here.digest(),
                "republish": work.options.republish,
            }))
            .undo(Undo::Yes(undo.to_owned()));
        let change = match work.options.republish && record.shares.iter().flatten().next().is_some()
        {
            true => change.note("its recipients get the new version at once"),
            false => change,
        };
        noted(change, wish)
    }

    /// Take another person's dashboard, so that it can be overwritten.
    pub(super) fn take_change(&self, work: &Work<'_>, wish: &Wish, former: &Former) -> Change {
        let (title, me) = (wish.source.title(), &work.me.name);
        let summary = format!("Take dashboard \"{title}\" from {} to overwrite it", former.name);
        self.bare(&work.options, Action::Own, &wish.source, summary)
            .before(json!({ "owner": former.name, "shares": listed(&former.grants) }))
            .after(json!({ "owner": me, "work": "overwrite" }))
            .note("only until it is overwritten; the next steps give it back")
            .undo(Undo::Yes("it is given back".to_owned()))
            .risk(Risk::High)
    }

    /// Give a dashboard back to its owner, with its shares.
    pub(super) fn back_change(&self, work: &Work<'_>, wish: &Wish, former: &Former) -> Change {
        let (title, me) = (wish.source.title(), &work.me.name);
        let summary = format!("Give dashboard \"{title}\" back to {}", former.name);
        self.bare(&work.options, Action::Own, &wish.source, summary)
            .before(json!({ "owner": me, "work": "overwrite" }))
            .after(json!({ "owner": former.name, "shares": listed(&former.grants) }))
            .undo(Undo::No("it belongs to its owner".to_owned()))
            .risk(Risk::High)
    }
}

fn noted(change: Change, wish: &Wish) -> Change {
    wish.row.notes.iter().fold(change, |change, note| change.note(note))
}

/// Whether a change takes a dashboard to overwrite it.
pub(super) fn is_take(change: &Change) -> bool {
    change.after.get("work").is_some()
}

/// Whether a change gives a dashboard back.
pub(super) fn is_back(change: &Change) -> bool {
    change.before.get("work").is_some()
}

/// The dashboards of the source that were asked for, or the rows of those that cannot be had.
pub(super) fn choose<'a>(
    all: &'a [Arc<DashboardRecord>],
    wanted: &super::Which,
) -> Vec<std::result::Result<&'a Arc<DashboardRecord>, Box<Item>>> {
    let missing = |name: &str, why: &str| {
        let row = Item::new(AssetKind::Dashboard, name, ItemOutcome::Failed);
        Err(Box::new(row.ended(Error::not_found("dashboard", name)).because(why)))
    };
    match wanted {
        super::Which::All => all.iter().map(Ok).collect(),
        super::Which::Ids(ids) => ids
            .iter()
            .map(|id| match all.iter().find(|row| same(&row.oid, id)) {
                Some(record) => Ok(record),
                None => missing(id, "the source has no dashboard of this id"),
            })
            .collect(),
        super::Which::Names(names) => names
            .iter()
            .map(|name| {
                let fits: Vec<&Arc<DashboardRecord>> =
                    all.iter().filter(|row| row.title() == name).collect();
                match fits.as_slice() {
                    [record] => Ok(*record),
                    [] => missing(name, "the source has no dashboard of exactly this title"),
                    many => {
                        let found = many.iter().map(|row| row.describe()).collect();
                        let error = Error::ambiguous("dashboard", name, found);
                        let row = Item::new(AssetKind::Dashboard, name, ItemOutcome::Blocked);
                        let row = row.blocked(error);
                        Err(Box::new(row))
                    }
                }
            })
            .collect(),
    }
}

/// Each reference once, in the order given; an empty one is refused.
pub(super) fn each_once(what: &str, references: &[String]) -> Result<Vec<String>> {
    let mut once: Vec<String> = Vec::new();
    for reference in references {
        crate::domains::lookup::required(what, reference)?;
        if !once.contains(reference) {
            once.push(reference.clone());
        }
    }
    if once.is_empty() {
        return Err(Error::invalid("no dashboard is named")
            .with_next_step("name at least one dashboard of the source by id or title"));
    }
    Ok(once)
}
