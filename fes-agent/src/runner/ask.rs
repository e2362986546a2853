//! A request in words: planned, then taken as far as it goes without a person.

use std::sync::Arc;

use sisense_core::{Operation, Result};

use super::Agent;
use super::types::{Options, Prepared, Turn};
use crate::approval::Session;
use crate::conversation::Exchange;
use crate::plan::Plan;
use crate::planner::{Answer, Context, Decline, Directory, Question, Request, resume};
use crate::report::Report;

impl Agent {
    /// Do what a person asks for in words. Reads run; writes are previewed and wait; what is
    /// missing or not clear is asked.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, or the planner's and the store's errors. What goes
    /// wrong in a step is in the report.
    pub async fn ask(&self, session: &Session, text: &str, options: Options) -> Result<Turn> {
        let planned = self.plan_in(session, text, &[], &self.context(None, &options)).await?;
        self.go_on(session, text, planned, options).await
    }

    /// What is known when a request is planned.
    pub(super) fn context(&self, answering: Option<Question>, options: &Options) -> Context {
        Context {
            answering,
            summaries: self.summaries(options),
            meter: options.meter.clone(),
            cancel: options.cancel.clone(),
        }
    }

    async fn go_on(
        &self,
        session: &Session,
        text: &str,
        planned: Answer,
        options: Options,
    ) -> Result<Turn> {
        match planned {
            Answer::Plan(plan) => match self.carry_out(session, plan, options.clone()).await? {
                Turn::Answer(report) => {
                    Ok(Turn::Answer(self.in_words(report, text, &options).await))
                }
                other => Ok(other),
            },
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
        let context = self.context(Some(question.clone()), &options);
        let planned = self.plan_in(session, answer, &[], &context).await?;
        self.go_on(session, &resume(question, answer), planned, options).await
    }

    /// Plan a request in words and run nothing.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, or the planner's errors.
    pub async fn plan(&self, session: &Session, text: &str) -> Result<Answer> {
        self.plan_in(session, text, &[], &Context::default()).await
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
        let (operations, directory) = self.for_planning(session)?;
        if let Some((skill, told)) = self.inner().skills.asked_for(text) {
            return Ok(Answer::Plan(self.plan_of(session, skill, &told).await?));
        }
        let request = self.request(text, history, context, &operations, &directory);
        self.inner().planner.plan(&request).await
    }

    /// Plan what is left of a request after a step failed. Nothing where the planner does not, or
    /// where results may not be shown to its model. What is planned is prepared and approved like
    /// every plan; the caller bounds how often it asks.
    ///
    /// # Errors
    /// As [`Agent::plan`].
    pub async fn plan_again(
        &self,
        session: &Session,
        text: &str,
        history: &[Exchange],
        context: &Context,
        report: &Report,
    ) -> Result<Option<Answer>> {
        let (operations, directory) = self.for_planning(session)?;
        let request = self.request(text, history, context, &operations, &directory);
        self.inner().planner.replan(&request, report).await
    }

    fn for_planning(&self, session: &Session) -> Result<(Vec<&Operation>, Directory)> {
        let inner = self.inner();
        inner.known(session)?;
        let directory =
            Directory::new(Arc::clone(&inner.tools), &inner.policy, &session.deployment);
        Ok((self.operations(), directory))
    }

    fn request<'a>(
        &'a self,
        text: &'a str,
        history: &'a [Exchange],
        context: &'a Context,
        operations: &'a [&'a Operation],
        directory: &'a Directory,
    ) -> Request<'a> {
        let inner = self.inner();
        Request {
            text,
            history,
            context,
            policy: &inner.policy,
            operations,
            catalogue: inner.catalogue(),
            tools: inner.tools.as_ref(),
            directory,
        }
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
