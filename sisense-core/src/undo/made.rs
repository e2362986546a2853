//! What a run made is removed again, as long as nobody uses it.

use reqwest::Method;
use serde_json::{Value, json};

use super::live::Live;
use super::{Back, OPERATION, Request, UndoneOutcome, Way, asset};
use crate::documents::ModelDocument;
use crate::domains::lookup::models::never_deployed;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, Change, Entry, Undo};
use crate::transport::ApiPath;

/// The removal of what an entry made, or why it is left.
fn remove(entry: &Entry, id: &str, request: Request, undo: Undo) -> Back {
    let asset = asset(entry);
    let summary = format!("Delete the {} \"{}\"", asset.kind, asset.name);
    let change = Change::new(OPERATION, asset, Action::Delete, summary)
        .before(json!({ "id": id, "made_by": entry.run }))
        .undo(undo)
        .risk(Risk::High);
    Back::Go(Box::new(Way { change, requests: vec![request], note: None }))
}

fn gone() -> Back {
    Back::No(UndoneOutcome::NothingToDo, "it is gone already".to_owned())
}

fn kept(why: impl Into<String>) -> Back {
    Back::No(UndoneOutcome::Kept, why.into())
}

/// The id that the server gave to what an entry made.
fn id(entry: &Entry) -> Result<&str> {
    entry.id.as_deref().ok_or_else(|| {
        Error::new(ErrorKind::Unexpected, "the journal has no id of what was made")
            .with_next_step("look for it by its name and delete it by hand")
    })
}

pub(super) async fn user(live: &mut Live<'_>, entry: &Entry) -> Result<Back> {
    let id = id(entry)?;
    let Some(user) = live.users(entry).await?.iter().find(|user| user.id == id).cloned() else {
        return Ok(gone());
    };
    if user.last_login.is_some() {
        return Ok(kept("this person has logged in since"));
    }
    let rows = live.dashboards(entry).await?.to_vec();
    let owned = |row: &&crate::domains::lookup::dashboards::DashboardRecord| {
        row.owner.as_deref() == Some(id)
    };
    let stays = rows.iter().filter(owned).find(|row| !live.goes(&row.oid));
    if let Some(row) = stays {
        return Ok(kept(format!("the user owns the dashboard \"{}\" ({})", row.title(), row.oid)));
    }
    let request = Request::new(Method::DELETE, ApiPath::new(["api", "v1", "users", id]));
    let undo = Undo::No("a user that is made again has another id and no password".to_owned());
    Ok(remove(entry, id, request, undo))
}

pub(super) async fn group(live: &mut Live<'_>, entry: &Entry) -> Result<Back> {
    let id = id(entry)?;
    let client = live.client(entry)?;
    if !client.list_groups().await?.iter().any(|group| group.id == id) {
        return Ok(gone());
    }
    let users = live.users(entry).await?.to_vec();
    let member = users
        .iter()
        .find(|user| user.groups.iter().any(|group| group.id == id) && !live.goes(&user.id));
    if let Some(user) = member {
        return Ok(kept(format!("{} is in the group", user.email())));
    }
    let request = Request::new(Method::DELETE, ApiPath::new(["api", "v1", "groups", id]));
    let undo = Undo::No("a group that is made again has another id".to_owned());
    Ok(remove(entry, id, request, undo))
}

pub(super) async fn folder(live: &mut Live<'_>, entry: &Entry) -> Result<Back> {
    let id = id(entry)?;
    let folders = live.folders(entry).await?.to_vec();
    let is = |value: &Value, key: &str| value.get(key).and_then(Value::as_str) == Some(id);
    if !folders.iter().any(|folder| is(folder, "oid")) {
        return Ok(gone());
    }
    let inside = folders.iter().filter(|folder| is(folder, "parentId"));
    let mut inside = inside.filter_map(|folder| folder.get("oid").and_then(Value::as_str));
    if inside.any(|oid| !live.goes(oid)) {
        return Ok(kept("another folder is in it"));
    }
    let rows = live.dashboards(entry).await?.to_vec();
    let dashboard =
        rows.iter().find(|row| row.parent_folder.as_deref() == Some(id) && !live.goes(&row.oid));
    if let Some(row) = dashboard {
        return Ok(kept(format!("the dashboard \"{}\" is in it", row.title())));
    }
    let request = Request::new(Method::DELETE, ApiPath::new(["api", "v1", "folders", id]));
    let undo = Undo::No("a folder that is made again has another id".to_owned());
    Ok(remove(entry, id, request, undo))
}

pub(super) async fn dashboard(
    live: &mut Live<'_>,
    entry: &Entry,
    image: Option<Value>,
) -> Result<Back> {
    let id = id(entry)?;
    let rows = live.dashboards(entry).await?;
    let Some(row) = rows.iter().find(|row| row.oid == id).cloned() else {
        return Ok(gone());
    };
    if !has_its_title(entry, row.title()) {
        return Ok(kept(format!("it was renamed to \"{}\" since", row.title())));
    }
    if let Some(why) = super::replaced::edited(live, entry, id, image).await? {
        return Ok(kept(why));
    }
    let own =
        live.client(entry)?.whoami().await.is_ok_and(|me| row.owner.as_deref() == Some(&me.id));
    let request = if own {
        Request::new(Method::DELETE, ApiPath::new(["api", "v1", "dashboards", id]))
    } else {
        let path = ApiPath::new(["api", "v1", "dashboards", "bulk"]);
        let mut request = Request::new(Method::DELETE, path).with_admin();
        let ids = ("dashboardIds", id.to_owned());
        request.query.push(ids.clone());
        request.if_refused = Some(vec![ids]);
        request
    };
    let undo = Undo::No("private copies and the history of views are lost".to_owned());
    Ok(remove(entry, id, request, undo))
}

/// Whether a dashboard has the title that it was made with. Some servers number copies: `Sales (1)`.
fn has_its_title(entry: &Entry, title: &str) -> bool {
    let number = |rest: &str| {
        let digits = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
        digits.is_some_and(|digits| digits.parse::<u32>().is_ok())
    };
    match title.strip_prefix(entry.change.asset.name.as_str()) {
        Some("") => true,
        Some(rest) => super::replaced::is_copy(entry) && number(rest),
        None => false,
    }
}

pub(super) async fn datamodel(live: &mut Live<'_>, entry: &Entry) -> Result<Back> {
    let id = id(entry)?;
    let client = live.client(entry)?;
    let raw = match client.get_model_by_id(id).await {
        Ok(raw) => raw,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(gone()),
        Err(error) => return Err(error),
    };
    let model = ModelDocument::from_value(raw)?;
    if !never_deployed(&model) {
        return Ok(kept("the data model has been built since"));
    }
    let request = Request::new(Method::DELETE, ApiPath::new(["api", "v2", "datamodels", id]));
    let undo = Undo::Yes("migrate the data model again".to_owned());
    Ok(remove(entry, id, request, undo))
}
