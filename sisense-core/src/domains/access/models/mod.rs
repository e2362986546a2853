//! Results of the `access` operations.

mod groups;
mod users;

pub use groups::*;
pub use users::*;
