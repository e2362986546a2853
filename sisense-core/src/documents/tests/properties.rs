//! What holds for every document, however strange.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

/// Names that mean something in a document, so that strange values sit where they can hurt.
const KEYS: [&str; 27] = [
    "dim",
    "table",
    "column",
    "datasource",
    "title",
    "oid",
    "type",
    "widgets",
    "metadata",
    "panels",
    "items",
    "jaql",
    "context",
    "formula",
    "filter",
    "by",
    "levels",
    "filters",
    "hierarchies",
    "datasets",
    "schema",
    "tables",
    "columns",
    "relations",
    "expression",
    "ignore",
    "dimensions",
];

fn key() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(&KEYS[..]).prop_map(str::to_owned), 1 => ".{0,4}"]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[A.x]".to_owned()),
        Just("[a.X (Calendar)]".to_owned()),
        Just("SUM([A.x]) + [b]".to_owned()),
        "[\\[\\]. (Cal)A-Zxß'\"*]{0,12}",
        ".{0,6}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..7)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), any_value()), 0..8)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

proptest! {
    #[test]
    fn a_dashboard_survives_writing_and_reading(value in any_object()) {
        let document = dashboard(value.clone());
        let text = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(DashboardDocument::parse(&text).unwrap().into_value(), value);
    }

    #[test]
    fn no_document_is_too_strange(board in any_object(), cube in any_object()) {
        let (board, cube) = (dashboard(board), model(cube));
        let mut copy = board.clone();
        rename_table(&mut copy, None, &[], "A", "B");
        change_data_source(&mut copy, None, "B", Some(true));
        let _ = board.layout_widget_ids();
        let report = analyse_usage(&UsageInput {
            model: &cube,
            dashboards: std::slice::from_ref(&board),
            dashboards_failed: &[],
            dashboards_incomplete: false,
            security: Some(std::slice::from_ref(board.value())),
            hierarchies: Some(std::slice::from_ref(board.value())),
            formulas: None,
        });
        let counted =
            report.used_count + report.needed_count + report.unused_count + report.unknown_count;
        prop_assert_eq!(counted, report.total_columns);
        prop_assert_eq!(report.unused_count, 0, "the formulas were not read");
    }

    #[test]
    fn sql_is_read_to_its_end(sql in "[\\[\\]\"'a-z*(),. \\-/`]{0,60}") {
        let text = SqlText::read(&sql);
        let _ = (text.is_broken(), has_union(&sql));
        let cube = model(shop(&[("a", &["b", "c"])]));
        let _ = tables_in_sql(&sql, &cube);
    }

    #[test]
    fn renaming_there_and_back_changes_nothing(value in any_object()) {
        let original = dashboard(value);
        prop_assume!(!serde_json::to_string(&original).unwrap().contains("Zebra"));
        let exact = original.references().iter().all(|r| {
            let dim = Dim::parse(&r.dim);
            !same_name(dim.name, "A.x") || dim.name.ends_with(".x")
        });
        prop_assume!(exact);
        prop_assume!(!serde_json::to_string(&original).unwrap().contains(".X"));
        let hints_differ = original.references().iter().any(|r| {
            r.column_hint.as_deref().is_some_and(|c| same_name(c, "x") && c != "x")
        });
        prop_assume!(!hints_differ);
        let mut copy = original.clone();
        let there = rename_column(&mut copy, None, "A", "x", "Zebra");
        let back = rename_column(&mut copy, None, "A", "Zebra", "x");
        prop_assert_eq!(there, back);
        prop_assert_eq!(copy, original);
    }
}
