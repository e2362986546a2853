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

/// Everything that the query can ask about a model.
fn metadata(deployment: &Deployment, model: &Value) -> Value {
    let built = model.get("lastBuildTime").filter(|time| !time.is_null());
    let published = model.get("lastPublishTime").filter(|time| !time.is_null());
    let status = if built.or(published).is_some() { "running" } else { "stopped" };
    let tables = list(model, "datasets").iter().map(|set| list(&set["schema"], "tables").len());
    // A size that depends on the model only, so that a restart shows the same.
    let size = tables.sum::<usize>() as f64 * 1.37 + text(model, "title").len() as f64 / 7.0;
    let provider =
        list(model, "datasets").iter().find_map(|set| set["connection"]["provider"].as_str());
    let mut row = json!({
        "oid": model["oid"], "title": model["title"], "type": model["type"],
        "status": [status], "sizeInMb": size,
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
        members.insert("provider".to_owned(), json!(provider));
        members.insert("hasDatasets".to_owned(), json!(!list(model, "datasets").is_empty()));
        members.insert("hasPendingChanges".to_owned(), json!(deployment.is_pending(model)));
        members.insert("lastBuildStatus".to_owned(), json!(built.map(|_| "done")));
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

/// Reads the selections of a query document. Arguments and the operation's head are skipped.
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
            name => fields.push(Field { name: name.to_owned(), inside: Vec::new() }),
        }
    }
}

/// Names and braces; what stands in round brackets is left out.
fn tokens(source: &str) -> Vec<String> {
    let (mut found, mut word, mut depth) = (Vec::new(), String::new(), 0_usize);
    for letter in source.chars() {
        if depth == 0 && (letter.is_alphanumeric() || letter == '_') {
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '{' | '}' if depth == 0 => found.push(letter.to_string()),
            _ => {}
        }
    }
    found
}
