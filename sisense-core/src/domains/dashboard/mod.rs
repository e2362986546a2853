//! Dashboards: list, get, resolve, columns, scripts and shares.
//!
//! | operation | effect |
//! |---|---|
//! | [`Dashboards::get_all_dashboards`] | read |
//! | [`Dashboards::get_dashboard_by_id`] | read |
//! | [`Dashboards::get_dashboard_by_name`] | read |
//! | [`Dashboards::resolve_dashboard_reference`] | read |
//! | [`Dashboards::get_dashboard_columns`] | read |
//! | [`Dashboards::add_dashboard_script`] | update |
//! | [`Dashboards::add_widget_script`] | update |
//! | [`Dashboards::add_dashboard_shares`] | update |
//! | [`Dashboards::get_dashboard_share`] | read |

mod columns;
mod get;
mod models;
mod owner;
mod params;
mod rights;
mod rows;
mod scripts;
mod shares;

pub use models::*;
pub use params::*;
pub(crate) use rights::Recipient;
pub(crate) use rows::{is_owner, minimal, ordered};

use super::schemas::OperationSchemas;
use crate::client::Client;
use crate::run::{Asset, AssetKind};

/// The `dashboard` operations of one deployment. Made with [`Client::dashboard`].
#[derive(Clone, Debug)]
pub struct Dashboards {
    client: Client,
}

impl Client {
    /// The `dashboard` operations: list, get, columns, scripts, shares.
    #[must_use]
    pub fn dashboard(&self) -> Dashboards {
        Dashboards { client: self.clone() }
    }
}

impl Dashboards {
    fn asset(&self, kind: AssetKind, id: &str, name: &str) -> Asset {
        Asset {
            deployment: self.client.name().to_owned(),
            kind,
            id: Some(id.to_owned()),
            name: name.to_owned(),
        }
    }
}

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<(), Vec<Dashboard>>("dashboard.get_all_dashboards");
    schemas.add::<GetDashboardById, DashboardDetails>("dashboard.get_dashboard_by_id");
    schemas.add::<GetDashboardByName, DashboardDetails>("dashboard.get_dashboard_by_name");
    schemas.add::<ResolveDashboardReference, ResolvedDashboard>(
        "dashboard.resolve_dashboard_reference",
    );
    schemas.add::<GetDashboardColumns, Vec<DashboardColumn>>("dashboard.get_dashboard_columns");
    schemas.add::<AddDashboardScript, ScriptChange>("dashboard.add_dashboard_script");
    schemas.add::<AddWidgetScript, ScriptChange>("dashboard.add_widget_script");
    schemas.add::<AddDashboardShares, SharesChange>("dashboard.add_dashboard_shares");
    schemas.add::<GetDashboardShare, Vec<DashboardShare>>("dashboard.get_dashboard_share");
}
