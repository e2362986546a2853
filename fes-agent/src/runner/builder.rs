//! Sets up an agent.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use sisense_core::run::Journal;
use sisense_core::{Error, ErrorKind, Result};
use tokio_util::task::TaskTracker;

use super::Agent;
use super::agent::Inner;
use super::handovers::Handovers;
use super::words::Teller;
use crate::approval::{Clock, Desk};
use crate::host::Tools;
use crate::llm::Model;
use crate::planner::{Offline, Planner};
use crate::policy::Policy;
use crate::privacy::SummaryRules;
use crate::sessions::Plans;
use crate::skills::Skills;
use crate::store::Store;

/// How long an approval lasts when nothing else is said.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// How many reads of one plan run at once when nothing else is said.
const PARALLEL: usize = 4;

/// Sets up an [`Agent`]. Made with [`Agent::builder`].
pub struct AgentBuilder {
    tools: Arc<dyn Tools>,
    policy: Policy,
    store: Option<Store>,
    journal: Option<Arc<dyn Journal>>,
    lifetime: Duration,
    parallel: usize,
    planner: Arc<dyn Planner>,
    clock: Clock,
    skills: Option<Skills>,
    teller: Option<Teller>,
}

impl AgentBuilder {
    pub(super) fn new(tools: Arc<dyn Tools>) -> Self {
        AgentBuilder {
            tools,
            policy: Policy::default(),
            store: None,
            journal: None,
            lifetime: LIFETIME,
            parallel: PARALLEL,
            planner: Arc::new(Offline),
            clock: Arc::new(Timestamp::now),
            skills: None,
            teller: None,
        }
    }

    /// Say what may run. Default: reads run, writes ask, what is unknown is denied.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Keep approvals, runs and the journal of writes there. Without a store the agent cannot be
    /// built.
    #[must_use]
    pub fn store(mut self, store: Store) -> Self {
        self.store = Some(store);
        self
    }

    /// Keep the journal of writes there. Default: in the store, where a run that another process has
    /// taken over can write no more.
    #[must_use]
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// How long an approval lasts. Default: 15 minutes.
    #[must_use]
    pub fn approval_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// How many reads of one plan run at once. Default: 4.
    #[must_use]
    pub fn parallel_reads(mut self, most: usize) -> Self {
        self.parallel = most.max(1);
        self
    }

    /// Who makes plans of requests in words. Default: the planner without a model.
    #[must_use]
    pub fn planner(mut self, planner: Arc<dyn Planner>) -> Self {
        self.planner = planner;
        self
    }

    /// The skills that can be asked for. Default: those that come with the program.
    #[must_use]
    pub fn skills(mut self, skills: Skills) -> Self {
        self.skills = Some(skills);
        self
    }

    /// Let a model tell what came of requests, within these rules and where a person wishes it.
    /// Default: no result is shown to a model.
    #[must_use]
    pub fn summaries(mut self, rules: SummaryRules, model: Arc<dyn Model>) -> Self {
        self.teller = Some(Teller { rules, model });
        self
    }

    /// Where the time comes from. Default: the system.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Make the agent.
    ///
    /// # Errors
    /// `config` when no store was given, or a skill cannot be loaded.
    pub fn build(self) -> Result<Agent> {
        let store = self.store.ok_or_else(|| {
            Error::new(ErrorKind::Config, "the agent has no store for approvals")
                .with_next_step("give Store::open(path) or Store::memory()")
        })?;
        let skills = match self.skills {
            Some(skills) => skills,
            None => Skills::built_in(self.tools.as_ref())?,
        };
        Ok(Agent::new(Inner {
            tools: self.tools,
            policy: self.policy,
            desk: Desk::new(store.clone(), Arc::clone(&self.clock), self.lifetime),
            store,
            clock: self.clock,
            journal: self.journal,
            going: TaskTracker::new(),
            parallel: self.parallel,
            handovers: Handovers::default(),
            plans: Plans::default(),
            teller: self.teller,
            skills,
            planner: self.planner,
            catalogue: OnceLock::new(),
        }))
    }
}

impl std::fmt::Debug for AgentBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentBuilder").field("policy", &self.policy).finish_non_exhaustive()
    }
}
