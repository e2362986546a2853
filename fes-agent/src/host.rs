//! Where operations run: the [`Tools`] trait, so that the agent knows no deployment itself.

mod local;
mod names;
pub mod remote;

pub use local::Local;
pub use remote::Remote;

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sisense_core::run::Journal;
use sisense_core::{Error, ErrorKind, Operation, Outcome, Result, Run};

/// A kind of thing that has a name in a deployment.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person's account.
    User,
    /// A group of users.
    Group,
    /// A dashboard.
    Dashboard,
    /// A data model.
    Datamodel,
}

impl Kind {
    /// All kinds, in the order in which they are looked through.
    pub const ALL: [Kind; 4] = [Kind::Datamodel, Kind::Dashboard, Kind::Group, Kind::User];

    /// The word that a person reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Group => "group",
            Kind::Dashboard => "dashboard",
            Kind::Datamodel => "data model",
        }
    }
}

/// Something that exists in a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// Its id, where it is known.
    pub id: Option<String>,
    /// What a call passes to name it: the e-mail of a user, the title of a dashboard.
    pub name: String,
    /// Other words for it, such as the first and last name of a user.
    pub also: Vec<String>,
}

impl Name {
    /// A name with its id.
    #[must_use]
    pub fn new(id: Option<&str>, name: impl Into<String>) -> Self {
        Name { id: id.map(str::to_owned), name: name.into(), also: Vec::new() }
    }

    /// Add another word for it.
    #[must_use]
    pub fn also(mut self, word: impl Into<String>) -> Self {
        self.also.push(word.into());
        self
    }
}

/// Where an operation is called: on a deployment, or between a source and a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The name of the deployment; the source of an operation between two.
    pub source: &'a str,
    /// The name of the target, where there is one.
    pub target: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// One deployment, by its name.
    #[must_use]
    pub fn on(source: &'a str) -> Self {
        Place { source, target: None }
    }
}

/// The operations that the agent may call, and the deployments they are called on.
#[async_trait]
pub trait Tools: Send + Sync {
    /// All operations.
    fn operations(&self) -> &[Operation];

    /// The names of the deployments; the first is the default one.
    fn deployments(&self) -> Vec<String>;

    /// The operation with an id, an alias, or the underscore form of either.
    fn find(&self, id: &str) -> Option<&Operation> {
        self.operations().iter().find(|operation| operation.is_called(id))
    }

    /// Check arguments without sending anything.
    ///
    /// # Errors
    /// `not_found` for an unknown operation, `invalid_input` for arguments that it does not take.
    fn check(&self, id: &str, args: &Value) -> Result<()>;

    /// Call an operation within a run. One that works on a single deployment is called on the
    /// place's source.
    ///
    /// # Errors
    /// `not_found` for an unknown deployment or operation, `invalid_input` when the operation needs
    /// a target and the place has none, else the operation's own.
    async fn call(&self, place: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome>;

    /// Take back what another run wrote, newest first, within a run of its own. The result has a
    /// row per write of that run.
    ///
    /// # Errors
    /// `unsupported` where these tools cannot, `not_found` for a deployment that is not there, or
    /// the journal's errors. What cannot be taken back is told in its row.
    async fn undo(
        &self,
        _run: &Run,
        _original: &str,
        _journal: Arc<dyn Journal>,
    ) -> Result<Outcome> {
        Err(Error::new(ErrorKind::Unsupported, "these tools cannot take a run back"))
    }

    /// The role of the one who calls, by the name that the deployment gives it; nothing where it
    /// cannot be told.
    ///
    /// # Errors
    /// Those of asking the deployment.
    async fn role(&self, _deployment: &str) -> Result<Option<String>> {
        Ok(None)
    }

    /// The id of the operation by which [`Tools::names`] lists a kind, so that a policy that does not
    /// let it run keeps its names out of questions too. Nothing where no operation is called for it.
    fn lists(&self, _kind: Kind) -> Option<&str> {
        None
    }

    /// What exists of one kind in a deployment, for filling in names. The caller keeps it for a turn.
    ///
    /// # Errors
    /// Those of the operations that list it.
    async fn names(&self, deployment: &str, kind: Kind) -> Result<Vec<Name>>;
}

/// "No such operation", with the nearest ids.
#[must_use]
pub fn unknown_operation(operations: &[Operation], id: &str) -> Error {
    let mut scored: Vec<(f64, &str)> = operations
        .iter()
        .map(|operation| (likeness(id, operation), operation.id.as_str()))
        .filter(|(score, _)| *score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let near: Vec<String> = scored.into_iter().take(3).map(|(_, id)| id.to_owned()).collect();
    let error = Error::not_found("operation", &clip(id, 120));
    if near.is_empty() {
        error.with_next_step("list the operations to see what there is")
    } else {
        error.with_candidates(near).with_next_step("did you mean one of the candidates?")
    }
}

/// "No such deployment", with those that there are.
#[must_use]
pub fn unknown_deployment(known: Vec<String>, name: &str) -> Error {
    Error::not_found("deployment", &clip(name, 120))
        .with_candidates(known)
        .with_next_step("name one of the configured deployments")
}

fn likeness(id: &str, operation: &Operation) -> f64 {
    let bare = |id: &str| id.split_once('.').map_or(id, |(_, name)| name).to_owned();
    let wanted = id.to_lowercase();
    let whole = strsim::jaro_winkler(&wanted, &operation.id);
    let name = strsim::jaro_winkler(&bare(&wanted), &bare(&operation.id));
    whole.max(name * 0.98)
}

/// The first characters of a text, with an ellipsis when there are more.
pub(crate) fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most).collect();
    short.push('…');
    short
}
