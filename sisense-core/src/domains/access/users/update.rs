//! Change a user.

use futures_util::future::{try_join, try_join4};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::role_id;
use super::wish::{
    advise, check_email, ids, names, resolve_groups, resolve_role, risk_of_role, same_groups,
};
use crate::domains::access::{Access, UpdateUser, UpdatedUser, User, UserChanges};
use crate::domains::lookup::groups::GroupRecord;
use crate::domains::lookup::roles::{RoleRecord, shown};
use crate::domains::lookup::together;
use crate::domains::lookup::users::{Found, Named, UserRecord};
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Door, Run, Undo, fingerprint};
use crate::transport::{Answer, ApiPath};

const OPERATION: &str = "access.update_user";

impl Access {
    /// Change a user's names, e-mail, role, groups, password or language.
    ///
    /// What is not named stays as it is, above all the groups: `groups` sets exactly that list,
    /// `add_groups` and `remove_groups` keep the others. Nothing is written when everything is as
    /// wanted already. Returns the user and the names of what changed.
    ///
    /// # Errors
    /// `not_found` with all names of the user, role or groups that fit nothing, before anything is
    /// sent; `invalid_input` when nothing is asked for or `groups` stands beside `add_groups` or
    /// `remove_groups`; `conflict` when the new e-mail or login is taken.
    ///
    /// # Ask
    /// - Make ann@example.com a designer
    /// - Add dan@example.com to the group Analysts
    /// - Change the last name of carla@example.com to Miller
    /// - Give dan@example.com the role viewer
    /// - Take eli@example.com out of the group Sales
    /// - Remove the user fred@example.com from the group Support
    ///
    /// <!-- @effect update -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn update_user(&self, run: &Run, params: UpdateUser) -> Result<UpdatedUser> {
        let wish = params.user_data;
        check(&wish)?;
        let (user, roles, groups, caller) = try_join4(
            self.client.find_user(&params.user_name),
            self.roles_if(wish.role.is_some()),
            self.groups_if(wish.names_groups()),
            self.caller_if(wish.role.is_some()),
        )
        .await?;
        let mut diff = Diff::new(&user, caller == Some(user.id.as_str()));
        diff.names(&wish);
        diff.role_and_groups(&wish, &roles, &groups)?;
        diff.rest(&wish);
        if diff.changed.is_empty() {
            return Ok(UpdatedUser { user: User::from(user), changed: Vec::new() });
        }
        try_join(
            self.refuse_taken(&user, wish.email.as_deref(), &diff, "email"),
            self.refuse_taken(&user, wish.user_name.as_deref(), &diff, "user_name"),
        )
        .await?;
        let asset = self.asset(AssetKind::User, Some(&user.id), user.email());
        let user = match run.admit(diff.change(asset)).await? {
            Door::Planned(_) | Door::Recorded(_) => User::from(diff.wanted),
            Door::Open(pass) => {
                let path = ApiPath::new(["api", "v1", "users", &user.id]);
                let body = Some(Value::Object(std::mem::take(&mut diff.body)));
                let transport = self.client.transport();
                let sent = transport.write(&pass, Method::PATCH, path, Vec::new(), body).await;
                let answer = pass.settle(sent).await.map_err(advise)?;
                self.updated(diff.wanted, &user.groups, answer).await?
            }
        };
        Ok(UpdatedUser { user, changed: diff.changed })
    }

    /// The id of the token's own user, when it matters.
    async fn caller_if(&self, matters: bool) -> Result<Option<&str>> {
        if matters {
            self.client.whoami().await.map(|caller| Some(caller.id.as_str()))
        } else {
            Ok(None)
        }
    }

    /// Refuse an e-mail or a login that somebody else has.
    async fn refuse_taken(
        &self,
        user: &UserRecord,
        wanted: Option<&str>,
        diff: &Diff<'_>,
        member: &str,
    ) -> Result<()> {
        let Some(wanted) = wanted.filter(|_| diff.changed.iter().any(|name| name == member)) else {
            return Ok(());
        };
        match self.client.find_user_if_any(wanted).await? {
            Found::One(other) if other.id != user.id => Err(Error::new(
                ErrorKind::Conflict,
                format!("another user has this e-mail or login: {wanted} ({})", other.id),
            )
            .with_next_step("give another one, or change that user first")),
            _ => Ok(()),
        }
    }

    /// The user as the server told it, with the names that its answer holds only as ids.
    async fn updated(&self, wanted: UserRecord, old: &[Named], answer: Answer) -> Result<User> {
        if answer.id().is_none() {
            return self.client.get_user_by_id(&wanted.id).await.map(User::from);
        }
        let mut now: UserRecord = answer.decode()?;
        if now.role.is_none() && role_id(&now) == role_id(&wanted) {
            now.role = wanted.role;
        }
        for group in now.groups.iter_mut().filter(|group| group.name.is_none()) {
            let known = wanted.groups.iter().chain(old).find(|known| known.id == group.id);
            group.name = known.and_then(|known| known.name.clone());
        }
        Ok(User::from(now))
    }
}

fn check(wish: &UserChanges) -> Result<()> {
    if wish.is_empty() {
        return Err(Error::invalid("nothing to change is named")
            .with_next_step("name at least one of the members of user_data"));
    }
    if wish.groups.is_some() && !(wish.add_groups.is_empty() && wish.remove_groups.is_empty()) {
        return Err(Error::invalid("groups stands beside add_groups or remove_groups")
            .with_next_step("give the whole list in groups, or only what to add and remove"));
    }
    wish.email.as_deref().map_or(Ok(()), check_email)
}

/// What differs between a user and the wish.
struct Diff<'a> {
    user: &'a UserRecord,
    own: bool,
    /// The user as it would be.
    wanted: UserRecord,
    changed: Vec<String>,
    body: Map<String, Value>,
    before: Map<String, Value>,
    after: Map<String, Value>,
    notes: Vec<String>,
    risk: Risk,
}

impl<'a> Diff<'a> {
    fn new(user: &'a UserRecord, own: bool) -> Self {
        Diff {
            user,
            own,
            wanted: user.clone(),
            changed: Vec::new(),
            body: Map::new(),
            before: Map::new(),
            after: Map::new(),
            notes: Vec::new(),
            risk: Risk::Normal,
        }
    }

    fn differs(&mut self, member: &str, old: Value, new: Value) {
        self.changed.push(member.to_owned());
        self.before.insert(member.to_owned(), old);
        self.after.insert(member.to_owned(), new);
    }

    fn names(&mut self, wish: &UserChanges) {
        let user = self.user;
        let texts = [
            ("email", "email", &user.email, &wish.email),
            ("user_name", "userName", &user.user_name, &wish.user_name),
            ("first_name", "firstName", &user.first_name, &wish.first_name),
            ("last_name", "lastName", &user.last_name, &wish.last_name),
        ];
        for (member, wire, old, new) in texts {
            if new.is_some() && new != old {
                self.differs(member, json!(old), json!(new));
                self.body.insert(wire.to_owned(), json!(new));
            }
        }
        let wanted = &mut self.wanted;
        wanted.email = wish.email.clone().or_else(|| user.email.clone());
        wanted.user_name = wish.user_name.clone().or_else(|| user.user_name.clone());
        wanted.first_name = wish.first_name.clone().or_else(|| user.first_name.clone());
        wanted.last_name = wish.last_name.clone().or_else(|| user.last_name.clone());
        if wanted.email != user.email && user.user_name == user.email && wish.user_name.is_none() {
            let note = "the login was the e-mail: the person may have to log in by the new one";
            self.notes.push(note.to_owned());
        }
    }

    fn role_and_groups(
        &mut self,
        wish: &UserChanges,
        roles: &[RoleRecord],
        all: &[GroupRecord],
    ) -> Result<()> {
        let mut errors = Vec::new();
        let role = wish.role.as_deref();
        let role = role.and_then(|wanted| resolve_role(roles, wanted, &mut errors));
        let mut resolve = |names: &[String]| resolve_groups(all, names, &mut errors);
        let exact = wish.groups.as_deref().map(&mut resolve);
        let (add, remove) = (resolve(&wish.add_groups), resolve(&wish.remove_groups));
        together(errors)?;
        if let Some(role) = role.filter(|role| role_id(self.user) != Some(&role.id)) {
            self.role(role, roles);
        }
        if wish.names_groups() {
            let old = present_groups(self.user, all);
            let new = exact.unwrap_or_else(|| {
                let mut new = old.clone();
                new.extend(add.into_iter().filter(|group| old.iter().all(|o| o.id != group.id)));
                new.retain(|group| remove.iter().all(|gone| gone.id != group.id));
                new
            });
            if !same_groups(&old, &new) {
                self.differs("groups", json!(names(&old)), json!(names(&new)));
                self.body.insert("groups".to_owned(), json!(ids(&new)));
                self.wanted.groups = new;
            }
        }
        Ok(())
    }

    fn role(&mut self, role: &RoleRecord, roles: &[RoleRecord]) {
        let known = roles.iter().find(|known| Some(known.id.as_str()) == role_id(self.user));
        let old = known.map(|known| known.name.as_str());
        self.differs("role", json!(old.map(shown)), json!(shown(&role.name)));
        self.body.insert("roleId".to_owned(), json!(role.id));
        self.wanted.role = Some(Named { id: role.id.clone(), name: Some(role.name.clone()) });
        self.wanted.role_id = Some(role.id.clone());
        // A role that nobody can name is taken for one that may do nothing.
        self.risk = risk_of_role(Some(old.unwrap_or_default()), &role.name);
        if self.own {
            self.risk = Risk::High;
            let note = "this is the token's own user: a role that may do less can lock you out";
            self.notes.push(note.to_owned());
        }
    }

    fn rest(&mut self, wish: &UserChanges) {
        if let Some(password) = &wish.password {
            self.differs("password", Value::Null, fingerprint(password.expose()));
            self.body.insert("password".to_owned(), json!(password.expose()));
            self.notes.push("the old password cannot be brought back".to_owned());
        }
        let given = wish.preferences.as_ref().map(|preferences| preferences.given());
        let Some(given) = given else { return };
        let old = self.user.preferences.as_ref().and_then(Value::as_object).cloned();
        let old = old.unwrap_or_default();
        if given.iter().any(|(key, value)| old.get(key) != Some(value)) {
            let mut new = old.clone();
            new.extend(given);
            self.differs("preferences", json!(old), json!(new));
            self.body.insert("preferences".to_owned(), json!(new));
            self.wanted.preferences = Some(json!(new));
        }
    }

    fn change(&self, asset: crate::run::Asset) -> Change {
        let told = |value: &Value| match value {
            Value::Null => "nothing".to_owned(),
            Value::String(text) => text.clone(),
            Value::Array(items) if items.is_empty() => "none".to_owned(),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let words: Vec<String> = self
            .changed
            .iter()
            .map(|member| match member.as_str() {
                "password" => "a new password".to_owned(),
                _ => format!(
                    "{member} from {} to {}",
                    told(&self.before[member]),
                    told(&self.after[member])
                ),
            })
            .collect();
        let summary = format!("Change {}: {}", asset.name, words.join("; "));
        let back = "set the old values again";
        let undo = if self.after.contains_key("password") {
            Undo::Partly(format!("{back}; the password stays new"))
        } else {
            Undo::Yes(back.to_owned())
        };
        let change = Change::new(OPERATION, asset, Action::Update, summary)
            .before(self.before.clone().into())
            .after(self.after.clone().into())
            .undo(undo)
            .risk(self.risk);
        self.notes.iter().fold(change, |change, note| change.note(note.as_str()))
    }
}

/// The user's groups but for those in which everybody is, with their names.
fn present_groups(user: &UserRecord, all: &[GroupRecord]) -> Vec<Named> {
    let known = |group: &Named| all.iter().find(|known| known.id == group.id);
    user.chosen_groups()
        .filter(|group| !known(group).is_some_and(GroupRecord::is_implied))
        .map(|group| Named {
            id: group.id.clone(),
            name: group.name.clone().or_else(|| known(group).and_then(|known| known.name.clone())),
        })
        .collect()
}
