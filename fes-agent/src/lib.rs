//! The assistant as a library: from a request in words to a plan, its preview, an approval and a
//! run.
//!
//! Everything that a person asks for becomes a [`plan::Plan`]. A read runs at once. A write is
//! previewed against the live deployment, a person approves exactly what the preview showed, and
//! the [`runner`] makes exactly those changes. See [`Agent`] for the way in.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use fes_agent::{Agent, Local, Options, Person, Session, Store, Turn};
//! use sisense_core::{Client, Secret};
//!
//! # async fn example() -> sisense_core::Result<()> {
//! let client = Client::builder("https://bi.example.com").name("prod").token(Secret::new("…"));
//! let tools = Arc::new(Local::new([client.build()?])?);
//! let agent = Agent::builder(tools).store(Store::memory().await?).build()?;
//!
//! let session = Session::new("session 1", "ann@example.com", "prod");
//! let text = "Give the Analysts group view access to Pipeline";
//! match agent.ask(&session, text, Options::default()).await? {
//!     Turn::Answer(report) => println!("{}", report.summary),
//!     Turn::Approval(pending) => {
//!         // Show `pending.changes` to a person; only when that person says yes:
//!         agent.approve(&pending.id, &Person::new("ann@example.com")).await?;
//!         let ran = agent.run_approved(&session, &pending.id, Options::default()).await?;
//!         println!("{}", ran.report().summary);
//!     }
//!     Turn::Question(question) => println!("{}", question.text),
//!     Turn::Decline(decline) => println!("{}", decline.text),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The crate reads no input, starts no runtime, sets no logger and prints nothing. The only sockets
//! that it opens are those of the configured [`llm`] and of the configured tools server
//! ([`host::remote`]), if there are any.

pub mod approval;
pub mod catalogue;
pub mod conversation;
pub mod expression;
pub mod host;
pub mod llm;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod privacy;
pub mod report;
pub mod runner;
pub mod runs;
pub mod sessions;
pub mod skills;
pub mod store;
#[cfg(test)]
mod testing;

pub use approval::{Pending, Person, Session, State};
pub use host::{Kind, Local, Name, Place, Remote, Tools};
pub use plan::Plan;
pub use planner::{Decline, Planner, Question};
pub use policy::{Decision, Policy};
pub use report::Report;
pub use runner::{Agent, AgentBuilder, Called, Options, Prepared, Ran, Turn};
pub use runs::{KeptCall, LogLine, RunRecord, RunState};
pub use store::{Store, StoreUrl};
