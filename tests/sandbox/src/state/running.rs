//! Drafts and what runs: people edit a draft, queries see the version that was built or
//! published last.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Deployment;
use super::doc::{now, set, text};
use crate::touched::{AssetKind, Change};

/// The version of a model that queries see.
#[derive(Clone)]
pub(crate) struct Running {
    /// Its schema, as it was when the build began.
    pub(crate) schema: Arc<Value>,
    /// Most rows of each table; 0 is all.
    pub(crate) row_limit: u64,
}

impl Running {
    /// Everything, for assertions.
    pub(crate) fn dump(&self) -> Value {
        json!({ "schema": *self.schema, "rowLimit": self.row_limit })
    }
}

impl Deployment {
    /// The version of a model that queries see, by the model's id. A model that was deployed and
    /// not edited since has no copy of its own: its draft is what runs.
    pub(crate) fn running_model(&self, oid: &str) -> Option<&Value> {
        match self.running.get(oid) {
            Some(running) => Some(running.schema.as_ref()),
            None => self.models.get(oid).filter(|model| was_deployed(model)),
        }
    }

    /// Puts an edited draft in place of the present one, which goes on running if it did.
    pub(crate) fn store_draft(&mut self, oid: &str, mut draft: Value) {
        set(&mut draft, "lastUpdated", now());
        let change = if self.models.contains_key(oid) { Change::Updated } else { Change::Created };
        self.touch_doc(AssetKind::Model, &draft, change);
        let Some(old) = self.models.insert(oid.to_owned(), draft) else { return };
        if was_deployed(&old) && !self.running.contains_key(oid) {
            let running = Running { schema: Arc::new(old), row_limit: 0 };
            self.running.insert(oid.to_owned(), running);
        }
    }

    /// Whether the draft differs from what runs.
    pub(crate) fn is_pending(&self, model: &Value) -> bool {
        let Some(running) = self.running_model(text(model, "oid")) else { return true };
        ["datasets", "relations"].iter().any(|key| running[key] != model[key])
    }
}

/// Whether a model was built or published.
pub(super) fn was_deployed(model: &Value) -> bool {
    let key = if text(model, "type") == "live" { "lastPublishTime" } else { "lastBuildTime" };
    model[key].is_string()
}
