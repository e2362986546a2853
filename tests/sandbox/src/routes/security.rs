//! Data security, in the two families.

use axum::http::StatusCode;
use serde_json::Value;

use super::Routes;
use crate::query_variants::AddMany;
use crate::state::Deployment;
use crate::state::doc::text;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    let extract = "/api/elasticubes/{server}/{title}/datasecurity";
    let one = "/api/elasticubes/datasecurity/{rule}";
    let live = "/api/v1/elasticubes/live/{title}/datasecurity";
    routes
        .get(extract, extract_rules)
        .post(extract, add_extract)
        .delete(extract, remove_extract)
        .get("/api/elasticubes/{server}/{title}/datasecurity/{table}/{column}", extract_column)
        .put(one, replace)
        .delete(one, remove)
        .get(live, live_rules)
        .post(live, add_live)
        .post("/api/v1/elasticubes/live/{title}/datasecurity/addMany", add_many)
        .delete("/api/v1/elasticubes/live/{title}/datasecurity/{table}/{column}", remove_column)
        .delete("/api/v1/elasticubes/live/datasecurity/{rule}", remove_live)
}

fn extract_rules(deployment: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(deployment.rules_of(extract(deployment, call)?)))
}

fn extract_column(deployment: &mut Deployment, call: &Call) -> Answer {
    let mut rules = deployment.rules_of(extract(deployment, call)?);
    let (table, column) = (call.param("table"), call.param("column"));
    rules.retain(|rule| text(rule, "table") == table && text(rule, "column") == column);
    Ok(Reply::ok(rules))
}

/// Titles are compared letter by letter here. There are no sets of cubes, which go by the server
/// name `Set`.
fn extract<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
    let title = call.param("title");
    let model = deployment
        .models
        .values()
        .find(|model| text(model, "title") == title && text(model, "type") == "extract")
        .filter(|_| call.param("server").eq_ignore_ascii_case("localhost"))
        .ok_or_else(|| Reply::error(StatusCode::BAD_REQUEST, 5001, "invalid ElastiCube"))?;
    deployment.may_edit_model(model, &call.caller)?;
    Ok(model)
}

/// All of the posted rules, or none.
fn add_extract(deployment: &mut Deployment, call: &Call) -> Answer {
    let title = text(extract(deployment, call)?, "title").to_owned();
    let bodies = call.array()?;
    let rules = bodies.iter().map(|body| deployment.read_rule(&title, body));
    let rules: Vec<Value> = rules.collect::<Result<_, _>>()?;
    let ids: Vec<String> = rules.into_iter().map(|rule| deployment.put_rule(rule)).collect();
    let mut stored = deployment.rules_of(extract(deployment, call)?);
    stored.retain(|rule| ids.iter().any(|id| id == text(rule, "_id")));
    Ok(Reply::ok(stored))
}

fn remove_extract(deployment: &mut Deployment, call: &Call) -> Answer {
    let title = text(extract(deployment, call)?, "title").to_owned();
    let (Some(table), Some(column)) = (call.query("table"), call.query("column")) else {
        return Err(Reply::invalid(601, "'table' and 'column' are required"));
    };
    deployment.remove_rules(&title, table, column);
    Ok(Reply::ok(true))
}

/// A rule by its id, with the model that it is on.
fn one<'a>(deployment: &'a Deployment, call: &Call) -> Result<(String, &'a Value), Reply> {
    let id = call.object_id("rule")?;
    let missing = || Reply::not_found(404, "rule", &id);
    let rule = deployment.security.get(&id).ok_or_else(missing)?;
    let title = text(rule, "elasticube");
    let model = deployment.models.values().find(|model| text(model, "title") == title);
    let model = model.ok_or_else(missing)?;
    deployment.may_edit_model(model, &call.caller)?;
    Ok((id, rule))
}

fn replace(deployment: &mut Deployment, call: &Call) -> Answer {
    let (id, rule) = one(deployment, call)?;
    let title = text(rule, "elasticube").to_owned();
    let rule = deployment.read_rule(&title, &call.json()?)?;
    deployment.replace_rule(&id, rule);
    Ok(Reply::ok(true))
}

fn remove(deployment: &mut Deployment, call: &Call) -> Answer {
    let (id, _) = one(deployment, call)?;
    deployment.drop_rules(|rule| text(rule, "_id") == id);
    Ok(Reply::ok(true))
}

fn live_rules(deployment: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(deployment.rules_of(live(deployment, call)?)))
}

/// A live model has a record here only once it was published.
fn live<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
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
    Ok(model)
}

fn add_live(deployment: &mut Deployment, call: &Call) -> Answer {
    let rule = checked(deployment, call, &call.json()?)?;
    let id = deployment.put_rule(rule);
    let mut stored = deployment.rules_of(live(deployment, call)?);
    stored.retain(|rule| text(rule, "_id") == id);
    Ok(Reply::created(stored.pop().unwrap_or_default()))
}

fn checked(deployment: &Deployment, call: &Call, body: &Value) -> Result<Value, Reply> {
    let title = text(live(deployment, call)?, "title");
    let fullname = format!("live:{title}");
    if body["live"] != true || text(body, "fullname") != fullname {
        let message = format!("'live' must be true and 'fullname' must be '{fullname}'");
        return Err(Reply::invalid(601, &message));
    }
    if body.get("allMembers").is_none() {
        return Err(Reply::invalid(601, "'allMembers' is required"));
    }
    let rule = deployment.read_rule(title, body)?;
    deployment.check_live_rule(&rule)?;
    Ok(rule)
}

/// Rules are taken one after the other, so those before a bad one stay. Nothing is written about
/// this route but that it is there.
fn add_many(deployment: &mut Deployment, call: &Call) -> Answer {
    let status = match deployment.variants.add_many {
        AddMany::Created => StatusCode::CREATED,
        AddMany::Ok => StatusCode::OK,
        AddMany::NoRoute => {
            let title = call.param("title");
            let text = format!("Cannot POST /api/v1/elasticubes/live/{title}/datasecurity/addMany");
            return Err(Reply::text(StatusCode::NOT_FOUND, &text));
        }
    };
    live(deployment, call)?;
    let mut ids = Vec::new();
    for body in call.array()? {
        let rule = checked(deployment, call, &body)?;
        ids.push(deployment.put_rule(rule));
    }
    let mut stored = deployment.rules_of(live(deployment, call)?);
    stored.retain(|rule| ids.iter().any(|id| id == text(rule, "_id")));
    Ok(Reply::json(status, Value::Array(stored)))
}

fn remove_column(deployment: &mut Deployment, call: &Call) -> Answer {
    let title = text(live(deployment, call)?, "title").to_owned();
    let (table, column) = (call.param("table").to_owned(), call.param("column").to_owned());
    match deployment.remove_rules(&title, &table, &column) {
        0 => Err(Reply::not_found(404, "rule", &column)),
        _ => Ok(Reply::no_content()),
    }
}

/// The default rule of a column goes last.
fn remove_live(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("data-admins-only")?;
    let (id, rule) = one(deployment, call)?;
    if deployment.is_default_among_others(rule) {
        let message = "the default rule cannot be removed before the others";
        return Err(Reply::error(StatusCode::BAD_REQUEST, 30006, message));
    }
    deployment.drop_rules(|rule| text(rule, "_id") == id);
    Ok(Reply::no_content())
}
