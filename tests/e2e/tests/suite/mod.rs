mod datamodels;
mod shares;
pub mod support;
