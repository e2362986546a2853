//! Data security, in the two families.

use axum::http::StatusCode;
use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::text;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/elasticubes/{server}/{title}/datasecurity", extract)
        .get("/api/elasticubes/{server}/{title}/datasecurity/{table}/{column}", extract_column)
        .get("/api/v1/elasticubes/live/{title}/datasecurity", live)
}

fn extract(deployment: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(extract_rules(deployment, call)?))
}

fn extract_column(deployment: &mut Deployment, call: &Call) -> Answer {
    let mut rules = extract_rules(deployment, call)?;
    let (table, column) = (call.param("table"), call.param("column"));
    rules.retain(|rule| text(rule, "table") == table && text(rule, "column") == column);
    Ok(Reply::ok(rules))
}

/// Titles are compared letter by letter here.
fn extract_rules(deployment: &Deployment, call: &Call) -> Result<Vec<Value>, Reply> {
    let title = call.param("title");
    let model = deployment
        .models
        .values()
        .find(|model| text(model, "title") == title && text(model, "type") == "extract")
        .ok_or_else(|| Reply::error(StatusCode::BAD_REQUEST, 5001, "invalid ElastiCube"))?;
    deployment.may_edit_model(model, &call.caller)?;
    Ok(deployment.rules_of(model))
}

/// A live model has a record here only once it was published.
fn live(deployment: &mut Deployment, call: &Call) -> Answer {
    let title = call.param("title");
    let model = deployment
        .models
        .values()
        .find(|model| {
            text(model, "title") == title
                && text(model, "type") == "live"
                && model["lastPublishTime"].is_string()
        })
        .ok_or_else(|| Reply::not_found(404, "live model", title))?;
    call.caller.need("data-admins-only")?;
    Ok(Reply::ok(deployment.rules_of(model)))
}
