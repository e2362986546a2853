//! Dashboards: one owner's document, what was published of it, and the recipients' copies.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Deployment;
use super::doc::{list, now, set, text};
use super::ids::Ids;
use crate::auth::Caller;
use crate::config::ChangeOwner;
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

/// Members of a dashboard that belong to the deployment it is in.
pub(crate) const OF_ITS_DEPLOYMENT: [&str; 10] = [
    "_id",
    "shares",
    "owner",
    "userId",
    "tenantId",
    "created",
    "lastUpdated",
    "lastOpened",
    "lastPublish",
    "instanceType",
];

/// A dashboard document without its widgets, and the widgets.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) doc: Value,
    pub(crate) widgets: Arc<Vec<Value>>,
}

/// A dashboard with everything that the server keeps of it.
#[derive(Clone)]
pub(crate) struct Dashboard {
    /// The owner's instance.
    pub(crate) content: Content,
    /// What recipients see, and whom it is shared with since the last publish.
    pub(crate) published: Option<Content>,
    /// Private copies of recipients who changed something.
    pub(crate) copies: BTreeMap<String, Content>,
    /// What it held before the last import that replaced it.
    pub(crate) before_import: Option<Content>,
    /// Whether it came with the seeded story or the generated data.
    pub(crate) seeded: bool,
}

impl Dashboard {
    /// A dashboard whose present content is also what recipients see.
    pub(crate) fn published(doc: Value, widgets: Vec<Value>, seeded: bool) -> Self {
        let content = Content { doc, widgets: Arc::new(widgets) };
        let published = Some(content.clone());
        Self { content, published, copies: BTreeMap::new(), before_import: None, seeded }
    }

    /// A new dashboard that nobody but its owner has seen.
    pub(crate) fn draft(content: Content) -> Self {
        Self {
            content,
            published: None,
            copies: BTreeMap::new(),
            before_import: None,
            seeded: false,
        }
    }

    pub(crate) fn oid(&self) -> &str {
        text(&self.content.doc, "oid")
    }

    pub(crate) fn owner(&self) -> &str {
        text(&self.content.doc, "owner")
    }

    pub(crate) fn title(&self) -> &str {
        text(&self.content.doc, "title")
    }

    /// Share rows as the owner sees them.
    pub(crate) fn shares(&self) -> &[Value] {
        list(&self.content.doc, "shares")
    }

    /// Share rows that are in force for recipients.
    pub(crate) fn shares_in_force(&self) -> &[Value] {
        self.published.as_ref().map_or(&[], |content| list(&content.doc, "shares"))
    }

    /// Puts the owner's content in force. Copies of recipients stay unless forced.
    pub(crate) fn publish(&mut self, force: bool) {
        set(&mut self.content.doc, "lastPublish", now());
        self.published = Some(self.content.clone());
        if force {
            self.copies.clear();
        }
    }

    /// Replaces the share rows at once, for the owner and for recipients. Content is published
    /// only if nothing was yet.
    pub(crate) fn share_at_once(&mut self, rows: Vec<Value>) {
        set(&mut self.content.doc, "shares", rows.clone());
        match &mut self.published {
            Some(published) => set(&mut published.doc, "shares", rows),
            None => self.published = Some(self.content.clone()),
        }
    }

    /// Takes a party out of every share list.
    pub(crate) fn forget_party(&mut self, id: &str) {
        let documents = [Some(&mut self.content), self.published.as_mut()];
        for content in documents.into_iter().flatten() {
            let kept: Vec<Value> = list(&content.doc, "shares")
                .iter()
                .filter(|row| text(row, "shareId") != id)
                .cloned()
                .collect();
            set(&mut content.doc, "shares", kept);
        }
    }

    /// Everything, for assertions.
    pub(crate) fn dump(&self) -> Value {
        let mut doc = self.content.doc.clone();
        set(&mut doc, "widgets", self.content.widgets.as_ref().clone());
        let copies: Vec<Value> = self
            .copies
            .iter()
            .map(|(user, copy)| json!({ "userId": user, "dashboard": copy.doc, "widgets": *copy.widgets }))
            .collect();
        set(&mut doc, "copies", copies);
        let published = self
            .published
            .as_ref()
            .map(|content| json!({ "dashboard": content.doc, "widgets": *content.widgets }));
        set(&mut doc, "published", published.unwrap_or_default());
        doc
    }
}

impl Deployment {
    /// A dashboard by its public id, or 404.
    pub(crate) fn dashboard(&self, oid: &str) -> Result<&Dashboard, Reply> {
        self.dashboards.get(oid).ok_or_else(|| Reply::not_found(10001, "dashboard", oid))
    }

    /// The same, to change it.
    pub(crate) fn dashboard_mut(&mut self, oid: &str) -> Result<&mut Dashboard, Reply> {
        let title = self.dashboard(oid)?.title().to_owned();
        self.touch(AssetKind::Dashboard, oid, &title, Change::Updated);
        self.dashboards.get_mut(oid).ok_or_else(|| Reply::not_found(10001, "dashboard", oid))
    }

    /// Moves a dashboard to another owner. The former owner becomes a share with the given rule.
    pub(crate) fn change_owner(
        &mut self,
        oid: &str,
        new_owner: &str,
        former_rule: &str,
    ) -> Result<(), Reply> {
        self.user(new_owner)?;
        let drops = self.variants.change_owner == ChangeOwner::DropsShares;
        let dashboard = self.dashboard_mut(oid)?;
        let former = dashboard.owner().to_owned();
        if former == new_owner {
            return Ok(());
        }
        let touched = |row: &Value| [new_owner, &former].contains(&text(row, "shareId"));
        let mut rows: Vec<Value> =
            dashboard.shares().iter().filter(|row| !touched(row) && !drops).cloned().collect();
        rows.insert(0, json!({ "shareId": new_owner, "type": "user", "subscribe": false }));
        rows.push(json!({
            "shareId": former, "type": "user", "rule": former_rule, "subscribe": false,
        }));
        set(&mut dashboard.content.doc, "owner", new_owner);
        set(&mut dashboard.content.doc, "userId", new_owner);
        set(&mut dashboard.content.doc, "lastUpdated", now());
        for widget in Arc::make_mut(&mut dashboard.content.widgets) {
            set(widget, "owner", new_owner);
            set(widget, "userId", new_owner);
        }
        dashboard.copies.remove(new_owner);
        dashboard.share_at_once(rows);
        if let Some(published) = &mut dashboard.published {
            set(&mut published.doc, "owner", new_owner);
        }
        Ok(())
    }

    /// Makes a copy of an instance for a caller, with ids of its own.
    pub(crate) fn copy_dashboard(&mut self, content: &Content, caller: &Caller) -> Value {
        let oid = self.ids.object();
        let mut doc = content.doc.clone();
        let title = format!("{} - Copy", text(&doc, "title"));
        for (key, value) in [
            ("_id", json!(self.ids.object())),
            ("oid", json!(oid)),
            ("title", json!(title)),
            ("owner", json!(caller.id)),
            ("userId", json!(caller.id)),
            ("instanceType", json!("owner")),
            ("shares", json!([{ "shareId": caller.id, "type": "user" }])),
            ("created", json!(now())),
            ("lastUpdated", json!(now())),
        ] {
            set(&mut doc, key, value);
        }
        let mut widgets = content.widgets.as_ref().clone();
        for widget in &mut widgets {
            set(widget, "dashboardid", oid.clone());
            set(widget, "owner", caller.id.clone());
            set(widget, "userId", caller.id.clone());
        }
        fresh_widgets(&mut self.ids, &mut doc, &mut widgets);
        let copy = Content { doc: doc.clone(), widgets: Arc::new(widgets) };
        self.add_dashboard(Dashboard::draft(copy));
        doc
    }

    /// Deletes a dashboard with every copy of it.
    pub(crate) fn delete_dashboard(&mut self, oid: &str) {
        self.drop_dashboards(|dashboard| dashboard.oid() == oid);
    }

    /// Removes dashboards that fit.
    pub(crate) fn drop_dashboards(&mut self, fits: impl Fn(&Dashboard) -> bool) {
        let gone = self.dashboards.values().filter(|one| fits(one));
        let gone: Vec<String> = gone.map(|dashboard| dashboard.oid().to_owned()).collect();
        for dashboard in
            gone.iter().filter_map(|oid| self.dashboards.remove(oid)).collect::<Vec<_>>()
        {
            self.touch_doc(AssetKind::Dashboard, &dashboard.content.doc, Change::Deleted);
        }
    }

    /// Adds a dashboard.
    pub(crate) fn add_dashboard(&mut self, dashboard: Dashboard) {
        self.touch_doc(AssetKind::Dashboard, &dashboard.content.doc, Change::Created);
        self.dashboards.insert(dashboard.oid().to_owned(), dashboard);
    }

    /// Creates a dashboard for a caller.
    pub(crate) fn create_dashboard(
        &mut self,
        body: &Value,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let title = text(body, "title");
        let source = body.get("datasource").filter(|source| !text(source, "title").is_empty());
        let (false, Some(source)) = (title.is_empty(), source) else {
            return Err(Reply::invalid(300, "'title' and 'datasource.title' are mandatory"));
        };
        let (id, oid) = (self.ids.object(), self.ids.object());
        let layout = json!({
            "type": "columnar",
            "columns": [{ "width": 100, "cells": [] }],
        });
        let mut doc = json!({
            "_id": id, "title": title, "oid": oid, "desc": "", "source": null, "type": "dashboard",
            "owner": caller.id, "userId": caller.id, "tenantId": self.tenant,
            "shares": [{ "shareId": caller.id, "type": "user" }],
            "created": now(), "lastUpdated": now(), "datasource": source, "filters": [],
            "layout": layout, "style": {}, "instanceType": "owner", "previewLayout": [],
            "settings": { "autoUpdateOnFiltersChange": true }, "dataExploration": false,
        });
        for key in ["desc", "parentFolder", "filters", "layout", "previewLayout", "defaultFilters"]
        {
            if let Some(value) = body.get(key).filter(|value| !value.is_null()) {
                set(&mut doc, key, value.clone());
            }
        }
        let content = Content { doc: doc.clone(), widgets: Arc::default() };
        self.add_dashboard(Dashboard::draft(content));
        Ok(doc)
    }
}

/// Gives the widgets of a copy ids of their own, also where the layout names them.
pub(super) fn fresh_widgets(ids: &mut Ids, doc: &mut Value, widgets: &mut [Value]) {
    let mut renamed: HashMap<String, String> = HashMap::new();
    for widget in widgets {
        let fresh = ids.object();
        renamed.insert(text(widget, "oid").to_owned(), fresh.clone());
        set(widget, "oid", fresh);
        set(widget, "_id", ids.object());
    }
    if let Some(layout) = doc.get_mut("layout") {
        rename(layout, &renamed);
    }
}

/// Puts new ids in the places of old ones.
pub(super) fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(fresh) = renamed.get(text) {
                text.clone_from(fresh);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        Value::Object(members) => members.values_mut().for_each(|item| rename(item, renamed)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Refuses a rule that is none.
pub(crate) fn check_rule(rule: &str) -> Result<(), Reply> {
    if ["view", "edit"].contains(&rule) {
        Ok(())
    } else {
        let message = format!("'{rule}' is no rule; use view or edit");
        Err(Reply::error(StatusCode::BAD_REQUEST, 300, &message))
    }
}
