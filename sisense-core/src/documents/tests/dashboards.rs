//! Reading dashboard documents in every framing.

use serde_json::json;

use super::*;
use crate::error::ErrorKind;

#[test]
fn refuses_what_is_no_dashboard() {
    for text in ["", "{", "7", "null", "[1]", "[]", r#"[{"oid":"a"},{"oid":"b"}]"#] {
        let error = DashboardDocument::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{text}");
    }
    let two = DashboardDocument::parse(r#"[{"oid":"a"},{"oid":"b"}]"#).unwrap_err();
    assert!(two.to_string().contains("2 are in the document"), "{two}");
}

#[test]
fn reads_one_object_a_list_and_a_byte_order_mark() {
    for text in [r#"{"oid":"a"}"#, r#"[{"oid":"a"}]"#, "\u{feff}[{\"oid\":\"a\"}]"] {
        assert_eq!(DashboardDocument::parse(text).unwrap().id(), Some("a"));
    }
    let many = DashboardDocument::parse_many(r#"[{"oid":"a"},{"oid":"b"}]"#).unwrap();
    assert_eq!(many.len(), 2);
}

#[test]
fn counts_scripts_that_are_not_blank() {
    let document = dashboard(json!({"script": " ", "widgets": [
        {"script": "x"}, {"script": ""}, {"script": null}, {}
    ]}));
    assert!(!document.has_script());
    assert_eq!(document.widget_script_count(), 1);
    assert!(document.has_any_script());
}

#[test]
fn reads_layout_ids_in_both_spellings() {
    let document = dashboard(json!({"layout": {"columns": [{"cells": [
        {"subcells": [{"elements": [{"widgetid": "b"}, {"widgetId": "a"}]}]},
        {"subcells": [{"elements": [{"height": 5}]}]}
    ]}]}}));
    assert_eq!(document.layout_widget_ids(), ["b", "a"]);
}

#[test]
fn looks_at_widgets_of_any_shape() {
    let document = dashboard(json!({"widgets": [
        {"oid": "w1", "type": "pivot2", "datasource": {"fullname": "LocalHost/A/B"},
         "options": {"drillToDashboardConfig": {"dashboardIds": [{"id": "d9"}]}},
         "metadata": {"panels": [{"name": "Filters", "items": [{"disabled": true}, {}]}, 7]}},
        {"metadata": {"panels": {}}, "type": 3, "datasource": 9},
        null
    ]}));
    let widgets: Vec<WidgetView<'_>> = document.widgets().collect();
    assert!(widgets[0].is_pivot());
    assert_eq!(widgets[0].data_source().unwrap().title.as_deref(), Some("A/B"));
    assert_eq!(widgets[0].jump_targets().collect::<Vec<_>>(), ["d9"]);
    let panels: Vec<Panel<'_>> = widgets[0].panels().collect();
    assert!(panels[0].is_filters());
    assert_eq!((panels[0].items.len(), panels[0].disabled_count()), (2, 1));
    assert_eq!(widgets[1].panels().count(), 0);
    assert_eq!((widgets[1].kind(), widgets[2].id()), ("", None));
    assert_eq!(widgets[1].data_source(), None);
}

#[test]
fn tells_a_listed_dashboard_from_an_exported_one() {
    assert!(!dashboard(json!({"oid": "a"})).holds_widgets());
    assert!(dashboard(json!({"oid": "a", "widgets": []})).holds_widgets());
}
