//! Results of the operations on build schedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::BuildType;

/// The answer to setting a build schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct ScheduledBuild {
    /// The data model's id.
    pub datamodel_id: String,
    /// The data model's title.
    pub datamodel_name: String,
    /// The schedule that was wanted.
    pub schedule: BuildSchedule,
    /// The schedule in words.
    pub in_words: String,
    /// The schedule that was there before; `null` when there was none, and when it was as wanted.
    pub replaced: Option<BuildSchedule>,
    /// Whether the server told the wanted schedule when asked for it. `false` in a preview.
    pub confirmed: bool,
    /// The time zone of the hours.
    pub time_zone: String,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// When a data model is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct BuildSchedule {
    /// How the times are told.
    pub kind: ScheduleKind,
    /// What the build does with the data; `null` when the server uses another word.
    pub build_type: Option<BuildType>,
    /// The days of the week, from Sunday.
    pub days: Vec<Day>,
    /// The hour of the day.
    pub hour: Option<u32>,
    /// The minute of the hour.
    pub minute: Option<u32>,
    /// Seconds between two builds.
    pub interval_seconds: Option<u64>,
    /// What else the server tells of the schedule, as it is.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub more: Map<String, Value>,
}

impl BuildSchedule {
    /// Whether two schedules build at the same times in the same way.
    pub(super) fn is_same(&self, other: &BuildSchedule) -> bool {
        self.kind == other.kind
            && self.build_type == other.build_type
            && match self.kind {
                ScheduleKind::Interval => self.interval_seconds == other.interval_seconds,
                ScheduleKind::Weekly => {
                    (&self.days, self.hour, self.minute) == (&other.days, other.hour, other.minute)
                }
                ScheduleKind::Other => false,
            }
    }
}

/// How a schedule tells its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Again after so many seconds.
    Interval,
    /// On days of the week at a time.
    Weekly,
    /// In a way that this client cannot read.
    Other,
}

/// A day of the week.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Day {
    /// Sunday.
    Sun,
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
}

impl Day {
    /// The week, from Sunday.
    pub(super) const WEEK: [Day; 7] =
        [Day::Sun, Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat];

    /// The full name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Day::Sun => "Sunday",
            Day::Mon => "Monday",
            Day::Tue => "Tuesday",
            Day::Wed => "Wednesday",
            Day::Thu => "Thursday",
            Day::Fri => "Friday",
            Day::Sat => "Saturday",
        }
    }

    /// The word that the server takes.
    pub(super) fn wire(self) -> String {
        self.name()[..3].to_uppercase()
    }

    /// Read a short or a full name in any case.
    pub(super) fn read(word: &str) -> Option<Day> {
        let word = word.trim().to_lowercase();
        Day::WEEK.into_iter().find(|day| {
            let name = day.name().to_lowercase();
            word == name || word == name[..3]
        })
    }

    /// Read a number as cron counts: 0 and 7 are Sunday.
    pub(super) fn of_number(number: u64) -> Option<Day> {
        let place = if number == 7 { 0 } else { usize::try_from(number).ok()? };
        Day::WEEK.get(place).copied()
    }
}
