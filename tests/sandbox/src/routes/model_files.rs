//! Models as documents: export and import of definitions.

use axum::http::StatusCode;
use serde_json::json;

use super::Routes;
use crate::import_variants::{ModelAnswer, ModelBoth, ModelStatus};
use crate::state::Deployment;
use crate::state::datasets::{invalid, not_an_id};
use crate::state::model_export::DEPENDENCIES;
use crate::state::model_import::Into;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v2/datamodel-exports/schema", export)
        .post("/api/v2/datamodel-imports/schema", import)
}

fn export(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/export_schema/client")?;
    let id = wanted(call)?.ok_or_else(|| invalid("'datamodelId' is required"))?;
    if call.query("type") != Some("schema-latest") {
        return Err(invalid("'type' must be schema-latest"));
    }
    let kinds = call.csv("dependenciesIdsToInclude").unwrap_or_default();
    if let Some(kind) = kinds.iter().find(|kind| !DEPENDENCIES.contains(&kind.as_str())) {
        return Err(invalid(&format!("'{kind}' is no dependency")));
    }
    let model = deployment.model(&id, &call.caller)?;
    Ok(Reply::ok(deployment.model_document(model, &kinds)))
}

fn import(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/import_schema/client")?;
    let title = call.query("newTitle").map(str::to_owned);
    let into = match (wanted(call)?, title) {
        (Some(_), Some(_)) if deployment.variants.model_both == ModelBoth::Refused => {
            return Err(invalid("'newTitle' and 'datamodelId' exclude each other"));
        }
        (Some(oid), _) => Into::Over(oid),
        (None, Some(title)) => Into::Titled(title),
        (None, None) => Into::New,
    };
    let document = call.json().map_err(|_| invalid("the body must be a JSON object"))?;
    let model = deployment.import_model(document, &into, &call.caller)?;
    let status = match deployment.variants.model_status {
        ModelStatus::Created => StatusCode::CREATED,
        ModelStatus::Ok => StatusCode::OK,
    };
    Ok(Reply::json(
        status,
        match deployment.variants.model_answer {
            ModelAnswer::Model => model,
            ModelAnswer::Brief => json!({ "oid": model["oid"], "title": model["title"] }),
        },
    ))
}

/// The model that the query names.
fn wanted(call: &Call) -> Result<Option<String>, Reply> {
    let Some(id) = call.query("datamodelId") else { return Ok(None) };
    let id = uuid::Uuid::parse_str(id).map_err(|_| not_an_id("elasticubeOid"))?;
    Ok(Some(id.hyphenated().to_string()))
}
