//! What the sources behind connections hold.

mod models;
mod params;
mod schema;

pub use models::*;
pub use params::*;
