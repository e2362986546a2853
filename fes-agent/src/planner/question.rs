//! Questions to the person, and honest refusals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::lexicon::Class;
use crate::catalogue::text::{MAX_REQUEST, Piece, Token, pieces};
use crate::catalogue::{Intent, intent};
use crate::host::{Kind, clip};
use crate::plan::Plan;

/// The fewest words that are speech and not a name.
const SPEECH: usize = 3;

/// Words that begin a question.
const ASKS: [&str; 16] = [
    "what", "who", "why", "how", "when", "where", "which", "is", "are", "do", "does", "can",
    "could", "will", "would", "should",
];

/// Words that begin a wish, beside the verbs that operations know.
const TELLS: [&str; 9] =
    ["write", "tell", "sing", "help", "let", "can", "could", "would", "please"];

/// Words for the two who speak.
const SPEAKERS: [&str; 7] = ["me", "us", "you", "your", "i", "my", "we"];

/// Longest reason why there is no list, in characters.
const MAX_WHY: usize = 300;

/// Why a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The request does not give it.
    NotGiven,
    /// Nothing has the name that the request gives.
    NotThere,
    /// Several things fit what the request gives.
    Ambiguous,
    /// Something nearly fits what the request gives.
    NotSure,
}

/// One value that is missing, or not clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MissingValue {
    /// The parameter of the operation.
    pub parameter: String,
    /// What it is, in words: `dashboard`, `role`, `time`.
    pub what: String,
    /// Why it is asked for.
    pub why: Why,
    /// What the request gave, when that is not clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// How many valid values there are, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<usize>,
    /// A few of them, for the screen. The nearest ones when something was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub some: Vec<String>,
    /// Why the valid values could not be listed, where there is a list of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<String>,
}

/// What the person has to say before the request can be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The request as it was.
    pub request: String,
    /// The operation that it would be.
    pub tool: String,
    /// What is missing, all at once.
    pub missing: Vec<MissingValue>,
    /// The question in plain words.
    pub text: String,
    /// The plan that the answer goes into, where a model began one. A name that is chosen from a
    /// menu is put in by code and not shown to the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
}

/// A plan that lacks values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// The plan; absent when the question is not about one of its values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The id of the step that lacks values.
    #[serde(default)]
    pub step: String,
}

impl Draft {
    /// A question of a model that is answered in words.
    pub(super) fn words() -> Self {
        Draft { plan: None, step: String::new() }
    }
}

/// Something that the person could ask instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    /// The operation's id.
    pub tool: String,
    /// What it does.
    pub summary: String,
    /// A way to ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
}

/// An honest no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decline {
    /// Why, in plain words.
    pub text: String,
    /// What is nearest to the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<Suggestion>,
}

impl Decline {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Decline { text: text.into(), nearest: Vec::new() }
    }
}

impl Question {
    pub(super) fn new(request: &str, tool: &str, missing: Vec<MissingValue>) -> Self {
        let text = missing.iter().map(sentence).collect::<Vec<_>>().join(" ");
        Question { request: request.to_owned(), tool: tool.to_owned(), missing, text, draft: None }
    }
}

impl MissingValue {
    pub(super) fn new(parameter: &str, what: &str, why: Why) -> Self {
        MissingValue {
            parameter: parameter.to_owned(),
            what: what.to_owned(),
            why,
            given: None,
            options: None,
            some: Vec::new(),
            unlisted: None,
        }
    }

    pub(super) fn given(mut self, text: &str) -> Self {
        self.given = Some(clip(text, 120));
        self
    }

    pub(super) fn options(mut self, count: Option<usize>, some: Vec<String>) -> Self {
        self.options = count;
        self.some = some;
        self
    }

    pub(super) fn unlisted(mut self, why: &str) -> Self {
        self.unlisted = Some(clip(why, MAX_WHY));
        self
    }
}

/// One value asked for in one or two sentences.
fn sentence(missing: &MissingValue) -> String {
    let what = &missing.what;
    let given = missing.given.as_deref().unwrap_or_default();
    let some = listed(&missing.some);
    let mut text = match missing.why {
        Why::NotGiven => format!("Which {what}?"),
        Why::NotThere => format!("There is no {what} called \"{given}\"."),
        Why::Ambiguous => format!("Which {what} is meant by \"{given}\"?"),
        Why::NotSure => format!("There is no {what} called exactly \"{given}\"."),
    };
    match (missing.why, missing.options, some.is_empty()) {
        (Why::NotSure | Why::NotThere, _, false) if missing.why == Why::NotSure => {
            text.push_str(&format!(" Did you mean {some}?"));
        }
        (Why::Ambiguous, _, false) => text.push_str(&format!(" It may be {some}.")),
        (_, Some(count), false) if count > missing.some.len() => {
            text.push_str(&format!(" There are {count}, such as {some}."));
        }
        (_, _, false) => text.push_str(&format!(" It may be {some}.")),
        (_, Some(0), true) => text.push_str(" There is none."),
        _ => {}
    }
    if let Some(why) = &missing.unlisted {
        text.push_str(&format!(" What there is cannot be listed: {}.", why.trim_end_matches('.')));
    }
    text
}

fn listed(some: &[String]) -> String {
    match some {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The word for a kind's things.
pub(super) fn word(kind: Kind) -> &'static str {
    kind.as_str()
}

/// Put an answer into the request that it answers. An answer that is a request of its own stands
/// for itself: the old question is dropped.
#[must_use]
pub fn resume(question: &Question, answer: &str) -> String {
    let answer = answer.trim();
    if answers_itself(answer) {
        return answer.to_owned();
    }
    let words = pieces(answer);
    let given = question.missing.iter().find_map(|missing| missing.given.as_deref());
    let quoted = |text: &str| {
        let plain = text.contains('"') || text.contains('@') || words.len() == 1;
        if plain { text.to_owned() } else { format!("\"{text}\"") }
    };
    let text = match (given, question.missing.as_slice()) {
        (Some(given), _) if question.request.contains(given) => {
            question.request.replacen(given, answer.trim_matches('"'), 1)
        }
        (_, [one]) if names(&one.what) => {
            format!("{} {} {}", question.request, one.what, quoted(answer))
        }
        _ => format!("{} {answer}", question.request),
    };
    text.chars().take(MAX_REQUEST).collect()
}

/// Whether an answer is a request of its own, or talk about something else.
pub(super) fn answers_itself(answer: &str) -> bool {
    let words = pieces(answer);
    if digresses(&words, answer) {
        return true;
    }
    let starts = words.iter().find(|piece| piece.class() != Some(Class::Filler));
    let asks = starts.is_some_and(|p| matches!(p.class(), Some(Class::Ask | Class::Act)));
    let about = words.iter().any(|p| matches!(p.class(), Some(Class::Thing | Class::Aspect)));
    asks && about && intent(&words) != Intent::Unsaid
}

/// Whether a text speaks to us about something that is no value: "write me a poem", "what is the
/// weather?" A name that is in quotes is a value.
fn digresses(said: &[Piece], text: &str) -> bool {
    // A piece may be several words: "show me".
    let lower: Vec<String> = said.iter().map(Piece::lower).collect();
    let words: Vec<&str> = lower.iter().flat_map(|piece| piece.split(' ')).collect();
    let quoted = said.iter().any(|piece| piece.token == Token::Quoted);
    let Some(first) = words.first().filter(|_| !quoted && words.len() >= SPEECH) else {
        return false;
    };
    let verb = said.first().is_some_and(|piece| {
        matches!(piece.class(), Some(Class::Ask | Class::Act)) || TELLS.contains(first)
    });
    let asks = ASKS.contains(first) && text.trim_end().ends_with('?');
    asks || (verb && words.iter().any(|word| SPEAKERS.contains(word)))
}

/// Whether a value of this sort is a name that its noun introduces.
fn names(what: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.as_str() == what)
        || ["folder", "connection", "table", "database", "schema", "dataset"].contains(&what)
}
