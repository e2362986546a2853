//! Results of the checks that look at data models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::YesNo;

/// A table that is an SQL expression over others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CustomTable {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// Id of the table.
    pub table_id: Option<String>,
    /// Name of the table.
    pub table_name: String,
    /// Whether its SQL has a `UNION`, outside of quotes and comments.
    pub has_union: YesNo,
    /// Tables of the model that it reads from.
    pub uses_tables: Vec<String>,
    /// Length of its SQL in characters; 0 when the model does not tell it.
    pub sql_length: usize,
    /// Whether its SQL is there and its quotes and comments end. Where not, a `UNION` or a table
    /// may have been missed.
    pub sql_readable: bool,
}

/// The custom tables of the data models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct CustomTableCheck {
    /// One row per custom table.
    pub custom_tables: Vec<CustomTable>,
    /// How many of them have a `UNION`.
    pub union_count: usize,
    /// How many data models were looked at.
    pub datamodels_checked: usize,
    /// References that fit no data model.
    pub not_found: Vec<String>,
}

/// Whether a table is filled by a query of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct TableImportQuery {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// Name of the dataset.
    pub dataset_name: Option<String>,
    /// Id of the table.
    pub table_id: Option<String>,
    /// Name of the table.
    pub table_name: String,
    /// Whether it has an import query that is not blank.
    pub has_import_query: YesNo,
    /// Length of that query in characters; `null` without one.
    pub query_length: Option<usize>,
}

/// Which tables of the data models are filled by a query of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ImportQueryCheck {
    /// One row per base table.
    pub tables: Vec<TableImportQuery>,
    /// How many of them have an import query.
    pub import_query_count: usize,
    /// How many data models were looked at.
    pub datamodels_checked: usize,
    /// References that fit no data model.
    pub not_found: Vec<String>,
}

/// A table that no relation joins with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct IslandTable {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// Id of the table.
    pub table_id: Option<String>,
    /// Name of the table.
    pub table_name: String,
    /// `base` or `custom`.
    pub table_type: String,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Whether it is the only table of its model, which is no fault.
    pub single_table_model: bool,
    /// Whether a relation names it that the model marks as dropped.
    pub dropped_relation: bool,
}

/// The tables of the data models that no relation joins with another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct IslandTableCheck {
    /// One row per island.
    pub island_tables: Vec<IslandTable>,
    /// How many of them are a fault: all but the only table of a model.
    pub fault_count: usize,
    /// How many data models were looked at.
    pub datamodels_checked: usize,
    /// References that fit no data model.
    pub not_found: Vec<String>,
}

/// Whether two tables are joined by several columns together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompositeKey {
    /// One column joins them.
    None,
    /// Several do, and the verdict is about all of them together.
    Tested,
    /// Several do, and they could not be counted together: where neither column is unique alone,
    /// whether they are together is not known.
    Untested,
}

/// One pair of columns that a relation joins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RelationCheck {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// One table; `null` when the model does not have it any more.
    pub left_table: Option<String>,
    /// Its column; `null` when the model does not have it any more.
    pub left_column: Option<String>,
    /// Whether no value of that column is there twice; `null` when it could not be counted.
    pub left_unique: Option<bool>,
    /// The other table; `null` when the model does not have it any more.
    pub right_table: Option<String>,
    /// Its column; `null` when the model does not have it any more.
    pub right_column: Option<String>,
    /// Whether no value of that column is there twice; `null` when it could not be counted.
    pub right_unique: Option<bool>,
    /// Whether neither side is unique, so that rows multiply; `null` when that is not known.
    pub is_m2m: Option<bool>,
    /// Whether several columns join the two tables, and were counted together.
    pub composite: CompositeKey,
    /// Id of the relation.
    pub relation_id: Option<String>,
    /// Rows of the left table.
    pub rows_left: Option<u64>,
    /// Rows of the right table.
    pub rows_right: Option<u64>,
    /// Rows of the left table without a key. They join nothing and do not count.
    pub nulls_left: Option<u64>,
    /// Rows of the right table without a key. They join nothing and do not count.
    pub nulls_right: Option<u64>,
    /// Why something is not known.
    pub reason: Option<String>,
}

/// Which relations of the data models are many-to-many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ManyToManyCheck {
    /// One row per pair of columns that a relation joins.
    pub relations: Vec<RelationCheck>,
    /// How many of them are many-to-many.
    pub m2m_count: usize,
    /// How many could not be judged.
    pub unknown_count: usize,
    /// Pairs that the model marks as dropped. They are not in the list.
    pub dropped_count: usize,
    /// Counts that ran.
    pub queries_run: usize,
    /// Counts that did not run, because of `max_queries`.
    pub queries_skipped: usize,
    /// Live models whose keys were not counted, because nobody asked for it.
    pub live_not_counted: Vec<String>,
    /// How many data models were looked at.
    pub datamodels_checked: usize,
    /// References that fit no data model.
    pub not_found: Vec<String>,
}

/// A column by which data security decides who sees a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SecuredColumn {
    /// Id of the data model.
    pub datamodel_id: Option<String>,
    /// Title of the data model.
    pub datamodel_name: String,
    /// Name of the table, as the rules write it.
    pub table_name: Option<String>,
    /// Name of the column, as the rules write it.
    pub column_name: Option<String>,
    /// The type that the rules say: `text`, `numeric` or another.
    pub datatype: Option<String>,
    /// The type of the column in the model; `null` when it has no such column.
    pub column_type: Option<String>,
    /// Whether the column holds numbers; by the rules where the model has no such column.
    pub numeric: Option<bool>,
    /// How many rules there are on it.
    pub rule_count: usize,
    /// Whether the model has no such column any more, so that the rules protect nothing.
    pub orphaned: bool,
}

/// The columns of the data models by which data security decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SecurityTypeCheck {
    /// One row per secured column.
    pub secured_columns: Vec<SecuredColumn>,
    /// How many of them hold no numbers.
    pub text_count: usize,
    /// How many of them the model no longer has.
    pub orphaned_count: usize,
    /// How many data models were looked at.
    pub datamodels_checked: usize,
    /// References that fit no data model.
    pub not_found: Vec<String>,
}
