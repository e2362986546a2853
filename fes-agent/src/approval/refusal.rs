//! Why an approval cannot be decided or used.

use sisense_core::{Error, ErrorKind};

use super::State;

/// Why an approval cannot be decided or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such approval, or it is another's: the two look the same from outside.
    #[error("there is no such approval for this session")]
    Unknown,
    /// Nobody has decided yet.
    #[error("nobody has approved this yet")]
    Undecided,
    /// A person rejected it.
    #[error("this was rejected")]
    Rejected,
    /// It was used already.
    #[error("this approval was used already")]
    Used,
    /// Its time is over.
    #[error("this approval has expired")]
    Expired,
    /// Somebody decided already.
    #[error("this was decided already")]
    Decided,
    /// The person may not decide about what another asked for.
    #[error("only the person who asked, or an operator, may decide this")]
    NotYours,
    /// What is to run is not what was approved.
    #[error("this is not what was approved")]
    Changed,
    /// The call held a secret, which is not kept: only the same call given again can use it.
    #[error("the approved call held a secret, so the same call has to be given again")]
    NeedsSameCall,
    /// The stored record cannot be read, or does not fit its own digests.
    #[error("the stored approval cannot be trusted")]
    Undecodable,
}

impl Refusal {
    /// Why an approval in this state cannot be used.
    #[must_use]
    pub fn of(state: State) -> Refusal {
        match state {
            State::Pending | State::Approved => Refusal::Undecided,
            State::Rejected => Refusal::Rejected,
            State::Used => Refusal::Used,
            State::Expired => Refusal::Expired,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::Unknown => ErrorKind::NotFound,
            Refusal::NotYours => ErrorKind::Forbidden,
            _ => ErrorKind::NotApproved,
        };
        let next = match refusal {
            Refusal::Undecided => "have a person approve it",
            Refusal::NeedsSameCall => "give the same call again, to the same process",
            Refusal::NotYours => "ask that person, or an operator",
            _ => "ask again, and have the new preview approved",
        };
        Error::new(kind, refusal.to_string()).with_next_step(next).with_source(refusal)
    }
}
