//! The domains of the API, and the steps that several of them share.

pub mod access;
pub mod dashboard;
pub mod datamodel;
pub(crate) mod lookup;
pub mod migration;
pub(crate) mod schemas;
pub(crate) mod steps;
pub mod wellcheck;
pub(crate) mod whoami;

pub use schemas::OperationSchemas;

/// The schemas of every operation, for the generator. Not part of the stable API.
#[doc(hidden)]
#[must_use]
pub fn schemas() -> OperationSchemas {
    let mut schemas = OperationSchemas::default();
    access::schemas(&mut schemas);
    dashboard::schemas(&mut schemas);
    datamodel::schemas(&mut schemas);
    migration::schemas(&mut schemas);
    wellcheck::schemas(&mut schemas);
    schemas
}
