//! What is asked, and what the answer is when everything can be read.

use std::sync::{Arc, Mutex};

use serde_json::json;
use sisense_core::documents::{Need, Verdict};
use sisense_core::domains::access::DashboardScope;

use super::*;

#[tokio::test]
async fn asks_for_each_thing_once_and_judges_each_column() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(verdicts(&found.value), ["x: used", "y: unused", "z: unused"]);
    let mut requests = fake.requests().await;
    assert_eq!(requests.remove(0), format!("GET {SCHEMA}?title=Shop"));
    requests.sort();
    let mut expected = [
        format!("GET {ADMIN}?dashboardType=owner&datasourceTitle=Shop&fields={FIELDS}"),
        format!("GET {EXPORT}?dashboardIds={}&adminAccess=true", id(1)),
        format!("GET {SECURITY}"),
        format!("GET {HIERARCHIES}?elasticube=Shop&server=localhost"),
        format!("GET {FORMULAS}?datasource=Shop&flat=true"),
    ];
    expected.sort();
    assert_eq!(requests, expected);
}

#[tokio::test]
async fn the_answer_is_flat_and_counts_add_up() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    let value = serde_json::to_value(&found).unwrap();
    let value = &value["value"];
    assert_eq!(value["datamodel_id"], "m1");
    assert_eq!(value["datamodel_name"], "Shop");
    assert_eq!(value["dashboard_scope"], "main_source");
    let counts = ["total_columns", "used_count", "needed_count", "unused_count", "unknown_count"];
    assert_eq!(counts.map(|key| value[key].as_u64().unwrap()), [3, 1, 0, 2, 0]);
    assert_eq!(value["dashboards_scanned"], 1);
    assert_eq!(
        value["columns"][0],
        json!({
            "table": "A", "column": "x", "column_id": "m1.x", "used": true,
            "used_by": [{"dashboard_id": id(1), "title": "Board 1",
                         "where": "widget \"Chart\": rows (dimension)"}],
            "needed_by": [], "doubts": [], "verdict": "used"
        })
    );
}

#[tokio::test]
async fn security_hierarchies_and_formulas_need_columns() {
    let fake = Fake::start().await;
    fake.get(
        SCHEMA,
        &[("title", "Shop")],
        model("m1", "Shop", &["x", "secured", "level", "counted"]),
    )
    .await;
    fake.get(SECURITY, &[], json!([{"table": "A", "column": "secured", "members": []}])).await;
    let level = json!({"dim": "[A.level]", "table": "A", "column": "level"});
    fake.get(
        HIERARCHIES,
        &[],
        json!([{"title": "Geo", "elasticubeTitle": "Shop", "levels": [level]}]),
    )
    .await;
    let context = json!({"[c]": {"dim": "[A.counted]", "agg": "count"}});
    fake.get(FORMULAS, &[], json!([{"title": "N", "formula": "[c]", "context": context}])).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert!(found.is_whole());
    let needs: Vec<_> =
        found.value.report.columns.iter().map(|row| (row.verdict, row.needed_by.clone())).collect();
    assert_eq!(
        needs,
        [
            (Verdict::Used, vec![]),
            (Verdict::Needed, vec![Need::Security]),
            (Verdict::Needed, vec![Need::Hierarchy]),
            (Verdict::Needed, vec![Need::Formula]),
        ]
    );
}

#[tokio::test]
async fn without_dashboards_all_is_unused_after_a_second_look() {
    let fake = Fake::start().await;
    let other = json!([row(7, "Other")]);
    fake.get(ADMIN, &[("datasourceTitle", "Shop")], json!([])).await;
    fake.get(ADMIN, &[], other).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert!(found.is_whole());
    assert_eq!(verdicts(&found.value), ["x: unused", "y: unused", "z: unused"]);
    assert_eq!(found.value.report.dashboards_scanned, 0);
    assert_eq!(fake.requests().await.len(), 6);
}

#[tokio::test]
async fn a_filter_that_minds_the_case_hides_no_dashboard() {
    let fake = Fake::start().await;
    fake.get(ADMIN, &[("datasourceTitle", "Shop")], json!([])).await;
    fake.get(ADMIN, &[], json!([row(1, "SHOP "), row(7, "Other")])).await;
    let shouted = json!([export(1, "SHOP ", &["x"])]);
    fake.get(EXPORT, &[("dashboardIds", &id(1))], shouted).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert_eq!(verdicts(&found.value), ["x: used", "y: unused", "z: unused"]);
}

#[tokio::test]
async fn all_dashboards_on_request_also_find_a_widget_in_a_dashboard_on_another_model() {
    let fake = Fake::start().await;
    let rows = json!([row(1, "Shop"), row(2, "Other")]);
    fake.get(ADMIN, &[("datasourceTitle", "")], rows).await;
    let mut other = export(2, "Other", &["y"]);
    other["widgets"][0]["datasource"] = json!({"title": "Shop"});
    other["filters"] = json!([{"jaql": {"dim": "[A.z]"}}]);
    let both = json!([export(1, "Shop", &["x"]), other]);
    fake.get(EXPORT, &[("dashboardIds", &format!("{},{}", id(1), id(2)))], both).await;
    complete(&fake).await;
    let all = unused_of(&fake, true).await.unwrap();
    assert_eq!(verdicts(&all.value), ["x: used", "y: used", "z: unused"]);
    assert_eq!(all.value.dashboard_scope, DashboardScope::All);
    assert_eq!(all.value.report.dashboards_scanned, 2);
}

#[tokio::test]
async fn a_live_model_has_its_own_path_of_rules() {
    let fake = Fake::start().await;
    let mut live = model("m1", "Shop", &["x", "y"]);
    live["type"] = json!("live");
    fake.get(SCHEMA, &[("title", "Shop")], live).await;
    let rules = json!([{"table": "A", "column": "y"}]);
    fake.get("/api/v1/elasticubes/live/Shop/datasecurity", &[], rules).await;
    complete(&fake).await;
    let found = unused_of(&fake, false).await.unwrap();
    assert_eq!(verdicts(&found.value), ["x: used", "y: needed"]);
    assert!(!fake.requests().await.iter().any(|line| line.contains(SECURITY)));
}

#[tokio::test]
async fn a_live_model_that_was_never_published_has_no_rules() {
    for (published, verdict) in [
        (json!({"lastPublishTime": null}), "y: unused"),
        (json!({"lastPublishTime": "2026-01-01T00:00:00Z"}), "y: unknown"),
        (json!({}), "y: unknown"),
    ] {
        let fake = Fake::start().await;
        let mut live = model("m1", "Shop", &["x", "y"]);
        live["type"] = json!("live");
        live.as_object_mut().unwrap().extend(published.as_object().unwrap().clone());
        fake.get(SCHEMA, &[("title", "Shop")], live).await;
        let path = "/api/v1/elasticubes/live/Shop/datasecurity";
        fake.reply("GET", path, &[], 404, json!({"error": {"code": 404}})).await;
        complete(&fake).await;
        let found = unused_of(&fake, false).await.unwrap();
        assert_eq!(verdicts(&found.value), ["x: used", verdict]);
        assert_eq!(found.is_whole(), verdict == "y: unused");
    }
}

#[tokio::test]
async fn columns_that_the_model_no_longer_has_are_told() {
    let fake = Fake::start().await;
    let broken = json!([export(1, "Shop", &["x", "gone"])]);
    fake.get(EXPORT, &[], broken).await;
    complete(&fake).await;
    let report = unused_of(&fake, false).await.unwrap().value.report;
    assert_eq!(report.unmatched_references.len(), 1);
    assert_eq!(report.unmatched_references[0].dim, "[A.gone]");
}

#[tokio::test]
async fn progress_tells_how_many_dashboards_are_read() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&told);
    let run = Run::reads()
        .progress(Arc::new(move |progress| sink.lock().unwrap().push(progress)))
        .start();
    let params = GetUnusedColumns { datamodel_name: "Shop".into(), include_all_dashboards: false };
    let _ = fake.client.access().get_unused_columns(&run, params).await.unwrap();
    let told = told.lock().unwrap();
    let last = told.last().unwrap();
    assert_eq!(last.operation, "access.get_unused_columns");
    assert_eq!(
        (last.message.as_str(), last.done, last.total),
        ("read 1 of 1 dashboards", 1, Some(1))
    );
}

#[tokio::test]
async fn the_work_may_move_between_threads() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let client = fake.client.clone();
    let task = tokio::spawn(async move {
        let run = Run::reads().start();
        let params =
            GetUnusedColumns { datamodel_name: "Shop".into(), include_all_dashboards: false };
        client.access().get_unused_columns(&run, params).await.map(|found| found.is_whole())
    });
    assert!(task.await.unwrap().unwrap());
}
