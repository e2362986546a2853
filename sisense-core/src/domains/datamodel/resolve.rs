//! Which data model a reference means.

use super::{Datamodel, ResolveDatamodelReference, ResolvedDatamodel};
use crate::domains::lookup::models::ModelRecord;
use crate::domains::lookup::{is_object_id, is_uuid, nearest, pick, required, same};
use crate::error::{ErrorKind, Result};

impl Datamodel {
    /// Tell which data model a title or an id means.
    ///
    /// Says so when none or several fit, with candidates, instead of failing. One request.
    ///
    /// # Errors
    /// `invalid_input` for an empty reference; otherwise only those of the connection.
    ///
    /// # Ask
    /// - What is the id of the data model Sample ECommerce?
    /// - Which cube is 5f0cb527-50f2-482b-aece-33e2ece6fe81?
    /// - Find the model id of Finance
    /// - Give me the identifier of the data model Leads
    ///
    /// <!-- @effect read -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk low -->
    pub async fn resolve_datamodel_reference(
        &self,
        params: ResolveDatamodelReference,
    ) -> Result<ResolvedDatamodel> {
        let reference = params.datamodel_ref.as_str();
        required("the reference", reference)?;
        let all = self.client.list_models().await?;
        if is_uuid(reference)
            && let Some(model) = all.iter().find(|model| same_id(&model.oid, reference))
        {
            return Ok(found(model));
        }
        let describe = |model: &ModelRecord| format!("{} ({})", model.title(), model.oid);
        match pick("data model", reference, &all, ModelRecord::title, describe) {
            Ok(Some(model)) => Ok(found(model)),
            Ok(None) => {
                let near = nearest(reference, all.iter().map(ModelRecord::title));
                Ok(unresolved(404, missing(reference), near))
            }
            Err(error) if error.kind() == ErrorKind::Ambiguous => {
                let candidates = error.candidates().to_vec();
                Ok(unresolved(409, format!("several data models fit: {reference}"), candidates))
            }
            Err(error) => Err(error),
        }
    }
}

/// Ids are the same with and without dashes.
fn same_id(a: &str, b: &str) -> bool {
    same(&a.replace('-', ""), &b.replace('-', ""))
}

fn missing(reference: &str) -> String {
    if is_object_id(reference) {
        return format!("data models are named by UUIDs, not by ids of 24 digits: {reference}");
    }
    format!("no data model fits: {reference}")
}

fn found(model: &ModelRecord) -> ResolvedDatamodel {
    ResolvedDatamodel {
        success: true,
        status_code: 200,
        datamodel_id: Some(model.oid.clone()),
        datamodel_title: model.title.clone(),
        datamodel_type: model.kind.as_ref().map(|kind| kind.to_lowercase()),
        error: None,
        candidates: Vec::new(),
    }
}

fn unresolved(status_code: u16, error: String, candidates: Vec<String>) -> ResolvedDatamodel {
    ResolvedDatamodel {
        success: false,
        status_code,
        datamodel_id: None,
        datamodel_title: None,
        datamodel_type: None,
        error: Some(error),
        candidates,
    }
}
