//! Requests in words with a language model, over the real operations and the sandbox. The model is a
//! script: what it says is the test's, what it sees is what a real one would see.

mod canary;
mod cases;
mod hostile;
mod planning;
mod questions;
mod telling;
mod turns;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fes_agent::conversation::Exchange;
use fes_agent::llm::{Ending, Model, Reply, Request, Usage};
use fes_agent::planner::{Answer, Context, LlmPlanner};
use fes_agent::privacy::SummaryRules;
use fes_agent::{Agent, Local, Options, Policy, Prepared, Session, Store, Tools};
use serde_json::{Value, json};
use sisense_core::{Client, Error, Result, Secret};
use sisense_sandbox::{Sandbox, SandboxConfig};

type Says = Box<dyn Fn(usize, &str) -> Result<Reply> + Send + Sync>;

/// A model that says what the test wants, and remembers every byte that it was shown.
pub struct Script {
    says: Says,
    seen: Mutex<Vec<String>>,
}

impl Script {
    /// By the number of the call and the whole text of the prompt.
    fn new(says: impl Fn(usize, &str) -> Result<Reply> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Script { says: Box::new(says), seen: Mutex::new(Vec::new()) })
    }

    /// One text after the other; the last one for ever.
    fn texts(texts: Vec<String>) -> Arc<Self> {
        Script::new(move |call, _| Ok(reply(texts.get(call).or(texts.last()).unwrap())))
    }

    fn always(value: &Value) -> Arc<Self> {
        Script::texts(vec![value.to_string()])
    }

    fn ends(ending: Ending) -> Arc<Self> {
        Script::new(move |_, _| Ok(Reply { ending, ..reply("") }))
    }

    fn fails(error: impl Fn() -> Error + Send + Sync + 'static) -> Arc<Self> {
        Script::new(move |_, _| Err(error()))
    }

    /// What it was shown, one text per call.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

#[async_trait]
impl Model for Script {
    fn name(&self) -> &str {
        "script"
    }

    async fn complete(&self, request: Request<'_>) -> Result<Reply> {
        let mut text = String::new();
        for message in request.prompt.messages() {
            text.push_str(&format!("[{}]\n{}\n", message.role().as_str(), message.text()));
        }
        if let Some(shape) = request.prompt.shape() {
            text.push_str(&format!("{} {} {}", shape.name(), shape.description(), shape.schema()));
        }
        let call = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(text.clone());
            seen.len() - 1
        };
        let reply = (self.says)(call, &text)?;
        if let Some(deltas) = &request.deltas {
            // In pieces that are cut anywhere.
            let letters: Vec<char> = reply.text.chars().collect();
            for piece in letters.chunks(7) {
                deltas(&piece.iter().collect::<String>());
            }
        }
        Ok(reply)
    }
}

fn reply(text: &str) -> Reply {
    let usage = Usage { calls: 1, input_tokens: 100, output_tokens: 10, ..Usage::default() };
    Reply { text: text.to_owned(), ending: Ending::Done, usage, attempts: 1 }
}

fn plan(steps: Value) -> Value {
    json!({ "kind": "plan", "plan": { "goal": "the model's words", "steps": steps } })
}

fn call(tool: &str, args: Value) -> Value {
    json!({ "id": "a", "tool": tool, "args": args })
}

fn session() -> Session {
    Session::new("s1", "ann", "prod")
}

/// An agent with a scripted model over a sandbox.
struct Room {
    sandbox: Arc<Sandbox>,
    agent: Agent,
    model: Arc<Script>,
}

impl Room {
    async fn open(model: Arc<Script>) -> Room {
        Room::with(model, Policy::default(), SandboxConfig::default()).await
    }

    async fn with(model: Arc<Script>, policy: Policy, config: SandboxConfig) -> Room {
        let sandbox = Arc::new(Sandbox::start(config).await.unwrap());
        let agent = Room::agent(&sandbox, Arc::clone(&model), policy).await;
        Room { sandbox, agent, model }
    }

    async fn agent(sandbox: &Sandbox, model: Arc<Script>, policy: Policy) -> Agent {
        let token = Secret::new(sandbox.token());
        let client = Client::builder(sandbox.url()).name("prod").token(token).build().unwrap();
        let tools: Arc<dyn Tools> = Arc::new(Local::new([client]).unwrap());
        Agent::builder(tools)
            .policy(policy)
            .store(Store::memory().await.unwrap())
            .planner(Arc::new(LlmPlanner::new(Arc::clone(&model) as Arc<dyn Model>)))
            // Still off where a turn does not wish it.
            .summaries(SummaryRules { allowed: true, toggle: true }, model)
            .build()
            .unwrap()
    }

    async fn plan(&self, text: &str) -> Result<Answer> {
        self.plan_in(text, &[], &Context::default()).await
    }

    async fn plan_in(&self, text: &str, history: &[Exchange], context: &Context) -> Result<Answer> {
        self.agent.plan_in(&session(), text, history, context).await
    }

    /// Plan, and go as far as it goes without a person.
    async fn ask(&self, text: &str) -> Outcome {
        match self.plan(text).await {
            Ok(answer) => self.carry(answer).await,
            Err(error) => Outcome::Error(error),
        }
    }

    async fn carry(&self, answer: Answer) -> Outcome {
        let plan = match answer {
            Answer::Plan(plan) => plan,
            Answer::Question(question) => return Outcome::Question(question.text),
            Answer::Decline(decline) => return Outcome::Decline(decline.text),
        };
        match self.agent.prepare(&session(), plan, Options::default()).await {
            Ok(Prepared::Done(report)) => Outcome::Done(Box::new(report)),
            Ok(Prepared::NeedsApproval(pending)) => Outcome::Waits(pending),
            Ok(Prepared::Denied(denial)) => Outcome::Decline(denial.to_string()),
            Err(error) => Outcome::Error(error),
        }
    }
}

/// What came of a request.
#[derive(Debug)]
enum Outcome {
    Done(Box<fes_agent::Report>),
    Waits(Box<fes_agent::Pending>),
    Question(String),
    Decline(String),
    Error(Error),
}

impl Outcome {
    /// In one word.
    fn word(&self) -> &'static str {
        match self {
            Outcome::Done(report) if report.ok => "done",
            Outcome::Done(_) => "failed",
            Outcome::Waits(_) => "waits",
            Outcome::Question(_) => "question",
            Outcome::Decline(_) => "decline",
            Outcome::Error(_) => "error",
        }
    }

    /// Every word that a person is shown of it.
    fn words(&self) -> String {
        match self {
            Outcome::Done(report) => format!("{} {}", report.goal, report.summary),
            Outcome::Waits(pending) => pending.plan.goal.clone(),
            Outcome::Question(text) | Outcome::Decline(text) => text.clone(),
            Outcome::Error(error) => error.to_string(),
        }
    }
}
