//! The binary, run as a person, a script or an MCP client runs it.

// Helpers of tests may fail loudly too; clippy lets only test functions do so by itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod suite;
mod support;
