//! The record of an approval, and who takes part in one.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sisense_core::Change;
use sisense_core::run::digest;

use crate::host::Place;
use crate::plan::{Plan, Resolved};
use crate::report::Migration;

/// Who asks, in which session, and on which deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// The session's id, given by the host program.
    pub id: String,
    /// Who asks, as the host program has established it.
    pub principal: String,
    /// The name of the deployment; the source where there is a target.
    pub deployment: String,
    /// The name of the target of migrations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Session {
    /// A session of a principal on a deployment.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        principal: impl Into<String>,
        deployment: impl Into<String>,
    ) -> Self {
        Session {
            id: id.into(),
            principal: principal.into(),
            deployment: deployment.into(),
            target: None,
        }
    }

    /// The same session with a target, so that it can migrate.
    #[must_use]
    pub fn to(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Where its operations are called.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { source: &self.deployment, target: self.target.as_deref() }
    }
}

/// A person who decides. The host program has established who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is.
    pub principal: String,
    /// Whether this person may decide about what others asked for.
    pub operator: bool,
}

impl Person {
    /// A person who decides about what this very person asked for.
    #[must_use]
    pub fn new(principal: impl Into<String>) -> Self {
        Person { principal: principal.into(), operator: false }
    }

    /// A person who may decide about what anybody asked for.
    #[must_use]
    pub fn operator(principal: impl Into<String>) -> Self {
        Person { principal: principal.into(), operator: true }
    }
}

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has decided.
    Pending,
    /// A person approved it; it has not been used.
    Approved,
    /// A person rejected it.
    Rejected,
    /// It was used. It cannot be used again.
    Used,
    /// Its time is over.
    Expired,
}

impl State {
    /// The word used in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Pending => "pending",
            State::Approved => "approved",
            State::Rejected => "rejected",
            State::Used => "used",
            State::Expired => "expired",
        }
    }

    /// Read the word of the store.
    #[must_use]
    pub fn parse(word: &str) -> Option<State> {
        [State::Pending, State::Approved, State::Rejected, State::Used, State::Expired]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// What the preview of one writing step said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepPreview {
    /// The step's id.
    pub step: String,
    /// The operation's id.
    pub tool: String,
    /// Which of the changes are this step's: the place of the first.
    pub first: usize,
    /// How many changes it has.
    pub count: usize,
    /// Its answer, where it has a row per asset: also those that would not be touched, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

impl StepPreview {
    /// The changes of the step.
    #[must_use]
    pub fn changes<'a>(&self, all: &'a [Arc<Change>]) -> &'a [Arc<Change>] {
        all.get(self.first..self.first.saturating_add(self.count)).unwrap_or(&[])
    }

    /// The same without the rows of a migration, of which there may be thousands.
    pub(crate) fn without_rows(&self) -> Self {
        StepPreview {
            step: self.step.clone(),
            tool: self.tool.clone(),
            first: self.first,
            count: self.count,
            result: None,
        }
    }

    /// Whether it migrates.
    #[must_use]
    pub fn is_migration(&self) -> bool {
        self.result.as_ref().is_some_and(Migration::is)
    }

    /// One of its rows, as the operation gave it.
    #[must_use]
    pub fn row(&self, place: usize) -> Option<&Value> {
        self.result.as_ref()?.get("items")?.get(place)
    }

    /// Its rows and counts, where it migrates.
    #[must_use]
    pub fn migration(&self) -> Option<Migration> {
        self.result.as_ref().and_then(Migration::read)
    }
}

/// Something that waits for a person's decision, or got one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pending {
    /// A random id of 128 bits, safe in a URL.
    pub id: String,
    /// The session in which it was asked.
    pub session: String,
    /// Who asked.
    pub principal: String,
    /// The deployment that it is for; the source where there is a target.
    pub deployment: String,
    /// The target of what it migrates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What is to run. Secrets are replaced by fingerprints.
    pub plan: Plan,
    /// The digest of the plan and of where it runs.
    pub plan_digest: String,
    /// What it would change: the preview that the person sees. Empty for a read that asks.
    pub changes: Vec<Arc<Change>>,
    /// What each writing step's preview said, in the plan's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previews: Vec<StepPreview>,
    /// What the plan's expressions came out as.
    #[serde(default, skip_serializing_if = "Resolved::is_empty")]
    pub resolved: Resolved,
    /// The digest of the preview.
    pub preview_digest: String,
    /// Whether the plan held a secret, so that only the same call, given again to the same
    /// process, can use the approval.
    pub needs_same_call: bool,
    /// When it was made.
    #[schemars(with = "String")]
    pub created: Timestamp,
    /// When it ends, decided or not.
    #[schemars(with = "String")]
    pub expires: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub decided_at: Option<Timestamp>,
}

impl Pending {
    /// The highest risk among the changes.
    #[must_use]
    pub fn risk(&self) -> Option<sisense_core::Risk> {
        self.changes.iter().map(|change| change.risk).max()
    }

    /// Whether it belongs to a session: same session, same principal, same deployment, and, where
    /// it migrates, the same target.
    #[must_use]
    pub fn belongs_to(&self, session: &Session) -> bool {
        self.session == session.id
            && self.principal == session.principal
            && self.deployment == session.deployment
            && (self.target.is_none() || self.target == session.target)
    }

    /// The session in which it was asked.
    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            id: self.session.clone(),
            principal: self.principal.clone(),
            deployment: self.deployment.clone(),
            target: self.target.clone(),
        }
    }
}

/// A digest over a preview: the digests of its changes, in order.
#[must_use]
pub fn preview_digest(changes: &[Arc<Change>]) -> String {
    digest(&Value::Array(changes.iter().map(|change| Value::String(change.digest())).collect()))
}
