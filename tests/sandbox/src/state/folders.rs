//! Folders. Everybody sees a tree of their own: what they own, and the way to dashboards that
//! were shared with them. That is so for admins, too.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Deployment;
use super::doc::{now, set, text};
use super::instances::Access;
use crate::auth::Caller;
use crate::config::{FolderPatch, FolderUnseen};
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

impl Deployment {
    /// A folder, or 404; 403 or, by variant, 404 when the caller does not see it.
    pub(crate) fn folder(&self, oid: &str, caller: &Caller) -> Result<&Value, Reply> {
        let missing = || Reply::not_found(404, "folder", oid);
        let folder = self.folders.get(oid).ok_or_else(missing)?;
        if self.sees_folder(oid, caller) {
            return Ok(folder);
        }
        Err(match self.variants.folder_unseen {
            FolderUnseen::Forbidden => Reply::forbidden(),
            FolderUnseen::NotFound => missing(),
        })
    }

    /// A folder that the caller may change, or 403.
    pub(crate) fn folder_to_change(&self, oid: &str, caller: &Caller) -> Result<&Value, Reply> {
        let folder = self.folder(oid, caller)?;
        let admin =
            self.variants.folder_patch == FolderPatch::AdminsWhoSee && caller.role.is_admin();
        if admin || text(folder, "owner") == caller.id {
            Ok(folder)
        } else {
            Err(Reply::forbidden())
        }
    }

    /// Whether a caller sees a folder.
    pub(crate) fn sees_folder(&self, oid: &str, caller: &Caller) -> bool {
        // Most ask about their own folders, and that takes no walk over all dashboards.
        self.folders.get(oid).is_some_and(|folder| text(folder, "owner") == caller.id)
            || self.visible_folders(caller).contains(oid)
    }

    /// Ids of the folders that a caller sees.
    pub(crate) fn visible_folders(&self, caller: &Caller) -> BTreeSet<String> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let owned = self.folders.iter().filter(|(_, folder)| text(folder, "owner") == caller.id);
        let mut entries: Vec<String> = owned.map(|(oid, _)| oid.clone()).collect();
        for dashboard in self.dashboards.values() {
            if self.access(dashboard, &caller.id) > Access::None {
                entries.push(text(&dashboard.content.doc, "parentFolder").to_owned());
            }
        }
        for entry in entries {
            seen.extend(self.path_to(&entry));
        }
        seen
    }

    /// A folder and everything above it, nearest first. A circle ends where it closes.
    pub(crate) fn path_to(&self, oid: &str) -> Vec<String> {
        let mut path: Vec<String> = Vec::new();
        let mut at = oid.to_owned();
        while let Some(folder) = self.folders.get(&at) {
            if path.contains(&at) {
                break;
            }
            let above = text(folder, "parentId").to_owned();
            path.push(std::mem::replace(&mut at, above));
        }
        path
    }

    /// A folder and everything below it.
    pub(crate) fn below(&self, oid: &str) -> BTreeSet<String> {
        let inside = |other: &&String| self.path_to(other).iter().any(|step| step == oid);
        self.folders.keys().filter(inside).cloned().collect()
    }

    /// A folder as the caller sees it.
    pub(crate) fn folder_view(&self, folder: &Value, caller: &Caller) -> Value {
        let mut view = folder.clone();
        set(&mut view, "userId", caller.id.clone());
        set(
            &mut view,
            "instanceType",
            if text(folder, "owner") == caller.id { "owner" } else { "user" },
        );
        view
    }

    /// The caller's navigation tree below a folder: folders, and dashboards in them.
    pub(crate) fn tree(&self, above: &str, caller: &Caller) -> (Vec<Value>, Vec<Value>) {
        let visible = self.visible_folders(caller);
        self.tree_of(above, caller, &visible)
    }

    fn tree_of(
        &self,
        above: &str,
        caller: &Caller,
        visible: &BTreeSet<String>,
    ) -> (Vec<Value>, Vec<Value>) {
        let inside = self.folders.values().filter(|folder| {
            let parent = text(folder, "parentId");
            // A folder whose parent is gone stands at the top.
            let parent = if self.folders.contains_key(parent) { parent } else { "" };
            parent == above && visible.contains(text(folder, "oid"))
        });
        let folders = inside.map(|folder| {
            let mut node = self.folder_view(folder, caller);
            let (below, dashboards) = self.tree_of(text(folder, "oid"), caller, visible);
            set(&mut node, "folders", below);
            set(&mut node, "dashboards", dashboards);
            node
        });
        let dashboards = self.dashboards.values().filter(|dashboard| {
            let parent = text(&dashboard.content.doc, "parentFolder");
            let parent = if self.folders.contains_key(parent) { parent } else { "" };
            parent == above && self.access(dashboard, &caller.id) > Access::None
        });
        let dashboards = dashboards.map(|dashboard| {
            json!({
                "oid": dashboard.oid(), "title": dashboard.title(), "type": "dashboard",
                "owner": dashboard.owner(), "parentFolder": dashboard.content.doc["parentFolder"],
            })
        });
        (folders.collect(), dashboards.collect())
    }

    /// Creates a folder.
    pub(crate) fn create_folder(&mut self, body: &Value, caller: &Caller) -> Result<Value, Reply> {
        let name = text(body, "name");
        if name.is_empty() {
            return Err(Reply::invalid(300, "'name' is mandatory"));
        }
        if let Some(parent) = body.get("parentId").and_then(Value::as_str) {
            self.folder(parent, caller)?;
        }
        let oid = self.ids.object();
        let folder = json!({
            "oid": oid, "name": name, "type": "folder", "owner": caller.id,
            "parentId": body.get("parentId").cloned().unwrap_or_default(),
            "created": now(), "lastUpdated": now(), "tenantId": self.tenant,
        });
        self.touch_doc(AssetKind::Folder, &folder, Change::Created);
        self.folders.insert(oid, folder.clone());
        Ok(self.folder_view(&folder, caller))
    }

    /// Deletes a folder with everything in it.
    pub(crate) fn delete_folder(&mut self, oid: &str) {
        let gone = self.below(oid);
        self.drop_dashboards(|one| gone.contains(text(&one.content.doc, "parentFolder")));
        self.drop_folders(|folder| gone.contains(text(folder, "oid")));
    }

    /// Removes folders that fit.
    pub(crate) fn drop_folders(&mut self, fits: impl Fn(&Value) -> bool) {
        let gone: Vec<Value> = self.folders.values().filter(|one| fits(one)).cloned().collect();
        for folder in gone {
            self.folders.remove(text(&folder, "oid"));
            self.touch_doc(AssetKind::Folder, &folder, Change::Deleted);
        }
    }
}
