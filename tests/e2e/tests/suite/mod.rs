mod datamodels;
mod people;
mod shares;
pub mod support;
mod unused_columns;
