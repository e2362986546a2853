//! Connections and the tables behind them.

use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::ErrorKind;
use sisense_core::domains::datamodel::{GetConnection, GetTableSchema};

use super::support::{client, client_with, sandbox};

const WAREHOUSE: &str = "Acme Warehouse";

fn named(name: &str) -> GetConnection {
    GetConnection { connection_name: name.into() }
}

fn table(connection: &str, table: &str) -> GetTableSchema {
    GetTableSchema {
        connection_name: connection.into(),
        database_name: "acme".into(),
        schema_name: "public".into(),
        table_name: table.into(),
    }
}

#[tokio::test]
async fn no_secret_of_any_connection_leaves_the_client() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for name in [WAREHOUSE, "Acme Clickstream", "Acme Lake", "Acme Ads", "Größen & Maße"] {
        let found = datamodel.get_connection(named(name)).await.unwrap();
        let [one] = found.as_slice() else { panic!("{name}: {found:?}") };
        let told = serde_json::to_string(one).unwrap();
        assert_eq!(one.name.as_deref(), Some(name));
        for secret in ["-source-", "-athena-", "-aws-", "-lake-", "-refresh-"] {
            assert!(!told.contains(&format!("sandbox{secret}")), "{name}: {told}");
        }
    }
    assert_eq!(sandbox.counts().total, 5);
}

#[tokio::test]
async fn connections_are_found_however_the_server_filters() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for name_filter in ["exact", "partial", "case-blind"] {
        let variants = json!({ "name_filter": name_filter });
        sandbox.set_variants(serde_json::from_value(variants).unwrap());
        for reference in [WAREHOUSE, "acme warehouse "] {
            let found = datamodel.get_connection(named(reference)).await.unwrap();
            assert_eq!(found.len(), 1, "{name_filter} {reference}");
            assert_eq!(found[0].name.as_deref(), Some(WAREHOUSE), "{name_filter} {reference}");
        }
        let error = datamodel.get_connection(named("Acme Warehous")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{name_filter}");
        assert!(error.candidates().contains(&WAREHOUSE.to_owned()), "{error}");
    }
}

#[tokio::test]
async fn a_deployment_without_connection_management_says_so() {
    let sandbox = sandbox().await;
    sandbox.set_variants(serde_json::from_value(json!({"connections": "off"})).unwrap());
    let datamodel = client(&sandbox).datamodel();
    let error = datamodel.get_connection(named(WAREHOUSE)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error = datamodel.get_table_schema(table(WAREHOUSE, "Commerce")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("connection management is off"), "{error}");
}

#[tokio::test]
async fn a_connection_of_others_is_not_seen() {
    let sandbox = sandbox().await;
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer);
    let error = viewer.datamodel().get_connection(named("Acme Lake")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_source_tells_the_columns_of_a_table_in_every_form() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for (table_schema, table_schema_body) in
        [("object", "any"), ("array", "any"), ("object", "full"), ("array", "full")]
    {
        let variants =
            json!({"table_schema": table_schema, "table_schema_body": table_schema_body});
        sandbox.set_variants(serde_json::from_value(variants).unwrap());
        for name in ["Größen & Maße", "Order Lines"] {
            let found = datamodel.get_table_schema(table(WAREHOUSE, name)).await.unwrap();
            assert_eq!(
                (found.table.as_str(), found.provider.as_deref()),
                (name, Some("PostgreSQL"))
            );
            assert!(found.columns.iter().all(|column| column.type_name.is_some()));
            let order: Vec<_> = found.columns.iter().map(|column| column.order).collect();
            assert_eq!(order[..2], [Some(1), Some(2)]);
        }
    }
}

#[tokio::test]
async fn a_table_that_the_source_lacks_is_an_error_however_the_server_says_so() {
    let sandbox = sandbox().await;
    let datamodel = client(&sandbox).datamodel();
    for (unknown_table, kind) in [
        ("empty-object", ErrorKind::NotFound),
        ("empty-columns", ErrorKind::NotFound),
        ("404", ErrorKind::NotFound),
        ("400", ErrorKind::InvalidInput),
    ] {
        let variants = json!({ "unknown_table": unknown_table });
        sandbox.set_variants(serde_json::from_value(variants).unwrap());
        let error = datamodel.get_table_schema(table(WAREHOUSE, "order lines")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{unknown_table}");
        assert!(error.to_string().contains("case included"), "{error}");
    }
}
