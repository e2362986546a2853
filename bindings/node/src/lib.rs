//! The native half of the Node package: calls as JSON text, errors as JSON in their reason.
//!
//! Everything that people see is in `ts/`.

mod client;
mod sandbox;

use fes_bindings::{Error, report};
use napi_derive::napi;

/// An error that `ts/errors.ts` rebuilds: an async function cannot reject with a class of its own.
fn rejected(error: Error) -> napi::Error {
    napi::Error::from_reason(report(&error))
}

/// All operations, as JSON.
#[napi]
pub fn operations() -> napi::Result<String> {
    fes_bindings::operations().map_err(rejected)
}

/// Whether an operation changes a deployment.
#[napi]
pub fn writes(id: String) -> napi::Result<bool> {
    fes_bindings::writes(&id).map_err(rejected)
}

/// The calls that a journal holds, as JSON.
#[napi]
pub async fn runs(journal: String) -> napi::Result<String> {
    fes_bindings::runs(std::path::Path::new(&journal)).await.map_err(rejected)
}

/// The kinds of errors.
#[napi]
pub fn error_kinds() -> Vec<String> {
    fes_bindings::ErrorKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()
}
