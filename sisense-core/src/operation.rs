//! What an operation is, as data: the registry is made of these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operation does to a deployment. Declared by its author, never guessed from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Reads only.
    Read,
    /// Makes something new.
    Create,
    /// Changes something that is there.
    Update,
    /// Removes something.
    Delete,
    /// Starts work on the server, such as a build.
    Execute,
}

impl Effect {
    /// Whether this changes a deployment, and so needs a person's approval.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Effect::Read
    }

    /// The word used in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Create => "create",
            Effect::Update => "update",
            Effect::Delete => "delete",
            Effect::Execute => "execute",
        }
    }
}

/// Which deployments an operation works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// One deployment.
    Deployment,
    /// A source that is read and a target that is written.
    SourceTarget,
}

/// How much care an operation asks of the person who approves it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Harmless, or easily undone.
    Low,
    /// The usual care.
    Normal,
    /// Cannot be undone, or reaches many people: the asset's name is to be typed.
    High,
}

/// One operation of the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Operation {
    /// The id: `<domain>.<name>`, the same word everywhere.
    pub id: String,
    /// Other ids that a call may use.
    pub aliases: Vec<String>,
    /// First line of the documentation, at most 80 characters.
    pub summary: String,
    /// The rest of the documentation as Markdown, without `# Ask` and the markers.
    pub description: String,
    /// Ways in which a person would ask for it.
    pub ask: Vec<String>,
    /// What it does to a deployment.
    pub effect: Effect,
    /// Whether calling it twice does the same as calling it once.
    pub idempotent: bool,
    /// Which deployments it works on.
    pub scope: Scope,
    /// How much care it asks for.
    pub risk: Risk,
    /// Whether it reports progress while it works.
    pub streams: bool,
    /// Whether its answer may be a part, with what is missing named.
    pub partial: bool,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
    /// JSON Schema of its result.
    pub output_schema: Value,
}

impl Operation {
    /// The domain: the part of the id before the dot.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.id.split_once('.').map_or(self.id.as_str(), |(domain, _)| domain)
    }

    /// Whether this id, or an alias of it, in dotted or underscore form, names the operation.
    #[must_use]
    pub fn is_called(&self, id: &str) -> bool {
        std::iter::once(&self.id)
            .chain(&self.aliases)
            .any(|known| known == id || known.replace('.', "_") == id)
    }
}

/// What a call of an operation by its id gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The result as JSON, of the operation's output schema.
    pub result: Value,
    /// What could not be loaded, so that the result is a part. Empty when it is the whole.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<crate::run::Missing>,
}
