//! Make a data model.

use super::parts::Plan;
use super::send::carry_out;
use super::{CreateDatamodel, CreatedDatamodel, ModelType, conflict};
use crate::documents::ModelDocument;
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::required;
use crate::error::Result;
use crate::run::Run;

const OPERATION: &str = "datamodel.create_datamodel";

impl Datamodel {
    /// Create an empty data model.
    ///
    /// An empty model of this title and type is left as it is (`created` is then `false`). The new
    /// model is a draft: only its creator and admins see it, and nothing can query it before it
    /// holds tables and is built or published. `setup_datamodel` makes a model with its tables in
    /// one go.
    ///
    /// # Errors
    /// `conflict` when the title is taken by a model of another type, with datasets, or in another
    /// spelling of upper and lower case.
    ///
    /// # Ask
    /// - Create an extract model called Sales 2026
    /// - Make a new live data model Finance
    /// - Create an empty cube Inventory
    ///
    /// <!-- @effect create -->
    /// <!-- @idempotent -->
    /// <!-- @scope deployment -->
    /// <!-- @risk normal -->
    pub async fn create_datamodel(
        &self,
        run: &Run,
        params: CreateDatamodel,
    ) -> Result<CreatedDatamodel> {
        let title = params.datamodel_name.as_str();
        required("the data model's title", title)?;
        let kind = params.datamodel_type;
        let now = self.model_if_any(title).await?;
        if let Some(model) = &now {
            check_title(model, title, kind)?;
            if !model.datasets().is_empty() {
                let message = format!(
                    "the data model is there already, with datasets: {}",
                    model.datasets().len()
                );
                return Err(conflict(asset(model, title), message)
                    .with_next_step("add to it, or give the new model another title"));
            }
        }
        let earlier = self.earlier(run).await?;
        let plan = Plan::new(OPERATION, self.client.name(), earlier, title, kind, now.as_ref());
        let (plan, ends) = carry_out(&self.client, run, plan).await?;
        let end = ends.model?;
        Ok(CreatedDatamodel {
            datamodel_id: end.id,
            datamodel_name: plan.model.title,
            datamodel_type: kind,
            created: end.created,
        })
    }

    pub(super) async fn model_if_any(&self, title: &str) -> Result<Option<ModelDocument>> {
        let found = self.client.find_model_if_any(title).await?;
        found.map(ModelDocument::from_value).transpose()
    }
}

pub(super) fn asset(model: &ModelDocument, title: &str) -> String {
    let title = model.title().unwrap_or(title);
    match model.id() {
        Some(id) => format!("data model \"{title}\" ({id})"),
        None => format!("data model \"{title}\""),
    }
}

/// A model that is there must have the very title and the type that are wanted.
pub(super) fn check_title(model: &ModelDocument, title: &str, kind: ModelType) -> Result<()> {
    let own = model.title().unwrap_or_default();
    let message = if own != title {
        format!("a data model has this title but for case, or this as its id: {own}")
    } else if model.kind().as_deref().and_then(ModelType::read) != Some(kind) {
        let own = model.kind().unwrap_or_else(|| "unknown".to_owned());
        format!("a data model of another type has this title: {own}")
    } else {
        return Ok(());
    };
    Err(conflict(asset(model, title), message)
        .with_next_step("give the new model another title, or use the one that is there"))
}
