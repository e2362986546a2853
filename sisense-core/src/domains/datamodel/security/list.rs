//! Which columns have data security.

use super::rule::RuleRecord;
use super::{GetDatasecurity, SecuredColumn};
use crate::domains::datamodel::Datamodel;
use crate::error::Result;

impl Datamodel {
    /// List the columns of a data model that have data security rules.
    ///
    /// One row for each table and column, with the number of rules. Rules for columns that the data
    /// model no longer has are marked as orphaned. An empty list means that there are no rules. Two
    /// requests.
    ///
    /// # Errors
    /// `not_found` with the nearest titles; `forbidden` when the token may not see the rules, which
    /// is never an empty list.
    ///
    /// # Ask
    /// - Which columns of Sample ECommerce have row level security?
    /// - Is there data security on the cube Finance?
    /// - Are there orphaned data security rules in the model Sales?
    /// - Show the row level security of the data model Leads
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_datasecurity(&self, params: GetDatasecurity) -> Result<Vec<SecuredColumn>> {
        let (model, rules) = self.rules(&params.datamodel_name).await?;
        let index = model.index();
        let same = |a: &RuleRecord, b: &RuleRecord| a.table == b.table && a.column == b.column;
        Ok(rules
            .chunk_by(same)
            .map(|rules| SecuredColumn {
                datamodel_name: model.title().map(str::to_owned),
                table_name: rules[0].table.clone(),
                column_name: rules[0].column.clone(),
                data_type: rules.iter().find_map(|rule| rule.data_type.clone()),
                rule_count: rules.len(),
                orphaned: rules[0].is_orphaned(&index),
            })
            .collect())
    }
}
