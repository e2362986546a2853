//! Well-checks: what makes dashboards and data models slow, wrong or hard to keep.
//!
//! | operation | effect |
//! |---|---|
//! | [`Wellcheck::check_dashboard_structure`] | read |
//! | [`Wellcheck::check_dashboard_widget_counts`] | read |
//! | [`Wellcheck::check_pivot_widget_fields`] | read |
//! | [`Wellcheck::check_datamodel_custom_tables`] | read |
//! | [`Wellcheck::check_datamodel_import_queries`] | read |
//! | [`Wellcheck::check_datamodel_island_tables`] | read |
//! | [`Wellcheck::check_datamodel_m2m_relationships`] | read |
//! | [`Wellcheck::check_datamodel_rls_datatypes`] | read |
//! | [`Wellcheck::run_full_wellcheck`] | read |
//!
//! Each check is a pure function over documents; [`Wellcheck::run_full_wellcheck`] loads each
//! document once and runs all of them.

mod custom_tables;
mod each;
mod full;
mod import_queries;
mod island_tables;
mod load;
mod m2m;
mod models;
mod params;
mod pivot_fields;
mod rls_datatypes;
mod structure;
mod widget_counts;

pub use models::*;
pub use params::*;

use super::schemas::OperationSchemas;
use crate::client::Client;

/// The `wellcheck` operations of one deployment. Made with [`Client::wellcheck`].
#[derive(Clone, Debug)]
pub struct Wellcheck {
    client: Client,
}

impl Client {
    /// The `wellcheck` operations: what makes dashboards and data models slow or wrong.
    #[must_use]
    pub fn wellcheck(&self) -> Wellcheck {
        Wellcheck { client: self.clone() }
    }
}

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<CheckDashboards, StructureCheck>("wellcheck.check_dashboard_structure");
    schemas.add::<CheckDashboards, WidgetCountCheck>("wellcheck.check_dashboard_widget_counts");
    schemas.add::<CheckPivotWidgetFields, PivotFieldCheck>("wellcheck.check_pivot_widget_fields");
    schemas.add::<CheckDatamodels, CustomTableCheck>("wellcheck.check_datamodel_custom_tables");
    schemas.add::<CheckDatamodels, ImportQueryCheck>("wellcheck.check_datamodel_import_queries");
    schemas.add::<CheckDatamodels, IslandTableCheck>("wellcheck.check_datamodel_island_tables");
    schemas.add::<CheckDatamodelM2mRelationships, ManyToManyCheck>(
        "wellcheck.check_datamodel_m2m_relationships",
    );
    schemas.add::<CheckDatamodels, SecurityTypeCheck>("wellcheck.check_datamodel_rls_datatypes");
    schemas.add::<RunFullWellcheck, FullWellcheck>("wellcheck.run_full_wellcheck");
}
