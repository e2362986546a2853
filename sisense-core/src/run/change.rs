//! One change to one asset: what a preview shows, an approval binds and a journal keeps.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::operation::Risk;

/// The kind of thing that a change touches.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AssetKind {
    /// A person's account.
    User,
    /// A group of users.
    Group,
    /// A folder of dashboards.
    Folder,
    /// A dashboard.
    Dashboard,
    /// A widget of a dashboard.
    Widget,
    /// A data model.
    Datamodel,
    /// A dataset of a data model.
    Dataset,
    /// A table of a data model.
    Table,
    /// A connection to a data source.
    Connection,
    /// The build schedule of a data model.
    Schedule,
    /// A build of a data model.
    Build,
    /// A tool of another server, of which nothing is known but what it is called with.
    Tool,
}

impl AssetKind {
    /// The word a person reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AssetKind::User => "user",
            AssetKind::Group => "group",
            AssetKind::Folder => "folder",
            AssetKind::Dashboard => "dashboard",
            AssetKind::Widget => "widget",
            AssetKind::Datamodel => "data model",
            AssetKind::Dataset => "dataset",
            AssetKind::Table => "table",
            AssetKind::Connection => "connection",
            AssetKind::Schedule => "build schedule",
            AssetKind::Build => "build",
            AssetKind::Tool => "tool",
        }
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a change does to its asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Makes it.
    Create,
    /// Changes some of its values.
    Update,
    /// Replaces it as a whole.
    Overwrite,
    /// Removes it.
    Delete,
    /// Changes with whom it is shared.
    Share,
    /// Gives it to another owner.
    Own,
    /// Pushes the owner's version to the recipients.
    Publish,
    /// Starts a build or a publish of a data model.
    Build,
    /// Calls a tool of another server, whatever that does.
    Call,
}

impl Action {
    /// The word a person reads.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Overwrite => "overwrite",
            Action::Delete => "delete",
            Action::Share => "share",
            Action::Own => "change owner",
            Action::Publish => "publish",
            Action::Build => "build",
            Action::Call => "call",
        }
    }
}

/// The thing that a change touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// The name of the deployment.
    pub deployment: String,
    /// What kind of thing it is.
    pub kind: AssetKind,
    /// Its id; absent while it does not exist.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// Its name, title or e-mail.
    pub name: String,
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} \"{}\"", self.kind, self.name)?;
        match &self.id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

/// Whether a change can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "undo", content = "how")]
pub enum Undo {
    /// Yes, and how.
    Yes(String),
    /// In part, and what stays.
    Partly(String),
    /// No, and why.
    No(String),
}

/// One change to one asset. Never holds a secret: see [`super::fingerprint`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The operation that asks for it.
    pub operation: String,
    /// What it touches.
    pub asset: Asset,
    /// What it does.
    pub action: Action,
    /// One line for a person.
    pub summary: String,
    /// What is there now; `null` when nothing is.
    pub before: Value,
    /// What will be there; `null` when nothing will.
    pub after: Value,
    /// What else the person should know before approving.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
    /// Whether it can be taken back.
    pub undo: Undo,
    /// How much care it asks for.
    pub risk: Risk,
}

impl Change {
    /// A change with its one-line summary. It cannot be undone and has normal risk until said.
    #[must_use]
    pub fn new(operation: &str, asset: Asset, action: Action, summary: impl Into<String>) -> Self {
        Change {
            operation: operation.to_owned(),
            asset,
            action,
            summary: summary.into(),
            before: Value::Null,
            after: Value::Null,
            notes: Vec::new(),
            undo: Undo::No("no way back is known".to_owned()),
            risk: Risk::Normal,
        }
    }

    /// Say what is there now.
    #[must_use]
    pub fn before(mut self, before: Value) -> Self {
        self.before = before;
        self
    }

    /// Say what will be there.
    #[must_use]
    pub fn after(mut self, after: Value) -> Self {
        self.after = after;
        self
    }

    /// Add a thing to know.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Say whether it can be taken back.
    #[must_use]
    pub fn undo(mut self, undo: Undo) -> Self {
        self.undo = undo;
        self
    }

    /// Say how much care it asks for.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// The natural key: what is done to which asset, whatever the order of a run.
    #[must_use]
    pub fn key(&self) -> String {
        self.key_of(self.asset.id.as_deref().unwrap_or(&self.asset.name))
    }

    /// The key of the same change to what has this id or name.
    pub(super) fn key_of(&self, reference: &str) -> String {
        json!([
            self.operation,
            self.action.as_str(),
            self.asset.deployment,
            self.asset.kind.as_str(),
            reference
        ])
        .to_string()
    }

    /// A digest over what the person approves: key, before and after.
    #[must_use]
    pub fn digest(&self) -> String {
        digest_of(&(self.key(), &self.before, &self.after))
    }

    /// The placeholder for the id of what this change makes. It is the same in the preview and in the
    /// run, so that later changes can name what does not exist yet.
    pub(crate) fn planned_id(&self) -> String {
        super::door::planned_id(self)
    }

    /// The key of the journal's entry: the natural key and the change itself, so that two changes
    /// of one asset in one run have an entry each.
    pub(super) fn entry_key(&self) -> String {
        format!("{}#{}", self.key(), &self.digest()[..16])
    }

    /// Replace ids in every part, for assets that this very run made.
    pub(crate) fn with_ids(mut self, replace: impl Fn(&str) -> Option<String> + Copy) -> Self {
        if let Some(id) = self.asset.id.as_deref().and_then(replace) {
            self.asset.id = Some(id);
        }
        replace_strings(&mut self.before, replace);
        replace_strings(&mut self.after, replace);
        self
    }
}

/// A SHA-256 digest in hex over the canonical form (RFC 8785) of a JSON value.
#[must_use]
pub fn digest(value: &Value) -> String {
    digest_of(value)
}

/// The same of what is made of JSON values, without a copy of them.
fn digest_of(value: &impl Serialize) -> String {
    // JSON values always have a canonical form: their keys are strings and their numbers finite.
    let text = serde_json_canonicalizer::to_string(value).or_else(|_| serde_json::to_string(value));
    let text = text.unwrap_or_default();
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn replace_strings(value: &mut Value, replace: impl Fn(&str) -> Option<String> + Copy) {
    match value {
        Value::String(text) => {
            if let Some(new) = replace(text) {
                *text = new;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace_strings(item, replace)),
        Value::Object(map) => map.values_mut().for_each(|item| replace_strings(item, replace)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change() -> Change {
        Change::new(
            "access.update_user",
            Asset {
                deployment: "prod".into(),
                kind: AssetKind::User,
                id: Some("5f0000000000000000000001".into()),
                name: "ann@example.com".into(),
            },
            Action::Update,
            "Change the role of ann@example.com",
        )
        .before(json!({"role": "viewer", "name": "Ann"}))
        .after(json!({"role": "designer"}))
    }

    #[test]
    fn the_digest_ignores_the_order_of_keys_and_sees_every_value() {
        let same = change().before(json!({"name": "Ann", "role": "viewer"}));
        assert_eq!(change().digest(), same.digest());
        assert_ne!(change().digest(), change().after(json!({"role": "admin"})).digest());
        assert_ne!(change().digest(), change().before(json!({"role": "admin"})).digest());
    }

    #[test]
    fn the_key_names_the_asset_by_id_when_it_has_one() {
        assert!(change().key().contains("5f0000000000000000000001"));
        let mut new = change();
        new.asset.id = None;
        assert!(new.key().contains("ann@example.com"));
    }
}
