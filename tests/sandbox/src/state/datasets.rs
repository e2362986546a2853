//! Datasets of a model: making and deleting them.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Deployment;
use super::doc::{list, now, set, text};
use crate::auth::Caller;
use crate::model_variants::{Connections, DroppedColumns};
use crate::wire::Reply;

impl Deployment {
    /// Adds an empty dataset to a model's draft.
    pub(crate) fn create_dataset(
        &mut self,
        mut model: Value,
        body: &Map<String, Value>,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or("");
        let (name, own) = (word("name"), text(&model, "type").to_owned());
        let kind = if body.contains_key("type") { word("type") } else { "extract" };
        if name.trim().is_empty() {
            return Err(invalid("'name' is required"));
        }
        if kind != own && kind != "custom" {
            return Err(invalid(&format!("a dataset of type '{kind}' does not fit the model")));
        }
        if list(&model, "datasets").iter().any(|dataset| text(dataset, "name") == name) {
            return Err(invalid("a dataset with this name already exists"));
        }
        let none = Value::Null;
        let asked = body.get("connection").unwrap_or(&none);
        let connection = match (kind, asked.is_object()) {
            ("custom", false) => Value::Null,
            ("custom", true) => return Err(invalid("a custom dataset has no connection")),
            (_, false) => return Err(invalid("'connection' is required")),
            (_, true) => self.dataset_connection(asked, kind, caller)?,
        };
        let fullname = match text(&connection, "provider") {
            "" => name.to_owned(),
            provider => format!("{provider}:{name}"),
        };
        let place = |key: &str| body.get(key).filter(|it| it.is_string()).cloned();
        let dataset = json!({
            "oid": self.ids.uuid(), "type": kind, "connection": connection, "lastUpdated": now(),
            "database": place("database"), "schemaName": place("schemaName"), "name": name,
            "fullname": fullname, "modelingTransformations": [], "schema": { "tables": [] },
            "schedule": {
                "type": null, "lastExecution": null, "day": null, "days": null, "hour": null,
                "minute": null, "second": null,
            },
            "shares": [], "liveQuerySettings": null,
        });
        if let Some(datasets) = model.get_mut("datasets").and_then(Value::as_array_mut) {
            datasets.push(dataset.clone());
        }
        let oid = text(&model, "oid").to_owned();
        self.store_draft(&oid, model);
        Ok(dataset)
    }

    /// What a new dataset shows of its connection: a managed one, or one of its own.
    fn dataset_connection(
        &self,
        asked: &Value,
        kind: &str,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let Some(oid) = asked.get("oid") else {
            let whole = !text(asked, "provider").is_empty() && asked["parameters"].is_object();
            if !whole {
                return Err(invalid("'connection' needs an oid, or a provider and parameters"));
            }
            let mut connection = asked.clone();
            if connection["parameters"].get("Password").is_some() {
                set(&mut connection["parameters"], "Password", "");
            }
            return Ok(connection);
        };
        if self.variants.connections == Connections::Off {
            return Err(invalid("'connection.oid' is not known here"));
        }
        let oid = oid.as_str().and_then(|oid| uuid::Uuid::parse_str(oid).ok());
        let oid = oid.ok_or_else(|| not_an_id("connectionOid"))?.hyphenated().to_string();
        let view = self.connection(&oid, caller)?.view();
        if !list(&view, "supportedModelTypes").iter().any(|own| *own == kind.to_uppercase()) {
            return Err(invalid(&format!("the connection does not support {kind} models")));
        }
        Ok(view)
    }

    /// Deletes a dataset with its tables from a model's draft.
    pub(crate) fn delete_dataset(&mut self, mut model: Value, dataset: &str) {
        let tables = list(&model, "datasets").iter().filter(|one| text(one, "oid") == dataset);
        let gone: Vec<String> = tables
            .flat_map(|one| list(&one["schema"], "tables"))
            .flat_map(|table| list(table, "columns"))
            .map(|column| text(column, "oid").to_owned())
            .collect();
        if let Some(datasets) = model.get_mut("datasets").and_then(Value::as_array_mut) {
            datasets.retain(|one| text(one, "oid") != dataset);
        }
        drop_columns(&mut model, &gone, self.variants.dropped_columns);
        let oid = text(&model, "oid").to_owned();
        self.store_draft(&oid, model);
    }
}

/// Takes columns that are gone out of a model's relations.
pub(super) fn drop_columns(model: &mut Value, gone: &[String], how: DroppedColumns) {
    let is_gone = |end: &Value| gone.iter().any(|oid| oid == text(end, "column"));
    let mut relations = list(model, "relations").to_vec();
    match how {
        DroppedColumns::Removed => {
            relations.retain(|relation| !list(relation, "columns").iter().any(is_gone));
        }
        DroppedColumns::Marked => {
            let ends = relations
                .iter_mut()
                .filter_map(|relation| relation.get_mut("columns").and_then(Value::as_array_mut))
                .flatten();
            for end in ends.filter(|end| is_gone(end)) {
                set(end, "isDropped", true);
            }
        }
    }
    let pairs = relations.iter().map(|relation| {
        json!({
            "firstTable": relation["columns"][0]["table"],
            "secondTable": relation["columns"][1]["table"],
            "directionType": null, "joinType": "default",
        })
    });
    let pairs: Vec<Value> = pairs.collect();
    set(model, "relationsTables", pairs);
    set(model, "relations", relations);
}

/// A body that breaks a rule.
pub(crate) fn invalid(detail: &str) -> Reply {
    let detail = format!("Validation failed: {detail}");
    Reply::problem(StatusCode::BAD_REQUEST, "ValidationError", 1002, &detail)
}

/// A text in a body that is no UUID.
pub(crate) fn not_an_id(variable: &str) -> Reply {
    let detail = format!("Variable \"${variable}\" got invalid value; Expected type UUID");
    Reply::problem(StatusCode::BAD_REQUEST, "EcmApiError", 1012, &detail)
}
