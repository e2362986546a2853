//! The native half of the Python package: calls as JSON text, errors as exceptions.
//!
//! Everything that people see is in `python/sisense`.

mod client;
mod error;
mod runtime;
mod sandbox;

use pyo3::prelude::*;

/// Calls to Sisense. Use the package `sisense`, not this module.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::client::{Client, Preview};
    #[pymodule_export]
    use super::sandbox::Sandbox;

    use pyo3::prelude::*;

    use crate::error::raised;

    /// All operations, as JSON.
    #[pyfunction]
    fn operations(py: Python<'_>) -> PyResult<String> {
        fes_bindings::operations().map_err(|error| raised(py, &error))
    }

    /// Whether an operation changes a deployment.
    #[pyfunction]
    fn writes(py: Python<'_>, id: &str) -> PyResult<bool> {
        fes_bindings::writes(id).map_err(|error| raised(py, &error))
    }

    /// The calls that a journal holds, as JSON.
    #[pyfunction]
    fn runs(py: Python<'_>, journal: std::path::PathBuf) -> PyResult<String> {
        crate::runtime::wait(py, async move { fes_bindings::runs(&journal).await })
    }

    /// The kinds of errors.
    #[pyfunction]
    fn error_kinds() -> Vec<&'static str> {
        fes_bindings::ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect()
    }
}
