//! Bringing dashboard documents in: which present dashboard a document stands for, and what
//! becomes of it.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Deployment;
use super::dashboards::{Content, Dashboard, OF_ITS_DEPLOYMENT, fresh_widgets};
use super::doc::{now, remove, set, text};
use super::padding::fold;
use crate::auth::Caller;
use crate::import_variants::{
    ImportEmpty, ImportFailed, ImportFailure, ImportFolder, ImportMatch, ImportModel, ImportParent,
    ImportPlace, ImportPreview, ImportTitle,
};
use crate::wire::{Reply, is_object_id};

/// Further members of a document that are not taken over as they are.
const LEFT_OUT: [&str; 6] =
    ["subscription", "original", "hierarchies", "widgets", "userAuth", "rule"];

/// What to do with a document whose dashboard is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Present {
    Skip,
    Overwrite,
    Duplicate,
}

/// How an import was asked for.
pub(crate) struct Importing {
    pub(crate) action: Present,
    /// Whether overwritten dashboards that are shared are published at once.
    pub(crate) republish: bool,
    /// Where everything goes.
    pub(crate) folder: Option<String>,
}

/// What became of a document.
pub(crate) enum Imported {
    /// A dashboard was made or replaced; this is its document.
    Made(Value),
    /// The dashboard with this id stays as it is.
    Skipped(String),
}

/// Why a document cannot come in.
pub(crate) struct Unfit {
    /// The server's own categories are not known: nobody may rely on these.
    category: &'static str,
    message: String,
}

impl Deployment {
    /// Brings documents in, one after the other, and tells of each.
    pub(crate) fn import_dashboards(
        &mut self,
        documents: Vec<Value>,
        how: &Importing,
        caller: &Caller,
    ) -> Result<Value, Reply> {
        let whole = match self.variants.import_failure {
            ImportFailure::Alone => None,
            ImportFailure::BadRequest => Some(StatusCode::BAD_REQUEST),
            ImportFailure::Invalid => Some(StatusCode::UNPROCESSABLE_ENTITY),
        };
        if let Some(status) = whole
            && let Some(unfit) = documents.iter().find_map(|one| self.check_import(one).err())
        {
            return Err(Reply::error(status, 300, &unfit.message));
        }
        let (mut made, mut skipped) = (Vec::new(), Vec::new());
        let mut failed: Vec<(&'static str, Value)> = Vec::new();
        for document in documents {
            let title = document.get("title").cloned().unwrap_or_default();
            match self.import_dashboard(document, how, caller) {
                Ok(Imported::Made(doc)) => made.push(doc),
                Ok(Imported::Skipped(_)) => skipped.push(json!({ "title": title })),
                Err(unfit) => {
                    let error = json!({ "message": unfit.message, "status": 422 });
                    failed.push((unfit.category, json!({ "title": title, "error": error })));
                }
            }
        }
        let mut answer = json!({});
        let keeps = self.variants.import_empty == ImportEmpty::Present;
        if keeps || !made.is_empty() {
            set(&mut answer, "succeded", made);
        }
        if keeps || !skipped.is_empty() {
            set(&mut answer, "skipped", skipped);
        }
        if keeps || !failed.is_empty() {
            set(&mut answer, "failed", self.failures(failed));
        }
        Ok(answer)
    }

    fn failures(&self, failed: Vec<(&'static str, Value)>) -> Value {
        if self.variants.import_failed == ImportFailed::List {
            return failed.into_iter().map(|(_, row)| row).collect();
        }
        let mut by_category: Map<String, Value> = Map::new();
        for (category, row) in failed {
            let rows = by_category.entry(category).or_insert_with(|| json!([]));
            if let Some(rows) = rows.as_array_mut() {
                rows.push(row);
            }
        }
        Value::Object(by_category)
    }

    /// Brings one document in.
    pub(crate) fn import_dashboard(
        &mut self,
        document: Value,
        how: &Importing,
        caller: &Caller,
    ) -> Result<Imported, Unfit> {
        self.check_import(&document)?;
        let oid = text(&document, "oid").to_ascii_lowercase();
        let owner = self.dashboards.get(&oid).map(|present| present.owner().to_owned());
        let Some(owner) = owner else {
            return Ok(Imported::Made(self.import_new(document, how, caller, &oid)));
        };
        let matches = owner == caller.id || self.variants.import_match == ImportMatch::All;
        match how.action {
            Present::Skip if matches => Ok(Imported::Skipped(oid)),
            Present::Overwrite if matches => {
                Ok(Imported::Made(self.import_over(document, how, caller, &oid)))
            }
            _ => {
                let mut document = document;
                if matches && self.variants.import_title == ImportTitle::Suffix {
                    let title = format!("{} (1)", text(&document, "title"));
                    set(&mut document, "title", title);
                }
                Ok(Imported::Made(self.import_new(document, how, caller, "")))
            }
        }
    }

    /// Makes a dashboard of a document. Without an id it gets a new one, and so do its widgets.
    fn import_new(
        &mut self,
        document: Value,
        how: &Importing,
        caller: &Caller,
        oid: &str,
    ) -> Value {
        let kept = !oid.is_empty();
        let oid = if kept { oid.to_owned() } else { self.ids.object() };
        let parent = how.folder.clone().or_else(|| self.parent_of(&document, caller));
        let id = self.ids.object();
        let mut content = self.content_of(document, &oid, caller, !kept);
        for (key, value) in [
            ("_id", json!(id)),
            ("shares", json!([{ "shareId": caller.id, "type": "user" }])),
            ("created", json!(now())),
            ("parentFolder", json!(parent)),
        ] {
            set(&mut content.doc, key, value);
        }
        let doc = content.doc.clone();
        self.add_dashboard(Dashboard::draft(content));
        doc
    }

    /// Puts a document in place of a present dashboard. Its shares stay.
    fn import_over(
        &mut self,
        document: Value,
        how: &Importing,
        caller: &Caller,
        oid: &str,
    ) -> Value {
        let parent = match (&how.folder, self.variants.import_place) {
            (Some(folder), _) => Some(json!(folder)),
            (None, ImportPlace::Stays) => None,
            (None, ImportPlace::Document) => Some(json!(self.parent_of(&document, caller))),
        };
        let mut content = self.content_of(document, oid, caller, false);
        let Ok(dashboard) = self.dashboard_mut(oid) else { return Value::Null };
        let former = dashboard.owner().to_owned();
        for key in ["_id", "created", "shares", "subscription", "parentFolder", "lastOpened"] {
            if let Some(value) = dashboard.content.doc.get(key) {
                set(&mut content.doc, key, value.clone());
            }
        }
        if let Some(parent) = parent {
            set(&mut content.doc, "parentFolder", parent);
        }
        dashboard.before_import = Some(std::mem::replace(&mut dashboard.content, content));
        if former != caller.id {
            let others = dashboard.shares().iter();
            let others =
                others.filter(|row| ![former.as_str(), &caller.id].contains(&text(row, "shareId")));
            let mut rows = vec![json!({ "shareId": caller.id, "type": "user" })];
            rows.extend(others.cloned());
            dashboard.copies.remove(&caller.id);
            dashboard.share_at_once(rows);
            if let Some(published) = &mut dashboard.published {
                set(&mut published.doc, "owner", caller.id.clone());
            }
        }
        if how.republish && dashboard.shares().len() > 1 {
            dashboard.publish(false);
        }
        dashboard.content.doc.clone()
    }

    /// What a document holds, without what belongs to where it came from.
    fn content_of(
        &mut self,
        mut document: Value,
        oid: &str,
        caller: &Caller,
        renew: bool,
    ) -> Content {
        let mut widgets = match document.get_mut("widgets").map(Value::take) {
            Some(Value::Array(widgets)) => widgets,
            _ => Vec::new(),
        };
        remove(&mut document, &OF_ITS_DEPLOYMENT);
        remove(&mut document, &LEFT_OUT);
        for (key, value) in [
            ("oid", json!(oid)),
            ("type", json!("dashboard")),
            ("owner", json!(caller.id)),
            ("userId", json!(caller.id)),
            ("tenantId", json!(self.tenant)),
            ("instanceType", json!("owner")),
            ("lastUpdated", json!(now())),
        ] {
            set(&mut document, key, value);
        }
        for widget in &mut widgets {
            let known = is_object_id(text(widget, "oid"));
            if !known && !renew {
                set(widget, "oid", self.ids.object());
            }
            set(widget, "_id", self.ids.object());
            set(widget, "dashboardid", oid);
            set(widget, "owner", caller.id.clone());
            set(widget, "userId", caller.id.clone());
            set(widget, "lastUpdated", now());
            fold(widget);
        }
        if renew {
            fresh_widgets(&mut self.ids, &mut document, &mut widgets);
        }
        Content { doc: document, widgets: Arc::new(widgets) }
    }

    /// The folder that a document names, if the importer sees it here.
    fn parent_of(&self, document: &Value, caller: &Caller) -> Option<String> {
        let parent = text(document, "parentFolder");
        let seen = self.folders.contains_key(parent) && self.sees_folder(parent, caller)
            || !parent.is_empty() && self.variants.import_parent == ImportParent::Kept;
        seen.then(|| parent.to_owned())
    }

    /// The folder that an import names as a whole.
    pub(crate) fn import_folder(&self, oid: &str, caller: &Caller) -> Result<(), Reply> {
        if !is_object_id(oid) {
            return Err(Reply::invalid(601, "'importFolder' is no valid object id"));
        }
        if self.sees_folder(oid, caller) {
            return Ok(());
        }
        Err(match self.variants.import_folder {
            ImportFolder::NotFound => Reply::not_found(404, "folder", oid),
            ImportFolder::Invalid => Reply::invalid(300, "'importFolder' is not there"),
        })
    }

    /// Why a document cannot come in, if it cannot.
    fn check_import(&self, document: &Value) -> Result<(), Unfit> {
        let unfit =
            |message: &str| Err(Unfit { category: "validationError", message: message.to_owned() });
        if !document.is_object() {
            return unfit("a dashboard must be an object");
        }
        if text(document, "title").is_empty() {
            return unfit("'title' is mandatory");
        }
        let source = text(&document["datasource"], "title");
        if source.is_empty() {
            return unfit("'datasource.title' is mandatory");
        }
        if !document["oid"].is_null() && !is_object_id(text(document, "oid")) {
            return unfit("'oid' is no valid object id");
        }
        let Some(widgets) = document.get("widgets").and_then(Value::as_array) else {
            return unfit("'widgets' must be an array");
        };
        if widgets.iter().any(|widget| text(widget, "type").is_empty()) {
            return unfit("a widget has no type");
        }
        for key in ["filters", "filterRelations", "previewLayout"] {
            if document.get(key).is_some_and(|value| !value.is_array() && !value.is_null()) {
                return unfit(&format!("'{key}' must be an array"));
            }
        }
        if document.get("layout").is_some_and(|value| !value.is_object() && !value.is_null()) {
            return unfit("'layout' must be an object");
        }
        if document.get("previewLayout").is_some_and(Value::is_null)
            && self.variants.import_preview == ImportPreview::Refused
        {
            return unfit("'previewLayout' must be an array");
        }
        if self.variants.import_model == ImportModel::Refused
            && !self.models.values().any(|model| text(model, "title") == source)
        {
            let message = format!("the data source '{source}' does not exist");
            return Err(Unfit { category: "datasourceError", message });
        }
        Ok(())
    }

    /// Puts back what a dashboard held before its last import, once. Owner and shares stay.
    pub(crate) fn undo_import(&mut self, oid: &str, caller: &Caller) -> Result<Value, Reply> {
        let dashboard = self.dashboard_mut(oid)?;
        if dashboard.owner() != caller.id {
            return Err(Reply::forbidden());
        }
        let Some(mut before) = dashboard.before_import.take() else {
            return Err(Reply::not_found(404, "backup", oid));
        };
        for key in ["owner", "userId", "shares"] {
            set(&mut before.doc, key, dashboard.content.doc[key].clone());
        }
        set(&mut before.doc, "lastUpdated", now());
        dashboard.content = before;
        Ok(dashboard.content.doc.clone())
    }
}

impl From<Unfit> for Reply {
    fn from(unfit: Unfit) -> Self {
        Self::error(StatusCode::BAD_REQUEST, 300, &unfit.message)
    }
}
