//! `/api/v2/datamodels`: schemas, creating and deleting.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Routes;
use crate::config::TitleMiss;
use crate::state::Deployment;
use crate::state::doc::text;
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v2/datamodels/schema", list_models)
        .post("/api/v2/datamodels", create)
        .delete("/api/v2/datamodels/{id}", delete)
        .get("/api/v2/datamodels/{id}/schema", get)
        .get("/api/v2/datamodels/{id}/schema/datasets", datasets)
        .get("/api/v2/datamodels/{id}/schema/datasets/{dataset}", dataset)
        .get("/api/v2/datamodels/{id}/schema/datasets/{dataset}/tables", tables)
        .get("/api/v2/datamodels/{id}/schema/relations", relations)
        .get("/api/v1/elasticubes/getElasticubes", elasticubes)
        .get("/api/elasticubes/hierarchies", hierarchies)
        .get("/api/v1/formulas", formulas)
}

/// The whole list, or with `title` one object.
fn list_models(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/modify")?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    let seen =
        deployment.models.values().filter(|model| deployment.sees_model(model, &call.caller));
    let Some(title) = call.query("title") else {
        return Ok(Reply::ok(listing.apply(seen.cloned().collect(), &[])));
    };
    let mut seen = seen;
    if let Some(model) = seen.find(|model| text(model, "title") == title) {
        return Ok(Reply::ok(listing.project(model.clone(), &[])));
    }
    let problem = |status, title: &str| {
        Err(Reply::problem(status, title, 1010, "no datamodel has this title"))
    };
    match deployment.variants.title_miss {
        TitleMiss::Empty => Ok(Reply::blank()),
        TitleMiss::Null => Ok(Reply::ok(Value::Null)),
        TitleMiss::List => Ok(Reply::ok(json!([]))),
        TitleMiss::Object => Ok(Reply::ok(json!({}))),
        TitleMiss::NotFound => problem(StatusCode::NOT_FOUND, "ElasticubeNotFound"),
        TitleMiss::ServerError => problem(StatusCode::INTERNAL_SERVER_ERROR, "EcmApiError"),
    }
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = found(deployment, call)?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    Ok(Reply::ok(listing.project(model.clone(), &[])))
}

fn found<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
    let oid = call.uuid("id")?;
    let model = deployment.model(&oid, &call.caller)?;
    call.caller.need("manage/elasticubes/get")?;
    Ok(model)
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/elasticubes/add")?;
    let body = Value::Object(call.object()?);
    Ok(Reply::created(deployment.create_model(&body, &call.caller)?))
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.uuid("id")?;
    let model = deployment.model(&oid, &call.caller)?;
    call.caller.need("manage/elasticubes/remove")?;
    deployment.may_edit_model(model, &call.caller)?;
    deployment.delete_model(&oid);
    Ok(Reply::problem(StatusCode::OK, "Success", 0, "the datamodel was deleted"))
}

fn datasets(deployment: &mut Deployment, call: &Call) -> Answer {
    part(deployment, call, "datasets")
}

fn dataset(deployment: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(one_dataset(deployment, call)?.clone()))
}

fn tables(deployment: &mut Deployment, call: &Call) -> Answer {
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    let dataset = one_dataset(deployment, call)?;
    let mut rows = crate::state::doc::list(&dataset["schema"], "tables").to_vec();
    if let Some(name) = call.query("name") {
        rows.retain(|table| text(table, "name") == name);
    }
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn one_dataset<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
    let model = found(deployment, call)?;
    let oid = call.uuid("dataset")?;
    let datasets = crate::state::doc::list(model, "datasets");
    datasets.iter().find(|dataset| text(dataset, "oid") == oid).ok_or_else(|| {
        let detail = "no dataset has this id";
        Reply::problem(StatusCode::NOT_FOUND, "DatasetNotFound", 1010, detail)
    })
}

fn relations(deployment: &mut Deployment, call: &Call) -> Answer {
    part(deployment, call, "relations")
}

fn part(deployment: &Deployment, call: &Call, key: &str) -> Answer {
    let model = found(deployment, call)?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    Ok(Reply::ok(listing.apply(crate::state::doc::list(model, key).to_vec(), &[])))
}

/// The older list; it shows the document id instead of the public one.
fn elasticubes(deployment: &mut Deployment, call: &Call) -> Answer {
    let seen =
        deployment.models.values().filter(|model| deployment.sees_model(model, &call.caller));
    let rows = seen.map(|model| {
        let datasets = crate::state::doc::list(model, "datasets").iter();
        json!({
            "_id": model["_id"], "title": model["title"], "type": model["type"],
            "server": model["server"], "shares": model["shares"],
            "datasets": datasets.map(|dataset| dataset["oid"].clone()).collect::<Vec<_>>(),
            "creator": model["creator"]["id"], "tenantId": model["tenant"]["_id"],
            "lastUpdated": model["lastUpdated"],
        })
    });
    Ok(Reply::ok(rows.collect::<Vec<_>>()))
}

fn hierarchies(deployment: &mut Deployment, call: &Call) -> Answer {
    let title = call.query("elasticube").unwrap_or("");
    let rows = deployment.hierarchies.iter().filter(|row| text(row, "elasticubeTitle") == title);
    Ok(Reply::ok(rows.cloned().collect::<Vec<_>>()))
}

fn formulas(deployment: &mut Deployment, call: &Call) -> Answer {
    let rows = deployment.formulas.iter().filter(|row| {
        call.query("datasource").is_none_or(|title| text(&row["datasource"], "title") == title)
    });
    let rows: Vec<Value> = rows.cloned().collect();
    // Without `flat` formulas come in the folders that people sort them into.
    Ok(Reply::ok(if call.flag("flat") {
        Value::Array(rows)
    } else {
        json!([{ "name": "Shared formulas", "type": "folder", "items": rows }])
    }))
}
