//! One layer of rules, as an operator writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sisense_core::{Operation, Risk};

use super::{Decision, Pattern, Verdict};

/// One layer of rules. Every rule can only tighten: none makes a write run without a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Deny every write.
    pub read_only: bool,
    /// When given, deny every operation that no pattern of the list fits. An empty list denies all.
    pub allow: Option<Vec<Pattern>>,
    /// Deny every operation that a pattern of the list fits.
    pub deny: Vec<Pattern>,
    /// Ask before every operation that a pattern of the list fits, reads too.
    pub ask: Vec<Pattern>,
    /// Deny every write of this risk or a greater one.
    pub deny_risk: Option<Risk>,
}

impl Rules {
    /// Deny every write.
    #[must_use]
    pub fn read_only() -> Self {
        Rules { read_only: true, ..Rules::default() }
    }

    pub(super) fn decide(&self, operation: &Operation) -> Verdict {
        let mut verdict = Verdict { decision: Decision::Allow, reasons: Vec::new() };
        let mut say = |decision, reason: String| {
            let other = Verdict { decision, reasons: vec![reason] };
            verdict = std::mem::replace(
                &mut verdict,
                Verdict { decision: Decision::Allow, reasons: Vec::new() },
            )
            .stricter(other);
        };
        let writes = operation.effect.writes();
        if self.read_only && writes {
            say(Decision::Deny, "this server only reads".to_owned());
        }
        if let Some(pattern) = self.deny.iter().find(|pattern| pattern.fits(operation)) {
            say(Decision::Deny, format!("the operator denies {}", pattern.as_str()));
        }
        if let Some(allowed) = &self.allow
            && !allowed.iter().any(|pattern| pattern.fits(operation))
        {
            say(Decision::Deny, "the operator's list of allowed operations lacks it".to_owned());
        }
        if let Some(risk) = self.deny_risk
            && writes
            && operation.risk >= risk
        {
            say(Decision::Deny, "the operator denies writes of this risk".to_owned());
        }
        if let Some(pattern) = self.ask.iter().find(|pattern| pattern.fits(operation)) {
            say(Decision::Ask, format!("the operator asks before {}", pattern.as_str()));
        }
        verdict
    }
}
