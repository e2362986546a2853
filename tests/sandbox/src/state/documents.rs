//! Loading of real model and dashboard documents.

use serde_json::{Value, json};

use super::Deployment;
use super::dashboards::Dashboard;
use super::doc::{list, now, set, text};
use crate::sandbox::SandboxError;
use crate::wire::is_object_id;

impl Deployment {
    /// Loads documents; models come before dashboards, whatever their order.
    pub(crate) fn load(&mut self, documents: Vec<Value>) -> Result<(), SandboxError> {
        let (mut models, mut dashboards) = (Vec::new(), Vec::new());
        for document in documents {
            let items = match document {
                Value::Array(items) => items,
                single => vec![single],
            };
            for item in items {
                let title = text(&item, "title");
                if title.is_empty() {
                    return Err(SandboxError::Document("it has no title".to_owned()));
                }
                if item.get("datasets").is_some() {
                    models.push(item);
                } else if item.get("widgets").is_some() || item.get("layout").is_some() {
                    dashboards.push(item);
                } else {
                    let what = format!("'{title}' is neither a model nor a dashboard");
                    return Err(SandboxError::Document(what));
                }
            }
        }
        models.into_iter().for_each(|model| self.load_model(model));
        dashboards.into_iter().for_each(|dashboard| self.load_dashboard(dashboard));
        Ok(())
    }

    fn load_model(&mut self, mut model: Value) {
        let title = text(&model, "title").to_owned();
        self.forget_title(&title);
        self.welcome(&model["creator"]);
        let admin = self.first_admin();
        let oid = match text(&model, "oid") {
            "" => self.ids.uuid(),
            oid => oid.to_owned(),
        };
        let kind = match text(&model, "type") {
            "" => "extract".to_owned(),
            kind => kind.to_owned(),
        };
        // A file holds less than the server's answer: what is missing is as in a new model.
        let fresh = self.new_model(&oid, &title, &kind, &admin);
        if let (Some(model), Some(fresh)) = (model.as_object_mut(), fresh.as_object()) {
            for (key, value) in fresh {
                model.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        for dataset in list(&model, "datasets") {
            self.adopt_connection(&dataset["connection"]);
            self.learn_source(dataset);
        }
        self.running.remove(&oid);
        self.models.insert(oid, model);
    }

    /// Removes a model and everything seeded that speaks of it, so that answers about the title
    /// come from loaded documents only.
    fn forget_title(&mut self, title: &str) {
        let oids: Vec<String> = self
            .models
            .iter()
            .filter(|(_, model)| text(model, "title") == title)
            .map(|(oid, _)| oid.clone())
            .collect();
        oids.iter().for_each(|oid| self.delete_model(oid));
        self.dashboards.retain(|_, dashboard| {
            let content = &dashboard.content;
            let about = |doc: &Value| text(&doc["datasource"], "title") == title;
            !dashboard.seeded
                || !(about(&content.doc)
                    || content.widgets.iter().any(about)
                    || list(&content.doc, "filters").iter().any(|filter| about(&filter["jaql"])))
        });
    }

    /// Takes the creator of a loaded model in as a user, so that owners in the documents exist.
    fn welcome(&mut self, creator: &Value) {
        let id = text(creator, "id");
        if !is_object_id(id) || self.users.contains_key(id) {
            return;
        }
        let user = json!({
            "_id": id, "email": creator["email"], "userName": creator["userName"],
            "firstName": creator["firstName"], "lastName": creator["lastName"],
            "roleId": self.role_id("admin").unwrap_or_default(), "active": true,
            "activeDirectory": false, "groups": [], "tenantId": self.tenant,
            "created": creator["created"], "lastUpdated": creator["lastUpdated"],
        });
        self.users.insert(id.to_owned(), user);
    }

    fn load_dashboard(&mut self, mut dashboard: Value) {
        let widgets =
            match dashboard.as_object_mut().and_then(|members| members.shift_remove("widgets")) {
                Some(Value::Array(widgets)) => widgets,
                _ => Vec::new(),
            };
        let owner = match text(&dashboard, "owner") {
            known if self.users.contains_key(known) => known.to_owned(),
            _ => self.first_admin(),
        };
        set(&mut dashboard, "owner", owner.clone());
        set(&mut dashboard, "userId", owner.clone());
        let oid = match text(&dashboard, "oid") {
            "" => self.ids.object(),
            oid => oid.to_owned(),
        };
        let defaults = json!({
            "_id": self.ids.object(), "oid": oid, "type": "dashboard", "desc": "",
            "tenantId": self.tenant, "created": now(), "lastUpdated": now(),
            "instanceType": "owner", "style": {}, "settings": {}, "previewLayout": [], "shares": [],
        });
        if let (Some(members), Some(defaults)) = (dashboard.as_object_mut(), defaults.as_object()) {
            for (key, value) in defaults {
                members.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        let mut shares: Vec<Value> = list(&dashboard, "shares").to_vec();
        if !shares.iter().any(|row| text(row, "shareId") == owner) {
            shares.insert(0, json!({ "shareId": owner, "type": "user" }));
        }
        set(&mut dashboard, "shares", shares);
        self.dashboards.insert(oid, Dashboard::published(dashboard, widgets, false));
    }

    /// The admin whose token tests use.
    pub(crate) fn first_admin(&self) -> String {
        self.sessions.get(&self.tokens.admin).cloned().unwrap_or_default()
    }
}
