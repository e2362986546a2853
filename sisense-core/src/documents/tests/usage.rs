//! One verdict per column.

use serde_json::json;

use super::*;

fn input<'a>(model: &'a ModelDocument, dashboards: &'a [DashboardDocument]) -> UsageInput<'a> {
    UsageInput {
        model,
        dashboards,
        dashboards_failed: &[],
        dashboards_incomplete: false,
        security: Some(&[]),
        hierarchies: Some(&[]),
        formulas: Some(&[]),
    }
}

fn verdict(report: &UsageReport, column: &str) -> (Verdict, Vec<Need>, Vec<Doubt>) {
    let row = report.columns.iter().find(|row| row.column == column).unwrap();
    (row.verdict, row.needed_by.clone(), row.doubts.clone())
}

#[test]
fn nothing_read_means_unknown_and_never_unused() {
    let model = model(shop(&[("A", &["x", "y"])]));
    let board = [dashboard(dashboard_with(json!([{"jaql": {"dim": "[A.x]"}}])))];
    let failed = [DashboardFailure {
        dashboard_id: Some("d9".to_owned()),
        title: None,
        reason: "refused".to_owned(),
    }];
    let whole = input(&model, &board);
    for (part, doubt) in [
        (UsageInput { security: None, ..whole }, Doubt::Security),
        (UsageInput { hierarchies: None, ..whole }, Doubt::Hierarchies),
        (UsageInput { formulas: None, ..whole }, Doubt::Formulas),
        (UsageInput { dashboards_incomplete: true, ..whole }, Doubt::Dashboards),
        (UsageInput { dashboards_failed: &failed, ..whole }, Doubt::Dashboards),
        (UsageInput { security: Some(&[json!({"rule": 1})]), ..whole }, Doubt::Security),
    ] {
        let report = analyse_usage(&part);
        assert_eq!(verdict(&report, "x"), (Verdict::Used, vec![], vec![]), "{doubt:?}");
        assert_eq!(verdict(&report, "y"), (Verdict::Unknown, vec![], vec![doubt]));
        assert_eq!((report.unused_count, report.unknown_count), (0, 1));
    }
    assert_eq!(verdict(&analyse_usage(&whole), "y"), (Verdict::Unused, vec![], vec![]));
}

#[test]
fn a_dashboard_without_its_widgets_was_not_read() {
    let model = model(shop(&[("A", &["x"])]));
    let board = [dashboard(json!({"oid": "d1", "title": "Listed only"}))];
    let report = analyse_usage(&input(&model, &board));
    assert_eq!(verdict(&report, "x").0, Verdict::Unknown);
    assert_eq!(report.dashboards_scanned, 0);
    assert_eq!(report.dashboards_failed[0].title.as_deref(), Some("Listed only"));
}

#[test]
fn no_dashboards_means_all_columns_unused() {
    let report = analyse_usage(&input(&model(shop(&[("A", &["x", "y"])])), &[]));
    assert_eq!((report.total_columns, report.unused_count), (2, 2));
}

#[test]
fn everything_that_needs_a_column_is_named() {
    let columns = ["rel", "dropped", "sec", "expr", "acc", "hier", "form", "persp", "free", "calc"];
    let mut value = shop(&[("A", &columns), ("B", &["rel"])]);
    value["relations"] = json!([
        {"columns": [{"column": "A.rel"}, {"column": "B.rel"}]},
        {"columns": [{"column": "A.dropped", "isDropped": true}]}
    ]);
    let table = &mut value["datasets"][0]["schema"]["tables"][0];
    table["buildBehavior"] = json!({"accumulativeConfig": {"column": "A.acc"}});
    table["columns"][9]["expression"] = json!({"expression": "[expr] + [calc]"});
    value["dependencies"] = json!({"perspectives": [
        {"name": "Default", "isDefault": true, "tables": [{"columns": ["A.free"]}]},
        {"name": "Part", "tables": [{"oid": "A", "columns": [{"oid": "A.persp"}]}]}
    ]});
    let model = model(value);
    let security = [json!({"table": "a", "column": "SEC", "shares": []})];
    let hierarchies = [json!({"title": "H", "levels": [{"dim": "[A.hier]"}]})];
    let formulas = [json!({"formula": "SUM([k])", "context": {"[k]": {"dim": "[A.form]"}}})];
    let report = analyse_usage(&UsageInput {
        security: Some(&security),
        hierarchies: Some(&hierarchies),
        formulas: Some(&formulas),
        ..input(&model, &[])
    });
    for (column, need) in [
        ("rel", Need::Relation),
        ("sec", Need::Security),
        ("expr", Need::CustomExpression),
        ("acc", Need::Accumulation),
        ("hier", Need::Hierarchy),
        ("form", Need::Formula),
        ("persp", Need::Perspective),
    ] {
        assert_eq!(verdict(&report, column), (Verdict::Needed, vec![need], vec![]), "{column}");
    }
    assert_eq!(verdict(&report, "free").0, Verdict::Unused);
    assert_eq!(verdict(&report, "calc").0, Verdict::Unused);
    assert_eq!(
        verdict(&report, "dropped"),
        (Verdict::Unknown, vec![], vec![Doubt::DroppedRelation])
    );
    let counts =
        (report.used_count, report.needed_count, report.unused_count, report.unknown_count);
    assert_eq!(counts, (0, 8, 2, 1));
    assert_eq!(report.total_columns, 11);
}

#[test]
fn custom_sql_that_cannot_be_read_makes_columns_unknown() {
    let mut value = shop(&[("A", &["x", "y"]), ("C", &["z"])]);
    value["datasets"][0]["schema"]["tables"][1]["expression"] = json!("select [x from A");
    let report = analyse_usage(&input(&model(value), &[]));
    assert_eq!(verdict(&report, "x").2, [Doubt::CustomSql]);
    assert_eq!(verdict(&report, "z").0, Verdict::Unused);
}

#[test]
fn only_references_to_this_model_count() {
    let model = model(shop(&[("A", &["x", "y", "z"])]));
    let boards = [
        dashboard(json!({"oid": "d1", "title": "One", "datasource": {"title": "shop "},
            "script": "x", "widgets": [
            {"oid": "w1", "metadata": {"panels": [{"name": "rows", "items": [
                {"jaql": {"dim": "[a.X]"}}, {"jaql": {"dim": "[A.gone]"}, "disabled": true},
                {"jaql": {"dim": "[A.gone]"}, "disabled": true}]}]}},
            {"oid": "w2", "datasource": {"title": "Other"}, "metadata": {"panels": [
                {"name": "rows", "items": [{"jaql": {"dim": "[A.y]"}}, {"jaql": {"dim": "[Q.q]"}}]}]}}
        ]})),
        dashboard(json!({"oid": "d2", "datasource": {"title": "Other"}, "widgets": [
            {"oid": "w3", "datasource": {"title": "Shop"}, "metadata": {"panels": [
                {"name": "rows", "items": [{"jaql": {"dim": "[A.z]"}}]}]}}]})),
        dashboard(json!({"oid": "d1", "widgets": []})),
    ];
    let report = analyse_usage(&input(&model, &boards));
    assert_eq!(verdict(&report, "x").0, Verdict::Used);
    assert_eq!(verdict(&report, "y").0, Verdict::Unused);
    assert_eq!(verdict(&report, "z").0, Verdict::Used);
    assert_eq!((report.dashboards_scanned, report.dashboards_with_scripts), (2, 1));
    assert_eq!(report.unmatched_references.len(), 1);
    let gone = &report.unmatched_references[0];
    assert_eq!((gone.dim.as_str(), gone.dashboard_id.as_deref()), ("[A.gone]", Some("d1")));
    assert_eq!(gone.place, "widget \"w1\": rows (dimension), switched off");
}

#[test]
fn hierarchies_repeated_in_an_export_are_needs_not_uses() {
    let model = model(shop(&[("A", &["x"])]));
    let board = [dashboard(json!({"oid": "d", "datasource": {"title": "Shop"}, "widgets": [],
        "hierarchies": [{"title": "H", "levels": [{"dim": "[A.x]"}]}]}))];
    let report = analyse_usage(&input(&model, &board));
    assert_eq!(verdict(&report, "x"), (Verdict::Needed, vec![Need::Hierarchy], vec![]));
}

#[test]
fn the_report_reads_as_documented() {
    let model = model(shop(&[("A", &["x"])]));
    let board = [dashboard(dashboard_with(json!([{"jaql": {"dim": "[A.x]", "agg": "sum"}}])))];
    let report = analyse_usage(&input(&model, &board));
    let value = serde_json::to_value(&report).unwrap();
    assert_eq!(
        value["columns"][0],
        json!({"table": "A", "column": "x", "column_id": "A.x", "used": true,
               "used_by": [{"dashboard_id": "d0", "title": "Board",
                            "where": "widget \"Chart\": values (measure)"}],
               "needed_by": [], "doubts": [], "verdict": "used"})
    );
    assert_eq!(serde_json::from_value::<UsageReport>(value).unwrap(), report);
    let totals = Totals::of(&[report.clone(), report]);
    assert_eq!((totals.models, totals.total_columns, totals.used_count), (2, 2, 2));
}
