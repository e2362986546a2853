//! Reading model documents of every shape.

use serde_json::json;

use super::*;
use crate::error::ErrorKind;

#[test]
fn refuses_what_is_no_model() {
    for value in [json!(null), json!([]), json!([1]), json!([{}, {}]), json!("x")] {
        assert_eq!(ModelDocument::from_value(value).unwrap_err().kind(), ErrorKind::Decode);
    }
    assert_eq!(ModelDocument::parse("nope").unwrap_err().kind(), ErrorKind::Decode);
    assert_eq!(ModelDocument::parse("\u{feff}[{\"title\":\"A\"}]").unwrap().title(), Some("A"));
}

#[test]
fn survives_nulls_and_wrong_shapes() {
    let document = model(json!({"title": 5, "type": null, "relations": {"a": 1}, "datasets": [
        null, 7, {"schema": null}, {"schema": {"tables": [null, {"columns": 3}, {"id": "T",
            "configOptions": null, "buildBehavior": null, "expression": 9,
            "columns": [null, {"id": "C", "type": "18", "size": null}]}]}}
    ]}));
    assert_eq!(document.tables().count(), 3);
    let (table, column) = document.columns().last().unwrap();
    assert_eq!((table.name.as_str(), column.name.as_str()), ("T", "C"));
    assert_eq!(column.type_name.as_deref(), Some("Text"));
    assert_eq!(document.title(), None);
}

#[test]
fn names_types_and_says_so_when_it_cannot() {
    for (code, name) in [
        (0, "BigInt"),
        (2, "Boolean"),
        (4, "DateTime"),
        (5, "Decimal"),
        (6, "Float"),
        (8, "Integer"),
        (13, "Real"),
        (18, "Text"),
        (31, "Date"),
        (40, "Double"),
        (43, "TimestampWithTimezone"),
        (99, "code 99"),
        (-1, "code -1"),
    ] {
        assert_eq!(type_name(code), name);
    }
}

#[test]
fn reads_expressions_in_both_forms_and_other_details() {
    let document = model(json!({"datasets": [
        {"type": "CUSTOM", "connection": null, "database": "null", "schema": {"tables": [
            {"name": "A", "type": "custom", "expression": "select 1"},
            {"name": "B", "expression": {"oid": "x", "expression": "select 2"}},
            {"name": "C", "hidden": true, "configOptions": {"importQuery": "select 3"},
             "buildBehavior": {"type": "accumulativeSync", "accumulativeConfig": {"column": "c1"}},
             "columns": [{"oid": "c1", "name": "k", "isUpsertBy": true, "import": false,
                          "hidden": true, "isCustom": null,
                          "expression": {"expression": "[k] + 1"}}]}
        ]}},
        {"connection": {"oid": "n", "name": "N", "provider": "CSV",
                        "parameters": {"Password": "secret"}}, "tables": [{"name": "D"}]}
    ]}));
    let tables: Vec<&Table> = document.tables().collect();
    assert_eq!(tables.len(), 4);
    assert_eq!(tables[0].expression.as_deref(), Some("select 1"));
    assert_eq!(
        (tables[1].kind, tables[1].expression.as_deref()),
        (TableKind::Custom, Some("select 2"))
    );
    assert_eq!(tables[2].import_query.as_deref(), Some("select 3"));
    assert_eq!(tables[2].accumulation_column.as_deref(), Some("c1"));
    let column = &tables[2].columns[0];
    assert!(column.is_custom && column.hidden && column.skipped_by_import && column.upsert_key);
    assert_eq!(document.datasets()[0].kind.as_deref(), Some("custom"));
    assert_eq!(document.datasets()[0].database, None);
    let connection = document.datasets()[1].connection.as_ref().unwrap();
    assert_eq!(connection.provider.as_deref(), Some("CSV"));
    assert!(!format!("{document:?}").contains("secret"));
    assert!(!document.without_secrets().to_string().contains("secret"));
}

#[test]
fn resolves_relations_and_keeps_ends_that_are_gone() {
    let mut value = shop(&[("A", &["x"]), ("B", &["y"])]);
    value["relations"] = json!([{"oid": "r", "columns": [
        {"table": "A", "column": "A.x", "isDropped": null},
        {"table": "B", "column": "gone", "isDropped": true}]}]);
    let document = model(value);
    let ends = &document.relations()[0].ends;
    assert_eq!((ends[0].table.as_deref(), ends[0].column.as_deref()), (Some("A"), Some("x")));
    assert_eq!((ends[1].table.as_deref(), ends[1].column.as_deref()), (Some("B"), None));
    assert!(!ends[0].dropped && ends[1].dropped);
}

#[test]
fn live_models_are_published() {
    let live = model(json!({"type": "LIVE", "lastBuildTime": "b", "lastPublishTime": "p"}));
    assert_eq!(live.last_build_or_publish(), Some("p"));
    let extract = model(json!({"type": "extract", "lastBuildTime": "b", "lastPublishTime": "p"}));
    assert_eq!(extract.last_build_or_publish(), Some("b"));
}
