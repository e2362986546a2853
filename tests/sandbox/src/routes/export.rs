//! Exports: dashboards as documents, without what belongs to this deployment only.

use serde_json::{Value, json};

use super::Routes;
use crate::config::ExportUnknown;
use crate::state::Deployment;
use crate::state::dashboards::{Content, OF_ITS_DEPLOYMENT};
use crate::state::doc::{remove, set, text};
use crate::state::padding::written_out;
use crate::wire::{Answer, Call, Reply, is_object_id};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/dashboards/export", export_many)
        .get("/api/v1/dashboards/{id}/export/dash", export_file)
        .get("/api/dashboards/{id}/export", export_one)
}

fn export_many(deployment: &mut Deployment, call: &Call) -> Answer {
    let missing = || Reply::invalid(300, "'dashboardIds' is required");
    let ids = call.csv("dashboardIds").ok_or_else(missing)?;
    if ids.iter().any(|id| !is_object_id(id)) {
        return Err(Reply::invalid(601, "'dashboardIds' holds no valid object id"));
    }
    let skip = deployment.variants.export_unknown_in_chunk == ExportUnknown::Skip;
    let mut found = Vec::new();
    for id in &ids {
        let id = id.to_ascii_lowercase();
        if skip && !deployment.dashboards.contains_key(&id) {
            continue;
        }
        found.push(exported(deployment, &id, call)?);
    }
    Ok(Reply::ok(found))
}

fn export_one(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    Ok(Reply::ok(exported(deployment, &id, call)?))
}

fn export_file(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    let document = exported(deployment, &id, call)?;
    Ok(Reply::bytes("application/octet-stream", document.to_string().into_bytes()))
}

/// With admin access the owner's instance, else the caller's own.
fn exported(deployment: &Deployment, id: &str, call: &Call) -> Result<Value, Reply> {
    let dashboard = deployment.dashboard(id)?;
    call.caller.need("dashboards/export_dash")?;
    let content = if deployment.admin_access(call)? {
        dashboard.content.clone()
    } else {
        deployment.own_instance(id, &call.caller)?
    };
    Ok(document(deployment, &content))
}

fn document(deployment: &Deployment, content: &Content) -> Value {
    let mut document = content.doc.clone();
    remove(&mut document, &OF_ITS_DEPLOYMENT);
    let widgets = content.widgets.iter().map(|widget| {
        let mut widget = written_out(widget);
        let own = ["_id", "owner", "userId", "created", "lastUpdated", "instanceType"];
        remove(&mut widget, &own);
        widget
    });
    let widgets: Vec<Value> = widgets.collect();
    set(&mut document, "original", json!(null));
    set(&mut document, "widgets", widgets);
    let title = text(&content.doc["datasource"], "title");
    let hierarchies = deployment.hierarchies.iter();
    let hierarchies: Vec<Value> =
        hierarchies.filter(|row| text(row, "elasticubeTitle") == title).cloned().collect();
    set(&mut document, "hierarchies", hierarchies);
    document
}
