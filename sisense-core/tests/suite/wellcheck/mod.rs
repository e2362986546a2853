mod dashboards;
mod full;
mod m2m;
mod models;

use serde_json::{Value, json};

use super::fake::Fake;

pub const ADMIN: &str = "/api/v1/dashboards/admin";
pub const EXPORT: &str = "/api/v1/dashboards/export";
pub const SCHEMA: &str = "/api/v2/datamodels/schema";

/// An id of a dashboard.
pub fn id(at: usize) -> String {
    format!("5f{at:022}")
}

pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A row of the list of dashboards.
pub fn row(at: usize, title: &str) -> Value {
    json!({"oid": id(at), "title": title, "owner": "o", "datasource": {"title": "Shop"}})
}

/// An exported dashboard on `Shop` with these widgets.
pub fn export(at: usize, title: &str, widgets: Value) -> Value {
    json!({"oid": id(at), "title": title, "datasource": {"title": "Shop"}, "widgets": widgets})
}

/// A column: its name and its type code.
pub fn column(table: &str, name: &str, code: i64) -> Value {
    json!({"oid": format!("{table}.{name}"), "name": name, "type": code})
}

pub fn table(name: &str, columns: &[(&str, i64)]) -> Value {
    let columns: Vec<Value> =
        columns.iter().map(|(column_name, code)| column(name, column_name, *code)).collect();
    json!({"oid": name, "name": name, "columns": columns})
}

/// A relation between columns, each as `Table.column`.
pub fn relation(id: &str, ends: &[&str]) -> Value {
    let end = |end: &&str| {
        let (table, _) = end.split_once('.').unwrap();
        json!({"table": table, "column": end})
    };
    json!({"oid": id, "columns": ends.iter().map(end).collect::<Vec<_>>()})
}

pub fn model(oid: &str, title: &str, tables: Value, relations: Value) -> Value {
    json!({"oid": oid, "title": title, "type": "extract", "lastBuildTime": "2024-01-01T00:00:00Z",
           "datasets": [{"oid": "ds", "name": "main", "schema": {"tables": tables}}],
           "relations": relations})
}

/// How many requests went to a path.
pub async fn count(fake: &Fake, path: &str) -> usize {
    fake.requests().await.iter().filter(|line| line.contains(path)).count()
}

/// What is missing from an answer.
pub fn whats<T>(part: &sisense_core::Partial<T>) -> Vec<&str> {
    part.missing.iter().map(|missing| missing.what.as_str()).collect()
}
