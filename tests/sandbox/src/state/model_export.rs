//! Models as documents: the definition, without what belongs to this deployment only.

use serde_json::{Map, Value, json};

use super::Deployment;
use super::doc::{list, remove, set, text};
use super::sealed;

/// What a document can carry besides the definition.
pub(crate) const DEPENDENCIES: [&str; 5] =
    ["dataContext", "scopeConfiguration", "formulaManagement", "drillHierarchies", "perspectives"];

impl Deployment {
    /// The document of a model with the dependencies that were asked for.
    pub(crate) fn model_document(&self, model: &Value, wanted: &[String]) -> Value {
        let datasets: Vec<Value> =
            list(model, "datasets").iter().map(|dataset| self.dataset_document(dataset)).collect();
        let tables = datasets.iter().flat_map(|dataset| list(&dataset["schema"], "tables"));
        let places = tables.enumerate().map(
            |(at, table)| json!({ "id": table["oid"], "x": 240 * at, "y": 120, "fixed": false }),
        );
        let places: Vec<Value> = places.collect();
        let mut document = json!({
            "_id": model["_id"], "oid": model["oid"], "title": model["title"],
            "type": model["type"], "relationType": model["relationType"],
            "server": model["server"],
            "buildDestination": { "destination": "ECCloud", "database": null, "schema": null },
            "modelStatistics": {
                "enableModelStatistics": false, "allTablesPerCollection": false,
                "maxTablesPerCollection": 10,
            },
            "fiscal": "system", "relations": model["relations"], "datasets": datasets,
            "analyticalEngine": model["analyticalEngine"],
            "modelsLayouts": { "nodesPositions": places },
        });
        if !wanted.is_empty() {
            let all = wanted.iter().map(|kind| (kind.clone(), self.dependency(model, kind)));
            set(&mut document, "dependencies", all.collect::<Map<_, _>>());
        }
        document
    }

    fn dataset_document(&self, dataset: &Value) -> Value {
        let mut document = dataset.clone();
        remove(&mut document, &["lastUpdated", "schedule", "shares"]);
        set(&mut document, "connection", self.sealed_connection(&dataset["connection"]));
        let tables = list(&dataset["schema"], "tables").iter().map(|table| {
            let mut table = table.clone();
            let own = ["lastUpdated", "createdAt", "aiGeneratedDescription"];
            remove(&mut table, &own);
            if table["expression"].is_null() {
                remove(&mut table, &["expression"]);
            }
            set(&mut table, "tupleTransformations", json!([]));
            if let Some(columns) = table.get_mut("columns").and_then(Value::as_array_mut) {
                columns.iter_mut().for_each(plain_column);
            }
            table
        });
        let tables: Vec<Value> = tables.collect();
        set(&mut document, "schema", json!({ "tables": tables }));
        document
    }

    /// A connection with its settings sealed; what was sealed elsewhere stays as it is.
    fn sealed_connection(&self, connection: &Value) -> Value {
        if connection.is_null() {
            return Value::Null;
        }
        let managed = self.connections.get(text(connection, "oid"));
        let settings = match &connection["parameters"] {
            own if own.is_string() => own.clone(),
            own => {
                let whole = managed.map_or(own, |managed| &managed.doc["parameters"]);
                json!(sealed::seal(&self.tenant, whole))
            }
        };
        let mut document = json!({});
        let keys = ["oid", "name", "description", "id", "provider", "parameters", "schema"];
        for key in keys.iter().chain(&["fileName", "globalTableConfigOptions"]) {
            set(&mut document, key, connection[key].clone());
        }
        set(&mut document, "parameters", settings);
        set(&mut document, "supportedModelTypes", connection["supportedModelTypes"].clone());
        document
    }

    fn dependency(&self, model: &Value, kind: &str) -> Value {
        let title = text(model, "title");
        let rows: Vec<Value> = match kind {
            "dataContext" => self.rules_of(model),
            "formulaManagement" => self
                .formulas
                .iter()
                .filter(|row| text(&row["datasource"], "title") == title)
                .cloned()
                .collect(),
            "drillHierarchies" => self
                .hierarchies
                .iter()
                .filter(|row| text(row, "elasticubeTitle") == title)
                .cloned()
                .collect(),
            "perspectives" => {
                let oid = &model["oid"];
                let default = json!({
                    "_id": model["_id"], "oid": oid, "datamodelOid": oid, "name": "Default",
                    "description": null, "isDefault": true, "parentOid": null, "tables": [],
                    "analyticalEngine": { "queryAeMode": model["analyticalEngine"]["queryAeMode"] },
                });
                let own = self.perspectives.iter().filter(|row| row["datamodelOid"] == *oid);
                std::iter::once(default).chain(own.cloned()).collect()
            }
            // There are no scopes in this deployment.
            _ => Vec::new(),
        };
        Value::Array(rows)
    }
}

fn plain_column(column: &mut Value) {
    remove(column, &["lastUpdated", "aiGeneratedDescription"]);
    for key in ["expression", "import", "isCustom"] {
        if column[key].is_null() {
            remove(column, &[key]);
        }
    }
}
