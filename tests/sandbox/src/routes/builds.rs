//! `/api/v2/builds`: starting, watching and cancelling builds.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Routes;
use crate::model_variants::{BuildCancel, BuildTask};
use crate::state::Deployment;
use crate::state::builds::Build;
use crate::state::datasets::{invalid, not_an_id};
use crate::touched::{AssetKind, Change};
use crate::wire::{Answer, Call, Reply};

const ALL: &str = "/api/v2/builds";
const ONE: &str = "/api/v2/builds/{id}";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post(ALL, start).get(ALL, all).delete(ALL, cancel_all).get(ONE, one).delete(ONE, cancel)
}

fn start(deployment: &mut Deployment, call: &Call) -> Answer {
    let body = call.object()?;
    Ok(Reply::created(deployment.start_build(&body, &call.caller)?))
}

fn all(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/get_tasks")?;
    let wanted = call.query("status");
    let known = ["pending", "building", "done", "failed", "cancelled"];
    if wanted.is_some_and(|wanted| !known.contains(&wanted)) {
        return Err(invalid("'status' is no state of a build"));
    }
    let model = match call.query("datamodelId") {
        Some(id) => Some(model_id(deployment, call, id)?),
        None => None,
    };
    let seen = deployment.builds.iter().filter(|build| {
        model.as_ref().is_none_or(|model| *model == build.model)
            && wanted.is_none_or(|wanted| build.state() == Some(wanted))
            && deployment.model(&build.model, &call.caller).is_ok()
    });
    Ok(Reply::ok(seen.map(|build| deployment.build_view(build)).collect::<Vec<_>>()))
}

/// The id of a model that the caller sees.
fn model_id(deployment: &Deployment, call: &Call, id: &str) -> Result<String, Reply> {
    let oid = uuid::Uuid::parse_str(id).map_err(|_| not_an_id("elasticubeOid"))?;
    let oid = oid.hyphenated().to_string();
    deployment.model(&oid, &call.caller)?;
    Ok(oid)
}

fn found<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Build, Reply> {
    let oid = call.uuid("id")?;
    let build = deployment.builds.get(&oid).ok_or_else(unknown)?;
    deployment.model(&build.model, &call.caller)?;
    Ok(build)
}

fn unknown() -> Reply {
    Reply::problem(StatusCode::NOT_FOUND, "BuildNotFound", 1010, "no build has this id")
}

fn one(deployment: &mut Deployment, call: &Call) -> Answer {
    let build = found(deployment, call)?;
    call.caller.need("manage/elasticubes/get_tasks")?;
    if build.is_in_window() {
        match deployment.variants.build_task {
            BuildTask::Null => {}
            BuildTask::NotFound => return Err(unknown()),
            BuildTask::BadRequest => {
                let detail = format!("Data source not found for build id {}", build.oid);
                let status = StatusCode::BAD_REQUEST;
                return Err(Reply::problem(status, "BuildError", 1013, &detail));
            }
        }
    }
    Ok(Reply::ok(deployment.build_view(build)))
}

/// A build that has ended stays as it is, and nobody is told.
fn cancel(deployment: &mut Deployment, call: &Call) -> Answer {
    let build = found(deployment, call)?;
    let (oid, model) = (build.oid.clone(), build.model.clone());
    may_cancel(deployment, call, &model)?;
    deployment.touch(AssetKind::Build, &oid, &model, Change::Updated);
    deployment.builds.cancel(|build| build.oid == oid);
    Ok(match deployment.variants.build_cancel {
        BuildCancel::Ok => {
            Reply::ok(json!({ "error": Value::Null, "status": "OK", "statusCode": 200 }))
        }
        BuildCancel::NoContent => Reply::no_content(),
    })
}

/// There is no way to cancel what belongs to no model in particular.
fn cancel_all(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.query("datamodelId").ok_or_else(|| invalid("'datamodelId' is required"))?;
    let model = model_id(deployment, call, id)?;
    may_cancel(deployment, call, &model)?;
    deployment.builds.cancel(|build| build.model == model);
    Ok(Reply::no_content())
}

fn may_cancel(deployment: &Deployment, call: &Call, model: &str) -> Result<(), Reply> {
    let model = deployment.model(model, &call.caller)?;
    call.caller.need("manage/elasticubes/execute_build")?;
    deployment.may_edit_model(model, &call.caller)
}
