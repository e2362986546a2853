//! Errors become the exceptions of `sisense.errors`.

use fes_bindings::{Error, report};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The exception for an error: the class of its kind, with every part.
pub fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = || {
        let module = py.import("sisense.errors")?;
        module.call_method1("from_report", (report(error),))
    };
    made().map_or_else(|broken| broken, PyErr::from_value)
}

/// An exception for what the runtime itself could not do.
pub fn broken(what: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(what.to_string())
}
