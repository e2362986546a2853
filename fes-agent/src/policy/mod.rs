//! What may run: pure data and pure functions. The strictest rule wins.

mod pattern;
mod rules;

pub use pattern::Pattern;
pub use rules::Rules;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::Operation;

/// What a policy says about a call. The greater one wins.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It runs.
    Allow,
    /// It runs when a person has approved it.
    Ask,
    /// It does not run.
    Deny,
}

/// A decision with why it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// The reasons of this decision, each in one sentence.
    pub reasons: Vec<String>,
}

impl Verdict {
    fn stricter(mut self, other: Verdict) -> Verdict {
        match self.decision.cmp(&other.decision) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                let new: Vec<String> =
                    other.reasons.into_iter().filter(|r| !self.reasons.contains(r)).collect();
                self.reasons.extend(new);
                self
            }
        }
    }
}

/// Layers of rules, the operator's first. A layer can only tighten what is below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    layers: Vec<Rules>,
}

impl Policy {
    /// The operator's rules: the upper bound.
    #[must_use]
    pub fn new(operator: Rules) -> Self {
        Policy { layers: vec![operator] }
    }

    /// Tighten the policy, for a session or a request. Nothing that was refused becomes possible.
    #[must_use]
    pub fn tightened(mut self, rules: Rules) -> Self {
        self.layers.push(rules);
        self
    }

    /// Decide about an operation. What is not known is denied.
    #[must_use]
    pub fn decide(&self, operation: Option<&Operation>) -> Verdict {
        let Some(operation) = operation else {
            return Verdict {
                decision: Decision::Deny,
                reasons: vec!["the operation is not known".to_owned()],
            };
        };
        self.layers
            .iter()
            .map(|rules| rules.decide(operation))
            .fold(by_effect(operation), Verdict::stricter)
    }

    /// Whether an operation may run at all, with or without an approval.
    #[must_use]
    pub fn permits(&self, operation: &Operation) -> bool {
        self.decide(Some(operation)).decision < Decision::Deny
    }
}

/// What holds without any rule: reads run, and no setting lets a write run without a person.
fn by_effect(operation: &Operation) -> Verdict {
    if operation.effect.writes() {
        let why = format!("it may {} things", verb(operation));
        Verdict { decision: Decision::Ask, reasons: vec![why] }
    } else {
        Verdict { decision: Decision::Allow, reasons: vec!["it only reads".to_owned()] }
    }
}

fn verb(operation: &Operation) -> &'static str {
    match operation.effect {
        sisense_core::Effect::Execute => "start",
        effect => effect.as_str(),
    }
}

#[cfg(test)]
mod tests;
