//! All checks at once: every document once, and a check that fails stops nothing.

use std::sync::{Arc, Mutex};

use pretty_assertions::assert_eq;
use sisense_core::domains::wellcheck::{Check, FullWellcheck, RunFullWellcheck, Severity};
use sisense_core::{ErrorKind, Partial, Result, Run};

use super::m2m::{SQL, answer, key};
use super::*;

const SECURITY: &str = "/api/elasticubes/localhost/Shop/datasecurity";

async fn full(fake: &Fake, boards: &[&str], models: &[&str]) -> Result<Partial<FullWellcheck>> {
    let params = RunFullWellcheck::new(words(boards), words(models));
    fake.client.wellcheck().run_full_wellcheck(&Run::reads().start(), params).await
}

/// Two dashboards, one of them on a model that is gone, and the model `Shop`. What a test mounts
/// before wins.
async fn complete(fake: &Fake) {
    let mut lost = row(2, "Lost");
    lost["datasource"] = json!({"title": "Gone"});
    fake.get(ADMIN, &[], json!([row(1, "Sales"), lost])).await;
    let items: Vec<Value> = (0..21).map(|_| json!({})).collect();
    let mut sales = export(
        1,
        "Sales",
        json!([
            {"oid": "w1", "type": "pivot2", "title": "Wide",
             "metadata": {"panels": [{"name": "rows", "items": items}]}},
            {"oid": "w2", "type": "chart/pie"},
        ]),
    );
    sales["layout"] = json!({"columns": [{"cells": [{"subcells": [{"elements": [
        {"widgetid": "w1"}, {"widgetid": "w9"}]}]}]}]});
    sales["filters"] = json!([{"isCascading": true, "levels": [{}, {}, {}, {}]}]);
    let mut lost = export(2, "Lost", json!([]));
    lost["datasource"] = json!({"title": "Gone"});
    let both = format!("{},{}", id(1), id(2));
    fake.get(EXPORT, &[("dashboardIds", &both)], json!([lost, sales])).await;

    let mut union = table("Both", &[("k", 18)]);
    union["type"] = json!("custom");
    union["expression"] = json!("SELECT k FROM A UNION SELECT k FROM B");
    let mut a = table("A", &[("k", 18), ("Region", 18)]);
    a["configOptions"] = json!({"importQuery": "SELECT 1"});
    let tables = json!([a, table("B", &[("k", 18)]), union]);
    let shop = model("m1", "Shop", tables, json!([relation("r", &["A.k", "B.k"])]));
    fake.get("/api/v2/datamodels/m1/schema", &[], shop.clone()).await;
    fake.get(SCHEMA, &[("title", "Shop")], shop).await;
    fake.get(SCHEMA, &[("fields", "oid,title,type")], json!([{"oid": "m1", "title": "Shop"}]))
        .await;
    let rules = json!([{"table": "A", "column": "Region", "datatype": "text"},
                       {"table": "A", "column": "Gone", "datatype": "text"}]);
    fake.get(SECURITY, &[], rules).await;
    answer(fake, SQL, &key("A", "k"), &[10, 10, 4]).await;
    answer(fake, SQL, &key("B", "k"), &[8, 8, 5]).await;
}

fn told(found: &FullWellcheck) -> Vec<(Severity, Check)> {
    found.findings.iter().map(|one| (one.severity, one.check)).collect()
}

#[tokio::test]
async fn wrong_arguments_are_refused_before_anything_is_sent() {
    let fake = Fake::start().await;
    for (boards, models) in [(&[][..], &[][..]), (&[" "], &[]), (&[], &["*", "Shop"])] {
        let error = full(&fake, boards, models).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let good = RunFullWellcheck::new(words(&["*"]), Vec::new());
    for wrong in [
        RunFullWellcheck { max_pivot_fields: 0, ..good.clone() },
        RunFullWellcheck { max_widgets: 0, ..good.clone() },
        RunFullWellcheck { max_filter_levels: 0, ..good.clone() },
        RunFullWellcheck { max_queries: 0, ..good },
    ] {
        let run = Run::reads().start();
        let error = fake.client.wellcheck().run_full_wellcheck(&run, wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert!(fake.requests().await.is_empty());
}

#[tokio::test]
async fn everything_is_loaded_once_and_the_worst_comes_first() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let found = full(&fake, &["*"], &["*"]).await.unwrap();
    assert!(found.is_whole());
    let value = &found.value;
    assert_eq!(
        told(value),
        [
            (Severity::High, Check::M2mRelationships),
            (Severity::High, Check::RlsDatatypes),
            (Severity::High, Check::MissingDatamodel),
            (Severity::Medium, Check::IslandTables),
            (Severity::Medium, Check::CustomTables),
            (Severity::Medium, Check::PivotFields),
            (Severity::Medium, Check::FilterLevels),
            (Severity::Low, Check::RlsDatatypes),
            (Severity::Low, Check::TextKeys),
            (Severity::Low, Check::WidgetCounts),
            (Severity::Low, Check::WidgetCounts),
            (Severity::Info, Check::ImportQueries),
        ]
    );
    assert!(value.complete);
    let summary = value.summary;
    assert_eq!((summary.dashboards_checked, summary.datamodels_checked), (2, 1));
    assert_eq!((summary.high, summary.medium, summary.low, summary.info), (3, 4, 4, 1));
    assert_eq!((summary.queries_run, summary.queries_skipped), (2, 0));
    let titles: Vec<_> =
        value.dashboards.structure.iter().map(|row| row.dashboard_title.as_deref()).collect();
    assert_eq!(titles, [Some("Sales"), Some("Lost")]);
    assert_eq!(value.dashboards.pivot_fields.len(), 1);
    assert_eq!(value.datamodels.m2m_relationships[0].is_m2m, Some(true));
    assert_eq!(value.datamodels.rls_datatypes.len(), 2);
    let model = &value.findings[0].asset;
    assert_eq!((model.id.as_deref(), model.title.as_deref()), (Some("m1"), Some("Shop")));

    let mut asked = fake.requests().await;
    asked.sort();
    let paths: Vec<&str> = asked.iter().map(|line| line.split('?').next().unwrap()).collect();
    let sql = format!("GET {SQL}");
    assert_eq!(
        paths,
        [
            sql.as_str(),
            sql.as_str(),
            &format!("GET {SECURITY}"),
            &format!("GET {ADMIN}"),
            &format!("GET {EXPORT}"),
            "GET /api/v2/datamodels/m1/schema",
            &format!("GET {SCHEMA}"),
        ]
    );
}

#[tokio::test]
async fn only_what_is_named_is_loaded() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let found = full(&fake, &[], &["Shop"]).await.unwrap();
    assert_eq!((found.value.summary.dashboards_checked, found.value.complete), (0, true));
    assert_eq!((count(&fake, ADMIN).await, count(&fake, "fields=").await), (0, 0));
    assert_eq!(fake.requests().await.len(), 4);
}

#[tokio::test]
async fn a_check_that_fails_is_named_and_does_not_stop_the_others() {
    let fake = Fake::start().await;
    fake.reply("GET", SECURITY, &[], 500, json!({})).await;
    fake.reply("GET", SQL, &[], 403, json!({})).await;
    fake.reply("GET", SCHEMA, &[("fields", "oid,title,type")], 500, json!({})).await;
    complete(&fake).await;
    let found = full(&fake, &["*"], &["Shop"]).await.unwrap();
    assert!(!found.value.complete);
    let not: Vec<_> = found
        .value
        .not_checked
        .iter()
        .map(|gap| (gap.what.as_str(), gap.checks.as_slice()))
        .collect();
    assert_eq!(
        not,
        [
            ("the list of data models", &[Check::MissingDatamodel][..]),
            ("data security of \"Shop\"", &[Check::RlsDatatypes]),
            ("relations of \"Shop\"", &[Check::M2mRelationships]),
        ]
    );
    assert_eq!(whats(&found), not.iter().map(|(what, _)| *what).collect::<Vec<_>>());
    let checks: Vec<Check> = found.value.findings_by_check.iter().map(|one| one.check).collect();
    assert_eq!(
        checks,
        [
            Check::IslandTables,
            Check::CustomTables,
            Check::ImportQueries,
            Check::TextKeys,
            Check::WidgetCounts,
            Check::PivotFields,
            Check::FilterLevels,
        ]
    );
}

#[tokio::test]
async fn one_half_that_fails_leaves_the_other() {
    let fake = Fake::start().await;
    fake.reply("GET", ADMIN, &[], 403, json!({})).await;
    complete(&fake).await;
    let found = full(&fake, &["*"], &["*"]).await.unwrap();
    assert_eq!(whats(&found), ["the dashboards"]);
    assert_eq!(found.missing[0].error.kind, ErrorKind::Forbidden);
    assert_eq!(found.value.summary.datamodels_checked, 1);
    let error = full(&fake, &["*"], &[]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_an_error_wherever_it_shows() {
    for path in [ADMIN, EXPORT, SCHEMA, SECURITY, SQL] {
        let fake = Fake::start().await;
        fake.reply("GET", path, &[], 401, json!({})).await;
        complete(&fake).await;
        let error = full(&fake, &["*"], &["*"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{path}");
    }
}

#[tokio::test]
async fn unknown_references_of_both_kinds_are_told() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let found = full(&fake, &["Slaes"], &["Shpo"]).await.unwrap();
    assert_eq!(found.value.not_found, ["Slaes", "Shpo"]);
    assert_eq!(whats(&found), ["dashboard \"Slaes\"", "data model \"Shpo\""]);
    assert!(!found.value.complete);
}

#[tokio::test]
async fn live_models_are_named_as_not_counted_and_the_answer_is_whole() {
    let fake = Fake::start().await;
    let tables = json!([table("A", &[("k", 8)]), table("B", &[("k", 8)])]);
    let mut live = model("m1", "Shop", tables, json!([relation("r", &["A.k", "B.k"])]));
    live["type"] = json!("live");
    fake.get(SCHEMA, &[("title", "Shop")], live).await;
    fake.get("/api/v1/elasticubes/live/Shop/datasecurity", &[], json!([])).await;
    let found = full(&fake, &[], &["Shop"]).await.unwrap();
    assert!(found.is_whole() && !found.value.complete);
    assert_eq!(found.value.not_checked[0].what, "relations of \"Shop\"");
    assert!(found.value.not_checked[0].why.contains("include_live"));
}

#[tokio::test]
async fn progress_tells_all_steps_together() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    let run =
        Run::reads().progress(Arc::new(move |event| keep.lock().unwrap().push(event))).start();
    let params = RunFullWellcheck::new(words(&["*"]), words(&["*"]));
    let _ = fake.client.wellcheck().run_full_wellcheck(&run, params).await.unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|event| event.operation == "wellcheck.run_full_wellcheck"));
    // Two dashboards in one chunk, one data model, two keys.
    let last = seen.last().unwrap();
    assert_eq!((last.done, last.total), (5, Some(5)));
    assert!(seen.windows(2).all(|pair| pair[0].done < pair[1].done), "{seen:?}");
    let messages: Vec<&str> = seen.iter().map(|event| event.message.as_str()).collect();
    assert!(messages.contains(&"checked 2 of 2 dashboards"), "{messages:?}");
    assert!(messages.contains(&"counted 2 keys of relations"), "{messages:?}");
}

#[tokio::test]
async fn the_work_may_move_between_threads() {
    let fake = Fake::start().await;
    complete(&fake).await;
    let client = fake.client.clone();
    let task = tokio::spawn(async move {
        let params = RunFullWellcheck::new(words(&["*"]), words(&["*"]));
        let run = Run::reads().start();
        client.wellcheck().run_full_wellcheck(&run, params).await.map(|found| found.is_whole())
    });
    assert!(task.await.unwrap().unwrap());
}
