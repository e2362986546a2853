//! Reads dashboards and hands on their documents, holding few at once.

use std::pin::pin;

use futures_util::StreamExt;
use serde_json::Value;

use super::dashboards::{DashboardRecord, missing_dashboards};
use super::exports::document_id;
use crate::client::Client;
use crate::documents::{DashboardDocument, DashboardFailure};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Missing;

/// Dashboards that could not be read.
pub(crate) struct Failures<'a> {
    rows: &'a [DashboardRecord],
    failed: Vec<(String, Error)>,
}

impl<'a> Failures<'a> {
    /// Whether a dashboard could not be read, or only as a copy.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Error> {
        self.failed.iter().map(|(_, error)| error)
    }

    /// Each with the row of the list that named it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (&DashboardRecord, DashboardFailure)> {
        self.failed.iter().filter_map(|(id, error)| {
            let row = self.rows.iter().find(|row| row.oid == *id)?;
            let failure = DashboardFailure {
                dashboard_id: Some(id.clone()),
                title: row.title.clone(),
                reason: error.to_string(),
            };
            Some((row, failure))
        })
    }

    pub(crate) fn into_missing(self) -> Vec<Missing> {
        missing_dashboards(self.failed, self.rows)
    }
}

/// Export the dashboards of these rows and hand on each document. Each is exported once; `done` is
/// told how many are finished.
///
/// # Errors
/// Only when the token is not accepted; a dashboard that cannot be read is a failure among others.
pub(crate) async fn scan_dashboards<'a>(
    client: &Client,
    rows: &'a [DashboardRecord],
    done: impl Fn(usize) + Send,
    mut found: impl FnMut(DashboardDocument) + Send,
) -> Result<Failures<'a>> {
    let ids: Vec<String> = rows.iter().map(|row| row.oid.clone()).collect();
    let (mut failed, mut copies) = (Vec::new(), Vec::new());
    let mut finished = 0;
    let mut parts = pin!(client.dashboard_parts(&ids));
    while let Some((count, part)) = parts.next().await {
        for (id, error) in part.failed {
            if error.kind() == ErrorKind::Unauthenticated {
                return Err(error.with_asset(format!("dashboard \"{id}\"")));
            }
            failed.push((id, error));
        }
        for document in part.documents {
            let id = document_id(&document).unwrap_or_default();
            match whole(document) {
                Ok(document) => found(document),
                Err(error) => failed.push((id, error)),
            }
        }
        copies.extend(part.copies);
        finished += count;
        done(finished);
    }
    if !copies.is_empty() {
        failed.extend(copies_of_others(client, rows, copies).await?);
    }
    Ok(Failures { rows, failed })
}

/// The caller's copies of other people's dashboards. What they name is used, but the owner's
/// dashboard may name more.
async fn copies_of_others(
    client: &Client,
    rows: &[DashboardRecord],
    copies: Vec<String>,
) -> Result<Vec<(String, Error)>> {
    let me = match client.whoami().await {
        Ok(caller) => Some(caller.id.as_str()),
        Err(error) if error.kind() == ErrorKind::Unauthenticated => return Err(error),
        // Nobody knows whose these are, so none is taken for the owner's.
        Err(_) => None,
    };
    let owner = |id: &str| rows.iter().find(|row| row.oid == id).and_then(|r| r.owner.as_deref());
    let others = copies.into_iter().filter(|id| me.is_none() || owner(id) != me);
    Ok(others.map(|id| (id, only_a_copy())).collect())
}

fn only_a_copy() -> Error {
    Error::new(ErrorKind::Forbidden, "only the caller's own copy could be read, not the owner's")
        .with_next_step("use the token of an admin who may export other people's dashboards")
}

/// A document with its widgets. Without them, or with ids in their place, it would be a part.
fn whole(document: Value) -> Result<DashboardDocument> {
    let widgets = document.get("widgets").and_then(Value::as_array);
    if !widgets.is_some_and(|widgets| widgets.iter().all(Value::is_object)) {
        return Err(Error::new(ErrorKind::Decode, "the dashboard came without its widgets"));
    }
    DashboardDocument::from_value(document)
}
