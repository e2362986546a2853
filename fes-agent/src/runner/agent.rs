//! The agent: the way in for every caller.

use std::sync::Arc;

use serde_json::Value;
use sisense_core::run::{Context, Journal, RunBuilder};
use sisense_core::{Operation, Result, Run};

use super::types::{Called, Denial, Options, Prepared, Ran};
use super::{AgentBuilder, call, execute};
use crate::approval::{Desk, Pending, Person, Session};
use crate::catalogue::Catalogue;
use crate::host::{Tools, unknown_deployment};
use crate::plan::{Plan, ProblemKind, check, explain, problems_as_error};
use crate::planner::Planner;
use crate::policy::{Decision, Policy};

/// The agent. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Agent {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) tools: Arc<dyn Tools>,
    pub(super) policy: Policy,
    pub(super) desk: Desk,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) parallel: usize,
    pub(super) planner: Arc<dyn Planner>,
    /// The operations that the policy permits, prepared for ranking.
    pub(super) catalogue: Catalogue,
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

    /// The operations that the policy does not deny: what may be listed to a client.
    #[must_use]
    pub fn operations(&self) -> Vec<&Operation> {
        let policy = &self.inner.policy;
        self.inner.tools.operations().iter().filter(|o| policy.permits(o)).collect()
    }

    /// Which operations fit a request, of those that the policy does not deny.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
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
        execute::prepare(&self.inner, session, &plan, &options).await
    }

    /// Run a plan that a person approved. The approval is used up.
    ///
    /// # Errors
    /// `not_approved` or `not_found` when the approval cannot be used by this session, or the
    /// store's errors. What goes wrong in a step is in the report.
    pub async fn run_approved(&self, session: &Session, id: &str, options: Options) -> Result<Ran> {
        self.inner.known(session)?;
        let ready = self.inner.desk.ready(id, session).await?;
        let plan = ready.record().plan.clone();
        execute::approved(&self.inner, session, &plan, ready, &options).await
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
        execute::approved_again(&self.inner, session, id, &plan, &options).await
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
        call::call(&self.inner, session, tool, args, &options).await
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
    pub(super) fn known(&self, session: &Session) -> Result<()> {
        let deployments = self.tools.deployments();
        if deployments.contains(&session.deployment) {
            return Ok(());
        }
        Err(unknown_deployment(deployments, &session.deployment))
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
        let mut builder = builder.cancel(options.cancel.clone()).context(Context {
            principal: session.principal.clone(),
            session: session.id.clone(),
            approval: approval.map(str::to_owned),
        });
        if let Some(sink) = &options.progress {
            builder = builder.progress(sink.clone());
        }
        builder.journal(Arc::clone(&self.journal)).start()
    }
}
