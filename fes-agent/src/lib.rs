//! The assistant as a library: from a request in words to a plan, its preview, an approval and a
//! run.
//!
//! Everything that a person asks for becomes a [`plan::Plan`]. A read runs at once. A write is
//! previewed against the live deployment, a person approves exactly what the preview showed, and
//! the [`runner`] makes exactly those changes. See [`Agent`] for the way in.
//!
//! The crate opens no socket, reads no input, starts no runtime, sets no logger and prints nothing.

pub mod approval;
pub mod catalogue;
pub mod host;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod report;
pub mod runner;
pub mod store;
#[cfg(test)]
mod testing;

pub use approval::{Pending, Person, Session, State};
pub use host::{Kind, Local, Name, Tools};
pub use plan::Plan;
pub use planner::{Decline, Planner, Question};
pub use policy::{Decision, Policy};
pub use report::Report;
pub use runner::{Agent, AgentBuilder, Called, Options, Prepared, Ran, Turn};
pub use store::Store;
