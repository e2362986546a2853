//! Arguments of the operations that migrate data models.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};

/// What travels with a data model.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Dependency {
    /// Row-level security rules and their scopes.
    DataSecurity,
    /// Shared formulas.
    Formulas,
    /// Drill hierarchies.
    Hierarchies,
    /// Perspectives.
    Perspectives,
    /// All four.
    All,
}

impl Dependency {
    /// The four kinds.
    pub(super) const KINDS: [Dependency; 4] = [
        Dependency::DataSecurity,
        Dependency::Formulas,
        Dependency::Hierarchies,
        Dependency::Perspectives,
    ];

    /// What an export calls it.
    pub(super) fn wire(self) -> &'static str {
        match self {
            Dependency::DataSecurity => "dataContext,scopeConfiguration",
            Dependency::Formulas => "formulaManagement",
            Dependency::Hierarchies => "drillHierarchies",
            Dependency::Perspectives => "perspectives",
            Dependency::All => {
                "dataContext,scopeConfiguration,formulaManagement,drillHierarchies,perspectives"
            }
        }
    }
}

/// What to do about a data model that the target has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatamodelAction {
    /// Leave it as it is.
    #[default]
    Skip,
    /// Replace its schema; what was built stays in use until the next build.
    Overwrite,
    /// Make a second one under another title.
    Duplicate,
}

/// Arguments of [`crate::domains::migration::Migrations::migrate_datamodels`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateDatamodels {
    /// Ids of data models on the source. Give these or the names, not both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub datamodel_ids: Option<Vec<String>>,
    /// Titles of data models on the source. Give these or the ids, not both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub datamodel_names: Option<Vec<String>>,
    /// For a provider, such as `PostgreSQL`, the id of the target's connection to use. Other
    /// providers use the target's connection of the same name and provider, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_connection_map: Option<BTreeMap<String, String>>,
    /// What travels along; all when absent, nothing when empty.
    #[serde(default, deserialize_with = "word_or_list", skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<Dependency>>,
    /// Whether to share each with the same users and groups, by e-mail and name. Who has access on
    /// the target keeps it. A live model must be published for it.
    #[serde(default, deserialize_with = "or_default")]
    pub shares: bool,
    /// What to do about one that the target has; `skip` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<DatamodelAction>,
    /// Title of the second one that `duplicate` makes, for exactly one data model; the title with
    /// ` (Duplicate)` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_title: Option<String>,
}

/// Arguments of [`crate::domains::migration::Migrations::migrate_all_datamodels`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MigrateAllDatamodels {
    /// Titles of data models that stay behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<Vec<String>>,
    /// For a provider, such as `PostgreSQL`, the id of the target's connection to use. Other
    /// providers use the target's connection of the same name and provider, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_connection_map: Option<BTreeMap<String, String>>,
    /// What travels along; all when absent, nothing when empty.
    #[serde(default, deserialize_with = "word_or_list", skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<Dependency>>,
    /// Whether to share each with the same users and groups, by e-mail and name. Who has access on
    /// the target keeps it. A live model must be published for it.
    #[serde(default, deserialize_with = "or_default")]
    pub shares: bool,
    /// What to do about one that the target has; `skip` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<DatamodelAction>,
    /// Most data models that are held in memory at once; never more than four.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub batch_size: Option<u32>,
    /// Accepted and not used: the server's own answers set the pace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sleep_time: Option<u32>,
}

/// Everything that is asked for, but which data models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) action: DatamodelAction,
    pub(super) new_title: Option<String>,
    pub(super) map: BTreeMap<String, String>,
    /// Kinds, each once, in a fixed order.
    pub(super) dependencies: Vec<Dependency>,
    pub(super) shares: bool,
}

impl Wish {
    fn new(
        action: Option<DatamodelAction>,
        map: Option<BTreeMap<String, String>>,
        dependencies: Option<&[Dependency]>,
        shares: bool,
    ) -> Self {
        let wanted = dependencies.unwrap_or(&[Dependency::All]);
        let all = wanted.contains(&Dependency::All);
        let kinds = Dependency::KINDS.into_iter().filter(|kind| all || wanted.contains(kind));
        Wish {
            action: action.unwrap_or_default(),
            new_title: None,
            map: map.unwrap_or_default(),
            dependencies: kinds.collect(),
            shares,
        }
    }

    /// Whether users and groups of both sides matter.
    pub(super) fn needs_people(&self) -> bool {
        self.shares || self.dependencies.contains(&Dependency::DataSecurity)
    }

    pub(super) fn wire(&self) -> String {
        let words: Vec<&str> = self.dependencies.iter().map(|kind| kind.wire()).collect();
        words.join(",")
    }
}

/// Which data models of the source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which<'a> {
    Ids(&'a [String]),
    Names(&'a [String]),
    AllBut(&'a [String]),
}

impl MigrateDatamodels {
    /// Which ones. Exactly one of the two lists must be given.
    pub(super) fn which(&self) -> Result<Which<'_>> {
        let which = match (&self.datamodel_ids, &self.datamodel_names) {
            (Some(ids), None) => Which::Ids(ids),
            (None, Some(names)) => Which::Names(names),
            _ => {
                return Err(Error::invalid("give either datamodel_ids or datamodel_names")
                    .with_next_step("name the data models of the source in one of the two"));
            }
        };
        let (Which::Ids(list) | Which::Names(list) | Which::AllBut(list)) = which;
        if list.is_empty() || list.iter().any(|one| one.trim().is_empty()) {
            return Err(Error::invalid("no data model is named, or one without a name")
                .with_next_step("name at least one data model of the source"));
        }
        Ok(which)
    }

    pub(super) fn wish(&self) -> Result<Wish> {
        let (map, kinds) = (self.provider_connection_map.clone(), self.dependencies.as_deref());
        let mut wish = Wish::new(self.action, map, kinds, self.shares);
        let Some(title) = &self.new_title else { return Ok(wish) };
        if wish.action != DatamodelAction::Duplicate {
            return Err(Error::invalid("new_title goes with the action duplicate only")
                .with_next_step("set action to duplicate, or leave new_title out"));
        }
        let named = self.datamodel_ids.as_ref().or(self.datamodel_names.as_ref());
        if named.is_none_or(|list| list.len() != 1) {
            return Err(Error::invalid("new_title goes with exactly one data model")
                .with_next_step("migrate them one by one, or leave new_title out"));
        }
        if title.trim().is_empty() {
            return Err(Error::invalid("new_title is empty").with_next_step("give a title"));
        }
        wish.new_title = Some(title.trim().to_owned());
        Ok(wish)
    }
}

impl MigrateAllDatamodels {
    pub(super) fn wish(&self) -> Wish {
        let (map, kinds) = (self.provider_connection_map.clone(), self.dependencies.as_deref());
        Wish::new(self.action, map, kinds, self.shares)
    }
}

/// The word `all`, another single word, or a list of words.
fn word_or_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Vec<Dependency>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Word(Dependency),
        List(Vec<Dependency>),
    }
    Ok(Option::<Form>::deserialize(deserializer)?.map(|form| match form {
        Form::Word(word) => vec![word],
        Form::List(list) => list,
    }))
}

/// `null` is as good as nothing.
fn or_default<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<bool, D::Error> {
    Ok(Option::<bool>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;

    fn read(value: Value) -> MigrateDatamodels {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_travels_along_is_all_a_word_or_a_list() {
        let kinds = |value: Value| {
            let wish = read(json!({"datamodel_ids": ["1"], "dependencies": value})).wish();
            wish.unwrap().dependencies
        };
        assert_eq!(kinds(Value::Null), Dependency::KINDS);
        assert_eq!(kinds(json!("all")), Dependency::KINDS);
        assert_eq!(kinds(json!(["all", "formulas"])), Dependency::KINDS);
        assert_eq!(kinds(json!([])), []);
        assert_eq!(kinds(json!(["formulas", "formulas"])), [Dependency::Formulas]);
    }

    #[test]
    fn contradictions_are_refused() {
        for bad in [
            json!({}),
            json!({"datamodel_ids": ["1"], "datamodel_names": ["a"]}),
            json!({"datamodel_ids": []}),
            json!({"datamodel_names": [" "]}),
        ] {
            assert_eq!(read(bad).which().unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        for bad in [
            json!({"datamodel_ids": ["1"], "new_title": "x"}),
            json!({"datamodel_ids": ["1", "2"], "new_title": "x", "action": "duplicate"}),
            json!({"datamodel_ids": ["1"], "new_title": " ", "action": "duplicate"}),
        ] {
            assert_eq!(read(bad).wish().unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
