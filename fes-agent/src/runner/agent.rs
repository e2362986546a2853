//! The agent: the way in for every caller.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use sisense_core::run::{Context, Journal, RunBuilder};
use sisense_core::{Error, ErrorKind, Operation, Result, Run};
use tokio_util::task::TaskTracker;

use super::handovers::Handovers;
use super::runs::undo_approved;
use super::types::{Called, Denial, OnDisconnect, Options, Prepared, Ran};
use super::words::Teller;
use super::{AgentBuilder, call, execute};
use crate::approval::{Clock, Desk, Pending, Person, Session};
use crate::catalogue::Catalogue;
use crate::host::{Tools, unknown_deployment};
use crate::plan::{Plan, ProblemKind, check, explain, is_between, problems_as_error};
use crate::planner::Planner;
use crate::policy::{Decision, Policy};
use crate::runs::Held;
use crate::sessions::Plans;
use crate::skills::Skills;
use crate::store::Store;

/// The agent. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Agent {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) tools: Arc<dyn Tools>,
    pub(super) policy: Policy,
    pub(super) desk: Desk,
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Where the journal is kept, when it is not the store.
    pub(super) journal: Option<Arc<dyn Journal>>,
    /// Runs that go on without their callers.
    pub(super) going: TaskTracker,
    pub(super) parallel: usize,
    /// What previews have read for the runs that may follow.
    pub(super) handovers: Handovers,
    /// Plans of conversations that wait for an approval and hold a secret.
    pub(super) plans: Plans,
    pub(super) planner: Arc<dyn Planner>,
    /// Tells reports, where that is allowed.
    pub(super) teller: Option<Teller>,
    pub(super) skills: Skills,
    /// The operations that the policy permits, prepared for ranking when that is asked for first.
    pub(super) catalogue: OnceLock<Catalogue>,
}

impl Agent {
    /// Set up an agent over operations.
    #[must_use]
    pub fn builder(tools: Arc<dyn Tools>) -> AgentBuilder {
        AgentBuilder::new(tools)
    }

    pub(super) fn new(inner: Inner) -> Self {
        Agent { inner: Arc::new(inner) }
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The same agent over other deployments: with the same policy, store, planner and skills. The
    /// operations are expected to be the same.
    #[must_use]
    pub fn over(&self, tools: Arc<dyn Tools>) -> Agent {
        let inner = &self.inner;
        Agent::new(Inner {
            tools,
            policy: inner.policy.clone(),
            desk: inner.desk.clone(),
            store: inner.store.clone(),
            clock: Arc::clone(&inner.clock),
            journal: inner.journal.clone(),
            going: inner.going.clone(),
            parallel: inner.parallel,
            handovers: Handovers::default(),
            plans: Plans::default(),
            planner: Arc::clone(&inner.planner),
            teller: inner.teller.clone(),
            skills: inner.skills.clone(),
            catalogue: OnceLock::new(),
        })
    }

    /// The operations that the policy does not deny: what may be listed to a client.
    #[must_use]
    pub fn operations(&self) -> Vec<&Operation> {
        let policy = &self.inner.policy;
        self.inner.tools.operations().iter().filter(|o| policy.permits(o)).collect()
    }

    /// Which operations fit a request, of those that the policy does not deny.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        self.inner.catalogue()
    }

    /// The operations and deployments that the agent works on.
    #[must_use]
    pub fn tools(&self) -> &Arc<dyn Tools> {
        &self.inner.tools
    }

    /// What may run.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    /// A plan in plain words.
    #[must_use]
    pub fn explain(&self, plan: &Plan) -> String {
        explain(plan, self.inner.tools.as_ref())
    }

    /// Check a plan and take it as far as it goes without a person: a plan of reads runs; a plan
    /// with writes is previewed and waits, unless its preview has no changes.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment, `invalid_input` or `unsupported` for a plan that
    /// cannot run, or the store's errors. What goes wrong in a step is in the report.
    pub async fn prepare(
        &self,
        session: &Session,
        plan: Plan,
        options: Options,
    ) -> Result<Prepared> {
        self.inner.known(session)?;
        if let Some(denial) = self.inner.check(&plan)? {
            return Ok(Prepared::Denied(denial));
        }
        let session = self.inner.session_for(session, &plan)?;
        let plan = plan.in_order(self.inner.tools.as_ref());
        execute::prepare(&self.inner, &session, &plan, &options).await
    }

    /// Run a plan that a person approved. The approval is used up, and is from then on the id of the
    /// run: see [`Agent::run`] and [`Agent::resume`].
    ///
    /// # Errors
    /// `not_approved` or `not_found` when the approval cannot be used by this session, or the
    /// store's errors. What goes wrong in a step is in the report.
    pub async fn run_approved(&self, session: &Session, id: &str, options: Options) -> Result<Ran> {
        self.inner.known(session)?;
        let (session, id) = (session.clone(), id.to_owned());
        self.on_its_own(options, |agent, options| async move {
            let inner = &agent.inner;
            let ready = inner.desk.ready(&id, &session).await?;
            let (plan, session) = (ready.record().plan.clone(), ready.record().session());
            match plan.undoes() {
                Some(original) => undo_approved(inner, original, ready, &options).await,
                None => execute::approved(inner, &session, &plan, ready, &options).await,
            }
        })
        .await
    }

    /// As [`Agent::run_approved`], for a plan that is given again because it holds a secret, which
    /// is not kept.
    ///
    /// # Errors
    /// As [`Agent::run_approved`]; `not_approved` when the plan is not the approved one.
    pub async fn run_approved_plan(
        &self,
        session: &Session,
        id: &str,
        plan: Plan,
        options: Options,
    ) -> Result<Ran> {
        self.inner.known(session)?;
        let (session, id) = (session.clone(), id.to_owned());
        self.on_its_own(options, |agent, options| async move {
            let session = agent.inner.session_for(&session, &plan)?;
            let plan = plan.in_order(agent.inner.tools.as_ref());
            execute::approved_again(&agent.inner, &session, &id, &plan, &options).await
        })
        .await
    }

    /// Call one operation. A read runs. A write runs when a person has approved this very call in
    /// this very session, once; otherwise it is previewed and waits.
    ///
    /// # Errors
    /// `not_found` for an unknown operation or deployment, `invalid_input` for arguments that it
    /// does not take, or the store's errors. What goes wrong in the operation is in the report.
    pub async fn call(
        &self,
        session: &Session,
        tool: &str,
        args: Value,
        options: Options,
    ) -> Result<Called> {
        self.inner.known(session)?;
        let (session, tool) = (session.clone(), tool.to_owned());
        self.on_its_own(options, |agent, options| async move {
            call::call(&agent.inner, &session, &tool, args, &options).await
        })
        .await
    }

    /// Wait until every run has ended that goes on without its caller.
    pub async fn finished(&self) {
        self.inner.going.close();
        self.inner.going.wait().await;
        self.inner.going.reopen();
    }

    /// Do something as a task of its own where its caller may go away, else right here.
    pub(super) async fn on_its_own<T, F>(
        &self,
        options: Options,
        work: impl FnOnce(Agent, Options) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let rule = options.on_disconnect;
        let work = work(self.clone(), options);
        match rule {
            OnDisconnect::Stop => work.await,
            OnDisconnect::Continue => self.inner.going.spawn(work).await.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Unexpected, "the run broke off")
                    .with_next_step("see where it stands: fes-mcp runs list")
                    .with_source(error))
            }),
        }
    }

    /// Approve. Only a person's act may lead here, never a model's.
    ///
    /// # Errors
    /// `not_found`, `forbidden` or `not_approved` when it is unknown, another's, over or decided
    /// already.
    pub async fn approve(&self, id: &str, person: &Person) -> Result<Pending> {
        self.inner.desk.decide(id, person, true).await
    }

    /// Reject. Only a person's act may lead here, never a model's.
    ///
    /// # Errors
    /// As [`Agent::approve`].
    pub async fn reject(&self, id: &str, person: &Person) -> Result<Pending> {
        self.inner.desk.decide(id, person, false).await
    }

    /// What waits for a person's decision: the person's own, or everybody's for an operator.
    ///
    /// # Errors
    /// The store's errors.
    pub async fn approvals(&self, person: &Person) -> Result<Vec<Pending>> {
        self.inner.desk.waiting(person).await
    }

    /// One approval by its id, whatever its state.
    ///
    /// # Errors
    /// `not_found` when it is unknown or another's, or the store's errors.
    pub async fn approval(&self, id: &str, person: &Person) -> Result<Pending> {
        let record = self.inner.desk.get(id).await?;
        if !person.operator && record.principal != person.principal {
            return Err(crate::approval::Refusal::Unknown.into());
        }
        Ok(record)
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn catalogue(&self) -> &Catalogue {
        let permitted = || self.tools.operations().iter().filter(|o| self.policy.permits(o));
        self.catalogue.get_or_init(|| Catalogue::new(permitted()))
    }

    pub(super) fn known(&self, session: &Session) -> Result<()> {
        let deployments = self.tools.deployments();
        let unknown = std::iter::once(&session.deployment)
            .chain(&session.target)
            .find(|name| !deployments.contains(name))
            .cloned();
        if let Some(name) = unknown {
            return Err(unknown_deployment(deployments, &name));
        }
        if session.target.as_ref() == Some(&session.deployment) {
            return Err(Error::invalid("the source and the target are the same deployment")
                .with_next_step("name two different deployments"));
        }
        Ok(())
    }

    /// The session as far as a plan needs it: a migration needs a target, and to everything else
    /// the target of a session is nothing.
    pub(super) fn session_for(&self, session: &Session, plan: &Plan) -> Result<Session> {
        let between = plan.calls().into_iter().find(|call| is_between(call, self.tools.as_ref()));
        match (between, &session.target) {
            (Some(_), Some(_)) => Ok(session.clone()),
            (None, _) => Ok(Session { target: None, ..session.clone() }),
            (Some(call), None) => {
                Err(Error::invalid("a migration needs a target beside the source")
                    .with_operation(&call.tool)
                    .with_next_step("name a source and a target"))
            }
        }
    }

    /// Whether the policy, which may have been tightened since, still lets a plan run.
    pub(super) fn allowed(&self, plan: &Plan) -> Result<()> {
        match plan.calls().iter().find_map(|call| self.denial(&call.tool)) {
            None => Ok(()),
            Some(denial) => Err(Error::new(ErrorKind::Forbidden, denial.to_string())),
        }
    }

    /// Where the journal is: for reading what is there.
    pub(super) fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone().unwrap_or_else(|| Arc::new(self.store.clone()))
    }

    /// A denied plan is a result, every other fault an error.
    fn check(&self, plan: &Plan) -> Result<Option<Denial>> {
        let problems = check(plan, self.tools.as_ref(), &self.policy);
        let denied = problems.iter().find(|problem| problem.kind == ProblemKind::Denied);
        if let Some(problem) = denied {
            let call =
                plan.calls().into_iter().find(|call| Some(&call.id) == problem.step.as_ref());
            if let Some(denial) = call.and_then(|call| self.denial(&call.tool)) {
                return Ok(Some(denial));
            }
        }
        if problems.is_empty() { Ok(None) } else { Err(problems_as_error(&problems)) }
    }

    pub(super) fn denial(&self, tool: &str) -> Option<Denial> {
        let operation = self.tools.find(tool);
        let verdict = self.policy.decide(operation);
        (verdict.decision == Decision::Deny).then(|| Denial {
            tool: operation.map_or(tool, |operation| &operation.id).to_owned(),
            reasons: verdict.reasons,
        })
    }

    /// Say who runs, and how it is followed and stopped.
    pub(super) fn start(
        &self,
        builder: RunBuilder,
        session: &Session,
        approval: Option<&str>,
        options: &Options,
    ) -> Run {
        self.set_up(builder, session, approval, options).journal(self.journal()).start()
    }

    /// The same for a run that this process holds: as soon as another one does, nothing more is
    /// written.
    pub(super) fn start_held(
        &self,
        builder: RunBuilder,
        session: &Session,
        held: &Held,
        approval: &str,
        options: &Options,
    ) -> Run {
        match &self.journal {
            Some(_) => self.start(builder, session, Some(approval), options),
            None => self
                .set_up(builder, session, Some(approval), options)
                .journal(held.journal())
                .start(),
        }
    }

    fn set_up(
        &self,
        builder: RunBuilder,
        session: &Session,
        approval: Option<&str>,
        options: &Options,
    ) -> RunBuilder {
        let builder = builder.cancel(options.cancel.clone()).context(Context {
            principal: session.principal.clone(),
            session: session.id.clone(),
            approval: approval.map(str::to_owned),
        });
        match &options.progress {
            Some(sink) => builder.progress(sink.clone()),
            None => builder,
        }
    }
}
