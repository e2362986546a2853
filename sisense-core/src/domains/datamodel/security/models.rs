//! Results of the operations about data security.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column with data security rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SecuredColumn {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The table.
    pub table_name: String,
    /// The column.
    pub column_name: String,
    /// `text` or `numeric`.
    pub data_type: Option<String>,
    /// How many rules it has.
    pub rule_count: usize,
    /// Whether the data model has no such column, so that its rules protect nothing.
    pub orphaned: bool,
}

/// What a rule lets the party see of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RuleValue {
    /// All or none.
    Word(RuleWord),
    /// These values, or with `exclusionary` all but these.
    Members(Vec<String>),
}

/// All or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RuleWord {
    /// Every value.
    Everything,
    /// No value.
    Nothing,
}

/// How sure the reading of a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpretation {
    /// The rule says it.
    Certain,
    /// The rule has no values and does not say whether that is all or none.
    Uncertain,
}

/// Whom a rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleShareType {
    /// A user.
    User,
    /// A group.
    Group,
    /// Everybody for whom there is no other rule.
    Everyone,
    /// Nobody.
    None,
}

/// A data security rule and one of the parties that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct SecurityRule {
    /// The title of the data model.
    pub datamodel_name: Option<String>,
    /// The rule's id.
    pub rule_id: Option<String>,
    /// The table.
    pub table_name: String,
    /// The column.
    pub column_name: String,
    /// `text` or `numeric`.
    pub data_type: Option<String>,
    /// What the party may see; `null` where the rule does not say it clearly.
    pub value: Option<RuleValue>,
    /// Whether the party may see all but the values. `null` where the server does not tell, which
    /// means no.
    pub exclusionary: Option<bool>,
    /// Whether the rule is about every value, as the server has it.
    pub all_members: Option<bool>,
    /// How sure the reading is.
    pub interpretation: Interpretation,
    /// Whom the rule is for.
    pub share_type: RuleShareType,
    /// The id of the user or group.
    pub share_id: Option<String>,
    /// The name of the group, or the e-mail or login of the user; `null` for one that is gone.
    pub share_name: Option<String>,
    /// The rule in words.
    pub rule_description: String,
    /// Whether the data model has no such column, so that the rule protects nothing.
    pub orphaned: bool,
}
