//! What came of a request in the words of a model, and another plan after a step failed: both only
//! where results may be shown to a model.

use std::sync::Arc;

use sisense_core::ErrorKind;

use super::Agent;
use super::phase::Phase;
use super::types::Options;
use crate::approval::Session;
use crate::conversation::Exchange;
use crate::llm::Model;
use crate::plan::Plan;
use crate::planner::{Answer, Context};
use crate::privacy::{Summaries, SummaryRules};
use crate::report::{Report, Telling};

/// Most further plans in one turn after one of its plans failed.
pub(super) const MAX_REPLANS: usize = 2;

/// The model that tells reports, and what the operator says about it.
#[derive(Clone)]
pub(super) struct Teller {
    pub(super) rules: SummaryRules,
    pub(super) model: Arc<dyn Model>,
}

impl Agent {
    /// Whether results may be shown to a model in a turn with this wish.
    #[must_use]
    pub fn summaries(&self, options: &Options) -> Summaries {
        match &self.inner().teller {
            Some(teller) => teller.rules.for_turn(options.summarize),
            None => Summaries::default(),
        }
    }

    /// Have a report told by the model, where that is allowed and wished. Whatever goes wrong there,
    /// the report's own words stand, and why is told beside them.
    pub async fn in_words(&self, mut report: Report, typed: &str, options: &Options) -> Report {
        let summaries = self.summaries(options);
        if let (Some(teller), true) = (&self.inner().teller, summaries.is_on()) {
            options.tell(Phase::summarizing);
            let telling = Telling {
                model: teller.model.as_ref(),
                summaries,
                meter: options.meter.clone(),
                cancel: options.cancel.clone(),
                lines: options.lines.clone(),
            };
            report.told = Some(Box::new(report.told(typed, &telling).await));
        }
        report
    }

    /// Another plan in place of one whose step failed, or nothing: where that is not allowed, was
    /// done often enough, would not help, or came to nothing, which the report then tells.
    pub(super) async fn plan_instead(
        &self,
        asked: &Asked<'_>,
        failed: &Plan,
        report: &mut Report,
        options: &Options,
    ) -> Option<Answer> {
        if report.ok || asked.tried >= MAX_REPLANS || !asked.context.summaries.is_on() {
            return None;
        }
        if !report.error().is_some_and(|error| may_be_mended(error.kind)) {
            return None;
        }
        options.tell(Phase::replanning);
        let Asked { session, typed, history, context, .. } = *asked;
        let planned = tokio::select! {
            biased;
            () = options.cancel.cancelled() => return None,
            planned = self.plan_again(session, typed, history, context, report) => planned,
        };
        match planned {
            Ok(Some(Answer::Plan(plan))) if plan.steps == failed.steps => None,
            Ok(Some(Answer::Decline(decline))) => {
                report.next.push(decline.text);
                None
            }
            Ok(answer) => answer,
            Err(error) => {
                report.next.push(format!("ask again: another plan was not made: {error}"));
                None
            }
        }
    }
}

/// What a turn was asked, and how often it was planned again.
pub(super) struct Asked<'a> {
    pub(super) session: &'a Session,
    pub(super) typed: &'a str,
    pub(super) history: &'a [Exchange],
    pub(super) context: &'a Context,
    pub(super) tried: usize,
}

/// Whether other calls or arguments may do what these did not. What is refused, stopped or broken is
/// not tried in another way.
fn may_be_mended(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::InvalidInput
            | ErrorKind::Ambiguous
            | ErrorKind::Unsupported
            | ErrorKind::Conflict
    )
}
