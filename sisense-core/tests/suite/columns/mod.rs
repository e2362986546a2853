mod bulk;
mod list;
mod unused;
mod unused_part;

use serde_json::{Value, json};
use sisense_core::domains::access::{GetUnusedColumns, UnusedColumns};
use sisense_core::{Partial, Result, Run};

use super::fake::Fake;

pub const ADMIN: &str = "/api/v1/dashboards/admin";
pub const EXPORT: &str = "/api/v1/dashboards/export";
pub const SCHEMA: &str = "/api/v2/datamodels/schema";
pub const SECURITY: &str = "/api/elasticubes/localhost/Shop/datasecurity";
pub const HIERARCHIES: &str = "/api/elasticubes/hierarchies";
pub const FORMULAS: &str = "/api/v1/formulas";
pub const FIELDS: &str =
    "oid,title,owner,parentFolder,datasource,shares,created,lastUpdated,lastOpened";

/// An id of a dashboard.
pub fn id(at: usize) -> String {
    format!("5f{at:022}")
}

/// A model with one table `A` of these columns.
pub fn model(oid: &str, title: &str, columns: &[&str]) -> Value {
    let columns: Vec<Value> = columns
        .iter()
        .map(|name| json!({"oid": format!("{oid}.{name}"), "name": name, "type": 18}))
        .collect();
    json!({"oid": oid, "title": title, "type": "extract", "datasets": [{"oid": "ds",
        "schema": {"tables": [{"oid": "t", "name": "A", "columns": columns}]}}]})
}

/// A row of the list of dashboards.
pub fn row(at: usize, source: &str) -> Value {
    json!({"oid": id(at), "title": format!("Board {at}"), "owner": "o",
           "datasource": {"title": source}})
}

/// An exported dashboard whose one widget names these columns of `A`.
pub fn export(at: usize, source: &str, columns: &[&str]) -> Value {
    let items: Vec<Value> =
        columns.iter().map(|name| json!({"jaql": {"dim": format!("[A.{name}]")}})).collect();
    json!({"oid": id(at), "title": format!("Board {at}"), "datasource": {"title": source},
        "widgets": [{"oid": "w", "title": "Chart",
                     "metadata": {"panels": [{"name": "rows", "items": items}]}}]})
}

/// A server with the model `Shop` of columns `x`, `y` and `z`, and one dashboard on it, which
/// names `x`. What a test mounts before wins.
pub async fn complete(fake: &Fake) {
    fake.get(SCHEMA, &[("title", "Shop")], model("m1", "Shop", &["x", "y", "z"])).await;
    fake.get(ADMIN, &[], json!([row(1, "Shop")])).await;
    fake.get(EXPORT, &[("dashboardIds", &id(1))], json!([export(1, "Shop", &["x"])])).await;
    fake.get(SECURITY, &[], json!([])).await;
    fake.get(HIERARCHIES, &[], json!([])).await;
    fake.get(FORMULAS, &[], json!([])).await;
}

pub async fn unused_of(fake: &Fake, all: bool) -> Result<Partial<UnusedColumns>> {
    let params = GetUnusedColumns { datamodel_name: "Shop".into(), include_all_dashboards: all };
    fake.client.access().get_unused_columns(&Run::reads().start(), params).await
}

/// `column: verdict` of each column, in order.
pub fn verdicts(found: &UnusedColumns) -> Vec<String> {
    let rows = found.report.columns.iter();
    rows.map(|row| {
        let verdict = serde_json::to_value(row.verdict).unwrap();
        format!("{}: {}", row.column, verdict.as_str().unwrap())
    })
    .collect()
}
