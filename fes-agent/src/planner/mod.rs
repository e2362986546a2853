//! From a request in words to a plan, a question or an honest no.

mod choose;
mod context;
mod directory;
mod everything;
mod fill;
mod find;
mod follow;
mod llm;
mod offline;
mod options;
mod parties;
mod question;
mod split;
mod things;
mod when;

pub use context::Context;
pub use directory::Directory;
pub use follow::follow_up;
pub use llm::LlmPlanner;
pub use offline::Offline;
pub use question::{Decline, Draft, MissingValue, Question, Suggestion, Why, resume};

use async_trait::async_trait;
use sisense_core::{Operation, Result};

use crate::catalogue::Catalogue;
use crate::conversation::Exchange;
use crate::host::Tools;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::report::Report;

/// What a planner may use: the request, the operations that may run, and the names that exist.
pub struct Request<'a> {
    /// What the person typed or chose now: a request, or the answer to the question in the context.
    /// A planner puts that into the request itself, since not every one may show it to others.
    pub text: &'a str,
    /// The turns of the conversation so far, oldest first.
    pub history: &'a [Exchange],
    /// What question it answers, and what a model may be shown.
    pub context: &'a Context,
    /// What may run.
    pub policy: &'a Policy,
    /// The operations that the policy permits.
    pub operations: &'a [&'a Operation],
    /// The same operations, prepared for ranking.
    pub catalogue: &'a Catalogue,
    /// Checks arguments.
    pub tools: &'a dyn Tools,
    /// The names that exist in the deployment, loaded when asked for.
    pub directory: &'a Directory,
}

impl Request<'_> {
    /// The whole request: with the answer to a question put into it. It may hold names that were
    /// chosen from a menu, so it is for planners that show it to nobody.
    #[must_use]
    pub fn whole(&self) -> String {
        match &self.context.answering {
            Some(question) => resume(question, self.text),
            None => self.text.to_owned(),
        }
    }
}

/// What a planner answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// What is to be done.
    Plan(Plan),
    /// Something is missing, or not clear.
    Question(Question),
    /// The request is not understood, or cannot be done.
    Decline(Decline),
}

/// Makes plans.
#[async_trait]
pub trait Planner: Send + Sync {
    /// Plan a request.
    ///
    /// # Errors
    /// When the planner itself fails. A request that it does not understand is an
    /// [`Answer::Decline`].
    async fn plan(&self, request: &Request<'_>) -> Result<Answer>;

    /// Plan what is left of a request after a step failed. Nothing when this planner does not, or
    /// may not be shown results. The caller bounds how often it asks.
    ///
    /// # Errors
    /// As [`Planner::plan`].
    async fn replan(&self, _request: &Request<'_>, _report: &Report) -> Result<Option<Answer>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
