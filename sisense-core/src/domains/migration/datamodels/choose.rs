//! Which data models of the source, and what shall happen to each on the target.

use std::collections::HashSet;

use super::params::{DatamodelAction, Which};
use crate::domains::lookup::models::ModelRecord;
use crate::domains::lookup::{pick, same};
use crate::domains::migration::result::{Item, ItemOutcome};
use crate::error::{Error, ErrorKind};
use crate::run::AssetKind;

/// What shall happen to one on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// It comes in under its own title.
    Create,
    /// It replaces the schema of the one with this id.
    Overwrite(String),
    /// It comes in beside the one that is there, under this title.
    Duplicate(String),
}

/// A row that is settled is behind a box: it is large.
pub(super) type Chosen<'a> = Result<&'a ModelRecord, Box<Item>>;

pub(super) fn new_row(name: &str, outcome: ItemOutcome) -> Item {
    Item::new(AssetKind::Datamodel, name, outcome)
}

/// The models that were asked for, or the rows of those that cannot be had.
pub(super) fn choose<'a>(all: &'a [ModelRecord], which: Which<'_>) -> Vec<Chosen<'a>> {
    let failed = |name: &str, why: &str| Box::new(new_row(name, ItemOutcome::Failed).because(why));
    let found: Vec<Chosen<'a>> = match which {
        Which::AllBut(titles) => all
            .iter()
            .map(|model| {
                if titles.iter().any(|title| same(title, model.title())) {
                    let row = new_row(model.title(), ItemOutcome::Skipped).of_source(&model.oid);
                    return Err(Box::new(row.because("excluded")));
                }
                Ok(model)
            })
            .collect(),
        Which::Ids(ids) => ids
            .iter()
            .map(|id| {
                let found = all.iter().find(|model| same(&model.oid, id));
                found.ok_or_else(|| failed(id, "the source has no data model of this id"))
            })
            .collect(),
        Which::Names(names) => names
            .iter()
            .map(|name| {
                let describe = ModelRecord::describe;
                match pick("data model", name, all, ModelRecord::title, describe) {
                    Ok(Some(model)) => Ok(model),
                    Ok(None) => Err(failed(name, "the source has no data model of this title")),
                    Err(error) => Err(Box::new(new_row(name, ItemOutcome::Blocked).blocked(error))),
                }
            })
            .collect(),
    };
    // Named twice is meant once.
    let mut seen = HashSet::new();
    let mut once = Vec::new();
    for one in found {
        let key = match &one {
            Ok(model) => model.oid.clone(),
            Err(row) => row.source_id.clone().unwrap_or_else(|| row.name.to_lowercase()),
        };
        if seen.insert(key) {
            once.push(one);
        }
    }
    once
}

/// The title of a second one.
pub(super) fn second_title(title: &str, wished: Option<&str>) -> String {
    wished.map_or_else(|| format!("{title} (Duplicate)"), str::to_owned)
}

/// What shall happen to a model, by what the target has, or the row of one that is left alone.
pub(super) fn decide(
    model: &ModelRecord,
    there: &[ModelRecord],
    action: DatamodelAction,
    new_title: Option<&str>,
) -> Result<Intent, Box<Item>> {
    let title = model.title();
    let row = || new_row(title, ItemOutcome::Skipped).of_source(&model.oid);
    let by_id = there.iter().find(|other| same(&other.oid, &model.oid));
    let by_title = there.iter().find(|other| same(other.title(), title));
    let present = by_id.or(by_title);
    match action {
        DatamodelAction::Duplicate if present.is_some() || new_title.is_some() => {
            let wanted = second_title(title, new_title);
            match there.iter().find(|other| same(other.title(), &wanted)) {
                None => Ok(Intent::Duplicate(wanted)),
                Some(other) => {
                    let message = format!("the target has a data model \"{wanted}\" already");
                    let error = Error::new(ErrorKind::Conflict, message)
                        .with_next_step("give another title with new_title");
                    Err(Box::new(row().on_target(other.oid.clone()).blocked(error)))
                }
            }
        }
        DatamodelAction::Skip if present.is_some() => {
            let row = row().on_target(present.map(|other| other.oid.clone()));
            Err(Box::new(match (by_id, by_title) {
                (Some(other), _) if same(other.title(), title) => {
                    row.because("the title is taken: the target has this data model already")
                }
                (Some(other), _) => row.because(format!(
                    "the target has this data model already, as \"{}\"",
                    other.title()
                )),
                _ => row.because("the title is taken by another data model of the target"),
            }))
        }
        DatamodelAction::Overwrite if present.is_some() => {
            let Some(other) = by_id else {
                let error = Error::new(
                    ErrorKind::Conflict,
                    "the title is taken by another data model of the target",
                )
                .with_next_step(
                    "choose: duplicate it under a new title, skip it, or rename or delete the \
                     target's own and ask again",
                );
                let row = row().on_target(present.map(|other| other.oid.clone()));
                return Err(Box::new(row.blocked(error)));
            };
            let kind = |one: &ModelRecord| one.kind.as_deref().map(str::to_lowercase);
            if kind(other).is_some() && kind(model).is_some() && kind(other) != kind(model) {
                let error =
                    Error::invalid("one is live and the other an extract: it cannot be replaced")
                        .with_next_step("duplicate it under a new title");
                return Err(Box::new(row().on_target(other.oid.clone()).blocked(error)));
            }
            Ok(Intent::Overwrite(other.oid.clone()))
        }
        _ => Ok(Intent::Create),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(oid: &str, title: &str, kind: &str) -> ModelRecord {
        ModelRecord {
            oid: oid.to_owned(),
            title: Some(title.to_owned()),
            kind: Some(kind.to_owned()),
        }
    }

    fn outcome(action: DatamodelAction, new_title: Option<&str>, there: &[ModelRecord]) -> String {
        match decide(&model("1", "Shop", "extract"), there, action, new_title) {
            Ok(intent) => format!("{intent:?}"),
            Err(row) => format!("{:?}", row.outcome),
        }
    }

    #[test]
    fn what_the_target_has_decides() {
        use DatamodelAction::{Duplicate, Overwrite, Skip};
        let none: &[ModelRecord] = &[model("9", "Other", "live")];
        let id = &[model("1", "Store", "extract")];
        let title = &[model("2", "shop", "extract")];
        let kind = &[model("1", "Shop", "LIVE")];
        let both = &[model("1", "Shop", "extract"), model("3", "Shop (Duplicate)", "extract")];
        for (action, new_title, there, expected) in [
            (Skip, None, none, "Create"),
            (Skip, None, id, "Skipped"),
            (Skip, None, title, "Skipped"),
            (Overwrite, None, none, "Create"),
            (Overwrite, None, id, "Overwrite(\"1\")"),
            (Overwrite, None, title, "Blocked"),
            (Overwrite, None, kind, "Blocked"),
            (Duplicate, None, none, "Create"),
            (Duplicate, Some("New"), none, "Duplicate(\"New\")"),
            (Duplicate, None, id, "Duplicate(\"Shop (Duplicate)\")"),
            (Duplicate, None, title, "Duplicate(\"Shop (Duplicate)\")"),
            (Duplicate, None, both, "Blocked"),
            (Duplicate, Some("New"), both, "Duplicate(\"New\")"),
            (Duplicate, Some("SHOP"), both, "Blocked"),
        ] {
            assert_eq!(outcome(action, new_title, there), expected, "{action:?} {new_title:?}");
        }
    }

    #[test]
    fn each_is_chosen_once_and_none_is_guessed() {
        let all = [
            model("1", "Shop", "extract"),
            model("2", "Twin", "extract"),
            model("3", "Twin", "live"),
        ];
        let told = |which| -> Vec<String> {
            let each = choose(&all, which).into_iter();
            each.map(|one| match one {
                Ok(model) => model.oid.clone(),
                Err(row) => format!("{:?} {}", row.outcome, row.name),
            })
            .collect()
        };
        let names = ["shop", "Shop", "Twin", "None"].map(str::to_owned);
        assert_eq!(told(Which::Names(&names)), ["1", "Blocked Twin", "Failed None"]);
        let ids = ["3", "3", "4"].map(str::to_owned);
        assert_eq!(told(Which::Ids(&ids)), ["3", "Failed 4"]);
        let but = ["twin".to_owned()];
        assert_eq!(told(Which::AllBut(&but)), ["1", "Skipped Twin", "Skipped Twin"]);
    }
}
