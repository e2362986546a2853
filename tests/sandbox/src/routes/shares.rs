//! Who a dashboard is shared with.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{set, text};
use crate::state::instances::Access;
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/shares/dashboard/{id}", read)
        .post("/api/shares/dashboard/{id}", replace)
        .get("/api/v1/dashboards/{id}/shares", rows)
        .get("/api/v1/dashboards/{id}/shares/{share}", row)
}

fn read(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    reach(deployment, &oid, call, Access::View)?;
    Ok(Reply::ok(shown(deployment, &oid)?))
}

fn shown(deployment: &Deployment, oid: &str) -> Result<Value, Reply> {
    let dashboard = deployment.dashboard(oid)?;
    let mut doc = dashboard.content.doc.clone();
    deployment.inline_owner(&mut doc);
    let owner = if doc["owner"].is_object() {
        doc["owner"].clone()
    } else {
        json!({ "_id": doc["owner"] })
    };
    Ok(json!({
        "sharesTo": deployment.named_shares(dashboard.shares()),
        "sharesToNew": [],
        "owner": owner,
        "subscription": doc.get("subscription").cloned().unwrap_or_default(),
        "allowChangeSubscription": doc.get("allowChangeSubscription").cloned().unwrap_or(json!(false)),
        "isPublic": doc.get("isPublic").cloned().unwrap_or(json!(false)),
    }))
}

fn replace(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    reach(deployment, &oid, call, Access::Edit)?;
    call.caller.need("dashboards/share")?;
    let body = call.object()?;
    let Some(posted) = body.get("sharesTo").and_then(Value::as_array) else {
        return Err(Reply::error(StatusCode::BAD_REQUEST, 300, "'sharesTo' must be an array"));
    };
    let rows = deployment.share_rows(deployment.dashboard(&oid)?, posted)?;
    let dashboard = deployment.dashboard_mut(&oid)?;
    dashboard.share_at_once(rows);
    for key in ["subscription", "allowChangeSubscription", "isPublic"] {
        if let Some(value) = body.get(key) {
            set(&mut dashboard.content.doc, key, value.clone());
        }
    }
    Ok(Reply::ok(shown(deployment, &oid)?))
}

/// An admin with the flag reaches every dashboard, others need a rule on it.
fn reach(deployment: &Deployment, oid: &str, call: &Call, least: Access) -> Result<(), Reply> {
    let dashboard = deployment.dashboard(oid)?;
    if deployment.admin_access(call)? || deployment.access(dashboard, &call.caller.id) >= least {
        Ok(())
    } else {
        Err(Reply::forbidden())
    }
}

fn rows(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let listing = Listing::from_query(call, deployment.variants, &["user", "group"])?;
    let content = deployment.own_instance(&oid, &call.caller)?;
    let rows = crate::state::doc::list(&content.doc, "shares").iter();
    let rows = rows.map(|row| expanded(deployment, row, &listing)).collect();
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn row(deployment: &mut Deployment, call: &Call) -> Answer {
    let (oid, share) = (call.object_id("id")?, call.object_id("share")?);
    let listing = Listing::from_query(call, deployment.variants, &["user", "group"])?;
    let content = deployment.own_instance(&oid, &call.caller)?;
    let found = crate::state::doc::list(&content.doc, "shares")
        .iter()
        .find(|row| text(row, "shareId") == share)
        .ok_or_else(|| Reply::not_found(404, "share", &share))?;
    Ok(Reply::ok(listing.project(expanded(deployment, found, &listing), &[])))
}

fn expanded(deployment: &Deployment, row: &Value, listing: &Listing) -> Value {
    let mut view = row.clone();
    let (kind, id) = (text(row, "type"), text(row, "shareId"));
    let table = if kind == "group" { &deployment.groups } else { &deployment.users };
    if listing.expands(kind)
        && let Some(party) = table.get(id)
    {
        let mut party = party.clone();
        crate::state::doc::remove(&mut party, &["password", "uiSettings"]);
        set(&mut view, kind, party);
    }
    view
}
