//! How far a call has come, told to the host program.

use std::sync::Arc;

use sisense_core::run::{Progress, ProgressSink, RunBuilder};

/// Gets each event of progress as JSON. Called from another thread, so it must not block.
pub type Listener = Box<dyn Fn(String) + Send + Sync>;

/// A run that tells a listener how far it has come.
pub(crate) fn told_to(run: RunBuilder, listener: Option<Listener>) -> RunBuilder {
    match listener {
        Some(listener) => run.progress(sink(listener)),
        None => run,
    }
}

/// Where a run reports to whom this listener tells.
pub(crate) fn sink(listener: Listener) -> ProgressSink {
    Arc::new(move |event: Progress| {
        // An event is plain data; one that could not be written would be one line less to read.
        if let Ok(text) = serde_json::to_string(&event) {
            listener(text);
        }
    })
}
