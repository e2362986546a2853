mod columns;
mod get;
mod scripts;
mod scripts_borrowed;
mod shares;

use serde_json::{Value, json};

use super::fake::Fake;

pub const ID: &str = "5f0000000000000000000001";
pub const TWIN: &str = "5f0000000000000000000002";
pub const ME: &str = "aa0000000000000000000001";
pub const OWNER: &str = "aa0000000000000000000002";
pub const ANN: &str = "aa0000000000000000000003";
pub const WIDGET: &str = "bb0000000000000000000001";
pub const ADMIN: &str = "/api/v1/dashboards/admin";
pub const FIELDS: &str =
    "oid,title,owner,parentFolder,datasource,shares,created,lastUpdated,lastOpened";

/// A row of the admin's list.
pub fn row(owner: &str) -> Value {
    json!({"oid": ID, "title": "Pipeline", "owner": owner, "parentFolder": null,
           "datasource": {"title": "Shop", "fullname": "LocalHost/Shop"},
           "shares": [{"shareId": owner, "type": "user", "subscribe": false},
                      {"shareId": ANN, "type": "user", "rule": "edit", "subscribe": true}],
           "created": "2026-01-01T00:00:00.000Z"})
}

/// The list's request, as it is written.
pub fn list_line(filter: &str) -> String {
    format!("GET {ADMIN}?dashboardType=owner&{filter}fields={FIELDS}")
}

/// A dashboard of this owner, found by id and exported, and a caller who is an admin.
pub async fn dashboard_of(owner: &str, export: Value) -> Fake {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[("id", ID)], json!([row(owner)])).await;
    fake.get(
        "/api/users/loggedin",
        &[],
        json!({"_id": ME, "email": "me@example.com", "roleName": "admin"}),
    )
    .await;
    fake.get("/api/v1/dashboards/export", &[("dashboardIds", ID)], json!([export])).await;
    fake
}
