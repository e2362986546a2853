//! An answer that may be a part, with what is missing named.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorReport};

/// Something that could not be loaded, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// What is missing, such as `dashboard "Pipeline" (5f…)`.
    pub what: String,
    /// Why it could not be loaded.
    pub error: ErrorReport,
}

impl Missing {
    /// Say what is missing and why.
    #[must_use]
    pub fn new(what: impl Into<String>, error: Error) -> Self {
        Missing { what: what.into(), error: error.into_report() }
    }
}

/// A value computed from inputs of which some may have failed to load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[must_use]
pub struct Partial<T> {
    /// The value, computed from what was there.
    pub value: T,
    /// What was not there. Empty when the value is the whole.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<Missing>,
}

impl<T> Partial<T> {
    /// A value from which nothing is missing.
    pub fn whole(value: T) -> Self {
        Partial { value, missing: Vec::new() }
    }

    /// Whether nothing is missing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }
}
