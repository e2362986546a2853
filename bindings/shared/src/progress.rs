//! How far a call has come, told to the host program.

use std::sync::Arc;

use sisense_core::run::{Progress, RunBuilder};

/// Gets each event of progress as JSON. Called from another thread, so it must not block.
pub type Listener = Box<dyn Fn(String) + Send + Sync>;

/// A run that tells a listener how far it has come.
pub(crate) fn told_to(run: RunBuilder, listener: Option<Listener>) -> RunBuilder {
    let Some(listener) = listener else { return run };
    run.progress(Arc::new(move |event: Progress| {
        // An event is plain data; one that could not be written would be one line less to read.
        if let Ok(text) = serde_json::to_string(&event) {
            listener(text);
        }
    }))
}
