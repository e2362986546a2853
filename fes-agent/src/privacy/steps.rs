//! What a model may always know of a step.

use serde::{Deserialize, Serialize};
use sisense_core::ErrorKind;

use crate::report::StepReport;

/// A step without any value of the deployment: which operation it was, whether it worked, how many
/// rows it gave and which kind of error ended it. Error texts quote values, so they stay out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSeen {
    /// The operation's id.
    pub tool: String,
    /// Whether it succeeded.
    pub ok: bool,
    /// How many rows it gave, where it is a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Which kind of error ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
}

impl StepSeen {
    /// What may be known of a step.
    #[must_use]
    pub fn of(step: &StepReport) -> Self {
        StepSeen {
            tool: step.tool.clone(),
            ok: step.ok,
            count: step.count,
            error: step.error.as_ref().map(|error| error.kind),
        }
    }

    /// The same in a few words.
    pub(super) fn told(&self) -> String {
        let mut text = self.tool.clone();
        text.push_str(if self.ok { ": ok" } else { ": not done" });
        if let Some(count) = self.count {
            text.push_str(&format!(", {count} rows"));
        }
        if let Some(error) = self.error {
            text.push_str(&format!(", {error}"));
        }
        text
    }
}
