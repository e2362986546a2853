//! From the registry to files. Each emitter is a plain function of the registry.

mod data;
mod python;
mod rust;
mod types;
mod typescript;
mod words;

use super::files::Files;
use super::model::Registry;
use crate::Result;

/// Everything that is generated.
pub fn all(registry: &Registry) -> Result<Files> {
    let mut files = data::files(registry)?;
    files.extend(rust::files(registry)?);
    files.extend(python::files(registry));
    files.extend(typescript::files(registry));
    Ok(files)
}
