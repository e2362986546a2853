//! Columns of data models: which there are, and which of them nothing uses.

mod bulk;
mod inputs;
mod list;
mod models;
mod params;
mod unused;

pub use models::*;
pub use params::*;
