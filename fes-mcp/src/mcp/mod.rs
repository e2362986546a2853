//! The MCP server, the same over stdio and over HTTP, for clients of every revision.

mod answer;
mod calls;
mod door;
mod handler;
mod progress;
mod tools;

use std::time::Duration;

pub use door::AgentDoor;
pub use handler::{ApprovalPages, Handler, SESSION_HEADER, Serving};
pub use tools::Toolbox;

/// Longest time for one tool call.
pub const LONGEST_CALL: Duration = Duration::from_secs(55 * 60);
