//! `/api/v1/users`, and who the caller is.

use serde_json::{Value, json};

use super::Routes;
use crate::state::Deployment;
use crate::state::doc::{list, named, remove, set, text};
use crate::state::listing::Listing;
use crate::wire::{Answer, Call, Reply};

const EXPANDABLE: [&str; 3] = ["groups", "adgroups", "role"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/users", list_users)
        .post("/api/v1/users", create)
        .post("/api/v1/users/bulk", create_bulk)
        .delete("/api/v1/users/bulk", delete_bulk)
        .get("/api/v1/users/{id}", get)
        .patch("/api/v1/users/{id}", update)
        .delete("/api/v1/users/{id}", delete)
        .get("/api/users/loggedin", logged_in)
}

fn list_users(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/users/get")?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    let ids = call.csv("ids");
    let how = deployment.variants.name_filter;
    let fits = |user: &&Value| {
        let names = ["userName", "email", "firstName", "lastName"];
        names
            .iter()
            .all(|key| call.query(key).is_none_or(|wanted| named(text(user, key), wanted, how)))
            && call.query("roleId").is_none_or(|role| text(user, "roleId") == role)
            && call
                .query("groupId")
                .is_none_or(|id| list(user, "groups").iter().any(|own| own == id))
            && call.query("active").is_none_or(|active| user["active"] == (active == "true"))
            && call
                .query("origin")
                .is_none_or(|origin| (origin == "ad") == (user["activeDirectory"] == true))
            && ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == text(user, "_id")))
    };
    let users = deployment.users.values().filter(fits);
    let rows = users.map(|user| deployment.user_view(user, &listing)).collect();
    Ok(Reply::ok(listing.apply(rows, &["_id"])))
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/users/add")?;
    let body = Value::Object(call.object()?);
    deployment.create_users(&[body])?.one()
}

fn create_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/users/add")?;
    deployment.create_users(&call.array()?)?.several()
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    let user = deployment.user(&id)?;
    call.caller.need("manage/users/get")?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    Ok(Reply::ok(listing.project(deployment.user_view(user, &listing), &["_id"])))
}

fn update(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    deployment.user(&id)?;
    call.caller.need("manage/users/modify")?;
    Ok(Reply::ok(deployment.update_user(&id, &call.object()?)?))
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let id = call.object_id("id")?;
    deployment.user(&id)?;
    call.caller.need("manage/users/remove")?;
    deployment.delete_users(&[id])?;
    Ok(Reply::no_content())
}

fn delete_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("manage/users/remove")?;
    let ids = call.csv("ids").ok_or_else(|| Reply::invalid(300, "'ids' is required"))?;
    deployment.delete_users(&ids)?;
    Ok(Reply::no_content())
}

fn logged_in(deployment: &mut Deployment, call: &Call) -> Answer {
    let mut user = deployment.user(&call.caller.id)?.clone();
    remove(&mut user, &["password"]);
    let role = deployment.role(text(&user, "roleId"));
    let name = role.map_or("", |role| text(role, "name")).to_owned();
    let base = match role.map_or("", |role| text(role, "baseRoleName")) {
        "" => name.clone(),
        base => base.to_owned(),
    };
    set(&mut user, "roleName", name);
    set(&mut user, "baseRoleName", base);
    set(&mut user, "changePasswordState", json!(null));
    Ok(Reply::ok(user))
}
