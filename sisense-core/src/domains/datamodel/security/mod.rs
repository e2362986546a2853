//! Data security: which columns have rules, and what the rules say.

mod detail;
mod list;
mod models;
mod params;
mod rule;

pub use models::*;
pub use params::*;
