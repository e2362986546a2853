//! `/api/roles`.

use serde_json::Value;

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{remove, set, text};
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/api/roles", list_roles).get("/api/roles/{role}", get)
}

fn list_roles(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("designers-and-admins-only")?;
    let rows: Vec<Value> = deployment.roles.values().map(|role| view(role, call)).collect();
    Ok(Reply::ok(rows))
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let wanted = call.param("role");
    let role = deployment
        .roles
        .values()
        .find(|role| text(role, "_id") == wanted || text(role, "name") == wanted)
        .ok_or_else(|| Reply::not_found(404, "role", wanted))?;
    Ok(Reply::ok(view(role, call)))
}

fn view(role: &Value, call: &Call) -> Value {
    let mut view = role.clone();
    let base = match text(role, "baseRoleName") {
        "" => text(role, "name").to_owned(),
        base => base.to_owned(),
    };
    if call.flag("includeBaseRolesName") {
        set(&mut view, "baseRoleName", base);
    } else {
        remove(&mut view, &["baseRoleName"]);
    }
    if !call.flag("includeManifest") {
        remove(&mut view, &["manifest"]);
    }
    view
}
