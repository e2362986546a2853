//! The model page's GraphQL: one query, the list of models.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Routes;
use crate::config::{GraphqlError, GraphqlFields};
use crate::state::Deployment;
use crate::state::doc::{list, text};
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post("/api/v2/ecm", query).post("/api/v2/ecm/", query)
}

/// One selected field with what is selected inside it.
struct Field {
    name: String,
    /// What stands in round brackets behind the name.
    arguments: String,
    inside: Vec<Field>,
}

fn query(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/get")?;
    let body = call.object()?;
    let source = body.get("query").and_then(Value::as_str).unwrap_or("");
    let Some(fields) = parse(source) else {
        return failed(deployment, "Syntax Error: the query cannot be read");
    };
    let mut data = Map::new();
    for field in &fields {
        if field.name == "getRecentBuildLogs" {
            let log = build_log(deployment, call, field, &body);
            match log.and_then(|log| select(&log, &field.inside, "BuildLogEntry")) {
                Ok(rows) => data.insert(field.name.clone(), rows),
                Err(message) => return failed(deployment, &message),
            };
            continue;
        }
        if field.name != "elasticubesMetadata" {
            let message = format!("Cannot query field \"{}\" on type \"Query\".", field.name);
            return failed(deployment, &message);
        }
        let mut rows = Vec::new();
        for model in deployment.models.values() {
            if deployment.sees_model(model, &call.caller) {
                match select(&metadata(deployment, model), &field.inside, "ElasticubeMetadata") {
                    Ok(row) => rows.push(row),
                    Err(message) => return failed(deployment, &message),
                }
            }
        }
        data.insert(field.name.clone(), Value::Array(rows));
    }
    Ok(Reply::ok(json!({ "data": data })))
}

fn failed(deployment: &Deployment, message: &str) -> Answer {
    let status = match deployment.variants.graphql_error {
        GraphqlError::BadRequest => StatusCode::BAD_REQUEST,
        GraphqlError::Ok => StatusCode::OK,
    };
    let error =
        json!({ "message": message, "extensions": { "code": "GRAPHQL_VALIDATION_FAILED" } });
    Err(Reply::json(status, json!({ "data": null, "errors": [error] })))
}

fn build_log(
    deployment: &Deployment,
    call: &Call,
    field: &Field,
    body: &Map<String, Value>,
) -> Result<Value, String> {
    let oid = argument(field, "elasticubeOid", body);
    let oid = oid.as_ref().and_then(Value::as_str).and_then(|oid| uuid::Uuid::parse_str(oid).ok());
    let oid = oid.ok_or("Variable \"$elasticubeOid\" got invalid value; Expected type UUID")?;
    let model = deployment.model(&oid.hyphenated().to_string(), &call.caller);
    let model = model.map_err(|_| "Elasticube not found".to_owned())?;
    let from = argument(field, "fromSequenceNumber", body).and_then(|from| from.as_u64());
    let from = usize::try_from(from.unwrap_or(0)).unwrap_or(usize::MAX);
    Ok(Value::Array(deployment.build_log(model, from)))
}

/// The value of an argument: a JSON scalar, or a variable's.
fn argument(field: &Field, name: &str, body: &Map<String, Value>) -> Option<Value> {
    let pairs = field.arguments.split(',').filter_map(|pair| pair.split_once(':'));
    let (_, value) = pairs.into_iter().find(|(key, _)| key.trim() == name)?;
    match value.trim().strip_prefix('$') {
        Some(variable) => body.get("variables")?.get(variable).cloned(),
        None => serde_json::from_str(value.trim()).ok(),
    }
}

/// Everything that the query can ask about a model.
fn metadata(deployment: &Deployment, model: &Value) -> Value {
    let built = model.get("lastBuildTime").filter(|time| !time.is_null());
    let published = model.get("lastPublishTime").filter(|time| !time.is_null());
    let building = deployment.is_building(text(model, "oid"));
    let status: &[&str] = match (built.or(published).is_some(), building) {
        (true, true) => &["running", "building"],
        (true, false) => &["running"],
        (false, true) => &["building"],
        (false, false) => &["stopped"],
    };
    let tables = list(model, "datasets").iter().map(|set| list(&set["schema"], "tables").len());
    // A size that depends on the model only, so that a restart shows the same.
    let size = tables.sum::<usize>() as f64 * 1.37 + text(model, "title").len() as f64 / 7.0;
    let provider =
        list(model, "datasets").iter().find_map(|set| set["connection"]["provider"].as_str());
    let mut row = json!({
        "oid": model["oid"], "title": model["title"], "type": model["type"],
        "status": status, "sizeInMb": size,
    });
    if deployment.variants.graphql_fields == GraphqlFields::Full
        && let Some(members) = row.as_object_mut()
    {
        for key in [
            "server",
            "serverId",
            "relationType",
            "lastBuildTime",
            "lastSuccessfulBuildTime",
            "lastPublishTime",
            "lastUpdated",
            "creator",
            "shares",
            "tenant",
            "analyticalEngine",
        ] {
            members.insert(key.to_owned(), model[key].clone());
        }
        let ended = deployment.builds.of(text(model, "oid")).rev();
        let last = ended.into_iter().find_map(|build| build.ended_as());
        let last = last.or(built.map(|_| "done"));
        members.insert("provider".to_owned(), json!(provider));
        members.insert("hasDatasets".to_owned(), json!(!list(model, "datasets").is_empty()));
        members.insert("hasPendingChanges".to_owned(), json!(deployment.is_pending(model)));
        members.insert("lastBuildStatus".to_owned(), json!(last));
        members.insert("nextBuildTime".to_owned(), Value::Null);
        members.insert("importTime".to_owned(), Value::Null);
        members.insert("fiscal".to_owned(), json!("system"));
    }
    row
}

/// Picks the selected fields, or names the first that the type lacks.
fn select(document: &Value, fields: &[Field], kind: &str) -> Result<Value, String> {
    if fields.is_empty() {
        return Ok(document.clone());
    }
    match document {
        Value::Array(items) => {
            items.iter().map(|item| select(item, fields, kind)).collect::<Result<_, _>>()
        }
        Value::Object(members) => {
            let mut row = Map::new();
            for field in fields {
                let Some(value) = members.get(&field.name) else {
                    return Err(format!(
                        "Cannot query field \"{}\" on type \"{kind}\".",
                        field.name
                    ));
                };
                row.insert(field.name.clone(), select(value, &field.inside, &field.name)?);
            }
            Ok(Value::Object(row))
        }
        _ => Ok(Value::Null),
    }
}

/// Reads the selections of a query document. The operation's head is skipped.
fn parse(source: &str) -> Option<Vec<Field>> {
    let mut words = tokens(source).into_iter();
    words.by_ref().find(|word| word == "{")?;
    let fields = selections(&mut words)?;
    (!fields.is_empty()).then_some(fields)
}

fn selections(words: &mut std::vec::IntoIter<String>) -> Option<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    loop {
        match words.next()?.as_str() {
            "}" => return Some(fields),
            "{" => fields.last_mut()?.inside = selections(words)?,
            word => match word.strip_prefix('(') {
                Some(arguments) => fields.last_mut()?.arguments = arguments.to_owned(),
                None => fields.push(Field {
                    name: word.to_owned(),
                    arguments: String::new(),
                    inside: Vec::new(),
                }),
            },
        }
    }
}

/// Names and braces. What stands in round brackets is one word, which begins with a bracket.
fn tokens(source: &str) -> Vec<String> {
    let (mut found, mut word, mut depth) = (Vec::new(), String::new(), 0_usize);
    for letter in source.chars() {
        match letter {
            _ if depth == 0 && (letter.is_alphanumeric() || letter == '_') => word.push(letter),
            '(' => {
                if depth == 0 && !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
                word.push(letter);
                depth += 1;
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push(std::mem::take(&mut word));
                }
            }
            _ if depth > 0 => word.push(letter),
            _ => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
                if letter == '{' || letter == '}' {
                    found.push(letter.to_string());
                }
            }
        }
    }
    found
}
