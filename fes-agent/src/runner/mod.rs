//! The one place that executes: policy, preview, approval, run, report.

mod agent;
mod ask;
mod builder;
mod call;
mod execute;
mod preview;
mod runs;
mod steps;
mod types;

pub use agent::Agent;
pub use builder::AgentBuilder;
pub use types::{Called, Denial, OnDisconnect, Options, Prepared, Ran, Turn};
