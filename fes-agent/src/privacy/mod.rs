//! The one place that builds what a language model sees.
//!
//! A [`Model`](crate::llm::Model) takes a [`Prompt`], and only this module can make one. With
//! summaries off a prompt is made of what the person typed, the operations' descriptions, the
//! plan, and per step whether it worked and how many rows it gave: no value that a deployment
//! returned, and no text of an error, since those quote values.

mod clean;
mod fence;
mod outline;
mod planning;
mod prompt;
mod results;
mod shrink;
mod steps;
mod summaries;

pub(crate) use clean::without_secrets;
pub use planning::{MAX_TOOLS, Planning};
pub use prompt::{Message, Prompt, Role, Shape};
pub use steps::StepSeen;
pub use summaries::{Allowed, Summaries, SummaryRules};
