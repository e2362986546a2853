//! Users.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::groups::is_implied_name;
use super::{about, not_found, same};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::transport::ApiPath;

/// A user on the wire. What the server leaves out is `None`, never an empty text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct UserRecord {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(rename = "userName", default)]
    pub(crate) user_name: Option<String>,
    #[serde(rename = "firstName", default)]
    pub(crate) first_name: Option<String>,
    #[serde(rename = "lastName", default)]
    pub(crate) last_name: Option<String>,
    #[serde(default)]
    pub(crate) active: Option<bool>,
    #[serde(rename = "roleId", default)]
    pub(crate) role_id: Option<String>,
    #[serde(default)]
    pub(crate) role: Option<Named>,
    #[serde(default, deserialize_with = "named_list")]
    pub(crate) groups: Vec<Named>,
    #[serde(default)]
    pub(crate) preferences: Option<Value>,
    #[serde(default)]
    pub(crate) created: Option<String>,
    #[serde(rename = "lastLogin", default)]
    pub(crate) last_login: Option<String>,
}

/// An id, with the name when the reference was expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Expanded {
            #[serde(rename = "_id")]
            id: String,
            #[serde(default)]
            name: Option<String>,
        }
        let value = Value::deserialize(deserializer)?;
        if let Value::String(id) = value {
            return Ok(Named { id, name: None });
        }
        let Expanded { id, name } =
            Expanded::deserialize(value).map_err(serde::de::Error::custom)?;
        Ok(Named { id, name })
    }
}

/// A list that may be absent or null, and may repeat its members.
fn named_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Named>, D::Error> {
    let mut list = Option::<Vec<Named>>::deserialize(deserializer)?.unwrap_or_default();
    let mut seen = std::collections::HashSet::new();
    list.retain(|named| seen.insert(named.id.clone()));
    Ok(list)
}

impl UserRecord {
    /// A user of whom nothing but the id is known.
    pub(crate) fn only_id(id: String) -> Self {
        UserRecord {
            id,
            email: None,
            user_name: None,
            first_name: None,
            last_name: None,
            active: None,
            role_id: None,
            role: None,
            groups: Vec::new(),
            preferences: None,
            created: None,
            last_login: None,
        }
    }

    pub(crate) fn email(&self) -> &str {
        self.email.as_deref().unwrap_or_default()
    }

    pub(crate) fn login(&self) -> &str {
        self.user_name.as_deref().unwrap_or_default()
    }

    /// The groups that were chosen, without those in which everybody is.
    pub(crate) fn chosen_groups(&self) -> impl Iterator<Item = &Named> {
        self.groups.iter().filter(|group| !group.name.as_deref().is_some_and(is_implied_name))
    }

    fn describe(&self) -> String {
        format!("{} ({})", self.email(), self.id)
    }
}

/// What an error about a list of users is about.
const ALL: &str = "all users";
const BRIEF: &str = "_id,email,userName,firstName,lastName,active,roleId,groups";

fn users_path() -> ApiPath {
    ApiPath::new(["api", "v1", "users"])
}

fn expanded() -> (&'static str, String) {
    ("expand", "groups,role".to_owned())
}

impl Client {
    /// All users with ids in place of groups and roles: small rows.
    pub(crate) async fn list_users_brief(&self) -> Result<Vec<UserRecord>> {
        let query = vec![("fields", BRIEF.to_owned())];
        self.transport().list(ALL, users_path(), query).await
    }

    /// All users with their groups and roles. The settings of the web page, which may be very
    /// large, are left out, unless the server then leaves out the roles too.
    pub(crate) async fn list_users(&self) -> Result<Vec<UserRecord>> {
        let lean = vec![expanded(), ("fields", "-uiSettings".to_owned())];
        let users: Vec<UserRecord> = self.transport().list(ALL, users_path(), lean).await?;
        let lost = users.iter().all(|user| user.role.is_none());
        if !lost || users.is_empty() {
            return Ok(users);
        }
        self.transport().list(ALL, users_path(), vec![expanded()]).await
    }

    /// The users of a group, as far as the server filters; the caller compares.
    pub(crate) async fn list_users_of_group(&self, group: &str) -> Result<Vec<UserRecord>> {
        let query = vec![("groupId", group.to_owned()), expanded()];
        self.transport().get(users_path(), query).await?.decode_list()
    }

    /// One user by e-mail or login, ignoring case.
    ///
    /// Asks by e-mail first. Only when nobody fits are all users looked through, by login too.
    pub(crate) async fn find_user(&self, reference: &str) -> Result<UserRecord> {
        match self.find_user_if_any(reference).await? {
            Found::One(user) => Ok(*user),
            Found::None(all) => {
                let names = all.iter().flat_map(|user| [user.email(), user.login()]);
                Err(not_found("user", reference, names))
            }
        }
    }

    pub(crate) async fn find_user_if_any(&self, reference: &str) -> Result<Found> {
        super::required("the user's e-mail", reference)?;
        self.look_for_user(reference).await.map_err(about("user", reference))
    }

    async fn look_for_user(&self, reference: &str) -> Result<Found> {
        let query = vec![("email", reference.to_owned()), expanded()];
        let filtered: Vec<UserRecord> =
            self.transport().get(users_path(), query).await?.decode_list()?;
        if let Some(user) = match_user(&filtered, reference)? {
            return Ok(Found::One(Box::new(user.clone())));
        }
        let all = self.list_users_brief().await?;
        let Some(user) = match_user(&all, reference)? else {
            return Ok(Found::None(all));
        };
        self.get_user_by_id(&user.id).await.map(|user| Found::One(Box::new(user)))
    }

    pub(crate) async fn get_user_by_id(&self, id: &str) -> Result<UserRecord> {
        let path = ApiPath::new(["api", "v1", "users", id]);
        self.transport().get(path, vec![expanded()]).await?.decode()
    }
}

/// The end of a search for a user.
#[derive(Debug)]
pub(crate) enum Found {
    One(Box<UserRecord>),
    /// Nobody fits; here is everybody.
    None(Vec<UserRecord>),
}

/// By e-mail, else by login, both ignoring case. Two hits are ambiguous.
pub(crate) fn match_user<'a>(
    users: &'a [UserRecord],
    reference: &str,
) -> Result<Option<&'a UserRecord>> {
    let by = |key: fn(&UserRecord) -> &str| -> Vec<&UserRecord> {
        users.iter().filter(|user| same(key(user), reference)).collect()
    };
    let mut fits = by(UserRecord::email);
    if fits.is_empty() {
        fits = by(UserRecord::login);
    }
    match fits.as_slice() {
        [] => Ok(None),
        [user] => Ok(Some(user)),
        many => {
            let candidates = many.iter().map(|user| user.describe()).collect();
            Err(Error::ambiguous("user", reference, candidates))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_users_with_ids_with_objects_and_with_gaps() {
        let user: UserRecord = serde_json::from_value(json!({
            "_id": "1", "email": "a@x", "groups": ["g1", "g1", {"_id": "g2", "name": "Sales"}],
            "role": {"_id": "r", "name": "consumer"}, "uiSettings": {"x": 1}
        }))
        .unwrap();
        assert_eq!(user.groups.len(), 2);
        assert_eq!(user.last_name, None);
        let bare: UserRecord = serde_json::from_value(json!({"_id": "2", "groups": null})).unwrap();
        assert!(bare.groups.is_empty());
        assert!(serde_json::from_value::<UserRecord>(json!({"email": "no id"})).is_err());
    }
}
