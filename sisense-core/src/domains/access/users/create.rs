//! Make a user.

use futures_util::future::try_join3;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::role_id;
use super::wish::{
    advise, check_email, ids, names, resolve_groups, resolve_role, risk_of_role, same_groups,
};
use crate::domains::access::{Access, CreateUser, CreatedUser, NewUser, User};
use crate::domains::lookup::roles::{RoleRecord, shown};
use crate::domains::lookup::users::{Found, Named, UserRecord, match_user};
use crate::domains::lookup::{required, together};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Action, AssetKind, Change, Door, Run, Undo, fingerprint};
use crate::transport::{Answer, ApiPath};

const OPERATION: &str = "access.create_user";

impl Access {
    /// Create a user with a role and groups.
    ///
    /// Role and groups are names. A user with this e-mail and the same values is left as it is
    /// (`created` is then `false`). Without a password the server mails an invitation, unless
    /// single sign-on is on, and the account waits for activation.
    ///
    /// # Errors
    /// `not_found` with all names of roles or groups that fit nothing, before anything is sent;
    /// `conflict` when the e-mail or login is taken by a user with other values; `invalid_input`
    /// when the server refuses, such as for a licence without a free seat.
    ///
    /// # Ask
    /// - Create a viewer for dora@example.com
    /// - Add the user eli@example.com as designer to the group Analysts
    /// - Invite fred@example.com with the role viewer
    /// - We have a new colleague, gina@example.com, who needs an account as data designer
    ///
    /// <!-- @effect create -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn create_user(&self, run: &Run, params: CreateUser) -> Result<CreatedUser> {
        let wish = params.user_data;
        check_email(&wish.email)?;
        required("the role", &wish.role)?;
        let (roles, all_groups, found) = try_join3(
            self.client.list_roles(),
            self.groups_if(!wish.groups.is_empty()),
            self.client.find_user_if_any(&wish.email),
        )
        .await?;
        let mut errors = Vec::new();
        let role = resolve_role(&roles, &wish.role, &mut errors);
        let groups = resolve_groups(&all_groups, &wish.groups, &mut errors);
        together(errors)?;
        let Some(role) = role else { return Err(Error::not_found("role", &wish.role)) };
        let wanted = Wanted { wish: &wish, role, groups };
        match found {
            Found::One(user) => return wanted.is_there(*user),
            Found::None(all) => {
                let login = wish.user_name.as_deref().unwrap_or(&wish.email);
                if let Some(other) = match_user(&all, login)? {
                    return Err(taken("the login", other));
                }
            }
        }
        match run.admit(wanted.change(self)).await? {
            Door::Planned(planned) => Ok(CreatedUser {
                user: wanted.user(UserRecord::only_id(planned.id)),
                created: false,
                notes: Vec::new(),
            }),
            Door::Recorded(_) => {
                let user = self.client.find_user(&wish.email).await?;
                Ok(CreatedUser { user: User::from(user), created: true, notes: Vec::new() })
            }
            Door::Open(pass) => {
                let path = ApiPath::new(["api", "v1", "users"]);
                let body = Some(wanted.body());
                let transport = self.client.transport();
                let sent = transport.write(&pass, Method::POST, path, Vec::new(), body).await;
                let answer = pass.settle(sent).await.map_err(advise)?;
                let user = self.made(&wanted, answer).await?;
                let notes = wanted.notes_on(&user);
                Ok(CreatedUser { user, created: true, notes })
            }
        }
    }

    /// The new user as the server told it; looked up when the answer does not tell.
    async fn made(&self, wanted: &Wanted<'_>, answer: Answer) -> Result<User> {
        if answer.id().is_some() {
            return Ok(wanted.user(answer.decode()?));
        }
        self.client.find_user(&wanted.wish.email).await.map(|user| wanted.user(user))
    }
}

/// A wish whose names are resolved.
struct Wanted<'a> {
    wish: &'a NewUser,
    role: &'a RoleRecord,
    groups: Vec<Named>,
}

impl Wanted<'_> {
    /// The members that are sent as they are given.
    fn given(&self) -> Map<String, Value> {
        let wish = self.wish;
        let texts = [
            ("userName", &wish.user_name),
            ("firstName", &wish.first_name),
            ("lastName", &wish.last_name),
        ];
        let mut members: Map<String, Value> = texts
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.as_deref()?))))
            .collect();
        let preferences = wish.preferences.as_ref().map(|preferences| preferences.given());
        if let Some(preferences) = preferences.filter(|given| !given.is_empty()) {
            members.insert("preferences".to_owned(), preferences.into());
        }
        members
    }

    fn body(&self) -> Value {
        let mut body = self.given();
        body.insert("email".to_owned(), json!(self.wish.email));
        body.insert("roleId".to_owned(), json!(self.role.id));
        body.insert("groups".to_owned(), json!(ids(&self.groups)));
        if let Some(password) = &self.wish.password {
            body.insert("password".to_owned(), json!(password.expose()));
        }
        body.into()
    }

    fn change(&self, access: &Access) -> Change {
        let mut after = self.given();
        after.insert("email".to_owned(), json!(self.wish.email));
        after.insert("role".to_owned(), json!(shown(&self.role.name)));
        after.insert("groups".to_owned(), json!(names(&self.groups)));
        if let Some(password) = &self.wish.password {
            after.insert("password".to_owned(), fingerprint(password.expose()));
        }
        let email = &self.wish.email;
        let asset = access.asset(AssetKind::User, None, email);
        let summary = format!("Create {email} as {}", shown(&self.role.name));
        let note = match &self.wish.password {
            None => {
                "the server may mail an invitation to the address, and the account then waits \
                     for activation"
            }
            Some(_) => "a server may ignore the password and mail an invitation instead",
        };
        Change::new(OPERATION, asset, Action::Create, summary)
            .after(after.into())
            .note(note)
            .undo(Undo::Yes("delete the user, as long as it owns nothing".to_owned()))
            .risk(risk_of_role(None, &self.role.name))
    }

    /// A user of the server's words, with what its answer leaves out.
    fn user(&self, mut record: UserRecord) -> User {
        let wish = self.wish;
        record.email.get_or_insert_with(|| wish.email.clone());
        record.user_name = record.user_name.or_else(|| wish.user_name.clone());
        record.first_name = record.first_name.or_else(|| wish.first_name.clone());
        record.last_name = record.last_name.or_else(|| wish.last_name.clone());
        record.role = Some(Named { id: self.role.id.clone(), name: Some(self.role.name.clone()) });
        record.groups.clone_from(&self.groups);
        User::from(record)
    }

    fn notes_on(&self, user: &User) -> Vec<String> {
        match (user.is_active, self.wish.password.is_some()) {
            (Some(false), false) => vec!["the account waits for activation".to_owned()],
            (Some(false), true) => {
                vec!["the account is not active: the server did not take the password".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// Somebody has the e-mail already: fine when everything is as wanted, else a conflict.
    fn is_there(&self, user: UserRecord) -> Result<CreatedUser> {
        let wish = self.wish;
        if !user.email().eq_ignore_ascii_case(&wish.email) {
            return Err(taken("the login", &user));
        }
        let text =
            |wanted: &Option<String>, own: &Option<String>| wanted.is_some() && wanted != own;
        let own_groups: Vec<Named> = user.chosen_groups().cloned().collect();
        let differs = [
            ("role", role_id(&user) != Some(&self.role.id)),
            ("user_name", text(&wish.user_name, &user.user_name)),
            ("first_name", text(&wish.first_name, &user.first_name)),
            ("last_name", text(&wish.last_name, &user.last_name)),
            ("groups", !wish.groups.is_empty() && !same_groups(&self.groups, &own_groups)),
        ];
        let differs: Vec<&str> =
            differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
        if !differs.is_empty() {
            let error = taken("the e-mail", &user);
            return Err(error.with_candidates(differs.iter().map(|&n| n.to_owned()).collect()));
        }
        let mut notes = vec!["the user was there already, with the same values".to_owned()];
        if wish.password.is_some() {
            notes.push("the password was not changed".to_owned());
        }
        Ok(CreatedUser { user: User::from(user), created: false, notes })
    }
}

fn taken(what: &str, user: &UserRecord) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("{what} is taken by a user with other values: {} ({})", user.email(), user.id),
    )
    .with_asset(format!("user \"{}\" ({})", user.email(), user.id))
    .with_next_step("creating never changes a user: update that one, or give another address")
}
