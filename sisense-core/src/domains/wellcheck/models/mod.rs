//! Results of the `wellcheck` operations.

mod dashboards;
mod datamodels;
mod full;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use dashboards::*;
pub use datamodels::*;
pub use full::*;

/// An answer in the words of the tables that people keep: `yes` or `no`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum YesNo {
    /// It is so.
    Yes,
    /// It is not so.
    No,
}

impl From<bool> for YesNo {
    fn from(flag: bool) -> Self {
        if flag { YesNo::Yes } else { YesNo::No }
    }
}
