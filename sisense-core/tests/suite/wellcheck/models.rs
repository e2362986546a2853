//! The checks of data models: what is asked, and what a bad reference does.

use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::domains::wellcheck::CheckDatamodels;

use super::*;

fn of(names: &[&str]) -> CheckDatamodels {
    CheckDatamodels { datamodels: words(names) }
}

fn security(title: &str) -> String {
    format!("/api/elasticubes/localhost/{title}/datasecurity")
}

fn schema(oid: &str) -> String {
    format!("/api/v2/datamodels/{oid}/schema")
}

/// `Shop` has two tables that are joined and one that is not; `Farm` has one table.
async fn models(fake: &Fake) {
    let mut custom = table("Top", &[("k", 8)]);
    custom["type"] = json!("custom");
    custom["expression"] = json!({"expression": "SELECT k FROM Orders UNION SELECT k FROM Lines"});
    let mut lines = table("Lines", &[("k", 8)]);
    lines["configOptions"] = json!({"importQuery": "SELECT 1"});
    let tables = json!([table("Orders", &[("k", 8), ("Region", 18)]), lines, custom]);
    let shop = model("m1", "Shop", tables, json!([relation("r", &["Orders.k", "Lines.k"])]));
    let farm = model("m2", "Farm", json!([table("Cows", &[("k", 8)])]), json!([]));
    for (oid, title, body) in [("m1", "Shop", shop), ("m2", "Farm", farm)] {
        fake.get(SCHEMA, &[("title", title)], body.clone()).await;
        fake.get(&schema(oid), &[], body).await;
        let rule = json!({"table": "Orders", "column": "Region", "datatype": "text"});
        fake.get(&security(title), &[], json!([rule])).await;
    }
    let list = json!([{"oid": "m1", "title": "Shop"}, {"oid": "m2", "title": "Farm"}]);
    fake.get(SCHEMA, &[("fields", "oid,title,type")], list).await;
    fake.get(SCHEMA, &[], json!([])).await;
}

#[tokio::test]
async fn a_wrong_list_is_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    let check = fake.client.wellcheck();
    for names in [&[][..], &[" "], &["*", "Shop"], &vec!["Shop"; 501]] {
        for error in [
            check.check_datamodel_custom_tables(of(names)).await.unwrap_err(),
            check.check_datamodel_import_queries(of(names)).await.unwrap_err(),
            check.check_datamodel_island_tables(of(names)).await.unwrap_err(),
            check.check_datamodel_rls_datatypes(of(names)).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn each_check_asks_for_the_document_alone_once() {
    let fake = Fake::start().await;
    models(&fake).await;
    let check = fake.client.wellcheck();
    let custom = check.check_datamodel_custom_tables(of(&["Shop"])).await.unwrap();
    assert_eq!((custom.value.custom_tables.len(), custom.value.union_count), (1, 1));
    assert_eq!(custom.value.custom_tables[0].uses_tables, ["Orders", "Lines"]);
    let imports = check.check_datamodel_import_queries(of(&["Shop"])).await.unwrap();
    assert_eq!((imports.value.tables.len(), imports.value.import_query_count), (2, 1));
    let islands = check.check_datamodel_island_tables(of(&["Shop"])).await.unwrap();
    let names: Vec<&str> =
        islands.value.island_tables.iter().map(|row| row.table_name.as_str()).collect();
    assert_eq!((names, islands.value.fault_count), (vec!["Top"], 1));
    assert!(custom.is_whole() && imports.is_whole() && islands.is_whole());
    assert_eq!(fake.requests().await, [(); 3].map(|()| format!("GET {SCHEMA}?title=Shop")));
}

#[tokio::test]
async fn the_rules_are_read_beside_the_document() {
    let fake = Fake::start().await;
    models(&fake).await;
    let found =
        fake.client.wellcheck().check_datamodel_rls_datatypes(of(&["Shop", "Farm"])).await.unwrap();
    let told: Vec<_> = found
        .value
        .secured_columns
        .iter()
        .map(|row| (row.datamodel_name.as_str(), row.column_type.as_deref(), row.orphaned))
        .collect();
    assert_eq!(told, [("Shop", Some("Text"), false), ("Farm", None, true)]);
    assert_eq!((found.value.text_count, found.value.orphaned_count), (2, 1));
    assert_eq!(fake.requests().await.len(), 4);
}

#[tokio::test]
async fn rules_that_may_not_be_read_are_no_empty_list() {
    let fake = Fake::start().await;
    fake.reply("GET", &security("Shop"), &[], 403, json!({})).await;
    models(&fake).await;
    let check = fake.client.wellcheck();
    let error = check.check_datamodel_rls_datatypes(of(&["Shop"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let part = check.check_datamodel_rls_datatypes(of(&["Shop", "Farm"])).await.unwrap();
    assert_eq!(whats(&part), ["data security of \"Shop\""]);
    assert_eq!((part.value.secured_columns.len(), part.value.datamodels_checked), (1, 2));
}

#[tokio::test]
async fn a_star_lists_once_and_reads_each_by_its_id() {
    let fake = Fake::start().await;
    models(&fake).await;
    let found = fake.client.wellcheck().check_datamodel_island_tables(of(&["*"])).await.unwrap();
    let rows = found.value.island_tables.iter();
    let told: Vec<_> = rows.map(|row| (row.table_name.as_str(), row.single_table_model)).collect();
    assert_eq!(told, [("Top", false), ("Cows", true)]);
    assert_eq!((found.value.fault_count, found.value.datamodels_checked), (1, 2));
    let requests = fake.requests().await;
    let list = format!("GET {SCHEMA}?fields=oid,title,type");
    assert_eq!(requests, [list, format!("GET {}", schema("m1")), format!("GET {}", schema("m2"))]);
}

#[tokio::test]
async fn many_names_are_resolved_in_one_list() {
    let fake = Fake::start().await;
    models(&fake).await;
    let mut names = vec!["shop"; 5];
    names.extend(["FARM"; 5]);
    names.push("Fram");
    let found = fake.client.wellcheck().check_datamodel_island_tables(of(&names)).await.unwrap();
    assert_eq!((found.value.datamodels_checked, &found.value.not_found), (2, &words(&["Fram"])));
    assert_eq!(found.missing[0].error.candidates, ["Farm"]);
    assert_eq!(count(&fake, "fields=").await, 1);
    assert_eq!(count(&fake, &schema("m1")).await, 1);
    assert_eq!(count(&fake, &schema("m2")).await, 1);
}

#[tokio::test]
async fn one_bad_reference_does_not_sink_the_rest() {
    let fake = Fake::start().await;
    fake.reply("GET", SCHEMA, &[("title", "Farm")], 403, json!({})).await;
    models(&fake).await;
    let check = fake.client.wellcheck();
    let part = check.check_datamodel_custom_tables(of(&["Farm", "Shpo", "Shop"])).await.unwrap();
    assert_eq!(whats(&part), ["data model \"Farm\"", "data model \"Shpo\""]);
    assert_eq!((part.value.datamodels_checked, &part.value.not_found), (1, &words(&["Shpo"])));
    let error = check.check_datamodel_custom_tables(of(&["Farm"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    let none = check.check_datamodel_custom_tables(of(&["Shpo"])).await.unwrap();
    assert_eq!((none.value.datamodels_checked, none.missing.len()), (0, 1));
}
