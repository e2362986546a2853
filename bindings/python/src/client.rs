//! The native client and its previews.

use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use fes_bindings::{Handle, Listener, Options};
use pyo3::prelude::*;

use crate::error::raised;
use crate::runtime::{awaitable, wait};

/// A Python function as a listener. What it raises is printed as every error in a callback is, and
/// does not stop the call.
fn listener(function: Py<PyAny>) -> Listener {
    Box::new(move |event| {
        Python::attach(|py| {
            if let Err(error) = function.call1(py, (event,)) {
                error.write_unraisable(py, None);
            }
        });
    })
}

/// One deployment, or a source and a target.
#[pyclass(frozen, module = "sisense._native")]
pub struct Client {
    /// With the process that opened it: connections do not survive a fork.
    handle: Mutex<(u32, Handle)>,
}

impl Client {
    fn new_in_this_process(handle: Handle) -> Self {
        Client { handle: Mutex::new((process::id(), handle)) }
    }

    fn handle(&self, py: Python<'_>) -> PyResult<Handle> {
        let mut slot = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.0 != process::id() {
            let reopened = slot.1.reopen().map_err(|error| raised(py, &error))?;
            *slot = (process::id(), reopened);
        }
        Ok(slot.1.clone())
    }
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (url, token, *, name=None, verify=true, ca_file=None, timeout=None))]
    fn new(
        py: Python<'_>,
        url: String,
        token: String,
        name: Option<String>,
        verify: bool,
        ca_file: Option<PathBuf>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let options = Options { url, token, name, accept_invalid: !verify, ca_file, timeout };
        let handle = Handle::open(options).map_err(|error| raised(py, &error))?;
        Ok(Client::new_in_this_process(handle))
    }

    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        let handle = Handle::from_env().map_err(|error| raised(py, &error))?;
        Ok(Client::new_in_this_process(handle))
    }

    fn to(&self, py: Python<'_>, target: &Client) -> PyResult<Self> {
        Ok(Client::new_in_this_process(self.handle(py)?.to(&target.handle(py)?)))
    }

    #[getter]
    fn name(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.handle(py)?.name().to_owned())
    }

    #[getter]
    fn url(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.handle(py)?.url().to_owned())
    }

    #[pyo3(signature = (id, args, on_progress=None))]
    fn call(
        &self,
        py: Python<'_>,
        id: String,
        args: String,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<String> {
        let handle = self.handle(py)?;
        wait(py, async move { handle.call(&id, &args, on_progress.map(listener)).await })
    }

    #[pyo3(signature = (id, args, on_progress=None))]
    fn call_async<'py>(
        &self,
        py: Python<'py>,
        id: String,
        args: String,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let handle = self.handle(py)?;
        awaitable(py, async move { handle.call(&id, &args, on_progress.map(listener)).await })
    }

    fn preview(&self, py: Python<'_>, id: String, args: String) -> PyResult<Preview> {
        let handle = self.handle(py)?;
        wait(py, async move { handle.preview(&id, &args).await.map(Preview::from) })
    }

    fn preview_async<'py>(
        &self,
        py: Python<'py>,
        id: String,
        args: String,
    ) -> PyResult<Bound<'py, PyAny>> {
        let handle = self.handle(py)?;
        awaitable(py, async move { handle.preview(&id, &args).await.map(Preview::from) })
    }

    #[pyo3(signature = (journal, run=None, on_progress=None))]
    fn resume(
        &self,
        py: Python<'_>,
        journal: PathBuf,
        run: Option<String>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<String> {
        let handle = self.handle(py)?;
        wait(
            py,
            async move { handle.resume(&journal, run.as_deref(), on_progress.map(listener)).await },
        )
    }

    #[pyo3(signature = (journal, run=None, on_progress=None))]
    fn resume_async<'py>(
        &self,
        py: Python<'py>,
        journal: PathBuf,
        run: Option<String>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let handle = self.handle(py)?;
        awaitable(py, async move {
            handle.resume(&journal, run.as_deref(), on_progress.map(listener)).await
        })
    }

    /// Names the deployment and never the token.
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let handle = self.handle(py)?;
        Ok(format!("Client(name={:?}, url={:?})", handle.name(), handle.url()))
    }
}

/// What an operation would change, until it is applied.
#[pyclass(frozen, module = "sisense._native")]
pub struct Preview {
    preview: Arc<fes_bindings::Preview>,
}

impl From<fes_bindings::Preview> for Preview {
    fn from(preview: fes_bindings::Preview) -> Self {
        Preview { preview: Arc::new(preview) }
    }
}

#[pymethods]
impl Preview {
    #[getter]
    fn changes(&self, py: Python<'_>) -> PyResult<String> {
        self.preview.changes().map_err(|error| raised(py, &error))
    }

    #[getter]
    fn outcome(&self, py: Python<'_>) -> PyResult<String> {
        self.preview.outcome().map_err(|error| raised(py, &error))
    }

    #[pyo3(signature = (on_progress=None, journal=None))]
    fn apply(
        &self,
        py: Python<'_>,
        on_progress: Option<Py<PyAny>>,
        journal: Option<PathBuf>,
    ) -> PyResult<String> {
        let preview = Arc::clone(&self.preview);
        wait(py, async move { preview.apply(on_progress.map(listener), journal.as_deref()).await })
    }

    #[pyo3(signature = (on_progress=None, journal=None))]
    fn apply_async<'py>(
        &self,
        py: Python<'py>,
        on_progress: Option<Py<PyAny>>,
        journal: Option<PathBuf>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let preview = Arc::clone(&self.preview);
        awaitable(
            py,
            async move { preview.apply(on_progress.map(listener), journal.as_deref()).await },
        )
    }
}
