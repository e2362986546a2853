//! From the registry to files. Each emitter is a plain function of the registry.

mod data;
mod rust;

use super::files::Files;
use super::model::Registry;
use crate::Result;

/// Everything that is generated.
pub fn all(registry: &Registry) -> Result<Files> {
    let mut files = data::files(registry)?;
    files.extend(rust::files(registry)?);
    Ok(files)
}
