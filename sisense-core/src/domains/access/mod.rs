//! Access: users, groups, unused columns, ownership, schedules and shares.
//!
//! | operation | effect |
//! |---|---|
//! | [`Access::get_user`] | read |

mod models;
mod params;
mod users;

pub use models::*;
pub use params::*;

use super::schemas::OperationSchemas;
use crate::client::Client;

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

pub(super) fn schemas(schemas: &mut OperationSchemas) {
    schemas.add::<GetUser, User>("access.get_user");
}
