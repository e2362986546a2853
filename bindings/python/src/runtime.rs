//! The threads that make the requests, for blocking and for asyncio callers.
//!
//! A forked process has none of its parent's threads, so the runtime belongs to one process and is
//! made anew in a child.

use std::future::Future;
use std::pin::Pin;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{self, ContextExt, Runtime as GenericRuntime};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::error::{broken, raised};

/// How often a blocked caller looks whether the person pressed Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

static RUNTIME: Mutex<Option<(u32, Arc<Runtime>)>> = Mutex::new(None);

/// The runtime of this process.
fn runtime() -> std::io::Result<Arc<Runtime>> {
    let mut slot = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = process::id();
    if let Some((owner, runtime)) = slot.as_ref()
        && *owner == pid
    {
        return Ok(Arc::clone(runtime));
    }
    let made = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sisense")
        .enable_all()
        .build()?;
    let made = Arc::new(made);
    // The parent's runtime waits for its threads when it is dropped, and here they do not exist.
    std::mem::forget(slot.replace((pid, Arc::clone(&made))));
    Ok(made)
}

/// Wait for a future with the interpreter released. Ctrl-C drops it.
pub fn wait<T: Send + 'static>(
    py: Python<'_>,
    future: impl Future<Output = fes_bindings::Result<T>> + Send + 'static,
) -> PyResult<T> {
    let runtime = runtime().map_err(broken)?;
    let mut task = runtime.spawn(future);
    loop {
        let look =
            py.detach(|| runtime.block_on(async { tokio::time::timeout(LOOK, &mut task).await }));
        match look {
            Ok(Ok(done)) => return done.map_err(|error| raised(py, &error)),
            Ok(Err(stopped)) => return Err(broken(stopped)),
            Err(_) => {
                if let Err(interrupt) = py.check_signals() {
                    task.abort();
                    return Err(interrupt);
                }
            }
        }
    }
}

/// An awaitable for a future. Cancelling the awaitable drops the future.
pub fn awaitable<'py, T>(
    py: Python<'py>,
    future: impl Future<Output = fes_bindings::Result<T>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>>
where
    T: for<'a> IntoPyObject<'a> + Send + 'static,
{
    generic::future_into_py::<Threads, _, T>(py, async move {
        match future.await {
            Ok(done) => Ok(done),
            Err(error) => Err(Python::attach(|py| raised(py, &error))),
        }
    })
}

/// The bridge to asyncio over the runtime of this process.
struct Threads;

/// How a task of the bridge ended, when it did not end well.
struct Ended(Option<tokio::task::JoinError>);

impl generic::JoinError for Ended {
    fn is_panic(&self) -> bool {
        self.0.as_ref().is_some_and(tokio::task::JoinError::is_panic)
    }

    fn into_panic(self) -> Box<dyn std::any::Any + Send + 'static> {
        match self.0 {
            Some(error) if error.is_panic() => error.into_panic(),
            _ => Box::new("the task was stopped"),
        }
    }
}

/// A task of the bridge; none when this process cannot have threads.
struct Task(Option<JoinHandle<()>>);

impl Future for Task {
    type Output = Result<(), Ended>;

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        match self.0.as_mut() {
            Some(task) => Pin::new(task).poll(context).map_err(|error| Ended(Some(error))),
            None => std::task::Poll::Ready(Err(Ended(None))),
        }
    }
}

impl GenericRuntime for Threads {
    type JoinError = Ended;
    type JoinHandle = Task;

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Task {
        Task(runtime().ok().map(|runtime| runtime.spawn(future)))
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(work: F) -> Task {
        Task(runtime().ok().map(|runtime| runtime.spawn_blocking(work)))
    }
}

tokio::task_local! {
    static LOCALS: TaskLocals;
}

impl ContextExt for Threads {
    fn scope<F, R>(locals: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(LOCALS.scope(locals, future))
    }

    fn get_task_locals() -> Option<TaskLocals> {
        LOCALS.try_with(Clone::clone).ok()
    }
}
