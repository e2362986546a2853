//! Rows of data models: some, all, and how many there are.

mod count;
mod explain;
mod get;
mod models;
mod pages;
mod params;
mod query;

pub use models::*;
pub use pages::{DataPages, DataRequest};
pub use params::*;
