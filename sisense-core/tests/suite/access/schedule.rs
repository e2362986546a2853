//! Setting build schedules.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::{CreateScheduleBuild, Day, ScheduleKind, ScheduledBuild};
use sisense_core::run::Undo;
use sisense_core::{Change, ErrorKind, Partial, Result, Run};

use super::approved;
use crate::suite::fake::Fake;

const SCHEMA: &str = "/api/v2/datamodels/schema";
const AT: &str = "/api/v2/datamodels/m1/schedule";

fn wish(more: Value) -> CreateScheduleBuild {
    let mut args = json!({"datamodel_name": "Sales"});
    args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(args).unwrap()
}

fn weekly() -> CreateScheduleBuild {
    wish(json!({"days": ["mon", "Friday"], "hour": 3}))
}

/// A deployment with one extract model that gathers rows.
async fn deployment() -> Fake {
    let fake = Fake::start().await;
    let gathers = json!({"type": "accumulative", "accumulativeConfig": {"column": "day"}});
    let model = json!({
        "oid": "m1", "title": "Sales", "type": "extract", "relations": [],
        "datasets": [{"oid": "d1", "schema": {"tables": [
            {"oid": "t1", "name": "Orders", "columns": [], "buildBehavior": gathers},
        ]}}],
    });
    fake.get(SCHEMA, &[("title", "Sales")], model).await;
    let live = json!({"oid": "m2", "title": "Live", "type": "LIVE", "datasets": []});
    fake.get(SCHEMA, &[("title", "Live")], live).await;
    fake
}

async fn set(
    fake: &Fake,
    run: &Run,
    params: CreateScheduleBuild,
) -> Result<Partial<ScheduledBuild>> {
    fake.client.access().create_schedule_build(run, params).await
}

async fn preview(fake: &Fake, params: CreateScheduleBuild) -> Vec<Arc<Change>> {
    let run = Run::preview().start();
    let result = set(fake, &run, params).await.unwrap().value;
    assert!(!result.confirmed);
    run.changes()
}

fn stored() -> Value {
    json!({
        "scheduleType": "DaysOfWeek", "buildType": "ACCUMULATE",
        "daysOfWeek": ["MON", "FRI"], "hour": 3, "minute": 0,
    })
}

const UNION: &str = concat!(
    r#"POST /api/v2/datamodels/m1/schedule {"buildType":"ACCUMULATE","daysOfWeek":["MON","FRI"],"#,
    r#""hour":3,"minute":0,"scheduleType":"DaysOfWeek","cronString":"0 3 * * 1,5"}"#
);

#[tokio::test]
async fn a_preview_tells_the_times_in_words_and_sends_nothing() {
    let fake = deployment().await;
    fake.reply("GET", AT, &[], 404, json!({"title": "ScheduleNotFound", "status": 404})).await;
    let changes = preview(&fake, weekly()).await;
    assert_eq!(
        changes[0].summary,
        "Build Sales every Monday and Friday at 03:00 UTC, table by table"
    );
    assert_eq!(changes[0].before, Value::Null);
    assert!(matches!(&changes[0].undo, Undo::Yes(how) if how == "delete the schedule"));
    assert!(fake.writes().await.is_empty());
    assert_eq!(fake.requests().await.len(), 2);
}

#[tokio::test]
async fn an_approved_schedule_is_sent_once_and_read_back() {
    let fake = deployment().await;
    fake.on("GET", AT, &[], wiremock::ResponseTemplate::new(404), Some(2)).await;
    fake.get(AT, &[], stored()).await;
    let text = wiremock::ResponseTemplate::new(200).set_body_string("OK");
    fake.on("POST", AT, &[], text, None).await;
    let run = approved(preview(&fake, weekly()).await);
    let result = set(&fake, &run, weekly()).await.unwrap().value;
    assert!(result.confirmed);
    assert_eq!((result.replaced, result.time_zone.as_str()), (None, "UTC"));
    assert_eq!(result.schedule.days, [Day::Mon, Day::Fri]);
    assert_eq!(fake.writes().await, [UNION]);
}

#[tokio::test]
async fn a_form_that_is_refused_with_400_is_followed_by_the_next() {
    let fake = deployment().await;
    fake.on("GET", AT, &[], wiremock::ResponseTemplate::new(404), Some(1)).await;
    fake.get(
        AT,
        &[],
        json!({"scheduleType": "dow", "buildType": "by-table",
        "daysOfWeek": ["mon", "fri"], "hour": 3, "minute": 0}),
    )
    .await;
    let refusal = wiremock::ResponseTemplate::new(400)
        .set_body_json(json!({"title": "ValidationError", "detail": "not allowed"}));
    fake.on("POST", AT, &[], refusal, Some(2)).await;
    fake.reply("POST", AT, &[], 201, json!({})).await;
    let result = set(&fake, &Run::unattended().start(), weekly()).await.unwrap().value;
    assert!(result.confirmed);
    let writes = fake.writes().await;
    assert_eq!(writes.len(), 3);
    assert!(writes[1].contains("cronString") && !writes[1].contains("scheduleType"));
    assert!(writes[2].contains("scheduleType") && !writes[2].contains("cronString"));
}

#[tokio::test]
async fn other_refusals_are_errors_at_once() {
    for (status, kind) in [(403, ErrorKind::Forbidden), (404, ErrorKind::NotFound)] {
        let fake = deployment().await;
        fake.reply("GET", AT, &[], 404, json!({})).await;
        fake.reply("POST", AT, &[], status, json!({})).await;
        let error = set(&fake, &Run::unattended().start(), weekly()).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(fake.writes().await.len(), 1);
    }
}

#[tokio::test]
async fn the_same_schedule_in_another_spelling_sends_nothing() {
    let fake = deployment().await;
    let spelled = json!({"type": "cron", "buildType": "accumulate", "cronString": "0 3 * * 5,1"});
    fake.get(AT, &[], spelled).await;
    let run = Run::unattended().start();
    let result = set(&fake, &run, weekly()).await.unwrap().value;
    assert!(result.confirmed && result.replaced.is_none());
    assert!(run.changes().is_empty());
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn an_interval_replaces_the_old_schedule_and_warns_of_gathered_rows() {
    let fake = deployment().await;
    fake.get(AT, &[], stored()).await;
    fake.reply("POST", AT, &[], 200, json!({})).await;
    let every = || wish(json!({"interval_hours": 6, "build_type": "FULL"}));
    let changes = preview(&fake, every()).await;
    assert_eq!(changes[0].before, stored());
    assert!(changes[0].notes[0].contains("every Monday and Friday at 03:00 UTC"));
    assert!(changes[0].notes.iter().any(|note| note.contains("Orders")), "{:?}", changes[0].notes);
    let done = set(&fake, &approved(changes), every()).await.unwrap();
    assert_eq!(done.value.replaced.unwrap().kind, ScheduleKind::Weekly);
    assert!(!done.value.confirmed, "this server still tells the old one");
    let told = serde_json::to_string(&done.missing).unwrap();
    assert!(told.contains("another one: every Monday"), "{told}");
    let body = r#"{"scheduleType":"Interval","buildType":"FULL","intervalSeconds":21600}"#;
    assert_eq!(fake.writes().await, [format!("POST {AT} {body}")]);
}

#[tokio::test]
async fn a_schedule_that_changed_since_the_preview_is_not_replaced() {
    let fake = deployment().await;
    fake.get_once(AT, &[], stored()).await;
    fake.get(AT, &[], json!({"scheduleType": "Interval", "intervalSeconds": 60})).await;
    let every = || wish(json!({"interval_hours": 6}));
    let run = approved(preview(&fake, every()).await);
    let error = set(&fake, &run, every()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert!(fake.writes().await.is_empty());
}

#[tokio::test]
async fn live_models_and_impossible_times_are_refused() {
    let fake = deployment().await;
    let mut live = weekly();
    live.datamodel_name = "Live".to_owned();
    let error = set(&fake, &Run::preview().start(), live).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let asked = fake.requests().await.len();
    for wrong in [json!({}), json!({"days": ["MON"], "hour": 3, "interval_hours": 1})] {
        let error = set(&fake, &Run::preview().start(), wish(wrong)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(fake.requests().await.len(), asked, "refused before anything is sent");
}

#[tokio::test]
async fn a_server_without_schedules_says_so() {
    let fake = deployment().await;
    let lacks = wiremock::ResponseTemplate::new(404).set_body_string(format!("Cannot GET {AT}"));
    fake.on("GET", AT, &[], lacks, None).await;
    let error = set(&fake, &Run::preview().start(), weekly()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
