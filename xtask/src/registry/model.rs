//! The one in-memory truth: what the source says about every operation.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The whole registry, sorted.
#[derive(Debug, Default)]
pub struct Registry {
    pub domains: Vec<Domain>,
}

impl Registry {
    /// All operations, by id.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.domains.iter().flat_map(|domain| &domain.operations)
    }
}

/// One domain: its accessor and its operations.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// The name of the folder and of the accessor.
    pub name: String,
    /// First paragraph of the module's documentation.
    pub summary: String,
    /// Whether the accessor takes a second client: the target.
    pub takes_target: bool,
    pub operations: Vec<Operation>,
}

/// One operation of the registry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The id: `<domain>.<name>`, the same word everywhere.
    pub id: String,
    /// Other ids that a call may use. Each may also be written with underscores for dots.
    pub aliases: Vec<String>,
    /// First line of the documentation, at most 80 characters.
    #[schemars(length(max = 80))]
    pub summary: String,
    /// The rest of the documentation as Markdown.
    pub description: String,
    /// Ways in which a person would ask for it.
    #[schemars(length(min = 2, max = 3))]
    pub ask: Vec<String>,
    /// What it does to a deployment.
    pub effect: Effect,
    /// Whether calling it twice does the same as calling it once.
    pub idempotent: bool,
    /// Which deployments it works on.
    pub scope: Scope,
    /// How much care it asks of the person who approves it.
    pub risk: Risk,
    /// Whether it reports progress while it works.
    pub streams: bool,
    /// Whether its answer may be a part, with what is missing named beside it.
    pub partial: bool,
    /// JSON Schema (2020-12) of its arguments.
    pub input_schema: Value,
    /// JSON Schema (2020-12) of its result.
    pub output_schema: Value,
    /// How the method is written. Not part of the registry.
    #[serde(skip)]
    #[schemars(skip)]
    pub method: Method,
}

impl Operation {
    /// The id and the aliases, each also in underscore form: everything that a call may say.
    pub fn names(&self) -> Vec<String> {
        let dotted = std::iter::once(&self.id).chain(&self.aliases);
        dotted.flat_map(|id| [id.clone(), id.replace('.', "_")]).collect()
    }
}

#[cfg(test)]
impl Operation {
    /// An operation for tests: a read without arguments.
    pub fn sample(domain: &str, name: &str) -> Self {
        Operation {
            id: format!("{domain}.{name}"),
            aliases: Vec::new(),
            summary: format!("Do {name}."),
            description: "Returns a number.\n\n# Errors\n`not_found`.".into(),
            ask: vec!["Do it".into(), "Please do it".into()],
            effect: Effect::Read,
            idempotent: true,
            scope: Scope::Deployment,
            risk: Risk::Low,
            streams: false,
            partial: false,
            input_schema: serde_json::json!({ "type": "object", "properties": {} }),
            output_schema: serde_json::json!({ "type": "integer" }),
            method: Method {
                name: name.to_owned(),
                takes_run: false,
                params: None,
                result: "u32".into(),
                place: Place { file: "a.rs".into(), line: 1 },
            },
        }
    }
}

/// The Rust method behind an operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Method {
    pub name: String,
    pub takes_run: bool,
    /// The last word of the params type.
    pub params: Option<String>,
    /// The result type as written, inside `Result` and `Partial`.
    pub result: String,
    pub place: Place,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    pub file: String,
    pub line: usize,
}

/// Something in the source that must be mended, and how.
#[derive(Debug, PartialEq)]
pub struct Problem {
    pub place: Place,
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.place.file, self.place.line, self.message)
    }
}

/// A closed set of words that a marker may have.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        pub enum $name { $($(#[$inner])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const WORDS: &str = concat!($($word, " "),+);

            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            #[allow(dead_code, reason = "not every set of words is spoken")]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

words!(
    /// What an operation does to a deployment.
    Effect {
        /// Reads only.
        Read = "read",
        /// Makes something new.
        Create = "create",
        /// Changes something that is there.
        Update = "update",
        /// Removes something.
        Delete = "delete",
        /// Starts work on the server, such as a build.
        Execute = "execute",
    }
);

words!(
    /// Which deployments an operation works on.
    Scope {
        /// One deployment.
        Deployment = "deployment",
        /// A source that is read and a target that is written.
        SourceTarget = "source-target",
    }
);

words!(
    /// How much care an operation asks for.
    Risk {
        /// Harmless, or easily undone.
        Low = "low",
        /// The usual care.
        Normal = "normal",
        /// Cannot be undone, or reaches many people.
        High = "high",
    }
);
