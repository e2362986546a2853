//! Who sees which instance of a dashboard, and with which rule.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Deployment;
use super::dashboards::{Content, Dashboard};
use super::doc::{now, set, text};
use super::listing::Listing;
use super::padding::written_out;
use crate::auth::Caller;
use crate::config::AdminAccess;
use crate::wire::{Call, Reply};

/// How much of a dashboard a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    None,
    View,
    Edit,
    Own,
}

impl Deployment {
    /// What a user may do with a dashboard, by ownership and by the shares in force.
    pub(crate) fn access(&self, dashboard: &Dashboard, user: &str) -> Access {
        if dashboard.owner() == user {
            return Access::Own;
        }
        let rows = dashboard.shares_in_force().iter();
        let own = rows.filter(|row| match text(row, "type") {
            "group" => self.in_group(user, text(row, "shareId")),
            _ => text(row, "shareId") == user,
        });
        own.map(|row| if text(row, "rule") == "edit" { Access::Edit } else { Access::View })
            .max()
            .unwrap_or(Access::None)
    }

    /// Users other than the owner who have the dashboard.
    pub(crate) fn recipients(&self, dashboard: &Dashboard) -> BTreeSet<String> {
        let shared = dashboard.shares_in_force();
        let mut users: BTreeSet<String> = shared
            .iter()
            .filter(|row| text(row, "type") != "group")
            .map(|row| text(row, "shareId"))
            .filter(|id| self.users.contains_key(*id))
            .map(str::to_owned)
            .collect();
        for row in shared.iter().filter(|row| text(row, "type") == "group") {
            let group = text(row, "shareId");
            users.extend(self.users.keys().filter(|user| self.in_group(user, group)).cloned());
        }
        users.remove(dashboard.owner());
        users
    }

    /// A user's instance, or none when the user does not have the dashboard.
    pub(crate) fn instance(&self, dashboard: &Dashboard, user: &str) -> Option<Content> {
        if dashboard.owner() == user {
            return Some(dashboard.content.clone());
        }
        if self.access(dashboard, user) == Access::None {
            return None;
        }
        if let Some(copy) = dashboard.copies.get(user) {
            let mut copy = copy.clone();
            set(&mut copy.doc, "owner", dashboard.owner());
            return Some(copy);
        }
        let published = dashboard.published.as_ref()?;
        Some(copied(published, user, "proxy"))
    }

    /// The instance that a caller works on: 404 when there is no such dashboard, 403 when the
    /// caller does not have it.
    pub(crate) fn own_instance(&self, oid: &str, caller: &Caller) -> Result<Content, Reply> {
        let dashboard = self.dashboard(oid)?;
        self.instance(dashboard, &caller.id).ok_or_else(Reply::forbidden)
    }

    /// Changes the caller's instance: the owner's document, or a private copy, which is made
    /// now if there was none.
    pub(crate) fn edit_instance(
        &mut self,
        oid: &str,
        caller: &Caller,
        edit: impl FnOnce(&mut Content),
    ) -> Result<Content, Reply> {
        let access = self.access(self.dashboard(oid)?, &caller.id);
        if access < Access::Edit {
            return Err(Reply::forbidden());
        }
        let mut content = self.own_instance(oid, caller)?;
        edit(&mut content);
        set(&mut content.doc, "lastUpdated", now());
        let dashboard = self.dashboard_mut(oid)?;
        if access == Access::Own {
            dashboard.content = content.clone();
        } else {
            set(&mut content.doc, "instanceType", "user");
            dashboard.copies.insert(caller.id.clone(), content.clone());
        }
        Ok(content)
    }

    /// Checks the `adminAccess` flag. It gives an admin the rights of an owner; whoever is no
    /// admin is refused.
    pub(crate) fn admin_access(&self, call: &Call) -> Result<bool, Reply> {
        if !call.flag("adminAccess") {
            return Ok(false);
        }
        if self.variants.admin_access == AdminAccess::Forbidden {
            return Err(Reply::forbidden());
        }
        call.caller.need("admins-only").map(|()| true)
    }

    /// An instance as lists and single reads show it.
    pub(crate) fn instance_view(
        &self,
        content: &Content,
        listing: &Listing,
        caller: &Caller,
    ) -> Value {
        let mut view = listing.pick(&content.doc);
        if listing.expands("widgets") {
            set(&mut view, "widgets", content.widgets.iter().map(written_out).collect::<Vec<_>>());
        }
        if listing.expands("owner") {
            self.inline_owner(&mut view);
        }
        if listing.expands("parentFolder")
            && let Some(folder) = self.folders.get(text(&view, "parentFolder"))
        {
            set(&mut view, "parentFolder", folder.clone());
        }
        if listing.expands("userAuth") {
            let edit = caller.role.may("dashboards/edit_script");
            set(&mut view, "userAuth", json!({ "dashboards": { "edit_script": edit } }));
        }
        if listing.expands("rule")
            && let Some(dashboard) = self.dashboards.get(text(&view, "oid"))
        {
            let rule = match self.access(dashboard, &caller.id) {
                Access::Own | Access::Edit => "edit",
                Access::View | Access::None => "view",
            };
            set(&mut view, "rule", rule);
        }
        view
    }

    /// Puts the owner's record in place of the owner's id.
    pub(crate) fn inline_owner(&self, view: &mut Value) {
        if let Some(owner) = self.users.get(text(view, "owner")) {
            let owner = json!({
                "_id": owner["_id"], "userName": owner["userName"], "email": owner["email"],
                "firstName": owner["firstName"],
                "lastName": owner.get("lastName").cloned().unwrap_or_default(),
            });
            set(view, "owner", owner);
        }
    }
}

/// What a recipient gets to see of published content.
fn copied(published: &Content, user: &str, kind: &str) -> Content {
    let mut doc = published.doc.clone();
    set(&mut doc, "userId", user);
    set(&mut doc, "instanceType", kind);
    // The document id is per copy; this one is made of dashboard and user and so stays the same.
    let (oid, user_part) = (text(&published.doc, "oid"), user.get(12..).unwrap_or(user));
    let id = format!("{}{user_part}", oid.get(..12).unwrap_or(oid));
    set(&mut doc, "_id", id);
    Content { doc, widgets: Arc::clone(&published.widgets) }
}
