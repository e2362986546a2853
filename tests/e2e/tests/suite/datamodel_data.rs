//! Rows and row counts, compared with what the sandbox holds.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::datamodel::{DataRequest, DataRows, GetData, GetRowCount, RowCounts};
use sisense_core::{Client, ErrorKind, Partial, Result, Run};
use sisense_sandbox::{RowSizes, Sandbox, SandboxConfig};

use super::support::{client, client_with, sandbox};

const WAREHOUSE: &str = "Sample Warehouse";
const LEADS: &str = "Sample Lead Generation";
const SHOP: &str = "Sample ECommerce";

async fn ask(client: &Client, model: &str, table: &str, more: Value) -> Result<DataRows> {
    let mut args = json!({"datamodel_name": model, "table_name": table});
    for (key, value) in more.as_object().unwrap() {
        args[key] = value.clone();
    }
    let params: GetData = serde_json::from_value(args).unwrap();
    client.datamodel().get_data(params).await
}

async fn count(client: &Client, model: &str) -> Result<Partial<RowCounts>> {
    let params = GetRowCount { datamodel_name: model.into() };
    client.datamodel().get_row_count(&Run::reads().start(), params).await
}

async fn sized(rows: RowSizes) -> Sandbox {
    Sandbox::start(SandboxConfig { rows, ..SandboxConfig::default() }).await.unwrap()
}

/// A built extract model with one table of as many rows as the sandbox gives to new tables.
fn long_model() -> Value {
    json!({
        "oid": "11111111-2222-4333-8444-555555555555", "title": "Long / List", "type": "extract",
        "lastBuildTime": "2026-05-18T14:30:00.000Z", "lastUpdated": "2026-05-18T14:30:00.000Z",
        "datasets": [{"oid": "d1", "name": "d1", "type": "extract", "schema": {"tables": [
            {"oid": "t1", "id": "Events", "name": "Events", "type": "base", "hidden": false,
             "columns": [{"oid": "c1", "id": "Event ID", "name": "Event ID", "type": 8}]}]}}],
        "relations": [], "shares": [],
    })
}

#[tokio::test]
async fn a_table_with_any_name_is_one_request() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    for (table, rows) in [("stock.moves.csv", 90), ("Storage Bins", 16), ("Parts", 12)] {
        sandbox.clear_requests();
        let found = ask(&client, WAREHOUSE, table, json!({})).await.unwrap();
        assert_eq!((found.row_count, found.truncated), (rows, false), "{table}");
        assert!(found.columns.iter().all(|column| column.kind.is_some()));
        assert!(found.rows.iter().all(|row| row.len() == found.columns.len()));
        assert_eq!(sandbox.counts().total, 1, "{table}");
    }
    sandbox.clear_requests();
    let found = ask(&client, LEADS, "Leads", json!({"limit": 100})).await.unwrap();
    assert_eq!((found.row_count, found.truncated, found.next_offset), (100, true, Some(100)));
    assert_eq!(sandbox.counts().total, 1);
    let rest = ask(&client, LEADS, "Leads", json!({"offset": 100})).await.unwrap();
    assert_eq!((rest.row_count, rest.truncated), (20, false));
}

#[tokio::test]
async fn a_query_gives_its_columns_with_repeated_headers_numbered() {
    let sandbox = sandbox().await;
    let query = "SELECT COUNT(*), COUNT(DISTINCT [Part ID]) -- twice Column\nFROM [Parts];";
    let found = ask(&client(&sandbox), WAREHOUSE, "Parts", json!({"query": query})).await.unwrap();
    assert_eq!(serde_json::to_value(&found.rows).unwrap(), json!([{"Column": 12, "Column_2": 12}]));
}

#[tokio::test]
async fn all_rows_come_though_the_server_gives_a_thousand_at_once() {
    let rows = RowSizes { per_table: 2_345, live_cap: 1_000, ..RowSizes::default() };
    let sandbox = sized(rows).await;
    let mut live = long_model();
    live["type"] = json!("live");
    live["datasets"][0]["type"] = json!("live");
    live["lastPublishTime"] = json!("2026-05-18T14:30:00.000Z");
    sandbox.load(live).unwrap();
    let more = json!({"limit": 50_000});
    let found = ask(&client(&sandbox), "Long / List", "Events", more).await.unwrap();
    let mut ids: Vec<i64> =
        found.rows.iter().map(|row| row["Event ID"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((found.row_count, ids.len(), found.truncated), (2_345, 2_345, false));
}

#[tokio::test]
async fn a_long_table_is_read_page_by_page() {
    let sandbox = sized(RowSizes { per_table: 23_456, ..RowSizes::default() }).await;
    sandbox.load(long_model()).unwrap();
    let request = DataRequest::table("Long / List", "Events");
    let mut pages = client(&sandbox).datamodel().data_pages(request).unwrap();
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.rows.len());
    }
    assert_eq!(sizes, [10_000, 10_000, 3_456]);
    assert_eq!((pages.rows_read(), pages.is_truncated()), (23_456, false));
    let found = ask(&client(&sandbox), "Long / List", "Events", json!({"limit": 50_000})).await;
    assert_eq!(found.unwrap().row_count, 23_456);
}

#[tokio::test]
async fn why_there_are_no_rows_is_told_however_the_server_refuses() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let draft = json!({"datamodel_name": "Draft", "datamodel_type": "extract"});
    let run = Run::unattended().start();
    client
        .datamodel()
        .create_datamodel(&run, serde_json::from_value(draft).unwrap())
        .await
        .unwrap();
    for sql_errors in ["in-body", "status"] {
        sandbox.set_variants(serde_json::from_value(json!({ "sql_errors": sql_errors })).unwrap());
        for (model, table, query, kind, near) in [
            ("Sample Warehous", "Parts", None, ErrorKind::NotFound, Some(WAREHOUSE)),
            (WAREHOUSE, "Part", None, ErrorKind::NotFound, Some("Parts")),
            (SHOP, "Staging Orders", None, ErrorKind::Unsupported, None),
            (SHOP, "x", Some("SELECT * FROM [Staging Orders]"), ErrorKind::Unsupported, None),
            ("Draft", "Parts", None, ErrorKind::Unsupported, None),
            (
                WAREHOUSE,
                "x",
                Some("SELECT 1 FROM Nothing"),
                ErrorKind::NotFound,
                Some("Warehouses"),
            ),
            (WAREHOUSE, "x", Some("SELECT Nothing FROM Parts"), ErrorKind::InvalidInput, None),
        ] {
            let more = query.map_or_else(|| json!({}), |query| json!({ "query": query }));
            let error = ask(&client, model, table, more).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{sql_errors} {model} {table} {query:?}: {error}");
            assert_eq!(error.candidates().first().map(String::as_str), near, "{error}");
            assert!(error.report().next_step.is_some());
        }
        // Another case, and an id, are no reason for an error.
        let found = ask(&client, "sample warehouse", "PARTS", json!({})).await.unwrap();
        assert_eq!(found.row_count, 12);
    }
}

#[tokio::test]
async fn the_right_to_query_is_asked_for() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = ask(&viewer, WAREHOUSE, "Parts", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert!(error.to_string().contains("queries in SQL"), "{error}");
}

#[tokio::test]
async fn the_tables_are_counted_but_hidden_ones() {
    let sandbox = sandbox().await;
    sandbox.set_variants(serde_json::from_value(json!({"admin_rows": "all"})).unwrap());
    let client = client(&sandbox);
    let found = count(&client, WAREHOUSE).await.unwrap();
    assert!(found.is_whole() && found.value.complete);
    let rows: Vec<(&str, u64)> = found.value.tables[..4]
        .iter()
        .map(|table| (table.table_name.as_str(), table.row_count.unwrap()))
        .collect();
    assert_eq!(
        rows,
        [("Warehouses", 4), ("Storage Bins", 16), ("stock.moves.csv", 90), ("Parts", 12)]
    );
    let sum: u64 = found.value.tables.iter().filter_map(|table| table.row_count).sum();
    assert_eq!(found.value.total_row_count, sum);

    let shop = count(&client, SHOP).await.unwrap();
    let staging = shop.value.tables.iter().find(|table| table.table_name == "Staging Orders");
    assert!(staging.unwrap().not_queryable && !shop.value.complete && shop.is_whole());
}

#[tokio::test]
async fn a_table_of_the_draft_cannot_be_counted_and_a_draft_is_one_error() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let run = Run::unattended().start();
    let table = json!({"datamodel_name": "Sample Budget", "table_name": "Order Lines",
        "database_name": "acme", "schema_name": "public"});
    let dataset = json!({"datamodel_name": "Sample Budget", "connection_name": "Acme Warehouse",
        "database_name": "acme", "schema_name": "public"});
    let dataset = serde_json::from_value(dataset).unwrap();
    client.datamodel().create_dataset(&run, dataset).await.unwrap();
    let _ = client
        .datamodel()
        .create_table(&run, serde_json::from_value(table).unwrap())
        .await
        .unwrap();
    let found = count(&client, "Sample Budget").await.unwrap();
    let told: Vec<_> = found
        .value
        .tables
        .iter()
        .map(|table| (table.table_name.as_str(), table.row_count, table.not_queryable))
        .collect();
    assert_eq!(told, [("Budget", Some(8), false), ("Order Lines", None, true)]);

    let draft = json!({"datamodel_name": "Draft", "datamodel_type": "live"});
    client
        .datamodel()
        .create_datamodel(&run, serde_json::from_value(draft).unwrap())
        .await
        .unwrap();
    let error = count(&client, "Draft").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("never published"), "{error}");
}
