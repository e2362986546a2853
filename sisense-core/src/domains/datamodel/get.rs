//! One data model as a whole.

use super::{Datamodel, DatamodelDetails, GetDatamodel, RelationRow, TableSummary};
use crate::documents::{ModelDocument, Relation, TableKind};
use crate::error::Result;

impl Datamodel {
    /// Get one data model: tables, relations, counts and times.
    ///
    /// The definition is the draft, which may differ from what queries see until the next build or
    /// publish. One request for an exact title. Connection parameters are never in the answer.
    ///
    /// # Errors
    /// `not_found` with the nearest titles, `ambiguous` when two titles differ only in case.
    ///
    /// # Ask
    /// - Show me the data model Sample ECommerce
    /// - What is in the cube Sales?
    /// - How many tables does the model Finance have?
    /// - Which relations does the data model Leads have?
    /// - When was the cube Web built last, and how big is it?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_datamodel(&self, params: GetDatamodel) -> Result<DatamodelDetails> {
        let model = self.document(&params.datamodel_name).await?;
        let mut details = details(&model);
        details.raw = params.raw.then(|| model.without_secrets());
        Ok(details)
    }
}

pub(super) fn kind_name(kind: TableKind) -> String {
    match kind {
        TableKind::Base => "base",
        TableKind::Custom => "custom",
    }
    .to_owned()
}

fn details(model: &ModelDocument) -> DatamodelDetails {
    let text = |member: &str| model.text(member).map(str::to_owned);
    let tables: Vec<TableSummary> = model
        .datasets()
        .iter()
        .flat_map(|dataset| dataset.tables.iter().map(move |table| (dataset, table)))
        .map(|(dataset, table)| TableSummary {
            table_id: table.id.clone(),
            name: table.name.clone(),
            kind: kind_name(table.kind),
            dataset_id: dataset.id.clone(),
            column_count: table.columns.len(),
            hidden: table.hidden,
        })
        .collect();
    let creator = model.raw().get("creator");
    let creator_text = |member: &str| creator.and_then(|c| c.get(member)).and_then(|v| v.as_str());
    DatamodelDetails {
        datamodel_id: model.id().map(str::to_owned),
        title: model.title().map(str::to_owned),
        kind: model.kind(),
        server: text("server"),
        created_by: creator_text("email").or(creator_text("userName")).map(str::to_owned),
        last_build_time: text("lastBuildTime"),
        last_publish_time: text("lastPublishTime"),
        last_updated: text("lastUpdated"),
        dataset_count: model.datasets().len(),
        table_count: tables.len(),
        column_count: model.columns().count(),
        relation_count: model.relations().len(),
        hidden_table_count: tables.iter().filter(|table| table.hidden).count(),
        relations: model.relations().iter().flat_map(pairs).collect(),
        tables,
        raw: None,
    }
}

/// A relation may join more than two columns: each is paired with the first.
fn pairs(relation: &Relation) -> Vec<RelationRow> {
    let Some((first, others)) = relation.ends.split_first() else { return Vec::new() };
    let row = |other: &crate::documents::RelationEnd| RelationRow {
        left_table: first.table.clone(),
        left_column: first.column.clone(),
        right_table: other.table.clone(),
        right_column: other.column.clone(),
        dropped: first.dropped || other.dropped,
    };
    others.iter().map(row).collect()
}
