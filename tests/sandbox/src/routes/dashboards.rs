//! `/api/v1/dashboards` as one user sees it: the caller's own instances, admins included.

use serde_json::{Value, json};

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{merge, named, text};
use crate::state::instances::Access;
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

const EXPANDABLE: [&str; 5] = ["widgets", "parentFolder", "userAuth", "rule", "owner"];

/// Members that a body cannot change.
const PROTECTED: [&str; 10] = [
    "_id",
    "oid",
    "owner",
    "userId",
    "tenantId",
    "created",
    "lastUpdated",
    "instanceType",
    "widgets",
    "script",
];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/dashboards", list_dashboards)
        .post("/api/v1/dashboards", create)
        .delete("/api/v1/dashboards/bulk", delete_bulk)
        .get("/api/v1/dashboards/{id}", get)
        .patch("/api/v1/dashboards/{id}", update)
        .delete("/api/v1/dashboards/{id}", delete)
        .get("/api/v1/dashboards/{id}/exists", exists)
        .post("/api/v1/dashboards/{id}/publish", publish)
        .post("/api/v1/dashboards/{id}/restore", restore)
        .post("/api/v1/dashboards/{id}/duplicate", duplicate)
        .put("/api/dashboards/{id}", put_script)
}

fn list_dashboards(deployment: &mut Deployment, call: &Call) -> Answer {
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    let how = deployment.variants.name_filter;
    let fits = |doc: &Value| {
        call.query("parentFolder").is_none_or(|folder| text(doc, "parentFolder") == folder)
            && call.query("name").is_none_or(|wanted| named(text(doc, "title"), wanted, how))
            && call
                .query("datasourceTitle")
                .is_none_or(|wanted| named(text(&doc["datasource"], "title"), wanted, how))
            && call.query("datasourceAddress").is_none_or(|wanted| {
                text(&doc["datasource"], "address").eq_ignore_ascii_case(wanted)
            })
    };
    let own = deployment.dashboards.values();
    let own = own.filter_map(|dashboard| deployment.instance(dashboard, &call.caller.id));
    let rows = own
        .filter(|content| fits(&content.doc))
        .map(|content| deployment.instance_view(&content, &listing, &call.caller))
        .collect();
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("dashboards/create")?;
    let body = Value::Object(call.object()?);
    Ok(Reply::created(deployment.create_dashboard(&body, &call.caller)?))
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.dashboard(&oid)?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    // A dashboard that the caller does not have is as good as absent here.
    let content = deployment
        .own_instance(&oid, &call.caller)
        .map_err(|_| Reply::not_found(10001, "dashboard", &oid))?;
    Ok(Reply::ok(listing.project(deployment.instance_view(&content, &listing, &call.caller), &[])))
}

fn update(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let dashboard = deployment.dashboard(&oid)?;
    call.caller.need("dashboards/toggle_edit_mode")?;
    let mut body = call.object()?;
    if let Some(shares) = body.get("shares") {
        // Only the owner's document carries the shares that a publish puts in force.
        if deployment.access(dashboard, &call.caller.id) != Access::Own {
            return Err(Reply::forbidden());
        }
        let rows =
            shares.as_array().ok_or_else(|| Reply::invalid(300, "'shares' must be an array"))?;
        let rows = deployment.share_rows(dashboard, rows)?;
        body.insert("shares".to_owned(), Value::Array(rows));
    }
    let content = deployment.edit_instance(&oid, &call.caller, |content| {
        merge(&mut content.doc, &body, &PROTECTED);
    })?;
    Ok(Reply::ok(content.doc))
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    may_delete(deployment, &oid, call)?;
    deployment.delete_dashboard(&oid);
    Ok(Reply::no_content())
}

fn delete_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    let missing = || Reply::invalid(300, "'dashboardIds' is required");
    let oids = call.csv("dashboardIds").ok_or_else(missing)?;
    for oid in &oids {
        may_delete(deployment, oid, call)?;
    }
    oids.iter().for_each(|oid| deployment.delete_dashboard(oid));
    Ok(Reply::blank())
}

/// The owner may, and an admin with the flag.
fn may_delete(deployment: &Deployment, oid: &str, call: &Call) -> Result<(), Reply> {
    let dashboard = deployment.dashboard(oid)?;
    call.caller.need("dashboards/delete")?;
    if dashboard.owner() == call.caller.id || deployment.admin_access(call)? {
        Ok(())
    } else {
        Err(Reply::forbidden())
    }
}

fn exists(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    Ok(Reply::ok(json!({ "exists": deployment.dashboards.contains_key(&oid) })))
}

fn publish(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let dashboard = deployment.dashboard(&oid)?;
    call.caller.need("dashboards/share")?;
    if dashboard.owner() != call.caller.id && !deployment.admin_access(call)? {
        return Err(Reply::forbidden());
    }
    deployment.dashboard_mut(&oid)?.publish(call.flag("force"));
    Ok(Reply::no_content())
}

fn restore(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.own_instance(&oid, &call.caller)?;
    let dashboard = deployment.dashboard_mut(&oid)?;
    if dashboard.owner() == call.caller.id {
        if let Some(published) = dashboard.published.clone() {
            dashboard.content = published;
        }
    } else {
        dashboard.copies.remove(&call.caller.id);
    }
    Ok(Reply::no_content())
}

fn duplicate(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let content = deployment.own_instance(&oid, &call.caller)?;
    call.caller.need("dashboards/duplicate")?;
    Ok(Reply::created(deployment.copy_dashboard(&content, &call.caller)))
}

/// The oldest generation's update. It is how scripts are written, by the owner only: for anybody
/// else the dashboard is not there.
fn put_script(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    if deployment.dashboard(&oid)?.owner() != call.caller.id {
        return Err(Reply::not_found(10001, "dashboard", &oid));
    }
    call.caller.need("dashboards/edit_script")?;
    let mut body = call.object()?;
    body.retain(|key, _| key == "script" || !PROTECTED.contains(&key.as_str()));
    body.shift_remove("shares");
    let content = deployment
        .edit_instance(&oid, &call.caller, |content| merge(&mut content.doc, &body, &[]))?;
    Ok(Reply::ok(content.doc))
}
