//! What is known when a request is planned, besides the request and the turns before it.

use sisense_core::run::CancellationToken;

use super::Question;
use crate::llm::Meter;
use crate::privacy::Summaries;

/// What is known besides the request and the turns before it: which question it answers, and what a
/// model may be shown.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The question that the request answers, if any.
    pub answering: Option<Question>,
    /// Whether results may be shown to a model in this turn.
    pub summaries: Summaries,
    /// Where the tokens of this turn are counted.
    pub meter: Meter,
    /// Stops the planning.
    pub cancel: CancellationToken,
}
