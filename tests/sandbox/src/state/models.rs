//! Models: looking them up, and who may see them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Deployment;
use super::doc::{list, now, text};
use crate::auth::{Caller, Role};
use crate::touched::{AssetKind, Change};
use crate::wire::Reply;

impl Deployment {
    /// A model by its public id, or 404; 403 when the caller has no part in it.
    pub(crate) fn model(&self, oid: &str, caller: &Caller) -> Result<&Value, Reply> {
        let model = self.models.get(oid).ok_or_else(|| {
            Reply::problem(StatusCode::NOT_FOUND, "ElasticubeNotFound", 1010, "no such datamodel")
        })?;
        if self.sees_model(model, caller) { Ok(model) } else { Err(Reply::forbidden()) }
    }

    /// A model by title or either id, for the older routes.
    pub(crate) fn model_by_any(&self, reference: &str) -> Option<&Value> {
        self.models
            .values()
            .find(|model| ["title", "oid", "_id"].iter().any(|key| text(model, key) == reference))
    }

    /// Whether a caller sees a model: data admins see all, designers what is shared with them.
    pub(crate) fn sees_model(&self, model: &Value, caller: &Caller) -> bool {
        caller.role.is_data_admin() || !self.model_permission(model, caller).is_empty()
    }

    /// The code that a caller holds on a model by its shares, blank when there is none.
    pub(crate) fn model_permission<'a>(&self, model: &'a Value, caller: &Caller) -> &'a str {
        if caller.role == Role::Consumer {
            return "";
        }
        let own = |row: &&Value| match text(row, "type") {
            "group" => self.in_group(&caller.id, text(row, "partyId")),
            _ => text(row, "partyId") == caller.id,
        };
        let rank =
            |row: &&Value| ["a", "r", "w"].iter().position(|code| *code == text(row, "permission"));
        list(model, "shares")
            .iter()
            .filter(own)
            .max_by_key(rank)
            .map_or("", |row| text(row, "permission"))
    }

    /// Refuses with 403 unless the caller may change the model.
    pub(crate) fn may_edit_model(&self, model: &Value, caller: &Caller) -> Result<(), Reply> {
        if caller.role.is_data_admin() || self.model_permission(model, caller) == "w" {
            Ok(())
        } else {
            Err(Reply::forbidden())
        }
    }

    /// Creates an empty model.
    pub(crate) fn create_model(&mut self, body: &Value, caller: &Caller) -> Result<Value, Reply> {
        let title = text(body, "title").trim();
        let kind = match text(body, "type") {
            "" => "extract",
            kind => kind,
        };
        if title.is_empty() || !["extract", "live"].contains(&kind) {
            let detail = "'title' is required and 'type' must be extract or live";
            return Err(Reply::problem(StatusCode::BAD_REQUEST, "ValidationError", 1002, detail));
        }
        if self.models.values().any(|model| text(model, "title") == title) {
            let detail = format!("Elasticube with title '{title}' already exists");
            let status = StatusCode::BAD_REQUEST;
            return Err(Reply::problem(status, "ElasticubeAlreadyExists", 1011, &detail));
        }
        let oid = self.ids.uuid();
        let model = self.new_model(&oid, title, kind, &caller.id);
        self.touch_doc(AssetKind::Model, &model, Change::Created);
        self.models.insert(oid, model.clone());
        Ok(model)
    }

    /// A model without datasets, shared with its creator.
    pub(crate) fn new_model(&mut self, oid: &str, title: &str, kind: &str, creator: &str) -> Value {
        let user = self.users.get(creator).cloned().unwrap_or_default();
        json!({
            "_id": self.ids.object(), "oid": oid, "title": title, "server": "LocalHost",
            "serverId": self.ids.uuid(),
            "shares": [{ "partyId": creator, "type": "user", "permission": "w" }],
            "revision": null, "lastBuildTime": null, "lastSuccessfulBuildTime": null,
            "lastBuildTimeFromNextECM": null, "lastPublishTime": null, "lastUpdated": now(),
            "datasets": [], "modelingTransformations": [], "relations": [], "schedule": null,
            "creator": {
                "id": creator, "userName": user["userName"], "active": true,
                "created": user["created"], "email": user["email"], "encryptionSHA": null,
                "firstName": user["firstName"], "lastName": user["lastName"],
                "lastLogin": user["lastLogin"], "lastUpdated": user["lastUpdated"],
                "prefrences": null, "roleId": user["roleId"],
            },
            "type": kind,
            "relationType": if kind == "live" { "direct" } else { "regular" },
            "tenant": {
                "_id": self.tenant, "name": "system", "default": true, "systemManagement": true,
            },
            "aiAccessController": {
                "availableForAnalyticsAssistant": true, "availableForStudioAssistant": true,
                "availableForSemanticEnrichment": true,
            },
            "relationsTables": [],
            "analyticalEngine": {
                "queryAeMode": "AE_ONLY", "customTranslationMode": null,
                "generateDependenciesMode": null,
            },
        })
    }

    /// Deletes a model with its schedule, rules, hierarchies, formulas and perspectives.
    pub(crate) fn delete_model(&mut self, oid: &str) {
        let Some(model) = self.models.remove(oid) else { return };
        self.touch_doc(AssetKind::Model, &model, Change::Deleted);
        let title = text(&model, "title");
        self.schedules.remove(oid);
        self.running.remove(oid);
        self.builds.forget(oid);
        self.drop_rules(|rule| text(rule, "elasticube") == title);
        self.hierarchies.retain(|row| text(row, "elasticubeTitle") != title);
        self.formulas.retain(|row| text(&row["datasource"], "title") != title);
        self.perspectives.retain(|row| text(row, "datamodelOid") != oid);
    }
}
