//! Requests in words, over the fake deployment and a planner of the test's own.

use std::sync::Arc;

use async_trait::async_trait;
use fes_agent::planner::{Answer, Request, Suggestion};
use fes_agent::policy::Rules;
use fes_agent::{
    Agent, Decline, Options, Person, Plan, Planner, Policy, Question, Store, Tools, Turn,
};
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::Result;

use super::fake::{Fake, agent, session};

/// Understands one sentence.
struct Scripted;

#[async_trait]
impl Planner for Scripted {
    async fn plan(&self, request: &Request<'_>) -> Result<Answer> {
        let step = |args| json!({ "id": "a", "tool": "access.set_role", "args": args });
        let text = request.whole();
        let steps = match text.as_str() {
            "make bob a designer" => json!([step(json!({ "user": "bob", "role": "designer" }))]),
            "make bob a viewer" => json!([step(json!({ "user": "bob", "role": "viewer" }))]),
            _ => {
                return Ok(Answer::Decline(Decline {
                    text: "no".into(),
                    nearest: Vec::<Suggestion>::new(),
                }));
            }
        };
        let plan = json!({ "goal": text, "steps": steps });
        Ok(Answer::Plan(serde_json::from_value::<Plan>(plan).unwrap()))
    }
}

async fn scripted(fake: &Arc<Fake>, policy: Policy) -> Agent {
    let tools: Arc<dyn Tools> = fake.clone();
    Agent::builder(tools)
        .policy(policy)
        .store(Store::memory().await.unwrap())
        .planner(Arc::new(Scripted))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_write_in_words_waits_runs_and_is_then_already_so() {
    let fake = Fake::start().await;
    let agent = scripted(&fake, Policy::default()).await;
    let ask = |text| {
        let agent = agent.clone();
        async move { agent.ask(&session(), text, Options::default()).await.unwrap() }
    };
    let turn = ask("make bob a designer").await;
    let Turn::Approval(pending) = turn else { panic!("not waiting: {turn:?}") };
    assert_eq!(pending.plan.goal, "make bob a designer");
    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let ran = agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert_eq!(ran.report().summary, "Done: Make bob a designer.");
    let turn = ask("make bob a designer").await;
    assert!(
        matches!(turn, Turn::Answer(report) if report.ok && report.summary.contains("already"))
    );
    assert!(matches!(ask("sing").await, Turn::Decline(_)));
}

#[tokio::test]
async fn what_the_policy_denies_is_declined_with_its_reason() {
    let fake = Fake::start().await;
    let agent = scripted(&fake, Policy::new(Rules::read_only())).await;
    let turn = agent.ask(&session(), "make bob a designer", Options::default()).await.unwrap();
    let Turn::Decline(decline) = turn else { panic!("not declined: {turn:?}") };
    assert_eq!(decline.text, "access.set_role is denied: this server only reads.");
}

#[tokio::test]
async fn a_read_in_words_runs_without_a_model() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let turn = agent.ask(&session(), "list all users", Options::default()).await.unwrap();
    let Turn::Answer(report) = turn else { panic!("no answer: {turn:?}") };
    assert_eq!(report.steps[0].tool, "access.get_users_all");
    assert_eq!(report.steps[0].count, Some(3));
    let turn = agent.ask(&session(), "write me a poem", Options::default()).await.unwrap();
    assert!(matches!(turn, Turn::Decline(_)));
}

#[tokio::test]
async fn an_answer_goes_on_with_the_request() {
    let fake = Fake::start().await;
    let agent = scripted(&fake, Policy::default()).await;
    let question: Question = serde_json::from_value(json!({
        "request": "make bob a", "tool": "access.set_role", "text": "Which role?",
        "missing": [{ "parameter": "role", "what": "role", "why": "not_given" }]
    }))
    .unwrap();
    let turn = agent.answer(&session(), &question, "viewer", Options::default()).await.unwrap();
    assert!(matches!(turn, Turn::Answer(report) if report.ok));
}

#[tokio::test]
async fn a_turn_can_be_spawned() {
    let fake = Fake::start().await;
    let agent = agent(&fake).await;
    let task = tokio::spawn(async move {
        agent.ask(&session(), "show user \"Ann\"", Options::default()).await
    });
    assert!(task.await.unwrap().is_ok());
}
