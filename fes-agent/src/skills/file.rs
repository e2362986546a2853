//! A skill's file: front matter in TOML, a text in Markdown, and a plan in a code block.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::{Error, ErrorKind, Result};

use crate::plan::Step;

/// Largest file of a skill, in bytes.
pub const MAX_SKILL_BYTES: usize = 256 * 1024;

/// What stands around the front matter.
const FENCE: &str = "+++";

/// What begins the block that holds the steps.
const BLOCK: &str = "```json plan";

/// What a skill says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrontMatter {
    /// Its name: that of its folder. Lower-case words with hyphens.
    pub name: String,
    /// What it does, in one sentence.
    pub description: String,
    /// Counts up with each change. A plan of an older one is not resumed as a newer one.
    pub version: u32,
    /// The least role that a person's token needs for its writes.
    #[serde(default)]
    pub requires_role: Option<Role>,
    /// The operations that its steps may call.
    pub tools: Vec<String>,
    /// How a person asks for it. `{user}` stands for the parameter `user`.
    pub ask: Vec<String>,
    /// What it promises not to do, in words.
    #[serde(default)]
    pub guardrails: Vec<String>,
    /// What it has to be told, by name.
    #[serde(default)]
    pub parameters: BTreeMap<String, Parameter>,
}

/// Something that a skill has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// What it is, in words.
    pub description: String,
}

/// Roles, the least first. What is no known role is none.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks at dashboards.
    Viewer,
    /// Makes data models and dashboards.
    DataDesigner,
    /// Runs the deployment.
    Admin,
    /// May do everything.
    SysAdmin,
}

impl Role {
    /// The role by the name that the deployment gives it: of a role that was made from another, that
    /// other's.
    #[must_use]
    pub fn of(name: &str) -> Option<Role> {
        match name {
            "consumer" | "viewer" => Some(Role::Viewer),
            "dataDesigner" | "contributor" | "designer" => Some(Role::DataDesigner),
            "admin" | "dataAdmin" | "tenantAdmin" => Some(Role::Admin),
            "super" | "sysAdmin" => Some(Role::SysAdmin),
            _ => None,
        }
    }
}

/// A skill's file, taken apart.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillFile {
    /// What it says of itself.
    pub front: FrontMatter,
    /// What a person reads.
    pub body: String,
    /// Its steps, with parameters as `params.name` in their expressions.
    pub steps: Vec<Step>,
}

impl SkillFile {
    /// Read a file.
    ///
    /// # Errors
    /// `config` with what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_SKILL_BYTES {
            return Err(wrong(format!("it has more than {MAX_SKILL_BYTES} bytes")));
        }
        let text = text.replace("\r\n", "\n");
        let rest = text.strip_prefix(FENCE).ok_or_else(|| wrong("it does not begin with +++"))?;
        let (front, rest) = rest
            .split_once("\n+++\n")
            .ok_or_else(|| wrong("its front matter does not end with +++"))?;
        let front: FrontMatter =
            toml::from_str(front).map_err(|error| wrong(format!("front matter: {error}")))?;
        let (before, rest) = rest
            .split_once(&format!("{BLOCK}\n"))
            .ok_or_else(|| wrong("it has no block that begins with ```json plan"))?;
        let (steps, after) =
            rest.split_once("\n```").ok_or_else(|| wrong("its plan does not end with ```"))?;
        if after.contains(BLOCK) {
            return Err(wrong("it has more than one plan"));
        }
        let steps: Vec<Step> =
            serde_json::from_str(steps).map_err(|error| wrong(format!("plan: {error}")))?;
        Ok(SkillFile { front, body: format!("{}{}", before.trim(), after.trim_end()), steps })
    }
}

pub(super) fn wrong(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Config, format!("a skill cannot be loaded: {what}"))
}
