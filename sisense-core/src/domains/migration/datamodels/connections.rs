//! Which of the target's connections a migrated data model uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::documents::{Dataset, ModelDocument};
use crate::domains::lookup::connections::ConnectionRecord;
use crate::domains::lookup::{is_uuid, same};
use crate::domains::migration::result::MappedConnection;
use crate::error::{Error, ErrorKind, Result};

/// Most tables that stand for a dataset without a name for people.
const TABLES: usize = 3;

/// What a connection without credentials keeps. Its parameters are sealed by the source's server,
/// and whatever else may hold a secret stays behind too.
const KEPT: [&str; 8] =
    ["oid", "name", "description", "id", "provider", "schema", "fileName", "supportedModelTypes"];

/// The connection of one dataset.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Link {
    /// The dataset's place in the document.
    place: usize,
    pub(super) row: MappedConnection,
    /// The target's connection: its id and its provider as the target spells it.
    to: Option<(String, String)>,
    /// Why there is none.
    pub(super) why: Option<String>,
    /// Whether the target's dataset uses another one now.
    pub(super) moves: bool,
}

impl Link {
    /// Whether the dataset arrives without credentials.
    pub(super) fn is_bare(&self) -> bool {
        self.to.is_none()
    }
}

/// The target's connections, and which of them providers shall use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping<'a> {
    pub(super) map: &'a BTreeMap<String, String>,
    pub(super) there: &'a [ConnectionRecord],
}

impl Mapping<'_> {
    /// Refuse a map that names what the target does not have, before anything is written.
    pub(super) fn check(&self) -> Result<()> {
        for (provider, id) in self.map {
            let Some(found) = self.there.iter().find(|one| one.oid.eq_ignore_ascii_case(id)) else {
                let names = self.there.iter().filter(|one| same(one.provider(), provider));
                let names = names.map(|one| format!("{} ({})", one.name(), one.oid)).collect();
                let message = format!("the target has no connection {id}");
                return Err(Error::invalid(message)
                    .with_candidates(names)
                    .with_next_step("give the id of one of the target's connections"));
            };
            if !same(found.provider(), provider) {
                let message = format!(
                    "the connection \"{}\" is one of {}, not of {provider}",
                    found.name(),
                    found.provider()
                );
                return Err(Error::invalid(message)
                    .with_next_step("write each provider as its connection does"));
            }
        }
        Ok(())
    }

    /// A connection of the target for each dataset that has one on the source.
    ///
    /// # Errors
    /// `invalid_input` when a connection of the map does not take models of this type.
    pub(super) fn links(
        &self,
        source: &ModelDocument,
        present: Option<&ModelDocument>,
    ) -> Result<Vec<Link>> {
        let kind = source.kind().unwrap_or_default();
        let mut links = Vec::new();
        for (place, dataset) in source.datasets().iter().enumerate() {
            let Some(connection) = &dataset.connection else { continue };
            let provider = connection.provider.as_deref().unwrap_or_default();
            let own = present.and_then(|model| own_connection(model, dataset));
            let found = match self.map.iter().find(|(key, _)| same(key, provider)) {
                Some((_, id)) => self.mapped(id, &kind).map(Ok)?,
                None => {
                    let named = self.named(connection.name.as_deref(), provider, &kind);
                    named.or_else(|why| self.kept(own, provider).ok_or(why))
                }
            };
            let moves = found.as_ref().is_ok_and(|to| own.is_some_and(|own| *own != to.oid));
            let (to, why) = match found {
                Ok(to) => (Some(to), None),
                Err(why) => (None, Some(why)),
            };
            links.push(Link {
                place,
                row: MappedConnection {
                    dataset: label(dataset),
                    provider: connection.provider.clone(),
                    mapped_to: to.map(|to| to.name().to_owned()),
                },
                to: to.map(|to| (to.oid.clone(), to.provider().to_owned())),
                why,
                moves,
            });
        }
        Ok(links)
    }

    fn mapped(&self, id: &str, kind: &str) -> Result<&ConnectionRecord> {
        let found = self.there.iter().find(|one| one.oid.eq_ignore_ascii_case(id));
        let found = found.ok_or_else(|| Error::not_found("connection", id))?;
        if found.supports(kind) {
            return Ok(found);
        }
        let message = format!("the connection \"{}\" takes no {kind} model", found.name());
        Err(Error::new(ErrorKind::InvalidInput, message)
            .with_next_step("map the provider to a connection for models of this type"))
    }

    /// The one connection of the same name and provider, or why there is none.
    fn named(
        &self,
        name: Option<&str>,
        provider: &str,
        kind: &str,
    ) -> std::result::Result<&ConnectionRecord, String> {
        let Some(name) = name else { return Err("its connection has no name".to_owned()) };
        let fits = |one: &&ConnectionRecord| {
            same(one.name(), name) && same(one.provider(), provider) && one.supports(kind)
        };
        let all: Vec<&ConnectionRecord> = self.there.iter().filter(fits).collect();
        let exact: Vec<&ConnectionRecord> =
            all.iter().copied().filter(|one| one.name() == name).collect();
        match if exact.is_empty() { all } else { exact }.as_slice() {
            [one] => Ok(one),
            [] => Err(format!("the target has no {provider} connection \"{name}\"")),
            _ => Err(format!("the target has several {provider} connections \"{name}\"")),
        }
    }

    /// The connection that the target's dataset has: it is not taken away.
    fn kept(&self, own: Option<&str>, provider: &str) -> Option<&ConnectionRecord> {
        let own = own?;
        self.there.iter().find(|one| one.oid == own && same(one.provider(), provider))
    }
}

/// Id of the connection that the same dataset of the target's model uses.
fn own_connection<'a>(present: &'a ModelDocument, dataset: &Dataset) -> Option<&'a str> {
    let same = present.datasets().iter().find(|one| one.id.is_some() && one.id == dataset.id)?;
    same.connection.as_ref()?.id.as_deref()
}

/// What a person knows a dataset by. Many have an id in place of a name.
fn label(dataset: &Dataset) -> String {
    let name = dataset.name.as_deref().filter(|name| !is_uuid(name) && !name.is_empty());
    if let Some(name) = name {
        return name.to_owned();
    }
    let mut tables: Vec<&str> =
        dataset.tables.iter().take(TABLES).map(|table| table.name.as_str()).collect();
    if dataset.tables.len() > TABLES {
        tables.push("…");
    }
    if tables.is_empty() { "without tables".to_owned() } else { tables.join(", ") }
}

/// Put the target's connections into a document, and take away all that the source sealed.
pub(super) fn apply(document: &mut Value, links: &[Link]) {
    let Some(datasets) = document.get_mut("datasets").and_then(Value::as_array_mut) else { return };
    for (place, dataset) in datasets.iter_mut().enumerate() {
        let Some(connection) = dataset.get_mut("connection").filter(|one| one.is_object()) else {
            continue;
        };
        let to = links.iter().find(|link| link.place == place).and_then(|link| link.to.as_ref());
        *connection = match to {
            Some((oid, provider)) => json!({ "oid": oid, "provider": provider }),
            None => without_credentials(connection),
        };
    }
}

fn without_credentials(connection: &Value) -> Value {
    let mut kept: Map<String, Value> = KEPT
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), connection.get(*key)?.clone())))
        .collect();
    kept.insert("parameters".to_owned(), json!(""));
    kept.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(oid: &str, name: &str, provider: &str, kinds: &[&str]) -> ConnectionRecord {
        serde_json::from_value(json!({
            "oid": oid, "name": name, "provider": provider, "supportedModelTypes": kinds,
        }))
        .unwrap()
    }

    fn there() -> Vec<ConnectionRecord> {
        vec![
            connection("p1", "Warehouse", "PostgreSQL", &["EXTRACT", "LIVE"]),
            connection("p2", "Other", "PostgreSQL", &["EXTRACT"]),
            connection("c1", "Files", "CSV", &["EXTRACT"]),
            connection("c2", "files", "CSV", &["EXTRACT"]),
            connection("s1", "CRM", "Snowflake", &["LIVE"]),
        ]
    }

    fn model(name: &str, provider: &str, connection: &str) -> ModelDocument {
        ModelDocument::from_value(json!({
            "type": "extract", "datasets": [
                { "oid": "d1", "name": "Data", "connection": {
                    "oid": connection, "name": name, "provider": provider,
                    "parameters": "c2VhbGVk", "uiParams": { "x": "hush" },
                } },
                { "oid": "d2", "name": "Made", "connection": null },
            ],
        }))
        .unwrap()
    }

    fn links(map: &[(&str, &str)], name: &str, provider: &str) -> Vec<Link> {
        let map = map.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let there = there();
        let mapping = Mapping { map: &map, there: &there };
        mapping.links(&model(name, provider, "x"), None).unwrap()
    }

    #[test]
    fn the_map_comes_first_then_the_name_then_nothing() {
        let to = |links: Vec<Link>| links[0].row.mapped_to.clone();
        assert_eq!(to(links(&[], "warehouse", "postgresql")).as_deref(), Some("Warehouse"));
        let mapped = links(&[("postgresql", "P2")], "Warehouse", "PostgreSQL");
        assert_eq!(to(mapped).as_deref(), Some("Other"));
        assert_eq!(to(links(&[("CSV", "c1")], "Unknown", "PostgreSQL")), None);
        // The same name with another provider, of another type of model, or twice.
        for (name, provider) in [("Warehouse", "CSV"), ("CRM", "Snowflake"), ("FILES", "CSV")] {
            let found = links(&[], name, provider);
            assert!(found[0].to.is_none() && found[0].why.is_some(), "{name}");
        }
        assert_eq!(to(links(&[], "files", "CSV")).as_deref(), Some("files"));
    }

    #[test]
    fn a_map_of_things_that_are_not_there_is_refused() {
        let there = there();
        for (provider, id) in [("CSV", "x"), ("CSV", "p1"), ("Oracle", "p1")] {
            let map = BTreeMap::from([(provider.to_owned(), id.to_owned())]);
            let error = Mapping { map: &map, there: &there }.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{provider} {id}");
        }
        let map = BTreeMap::from([("Snowflake".to_owned(), "s1".to_owned())]);
        let mapping = Mapping { map: &map, there: &there };
        mapping.check().unwrap();
        let error = mapping.links(&model("CRM", "Snowflake", "x"), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn what_the_source_sealed_stays_there() {
        for (name, wanted) in [
            ("Warehouse", json!({ "oid": "p1", "provider": "PostgreSQL" })),
            (
                "Unknown",
                json!({ "oid": "x", "name": "Unknown", "provider": "PostgreSQL", "parameters": "" }),
            ),
        ] {
            let mut document = model(name, "PostgreSQL", "x").raw().clone();
            apply(&mut document, &links(&[], name, "PostgreSQL"));
            assert_eq!(document["datasets"][0]["connection"], wanted);
            assert!(document["datasets"][1]["connection"].is_null());
        }
    }

    #[test]
    fn an_overwritten_dataset_keeps_the_connection_that_it_has() {
        let (map, there) = (BTreeMap::new(), there());
        let mapping = Mapping { map: &map, there: &there };
        let source = model("Unknown", "PostgreSQL", "x");
        let found = mapping.links(&source, Some(&model("Other", "PostgreSQL", "p2"))).unwrap();
        assert_eq!((found[0].row.mapped_to.as_deref(), found[0].moves), (Some("Other"), false));
        let source = model("Warehouse", "PostgreSQL", "x");
        let found = mapping.links(&source, Some(&model("Other", "PostgreSQL", "p2"))).unwrap();
        assert_eq!((found[0].row.mapped_to.as_deref(), found[0].moves), (Some("Warehouse"), true));
    }
}
