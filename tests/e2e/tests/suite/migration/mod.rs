//! Migrations between two sandboxes, compared by the sandboxes' own state.

mod dashboards;
mod datamodels;
mod datamodels_hard;
mod drift;
mod faults;
mod handover;
mod meaning;
mod owners;
mod people;
mod seeds;
pub mod support;
mod undo;
mod variants;
mod whole;
