//! Bringing model documents in. An imported model is a draft until it is built or published.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Deployment;
use super::dashboards::rename;
use super::datasets::{invalid, not_an_id};
use super::doc::{list, now, set, text};
use super::sealed;
use crate::auth::Caller;
use crate::import_variants::{ModelConnection, ModelCopy, ModelOid, ModelOver};
use crate::model_variants::Connections;
use crate::wire::Reply;

/// Where a document goes.
pub(crate) enum Into {
    /// A model of its own, under the document's title and ids.
    New,
    /// In place of the model with this id.
    Over(String),
    /// A model of its own under this title.
    Titled(String),
}

impl Deployment {
    /// Brings a document in and answers with the model.
    pub(crate) fn import_model(
        &mut self,
        mut document: Value,
        into: &Into,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        check(&document)?;
        if let Into::Over(oid) = into {
            let present = self.model(oid, caller)?;
            self.may_edit_model(present, caller)?;
            if present["type"] != document["type"] {
                return Err(invalid("the document is of another type than the model"));
            }
        }
        let title = match into {
            Into::Over(_) => String::new(),
            Into::Titled(title) => title.trim().to_owned(),
            Into::New => text(&document, "title").trim().to_owned(),
        };
        let source = text(&document, "oid").to_owned();
        let oid = match into {
            Into::Over(oid) => oid.clone(),
            _ => self.new_oid(&title, &source, matches!(into, Into::Titled(_)))?,
        };
        for dataset in document["datasets"].as_array_mut().into_iter().flatten() {
            let connection = self.imported_connection(dataset, caller)?;
            set(dataset, "connection", connection);
        }
        // Nothing fails from here on, so that a refused import leaves no trace.
        let renewed = match into {
            Into::New => false,
            Into::Over(_) => self.variants.model_over == ModelOver::Renewed,
            Into::Titled(_) => self.variants.model_copy == ModelCopy::Renewed,
        };
        if renewed {
            self.renew_ids(&mut document);
        }
        for dataset in document["datasets"].as_array_mut().into_iter().flatten() {
            self.settle_dataset(dataset);
        }
        let mut model = match into {
            Into::Over(oid) => self.models.get(oid).cloned().unwrap_or_default(),
            _ => self.new_model(&oid, &title, text(&document, "type"), &caller.id),
        };
        let keys = ["relationType", "relations", "datasets", "analyticalEngine"];
        for key in keys.iter().chain(&["modelingTransformations"]) {
            if let Some(value) = document.get(key).filter(|value| !value.is_null()) {
                set(&mut model, key, value.clone());
            }
        }
        let pairs = list(&document, "relations").iter().map(|relation| {
            json!({
                "firstTable": relation["columns"][0]["table"],
                "secondTable": relation["columns"][1]["table"],
                "directionType": null, "joinType": "default",
            })
        });
        set(&mut model, "relationsTables", pairs.collect::<Vec<_>>());
        self.store_draft(&oid, model);
        let model = self.models.get(&oid).cloned().unwrap_or_default();
        self.take_dependencies(&model, &source, &document["dependencies"]);
        Ok(model)
    }

    /// The id of a model that is to be made, if its title is free.
    fn new_oid(&mut self, title: &str, source: &str, copy: bool) -> Result<String, Reply> {
        if title.is_empty() {
            return Err(invalid("'title' is required"));
        }
        if self.models.values().any(|model| text(model, "title") == title) {
            return Err(taken(&format!("Elasticube with title '{title}' already exists")));
        }
        if copy || source.is_empty() {
            return Ok(self.ids.uuid());
        }
        if !self.models.contains_key(source) {
            return Ok(source.to_owned());
        }
        match self.variants.model_oid {
            ModelOid::Refused => Err(taken(&format!("Elasticube with id {source} already exists"))),
            ModelOid::Renewed => Ok(self.ids.uuid()),
        }
    }

    /// What a dataset shows of its connection here.
    fn imported_connection(&mut self, dataset: &Value, caller: &Caller) -> Result<Value, Reply> {
        let connection = &dataset["connection"];
        if connection.is_null() {
            return Ok(Value::Null);
        }
        let oid = text(connection, "oid");
        let mut own = connection.clone();
        match connection.get("parameters") {
            // Only its id was sent: it must be a connection of this deployment.
            None => return self.known_connection(oid, caller, connection),
            Some(Value::String(sealed)) => {
                let Some(settings) = sealed::open(&self.tenant, sealed) else { return Ok(own) };
                if let Some(managed) = self.connections.get(oid) {
                    return Ok(managed.view());
                }
                set(&mut own, "parameters", settings);
            }
            Some(_) => {}
        }
        self.adopt_connection(&own);
        Ok(self.connections.get(oid).map_or(own, super::connections::Connection::view))
    }

    fn known_connection(&self, oid: &str, caller: &Caller, posted: &Value) -> Result<Value, Reply> {
        if self.variants.connections == Connections::On && self.connections.contains_key(oid) {
            return Ok(self.connection(oid, caller)?.view());
        }
        let status = match self.variants.model_connection {
            ModelConnection::NotFound => StatusCode::NOT_FOUND,
            ModelConnection::BadRequest => StatusCode::BAD_REQUEST,
            ModelConnection::Kept => return Ok(posted.clone()),
        };
        let detail = format!("the connection {oid} does not exist");
        Err(Reply::problem(status, "ConnectionNotFound", 1010, &detail))
    }

    /// Gives every part of a definition an id of its own.
    fn renew_ids(&mut self, document: &mut Value) {
        let mut renamed = HashMap::new();
        for key in ["datasets", "relations"] {
            collect(&document[key], &mut |oid| {
                renamed.insert(oid.to_owned(), self.ids.uuid());
            });
        }
        for key in ["datasets", "relations"] {
            for part in document[key].as_array_mut().into_iter().flatten() {
                // A connection is no part of the definition: it keeps its id.
                let connection = part.get("connection").cloned();
                rename(part, &renamed);
                if let Some(connection) = connection {
                    set(part, "connection", connection);
                }
            }
        }
    }

    /// Fills in what a document does not hold, and learns the tables behind the connection.
    fn settle_dataset(&mut self, dataset: &mut Value) {
        if uuid::Uuid::parse_str(text(dataset, "name")).is_ok() {
            let name = self.ids.uuid();
            let fullname = match text(&dataset["connection"], "provider") {
                "" => name.clone(),
                provider => format!("{provider}:{name}"),
            };
            set(dataset, "name", name);
            set(dataset, "fullname", fullname);
        }
        set(dataset, "lastUpdated", now());
        fill(
            dataset,
            &json!({
                "schedule": {
                    "type": null, "lastExecution": null, "day": null, "days": null, "hour": null,
                    "minute": null, "second": null,
                },
                "shares": [], "liveQuerySettings": null, "modelingTransformations": [],
                "schema": { "tables": [] },
            }),
        );
        let tables = dataset.pointer_mut("/schema/tables").and_then(Value::as_array_mut);
        for table in tables.into_iter().flatten() {
            super::doc::remove(table, &["tupleTransformations"]);
            set(table, "vTag", self.ids.uuid());
            set(table, "lastUpdated", now());
            fill(
                table,
                &json!({
                    "expression": null, "createdAt": now(), "description": null, "tags": null,
                    "aiGeneratedDescription": null, "displayName": null, "hidden": false,
                    "configOptions": null, "isMaterialized": false, "schemaName": null,
                    "buildBehavior": { "type": "sync", "accumulativeConfig": null },
                }),
            );
            let columns = table.get_mut("columns").and_then(Value::as_array_mut);
            for column in columns.into_iter().flatten() {
                fill(
                    column,
                    &json!({
                        "lastUpdated": now(), "aiGeneratedDescription": null, "expression": null,
                        "import": null, "isCustom": null, "hidden": false, "indexed": false,
                        "displayName": null, "description": null, "semanticIndex": null,
                        "isUpsertBy": false,
                    }),
                );
            }
        }
        if dataset["connection"]["parameters"].is_object() {
            self.learn_source(dataset);
        }
    }
}

/// What every document must hold.
fn check(document: &Value) -> Result<(), Reply> {
    if !document.is_object() {
        return Err(invalid("the body must be an object"));
    }
    if !["extract", "live"].contains(&text(document, "type")) {
        return Err(invalid("'type' must be extract or live"));
    }
    for key in ["datasets", "relations"] {
        if !document[key].is_array() {
            return Err(invalid(&format!("'{key}' must be a list")));
        }
    }
    let oid = &document["oid"];
    if !oid.is_null() && uuid::Uuid::parse_str(oid.as_str().unwrap_or("")).is_err() {
        return Err(not_an_id("elasticubeOid"));
    }
    for dataset in list(document, "datasets") {
        if uuid::Uuid::parse_str(text(dataset, "oid")).is_err() {
            return Err(not_an_id("datasetOid"));
        }
        let (kind, connection) = (text(dataset, "type"), &dataset["connection"]);
        if kind != "custom" && !connection.is_object() {
            return Err(invalid("'connection' is required"));
        }
    }
    Ok(())
}

fn taken(detail: &str) -> Reply {
    Reply::problem(StatusCode::BAD_REQUEST, "ElasticubeAlreadyExists", 1011, detail)
}

/// Adds members that are missing.
fn fill(doc: &mut Value, defaults: &Value) {
    if let (Some(doc), Some(defaults)) = (doc.as_object_mut(), defaults.as_object()) {
        for (key, value) in defaults {
            doc.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
}

/// Names the ids of a definition's parts.
fn collect(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(oid) if key == "oid" => found(oid),
                    _ if key == "connection" => {}
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}
