mod builds;
mod datamodel_connections;
mod datamodels;

mod ownership;
mod people;
mod schedule;
mod setup;
mod shares;
pub mod support;
mod tools;
mod unused_columns;
mod wellcheck;
