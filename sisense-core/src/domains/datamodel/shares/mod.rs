//! With whom data models are shared.

mod add;
mod get;
mod merge;
mod models;
mod params;

pub use models::*;
pub use params::*;

pub(super) use get::share_rows;
pub(crate) use merge::shown as shown_shares;
