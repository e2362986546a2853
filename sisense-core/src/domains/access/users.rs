//! Users: get, list, create, update, delete.

use super::{Access, GetUser, User};
use crate::error::Result;

impl Access {
    /// Get one user by e-mail or login.
    ///
    /// Returns the user with the names of the role and the groups. Usually one request; when no
    /// e-mail fits, all users are looked through by login.
    ///
    /// # Errors
    /// `not_found` with the nearest names when nobody fits, `ambiguous` when two users do.
    ///
    /// # Ask
    /// - Show me the user ann@example.com
    /// - What role does bob have?
    /// - Which groups is carla@example.com in?
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn get_user(&self, params: GetUser) -> Result<User> {
        self.client.find_user(&params.user_name).await.map(User::from)
    }
}
