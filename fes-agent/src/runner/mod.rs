//! The one place that executes: policy, preview, approval, run, report.

mod agent;
mod ask;
mod builder;
mod call;
mod execute;
mod granted;
mod handovers;
mod phase;
mod preview;
mod runs;
mod say;
mod skill;
mod steps;
mod types;
mod walk;
mod words;

pub use agent::Agent;
pub use builder::AgentBuilder;
pub use phase::{Phase, PhaseKind, PhaseSink};
pub use types::{Called, Denial, OnDisconnect, Options, Prepared, Ran, Said, Turn};
