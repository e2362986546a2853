//! Tests of documents: made-up ones for each rule, captured ones for the whole.

mod captures;
mod dashboards;
mod models;
mod properties;
mod references;
mod rewriting;
mod sql;
mod usage;

use serde_json::{Value, json};

use super::*;

fn dashboard(value: Value) -> DashboardDocument {
    DashboardDocument::from_value(value).unwrap()
}

fn model(value: Value) -> ModelDocument {
    ModelDocument::from_value(value).unwrap()
}

/// A model called `Shop` with these tables and columns; ids are `<table>` and `<table>.<column>`.
fn shop(tables: &[(&str, &[&str])]) -> Value {
    let tables: Vec<Value> = tables
        .iter()
        .map(|(table, columns)| {
            let columns: Vec<Value> = columns
                .iter()
                .map(|column| json!({"oid": format!("{table}.{column}"), "name": column, "type": 18}))
                .collect();
            json!({"oid": table, "name": table, "type": "base", "columns": columns})
        })
        .collect();
    json!({"oid": "m1", "title": "Shop", "type": "extract",
           "datasets": [{"oid": "d1", "type": "extract", "schema": {"tables": tables}}],
           "relations": []})
}

/// A dashboard over `Shop` with one widget and these items in its `values` panel.
fn dashboard_with(items: Value) -> Value {
    json!({"oid": "d0", "title": "Board", "datasource": {"title": "Shop"},
           "widgets": [{"oid": "w1", "title": "Chart", "type": "chart/bar",
                        "metadata": {"panels": [{"name": "values", "items": items}]}}]})
}
