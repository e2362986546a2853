//! Delete a user, with a look at what goes along.

use futures_util::future::try_join3;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::wish::advise;
use crate::domains::access::{Access, DeleteUser, DeletedUser, OwnedDashboard};
use crate::domains::lookup::dashboards::DashboardRecord;
use crate::domains::lookup::exports::document_id;
use crate::domains::lookup::same;
use crate::domains::lookup::users::UserRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::Risk;
use crate::run::{Action, AssetKind, Change, Door, Entry, Run, Undo};
use crate::transport::ApiPath;

const OPERATION: &str = "access.delete_user";
/// Most dashboards that are kept with the journal before they go; whoever owns more moves them first.
const MOST_KEPT: usize = 200;
/// Members of a document that change by looking at it.
const VOLATILE: [&str; 3] = ["lastOpened", "lastUsed", "lastViewed"];

impl Access {
    /// Delete one user, with all dashboards that the user owns.
    ///
    /// The server deletes the user's dashboards too. They are counted and named before, and kept
    /// with the journal, so that they can be imported again. It cannot be undone: a new user gets
    /// another id, and shares and data security rules stay with the old one. Move the dashboards
    /// first with `access.change_folder_and_dashboard_ownership`.
    ///
    /// # Errors
    /// `not_found` with the nearest names, `ambiguous` when two users fit, `invalid_input` for the
    /// token's own user and for the system administrator, `forbidden` without an admin's token.
    ///
    /// # Ask
    /// - Remove bob@example.com
    /// - Delete the user carla
    /// - Delete the account of dan@example.com
    /// - Eli has left the company: get rid of the login eli@example.com
    ///
    /// <!-- @effect delete -->
    /// <!-- @scope deployment -->
    /// <!-- @risk high -->
    pub async fn delete_user(&self, run: &Run, params: DeleteUser) -> Result<DeletedUser> {
        let reference = &params.user_name;
        let looked = try_join3(
            self.client.find_user(reference),
            self.client.whoami(),
            self.client.list_dashboards(Vec::new()),
        );
        let (user, caller, mut dashboards) = match looked.await {
            // A resumed run that did not see the end of the write finds nobody: it is done.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return earlier(&run.recorded().await?, reference).ok_or(error);
            }
            looked => looked?,
        };
        if user.id == caller.id {
            return Err(Error::invalid("the token's own user cannot be deleted with it")
                .with_asset(name_of(&user))
                .with_next_step("use the token of another admin"));
        }
        if user.role.as_ref().and_then(|role| role.name.as_deref()) == Some("super") {
            return Err(Error::invalid("the system administrator cannot be deleted")
                .with_asset(name_of(&user)));
        }
        dashboards.retain(|dashboard| dashboard.owner.as_ref() == Some(&user.id));
        let change = self.change(&user, &dashboards).await;
        let mut result = DeletedUser {
            user_id: user.id.clone(),
            email: user.email.clone(),
            deleted: true,
            dashboards_deleted: dashboards.iter().map(owned).collect(),
        };
        match run.admit(change).await? {
            Door::Planned(_) => result.deleted = false,
            Door::Recorded(_) => {}
            Door::Open(pass) => {
                let path = ApiPath::new(["api", "v1", "users", &user.id]);
                let transport = self.client.transport();
                let sent = transport.write(&pass, Method::DELETE, path, Vec::new(), None).await;
                pass.settle(sent).await.map_err(advise)?;
            }
        }
        Ok(result)
    }

    async fn change(&self, user: &UserRecord, dashboards: &[DashboardRecord]) -> Change {
        let mut notes = Vec::new();
        let kept = self.keep(dashboards, &mut notes).await;
        if !dashboards.is_empty() {
            let titles: Vec<&str> = dashboards.iter().take(5).map(|d| d.title()).collect();
            let more = if dashboards.len() > titles.len() { ", …" } else { "" };
            notes.push(format!(
                "dashboards that are deleted with the user: {}: {}{more}; to keep them, give them \
                 to another owner first",
                dashboards.len(),
                titles.join(", ")
            ));
        }
        notes.push(
            "shares, data security rules and groups that name the user keep a dead id; what becomes \
             of the user's folders is not known"
                .to_owned(),
        );
        let rows: Vec<Value> = dashboards
            .iter()
            .map(|dashboard| {
                json!({
                    "id": dashboard.oid, "title": dashboard.title(),
                    "document": kept.get(&dashboard.oid),
                })
            })
            .collect();
        let asset = self.asset(AssetKind::User, Some(&user.id), user.email());
        let summary = match dashboards.len() {
            0 => format!("Delete {}", user.email()),
            1 => format!("Delete {} with one dashboard", user.email()),
            count => format!("Delete {} with {count} dashboards", user.email()),
        };
        let undo = "a new user gets another id, without password, shares and rules; the dashboards \
                    that were kept can be imported again";
        let change = Change::new(OPERATION, asset, Action::Delete, summary)
            .before(json!({ "user": before(user), "dashboards": rows }))
            .undo(Undo::No(undo.to_owned()))
            .risk(Risk::High);
        notes.into_iter().fold(change, Change::note)
    }

    /// The documents of dashboards, by id. What cannot be kept is told in the notes.
    async fn keep(
        &self,
        dashboards: &[DashboardRecord],
        notes: &mut Vec<String>,
    ) -> Map<String, Value> {
        if dashboards.len() > MOST_KEPT {
            notes.push(format!(
                "the dashboards are NOT kept: there are {}, and at most {MOST_KEPT} are kept",
                dashboards.len()
            ));
            return Map::new();
        }
        let ids: Vec<String> = dashboards.iter().map(|row| row.oid.clone()).collect();
        let loaded = self.client.load_dashboards(&ids).await;
        for (id, error) in loaded.failed {
            notes.push(format!("a dashboard could NOT be kept: {id}: {error}"));
        }
        let mut kept = Map::new();
        for mut document in loaded.documents {
            let Some(id) = document_id(&document) else { continue };
            if let Value::Object(members) = &mut document {
                members.retain(|key, _| !VOLATILE.contains(&key.as_str()));
            }
            kept.insert(id, document);
        }
        kept
    }
}

/// What is kept of the user. The time of the last login would only make the preview stale.
fn before(user: &UserRecord) -> Value {
    let name = |named: &crate::domains::lookup::users::Named| named.name.clone();
    json!({
        "user_id": user.id, "email": user.email, "user_name": user.user_name,
        "first_name": user.first_name, "last_name": user.last_name,
        "role": user.role.as_ref().and_then(name),
        "groups": user.chosen_groups().filter_map(name).collect::<Vec<_>>(),
        "preferences": user.preferences,
    })
}

fn name_of(user: &UserRecord) -> String {
    format!("user \"{}\" ({})", user.email(), user.id)
}

fn owned(row: &DashboardRecord) -> OwnedDashboard {
    OwnedDashboard { dashboard_id: row.oid.clone(), title: row.title().to_owned() }
}

/// The answer that an earlier part of this run would have given.
fn earlier(entries: &[Entry], reference: &str) -> Option<DeletedUser> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let entry =
        entries.iter().filter(|entry| entry.change.operation == OPERATION).find(|entry| {
            let user = &entry.change.before["user"];
            ["email", "user_name"]
                .iter()
                .any(|key| user[*key].as_str().is_some_and(|own| same(own, reference)))
        })?;
    let before = &entry.change.before;
    let row = |row: &Value| {
        Some(OwnedDashboard { dashboard_id: text(&row["id"])?, title: text(&row["title"])? })
    };
    Some(DeletedUser {
        user_id: text(&before["user"]["user_id"])?,
        email: text(&before["user"]["email"]),
        deleted: true,
        dashboards_deleted: before["dashboards"].as_array()?.iter().filter_map(row).collect(),
    })
}
