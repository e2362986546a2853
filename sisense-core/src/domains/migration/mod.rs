//! Migration: bring users, groups, data models, dashboards and shares from one deployment to another.
//!
//! The source is only read. What exists on the target is told by name, e-mail or id, and roles,
//! groups, users, folders and connections are mapped by their names, never by their ids. Each
//! operation answers with one row per asset; the rows add up.
//!
//! | operation | effect |
//! |---|---|
//! | [`Migrations::migrate_groups`], [`Migrations::migrate_all_groups`] | create |
//! | [`Migrations::migrate_users`], [`Migrations::migrate_all_users`] | create |
//! | [`Migrations::migrate_datamodels`], [`Migrations::migrate_all_datamodels`] | update |
//! | [`Migrations::migrate_dashboards`], [`Migrations::migrate_all_dashboards`] | create, overwrite |
//! | [`Migrations::migrate_dashboard_shares`] | share, change owner |

mod create;
mod dashboards;
mod datamodels;
mod groups;
mod ledger;
mod params;
mod past;
mod result;
mod users;

pub use dashboards::{
    DashboardAction, MigrateAllDashboards, MigrateDashboardShares, MigrateDashboards,
};
pub(crate) use dashboards::{dashboard_copy_digest, dashboard_digest};
pub use datamodels::*;
pub(crate) use datamodels::{carried, datamodel_digest, export};
pub use params::*;
pub use result::*;

use super::schemas::OperationSchemas;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::run::{Asset, AssetKind};

/// The `migration` operations between two deployments. Made with [`Client::migration`].
#[derive(Clone, Debug)]
pub struct Migrations {
    source: Client,
    target: Client,
}

impl Client {
    /// The `migration` operations from this deployment to another one.
    #[must_use]
    pub fn migration(&self, target: &Client) -> Migrations {
        Migrations { source: self.clone(), target: target.clone() }
    }
}

impl Migrations {
    /// An asset on the target. Without an id it is known by its name.
    fn asset(&self, kind: AssetKind, id: Option<&str>, name: &str) -> Asset {
        Asset {
            deployment: self.target.name().to_owned(),
            kind,
            id: id.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// Refuse to migrate a deployment onto itself, before anything is sent.
    fn check(&self) -> Result<()> {
        let same_url = self.source.url() == self.target.url();
        if self.source.name() == self.target.name() || same_url {
            return Err(Error::invalid("source and target are the same deployment")
                .with_next_step("name two different deployments"));
        }
        Ok(())
    }
}

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<MigrateGroups, Migration>("migration.migrate_groups");
    schemas.add::<(), Migration>("migration.migrate_all_groups");
    schemas.add::<MigrateUsers, Migration>("migration.migrate_users");
    schemas.add::<(), Migration>("migration.migrate_all_users");
    schemas.add::<MigrateDatamodels, Migration>("migration.migrate_datamodels");
    schemas.add::<MigrateAllDatamodels, Migration>("migration.migrate_all_datamodels");
    schemas.add::<MigrateDashboards, Migration>("migration.migrate_dashboards");
    schemas.add::<MigrateAllDashboards, Migration>("migration.migrate_all_dashboards");
    schemas.add::<MigrateDashboardShares, Migration>("migration.migrate_dashboard_shares");
}
