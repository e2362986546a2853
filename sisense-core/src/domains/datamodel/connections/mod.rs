//! Connections to data sources.

mod clean;
mod get;
mod models;
mod params;

pub use models::*;
pub use params::*;
