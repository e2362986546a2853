//! Build schedules, one per model.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Routes;
use crate::auth::Caller;
use crate::config::ScheduleForm;
use crate::state::Deployment;
use crate::state::doc::text;
use crate::touched::{AssetKind, Change};
use crate::wire::{Answer, Call, Reply};

const PATH: &str = "/api/v2/datamodels/{id}/schedule";
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get(PATH, get).post(PATH, set).delete(PATH, delete)
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = allowed(deployment, call)?;
    let missing =
        || Reply::problem(StatusCode::NOT_FOUND, "ScheduleNotFound", 1014, "no schedule is set");
    Ok(Reply::ok(deployment.schedules.get(&oid).cloned().ok_or_else(missing)?))
}

fn set(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = allowed(deployment, call)?;
    if text(&deployment.models[&oid], "type") == "live" {
        return Err(bad("a live datamodel has no build to schedule"));
    }
    let body = call.object()?;
    let form = deployment.variants.schedule_form;
    let schedule = read(&body, form).map_err(|detail| bad(&detail))?;
    touch(deployment, &oid);
    deployment.schedules.insert(oid, schedule.clone());
    Ok(match form {
        ScheduleForm::Both => Reply::ok(schedule),
        ScheduleForm::Spec => Reply::created(schedule),
        ScheduleForm::Field => Reply::text(StatusCode::OK, "OK"),
    })
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = allowed(deployment, call)?;
    touch(deployment, &oid);
    deployment.schedules.remove(&oid);
    Ok(Reply::problem(StatusCode::OK, "Success", 0, "the schedule was removed"))
}

fn touch(deployment: &mut Deployment, oid: &str) {
    let title = deployment.models.get(oid).map_or("", |model| text(model, "title")).to_owned();
    deployment.touch(AssetKind::Model, oid, &title, Change::Updated);
}

fn allowed(deployment: &Deployment, call: &Call) -> Result<String, Reply> {
    let oid = call.uuid("id")?;
    let caller: &Caller = &call.caller;
    let model = deployment.model(&oid, caller)?;
    caller.need("manage/elasticubes/schedule_build")?;
    deployment.may_edit_model(model, caller)?;
    Ok(oid)
}

fn bad(detail: &str) -> Reply {
    Reply::problem(StatusCode::BAD_REQUEST, "ValidationError", 1002, detail)
}

/// Checks a body and brings it into the form that the GET shows.
fn read(body: &Map<String, Value>, form: ScheduleForm) -> Result<Value, String> {
    let word = |key: &str| body.get(key).and_then(Value::as_str);
    let number = |key: &str| body.get(key).and_then(Value::as_u64);
    let build = word("buildType").ok_or("'buildType' is required")?;
    if !["ACCUMULATE", "FULL", "SCHEMA_CHANGES"].contains(&build) {
        return Err(format!("'{build}' is no build type"));
    }
    if word("scheduleType") == Some("Interval") {
        let seconds = number("intervalSeconds").filter(|seconds| *seconds > 0);
        let seconds = seconds.ok_or("'intervalSeconds' must be positive")?;
        return Ok(json!({
            "scheduleType": kind("Interval", form), "buildType": spelled(build, form),
            "intervalSeconds": seconds,
        }));
    }
    let cron = word("cronString");
    match (form, word("scheduleType"), cron) {
        (ScheduleForm::Spec, Some("DaysOfWeek"), None)
        | (ScheduleForm::Field, None, Some(_))
        | (ScheduleForm::Both, Some("DaysOfWeek"), _)
        | (ScheduleForm::Both, None, Some(_)) => {}
        (ScheduleForm::Spec, _, Some(_)) => return Err("'cronString' is not allowed".to_owned()),
        (ScheduleForm::Field, Some(_), _) => return Err("'scheduleType' is not allowed".to_owned()),
        _ => return Err("'scheduleType' must be Interval or DaysOfWeek".to_owned()),
    }
    let days =
        body.get("daysOfWeek").and_then(Value::as_array).ok_or("'daysOfWeek' is required")?;
    let days: Vec<&str> = days.iter().map(|day| day.as_str().unwrap_or("")).collect();
    let every = form != ScheduleForm::Spec && days == ["*"];
    if days.is_empty() || !(every || days.iter().all(|day| DAYS.contains(day))) {
        return Err("'daysOfWeek' holds what is no day".to_owned());
    }
    let hour = number("hour").filter(|hour| *hour < 24).ok_or("'hour' must be 0 to 23")?;
    let minute =
        number("minute").filter(|minute| *minute < 60).ok_or("'minute' must be 0 to 59")?;
    let mut schedule = json!({
        "scheduleType": kind("DaysOfWeek", form), "buildType": spelled(build, form),
        "daysOfWeek": days, "hour": hour, "minute": minute,
    });
    if let Some(cron) = cron {
        crate::state::doc::set(&mut schedule, "cronString", cron);
    }
    Ok(schedule)
}

/// The field form answers in the newer, lower-case spelling.
fn kind(name: &str, form: ScheduleForm) -> &'static str {
    match (name, form) {
        ("Interval", ScheduleForm::Field) => "interval",
        ("Interval", _) => "Interval",
        (_, ScheduleForm::Field) => "dow",
        _ => "DaysOfWeek",
    }
}

fn spelled(build: &str, form: ScheduleForm) -> String {
    match (build, form) {
        ("ACCUMULATE", ScheduleForm::Field) => "by-table".to_owned(),
        (other, ScheduleForm::Field) => other.to_lowercase().replace('_', "-"),
        (other, _) => other.to_owned(),
    }
}
