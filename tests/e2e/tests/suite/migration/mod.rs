//! Migrations between two sandboxes, compared by the sandboxes' own state.

mod datamodels;
mod datamodels_hard;
mod people;
pub mod support;
mod undo;
