//! Operations in this very process, over one client per deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sisense_core::generated;
use sisense_core::run::Journal;
use sisense_core::undo::undo;
use sisense_core::{Client, Error, ErrorKind, Operation, Outcome, Result, Run};

use super::{Kind, Name, Place, Tools, unknown_deployment};

/// The operations of `sisense-core`, called in this process.
#[derive(Clone, Debug)]
pub struct Local {
    default: String,
    clients: BTreeMap<String, Client>,
}

impl Local {
    /// Named clients; a client's name is its deployment's. The first one is the default.
    ///
    /// # Errors
    /// `config` when there is none, or two have the same name.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Result<Self> {
        let mut named = BTreeMap::new();
        let mut default = None;
        for client in clients {
            let name = client.name().to_owned();
            default.get_or_insert_with(|| name.clone());
            if named.insert(name.clone(), client).is_some() {
                let message = format!("two deployments have the same name: {name}");
                return Err(Error::new(ErrorKind::Config, message)
                    .with_next_step("give each deployment a name of its own"));
            }
        }
        let default = default.ok_or_else(|| {
            Error::new(ErrorKind::Config, "no deployment is configured")
                .with_next_step("configure a deployment: its URL and its token")
        })?;
        Ok(Local { default, clients: named })
    }

    fn client(&self, deployment: &str) -> Result<&Client> {
        self.clients
            .get(deployment)
            .ok_or_else(|| unknown_deployment(self.deployments(), deployment))
    }
}

#[async_trait]
impl Tools for Local {
    fn operations(&self) -> &[Operation] {
        generated::operations()
    }

    fn deployments(&self) -> Vec<String> {
        let others = self.clients.keys().filter(|name| **name != self.default);
        std::iter::once(&self.default).chain(others).cloned().collect()
    }

    fn find(&self, id: &str) -> Option<&Operation> {
        generated::find(id)
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        generated::check(id, args)
    }

    async fn call(&self, place: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let source = self.client(place.source)?;
        let target = place.target.map(|name| self.client(name)).transpose()?;
        generated::call_between(source, target, run, id, args).await
    }

    async fn undo(&self, run: &Run, original: &str, journal: Arc<dyn Journal>) -> Result<Outcome> {
        let clients: Vec<Client> = self.clients.values().cloned().collect();
        let undone = undo(&clients, run, original, journal).await?;
        let result = serde_json::to_value(undone).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the result cannot be written as JSON")
                .with_source(error)
        })?;
        Ok(Outcome { result, missing: Vec::new() })
    }

    async fn role(&self, deployment: &str) -> Result<Option<String>> {
        let caller = self.client(deployment)?.whoami().await?;
        Ok(caller.base_role_name.clone().or_else(|| caller.role_name.clone()))
    }

    async fn names(&self, deployment: &str, kind: Kind) -> Result<Vec<Name>> {
        let run = Run::reads().start();
        let (id, shape) = listing(kind);
        let outcome = self.call(Place::on(deployment), &run, id, json!({})).await?;
        Ok(rows(&outcome.result).iter().filter_map(|row| shape.name(row)).collect())
    }
}

/// Which members of a row name the thing.
struct Shape {
    id: &'static [&'static str],
    name: &'static [&'static str],
    also: &'static [&'static str],
}

/// The operation that lists a kind.
fn listing(kind: Kind) -> (&'static str, Shape) {
    match kind {
        Kind::User => (
            "access.get_users_all",
            Shape { id: &["user_id"], name: &["email", "user_name"], also: &["user_name"] },
        ),
        Kind::Group => (
            "access.users_per_group_all",
            Shape { id: &["group_id"], name: &["group", "group_name"], also: &[] },
        ),
        Kind::Dashboard => (
            "dashboard.get_all_dashboards",
            Shape { id: &["dashboard_id"], name: &["title"], also: &[] },
        ),
        Kind::Datamodel => (
            "datamodel.get_all_datamodel",
            Shape { id: &["datamodel_id"], name: &["title", "datamodel_name"], also: &[] },
        ),
    }
}

impl Shape {
    fn name(&self, row: &Value) -> Option<Name> {
        let text = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| row.get(*key).and_then(Value::as_str))
                .filter(|text| !text.trim().is_empty())
        };
        let mut name = Name::new(text(self.id), text(self.name)?);
        for key in self.also {
            if let Some(other) = text(&[key]).filter(|other| *other != name.name) {
                name = name.also(other);
            }
        }
        if let (Some(first), Some(last)) = (text(&["first_name"]), text(&["last_name"])) {
            name = name.also(format!("{first} {last}"));
        }
        for key in ["first_name", "last_name"] {
            if let Some(word) = text(&[key]) {
                name = name.also(word);
            }
        }
        Some(name)
    }
}

/// The rows of a listing: the result itself, or the list of records within it.
fn rows(result: &Value) -> &[Value] {
    match result {
        Value::Array(rows) => rows,
        Value::Object(map) => map
            .values()
            .filter_map(Value::as_array)
            .find(|rows| rows.iter().any(Value::is_object))
            .map_or(&[], Vec::as_slice),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sisense_core::Secret;

    fn client(name: &str) -> Client {
        let builder = Client::builder("https://bi.example.com").name(name);
        builder.token(Secret::new("t")).build().unwrap()
    }

    #[test]
    fn the_first_deployment_is_the_default_and_names_are_unique() {
        let local = Local::new([client("prod"), client("dev")]).unwrap();
        assert_eq!(local.deployments(), ["prod", "dev"]);
        assert_eq!(Local::new([]).unwrap_err().kind(), ErrorKind::Config);
        let twice = Local::new([client("prod"), client("prod")]).unwrap_err();
        assert_eq!(twice.kind(), ErrorKind::Config);
        let error = local.client("prdo").unwrap_err();
        assert_eq!(error.candidates(), ["prod", "dev"]);
    }

    #[test]
    fn reads_names_from_rows_of_either_form() {
        let (_, shape) = listing(Kind::User);
        let row = json!({ "user_id": "1", "email": "ann@example.com", "first_name": "Ann",
            "last_name": "Lee", "user_name": "ann" });
        let name = shape.name(&row).unwrap();
        assert_eq!(name.name, "ann@example.com");
        assert_eq!(name.also, ["ann", "Ann Lee", "Ann", "Lee"]);
        assert!(shape.name(&json!({ "user_id": "1" })).is_none());
        assert_eq!(rows(&json!({ "items": [{ "title": "a" }] })).len(), 1);
        assert_eq!(rows(&json!([{ "title": "a" }])).len(), 1);
    }
}
