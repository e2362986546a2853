//! Which tables no relation joins with another one.

use std::collections::HashSet;

use super::each;
use super::load::{self, Also, MOST_MODELS};
use super::{CheckDatamodels, IslandTable, IslandTableCheck, Wellcheck};
use crate::documents::{ModelDocument, RelationEnd, Table, TableKind};
use crate::domains::lookup::models::Titled;
use crate::error::Result;
use crate::run::Partial;

impl Wellcheck {
    /// Find tables of data models that no relation joins with another table.
    ///
    /// One row per island. Ends that the model marks as dropped do not join; a table that only such
    /// an end names is marked. The only table of a model is listed and is no fault. The definition
    /// is the draft. At most 500 data models; `["*"]` means all. A reference that fits none, or
    /// several, is named and does not stop the rest. One request per data model.
    ///
    /// # Errors
    /// `invalid_input` for an empty list, `forbidden` when the token may not read data models.
    ///
    /// # Ask
    /// - Are there island tables in Sample ECommerce?
    /// - Find tables without relations in all data models
    /// - Which tables of the cube Finance are not connected to any other?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn check_datamodel_island_tables(
        &self,
        params: CheckDatamodels,
    ) -> Result<Partial<IslandTableCheck>> {
        load::check("data model", &params.datamodels, MOST_MODELS)?;
        let mut rows = Vec::new();
        let read = each::model(&self.client, &params.datamodels, Also::Nothing, |model| {
            rows.extend(island_tables(&model.titled));
        })
        .await?;
        let value = IslandTableCheck {
            fault_count: rows.iter().filter(|row| !row.single_table_model).count(),
            island_tables: rows,
            datamodels_checked: read.checked,
            not_found: read.not_found,
        };
        Ok(Partial { value, missing: read.missing })
    }
}

/// The islands of one data model.
pub(super) fn island_tables(model: &Titled) -> Vec<IslandTable> {
    let document = &model.document;
    let tables: Vec<&Table> = document.tables().collect();
    let (joined, dropped) = joined(document);
    let island = |(at, table): (usize, &&Table)| {
        (!joined.contains(&at)).then(|| IslandTable {
            datamodel_id: document.id().map(str::to_owned),
            datamodel_name: model.title.clone(),
            table_id: table.id.clone(),
            table_name: table.name.clone(),
            table_type: match table.kind {
                TableKind::Base => "base".to_owned(),
                TableKind::Custom => "custom".to_owned(),
            },
            hidden: table.hidden,
            single_table_model: tables.len() == 1,
            dropped_relation: dropped.contains(&at),
        })
    };
    tables.iter().enumerate().filter_map(island).collect()
}

/// The tables that relations join, and those that dropped ends name. A relation of which fewer than
/// two tables are left joins nothing.
fn joined(document: &ModelDocument) -> (HashSet<usize>, HashSet<usize>) {
    let index = document.index();
    let place = |end: &RelationEnd| {
        let by_column = || index.by_id(end.column_id.as_deref()?).map(|key| key.table);
        end.table_id.as_deref().and_then(|id| index.table_by_id(id)).or_else(by_column)
    };
    let (mut joined, mut dropped) = (HashSet::new(), HashSet::new());
    for relation in document.relations() {
        let (gone, there): (Vec<&RelationEnd>, Vec<&RelationEnd>) =
            relation.ends.iter().partition(|end| end.dropped);
        let there: HashSet<usize> = there.into_iter().filter_map(place).collect();
        dropped.extend(gone.into_iter().filter_map(place));
        if there.len() > 1 {
            joined.extend(there);
        } else {
            dropped.extend(there);
        }
    }
    (joined, dropped)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::{Value, json};

    use super::*;

    fn table(name: &str) -> Value {
        json!({"oid": name, "name": name, "columns": [{"oid": format!("{name}.k"), "name": "k"}]})
    }

    fn end(table: &str, dropped: bool) -> Value {
        json!({"table": table, "column": format!("{table}.k"), "isDropped": dropped})
    }

    fn islands(tables: &[&str], relations: Value) -> Vec<(String, bool, bool)> {
        let tables: Vec<Value> = tables.iter().map(|name| table(name)).collect();
        let model = json!({"oid": "m", "title": "Shop", "relations": relations,
                           "datasets": [{"schema": {"tables": tables}}]});
        island_tables(&Titled::from_value(model).unwrap())
            .into_iter()
            .map(|row| (row.table_name, row.single_table_model, row.dropped_relation))
            .collect()
    }

    #[test]
    fn joined_tables_are_none_and_the_others_are() {
        let relations = json!([{"columns": [end("A", false), end("B", false), end("C", false)]}]);
        assert_eq!(islands(&["A", "B", "C", "D"], relations), [("D".to_owned(), false, false)]);
    }

    #[test]
    fn what_is_dropped_or_gone_joins_nothing() {
        let relations = json!([
            {"columns": [end("A", false), end("B", true)]},
            {"columns": [end("C", false), end("Gone", false)]},
        ]);
        let dropped = |name: &str| (name.to_owned(), false, true);
        assert_eq!(
            islands(&["A", "B", "C"], relations),
            [dropped("A"), dropped("B"), dropped("C")]
        );
    }

    #[test]
    fn the_only_table_of_a_model_is_marked() {
        assert_eq!(islands(&["A"], Value::Null), [("A".to_owned(), true, false)]);
    }

    #[test]
    fn an_end_that_names_only_its_column_counts() {
        let relations = json!([{"columns": [{"column": "A.k"}, {"column": "B.k"}]}]);
        assert_eq!(islands(&["A", "B"], relations), []);
    }
}
