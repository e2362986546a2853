mod datamodels;
pub mod support;
