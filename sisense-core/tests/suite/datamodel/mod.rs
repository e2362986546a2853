mod connections;
mod count;
mod data;
mod models;
mod security;
mod shares;
mod source;

use serde_json::{Value, json};

pub const SCHEMA: &str = "/api/v2/datamodels/schema";
pub const SQL: &str = "/api/datasources/Sales/sql";
pub const OID: &str = "5f0cb527-50f2-482b-aece-33e2ece6fe81";

/// The built model `Sales` with the table `Orders` and the hidden table `Items`.
pub fn model() -> Value {
    let column = |oid: &str, name: &str| json!({"oid": oid, "name": name, "type": 8});
    json!({
        "oid": OID, "title": "Sales", "type": "extract", "creator": {"id": "aa"},
        "lastBuildTime": "2026-11-01T00:00:00.000Z", "lastUpdated": "2026-10-31T00:00:00.000Z",
        "datasets": [{"oid": "d1", "name": "d1", "type": "extract",
            "connection": {"provider": "CSV", "name": "Files", "oid": "c1"},
            "schema": {"tables": [
                {"oid": "t1", "name": "Orders", "type": "base", "hidden": false,
                 "columns": [column("c1", "Id"), column("c2", "Region")]},
                {"oid": "t2", "name": "Items", "type": "base", "hidden": true,
                 "columns": [column("c3", "Order")]}]}}],
    })
}
