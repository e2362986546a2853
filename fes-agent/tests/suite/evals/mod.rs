//! Cases by their number: what somebody asks for, and the plan or the question that it comes to
//! without a model. The real operations over the sandbox; nothing is run.

mod migrations;
mod reads;
mod single;
mod talk;
mod writes;

use std::fmt::Write as _;
use std::sync::Arc;

use fes_agent::conversation::{End, Exchange};
use fes_agent::planner::{Answer, Context, resume};
use fes_agent::{Agent, Local, Question, Session, Store, Tools};
use sisense_core::{Client, Secret};
use sisense_sandbox::{Sandbox, SandboxConfig};

/// A deployment and the agent over it.
struct Room {
    _sandbox: Sandbox,
    agent: Agent,
}

impl Room {
    async fn open() -> Room {
        let sandbox = Sandbox::start(SandboxConfig::default()).await.unwrap();
        let token = Secret::new(sandbox.token());
        let client = Client::builder(sandbox.url()).name("prod").token(token).build().unwrap();
        let tools: Arc<dyn Tools> = Arc::new(Local::new([client]).unwrap());
        let store = Store::memory().await.unwrap();
        let agent = Agent::builder(tools).store(store).build().unwrap();
        Room { _sandbox: sandbox, agent }
    }

    async fn plan(&self, text: &str, history: &[Exchange]) -> Answer {
        let session = Session::new("s1", "ann", "prod");
        self.agent.plan_in(&session, text, history, &Context::default()).await.unwrap()
    }

    /// What a request comes to, in one line.
    async fn say(&self, text: &str) -> String {
        line(&self.plan(text, &[]).await)
    }

    /// The turn that a request was.
    async fn turn(&self, text: &str) -> Exchange {
        let Answer::Plan(plan) = self.plan(text, &[]).await else { panic!("no plan: {text}") };
        let said = text.to_owned();
        Exchange { said: said.clone(), meant: said, plan: Some(plan), end: End::Answered }
    }

    /// What a request comes to after another.
    async fn after(&self, before: &str, text: &str) -> String {
        let history = [self.turn(before).await];
        line(&self.plan(text, &history).await)
    }

    /// The question that a request comes to.
    async fn question(&self, text: &str) -> Question {
        match self.plan(text, &[]).await {
            Answer::Question(question) => question,
            other => panic!("no question: {text}: {}", line(&other)),
        }
    }

    /// What a request comes to when its question is answered.
    async fn answered(&self, text: &str, answer: &str) -> String {
        let question = self.question(text).await;
        self.say(&resume(&question, answer)).await
    }
}

/// An answer in one line: calls with their arguments, a question, or a no.
fn line(answer: &Answer) -> String {
    match answer {
        Answer::Plan(plan) => {
            let mut out = String::new();
            for call in plan.calls() {
                let args = serde_json::to_string(&call.args).unwrap().replace('"', "'");
                let gap = if out.is_empty() { "" } else { " ; " };
                let args = if args == "{}" { String::new() } else { format!(" {args}") };
                write!(out, "{gap}{}{args}", call.tool).unwrap();
            }
            out
        }
        Answer::Question(question) => format!("? {}: {}", question.tool, question.text),
        Answer::Decline(decline) => format!("no: {}", decline.text),
    }
}

/// Check requests against what they come to.
async fn table(rows: &[(&str, &str)]) {
    let room = Room::open().await;
    let mut wrong = Vec::new();
    for (text, wanted) in rows {
        let said = room.say(text).await;
        let right = match wanted.strip_suffix('…') {
            Some(begin) => said.starts_with(begin),
            None => said == *wanted,
        };
        if !right {
            wrong.push(format!("{text}\n   wanted {wanted}\n   got    {said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
