//! One run of the migration of data models, and what is known of each before it is written.

use futures_util::future::join3;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::choose::{Intent, decide, new_row, second_title};
use super::connections::{self, Link, Mapping};
use super::meaning::{Meaning, datamodel_digest};
use super::params::{DatamodelAction, Dependency, Wish};
use super::people::{People, remember};
use super::shares::Plan;
use super::wire;
use crate::documents::ModelDocument;
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::models::ModelRecord;
use crate::domains::lookup::same;
use crate::domains::migration::Migrations;
use crate::domains::migration::past::Past;
use crate::domains::migration::result::{Item, ItemOutcome};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Document, Outcome, Run, RunMode, Undo};
use crate::undo::Image;

pub(super) const DRAFT: &str = "a draft until it is built";

/// Everything that the migration of each model needs.
pub(super) struct Job<'a> {
    pub(super) migrations: &'a Migrations,
    pub(super) run: &'a Run,
    pub(super) operation: &'static str,
    pub(super) wish: Wish,
    /// The target's models as they were at the beginning.
    pub(super) there: Vec<ModelRecord>,
    pub(super) connections: Vec<ConnectionRecord>,
    /// Absent when neither shares nor security rules come along.
    pub(super) people: Option<People>,
    pub(super) past: Past,
}

/// A model that may be written.
pub(super) struct Ready {
    pub(super) row: Item,
    pub(super) intent: Intent,
    /// The title that it will have on the target.
    pub(super) title: String,
    /// What is sent: with the target's connections and parties.
    pub(super) document: Value,
    pub(super) meaning: Meaning,
    /// The target's own schema before it is overwritten.
    pub(super) before: Option<Before>,
    pub(super) shares: Option<Plan>,
    links: Vec<Link>,
    counts: Value,
}

/// What an overwrite replaces.
pub(super) struct Before {
    document: Value,
    meaning: Meaning,
    differs: Vec<String>,
}

impl Before {
    /// What the way back needs: the old schema, and how to tell that the new one is untouched.
    pub(super) fn image(&self, new: &Value) -> Result<Image> {
        let written = datamodel_digest(&ModelDocument::from_value(new.clone())?);
        Ok(Image::Datamodel { document: self.document.clone(), written })
    }
}

/// A row that is settled is behind a box: it is large.
pub(super) type Prepared = std::result::Result<Box<Ready>, Box<Item>>;

impl Job<'_> {
    /// Read all that is needed of one model. Nothing is written.
    pub(super) async fn prepare(&self, model: &ModelRecord) -> Prepared {
        let row = new_row(model.title(), ItemOutcome::WouldCreate).of_source(&model.oid);
        if self.run.is_cancelled() {
            return Err(Box::new(row.blocked(stopped())));
        }
        let intent = self.intent(model)?;
        let migrations = self.migrations;
        let dependencies = self.wish.wire();
        let present = match &intent {
            Intent::Overwrite(oid) => self.there.iter().find(|other| other.oid == *oid),
            _ => None,
        };
        let own = self.own_document(model, &dependencies);
        let other = async {
            let Some(present) = present else { return Ok(None) };
            let found = wire::export(&migrations.target, &present.oid, &dependencies).await;
            found.map(Some)
        };
        let shares = async {
            if !self.wish.shares {
                return Ok(None);
            }
            self.plan_shares(model, present).await.map(Some)
        };
        let (own, other, shares) = join3(own, other, shares).await;
        let document = match own {
            Ok(document) => document,
            Err(error) => return Err(Box::new(row.ended(gone(error, "source")))),
        };
        let (other, intent) = match other {
            Ok(other) => (other, intent),
            // It went away since the list was read.
            Err(error) if error.kind() == ErrorKind::NotFound => (None, Intent::Create),
            Err(error) => return Err(Box::new(row.ended(error))),
        };
        self.ready(row, model, intent, document, other, shares)
    }

    /// The source's schema. What the preview has read is what a person approved, and is not read again.
    async fn own_document(&self, model: &ModelRecord, dependencies: &str) -> Result<ModelDocument> {
        let (source, handover) = (&self.migrations.source, self.run.handover());
        let id = format!("{}?{dependencies}", model.oid);
        let known = handover.take(source.name(), AssetKind::Datamodel, &id, None);
        if let Some(value) = known.and_then(|known| serde_json::from_str(known.json.get()).ok()) {
            return ModelDocument::from_value(value);
        }
        let document = wire::export(source, &model.oid, dependencies).await?;
        if self.run.mode() == RunMode::Preview
            && let Ok(json) = to_raw_value(document.raw())
        {
            let kept = Document { version: None, copy: false, json };
            handover.keep(source.name(), AssetKind::Datamodel, &id, kept);
        }
        Ok(document)
    }

    fn ready(
        &self,
        mut row: Item,
        model: &ModelRecord,
        intent: Intent,
        document: ModelDocument,
        other: Option<ModelDocument>,
        shares: Result<Option<Plan>>,
    ) -> Prepared {
        let mapping = Mapping { map: &self.wish.map, there: &self.connections };
        let links = match mapping.links(&document, other.as_ref()) {
            Ok(links) => links,
            Err(error) => return Err(Box::new(row.blocked(error))),
        };
        let meaning = self.meaning_here(&document);
        let counts = json!({
            "tables": document.tables().count(),
            "columns": document.columns().count(),
            "relations": document.relations().len(),
        });
        let mut body = document.raw().clone();
        drop(document);
        connections::apply(&mut body, &links);
        row.connections = links.iter().map(|link| link.row.clone()).collect();
        for link in &links {
            row.notes.extend(without_credentials(link));
        }
        if let Some(people) = &self.people {
            let target = self.migrations.target.name();
            row.unmapped = people.map_rules(self.run, target, &mut body);
            if !row.unmapped.is_empty() {
                row.notes.push("its security rules name parties that the target lacks".to_owned());
            }
        }
        let shares = match shares {
            Ok(shares) => shares,
            Err(error) => {
                row.problems.push(format!("the shares cannot be read: {error}"));
                None
            }
        };
        for lost in shares.iter().flat_map(|plan| &plan.unmapped) {
            remember(&mut row.unmapped, lost.clone());
        }
        row.notes.extend(shares.iter().flat_map(|plan| plan.notes.clone()));
        if !shares.as_ref().is_some_and(Plan::publishes) {
            row.notes.push(DRAFT.to_owned());
        } else if links.iter().any(Link::is_bare) {
            let text = "without credentials it may not be publishable, and then it is not shared";
            row.notes.push(text.to_owned());
        }
        let title = match &intent {
            Intent::Create => model.title().to_owned(),
            Intent::Duplicate(title) => title.clone(),
            Intent::Overwrite(oid) => {
                let present = self.there.iter().find(|other| other.oid == *oid);
                present.map_or(model.title(), ModelRecord::title).to_owned()
            }
        };
        if title != model.title() {
            row.notes.push(format!("its title on the target is \"{title}\""));
        }
        let before = other.map(|other| {
            let there = self.meaning_there(&other);
            let mut differs = there.differs_from(&meaning);
            let moved = links.iter().filter(|link| link.moves);
            differs.extend(moved.map(|link| format!("connection of {}", link.row.dataset)));
            Before { document: other.raw().clone(), meaning: there, differs }
        });
        if let Some(before) = &before {
            row.differs = before.differs.clone();
        }
        let document = body;
        Ok(Box::new(Ready { row, intent, title, document, meaning, before, shares, links, counts }))
    }

    /// What shall happen to it. What this run began before it was broken off goes on.
    fn intent(&self, model: &ModelRecord) -> std::result::Result<Intent, Box<Item>> {
        let title = second_title(model.title(), self.wish.new_title.as_deref());
        let begun = |intent: Intent, name: &str| {
            let key = self.change_of(&intent, name);
            let entry = self.past.find(self.run, &key)?;
            (entry.outcome != Outcome::Failed).then_some(intent)
        };
        let duplicate = self.wish.action == DatamodelAction::Duplicate;
        let again = begun(Intent::Create, model.title()).or_else(|| {
            duplicate.then(|| begun(Intent::Duplicate(title.clone()), &title)).flatten()
        });
        match again {
            Some(intent) => Ok(intent),
            None => decide(model, &self.there, self.wish.action, self.wish.new_title.as_deref()),
        }
    }

    pub(super) fn meaning_here(&self, document: &ModelDocument) -> Meaning {
        let name = |kind: &str, id: &str| match &self.people {
            Some(people) => people.named_here(kind, id),
            None => id.to_owned(),
        };
        Meaning::of(document, &self.wish.dependencies, &name)
    }

    pub(super) fn meaning_there(&self, document: &ModelDocument) -> Meaning {
        let name = |kind: &str, id: &str| match &self.people {
            Some(people) => people.named_there(kind, id),
            None => id.to_owned(),
        };
        Meaning::of(document, &self.wish.dependencies, &name)
    }

    /// The change without what it found and what it brings: enough to look it up.
    pub(super) fn change_of(&self, intent: &Intent, title: &str) -> Change {
        let asset = |id| self.migrations.asset(AssetKind::Datamodel, id, title);
        let (asset, action, summary) = match intent {
            Intent::Create => {
                (asset(None), Action::Create, format!("Create the data model \"{title}\""))
            }
            Intent::Duplicate(_) => {
                (asset(None), Action::Create, format!("Create the second data model \"{title}\""))
            }
            Intent::Overwrite(oid) => (
                asset(Some(oid)),
                Action::Overwrite,
                format!("Overwrite the schema of the data model \"{title}\""),
            ),
        };
        Change::new(self.operation, asset, action, summary)
    }
}

impl Ready {
    /// Whether the target holds the very same already.
    pub(super) fn is_the_same(&self) -> bool {
        self.before.as_ref().is_some_and(|before| before.differs.is_empty())
    }

    /// The change as a person approves it: names and digests, never a document.
    pub(super) fn change(&self, job: &Job<'_>) -> Change {
        let connections: Vec<Value> = self
            .links
            .iter()
            .map(|link| {
                json!({
                    "dataset": link.row.dataset, "provider": link.row.provider,
                    "connection": link.row.mapped_to,
                })
            })
            .collect();
        let with: Vec<Value> = job.wish.dependencies.iter().map(|kind| json!(kind)).collect();
        let after = json!({
            "title": self.title, "schema": self.meaning.digest(), "with": with,
            "connections": connections, "holds": self.counts,
        });
        let mut change = job.change_of(&self.intent, &self.title).after(after).note(DRAFT);
        for link in &self.links {
            if let Some(note) = without_credentials(link) {
                change = change.note(note);
            }
        }
        let lost = self.row.unmapped.iter().map(|lost| format!("{} \"{}\"", lost.kind, lost.name));
        let lost: Vec<String> = lost.collect();
        if !lost.is_empty() {
            change = change.note(format!("the target does not have: {}", lost.join(", ")));
        }
        match &self.before {
            Some(before) => change
                .before(json!({ "title": self.title, "schema": before.meaning.digest() }))
                .risk(Risk::High)
                .undo(Undo::Yes(
                    "the schema from before is imported again; it is a draft until it is built"
                        .to_owned(),
                )),
            None => change
                .undo(Undo::Yes("delete the new data model, while it is not built".to_owned())),
        }
    }
}

fn without_credentials(link: &Link) -> Option<String> {
    let (dataset, why) = (&link.row.dataset, link.why.as_ref()?);
    let provider = link.row.provider.as_deref().unwrap_or("an unknown provider");
    Some(format!("the dataset {dataset} ({provider}) arrives without credentials: {why}"))
}

pub(super) fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "the run was stopped before this data model")
}

/// A model that is on the list and cannot be had.
fn gone(error: Error, side: &str) -> Error {
    if error.kind() == ErrorKind::NotFound {
        return error.with_other_step(format!("it may have gone; look at the {side}"));
    }
    error
}

/// Whether a row of the list is that of a title or id.
pub(super) fn is_one(row: &ModelRecord, oid: Option<&str>, title: &str) -> bool {
    oid.is_some_and(|oid| same(&row.oid, oid)) || same(row.title(), title)
}

/// Kinds that may bring parties along.
pub(super) fn brings_rules(kinds: &[Dependency]) -> bool {
    kinds.contains(&Dependency::DataSecurity)
}
