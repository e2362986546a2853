//! The walk of one check by itself. The full check shares its own walk between all checks.

use super::load::{self, Also, Model, ModelsRead};
use crate::client::Client;
use crate::documents::DashboardDocument;
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::error::Result;
use crate::run::Missing;

/// What a check made of the dashboards, in the order in which they were asked for.
pub(super) struct DashboardRows<T> {
    pub(super) rows: Vec<T>,
    pub(super) checked: usize,
    pub(super) not_found: Vec<String>,
    pub(super) missing: Vec<Missing>,
}

/// Read the dashboards of these references, and make a row of each.
///
/// # Errors
/// As [`load::read_dashboards`], and when the list of dashboards cannot be read.
pub(super) async fn dashboard<T: Send>(
    client: &Client,
    references: &[String],
    mut row: impl FnMut(&DashboardRecord, DashboardDocument) -> T + Send,
) -> Result<DashboardRows<T>> {
    let list = client.list_dashboards(Vec::new()).await?;
    let picked = load::pick_dashboards(list, references);
    let mut rows = Vec::new();
    let take = |record: &DashboardRecord, at: usize, document: DashboardDocument| {
        rows.push((at, row(record, document)));
    };
    let read = load::read_dashboards(client, &picked.found, |_| {}, take).await?;
    Ok(DashboardRows {
        rows: load::in_order(rows),
        checked: read.checked,
        not_found: picked.not_found,
        missing: picked.missing.into_iter().chain(read.missing).collect(),
    })
}

/// Read the data models of these references, and hand on each.
///
/// # Errors
/// As [`load::read_models`], and when the list of data models cannot be read.
pub(super) async fn model(
    client: &Client,
    references: &[String],
    also: Also,
    found: impl FnMut(Model) + Send,
) -> Result<ModelsRead> {
    let references = load::model_references(client, references, None).await?;
    load::read_models(client, references, also, |_| {}, found).await
}
