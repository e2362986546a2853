//! Who the token is.

use serde::Deserialize;

use crate::client::Client;
use crate::error::Result;
use crate::transport::ApiPath;

/// The token's user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Caller {
    /// The user's id.
    #[serde(rename = "_id")]
    pub id: String,
    /// The user's e-mail.
    #[serde(default)]
    pub email: String,
    /// The user's login, where it differs from the e-mail.
    #[serde(rename = "userName", default)]
    pub user_name: Option<String>,
    /// The internal name of the user's role, such as `admin`.
    #[serde(rename = "roleName", default)]
    pub role_name: Option<String>,
    /// The internal name of the role that the user's role was made from.
    #[serde(rename = "baseRoleName", default)]
    pub base_role_name: Option<String>,
}

impl Caller {
    /// Whether an e-mail or a login names the token's user.
    pub(crate) fn is(&self, reference: &str) -> bool {
        self.email.eq_ignore_ascii_case(reference)
            || self.user_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(reference))
    }
}

impl Client {
    /// The token's user. Asked once in the life of a client: `GET /api/users/loggedin`.
    ///
    /// # Errors
    /// Those of the transport; a token that is not accepted is `unauthenticated`.
    pub async fn whoami(&self) -> Result<&Caller> {
        self.caller_cell()
            .get_or_try_init(|| async {
                let path = ApiPath::new(["api", "users", "loggedin"]);
                self.transport().get(path, Vec::new()).await?.decode()
            })
            .await
            .map_err(|error| error.with_asset("the token's user"))
    }
}
