//! Tables of a dataset: making, changing and deleting them.

use serde_json::{Map, Value, json};

use super::Deployment;
use super::columns::{columns, formula};
use super::custom_sql;
use super::datasets::{drop_columns, invalid, not_an_id};
use super::doc::{list, now, set, text};
use super::ids::Ids;
use crate::wire::Reply;

/// Where a table is.
pub(crate) struct At<'a> {
    pub(crate) dataset: &'a str,
    pub(crate) table: &'a str,
}

impl Deployment {
    /// Adds a table to a dataset of a model's draft.
    pub(crate) fn create_table(
        &mut self,
        mut model: Value,
        dataset: &str,
        body: &Map<String, Value>,
    ) -> Result<Value, Reply> {
        let home = list(&model, "datasets").iter().find(|one| text(one, "oid") == dataset);
        let custom = home.is_some_and(|home| text(home, "type") == "custom");
        let id = body.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
        if id.trim().is_empty() {
            return Err(invalid("'id' is required"));
        }
        let kind = body.get("type").filter(|kind| !kind.is_null());
        let wanted = if custom { "custom" } else { "base" };
        if kind.map_or(custom, |kind| kind != wanted) {
            return Err(invalid(&format!("'type' must be {wanted} in this dataset")));
        }
        let mut table = json!({
            "oid": self.ids.uuid(), "id": id, "name": id, "displayName": null, "type": wanted,
            "expression": null, "columns": [],
            "buildBehavior": { "type": "sync", "accumulativeConfig": null },
            "lastUpdated": now(), "hidden": false, "vTag": self.ids.uuid(), "configOptions": null,
            "createdAt": now(), "description": null, "tags": null, "aiGeneratedDescription": null,
            "isMaterialized": false, "schemaName": null,
        });
        if !custom && !body.get("columns").is_some_and(Value::is_array) {
            return Err(invalid("'columns' is required"));
        }
        if custom && !body.get("expression").is_some_and(Value::is_string) {
            return Err(invalid("'expression' is required"));
        }
        write(&mut self.ids, &model, &mut table, body)?;
        with_tables(&mut model, dataset, |tables| tables.push(table.clone()));
        let oid = text(&model, "oid").to_owned();
        self.store_draft(&oid, model);
        Ok(table)
    }

    /// Changes a table of a model's draft.
    pub(crate) fn change_table(
        &mut self,
        mut model: Value,
        at: &At<'_>,
        body: &Map<String, Value>,
    ) -> Result<Value, Reply> {
        let old = find(&model, at).cloned().unwrap_or_default();
        if body.get("type").is_some_and(|kind| *kind != old["type"]) {
            return Err(invalid("'type' cannot change"));
        }
        let mut table = old.clone();
        write(&mut self.ids, &model, &mut table, body)?;
        set(&mut table, "vTag", self.ids.uuid());
        set(&mut table, "lastUpdated", now());
        let kept: Vec<&str> =
            list(&table, "columns").iter().map(|column| text(column, "oid")).collect();
        let gone: Vec<String> = list(&old, "columns")
            .iter()
            .map(|column| text(column, "oid"))
            .filter(|oid| !kept.contains(oid))
            .map(str::to_owned)
            .collect();
        with_tables(&mut model, at.dataset, |tables| {
            for own in tables.iter_mut().filter(|own| text(own, "oid") == at.table) {
                *own = table.clone();
            }
        });
        if !gone.is_empty() {
            drop_columns(&mut model, &gone, self.variants.dropped_columns);
        }
        let oid = text(&model, "oid").to_owned();
        self.store_draft(&oid, model);
        Ok(table)
    }

    /// Deletes a table from a model's draft.
    pub(crate) fn delete_table(&mut self, mut model: Value, at: &At<'_>) {
        let columns = find(&model, at).map_or(&[][..], |table| list(table, "columns"));
        let gone: Vec<String> =
            columns.iter().map(|column| text(column, "oid").to_owned()).collect();
        with_tables(&mut model, at.dataset, |tables| {
            tables.retain(|table| text(table, "oid") != at.table);
        });
        drop_columns(&mut model, &gone, self.variants.dropped_columns);
        let oid = text(&model, "oid").to_owned();
        self.store_draft(&oid, model);
    }
}

/// A table by its place.
pub(crate) fn find<'a>(model: &'a Value, at: &At<'_>) -> Option<&'a Value> {
    let dataset = list(model, "datasets").iter().find(|one| text(one, "oid") == at.dataset)?;
    list(&dataset["schema"], "tables").iter().find(|table| text(table, "oid") == at.table)
}

/// All tables of a model.
pub(crate) fn all_tables(model: &Value) -> impl Iterator<Item = &Value> {
    list(model, "datasets").iter().flat_map(|dataset| list(&dataset["schema"], "tables"))
}

fn with_tables(model: &mut Value, dataset: &str, edit: impl FnOnce(&mut Vec<Value>)) {
    let datasets = model.get_mut("datasets").and_then(Value::as_array_mut);
    let mut own = datasets.into_iter().flatten().filter(|one| text(one, "oid") == dataset);
    let Some(dataset) = own.next() else { return };
    set(dataset, "lastUpdated", now());
    if let Some(tables) = dataset["schema"].get_mut("tables").and_then(Value::as_array_mut) {
        edit(tables);
    }
}

/// Checks the members of a body and writes them into a table.
fn write(
    ids: &mut Ids,
    model: &Value,
    table: &mut Value,
    body: &Map<String, Value>,
) -> Result<(), Reply> {
    let words =
        |value: &Value| value.as_array().is_some_and(|words| words.iter().all(Value::is_string));
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    type Check<'a> = (&'a str, &'a dyn Fn(&Value) -> bool, bool, &'a str);
    let checks: [Check<'_>; 6] = [
        ("id", &filled, false, "must be a text that is not blank"),
        ("name", &filled, false, "must be a text that is not blank"),
        ("hidden", &Value::is_boolean, false, "must be true or false"),
        ("description", &Value::is_string, true, "must be a text"),
        ("tags", &words, true, "must be a list of texts"),
        ("configOptions", &Value::is_object, true, "must be an object"),
    ];
    for (key, fits, or_null, must) in checks {
        let Some(value) = body.get(key) else { continue };
        if !(fits(value) || or_null && value.is_null()) {
            return Err(invalid(&format!("'{key}' {must}")));
        }
        set(table, key, value.clone());
    }
    let (oid, name) = (text(table, "oid").to_owned(), text(table, "name").to_lowercase());
    let twin = |one: &Value| text(one, "oid") != oid && text(one, "name").to_lowercase() == name;
    if all_tables(model).any(twin) {
        return Err(invalid("a table with this name already exists"));
    }
    if let Some(posted) = body.get("columns") {
        let posted = posted.as_array().ok_or_else(|| invalid("'columns' must be a list"))?;
        let columns = columns(ids, list(table, "columns"), posted)?;
        set(table, "columns", columns);
    }
    match body.get("expression") {
        None | Some(Value::Null) => {}
        Some(_) if text(table, "type") != "custom" => {
            return Err(invalid("only a custom table has an expression"));
        }
        Some(Value::String(sql)) => {
            let columns = custom_sql::columns(ids, model, list(table, "columns"), sql)?;
            set(table, "columns", columns);
            set(table, "expression", formula(ids, sql));
        }
        Some(_) => return Err(invalid("'expression' must be a text")),
    }
    if let Some(behaviour) = body.get("buildBehavior").filter(|it| !it.is_null()) {
        let checked = behaves(behaviour, list(table, "columns"))?;
        set(table, "buildBehavior", checked);
    }
    Ok(())
}

/// Checks how builds are to treat a table.
fn behaves(asked: &Value, columns: &[Value]) -> Result<Value, Reply> {
    let kind = text(asked, "type");
    if !["sync", "accumulativeSync", "ignoreIfExists"].contains(&kind) {
        return Err(invalid(
            "'buildBehavior.type' must be sync, accumulativeSync or ignoreIfExists",
        ));
    }
    let config = &asked["accumulativeConfig"];
    if config.is_null() {
        return Ok(json!({ "type": kind, "accumulativeConfig": null }));
    }
    if kind != "accumulativeSync" {
        return Err(invalid("'accumulativeConfig' is for accumulativeSync only"));
    }
    let column = uuid::Uuid::parse_str(text(config, "column"));
    let column = column.map_err(|_| not_an_id("columnOid"))?.hyphenated().to_string();
    if !columns.iter().any(|own| text(own, "oid") == column) {
        return Err(invalid("'accumulativeConfig.column' is no column of this table"));
    }
    let days = |key: &str| config[key].as_u64().is_some_and(|days| days > 0);
    let fits = match text(config, "type") {
        "lastStored" => true,
        "lastDays" => days("lastDays"),
        _ => false,
    };
    if !fits || !(config["keepOnlyDays"].is_null() || days("keepOnlyDays")) {
        return Err(invalid("'accumulativeConfig' must be lastStored, or lastDays with days"));
    }
    Ok(json!({
        "type": kind,
        "accumulativeConfig": {
            "column": column, "type": config["type"], "lastDays": config["lastDays"],
            "keepOnlyDays": config["keepOnlyDays"],
        },
    }))
}
