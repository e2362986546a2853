//! Making data models, datasets and tables.

mod behavior;
mod dataset;
mod model;
mod models;
mod params;
mod parts;
mod results;
mod send;
mod setup;
mod source;
mod table;

pub use models::*;
pub use params::*;

use super::Datamodel;
use crate::documents::ModelDocument;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Entry, Run};

impl Datamodel {
    /// What an earlier attempt of this run wrote. What this process wrote is in the live state.
    pub(in crate::domains::datamodel) async fn earlier(&self, run: &Run) -> Result<Vec<Entry>> {
        let own = run.entries();
        let all = run.recorded().await?;
        Ok(all.into_iter().filter(|entry| own.iter().all(|one| one.key != entry.key)).collect())
    }
}

/// Whether a model is extract or live. Nothing is made in a model that does not tell.
pub(in crate::domains::datamodel) fn kind_of(model: &ModelDocument) -> Result<ModelType> {
    let told = model.kind();
    told.as_deref().and_then(ModelType::read).ok_or_else(|| {
        Error::new(ErrorKind::Decode, "the data model tells neither extract nor live as its type")
            .with_asset(format!("data model \"{}\"", model.title().unwrap_or_default()))
    })
}

/// The same thing is there with other values.
fn conflict(asset: String, message: String) -> Error {
    Error::new(ErrorKind::Conflict, message).with_asset(asset)
}
