//! A deployment in memory.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::runtime::{awaitable, wait};

/// A running deployment in memory.
#[pyclass(frozen, module = "sisense._native")]
pub struct Sandbox {
    sandbox: Arc<fes_bindings::Sandbox>,
}

impl From<fes_bindings::Sandbox> for Sandbox {
    fn from(sandbox: fes_bindings::Sandbox) -> Self {
        Sandbox { sandbox: Arc::new(sandbox) }
    }
}

#[pymethods]
impl Sandbox {
    #[staticmethod]
    fn start(py: Python<'_>, settings: String) -> PyResult<Self> {
        wait(py, async move { fes_bindings::Sandbox::start(&settings).await.map(Sandbox::from) })
    }

    #[getter]
    fn url(&self) -> &str {
        self.sandbox.url()
    }

    #[getter]
    fn token(&self) -> &str {
        self.sandbox.token()
    }

    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        let sandbox = Arc::clone(&self.sandbox);
        wait(py, async move {
            sandbox.stop().await;
            Ok(())
        })
    }

    fn stop_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let sandbox = Arc::clone(&self.sandbox);
        awaitable(py, async move {
            sandbox.stop().await;
            Ok(())
        })
    }
}
