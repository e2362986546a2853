//! Widgets of a dashboard.

use std::sync::Arc;

use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{merge, named, now, set, text};
use crate::state::instances::Access;
use crate::state::listing::Listing;
use crate::state::padding::written_out;
use crate::wire::{Answer, Call, Reply};

/// Members that a body cannot change.
const PROTECTED: [&str; 8] =
    ["_id", "oid", "owner", "userId", "dashboardid", "created", "instanceType", "script"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/dashboards/{id}/widgets", list_widgets)
        .post("/api/v1/dashboards/{id}/widgets", create)
        .get("/api/v1/dashboards/{id}/widgets/{widget}", get)
        .patch("/api/v1/dashboards/{id}/widgets/{widget}", update)
        .delete("/api/v1/dashboards/{id}/widgets/{widget}", delete)
        .put("/api/dashboards/{id}/widgets/{widget}", put_script)
}

fn list_widgets(deployment: &mut Deployment, call: &Call) -> Answer {
    let content = deployment.own_instance(&call.object_id("id")?, &call.caller)?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    let how = deployment.variants.name_filter;
    let fits = |widget: &&Value| {
        call.query("title").is_none_or(|title| named(text(widget, "title"), title, how))
            && ["type", "subtype"]
                .iter()
                .all(|key| call.query(key).is_none_or(|wanted| text(widget, key) == wanted))
    };
    let rows = content.widgets.iter().filter(fits).map(written_out).collect();
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.dashboard(&oid)?;
    call.caller.need("widgets/create")?;
    let body = call.object()?;
    if ["datasource", "type", "metadata"].iter().any(|key| !body.contains_key(*key)) {
        return Err(Reply::invalid(300, "'datasource', 'type' and 'metadata' are mandatory"));
    }
    let (id, widget_oid) = (deployment.ids.object(), deployment.ids.object());
    let mut widget = serde_json::json!({
        "_id": id, "oid": widget_oid, "title": "", "desc": null, "source": null,
        "dashboardid": oid, "owner": call.caller.id, "userId": call.caller.id,
        "created": now(), "lastUpdated": now(), "instanceType": "owner",
    });
    merge(&mut widget, &body, &PROTECTED);
    let answer = widget.clone();
    deployment.edit_instance(&oid, &call.caller, |content| {
        Arc::make_mut(&mut content.widgets).push(widget);
    })?;
    Ok(Reply::created(answer))
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let (oid, widget) = (call.object_id("id")?, call.object_id("widget")?);
    deployment.dashboard(&oid)?;
    let content = deployment.own_instance(&oid, &call.caller)?;
    let listing = Listing::from_query(call, deployment.variants, &[])?;
    let found = content.widgets.iter().find(|row| text(row, "oid") == widget);
    let found = found.ok_or_else(|| Reply::not_found(14004, "widget", &widget))?;
    Ok(Reply::ok(listing.project(written_out(found), &[])))
}

fn update(deployment: &mut Deployment, call: &Call) -> Answer {
    let (oid, widget) = (call.object_id("id")?, call.object_id("widget")?);
    exists(deployment, &oid, &widget, call)?;
    call.caller.need("widgets/rename")?;
    let mut body = call.object()?;
    body.retain(|key, _| !PROTECTED.contains(&key.as_str()));
    change(deployment, call, &oid, &widget, &body)
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let (oid, widget) = (call.object_id("id")?, call.object_id("widget")?);
    exists(deployment, &oid, &widget, call)?;
    call.caller.need("widgets/delete")?;
    deployment.edit_instance(&oid, &call.caller, |content| {
        Arc::make_mut(&mut content.widgets).retain(|row| text(row, "oid") != widget);
    })?;
    Ok(Reply::no_content())
}

/// The oldest generation's update, which is how scripts are written: by the owner only.
fn put_script(deployment: &mut Deployment, call: &Call) -> Answer {
    let (oid, widget) = (call.object_id("id")?, call.object_id("widget")?);
    let dashboard = deployment.dashboard(&oid)?;
    if deployment.access(dashboard, &call.caller.id) != Access::Own {
        return Err(Reply::forbidden());
    }
    exists(deployment, &oid, &widget, call)?;
    call.caller.need("widgets/edit_script")?;
    let mut body = call.object()?;
    body.retain(|key, _| key == "script" || !PROTECTED.contains(&key.as_str()));
    change(deployment, call, &oid, &widget, &body)
}

fn exists(deployment: &Deployment, oid: &str, widget: &str, call: &Call) -> Result<(), Reply> {
    let content = deployment.own_instance(oid, &call.caller)?;
    if content.widgets.iter().any(|row| text(row, "oid") == widget) {
        Ok(())
    } else {
        Err(Reply::not_found(14004, "widget", widget))
    }
}

fn change(
    deployment: &mut Deployment,
    call: &Call,
    oid: &str,
    widget: &str,
    changes: &serde_json::Map<String, Value>,
) -> Answer {
    let content = deployment.edit_instance(oid, &call.caller, |content| {
        for row in Arc::make_mut(&mut content.widgets) {
            if text(row, "oid") == widget {
                merge(row, changes, &[]);
                set(row, "lastUpdated", now());
            }
        }
    })?;
    let found = content.widgets.iter().find(|row| text(row, "oid") == widget);
    Ok(Reply::ok(found.map(written_out).unwrap_or_default()))
}
