//! Approvals: what waits for a person, what the person decided, and the grant that follows.
//!
//! Nothing here executes. A grant can only be made in this room, by consuming an approved
//! record once, and the runner changes nothing without one.

mod desk;
mod pending;
mod refusal;
mod seal;

pub use desk::{Clock, MAX_PENDING};
pub(crate) use desk::{Desk, Ready, Request, Shown, random_id};
pub use pending::{Pending, Person, Session, State, StepPreview, preview_digest};
pub use refusal::Refusal;
pub use seal::{Sealed, seal, seal_args};
pub(crate) use seal::{seal_resolved, seal_text, seal_texts};
