//! What references stand for, and the documents of all of them, each loaded once.

use std::collections::{HashMap, HashSet};

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;

use crate::client::Client;
use crate::documents::DashboardDocument;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::models::{ModelRecord, Titled};
use crate::domains::lookup::scan::scan_dashboards;
use crate::domains::lookup::{is_object_id, is_uuid, not_found, pick, required};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;

/// Most dashboards that one call looks at.
pub(super) const MOST_DASHBOARDS: usize = 5_000;
/// Most data models that one call looks at.
pub(super) const MOST_MODELS: usize = 500;
/// How many data models are read at once.
const MODELS: usize = 4;
/// From how many names on the list of all data models is cheaper than a search for each.
const MANY: usize = 10;
/// The reference that means all.
const ALL: &str = "*";

/// Refuse a wrong list before anything is sent.
pub(super) fn check(kind: &str, references: &[String], most: usize) -> Result<()> {
    if references.is_empty() {
        return Err(Error::invalid(format!("the list of {kind}s is empty"))
            .with_next_step(format!("name at least one {kind}, or all with \"*\"")));
    }
    if references.len() > 1 && references.iter().any(|reference| reference == ALL) {
        return Err(Error::invalid(format!("\"*\" means all {kind}s and stands alone")));
    }
    references
        .iter()
        .try_for_each(|reference| required(&format!("a {kind}'s title or id"), reference))?;
    if references.len() > most {
        return Err(Error::invalid(format!(
            "one call looks at no more than {most} {kind}s, and these are {}",
            references.len()
        ))
        .with_next_step(format!("name fewer {kind}s")));
    }
    Ok(())
}

fn is_all(references: &[String]) -> bool {
    references == [ALL]
}

/// What references stand for, and those that stand for nothing.
#[derive(Debug, Default)]
pub(super) struct Found<T> {
    pub(super) found: Vec<T>,
    pub(super) not_found: Vec<String>,
    pub(super) missing: Vec<Missing>,
}

impl<T> Found<T> {
    fn none() -> Self {
        Found { found: Vec::new(), not_found: Vec::new(), missing: Vec::new() }
    }

    fn miss(&mut self, kind: &str, reference: &str, error: Error) {
        if error.kind() == ErrorKind::NotFound {
            self.not_found.push(reference.to_owned());
        }
        self.missing.push(Missing::new(format!("{kind} \"{reference}\""), error));
    }

    /// Keep the first of a list, and say how many are left out.
    fn cut(&mut self, kind: &str, most: usize) {
        let all = self.found.len();
        if all > most {
            self.found.truncate(most);
            let error = Error::invalid(format!(
                "one call looks at no more than {most} {kind}s, and there are {all}"
            ))
            .with_next_step(format!("name the {kind}s of a further call"));
            self.missing.push(Missing::new(format!("{} further {kind}s", all - most), error));
        }
    }
}

/// The dashboards that references stand for, each once.
pub(super) fn pick_dashboards(
    rows: Vec<DashboardRecord>,
    references: &[String],
) -> Found<DashboardRecord> {
    let mut found = Found::none();
    if is_all(references) {
        found.found = rows;
        found.cut("dashboard", MOST_DASHBOARDS);
        return found;
    }
    let by_id: HashMap<&str, &DashboardRecord> =
        rows.iter().map(|row| (row.oid.as_str(), row)).collect();
    let mut seen = HashSet::new();
    for reference in references {
        let id = is_object_id(reference).then(|| reference.to_lowercase());
        let known = id.and_then(|id| by_id.get(id.as_str()).copied());
        let hit = match known {
            Some(row) => Ok(Some(row)),
            None => pick(
                "dashboard",
                reference,
                &rows,
                DashboardRecord::title,
                DashboardRecord::describe,
            ),
        };
        match hit {
            Ok(Some(row)) if seen.insert(row.oid.as_str()) => found.found.push(row.clone()),
            Ok(Some(_)) => {}
            Ok(None) => {
                let titles = rows.iter().map(DashboardRecord::title);
                let error = not_found("dashboard", reference, titles);
                found.miss("dashboard", reference, error);
            }
            Err(error) => found.miss("dashboard", reference, error),
        }
    }
    found
}

/// What could be read of the dashboards, and what not.
#[derive(Debug, Default)]
pub(super) struct DashboardsRead {
    pub(super) checked: usize,
    pub(super) missing: Vec<Missing>,
}

/// Hand on the document of each dashboard, with its row of the list.
///
/// # Errors
/// When the token is not accepted, or none of the dashboards may be read.
pub(super) async fn read_dashboards(
    client: &Client,
    rows: &[DashboardRecord],
    done: impl Fn(usize) + Send,
    mut found: impl FnMut(&DashboardRecord, usize, DashboardDocument) + Send,
) -> Result<DashboardsRead> {
    let places: HashMap<&str, usize> =
        rows.iter().enumerate().map(|(place, row)| (row.oid.as_str(), place)).collect();
    let mut seen = HashSet::new();
    let take = |document: DashboardDocument| {
        let place = document.id().and_then(|id| places.get(id)).copied();
        // What nobody asked for, or came twice, is not counted twice.
        if let Some(place) = place.filter(|place| seen.insert(*place)) {
            found(&rows[place], place, document);
        }
    };
    let failures = scan_dashboards(client, rows, done, take).await?;
    let checked = seen.len();
    if checked == 0
        && let Some(refused) = failures.errors().find(|error| is_refused(error))
    {
        return Err(Error::from(refused.report().clone()).with_asset("the dashboards"));
    }
    Ok(DashboardsRead { checked, missing: failures.into_missing() })
}

/// Rows in the order in which they were asked for.
pub(super) fn in_order<T>(mut rows: Vec<(usize, T)>) -> Vec<T> {
    rows.sort_by_key(|(place, _)| *place);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn is_refused(error: &Error) -> bool {
    error.kind() == ErrorKind::Forbidden
}

/// A data model that was asked for: to be read by id, or looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ModelReference {
    Id(String),
    Named(String),
}

/// The data models that references stand for, as far as that is known before they are read.
#[derive(Debug)]
pub(super) struct ModelReferences {
    wanted: Vec<(String, ModelReference)>,
    pub(super) not_found: Vec<String>,
    pub(super) missing: Vec<Missing>,
}

impl ModelReferences {
    pub(super) fn count(&self) -> usize {
        self.wanted.len()
    }
}

/// Resolve references to data models. `list` is the list of all where the caller has it.
pub(super) async fn model_references(
    client: &Client,
    references: &[String],
    list: Option<&[ModelRecord]>,
) -> Result<ModelReferences> {
    let own;
    let list = match list {
        Some(list) => Some(list),
        None if is_all(references) || references.len() > MANY => {
            own = client.list_models().await?;
            Some(own.as_slice())
        }
        None => None,
    };
    Ok(match list {
        Some(list) => pick_models(list, references),
        None => ModelReferences {
            wanted: references
                .iter()
                .map(|name| (name.clone(), ModelReference::Named(name.clone())))
                .collect(),
            not_found: Vec::new(),
            missing: Vec::new(),
        },
    })
}

fn pick_models(list: &[ModelRecord], references: &[String]) -> ModelReferences {
    let mut found = Found::none();
    let by_id =
        |row: &ModelRecord, name: &str| (name.to_owned(), ModelReference::Id(row.oid.clone()));
    if is_all(references) {
        found.found = list.iter().map(|row| by_id(row, row.title())).collect();
        found.cut("data model", MOST_MODELS);
    } else {
        for reference in references {
            let id = is_uuid(reference).then(|| plain_id(reference));
            let known = id.and_then(|id| list.iter().find(|row| plain_id(&row.oid) == id));
            let hit = match known {
                Some(row) => Ok(Some(row)),
                None => {
                    pick("data model", reference, list, ModelRecord::title, ModelRecord::describe)
                }
            };
            match hit {
                Ok(Some(row)) => found.found.push(by_id(row, reference)),
                Ok(None) => {
                    let titles = list.iter().map(ModelRecord::title);
                    let error = not_found("data model", reference, titles);
                    found.miss("data model", reference, error);
                }
                Err(error) => found.miss("data model", reference, error),
            }
        }
    }
    let Found { found: wanted, not_found, missing } = found;
    ModelReferences { wanted, not_found, missing }
}

/// A UUID without its dashes, in lower case.
fn plain_id(id: &str) -> String {
    id.chars().filter(|c| *c != '-').collect::<String>().to_lowercase()
}

/// What to read of each data model besides its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Also {
    Nothing,
    Security,
}

/// A data model that was read.
pub(super) struct Model {
    pub(super) titled: Titled,
    /// Its security rules, where they were wanted.
    pub(super) security: Option<Result<Vec<Value>>>,
}

/// What could be read of the data models, and what not.
#[derive(Debug, Default)]
pub(super) struct ModelsRead {
    pub(super) checked: usize,
    pub(super) not_found: Vec<String>,
    pub(super) missing: Vec<Missing>,
}

/// Hand on each data model, once however often it is named, in the order of the references.
///
/// # Errors
/// When the token is not accepted, or none of the data models may be read.
pub(super) async fn read_models(
    client: &Client,
    references: ModelReferences,
    also: Also,
    done: impl Fn(usize) + Send,
    mut found: impl FnMut(Model) + Send,
) -> Result<ModelsRead> {
    let ModelReferences { mut wanted, not_found, missing } = references;
    let mut known = HashSet::new();
    wanted.retain(|(_, one)| known.insert(one.clone()));
    let mut read = ModelsRead { checked: 0, not_found, missing };
    let mut seen = HashSet::new();
    let mut refused = None;
    let mut finished = 0;
    // Made before the stream: a stream that makes them would not be free to move to a thread.
    let reads: Vec<_> =
        wanted.into_iter().map(|(name, wanted)| read_model(client, name, wanted, also)).collect();
    let mut reads = stream::iter(reads).buffered(MODELS);
    while let Some((name, model)) = reads.next().await {
        match model {
            Ok(model) => {
                if let Some(Err(error)) = &model.security
                    && error.kind() == ErrorKind::Unauthenticated
                {
                    return Err(Error::from(error.report().clone()));
                }
                let id = model.titled.document.id().unwrap_or(&model.titled.title).to_owned();
                if seen.insert(id) {
                    read.checked += 1;
                    found(model);
                }
            }
            Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error),
            Err(error) => {
                if is_refused(&error) {
                    refused.get_or_insert_with(|| Error::from(error.report().clone()));
                }
                if error.kind() == ErrorKind::NotFound {
                    read.not_found.push(name.clone());
                }
                read.missing.push(Missing::new(format!("data model \"{name}\""), error));
            }
        }
        finished += 1;
        done(finished);
    }
    match refused {
        // Nothing may be read at all: that is an error and no empty answer.
        Some(error) if read.checked == 0 => Err(error),
        _ => Ok(read),
    }
}

async fn read_model(
    client: &Client,
    name: String,
    wanted: ModelReference,
    also: Also,
) -> (String, Result<Model>) {
    let read = match &wanted {
        ModelReference::Id(id) => client.get_model_by_id(id).await,
        ModelReference::Named(name) => client.find_model(name).await,
    };
    let model = match read.and_then(Titled::from_value) {
        Ok(titled) => {
            let security = match also {
                Also::Security => {
                    Some(client.model_security(&titled.document, &titled.title).await)
                }
                Also::Nothing => None,
            };
            Ok(Model { titled, security })
        }
        Err(error) => Err(error.with_asset(format!("data model \"{name}\""))),
    };
    (name, model)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn board(at: usize) -> DashboardRecord {
        serde_json::from_value(json!({"oid": format!("5f{at:022}"), "title": "Board"})).unwrap()
    }

    #[test]
    fn a_star_over_too_many_says_how_many_it_leaves_out() {
        let star = [ALL.to_owned()];
        let found = pick_dashboards((0..MOST_DASHBOARDS + 3).map(board).collect(), &star);
        assert_eq!((found.found.len(), found.missing.len()), (MOST_DASHBOARDS, 1));
        assert_eq!(found.missing[0].what, "3 further dashboards");
        let all = pick_dashboards((0..MOST_DASHBOARDS).map(board).collect(), &star);
        assert!(all.missing.is_empty());

        let model = |at: usize| -> ModelRecord {
            serde_json::from_value(json!({"oid": at.to_string(), "title": "Shop"})).unwrap()
        };
        let list: Vec<ModelRecord> = (0..MOST_MODELS + 1).map(model).collect();
        let found = pick_models(&list, &star);
        assert_eq!((found.count(), found.missing[0].what.as_str()), (500, "1 further data models"));
    }

    #[test]
    fn a_model_is_known_by_its_id_in_any_spelling() {
        let id = "5F0CB527-50f2-482b-aece-33e2ece6fe81";
        let row = json!([{"oid": id.to_lowercase(), "title": "Shop"}]);
        let list: Vec<ModelRecord> = serde_json::from_value(row).unwrap();
        for reference in [id.to_owned(), id.replace('-', ""), "shop".to_owned()] {
            let found = pick_models(&list, std::slice::from_ref(&reference));
            assert_eq!((found.count(), found.missing.len()), (1, 0), "{reference}");
        }
    }
}
