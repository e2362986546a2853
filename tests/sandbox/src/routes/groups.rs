//! `/api/v1/groups`, and membership in the oldest generation.

use serde_json::{Value, json};

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{named, text};
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

const EXPANDABLE: [&str; 2] = ["users", "role"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/groups", list_groups)
        .post("/api/v1/groups", create)
        .post("/api/v1/groups/bulk", create_bulk)
        .get("/api/v1/groups/{id}", get)
        .delete("/api/v1/groups/{id}", delete)
        .put("/api/groups/{group}", update)
        .get("/api/groups/{group}/users", members)
        .post("/api/groups/{group}/users", join)
        .delete("/api/groups/{group}/users", leave)
}

fn list_groups(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/groups/get")?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    let ids = call.csv("ids");
    let how = deployment.variants.name_filter;
    let fits = |group: &&Value| {
        ["name", "mail"]
            .iter()
            .all(|key| call.query(key).is_none_or(|wanted| named(text(group, key), wanted, how)))
            && call.query("roleId").is_none_or(|role| text(group, "roleId") == role)
            && call.query("origin").is_none_or(|origin| (origin == "ad") == (group["ad"] == true))
            && ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == text(group, "_id")))
    };
    let groups = deployment.groups.values().filter(fits);
    let rows = groups.map(|group| deployment.group_view(group, &listing)).collect();
    Ok(Reply::ok(listing.apply(rows, &["_id"])))
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/groups/add")?;
    let body = Value::Object(call.object()?);
    deployment.create_groups(&[body])?.one()
}

fn create_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/groups/add")?;
    deployment.create_groups(&call.array()?)?.several()
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    let group = deployment.group(&id)?;
    call.caller.need("manage/groups/get")?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    Ok(Reply::ok(listing.project(deployment.group_view(group, &listing), &["_id"])))
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    deployment.group(&id)?;
    call.caller.need("manage/groups/remove")?;
    deployment.delete_group(&id)?;
    Ok(Reply::no_content())
}

fn update(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = text(deployment.group_by_any(call.param("group"))?, "_id").to_owned();
    call.caller.need("manage/groups/modify")?;
    let body = Value::Object(call.object()?);
    deployment.update_group(&id, &body);
    // The answer of the database driver leaks through.
    Ok(Reply::ok(json!([1, { "n": 1, "nModified": 1, "ok": 1 }])))
}

fn members(deployment: &mut Deployment, call: &Call) -> Answer {
    let group = text(deployment.group_by_any(call.param("group"))?, "_id").to_owned();
    call.caller.need("manage/groups/get")?;
    let plain = Listing::default();
    let rows: Vec<Value> = deployment
        .members(&group)
        .into_iter()
        .map(|user| deployment.user_view(user, &plain))
        .collect();
    Ok(Reply::ok(rows))
}

fn join(deployment: &mut Deployment, call: &Call) -> Answer {
    change(deployment, call, true)
}

fn leave(deployment: &mut Deployment, call: &Call) -> Answer {
    change(deployment, call, false)
}

fn change(deployment: &mut Deployment, call: &Call, join: bool) -> Answer {
    let group = text(deployment.group_by_any(call.param("group"))?, "_id").to_owned();
    call.caller.need("manage/groups/modify")?;
    Ok(Reply::ok(deployment.change_members(&group, &call.array()?, join)?))
}
