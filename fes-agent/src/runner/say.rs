//! Turns of a conversation: sessions that are issued here, what was said in them, and one thing at a
//! time in each.

use std::time::Duration;

use futures_util::FutureExt;
use jiff::SignedDuration;
use sisense_core::{Error, ErrorKind, Result};

use super::Agent;
use super::phase::Phase;
use super::types::{Options, Ran, Said, Turn};
use super::words::Asked;
use crate::approval::{Session, random_id, seal, seal_text, seal_texts};
use crate::conversation::{Conversation, End, Exchange, Open};
use crate::plan::Plan;
use crate::planner::{Answer, Decline, Question};
use crate::report::Report;
use crate::sessions::{Flight, FlightKind, SessionRecord, no_such_session};

impl Agent {
    /// Issue a session with an id of its own: random, 128 bits. The session that is given says who
    /// asks and where; its id is not used.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, or the store's errors.
    pub async fn begin(&self, session: &Session) -> Result<Session> {
        let inner = self.inner();
        inner.known(session)?;
        let session = Session { id: random_id()?, ..session.clone() };
        inner.store.begin_session(&session, (inner.clock)()).await?;
        Ok(session)
    }

    /// A session by its id, with what was said in it.
    ///
    /// # Errors
    /// `not_found` when it is unknown, has ended or is another's, or the store's errors.
    pub async fn session(&self, id: &str, principal: &str) -> Result<SessionRecord> {
        let record = self.inner().store.session(id).await?;
        record.filter(|record| record.session.principal == principal).ok_or_else(no_such_session)
    }

    /// End a session. What waits in it can never be used.
    ///
    /// # Errors
    /// As [`Agent::session`].
    pub async fn end_session(&self, id: &str, principal: &str) -> Result<()> {
        self.session(id, principal).await?;
        let inner = self.inner();
        inner.store.cancel_flight(id, (inner.clock)()).await?;
        inner.store.end_session(id).await?;
        inner.plans.forget(&[id.to_owned()], (inner.clock)());
        Ok(())
    }

    /// Forget sessions that nobody has used for so long, and say which.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn sweep(&self, idle: Duration) -> Result<Vec<String>> {
        let inner = self.inner();
        let now = (inner.clock)();
        let idle = SignedDuration::try_from(idle).map_err(|error| {
            Error::new(ErrorKind::Config, "the idle time is too long").with_source(error)
        })?;
        let gone = inner.store.sweep_sessions(now - idle, now).await?;
        inner.plans.forget(&gone, now);
        Ok(gone)
    }

    /// Stop what a session is at, in whatever process it runs: a turn at once, a run between two
    /// writes. Says whether there was something.
    ///
    /// # Errors
    /// As [`Agent::session`].
    pub async fn cancel(&self, id: &str, principal: &str) -> Result<bool> {
        self.session(id, principal).await?;
        let inner = self.inner();
        inner.store.cancel_flight(id, (inner.clock)()).await
    }

    /// Do what a person says in a session: a request, a follow-up, or the answer to a question. A
    /// turn that is still going on there is stopped first. What waits for an approval is dropped: it
    /// belongs to what was said before.
    ///
    /// # Errors
    /// `not_found` for an unknown session, `conflict` while a run goes on in it, or the planner's and
    /// the store's errors. What goes wrong in a step is in the report.
    pub async fn say(&self, session: &Session, text: &str, options: Options) -> Result<Said> {
        let inner = self.inner();
        self.session(&session.id, &session.principal).await?;
        let flight =
            Flight::begin(&inner.store, &inner.clock, &session.id, FlightKind::Turn).await?;
        let cancel = options.cancel.child_token();
        let options = options.cancel(cancel.clone());
        let turn =
            flight.during(&cancel, Box::pin(self.turn(session, &flight, text, options))).await;
        flight.end().await;
        turn
    }

    /// Run what was approved in a session. The session can do nothing else meanwhile.
    ///
    /// # Errors
    /// As [`Agent::run_approved`]; `conflict` while something else goes on in the session.
    pub async fn run_in_session(
        &self,
        session: &Session,
        approval: &str,
        options: Options,
    ) -> Result<Ran> {
        let inner = self.inner();
        let (id, principal) = (session.id.clone(), session.principal.clone());
        let record = self.session(&id, &principal).await?;
        let flight = Flight::begin(&inner.store, &inner.clock, &id, FlightKind::Run).await?;
        let cancel = options.cancel.child_token();
        let options = options.cancel(cancel.clone());
        let session = &record.session;
        let run = match inner.plans.take(approval) {
            Some(plan) => self.run_approved_plan(session, approval, plan, options.clone()).boxed(),
            None => self.run_approved(session, approval, options.clone()).boxed(),
        };
        let run = async {
            Ok(match run.await? {
                Ran::Done(report) => {
                    let goal = report.goal.clone();
                    Ran::Done(self.in_words(report, &goal, &options).await)
                }
                other => other,
            })
        };
        let ran = flight.during(&cancel, run.boxed()).await;
        let kept = match &ran {
            Ok(ran) => self.ended(&flight, &id, approval, ran).await,
            Err(_) => Ok(()),
        };
        flight.end().await;
        kept.and(ran)
    }

    async fn turn(
        &self,
        session: &Session,
        flight: &Flight,
        text: &str,
        options: Options,
    ) -> Result<Said> {
        let inner = self.inner();
        let mut talk = self.session(&session.id, &session.principal).await?.conversation;
        let (meant, tries) = talk.request(text);
        if let Some(Open::Approval { id }) = &talk.open {
            inner.store.drop_approval(id).await?;
        }
        let answering = match talk.open.take() {
            Some(Open::Question { question, .. }) => Some(question),
            Some(Open::Approval { .. }) | None => None,
        };
        let context = self.context(answering, &options);
        options.tell(Phase::planning);
        let mut answer = tokio::select! {
            biased;
            () = options.cancel.cancelled() => return Err(stopped()),
            answer = self.plan_in(session, text, &talk.exchanges, &context) => answer?,
        };
        let mut tried: Vec<Report> = Vec::new();
        let (turn, plan) = loop {
            let plan = match &answer {
                Answer::Plan(plan) => Some(plan.clone()),
                Answer::Question(_) | Answer::Decline(_) => None,
            };
            if let Some(plan) = &plan {
                let again = !tried.is_empty();
                options.tell(|| Phase::planned(seal(plan, inner.tools.as_ref()).plan, again));
            }
            let turn = match answer {
                Answer::Plan(plan) => self.carry_out(session, plan, options.clone()).await?,
                Answer::Decline(decline) => Turn::Decline(decline),
                Answer::Question(question) if holds_secret(&question.request) => {
                    Turn::Question(say_again(question))
                }
                Answer::Question(question) if talk.ask(&question, tries) => {
                    Turn::Question(question)
                }
                Answer::Question(question) => Turn::Decline(Decline::new(format!(
                    "I cannot do this without an answer, and leave it. {}",
                    question.text
                ))),
            };
            let (mut report, failed) = match (turn, &plan) {
                (Turn::Answer(report), Some(failed)) => (report, failed),
                (turn, _) => break (turn, plan),
            };
            let asked = Asked {
                session,
                typed: text,
                history: &talk.exchanges,
                context: &context,
                tried: tried.len(),
            };
            match self.plan_instead(&asked, failed, &mut report, &options).await {
                Some(other) => {
                    tried.push(report);
                    answer = other;
                }
                None => {
                    break (Turn::Answer(self.in_words(report, &meant, &options).await), plan);
                }
            }
        };
        if let Turn::Approval(pending) = &turn {
            talk.open = Some(Open::Approval { id: pending.id.clone() });
            if let (true, Some(plan)) = (pending.needs_same_call, &plan) {
                inner.plans.keep(pending, plan.clone(), (inner.clock)());
            }
        }
        let end = match &turn {
            Turn::Answer(report) if report.ok => End::Answered,
            Turn::Answer(_) => End::Failed,
            Turn::Approval(_) => End::Waits,
            Turn::Question(_) => End::Asked,
            Turn::Decline(_) => End::Declined,
        };
        talk.push(self.exchange(text, &meant, plan, end));
        self.remember(session, flight, &talk).await?;
        Ok(Said { turn, tried })
    }

    /// What is remembered of a turn: without secrets.
    fn exchange(&self, said: &str, meant: &str, plan: Option<Plan>, end: End) -> Exchange {
        let plan = plan.unwrap_or_else(|| Plan { goal: String::new(), steps: Vec::new() });
        let texts = [said, meant];
        let (sealed, mut texts) = seal_texts(&plan, &texts, self.inner().tools.as_ref());
        let plan = (!plan.steps.is_empty()).then_some(sealed.plan);
        let meant = texts.pop().unwrap_or_default();
        Exchange { said: texts.pop().unwrap_or_default(), meant, plan, end }
    }

    async fn remember(
        &self,
        session: &Session,
        flight: &Flight,
        talk: &Conversation,
    ) -> Result<()> {
        let inner = self.inner();
        let now = (inner.clock)();
        match inner.store.keep_conversation(&session.id, &flight.id, talk, now).await? {
            true => Ok(()),
            // Another turn has taken this one's place, or the session has ended.
            false => Err(stopped()),
        }
    }

    /// The approval is decided; the last turn has ended.
    async fn ended(&self, flight: &Flight, id: &str, approval: &str, ran: &Ran) -> Result<()> {
        let inner = self.inner();
        let Some(record) = inner.store.session(id).await? else { return Ok(()) };
        let mut talk = record.conversation;
        let open = Open::Approval { id: approval.to_owned() };
        if talk.open.as_ref() != Some(&open) {
            return Ok(());
        }
        talk.open = match ran {
            Ran::Done(_) => None,
            Ran::Drifted { fresh, .. } | Ran::Partly { fresh, .. } => {
                Some(Open::Approval { id: fresh.id.clone() })
            }
        };
        if let (Some(last), Ran::Done(report)) = (talk.exchanges.last_mut(), ran) {
            last.end = if report.ok { End::Answered } else { End::Failed };
        }
        self.remember(&record.session, flight, &talk).await
    }
}

/// Whether a text says a secret, which is not kept.
fn holds_secret(text: &str) -> bool {
    seal_text(text, &[]) != text
}

/// A question whose request cannot be kept.
fn say_again(mut question: Question) -> Question {
    question.text.push_str(
        " Please give the whole request again with it: it holds a secret, and secrets are not kept.",
    );
    question.request = seal_text(&question.request, &[]);
    question
}

fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "this turn was stopped")
}
