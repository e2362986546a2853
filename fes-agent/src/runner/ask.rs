//! A request in words: planned, then taken as far as it goes without a person.

use std::sync::Arc;

use sisense_core::Result;

use super::Agent;
use super::types::{Options, Prepared, Turn};
use crate::approval::Session;
use crate::conversation::Exchange;
use crate::plan::Plan;
use crate::planner::{Answer, Context, Decline, Directory, Question, Request, resume};

impl Agent {
    /// Do what a person asks for in words. Reads run; writes are previewed and wait; what is
    /// missing or not clear is asked.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, or the planner's and the store's errors. What goes
    /// wrong in a step is in the report.
    pub async fn ask(&self, session: &Session, text: &str, options: Options) -> Result<Turn> {
        match self.plan(session, text).await? {
            Answer::Plan(plan) => self.carry_out(session, plan, options).await,
            Answer::Question(question) => Ok(Turn::Question(question)),
            Answer::Decline(decline) => Ok(Turn::Decline(decline)),
        }
    }

    /// Go on after a question. An answer that is a request of its own drops the question.
    ///
    /// # Errors
    /// As [`Agent::ask`].
    pub async fn answer(
        &self,
        session: &Session,
        question: &Question,
        answer: &str,
        options: Options,
    ) -> Result<Turn> {
        self.ask(session, &resume(question, answer), options).await
    }

    /// Plan a request in words and run nothing.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, or the planner's errors.
    pub async fn plan(&self, session: &Session, text: &str) -> Result<Answer> {
        self.plan_after(session, text, &[]).await
    }

    /// Plan a request that comes after others.
    pub(super) async fn plan_after(
        &self,
        session: &Session,
        text: &str,
        history: &[Exchange],
    ) -> Result<Answer> {
        self.plan_in(session, text, history, &Context::default()).await
    }

    /// Plan a request of a conversation, with what a model may be shown.
    ///
    /// # Errors
    /// As [`Agent::plan`].
    pub async fn plan_in(
        &self,
        session: &Session,
        text: &str,
        history: &[Exchange],
        context: &Context,
    ) -> Result<Answer> {
        let inner = self.inner();
        inner.known(session)?;
        if let Some((skill, told)) = inner.skills.asked_for(text) {
            return Ok(Answer::Plan(self.plan_of(session, skill, &told).await?));
        }
        let operations = self.operations();
        let directory = Directory::new(Arc::clone(&inner.tools), &session.deployment);
        let request = Request {
            text,
            history,
            context,
            policy: &inner.policy,
            operations: &operations,
            catalogue: &inner.catalogue,
            tools: inner.tools.as_ref(),
            directory: &directory,
        };
        inner.planner.plan(&request).await
    }

    pub(super) async fn carry_out(
        &self,
        session: &Session,
        plan: Plan,
        options: Options,
    ) -> Result<Turn> {
        Ok(match self.prepare(session, plan, options).await? {
            Prepared::Done(report) => Turn::Answer(report),
            Prepared::NeedsApproval(pending) => Turn::Approval(pending),
            Prepared::Denied(denial) => Turn::Decline(Decline::new(format!("{denial}."))),
        })
    }
}
