//! What a run replaced or changed is written back from its before-image, as long as nobody has
//! changed it since.

use reqwest::Method;
use serde_json::{Value, json};

use super::live::Live;
use super::{Back, Image, OPERATION, Request, UndoneOutcome, Way, asset};
use crate::documents::{Dataset, ModelDocument};
use crate::domains::dashboard::{minimal, ordered};
use crate::domains::lookup::model_shares::{extract_permissions, live_permissions};
use crate::domains::migration::export as export_model;
use crate::domains::migration::{
    carried, dashboard_copy_digest, dashboard_digest, datamodel_digest,
};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, Change, Entry, Undo};
use crate::transport::ApiPath;

fn nothing(why: &str) -> Back {
    Back::No(UndoneOutcome::NothingToDo, why.to_owned())
}

fn kept(why: &str) -> Back {
    Back::No(UndoneOutcome::Kept, why.to_owned())
}

fn read(image: Value) -> Result<Image> {
    serde_json::from_value(image).map_err(|error| {
        Error::new(ErrorKind::Decode, "the journal's image of before cannot be read")
            .with_source(error)
            .with_next_step("take it back by hand; was the journal made by another version?")
    })
}

/// The way back from an image. `read_back` is what the run found after its write, if that was not what
/// it had sent.
pub(super) async fn from(
    live: &mut Live<'_>,
    entry: &Entry,
    image: Value,
    read_back: Option<Value>,
) -> Result<Back> {
    let image = read(image)?;
    let Some(id) = asset(entry).id else {
        return Err(Error::new(ErrorKind::Unexpected, "the journal has no id of what was changed"));
    };
    if live.is_made(&id) && !matches!(image, Image::Owner { .. }) {
        return Ok(nothing("it goes with the asset, which this run had made"));
    }
    match image {
        Image::MadeDashboard { .. } => Ok(nothing("it goes with the dashboard")),
        Image::ReadBack { .. } => Ok(nothing("it is no image of before")),
        Image::Dashboard { document, written } => {
            dashboard(live, entry, &id, document, &written).await
        }
        Image::Shares { rows } => shares(live, entry, &id, rows).await,
        Image::Owner { id: owner, rows } => self::owner(live, entry, &id, &owner, rows).await,
        Image::Datamodel { document, written } => {
            let written = match read_back.map(read).transpose()? {
                Some(Image::ReadBack { digest }) => vec![written, digest],
                _ => vec![written],
            };
            datamodel(live, entry, &id, document, &written).await
        }
        Image::ModelShares { rows, live: is_live } => {
            model_shares(live, entry, &id, rows, is_live).await
        }
    }
}

/// Why a dashboard that a run made is no longer as it made it.
pub(super) async fn edited(
    live: &Live<'_>,
    entry: &Entry,
    id: &str,
    image: Option<Value>,
) -> Result<Option<String>> {
    let Some(Image::MadeDashboard { digest }) =
        image.and_then(|image| serde_json::from_value(image).ok())
    else {
        return Ok(None);
    };
    let now = export(live, entry, id).await?;
    let now = if is_copy(entry) { dashboard_copy_digest(&now) } else { dashboard_digest(&now) };
    Ok((now != digest).then(|| "it was changed since".to_owned()))
}

/// Whether an entry made a second dashboard beside one that was there.
pub(super) fn is_copy(entry: &Entry) -> bool {
    entry.change.after.get("duplicate").and_then(Value::as_bool) == Some(true)
}

async fn export(live: &Live<'_>, entry: &Entry, id: &str) -> Result<Value> {
    let ids = [id.to_owned()];
    let mut loaded = live.client(entry)?.load_dashboards(&ids).await;
    match (loaded.documents.pop(), loaded.failed.pop()) {
        (Some(document), _) => Ok(document),
        (None, Some((_, error))) => Err(error),
        (None, None) => Err(Error::not_found("dashboard", id)),
    }
}

fn change(entry: &Entry, action: Action, summary: String) -> Change {
    Change::new(OPERATION, asset(entry), action, summary)
        .undo(Undo::Yes("run the migration again".to_owned()))
        .risk(Risk::High)
}

fn go(change: Change, requests: Vec<Request>) -> Back {
    Back::Go(Box::new(Way { change, requests, note: None }))
}

async fn dashboard(
    live: &Live<'_>,
    entry: &Entry,
    id: &str,
    document: Value,
    written: &str,
) -> Result<Back> {
    let now = match export(live, entry, id).await {
        Ok(now) => dashboard_digest(&now),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(nothing("it is gone")),
        Err(error) => return Err(error),
    };
    let before = dashboard_digest(&document);
    if now == before {
        return Ok(nothing("it is as it was before"));
    }
    if now != written {
        return Ok(kept("it was changed since"));
    }
    let name = &entry.change.asset.name;
    let change = change(entry, Action::Overwrite, format!("Put back the dashboard \"{name}\""))
        .before(json!({ "digest": now }))
        .after(json!({ "digest": before }));
    let path = ApiPath::new(["api", "v1", "dashboards", "import", "bulk"]);
    let mut request = Request::new(Method::POST, path).body(json!([document]));
    request.query = vec![("action", "overwrite".to_owned())];
    Ok(go(change, vec![request]))
}

fn share_request(id: &str, rows: &[Value]) -> Request {
    let path = ApiPath::new(["api", "shares", "dashboard", id]);
    Request::new(Method::POST, path).with_admin().body(json!({ "sharesTo": rows }))
}

async fn shares(live: &Live<'_>, entry: &Entry, id: &str, rows: Vec<Value>) -> Result<Back> {
    let now = match live.client(entry)?.dashboard_shares(id).await {
        Ok(now) => now,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(nothing("it is gone")),
        Err(error) => return Err(error),
    };
    // The owner's row has no rule. In a preview the owner may still be another one, who gives it back.
    let owner = rows.iter().find(|row| row.get("rule").is_none_or(Value::is_null));
    let owner = owner.and_then(|row| row.get("shareId")).and_then(Value::as_str);
    if owner.is_some() && owner != now.owner.as_deref() && !live.is_preview() {
        return Ok(kept("its owner was changed since"));
    }
    let now = ordered(&minimal(&now));
    let before = ordered(&rows);
    if now == before {
        return Ok(nothing("the shares are as they were"));
    }
    let name = &entry.change.asset.name;
    let summary = format!("Put back the shares of the dashboard \"{name}\"");
    let change = change(entry, Action::Share, summary)
        .before(json!({ "shares": now }))
        .after(json!({ "shares": before }));
    Ok(go(change, vec![share_request(id, &rows)]))
}

async fn owner(
    live: &Live<'_>,
    entry: &Entry,
    id: &str,
    owner: &str,
    rows: Vec<Value>,
) -> Result<Back> {
    let now = match live.client(entry)?.dashboard_shares(id).await {
        Ok(now) => now.owner,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(nothing("it is gone")),
        Err(error) => return Err(error),
    };
    // In a preview the steps before this one have not happened.
    if now.as_deref() == Some(owner) && !live.is_preview() {
        return Ok(nothing("the owner is as before"));
    }
    let name = &entry.change.asset.name;
    let summary = format!("Give the dashboard \"{name}\" back to its former owner");
    let change = change(entry, Action::Own, summary).after(json!({ "owner": owner }));
    let path = ApiPath::new(["api", "v1", "dashboards", id, "change_owner"]);
    let body = json!({ "ownerId": owner, "originalOwnerRule": "edit" });
    let mut requests = vec![Request::new(Method::POST, path).with_admin().body(body)];
    // The move leaves a share for who owned it until now; the list of before has none.
    if !rows.is_empty() {
        requests.push(share_request(id, &rows));
    }
    Ok(go(change, requests))
}

async fn datamodel(
    live: &Live<'_>,
    entry: &Entry,
    id: &str,
    document: Value,
    written: &[String],
) -> Result<Back> {
    let client = live.client(entry)?;
    let found = match export_model(client, id, &carried(&document)).await {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(nothing("it is gone")),
        Err(error) => return Err(error),
    };
    let old = ModelDocument::from_value(document.clone())?;
    let (now, before) = (datamodel_digest(&found), datamodel_digest(&old));
    if now == before && connections(&found) == connections(&old) {
        return Ok(nothing("it is as it was before"));
    }
    if !written.contains(&now) {
        return Ok(kept("it was changed since"));
    }
    let name = &entry.change.asset.name;
    let change = change(entry, Action::Overwrite, format!("Put back the data model \"{name}\""))
        .before(json!({ "digest": now }))
        .after(json!({ "digest": before }))
        .note("it is a draft until it is built");
    let path = ApiPath::new(["api", "v2", "datamodel-imports", "schema"]);
    let mut request = Request::new(Method::POST, path).body(document);
    request.query = vec![("datamodelId", id.to_owned())];
    Ok(go(change, vec![request]))
}

/// Which connections the datasets of a model use.
fn connections(model: &ModelDocument) -> Vec<Option<&str>> {
    fn of(dataset: &Dataset) -> Option<&str> {
        dataset.connection.as_ref().and_then(|one| one.id.as_deref())
    }
    model.datasets().iter().map(of).collect()
}

async fn model_shares(
    live: &Live<'_>,
    entry: &Entry,
    id: &str,
    rows: Vec<Value>,
    is_live: bool,
) -> Result<Back> {
    let name = &entry.change.asset.name;
    let (method, path) = if is_live {
        (Method::PATCH, live_permissions(id))
    } else {
        (Method::PUT, extract_permissions(name))
    };
    let now = live.client(entry)?.shares_at(path.clone()).await?.len();
    let summary = format!("Put back the shares of the data model \"{name}\"");
    let change = change(entry, Action::Share, summary)
        .before(json!({ "shares": now }))
        .after(json!({ "shares": rows.len() }));
    Ok(go(change, vec![Request::new(method, path).body(Value::Array(rows))]))
}
