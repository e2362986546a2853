//! Moving a dashboard to another owner.

use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::dashboards::check_rule;
use crate::wire::{Answer, Call, Reply, is_object_id};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .post("/api/v1/dashboards/{id}/change_owner", change_owner)
        .post("/api/v1/dashboards/{id}/admin/change_owner", change_owner_as_admin)
}

fn change_owner(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let own = deployment.dashboard(&oid)?.owner() == call.caller.id;
    call.caller.need("dashboards/change_owner")?;
    if !deployment.admin_access(call)? && !own {
        return Err(Reply::forbidden());
    }
    apply(deployment, call, &oid)
}

fn change_owner_as_admin(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.dashboard(&oid)?;
    call.caller.need("admins-only")?;
    apply(deployment, call, &oid)
}

fn apply(deployment: &mut Deployment, call: &Call, oid: &str) -> Answer {
    let body = call.object()?;
    let owner = body.get("ownerId").and_then(Value::as_str).unwrap_or("");
    if !is_object_id(owner) {
        return Err(Reply::invalid(601, "'ownerId' must be an object id"));
    }
    let rule = body.get("originalOwnerRule").and_then(Value::as_str).unwrap_or("edit");
    check_rule(rule)?;
    deployment.change_owner(oid, owner, rule)?;
    Ok(Reply::ok(deployment.dashboard(oid)?.content.doc.clone()))
}
