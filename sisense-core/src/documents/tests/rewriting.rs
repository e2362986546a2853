//! Changing documents, and leaving alone what is not meant.

use serde_json::json;

use super::*;

#[test]
fn renames_a_column_everywhere_it_is_named() {
    let mut board = dashboard(json!({"title": "Sales.Cost", "datasource": {"title": "Shop"},
        "filters": [{"jaql": {"dim": "[sales.Cost]", "table": "sales", "column": "Cost",
                              "title": "Cost"}}],
        "widgets": [{"metadata": {"ignore": {"dimensions": ["[Sales.Cost]", "[Sales.Id]"]},
            "panels": [{"items": [
                {"jaql": {"dim": "[Sales.Cost (Calendar)]"}, "field": {"id": "[Sales.Cost (Calendar)]_months"}},
                {"jaql": {"formula": "SUM([Sales.Cost]) + [Sales.Cost2]",
                          "context": {"[c]": {"dim": "[Sales.Cost]"}}}},
                {"jaql": {"dim": "[Sales.Cost per Unit]"}}]}]}}]}));
    let changed = rename_column(&mut board, Some("shop"), "Sales", "Cost", "Price");
    assert_eq!(
        *board.value(),
        json!({"title": "Sales.Cost", "datasource": {"title": "Shop"},
        "filters": [{"jaql": {"dim": "[sales.Price]", "table": "sales", "column": "Price",
                              "title": "Cost"}}],
        "widgets": [{"metadata": {"ignore": {"dimensions": ["[Sales.Price]", "[Sales.Id]"]},
            "panels": [{"items": [
                {"jaql": {"dim": "[Sales.Price (Calendar)]"}, "field": {"id": "[Sales.Price (Calendar)]_months"}},
                {"jaql": {"formula": "SUM([Sales.Price]) + [Sales.Cost2]",
                          "context": {"[c]": {"dim": "[Sales.Price]"}}}},
                {"jaql": {"dim": "[Sales.Cost per Unit]"}}]}]}}]})
    );
    assert_eq!(changed, 7);
}

#[test]
fn another_models_column_of_the_same_name_stays() {
    let mut board = dashboard(json!({"datasource": {"title": "Shop"}, "widgets": [
        {"datasource": {"title": "Other"}, "metadata": {"panels": [{"items": [
            {"jaql": {"dim": "[Sales.Cost]"}}]}]}}]}));
    let before = board.clone();
    assert_eq!(rename_column(&mut board, Some("Shop"), "Sales", "Cost", "Price"), 0);
    assert_eq!(board, before);
    assert_eq!(rename_column(&mut board, None, "Sales", "Cost", "Price"), 1);
}

#[test]
fn renames_a_table_but_not_one_whose_name_goes_on() {
    let mut board = dashboard(dashboard_with(json!([
        {"jaql": {"dim": "[my.Id]", "table": "my", "column": "Id"}},
        {"jaql": {"dim": "[my.csv.Id]", "table": "my.csv", "column": "Id"}},
        {"jaql": {"dim": "[my.other.Id (Calendar)]"}}
    ])));
    let known = ["my".to_owned(), "my.csv".to_owned()];
    assert_eq!(rename_table(&mut board, None, &known, "my", "your"), 3);
    let dims: Vec<String> = board.references().into_iter().map(|r| r.dim).collect();
    assert_eq!(dims, ["[your.Id]", "[my.csv.Id]", "[your.other.Id (Calendar)]"]);
}

#[test]
fn points_every_data_source_to_another_model() {
    let source = |title: &str| json!({"title": title, "fullname": format!("LocalHost/{title}")});
    let mut board = dashboard(json!({
        "title": "About Old Shop",
        "datasource": {"title": "Old Shop", "fullname": "LocalHost/Old Shop", "live": false,
            "id": "aLOCALHOST_aOLDIAAaSHOP", "database": "aOldIAAaShop", "lastBuildTime": "t"},
        "filters": [{"jaql": {"dim": "[A.a]", "datasource": source("old shop")}}],
        "widgets": [{"datasource": source("Old Shop")}, {"datasource": source("Else")}],
        "hierarchies": [{"elasticubeTitle": "Old Shop", "cubeId": "localhost_aOldIAAaShop"}]}));
    let changed = change_data_source(&mut board, Some("Old Shop"), "New One", Some(true));
    assert_eq!(changed, 4);
    let mut filter = source("New One");
    filter["live"] = json!(true);
    let widget = filter.clone();
    assert_eq!(
        *board.value(),
        json!({
        "title": "About Old Shop",
        "datasource": {"title": "New One", "fullname": "LocalHost/New One", "live": true,
            "id": "aLOCALHOST_aNEWIAAaONE", "database": "aNewIAAaOne"},
        "filters": [{"jaql": {"dim": "[A.a]", "datasource": filter}}],
        "widgets": [{"datasource": widget}, {"datasource": source("Else")}],
        "hierarchies": [{"elasticubeTitle": "New One", "cubeId": "localhost_aNewIAAaOne"}]})
    );
    assert_eq!(change_data_source(&mut board, Some("Old Shop"), "New One", None), 0);
    assert_eq!(change_data_source(&mut board, None, "New One", None), 1);
}

#[test]
fn leaves_out_an_id_that_cannot_be_written() {
    let mut board = dashboard(json!({"datasource": {"title": "Shop", "id": "localhost_aShop",
        "database": "Shop"}}));
    assert_eq!(change_data_source(&mut board, None, "Größe", None), 1);
    assert_eq!(*board.value(), json!({"datasource": {"title": "Größe", "database": "Größe"}}));
}
