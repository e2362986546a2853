//! Data security rules on the wire.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Interpretation, RuleShareType, RuleValue, RuleWord};
use crate::documents::{ModelDocument, ModelIndex};
use crate::domains::datamodel::Datamodel;
use crate::domains::lookup::about;
use crate::error::Result;
use crate::transport::Answer;

/// A rule as either family answers it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleRecord {
    #[serde(rename = "_id", default)]
    pub(super) id: Option<String>,
    pub(super) table: String,
    pub(super) column: String,
    #[serde(rename = "datatype", default)]
    pub(super) data_type: Option<String>,
    #[serde(default, deserialize_with = "texts")]
    pub(super) members: Vec<String>,
    #[serde(default)]
    pub(super) all_members: Option<bool>,
    #[serde(default)]
    pub(super) exclusionary: Option<bool>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) shares: Vec<RuleShare>,
}

/// A party of a rule. The older family writes `party`, the newer `partyId`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleShare {
    #[serde(rename = "type", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    party_id: Option<String>,
    #[serde(default)]
    party: Option<String>,
    #[serde(default)]
    party_name: Option<String>,
}

fn or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RuleShare>, D::Error> {
    Ok(Option::<Vec<RuleShare>>::deserialize(deserializer)?.unwrap_or_default())
}

/// Values, of which those of numbers may come as numbers.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let values = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(values.into_iter().map(text).collect())
}

impl RuleShare {
    pub(super) fn id(&self) -> Option<&str> {
        let given = |text: &&String| !text.is_empty();
        let id = self.party_id.as_ref().filter(given).or(self.party.as_ref().filter(given));
        id.map(String::as_str)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.party_name.as_deref().filter(|name| !name.is_empty())
    }

    /// Whom it is for. A share without a known type is told by whether it has a party.
    pub(super) fn share_type(&self) -> RuleShareType {
        match self.kind.as_deref().map(str::to_lowercase).as_deref() {
            Some("group") => RuleShareType::Group,
            Some("default") => RuleShareType::Everyone,
            Some("user") => RuleShareType::User,
            _ if self.id().is_none() => RuleShareType::Everyone,
            _ => RuleShareType::User,
        }
    }
}

impl RuleRecord {
    /// What the parties may see, where the rule says it.
    pub(super) fn value(&self) -> Option<RuleValue> {
        if !self.members.is_empty() {
            return Some(RuleValue::Members(self.members.clone()));
        }
        let word = |all| if all { RuleWord::Everything } else { RuleWord::Nothing };
        self.all_members.map(|all| RuleValue::Word(word(all)))
    }

    pub(super) fn interpretation(&self) -> Interpretation {
        match self.value() {
            Some(_) => Interpretation::Certain,
            // Clients of the server read such a rule in two ways; one of them is a grant.
            None => Interpretation::Uncertain,
        }
    }

    /// The rule in words.
    pub(super) fn describe(&self) -> String {
        let excludes = self.exclusionary == Some(true);
        match self.value() {
            None => "sees everything or nothing: the rule does not say which".to_owned(),
            Some(RuleValue::Word(RuleWord::Everything)) => "sees everything".to_owned(),
            Some(RuleValue::Word(RuleWord::Nothing)) => "sees nothing".to_owned(),
            Some(RuleValue::Members(members)) => {
                let verb = if excludes { "sees all but" } else { "sees only" };
                format!("{verb} {}", members.join(", "))
            }
        }
    }

    /// Whether the model has no such column.
    pub(super) fn is_orphaned(&self, model: &ModelIndex) -> bool {
        model.find(&self.table, &self.column).is_none()
    }
}

impl Datamodel {
    /// A model and its rules, by table and column.
    pub(super) async fn rules(&self, reference: &str) -> Result<(ModelDocument, Vec<RuleRecord>)> {
        let model = self.document(reference).await?;
        let title = model.title().unwrap_or(reference).to_owned();
        let name = about("data model", &title);
        let rules = self.client.model_security(&model, &title).await.map_err(&name)?;
        let mut rules: Vec<RuleRecord> =
            Answer::new(200, Value::Array(rules)).decode().map_err(name)?;
        rules.sort_by(|a, b| (&a.table, &a.column).cmp(&(&b.table, &b.column)));
        Ok((model, rules))
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use serde_json::json;

    use super::*;

    fn read(rule: Value) -> RuleRecord {
        let mut whole = json!({"table": "T", "column": "c"});
        for (key, value) in rule.as_object().unwrap() {
            whole[key] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn every_form_of_members_is_read_and_none_is_guessed() {
        for (rule, value, words) in [
            (json!({"members": [], "allMembers": true}), json!("Everything"), "sees everything"),
            (json!({"members": [], "allMembers": false}), json!("Nothing"), "sees nothing"),
            (json!({"members": ["a", 2], "allMembers": null}), json!(["a", "2"]), "sees only a, 2"),
            (json!({"members": ["a"], "exclusionary": true}), json!(["a"]), "sees all but a"),
            (json!({"members": ["a"], "exclusionary": null}), json!(["a"]), "sees only a"),
            (json!({"members": []}), Value::Null, "does not say"),
            (json!({"members": null, "allMembers": null}), Value::Null, "does not say"),
            (json!({"exclusionary": false}), Value::Null, "does not say"),
        ] {
            let read = read(rule.clone());
            assert_eq!(serde_json::to_value(read.value()).unwrap(), value, "{rule}");
            assert!(read.describe().contains(words), "{rule}: {}", read.describe());
            assert_eq!(read.interpretation() == Interpretation::Uncertain, value.is_null());
        }
    }

    #[test]
    fn a_party_is_found_under_either_key_and_everyone_has_none() {
        let shares = read(json!({"shares": [
            {"party": "1", "type": "user"}, {"partyId": "2", "type": "group", "partyName": "G"},
            {"type": "default"}, {"partyId": "", "party": null},
        ]}))
        .shares;
        let told: Vec<_> = shares.iter().map(|s| (s.share_type(), s.id(), s.name())).collect();
        assert_eq!(
            told,
            [
                (RuleShareType::User, Some("1"), None),
                (RuleShareType::Group, Some("2"), Some("G")),
                (RuleShareType::Everyone, None, None),
                (RuleShareType::Everyone, None, None),
            ]
        );
        assert!(read(json!({"shares": null})).shares.is_empty());
        assert!(serde_json::from_value::<RuleRecord>(json!({"column": "c"})).is_err());
    }
}
