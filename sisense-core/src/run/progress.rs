//! How far a run has come.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One event of a run's progress.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The operation that reports.
    pub operation: String,
    /// One line for a person.
    pub message: String,
    /// How many steps are done.
    pub done: u64,
    /// How many steps there are, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total: Option<u64>,
    /// The asset that is worked on, such as `dashboard "Sales"`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub asset: Option<String>,
    /// Steps per second, smoothed, once there is enough to tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub per_second: Option<f64>,
    /// How long the rest takes at this rate, in seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seconds_left: Option<u64>,
}

/// Where progress goes. Called from within a run, so it must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

impl Progress {
    /// An event without an asset and a rate.
    #[must_use]
    pub fn new(operation: impl Into<String>, message: impl Into<String>, done: u64) -> Self {
        Progress {
            operation: operation.into(),
            message: message.into(),
            done,
            ..Progress::default()
        }
    }

    /// Give the number of steps, where it is known.
    #[must_use]
    pub fn of(mut self, total: impl Into<Option<u64>>) -> Self {
        self.total = total.into();
        self
    }

    /// Name the asset that is worked on.
    #[must_use]
    pub fn on(mut self, asset: impl Into<String>) -> Self {
        self.asset = Some(asset.into());
        self
    }

    /// Rate and time left in words, such as `8.3 per second, 1 min 20 s left`.
    #[must_use]
    pub fn pace(&self) -> Option<String> {
        let rate = self.per_second.map(|rate| match rate {
            // Ten and more need no digits behind the point; less than one a second needs two.
            10.0.. => format!("{rate:.0} per second"),
            1.0.. => format!("{rate:.1} per second"),
            _ => format!("{rate:.2} per second"),
        });
        let left = self.seconds_left.map(|left| format!("{} left", in_words(left)));
        let parts: Vec<String> = [rate, left].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl fmt::Display for Progress {
    /// One line: `dashboards 12/200, dashboard "Sales", 8.3 per second, 23 s left`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.total {
            Some(total) => write!(f, " {}/{total}", self.done)?,
            None if self.done > 0 => write!(f, " {}", self.done)?,
            None => {}
        }
        for part in [self.asset.clone(), self.pace()].into_iter().flatten() {
            write!(f, ", {part}")?;
        }
        Ok(())
    }
}

fn in_words(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes} min {rest} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_what_is_known_in_one_line() {
        let plain = Progress::new("op", "dashboards", 0);
        assert_eq!(plain.to_string(), "dashboards");
        assert_eq!(Progress::new("op", "rows", 7).to_string(), "rows 7");
        let whole = Progress {
            per_second: Some(8.27),
            seconds_left: Some(80),
            ..Progress::new("op", "dashboards", 12).of(200).on("dashboard \"Sales\"")
        };
        let line = "dashboards 12/200, dashboard \"Sales\", 8.3 per second, 1 min 20 s left";
        assert_eq!(whole.to_string(), line);
    }

    #[test]
    fn rates_and_times_are_as_exact_as_they_are_useful() {
        let pace = |rate, left| {
            let progress = Progress::new("op", "x", 1);
            Progress { per_second: Some(rate), seconds_left: Some(left), ..progress }.pace()
        };
        assert_eq!(pace(0.254, 59).as_deref(), Some("0.25 per second, 59 s left"));
        assert_eq!(pace(123.4, 3_725).as_deref(), Some("123 per second, 1 h 2 min left"));
    }

    #[test]
    fn what_is_not_known_is_not_there() {
        let event = Progress::new("op", "rows", 7);
        let written = json!({"operation": "op", "message": "rows", "done": 7});
        assert_eq!(serde_json::to_value(&event).unwrap(), written);
        assert_eq!(serde_json::from_value::<Progress>(written).unwrap(), event);
    }
}
