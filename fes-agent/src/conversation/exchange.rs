//! The turns of a conversation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Plan;
use crate::planner::{Question, resume};

/// Most turns that a conversation remembers; older ones are dropped.
pub const MAX_EXCHANGES: usize = 20;

/// How often a question is asked again before the request is given up.
pub const MAX_TRIES: u32 = 2;

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every step succeeded.
    Answered,
    /// A step failed, or was not tried.
    Failed,
    /// The person was asked for something.
    Asked,
    /// The person was asked to approve.
    Waits,
    /// The request was declined.
    Declined,
}

/// One turn: what the person wrote, and what came of it. It holds nothing that a deployment
/// answered, other than names that a planner put into the plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// What the person wrote. Secrets are replaced.
    pub said: String,
    /// The request that it came to, with answers and follow-ups put in. Secrets are replaced.
    pub meant: String,
    /// What was planned. Secrets are replaced by fingerprints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// How it ended.
    pub end: End,
}

/// What a person has not decided or answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Open {
    /// A question.
    Question {
        /// What was asked.
        question: Question,
        /// How often it was asked.
        tries: u32,
    },
    /// An approval.
    Approval {
        /// Its id.
        id: String,
    },
}

/// The turns of a session, oldest first, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Conversation {
    /// The turns.
    pub exchanges: Vec<Exchange>,
    /// What is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Open>,
}

impl Conversation {
    /// Remember a turn.
    pub fn push(&mut self, exchange: Exchange) {
        self.exchanges.push(exchange);
        let over = self.exchanges.len().saturating_sub(MAX_EXCHANGES);
        self.exchanges.drain(..over);
    }

    /// What a text means after an open question: the request with the answer put in, and how often
    /// the question was asked. A text that is a request of its own stands for itself.
    #[must_use]
    pub fn request(&self, text: &str) -> (String, u32) {
        match &self.open {
            Some(Open::Question { question, tries }) => {
                let whole = resume(question, text);
                let own = whole == text.trim();
                (whole, if own { 0 } else { *tries })
            }
            _ => (text.to_owned(), 0),
        }
    }

    /// Open a question. Nothing is opened when it was asked often enough.
    #[must_use]
    pub fn ask(&mut self, question: &Question, tries: u32) -> bool {
        if tries >= MAX_TRIES {
            self.open = None;
            return false;
        }
        self.open = Some(Open::Question { question: question.clone(), tries: tries + 1 });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::{MissingValue, Why};

    fn question() -> Question {
        let missing = serde_json::from_value(serde_json::json!([
            { "parameter": "dashboard_name", "what": "dashboard", "why": "not_given" }
        ]));
        let missing: Vec<MissingValue> = missing.unwrap();
        assert_eq!(missing[0].why, Why::NotGiven);
        Question {
            request: "show the columns".to_owned(),
            tool: "dashboard.get_dashboard_columns".to_owned(),
            missing,
            text: "Which dashboard?".to_owned(),
            draft: None,
        }
    }

    fn exchange(said: &str) -> Exchange {
        Exchange { said: said.to_owned(), meant: said.to_owned(), plan: None, end: End::Answered }
    }

    #[test]
    fn an_answer_is_put_into_the_request_and_another_request_drops_the_question() {
        let mut talk = Conversation::default();
        assert!(talk.ask(&question(), 0));
        assert_eq!(talk.request("Pipeline"), ("show the columns dashboard Pipeline".to_owned(), 1));
        assert_eq!(talk.request("list all users"), ("list all users".to_owned(), 0));
    }

    #[test]
    fn a_question_is_not_asked_for_ever() {
        let mut talk = Conversation::default();
        for tries in 0..MAX_TRIES {
            assert!(talk.ask(&question(), tries));
        }
        assert!(!talk.ask(&question(), MAX_TRIES));
        assert_eq!(talk.open, None);
    }

    #[test]
    fn old_turns_are_dropped() {
        let mut talk = Conversation::default();
        for n in 0..MAX_EXCHANGES + 3 {
            talk.push(exchange(&n.to_string()));
        }
        assert_eq!((talk.exchanges.len(), talk.exchanges[0].said.as_str()), (MAX_EXCHANGES, "3"));
    }
}
