//! Dashboard and model documents: parse, walk, compare and rewrite. Pure code, no requests.
//!
//! A [`DashboardDocument`] wraps what an export of a dashboard holds, a [`ModelDocument`] what the
//! schema of a data model holds. Both keep every member they do not know, so that a document that
//! is read and written again is the same by value. Nothing here fails on a member that is absent,
//! `null` or of another shape: documents come from many product versions.
//!
//! [`DashboardDocument::references`] lists each column that a dashboard names,
//! [`ModelIndex::resolve`] turns one into a column of a model, and [`analyse_usage`] puts both
//! together with relations, security rules, expressions, hierarchies and formulas.

mod dashboard;
mod datasource;
mod dim;
mod json;
mod model;
mod references;
mod resolve;
mod rewrite;
mod sql;
mod types;
mod usage;
mod widget;

#[cfg(test)]
mod tests;

pub use dashboard::DashboardDocument;
pub(crate) use datasource::title_of;
pub use datasource::{DataSource, same_name};
pub use dim::Dim;
pub use model::{
    Column, Connection, Dataset, ModelDocument, Perspective, Relation, RelationEnd, Table,
    TableKind,
};
pub use references::{Place, PlaceSource, Reference, Role, references_in};
pub use resolve::{ColumnKey, ModelIndex};
pub use rewrite::{change_data_source, rename_column, rename_table};
pub use sql::{SqlText, has_union, tables_in_sql};
pub use types::type_name;
pub use usage::{
    ColumnUsage, DashboardFailure, DashboardUse, Doubt, ModelRules, Need, Totals,
    UnmatchedReference, UsageAnalysis, UsageInput, UsageReport, UsedBy, Verdict, analyse_usage,
};
pub use widget::{Panel, WidgetView};
