//! Migrations between two sandboxes, compared by the sandboxes' own state.

mod datamodels;
mod people;
pub mod support;
mod undo;
