//! How often the catalogue finds the right operation for a request in words.
//!
//! A set is a list of prompts with the operations that they mean. [`prompts::own`] holds those of
//! this repository, two thirds for tuning and one third held out: look at the held out ones by
//! score only, so that the score stays a measurement. [`shared::read`] reads a table of cases that
//! lies beside the repository, where it is there.

pub mod prompts;
pub mod score;
pub mod shared;

/// What can go wrong here: told to a person and not branched on.
pub type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;
