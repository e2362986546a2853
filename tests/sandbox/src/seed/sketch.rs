//! Short notation for models: tables with columns, and relations by name.

use serde_json::{Value, json};

use super::people::{CREATED, TOUCHED};
use super::sources;
use crate::state::Deployment;
use crate::state::doc::{list, set, text};

/// A table on paper. Columns are written as `name:type` with an optional `:hidden`.
pub(super) struct TableSketch {
    name: &'static str,
    columns: Vec<String>,
    provider: &'static str,
    members: Vec<(&'static str, Value)>,
    sql: Option<&'static str>,
    computed: Vec<(&'static str, &'static str)>,
    grows_by: Option<&'static str>,
    rows: Option<usize>,
}

/// A table that is read from a source.
pub(super) fn table(name: &'static str, provider: &'static str, columns: &[&str]) -> TableSketch {
    TableSketch {
        name,
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        provider,
        members: Vec::new(),
        sql: None,
        computed: Vec::new(),
        grows_by: None,
        rows: None,
    }
}

/// A table made by SQL over the model.
pub(super) fn custom(name: &'static str, sql: &'static str, columns: &[&str]) -> TableSketch {
    TableSketch { sql: Some(sql), ..table(name, "", columns) }
}

impl TableSketch {
    /// Sets any member of the table.
    pub(super) fn with(mut self, key: &'static str, value: Value) -> Self {
        self.members.push((key, value));
        self
    }

    /// Adds a column made by an expression.
    pub(super) fn computed(mut self, name: &'static str, expression: &'static str) -> Self {
        self.computed.push((name, expression));
        self
    }

    /// Gives the table so many rows.
    pub(super) fn rows(mut self, rows: usize) -> Self {
        self.rows = Some(rows);
        self
    }

    /// Makes builds append what is newer by a column.
    pub(super) fn grows_by(mut self, column: &'static str) -> Self {
        self.grows_by = Some(column);
        self
    }
}

/// Builds a model and puts it into the deployment. Relations are pairs of `Table.Column`.
pub(super) fn model(
    deployment: &mut Deployment,
    title: &str,
    kind: &str,
    creator: &str,
    tables: Vec<TableSketch>,
    relations: &[(&str, &str)],
) -> String {
    let oid = deployment.ids.model_uuid();
    let mut model = deployment.new_model(&oid, title, kind, creator);
    let datasets: Vec<Value> =
        tables.iter().map(|table| dataset(deployment, table, kind, creator)).collect();
    set(&mut model, "datasets", datasets);
    let relations: Vec<Value> = relations
        .iter()
        .filter_map(|(left, right)| {
            let (left, right) = (endpoint(&model, left)?, endpoint(&model, right)?);
            let oid = deployment.ids.model_uuid();
            Some(json!({ "oid": oid, "columns": [left, right], "type": null }))
        })
        .collect();
    let pairs: Vec<Value> = relations
        .iter()
        .map(|relation| {
            json!({
                "firstTable": relation["columns"][0]["table"],
                "secondTable": relation["columns"][1]["table"],
                "directionType": null, "joinType": "default",
            })
        })
        .collect();
    set(&mut model, "relations", relations);
    set(&mut model, "relationsTables", pairs);
    set(&mut model, "lastUpdated", CREATED);
    set(&mut model, if kind == "live" { "lastPublishTime" } else { "lastBuildTime" }, TOUCHED);
    deployment.models.insert(oid.clone(), model);
    oid
}

fn dataset(deployment: &mut Deployment, sketch: &TableSketch, kind: &str, owner: &str) -> Value {
    let (oid, name) = (deployment.ids.model_uuid(), deployment.ids.uuid());
    let (kind, connection, fullname) = match sketch.sql {
        Some(_) => ("custom", Value::Null, name.clone()),
        None => {
            let connection = sources::connection(deployment, sketch.provider, owner);
            (kind, connection, format!("{}:{name}", sketch.provider))
        }
    };
    let dataset = json!({
        "oid": oid, "type": kind, "connection": connection, "lastUpdated": TOUCHED,
        "database": "null", "schemaName": "null", "name": name, "fullname": fullname,
        "modelingTransformations": [],
        "schema": { "tables": [base_table(deployment, sketch)] },
        "schedule": {
            "type": null, "lastExecution": null, "day": null, "days": null, "hour": null,
            "minute": null, "second": null,
        },
        "shares": [], "liveQuerySettings": null,
    });
    deployment.learn_source(&dataset);
    dataset
}

fn base_table(deployment: &mut Deployment, sketch: &TableSketch) -> Value {
    let mut columns: Vec<Value> =
        sketch.columns.iter().map(|spec| column(deployment, spec, None)).collect();
    for (name, expression) in &sketch.computed {
        columns.push(column(deployment, &format!("{name}:double"), Some(expression)));
    }
    let growth = sketch.grows_by.and_then(|name| {
        let column = columns.iter().find(|column| text(column, "name") == name)?;
        Some(json!({
            "type": "accumulativeSync",
            "accumulativeConfig": {
                "column": column["oid"], "type": "lastStored", "lastDays": null, "keepOnlyDays": null,
            },
        }))
    });
    let ids = &mut deployment.ids;
    let expression = sketch
        .sql
        .map(|sql| json!({ "oid": ids.model_uuid(), "expression": sql, "lastUpdated": CREATED }));
    let mut table = json!({
        "oid": ids.model_uuid(), "id": sketch.name, "name": sketch.name, "displayName": null,
        "type": if sketch.sql.is_some() { "custom" } else { "base" },
        "expression": expression, "columns": columns,
        "buildBehavior": growth.unwrap_or(json!({ "type": "sync", "accumulativeConfig": null })),
        "lastUpdated": CREATED, "hidden": false, "vTag": ids.uuid(), "configOptions": null,
        "createdAt": CREATED, "description": null, "tags": null, "aiGeneratedDescription": null,
        "isMaterialized": false, "schemaName": null,
    });
    if let Some(rows) = sketch.rows {
        deployment.row_counts.seeded.insert(text(&table, "oid").to_owned(), rows);
    }
    for (key, value) in &sketch.members {
        set(&mut table, key, value.clone());
    }
    table
}

fn column(deployment: &mut Deployment, spec: &str, expression: Option<&str>) -> Value {
    let mut parts = spec.split(':');
    let (name, kind) = (parts.next().unwrap_or(""), parts.next().unwrap_or("text"));
    let hidden = parts.next() == Some("hidden");
    let (code, size, precision) = match kind {
        "int" => (8, 4, 10),
        "bigint" => (0, 8, 19),
        "decimal" => (5, 16, 16),
        "double" => (40, 8, 15),
        "datetime" => (4, 8, 0),
        // A code that no published list holds.
        "odd" => (99, 1, 0),
        _ => (18, 50, 0),
    };
    let ids = &mut deployment.ids;
    let formula = expression.map(|expression| {
        json!({ "oid": ids.model_uuid(), "expression": expression, "lastUpdated": CREATED })
    });
    json!({
        "id": name, "name": name, "displayName": null, "semanticIndex": null,
        "aiGeneratedDescription": null, "oid": ids.model_uuid(), "type": code, "size": size,
        "precision": precision, "scale": 0, "hidden": hidden, "indexed": code == 18,
        "isUpsertBy": false, "lastUpdated": CREATED, "description": null, "expression": formula,
        "import": null, "isCustom": expression.map(|_| true),
    })
}

/// A relation's end by `Table.Column`. The table's name may itself hold dots.
fn endpoint(model: &Value, reference: &str) -> Option<Value> {
    for dataset in list(model, "datasets") {
        for table in list(&dataset["schema"], "tables") {
            let Some(rest) = reference.strip_prefix(text(table, "name")) else { continue };
            let Some(name) = rest.strip_prefix('.') else { continue };
            let found = list(table, "columns").iter().find(|column| text(column, "name") == name);
            if let Some(column) = found {
                return Some(json!({
                    "dataset": dataset["oid"], "table": table["oid"], "column": column["oid"],
                    "isDropped": null,
                }));
            }
        }
    }
    None
}
