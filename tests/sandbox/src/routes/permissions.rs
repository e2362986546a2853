//! Who a model is shared with. Extract models go by title and are written whole with PUT; live
//! models go by id, are written with PATCH, and exist here only once they were published.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Routes;
use crate::auth::Role;
use crate::config::ShareKey;
use crate::model_variants::ViewerShare;
use crate::state::Deployment;
use crate::state::doc::{set, text};
use crate::touched::{AssetKind, Change};
use crate::wire::{Answer, Call, Reply};

pub(super) fn routes(routes: Routes) -> Routes {
    let live = "/api/v1/elasticubes/live/{id}/permissions";
    let extract = "/api/elasticubes/{server}/{title}/permissions";
    routes
        .get(live, read_live)
        .patch(live, write_live)
        .get(extract, read)
        .put(extract, write)
        .post(extract, write)
        .delete(extract, clear)
}

fn read(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = extract(deployment, call)?;
    Ok(Reply::ok(json!({
        "_id": model["_id"], "server": "LocalHost", "title": model["title"],
        "creator": model["creator"]["id"], "shares": model["shares"],
    })))
}

fn write(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = extract(deployment, call)?;
    deployment.may_edit_model(model, &call.caller)?;
    let oid = text(model, "oid").to_owned();
    let rows = rows(deployment, &call.array()?)?;
    store(deployment, &oid, rows);
    Ok(Reply::ok(true))
}

fn clear(deployment: &mut Deployment, call: &Call) -> Answer {
    let model = extract(deployment, call)?;
    deployment.may_edit_model(model, &call.caller)?;
    let oid = text(model, "oid").to_owned();
    store(deployment, &oid, Vec::new());
    Ok(Reply::ok(true))
}

fn extract<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
    let title = call.param("title");
    let model = deployment
        .model_by_any(title)
        .filter(|model| text(model, "type") == "extract")
        .ok_or_else(|| Reply::error(StatusCode::BAD_REQUEST, 5001, "invalid ElastiCube"))?;
    seen(deployment, model, call)
}

fn seen<'a>(deployment: &Deployment, model: &'a Value, call: &Call) -> Result<&'a Value, Reply> {
    if deployment.sees_model(model, &call.caller) { Ok(model) } else { Err(Reply::forbidden()) }
}

fn read_live(deployment: &mut Deployment, call: &Call) -> Answer {
    Ok(Reply::ok(live(deployment, call)?["shares"].clone()))
}

fn write_live(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = text(live(deployment, call)?, "oid").to_owned();
    let rows = rows(deployment, &call.array()?)?;
    store(deployment, &oid, rows.clone());
    Ok(Reply::ok(rows))
}

fn live<'a>(deployment: &'a Deployment, call: &Call) -> Result<&'a Value, Reply> {
    let id = call.param("id");
    let model = deployment
        .model_by_any(id)
        .filter(|model| text(model, "type") == "live" && model["lastPublishTime"].is_string())
        .ok_or_else(|| Reply::not_found(404, "live model", id))?;
    call.caller.need("data-admins-only")?;
    Ok(model)
}

/// Reads posted rows. A row whose party stands under a key that the server does not know is
/// lost without a word.
fn rows(deployment: &Deployment, posted: &[Value]) -> Result<Vec<Value>, Reply> {
    let keys: &[&str] = match deployment.variants.share_key {
        ShareKey::Both => &["party", "partyId"],
        ShareKey::Party => &["party"],
        ShareKey::PartyId => &["partyId"],
    };
    let mut found = Vec::new();
    for row in posted {
        let Some(id) = keys.iter().map(|key| text(row, key)).find(|id| !id.is_empty()) else {
            continue;
        };
        let (kind, code) = (text(row, "type"), text(row, "permission"));
        let bad = |code, message| Err(Reply::error(StatusCode::BAD_REQUEST, code, message));
        let viewer =
            deployment.users.get(id).map(|user| deployment.base_role(text(user, "roleId")));
        match kind {
            "user"
                if viewer == Some(Role::Consumer)
                    && deployment.variants.viewer_share == ViewerShare::Refused =>
            {
                return bad(29001, "a viewer has no access to data models");
            }
            "user" if !deployment.users.contains_key(id) => return bad(27005, "user not found"),
            "group" if !deployment.groups.contains_key(id) => return bad(27006, "group not found"),
            "user" | "group" => {}
            _ => return bad(29001, "'type' must be user or group"),
        }
        if !["w", "a", "r"].contains(&code) {
            return bad(29001, "'permission' must be w, a or r");
        }
        found.push(json!({ "partyId": id, "type": kind, "permission": code }));
    }
    Ok(found)
}

fn store(deployment: &mut Deployment, oid: &str, rows: Vec<Value>) {
    if let Some(model) = deployment.models.get_mut(oid) {
        set(model, "shares", rows);
        let title = text(model, "title").to_owned();
        deployment.touch(AssetKind::Model, oid, &title, Change::Updated);
    }
}
