//! A typed async client for the Sisense REST API.
//!
//! One operation is one documented method with one owned params struct and one result type. Every
//! write goes through the door in [`run`]: a preview shows the changes, a person approves them, and
//! an approved run makes exactly those.
//!
//! The crate starts no runtime, sets no logger and prints nothing. It reads the environment in one
//! place: [`ClientBuilder::from_env`].

pub mod client;
pub mod config;
#[cfg(feature = "dispatch")]
mod dispatch;
pub mod documents;
pub mod domains;
pub mod error;
#[cfg(feature = "dispatch")]
pub mod generated;
pub mod operation;
pub mod page;
pub mod redact;
pub mod run;
mod transport;
pub mod undo;

pub use client::Client;
pub use config::{ClientBuilder, Limits, TlsOptions};
pub use error::{Error, ErrorKind, ErrorReport, Result};
pub use operation::{Effect, Operation, Outcome, Risk, Scope};
pub use run::{Change, Partial, Run, Secret};
pub use transport::{Answer, Concurrency};

/// The examples of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
