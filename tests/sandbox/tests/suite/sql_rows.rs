//! The rows themselves: they fit together as the models say.

use serde_json::{Value, json};
use sisense_sandbox::{RowSizes, SandboxConfig, Sizes, Variants};

use super::Bench;

const WAREHOUSE: &str = "Sample Warehouse";
const SHOP: &str = "Sample ECommerce";

/// Everybody sees every row, so that only the data is tested.
async fn open() -> Bench {
    let variants = Variants { admin_rows: sisense_sandbox::AdminRows::All, ..Variants::default() };
    Bench::variants(variants).await
}

/// The rows of a query as texts.
async fn texts(bench: &Bench, title: &str, query: &str) -> Vec<String> {
    let rows = bench.rows(title, query).await;
    rows.as_array().unwrap().iter().map(Value::to_string).collect()
}

#[tokio::test]
async fn foreign_keys_are_in_the_parent_or_null() {
    let bench = open().await;
    for (title, child, key, parent, parent_key) in [
        (SHOP, "Commerce", "Brand ID", "Brand", "Brand ID"),
        (SHOP, "Commerce", "Category ID", "Category", "Category ID"),
        (SHOP, "Commerce", "Country ID", "Country", "Country ID"),
        (SHOP, "Best Brands", "Top Brand ID", "Brand", "Brand ID"),
        ("Sample Healthcare", "Admissions", "Patient ID", "Patients", "Patient ID"),
        ("Sample Healthcare", "Doctors", "Division ID", "Divisions", "Division ID"),
        ("Sample Healthcare", "Admissions", "Diagnosis Code", "Diagnosis", "Diagnosis Code"),
        ("Sample Lead Generation", "Leads", "Account ID", "Accounts", "Account ID"),
        (WAREHOUSE, "stock.moves.csv", "Part ID", "Parts", "Part ID"),
        (WAREHOUSE, "Storage Bins", "Warehouse ID", "Warehouses", "Warehouse ID"),
    ] {
        let parents = texts(&bench, title, &format!("SELECT [{parent_key}] FROM [{parent}]")).await;
        let unique = format!(
            "SELECT COUNT([{parent_key}]) - COUNT(DISTINCT [{parent_key}]) FROM [{parent}]"
        );
        assert_eq!(bench.rows(title, &unique).await, json!([[0]]), "{parent}");
        let query = format!("SELECT DISTINCT [{key}] FROM [{child}] WHERE [{key}] IS NOT NULL");
        let children = texts(&bench, title, &query).await;
        assert!(children.len() > 1 && children.iter().all(|key| parents.contains(key)), "{child}");
    }
    let query = "SELECT COUNT(*) FROM Commerce WHERE [Brand ID] IS NULL";
    assert_ne!(bench.rows(SHOP, query).await, json!([[0]]));
}

#[tokio::test]
async fn some_relations_are_unique_on_no_side() {
    let bench = open().await;
    for (title, table, key) in [
        (SHOP, "Commerce", "Condition Key"),
        (SHOP, "Returns", "Condition Key"),
        (WAREHOUSE, "stock.moves.csv", "Batch Key"),
        (WAREHOUSE, "Batch Checks", "Batch Key"),
    ] {
        let query = format!("SELECT COUNT([{key}]), COUNT(DISTINCT [{key}]) FROM [{table}]");
        let rows = bench.rows(title, &query).await;
        assert!(rows[0][0].as_i64() > rows[0][1].as_i64(), "{table}: {rows}");
    }
}

#[tokio::test]
async fn a_composite_key_is_unique_as_a_whole_only() {
    let bench = open().await;
    let pairs = "SELECT [Warehouse ID], [Bin No] FROM [Storage Bins]";
    let bins = texts(&bench, WAREHOUSE, pairs).await;
    let distinct = bench.rows(
        WAREHOUSE,
        "SELECT COUNT(DISTINCT [Warehouse ID]), COUNT(DISTINCT [Bin No]), COUNT(*) FROM [Storage Bins]",
    );
    assert_eq!(distinct.await, json!([[4, 4, 16]]));
    let mut unique = bins.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), 16);
    let moves = texts(
        &bench,
        WAREHOUSE,
        "SELECT DISTINCT [Warehouse ID], [Bin No] FROM [stock.moves.csv] WHERE [Bin No] IS NOT NULL",
    )
    .await;
    assert!(moves.len() > 8 && moves.iter().all(|pair| bins.contains(pair)));
}

#[tokio::test]
async fn texts_hold_what_breaks_careless_readers() {
    let bench = open().await;
    let remarks = texts(&bench, WAREHOUSE, "SELECT DISTINCT Remark FROM [stock.moves.csv]").await;
    let all = remarks.concat();
    for part in [",", "\\\"", "\\n", "\\t", "ş"] {
        assert!(all.contains(part), "{part}");
    }
    let rows = bench.rows(SHOP, "SELECT TOP 1 Date, [Revenue], [Order ID] FROM Commerce").await;
    let date = rows[0][0].as_str().unwrap();
    assert!(date.len() == 19 && date.as_bytes()[10] == b'T', "{date}");
    assert!(rows[0][1].is_f64() && rows[0][2] == 1, "{rows}");
}

#[tokio::test]
async fn custom_tables_and_columns_are_their_own_sql() {
    let bench = open().await;
    let best = bench
        .rows(
            SHOP,
            "SELECT [Top Brand ID], Total, Note FROM [Best Brands] WHERE [Top Brand ID] = 3",
        )
        .await;
    let plain = "SELECT SUM(Revenue) FROM Commerce WHERE [Brand ID] = 3 AND [Customer ID] > 0";
    assert_eq!(best, json!([[3, bench.rows(SHOP, plain).await[0][0], "UNION"]]));
    let staff = bench.sql("Sample Healthcare", "SELECT * FROM [All Staff]").await;
    assert_eq!(
        (&staff["headers"], staff["values"].as_array().unwrap().len()),
        (&json!(["Name"]), 30)
    );
    assert_eq!(
        bench.rows(WAREHOUSE, "SELECT COUNT(*) FROM [All Regions] WHERE Region = 'None'").await,
        json!([[1]])
    );
    let odd = "SELECT COUNT(*) FROM Commerce \
        WHERE [Unit Margin] - (Revenue / Quantity - [Unit Cost]) BETWEEN -0.001 AND 0.001";
    assert_eq!(bench.rows(SHOP, odd).await, json!([[200]]));
}

#[tokio::test]
async fn tables_that_need_themselves_or_other_sql_are_an_error() {
    let bench = open().await;
    let custom = |sql: &str| {
        json!({
            "title": "Odd", "type": "extract", "lastBuildTime": "2026-05-18T14:30:00.000Z",
            "datasets": [{ "schema": { "tables": [{
                "oid": "t", "name": "T", "type": "custom", "expression": sql,
                "columns": [{ "oid": "c", "name": "C", "type": 8 }],
            }] } }],
            "relations": [],
        })
    };
    for (sql, why) in [("SELECT C FROM T", "needs itself"), ("SELECT a b c", "compilation")] {
        bench.sandbox.load(custom(sql)).unwrap();
        let body = bench.sql("Odd", "SELECT * FROM T").await;
        assert!(body["details"].as_str().unwrap().contains(why), "{body}");
    }
}

#[tokio::test]
async fn every_model_has_the_same_rows_wherever_it_is() {
    let one = open().await;
    let two = Bench::with(SandboxConfig {
        name: "staging".to_owned(),
        variants: Variants { admin_rows: sisense_sandbox::AdminRows::All, ..Variants::default() },
        ..SandboxConfig::default()
    })
    .await;
    for (title, table) in [(SHOP, "Commerce"), (WAREHOUSE, "stock.moves.csv")] {
        let query = format!("SELECT * FROM [{table}]");
        assert!(one.rows(title, &query).await == two.rows(title, &query).await);
    }
}

#[tokio::test]
async fn generated_and_loaded_models_have_rows_too() {
    let rows = RowSizes { per_table: 300_000, ..RowSizes::default() };
    let sizes = Sizes { models: 3, ..Sizes::default() };
    let bench =
        Bench::with(SandboxConfig { rows, sizes, story: false, ..SandboxConfig::default() }).await;
    let model = "Generated Model 0002";
    let query = "SELECT COUNT(*), COUNT(DISTINCT Key) FROM Facts";
    assert_eq!(bench.rows(model, query).await, json!([[300_000, 300_000]]));
    assert_eq!(
        bench.rows(model, "SELECT Key FROM Facts LIMIT 1 OFFSET 299999").await,
        json!([[300_000]])
    );
}

#[tokio::test]
async fn columns_that_builds_leave_out_cannot_be_queried() {
    let bench = open().await;
    bench
        .sandbox
        .load(json!({
            "title": "Narrow", "type": "extract", "lastBuildTime": "2026-05-18T14:30:00.000Z",
            "datasets": [{ "schema": { "tables": [{
                "oid": "t", "name": "T", "type": "base", "columns": [
                    { "oid": "a", "name": "A", "type": 8 },
                    { "oid": "b", "name": "B", "type": 8, "import": false },
                ],
            }] } }],
            "relations": [],
        }))
        .unwrap();
    let body = bench.sql("Narrow", "SELECT * FROM T").await;
    assert_eq!((&body["headers"], body["values"].as_array().unwrap().len()), (&json!(["A"]), 50));
}
