//! Reads dashboards and tells what each names, holding few documents at once.

use std::pin::pin;

use futures_util::StreamExt;
use serde_json::Value;

use crate::client::Client;
use crate::documents::{DashboardDocument, DashboardFailure, DashboardUse};
use crate::domains::lookup::dashboards::{DashboardRecord, document_id, missing_dashboards};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Missing, Run};

/// Dashboards that could not be read.
pub(super) struct Failures<'a> {
    rows: &'a [DashboardRecord],
    failed: Vec<(String, Error)>,
}

impl<'a> Failures<'a> {
    /// Each with the row of the list that named it.
    pub(super) fn each(&self) -> impl Iterator<Item = (&DashboardRecord, DashboardFailure)> {
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

    pub(super) fn into_missing(self) -> Vec<Missing> {
        missing_dashboards(self.failed, self.rows)
    }
}

/// Export the dashboards of these rows and hand on what each names. Each is exported once.
///
/// # Errors
/// Only when the token is not accepted; a dashboard that cannot be read is a failure among others.
pub(super) async fn read_dashboards<'a>(
    client: &Client,
    run: &Run,
    operation: &str,
    rows: &'a [DashboardRecord],
    mut found: impl FnMut(DashboardUse) + Send,
) -> Result<Failures<'a>> {
    let ids: Vec<String> = rows.iter().map(|row| row.oid.clone()).collect();
    let total = ids.len();
    let mut failed = Vec::new();
    let mut finished = 0;
    let mut parts = pin!(client.dashboard_parts(&ids));
    while let Some((count, part)) = parts.next().await {
        for (id, error) in part.failed {
            if error.kind() == ErrorKind::Unauthenticated {
                return Err(error);
            }
            failed.push((id, error));
        }
        for document in part.documents {
            let id = document_id(&document).unwrap_or_default();
            match use_of(document) {
                Ok(dashboard) => found(dashboard),
                Err(error) => failed.push((id, error)),
            }
        }
        finished += count;
        let message = format!("read {finished} of {total} dashboards");
        run.progress(operation, message, finished as u64, Some(total as u64));
    }
    Ok(Failures { rows, failed })
}

/// What a dashboard names. A document without its widgets, or with ids in their place, would be a
/// part.
fn use_of(document: Value) -> Result<DashboardUse> {
    let widgets = document.get("widgets").and_then(Value::as_array);
    if !widgets.is_some_and(|widgets| widgets.iter().all(Value::is_object)) {
        return Err(Error::new(ErrorKind::Decode, "the dashboard came without its widgets"));
    }
    Ok(DashboardUse::of(&DashboardDocument::from_value(document)?))
}
