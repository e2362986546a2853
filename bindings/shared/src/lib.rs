//! What the Python and the Node bindings share, so that each is only an adapter.
//!
//! Arguments and results cross as JSON text. A write is never made in one step: [`Handle::preview`]
//! collects the changes, the host program shows them to a person, and only [`Preview::apply`] makes
//! exactly those.

mod handle;
mod journal;
mod preview;
mod progress;
mod sandbox;

pub use handle::{Handle, Options, operations, writes};
pub use journal::runs;
pub use preview::Preview;
pub use progress::Listener;
pub use sandbox::Sandbox;
pub use sisense_core::{Error, ErrorKind, Result};

use serde_json::{Value, json};

/// An error as JSON, for the host to rebuild as an exception of its own.
#[must_use]
pub fn report(error: &Error) -> String {
    let mut report = serde_json::to_value(error.report()).unwrap_or_default();
    if let Value::Object(members) = &mut report {
        members.insert("text".into(), json!(error.to_string()));
        members.insert("retryable".into(), json!(error.is_retryable()));
    }
    report.to_string()
}

fn parse(args: &str) -> Result<Value> {
    serde_json::from_str(args)
        .map_err(|error| Error::invalid("the arguments are no JSON").with_source(error))
}
