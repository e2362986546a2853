//! Writes to the datasets and tables of a model's draft.

use axum::http::StatusCode;
use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{list, text};
use crate::state::tables::{At, find};
use crate::wire::{Answer, Call, Reply};

const DATASETS: &str = "/api/v2/datamodels/{id}/schema/datasets";
const DATASET: &str = "/api/v2/datamodels/{id}/schema/datasets/{dataset}";
const TABLES: &str = "/api/v2/datamodels/{id}/schema/datasets/{dataset}/tables";
const TABLE: &str = "/api/v2/datamodels/{id}/schema/datasets/{dataset}/tables/{table}";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .post(DATASETS, create_dataset)
        .delete(DATASET, delete_dataset)
        .post(TABLES, create_table)
        .get(TABLE, table)
        .patch(TABLE, change_table)
        .delete(TABLE, delete_table)
}

/// A copy of a draft that the caller may change, to be put back changed.
fn draft(deployment: &Deployment, call: &Call) -> Result<Value, Reply> {
    let oid = call.uuid("id")?;
    let model = deployment.model(&oid, &call.caller)?;
    call.caller.need("manage/elasticubes/modify")?;
    deployment.may_edit_model(model, &call.caller)?;
    Ok(model.clone())
}

fn dataset_of(model: &Value, call: &Call) -> Result<String, Reply> {
    let oid = call.uuid("dataset")?;
    if list(model, "datasets").iter().any(|dataset| text(dataset, "oid") == oid) {
        return Ok(oid);
    }
    let detail = "no dataset has this id";
    Err(Reply::problem(StatusCode::NOT_FOUND, "DatasetNotFound", 1010, detail))
}

fn table_of(model: &Value, call: &Call) -> Result<(String, String), Reply> {
    let (dataset, table) = (dataset_of(model, call)?, call.uuid("table")?);
    if find(model, &At { dataset: &dataset, table: &table }).is_some() {
        return Ok((dataset, table));
    }
    let detail = "no table has this id";
    Err(Reply::problem(StatusCode::NOT_FOUND, "TableNotFound", 1010, detail))
}

fn create_dataset(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = draft(deployment, call)?;
    let body = call.object()?;
    Ok(Reply::created(deployment.create_dataset(model, &body, &call.caller)?))
}

fn delete_dataset(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = draft(deployment, call)?;
    let dataset = dataset_of(&model, call)?;
    deployment.delete_dataset(model, &dataset);
    Ok(Reply::problem(StatusCode::OK, "Success", 0, "the dataset was deleted"))
}

fn create_table(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = draft(deployment, call)?;
    let dataset = dataset_of(&model, call)?;
    let body = call.object()?;
    Ok(Reply::created(deployment.create_table(model, &dataset, &body)?))
}

fn table(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.uuid("id")?;
    let model = deployment.model(&oid, &call.caller)?;
    call.caller.need("manage/elasticubes/get")?;
    let (dataset, table) = table_of(model, call)?;
    let found = find(model, &At { dataset: &dataset, table: &table });
    Ok(Reply::ok(found.cloned().unwrap_or_default()))
}

fn change_table(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = draft(deployment, call)?;
    let (dataset, table) = table_of(&model, call)?;
    let body = call.object()?;
    let at = At { dataset: &dataset, table: &table };
    Ok(Reply::ok(deployment.change_table(model, &at, &body)?))
}

fn delete_table(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = draft(deployment, call)?;
    let (dataset, table) = table_of(&model, call)?;
    deployment.delete_table(model, &At { dataset: &dataset, table: &table });
    Ok(Reply::problem(StatusCode::OK, "Success", 0, "the table was deleted"))
}
