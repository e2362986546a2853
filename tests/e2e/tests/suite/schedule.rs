//! Build schedules, over every form that a server may take.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::domains::access::CreateScheduleBuild;
use sisense_core::{ErrorKind, Run};
use sisense_sandbox::{Fault, FaultAction, Sandbox};

use super::support::{client, client_with, sandbox};

const MODEL: &str = "Sample ECommerce";

fn wish(model: &str, more: Value) -> CreateScheduleBuild {
    let mut params = json!({ "datamodel_name": model });
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(params).unwrap()
}

fn weekly() -> CreateScheduleBuild {
    wish(MODEL, json!({"days": ["Monday", "FRI"], "hour": 6, "minute": 15, "build_type": "FULL"}))
}

fn schedules(sandbox: &Sandbox) -> Value {
    sandbox.state()["schedules"].clone()
}

#[tokio::test]
async fn every_form_of_server_takes_the_schedule_and_proves_it() {
    for (form, requests) in [("both", 1), ("field", 2), ("spec", 3)] {
        let sandbox = sandbox().await;
        sandbox.set_variants(serde_json::from_value(json!({ "schedule_form": form })).unwrap());
        let access = client(&sandbox).access();
        let before = schedules(&sandbox);
        let preview = Run::preview().start();
        let planned = access.create_schedule_build(&preview, weekly()).await.unwrap().value;
        assert_eq!(schedules(&sandbox), before, "a preview writes nothing");
        let run = Run::approved(preview.changes()).start();
        sandbox.clear_requests();
        let done = access.create_schedule_build(&run, weekly()).await.unwrap().value;
        assert!(done.confirmed, "{form}: {:?}", done.notes);
        assert_eq!(run.left(), []);
        let sent = sandbox.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!(sent, requests, "{form}");
        let now = &schedules(&sandbox)[&planned.datamodel_id];
        assert_eq!(now["daysOfWeek"], json!(["MON", "FRI"]), "{form}");
        assert_eq!((&now["hour"], &now["minute"]), (&json!(6), &json!(15)));
        let again = Run::unattended().start();
        let same = access.create_schedule_build(&again, weekly()).await.unwrap().value;
        assert!(same.confirmed && same.replaced.is_none() && again.changes().is_empty());
    }
}

#[tokio::test]
async fn a_new_schedule_replaces_the_old_one_and_shows_it() {
    let sandbox = sandbox().await;
    let before = schedules(&sandbox);
    let (oid, old) = before.as_object().unwrap().iter().next().unwrap();
    let params = wish(oid, json!({"interval_hours": 12}));
    let run = Run::unattended().start();
    let done = client(&sandbox).access().create_schedule_build(&run, params).await.unwrap().value;
    assert!(done.confirmed);
    let replaced = serde_json::to_value(done.replaced.unwrap()).unwrap();
    assert_eq!((&replaced["days"], &replaced["hour"]), (&json!(["MON", "THU"]), &json!(4)));
    assert_eq!(run.changes()[0].before, *old);
    assert_eq!(schedules(&sandbox)[oid]["intervalSeconds"], 43_200);
}

#[tokio::test]
async fn a_drift_between_preview_and_approval_stops_the_write() {
    let sandbox = sandbox().await;
    let access = client(&sandbox).access();
    let preview = Run::preview().start();
    let _ = access.create_schedule_build(&preview, weekly()).await.unwrap();
    let other = wish(MODEL, json!({"interval_hours": 1}));
    let _ = access.create_schedule_build(&Run::unattended().start(), other).await.unwrap();
    let between = schedules(&sandbox);
    let run = Run::approved(preview.changes()).start();
    let error = access.create_schedule_build(&run, weekly()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Drifted);
    assert_eq!(schedules(&sandbox), between);
}

#[tokio::test]
async fn what_cannot_be_scheduled_is_refused() {
    let sandbox = sandbox().await;
    let before = schedules(&sandbox);
    let run = Run::unattended().start();
    let state = sandbox.state();
    let models = state["models"].as_array().unwrap();
    let live = models.iter().find(|model| model["type"] == "live").unwrap();
    let params = wish(live["title"].as_str().unwrap(), json!({"interval_hours": 1}));
    let error = client(&sandbox).access().create_schedule_build(&run, params).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let viewer = client_with(&sandbox, &sandbox.tokens().viewer).access();
    let error = viewer.create_schedule_build(&run, weekly()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::NotFound), "{error}");
    assert_eq!(schedules(&sandbox), before);
}

#[tokio::test]
async fn a_write_without_an_answer_is_an_unknown_outcome() {
    let sandbox = sandbox().await;
    let lost = Fault::new("/api/v2/datamodels/*/schedule", FaultAction::ApplyThenDrop);
    sandbox.add_fault(lost.method("POST"));
    let access = client(&sandbox).access();
    let error = access.create_schedule_build(&Run::unattended().start(), weekly()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::UnknownOutcome);
    sandbox.clear_faults();
    // It was applied: asking again looks first and finds it so.
    let run = Run::unattended().start();
    let again = access.create_schedule_build(&run, weekly()).await.unwrap().value;
    assert!(again.confirmed && run.changes().is_empty());
}
