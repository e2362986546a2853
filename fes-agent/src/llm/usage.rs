//! What calls of a model take: tokens, and money where prices are known.

use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a million tokens cost, in whatever currency the operator counts. Prices are never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Prices {
    /// A million tokens of prompts.
    pub input: f64,
    /// A million tokens of answers.
    pub output: f64,
}

/// What calls took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    /// How many calls were answered.
    pub calls: u32,
    /// How many of them came without token counts, which the sums then lack.
    pub uncounted: u32,
    /// Tokens of the prompts.
    pub input_tokens: u64,
    /// Tokens of the answers.
    pub output_tokens: u64,
    /// What it cost, when prices are configured and every call was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// Tokens in a million.
const MILLION: f64 = 1_000_000.0;

impl Usage {
    /// One answered call. Without counts nothing is known about its cost.
    pub(super) fn of_call(counts: Option<(u64, u64)>, prices: Option<Prices>) -> Self {
        let (input_tokens, output_tokens) = counts.unwrap_or_default();
        let cost = counts.and(prices).map(|prices| {
            (input_tokens as f64 * prices.input + output_tokens as f64 * prices.output) / MILLION
        });
        Usage {
            calls: 1,
            uncounted: u32::from(counts.is_none()),
            input_tokens,
            output_tokens,
            cost,
        }
    }

    /// Both together. The cost is known only when both are.
    #[must_use]
    pub fn plus(self, other: Usage) -> Self {
        let cost = match (self.calls, other.calls) {
            (0, _) => other.cost,
            (_, 0) => self.cost,
            _ => self.cost.zip(other.cost).map(|(one, two)| one + two),
        };
        Usage {
            calls: self.calls.saturating_add(other.calls),
            uncounted: self.uncounted.saturating_add(other.uncounted),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cost,
        }
    }
}

/// Adds up what the calls of one turn took. Clones share the sum.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Usage>>);

impl Meter {
    /// Add what a call took.
    pub fn add(&self, usage: Usage) {
        // The sum is whole after every statement, whatever panicked elsewhere.
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = sum.plus(usage);
    }

    /// The sum so far.
    #[must_use]
    pub fn total(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICES: Prices = Prices { input: 2.5, output: 10.0 };

    #[test]
    fn cost_is_known_only_with_prices_and_counts() {
        assert_eq!(Usage::of_call(Some((1_000_000, 100_000)), Some(PRICES)).cost, Some(3.5));
        assert_eq!(Usage::of_call(Some((10, 10)), None).cost, None);
        assert_eq!(Usage::of_call(None, Some(PRICES)).cost, None);
    }

    #[test]
    fn a_sum_with_an_unknown_part_has_no_cost() {
        let meter = Meter::default();
        meter.add(Usage::of_call(Some((1_000_000, 0)), Some(PRICES)));
        assert_eq!(meter.total().cost, Some(2.5));
        meter.clone().add(Usage::of_call(None, Some(PRICES)));
        let total = meter.total();
        assert_eq!((total.calls, total.uncounted, total.cost), (2, 1, None));
    }
}
