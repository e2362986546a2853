//! Access: users, groups, unused columns, ownership, schedules and shares.
//!
//! | operation | effect |
//! |---|---|
//! | [`Access::create_user`] | create |
//! | [`Access::delete_user`] | delete |
//! | [`Access::get_user`] | read |
//! | [`Access::get_users_all`] | read |
//! | [`Access::update_user`] | update |
//! | [`Access::get_group`] | read |
//! | [`Access::users_per_group`] | read |
//! | [`Access::users_per_group_all`] | read |
//! | [`Access::change_folder_and_dashboard_ownership`] | update |
//! | [`Access::create_schedule_build`] | update |
//! | [`Access::get_datamodel_columns`] | read |
//! | [`Access::get_unused_columns`] | read |
//! | [`Access::get_unused_columns_bulk`] | read |
//! | [`Access::get_all_dashboard_shares`] | read |

mod columns;
mod groups;
mod models;
mod ownership;
mod params;
mod schedule;
mod shares;
mod users;

pub use columns::*;
pub use models::*;
pub use ownership::*;
pub use params::*;
pub use schedule::*;
pub use shares::*;

use super::lookup::groups::GroupRecord;
use super::lookup::roles::RoleRecord;
use super::schemas::OperationSchemas;
use crate::client::Client;
use crate::error::Result;
use crate::run::{Asset, AssetKind};

/// The `access` operations of one deployment. Made with [`Client::access`].
#[derive(Clone, Debug)]
pub struct Access {
    client: Client,
}

impl Client {
    /// The `access` operations: users, groups, unused columns, ownership, schedules, shares.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { client: self.clone() }
    }
}

impl Access {
    fn asset(&self, kind: AssetKind, id: Option<&str>, name: &str) -> Asset {
        let (deployment, name) = (self.client.name().to_owned(), name.to_owned());
        Asset { deployment, kind, id: id.map(str::to_owned), name }
    }

    /// All roles, when somebody asks about one.
    async fn roles_if(&self, needed: bool) -> Result<Vec<RoleRecord>> {
        if needed { self.client.list_roles().await } else { Ok(Vec::new()) }
    }

    /// All groups, when somebody asks about one.
    async fn groups_if(&self, needed: bool) -> Result<Vec<GroupRecord>> {
        if needed { self.client.list_groups().await } else { Ok(Vec::new()) }
    }
}

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<CreateUser, CreatedUser>("access.create_user");
    schemas.add::<DeleteUser, DeletedUser>("access.delete_user");
    schemas.add::<GetUser, User>("access.get_user");
    schemas.add::<GetUsersAll, Vec<User>>("access.get_users_all");
    schemas.add::<UpdateUser, UpdatedUser>("access.update_user");
    schemas.add::<GetGroup, Group>("access.get_group");
    schemas.add::<UsersPerGroup, GroupUsers>("access.users_per_group");
    schemas.add::<(), Vec<GroupMembers>>("access.users_per_group_all");
    schemas.add::<ChangeFolderAndDashboardOwnership, OwnershipChange>(
        "access.change_folder_and_dashboard_ownership",
    );
    schemas.add::<CreateScheduleBuild, ScheduledBuild>("access.create_schedule_build");
    schemas.add::<GetDatamodelColumns, Vec<DatamodelColumn>>("access.get_datamodel_columns");
    schemas.add::<GetUnusedColumns, UnusedColumns>("access.get_unused_columns");
    schemas.add::<GetUnusedColumnsBulk, UnusedColumnsBulk>("access.get_unused_columns_bulk");
    schemas.add::<(), Vec<DashboardShareRow>>("access.get_all_dashboard_shares");
}
