//! Imports of dashboards, and taking the last one back.

use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::import::{Imported, Importing, Present};
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .post("/api/v1/dashboards/import/bulk", import_bulk)
        .post("/api/dashboards/import", import_one)
        .post("/api/v1/dashboards/{id}/undo_Import", undo)
}

fn import_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("dashboards/import")?;
    let how = asked(deployment, call, Present::Skip)?;
    let Value::Array(documents) = call.json()? else {
        return Err(Reply::invalid(300, "the body must be an array of dashboards"));
    };
    Ok(Reply::created(deployment.import_dashboards(documents, &how, &call.caller)?))
}

/// The oldest generation's import takes one document. What it does with a dashboard that is
/// there already is not known; here it makes another.
fn import_one(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("dashboards/import")?;
    let how = asked(deployment, call, Present::Duplicate)?;
    let document = Value::Object(call.object()?);
    match deployment.import_dashboard(document, &how, &call.caller)? {
        Imported::Made(doc) => Ok(Reply::ok(doc)),
        Imported::Skipped(oid) => Ok(Reply::ok(deployment.dashboard(&oid)?.content.doc.clone())),
    }
}

fn asked(deployment: &Deployment, call: &Call, default: Present) -> Result<Importing, Reply> {
    let action = match call.query("action") {
        None => default,
        Some("skip") => Present::Skip,
        Some("overwrite") => Present::Overwrite,
        Some("duplicate") => Present::Duplicate,
        Some(_) => return Err(Reply::invalid(300, "'action' is not one of its values")),
    };
    let folder = call.query("importFolder").map(str::to_ascii_lowercase);
    if let Some(folder) = &folder {
        deployment.import_folder(folder, &call.caller)?;
    }
    Ok(Importing { action, republish: call.flag("republish"), folder })
}

fn undo(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.dashboard(&oid)?;
    Ok(Reply::created(deployment.undo_import(&oid, &call.caller)?))
}
