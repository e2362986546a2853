//! Rules that make requests fail the way networks, proxies and tired servers do.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rule. It fires on requests under `/api` that match; the first rule that fires wins.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// HTTP method; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Path pattern. `*` stands for any text; a pattern without `*` is a prefix, unless it ends
    /// with `$`. A pattern that holds `?` is compared with path and query together.
    pub path: String,
    /// Fires only on requests that ask for a change. Reads by POST do not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub writes: bool,
    /// Fires only on this matching request, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Fires at most this often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Fires with this probability, by the sandbox's seed, or by that of
    /// [`Sandbox::seed_faults`](crate::Sandbox::seed_faults).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What happens.
    pub action: FaultAction,
}

impl Fault {
    /// A rule that fires on every request whose path matches.
    pub fn new(path: impl Into<String>, action: FaultAction) -> Self {
        Self {
            method: None,
            path: path.into(),
            writes: false,
            nth: None,
            times: None,
            probability: None,
            action,
        }
    }

    /// Limits the rule to one method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Limits the rule to requests that ask for a change; with [`nth`](Self::nth) to one of them.
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    /// Limits the rule to the nth matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Limits how often the rule fires.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Makes the rule fire with a probability between 0 and 1.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }
}

/// What a rule does. The first group answers in place of the server, so that a write is not
/// applied; the second group applies the request and then spoils the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Answers with a status. Nothing is applied.
    Status {
        /// HTTP status.
        status: u16,
        /// JSON body; the usual error envelope when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
        /// Text of the `Retry-After` header.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
    },
    /// Answers 502 with the HTML page of a gateway. Nothing is applied.
    GatewayPage,
    /// Answers 200 with an HTML login page. Nothing is applied.
    LoginPage,
    /// Answers 302 to a login page. Nothing is applied.
    LoginRedirect,
    /// Closes the connection without an answer. Nothing is applied.
    CloseConnection,
    /// Never answers, until the client leaves or the sandbox stops. Nothing is applied.
    Silence,
    /// Applies the request, then waits before answering as usual.
    Latency {
        /// Milliseconds to wait.
        ms: u64,
    },
    /// Applies the request and answers with the right headers and half of the JSON text.
    TruncatedJson,
    /// Applies the request and breaks the connection in the middle of the body.
    DropMidBody,
    /// Applies the request and answers with the right status and no body.
    EmptyBody,
    /// Applies the request and answers with JSON of the wrong shape.
    WrongShape {
        /// The shape.
        shape: WrongShape,
    },
    /// Applies the request and closes the connection without an answer.
    ApplyThenDrop,
    /// Closes the connection without an answer and applies the request later: whoever looks in
    /// between finds nothing.
    DropThenApply {
        /// Milliseconds until the request is applied.
        ms: u64,
    },
}

impl FaultAction {
    /// A status without a body of its own.
    pub fn status(status: u16) -> Self {
        Self::Status { status, body: None, retry_after: None }
    }
}

/// JSON that is not what the route promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongShape {
    /// An empty object.
    Object,
    /// `null`.
    Null,
    /// `[null, null]`.
    ListOfNulls,
    /// A number.
    Number,
}

struct Rule {
    fault: Fault,
    matched: u64,
    fired: u64,
}

/// The rules in force.
pub(crate) struct Faults {
    rules: Vec<Rule>,
    dice: ChaCha8Rng,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), dice: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.rules.push(Rule { fault, matched: 0, fired: 0 });
    }

    /// Starts the dice anew.
    pub(crate) fn seed(&mut self, seed: u64) {
        self.dice = ChaCha8Rng::seed_from_u64(seed);
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.rules.iter().map(|rule| rule.fault.clone()).collect()
    }

    /// The action of the first rule that fires on this request. Every matching rule counts the
    /// request, so that `nth` does not depend on the rules before it.
    pub(crate) fn pick(
        &mut self,
        method: &str,
        path: &str,
        query: &str,
        writes: bool,
    ) -> Option<FaultAction> {
        let mut picked = None;
        for rule in &mut self.rules {
            let fault = &rule.fault;
            if fault.method.as_ref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method))
                || fault.writes && !writes
                || !matches(&fault.path, path, query)
            {
                continue;
            }
            rule.matched += 1;
            let fires = fault.nth.is_none_or(|nth| nth == rule.matched)
                && fault.times.is_none_or(|times| rule.fired < times)
                && fault.probability.is_none_or(|chance| self.dice.random::<f64>() < chance);
            if fires && picked.is_none() {
                rule.fired += 1;
                picked = Some(fault.action.clone());
            }
        }
        picked
    }
}

fn matches(pattern: &str, path: &str, query: &str) -> bool {
    if pattern.contains('?') {
        return glob(pattern, &format!("{path}?{query}"));
    }
    match pattern.strip_suffix('$') {
        Some(whole) => glob(whole, path),
        None if pattern.contains('*') => glob(pattern, path),
        None => path.starts_with(pattern),
    }
}

/// Compares a text with a pattern in which `*` stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(tail) = text.strip_prefix(head) else { return false };
    (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| glob(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_prefixes_globs_or_whole_paths() {
        assert!(matches("/api/v1/users", "/api/v1/users/bulk", ""));
        assert!(!matches("/api/v1/users$", "/api/v1/users/bulk", ""));
        assert!(matches("/api/*/users", "/api/v1/users", ""));
        assert!(!matches("/api/*/users", "/api/v1/users/1", ""));
        assert!(matches("*/export?*abc*", "/api/v1/dashboards/export", "dashboardIds=abc,def"));
        assert!(!matches("*/export?*abd*", "/api/v1/dashboards/export", "dashboardIds=abc"));
    }

    #[test]
    fn nth_and_times_count_matching_requests_only() {
        let mut faults = Faults::new(1);
        faults.add(Fault::new("/a", FaultAction::EmptyBody).nth(2));
        faults.add(Fault::new("/b", FaultAction::LoginPage).method("post").times(1));
        assert_eq!(faults.pick("GET", "/a", "", false), None);
        assert_eq!(faults.pick("GET", "/c", "", false), None);
        assert_eq!(faults.pick("GET", "/a", "", false), Some(FaultAction::EmptyBody));
        assert_eq!(faults.pick("GET", "/a", "", false), None);
        assert_eq!(faults.pick("GET", "/b", "", false), None);
        assert_eq!(faults.pick("POST", "/b", "", true), Some(FaultAction::LoginPage));
        assert_eq!(faults.pick("POST", "/b", "", true), None);
    }

    #[test]
    fn the_nth_write_does_not_count_reads() {
        let mut faults = Faults::new(1);
        faults.add(Fault::new("/", FaultAction::ApplyThenDrop).writes().nth(2));
        for (method, writes, fires) in [
            ("POST", true, false),
            ("POST", false, false),
            ("GET", false, false),
            ("PUT", true, true),
        ] {
            assert_eq!(faults.pick(method, "/a", "", writes).is_some(), fires, "{method}");
        }
    }

    #[test]
    fn probability_follows_the_seed() {
        let run = |seed| {
            let mut faults = Faults::new(seed);
            faults.add(Fault::new("/", FaultAction::EmptyBody).probability(0.5));
            (0..64).map(|_| faults.pick("GET", "/", "", false).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        let fired = run(3).into_iter().filter(|fired| *fired).count();
        assert!((16..48).contains(&fired), "{fired} of 64");
    }
}
