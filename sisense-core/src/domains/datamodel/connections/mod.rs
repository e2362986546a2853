//! Connections to data sources.

mod clean;
mod create;
mod get;
mod models;
mod params;
mod payload;
mod secrets;

pub use models::*;
pub use params::*;
pub use secrets::ConnectionParameters;
