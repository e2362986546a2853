//! The planner with a language model: one call, one more to mend, then an honest no.
//!
//! The model sees what the person typed and what the operations are; it never sees a value of the
//! deployment. Values flow between steps in code, and names that a person chooses from a menu are
//! put into the plan in code.

mod answer;
mod draft;
mod judge;
mod lacks;
mod pick;
mod replan;

use std::sync::Arc;

use async_trait::async_trait;
use sisense_core::Result;

use super::offline::unfit;
use super::{Answer, Decline, Offline, Planner, Request};
use crate::conversation::Exchange;
use crate::llm::{Model, Reply};
use crate::privacy::{Planning, Prompt};
use crate::report::Report;
use answer::ModelAnswer;
use draft::{Taken, take_up};
use judge::{Judged, judge, unmended};
use pick::pick;

/// How many earlier turns a model sees when nothing else is said.
const HISTORY: usize = 5;

/// Plans with a language model.
#[derive(Clone)]
pub struct LlmPlanner {
    model: Arc<dyn Model>,
    history: usize,
}

impl LlmPlanner {
    /// Plan with a model, which sees the last five turns of a conversation.
    #[must_use]
    pub fn new(model: Arc<dyn Model>) -> Self {
        LlmPlanner { model, history: HISTORY }
    }

    /// Show the model this many earlier turns.
    #[must_use]
    pub fn history(mut self, turns: usize) -> Self {
        self.history = turns;
        self
    }

    /// Plan what was typed.
    async fn plan_typed(&self, request: &Request<'_>, typed: &str) -> Result<Answer> {
        if let Some(decline) = unfit(typed) {
            return Ok(Answer::Decline(decline));
        }
        let history = self.seen(request);
        let tools = pick(request, typed);
        let material = Planning { request: typed, history, tools: &tools };
        let prompt = Prompt::planning(&material, ModelAnswer::schema());
        let first = self.call(request, &prompt).await?;
        let problems = match judge(request, typed, &first).await {
            Judged::Good(answer) => return Ok(answer),
            Judged::Wrong(problems) => problems,
        };
        tracing::debug!(problems = problems.len(), "the model is asked to mend its plan");
        let second = self.call(request, &prompt.repair(&first.text, &problems)).await?;
        Ok(match judge(request, typed, &second).await {
            Judged::Good(answer) => answer,
            Judged::Wrong(problems) => Answer::Decline(unmended(&problems)),
        })
    }

    /// The turns that a model sees.
    fn seen<'a>(&self, request: &Request<'a>) -> &'a [Exchange] {
        let skipped = request.history.len().saturating_sub(self.history);
        request.history.get(skipped..).unwrap_or_default()
    }

    async fn call(&self, request: &Request<'_>, prompt: &Prompt) -> Result<Reply> {
        let call = crate::llm::Request::new(prompt).cancel(request.context.cancel.clone());
        let reply = self.model.complete(call).await?;
        request.context.meter.add(reply.usage);
        Ok(reply)
    }
}

#[async_trait]
impl Planner for LlmPlanner {
    async fn plan(&self, request: &Request<'_>) -> Result<Answer> {
        let Some(question) = &request.context.answering else {
            return self.plan_typed(request, request.text).await;
        };
        match take_up(question, request).await {
            Taken::Answer(answer) => Ok(*answer),
            Taken::Typed(text) => self.plan_typed(request, &text).await,
            // What another planner asked is answered there: its request may hold chosen names.
            Taken::NotMine => Offline.plan(request).await,
        }
    }

    async fn replan(&self, request: &Request<'_>, report: &Report) -> Result<Option<Answer>> {
        self.plan_again(request, report).await
    }
}

impl std::fmt::Debug for LlmPlanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmPlanner")
            .field("model", &self.model.name())
            .field("history", &self.history)
            .finish()
    }
}

/// A no whose words are the planner's own.
fn no(text: impl Into<String>) -> Answer {
    Answer::Decline(Decline::new(text))
}
