mod datamodel_connections;
mod datamodels;
mod faults;
mod ownership;
mod people;
mod schedule;
mod shares;
pub mod support;
mod unused_columns;
