//! What a model answers, as data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::plan::{MAX_PLAN_BYTES, Plan};

/// What sort of answer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AnswerKind {
    /// The request can be done.
    Plan,
    /// A value is missing that only the person knows.
    Question,
    /// The request cannot be done.
    Decline,
}

/// An answer. Exactly the member that is named by `kind` is given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Answer")]
struct Written {
    /// What sort of answer it is.
    kind: AnswerKind,
    /// The plan.
    #[serde(default)]
    plan: Option<Plan>,
    /// The question.
    #[serde(default)]
    question: Option<Asked>,
    /// The refusal.
    #[serde(default)]
    decline: Option<Declined>,
}

/// An answer that was read.
#[derive(Clone, Debug)]
pub(super) enum ModelAnswer {
    /// The request can be done in this way.
    Plan(Plan),
    /// A value is missing.
    Question(Asked),
    /// The request cannot be done, and why.
    Decline(String),
}

/// What a model asks the person.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(super) struct Asked {
    /// The operation that it would be.
    #[serde(default)]
    pub(super) tool: Option<String>,
    /// The arguments that are known.
    #[serde(default)]
    pub(super) args: Option<Map<String, Value>>,
    /// The parameters that are missing.
    #[serde(default)]
    pub(super) missing: Option<Vec<String>>,
    /// The question in plain words.
    #[serde(default)]
    pub(super) text: Option<String>,
}

/// Why a model does not plan.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Declined {
    /// One sentence.
    #[serde(default)]
    text: Option<String>,
}

impl ModelAnswer {
    /// The form that an answer has to have.
    pub(super) fn schema() -> Value {
        schemars::schema_for!(Written).to_value()
    }

    /// Read an answer. Models that were asked in words put it between other words.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.len() > MAX_PLAN_BYTES {
            return Err(format!("the answer is longer than {MAX_PLAN_BYTES} bytes"));
        }
        let inner = match (text.find('{'), text.rfind('}')) {
            (Some(from), Some(to)) if from < to => text.get(from..=to).unwrap_or(text),
            _ => return Err("the answer is no JSON object".to_owned()),
        };
        let written: Written = serde_json::from_str(inner).map_err(|error| {
            format!("the answer is not of the form that was asked for: {error}")
        })?;
        let answer = match written.kind {
            AnswerKind::Plan => written.plan.map(ModelAnswer::Plan),
            AnswerKind::Question => written.question.map(ModelAnswer::Question),
            AnswerKind::Decline => {
                let why = written.decline.and_then(|decline| decline.text).unwrap_or_default();
                Some(ModelAnswer::Decline(why))
            }
        };
        answer.ok_or_else(|| "the answer lacks the member that its `kind` names".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer_bare_fenced_or_between_words() {
        let bare = r#"{"kind": "decline", "decline": {"text": "No."}}"#;
        for text in [bare.to_owned(), format!("```json\n{bare}\n```"), format!("Sure! {bare} Bye.")]
        {
            let answer = ModelAnswer::read(&text).unwrap();
            assert!(matches!(answer, ModelAnswer::Decline(why) if why == "No."), "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let deep = format!("{{\"kind\": \"plan\", \"plan\": {}", "[".repeat(100_000));
        let long = format!("{{\"kind\": \"plan\", \"x\": \"{}\"}}", "x".repeat(MAX_PLAN_BYTES));
        for text in [
            "",
            "I will do that.",
            "}{",
            "{}",
            r#"{"kind": "plan"}"#,
            r#"{"kind": "approve", "id": "1"}"#,
            r#"{"kind": "plan", "plan": {"steps": []}}"#,
            &format!("{deep}}}"),
            &long,
        ] {
            assert!(ModelAnswer::read(text).is_err(), "{:.80}", text);
        }
    }

    #[test]
    fn the_form_is_written_down() {
        insta::assert_json_snapshot!(ModelAnswer::schema());
    }
}
