//! `/api/v1/folders` and the navigation tree.

use serde_json::{Value, json};

use super::Routes;
use crate::config::Navver;
use crate::state::Deployment;
use crate::state::doc::{merge, named, now, set, text};
use crate::state::listing::Listing;
use crate::touched::{AssetKind, Change};
use crate::wire::{Answer, Call, Reply};

const EXPANDABLE: [&str; 2] = ["dashboards", "owner"];

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/api/v1/navver", navver)
        .get("/api/v1/folders", list_folders)
        .post("/api/v1/folders", create)
        .delete("/api/v1/folders/bulk", delete_bulk)
        .get("/api/v1/folders/{id}", get)
        .patch("/api/v1/folders/{id}", update)
        .delete("/api/v1/folders/{id}", delete)
        .get("/api/v1/folders/{id}/ancestors", ancestors)
        .get("/api/v1/folders/{id}/subtree", subtree)
}

fn navver(deployment: &mut Deployment, call: &Call) -> Answer {
    let (folders, dashboards) = deployment.tree("", &call.caller);
    Ok(Reply::ok(match deployment.variants.navver {
        Navver::Object => json!({ "folders": folders, "dashboards": dashboards }),
        Navver::Array => Value::Array(folders),
    }))
}

fn list_folders(deployment: &mut Deployment, call: &Call) -> Answer {
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    if call.query("structure") == Some("tree") {
        return Ok(Reply::ok(deployment.tree("", &call.caller).0));
    }
    let ids = call.csv("ids");
    let how = deployment.variants.name_filter;
    let visible = deployment.visible_folders(&call.caller);
    // A made-up root is part of the flat list.
    let mut rows = vec![json!({ "oid": "rootFolder", "name": "rootFolder", "type": "folder" })];
    rows.extend(visible.iter().filter_map(|oid| deployment.folders.get(oid)).cloned());
    rows.retain(|folder| {
        call.query("name").is_none_or(|wanted| named(text(folder, "name"), wanted, how))
            && ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == text(folder, "oid")))
    });
    let rows = rows.iter().map(|folder| view(deployment, folder, &listing, call)).collect();
    Ok(Reply::ok(listing.apply(rows, &[])))
}

fn view(deployment: &Deployment, folder: &Value, listing: &Listing, call: &Call) -> Value {
    let mut view = deployment.folder_view(folder, &call.caller);
    if listing.expands("dashboards") {
        set(&mut view, "dashboards", deployment.tree(text(folder, "oid"), &call.caller).1);
    }
    if listing.expands("owner") {
        deployment.inline_owner(&mut view);
    }
    view
}

fn create(deployment: &mut Deployment, call: &Call) -> Answer {
    call.caller.need("folders/create")?;
    let body = Value::Object(call.object()?);
    Ok(Reply::created(deployment.create_folder(&body, &call.caller)?))
}

fn get(deployment: &mut Deployment, call: &Call) -> Answer {
    let folder = deployment.folder(&call.object_id("id")?, &call.caller)?;
    let listing = Listing::from_query(call, deployment.variants, &EXPANDABLE)?;
    Ok(Reply::ok(listing.project(view(deployment, folder, &listing, call), &[])))
}

fn update(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.folder_to_change(&oid, &call.caller)?;
    call.caller.need("folders/modify")?;
    let body = call.object()?;
    if let Some(owner) = body.get("owner") {
        deployment.user(owner.as_str().unwrap_or(""))?;
    }
    if let Some(parent) = body.get("parentId").and_then(Value::as_str) {
        deployment.folder(parent, &call.caller)?;
        if deployment.below(&oid).contains(parent) {
            return Err(Reply::invalid(300, "a folder cannot move into itself"));
        }
    }
    let mut changes = body;
    changes.retain(|key, _| ["name", "parentId", "owner"].contains(&key.as_str()));
    let caller = &call.caller;
    if let Some(folder) = deployment.folders.get_mut(&oid) {
        merge(folder, &changes, &[]);
        set(folder, "lastUpdated", now());
        let folder = folder.clone();
        deployment.touch_doc(AssetKind::Folder, &folder, Change::Updated);
    }
    Ok(Reply::ok(deployment.folder_view(&deployment.folders[&oid], caller)))
}

fn delete(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.folder_to_change(&oid, &call.caller)?;
    call.caller.need("folders/delete")?;
    deployment.delete_folder(&oid);
    Ok(Reply::no_content())
}

fn delete_bulk(deployment: &mut Deployment, call: &Call) -> Answer {
    let oids =
        call.csv("folderIds").ok_or_else(|| Reply::invalid(300, "'folderIds' is required"))?;
    for oid in &oids {
        deployment.folder_to_change(oid, &call.caller)?;
    }
    call.caller.need("folders/delete")?;
    oids.iter().for_each(|oid| deployment.delete_folder(oid));
    Ok(Reply::blank())
}

fn ancestors(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    deployment.folder(&oid, &call.caller)?;
    let path = deployment.path_to(&oid).into_iter().skip(1);
    let mut rows: Vec<Value> = path
        .filter_map(|oid| deployment.folders.get(&oid))
        .map(|folder| deployment.folder_view(folder, &call.caller))
        .collect();
    rows.push(json!({ "oid": "rootFolder", "name": "rootFolder", "type": "folder" }));
    Ok(Reply::ok(rows))
}

fn subtree(deployment: &mut Deployment, call: &Call) -> Answer {
    let oid = call.object_id("id")?;
    let folder = deployment.folder(&oid, &call.caller)?;
    let mut view = deployment.folder_view(folder, &call.caller);
    let (folders, dashboards) = deployment.tree(&oid, &call.caller);
    set(&mut view, "folders", folders);
    set(&mut view, "dashboards", dashboards);
    Ok(Reply::ok(view))
}
