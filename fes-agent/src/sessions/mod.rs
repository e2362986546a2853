//! Sessions: issued here, one thing at a time in each, forgotten when idle.

mod flight;
mod plans;

pub(crate) use flight::{Flight, no_such_session};
pub(crate) use plans::Plans;

use std::time::Duration;

use jiff::Timestamp;

use crate::approval::Session;
use crate::conversation::Conversation;

/// How long a session is kept that nobody uses, when nothing else is said: 9 hours.
pub const IDLE: Duration = Duration::from_secs(9 * 60 * 60);

/// What a session is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightKind {
    /// A request in words: it plans, reads and previews, and writes nothing.
    Turn,
    /// A run of something approved.
    Run,
}

impl FlightKind {
    /// The word in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FlightKind::Turn => "turn",
            FlightKind::Run => "run",
        }
    }

    /// Read the word of the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [FlightKind::Turn, FlightKind::Run].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A session as it is kept.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Its id, its principal and its place.
    pub session: Session,
    /// When it was issued.
    pub created: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
    /// What was said.
    pub conversation: Conversation,
    /// What it is at.
    pub flight: Option<FlightKind>,
    /// Until when that is believed without a sign of life.
    pub flight_until: Option<Timestamp>,
}
