//! With whom a migrated data model is shared.

use serde_json::{Value, json};

use super::job::Job;
use super::people::{Mapped, party_type, remember};
use super::wire::{self, is_live};
use crate::documents::ModelDocument;
use crate::domains::datamodel::{
    DeployDatamodel, NewDatamodelShare, Permission, first_publish, shown_shares,
};
use crate::domains::lookup::model_shares::ModelShare;
use crate::domains::lookup::models::ModelRecord;
use crate::domains::migration::result::{Item, Unmapped};
use crate::error::{Error, Result};
use crate::run::{Action, AssetKind, Change, Door, Outcome, Undo};

/// What shall be shared, and what is there before.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Those whom the target has, or will have, and who are not on its list; the id where it is known.
    wishes: Vec<(NewDatamodelShare, Option<String>)>,
    pub(super) unmapped: Vec<Unmapped>,
    /// The target's list as it was before.
    there: Option<Vec<ModelShare>>,
    /// A live model must be published before it can be shared.
    unpublished: bool,
    pub(super) notes: Vec<String>,
}

impl Plan {
    pub(super) fn is_nothing(&self) -> bool {
        self.wishes.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.wishes.len() as u64
    }

    /// Whether it begins with a publish.
    pub(super) fn publishes(&self) -> bool {
        self.unpublished && !self.is_nothing()
    }
}

impl Job<'_> {
    /// Read the source's list, and the target's where the model is there already.
    pub(super) async fn plan_shares(
        &self,
        model: &ModelRecord,
        present: Option<&ModelRecord>,
    ) -> Result<Plan> {
        let Some(people) = &self.people else { return Ok(Plan::default()) };
        let target = &self.migrations.target;
        let here = wire::shares(&self.migrations.source, model);
        let there = async {
            match present {
                Some(present) => wire::shares(target, present).await.map(Some),
                None => Ok(None),
            }
        };
        let ((here, _), there) = futures_util::future::try_join(here, there).await?;
        let mut plan = Plan {
            unpublished: is_live(model) && !there.as_ref().is_some_and(|(_, readable)| *readable),
            there: there.map(|(list, _)| list),
            ..Plan::default()
        };
        for share in here {
            let (kind, id) = (share.kind.as_deref(), share.party_id.as_deref());
            let (Some(kind), Some(id)) = (kind.and_then(party_type), id) else {
                plan.notes.push("a share of the source without a party was left out".to_owned());
                continue;
            };
            let code = share.permission.as_deref().unwrap_or_default();
            let Some(permission) = Permission::from_code(code) else {
                plan.notes.push(format!("a share with the unknown permission {code} was left out"));
                continue;
            };
            let (name, id) = match people.map(self.run, target.name(), kind, id) {
                Mapped::There { name, id } => (name, Some(id)),
                Mapped::Planned { name } => (name, None),
                Mapped::Missing(lost) => {
                    remember(&mut plan.unmapped, lost);
                    continue;
                }
            };
            if plan.has(id.as_deref()) {
                continue;
            }
            plan.wishes.push((NewDatamodelShare { name, kind, permission }, id));
        }
        plan.wishes
            .sort_by(|(a, _), (b, _)| (a.kind.as_str(), &a.name).cmp(&(b.kind.as_str(), &b.name)));
        plan.wishes.dedup_by(|(a, _), (b, _)| a.kind == b.kind && a.name == b.name);
        Ok(plan)
    }

    /// Share the model with this id, real or planned, and tell of it in its row.
    pub(super) async fn share(
        &self,
        row: &mut Item,
        plan: &Plan,
        id: &str,
        title: &str,
        planned: bool,
    ) {
        row.shares_added = Some(0);
        let begun = self.past.find(self.run, &self.share_change(plan, id, title));
        if plan.is_nothing() && begun.is_none() {
            return;
        }
        let done = if planned {
            self.preview_shares(plan, id, title).await.map(|()| plan.count())
        } else {
            self.write_shares(row, plan, id, title).await
        };
        match done {
            Ok(count) => row.shares_added = Some(count),
            Err(error) => row.problems.push(format!("the shares could not be set: {error}")),
        }
    }

    async fn preview_shares(&self, plan: &Plan, id: &str, title: &str) -> Result<()> {
        if plan.unpublished {
            let change = first_publish(self.migrations.target.name(), id, title)
                .note("a live model can be shared only after it was published");
            let _ = self.run.admit(change).await?;
        }
        let _: Door = self.run.admit(self.share_change(plan, id, title)).await?;
        Ok(())
    }

    async fn write_shares(
        &self,
        row: &mut Item,
        plan: &Plan,
        id: &str,
        title: &str,
    ) -> Result<u64> {
        let target = &self.migrations.target;
        let Some(people) = &self.people else { return Ok(0) };
        if plan.unpublished {
            self.publish(id).await?;
        }
        let model = ModelDocument::from_value(target.get_model_by_id(id).await?)?;
        let change = self.share_change(plan, id, title);
        // What an earlier attempt of this run began goes on as it was approved.
        let begun = self.past.find(self.run, &change).filter(|e| e.outcome != Outcome::Failed);
        let change = begun.map_or(change, |entry| Change::clone(&entry.change));
        let begun = begun.and_then(|_| change.after.get("added")?.as_array().map(Vec::len));
        let known =
            |(wish, id): &(NewDatamodelShare, Option<String>)| Some((wish.clone(), id.clone()?));
        let wishes = plan.wishes.iter().filter_map(known).collect();
        let done = target
            .datamodel()
            .extend_shares(self.run, change, &model, wishes, &people.there)
            .await?;
        for missing in &done.missing {
            row.problems.push(format!("{}: {}", missing.what, missing.error.message));
        }
        let added = begun.map_or(done.value, |added| added as u64);
        Ok(added.saturating_sub(done.missing.len() as u64))
    }

    async fn publish(&self, id: &str) -> Result<()> {
        let params =
            DeployDatamodel { datamodel_name: id.to_owned(), wait: true, ..Default::default() };
        let target = self.migrations.target.datamodel();
        let build = Box::pin(target.deploy_datamodel(self.run, params)).await?;
        match build.missing.into_iter().next() {
            None => Ok(()),
            Some(missing) => Err(Error::from(missing.error)),
        }
    }

    fn share_change(&self, plan: &Plan, id: &str, title: &str) -> Change {
        let row = |(wish, _): &(NewDatamodelShare, Option<String>)| {
            json!({
                "name": wish.name, "type": wish.kind.as_str(),
                "permission": wish.permission.as_str(),
            })
        };
        let added: Vec<Value> = plan.wishes.iter().map(row).collect();
        let asset = self.migrations.asset(AssetKind::Datamodel, Some(id), title);
        let summary =
            format!("Share the data model \"{title}\" with {} users and groups", added.len());
        let change = Change::new(self.operation, asset, Action::Share, summary)
            .after(json!({ "added": added }))
            .note("whoever has access on the target keeps it")
            .undo(Undo::Yes("the list from before is written again".to_owned()));
        match (&plan.there, &self.people) {
            (Some(list), Some(people)) => change.before(shown_shares(list, &people.there)),
            _ => change,
        }
    }
}

impl Plan {
    fn has(&self, id: Option<&str>) -> bool {
        let there = self.there.as_deref().unwrap_or_default();
        id.is_some() && there.iter().any(|share| share.party_id.as_deref() == id)
    }
}
