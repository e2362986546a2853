//! With summaries off no value of the deployment reaches a model: every string of the sandbox is
//! looked for in every byte that the model was shown.

use std::collections::BTreeSet;

use fes_agent::{Person, Turn};
use sisense_sandbox::{Fault, FaultAction};

use super::*;

/// Shorter strings are words and codes that stand everywhere.
const SHORTEST: usize = 5;

/// What every error of the deployment says.
const ERROR: &str = "canary-error-4711";

/// Every string that the deployment holds, but for those of the product and of the person.
fn strings(state: &Value, known: &str) -> BTreeSet<String> {
    fn walk(value: &Value, all: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                all.insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, all)),
            Value::Object(map) => {
                for (key, item) in map {
                    all.insert(key.clone());
                    walk(item, all);
                }
            }
            _ => {}
        }
    }
    let mut all = BTreeSet::new();
    walk(state, &mut all);
    all.retain(|text| text.chars().count() >= SHORTEST && !known.contains(&text.to_lowercase()));
    all
}

/// What a model may know: the product's own words.
fn product() -> String {
    let mut known = serde_json::to_string(sisense_core::generated::operations()).unwrap();
    for text in ["plan.md", "repair.md", "summary.md", "replan.md"] {
        let path = format!("{}/src/planner/prompts/{text}", env!("CARGO_MANIFEST_DIR"));
        known.push_str(&std::fs::read_to_string(path).unwrap());
    }
    let form = "src/planner/llm/snapshots/\
                fes_agent__planner__llm__answer__tests__the_form_is_written_down.snap";
    let path = format!("{}/{form}", env!("CARGO_MANIFEST_DIR"));
    known.push_str(&std::fs::read_to_string(path).unwrap());
    known
}

/// One turn: what the person types, and what the model answers.
struct TurnOf {
    typed: &'static str,
    says: Value,
    /// How it ends, after one of the offered names was chosen where a question is asked.
    ends: &'static str,
}

fn turns() -> Vec<TurnOf> {
    let turn = |typed, says, ends| TurnOf { typed, says, ends };
    let one = |tool: &str, args: Value| plan(json!([call(tool, args)]));
    let asks = |tool: &str, missing: Value| json!({ "kind": "question", "question": { "tool": tool, "missing": missing } });
    vec![
        turn("list all users", one("access.get_users_all", json!({})), "done"),
        turn("and the groups", one("access.users_per_group_all", json!({})), "done"),
        turn("all dashboards", one("dashboard.get_all_dashboards", json!({})), "done"),
        turn("all data models", one("datamodel.get_all_datamodel", json!({})), "done"),
        turn("show me a user", asks("access.get_user", json!(["user_name"])), "done"),
        turn(
            "who can see a dashboard",
            asks("dashboard.get_dashboard_share", json!(["dashboard_name"])),
            "done",
        ),
        turn(
            "describe a model",
            asks("datamodel.get_datamodel", json!(["datamodel_name"])),
            "done",
        ),
        turn("delete a user", asks("access.delete_user", json!(["user_name"])), "waits"),
        turn("show nobody", one("access.get_user", json!({ "user_name": "nobody" })), "failed"),
        turn("nonsense", one("access.no_such_tool", json!({})), "decline"),
        turn("users again", one("access.get_users_all", json!({})), "done"),
    ]
}

/// Go through all turns as one conversation, with an approval and a run. Says how each ended.
async fn talk(room: &Room, turns: &[TurnOf]) -> Vec<&'static str> {
    let agent = &room.agent;
    let session = agent.begin(&session()).await.unwrap();
    let mut words = Vec::new();
    for turn in turns {
        let mut said = turn.typed.to_owned();
        let word = loop {
            match agent.say(&session, &said, Options::default()).await.unwrap().turn {
                Turn::Question(question) => {
                    // The first user is the one who asks, whom nobody can delete.
                    let missing = &question.missing[0];
                    let user = missing.parameter == "user_name";
                    said = missing.some[if user { missing.some.len() - 1 } else { 0 }].clone();
                }
                Turn::Approval(pending) => {
                    agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
                    let id = &pending.id;
                    let ran = agent.run_in_session(&session, id, Options::default()).await.unwrap();
                    assert!(ran.report().ok, "{ran:?}");
                    break "waits";
                }
                Turn::Answer(report) if report.ok => break "done",
                Turn::Answer(_) => break "failed",
                Turn::Decline(_) => break "decline",
            }
        };
        words.push(word);
    }
    words
}

async fn room() -> Room {
    let says: Vec<(String, String)> =
        turns().iter().map(|turn| (turn.typed.to_owned(), turn.says.to_string())).collect();
    let model = Script::new(move |_, prompt| {
        // Answers the last request that the prompt holds.
        let last = prompt.rfind("\n[user]\n").map_or(prompt, |at| &prompt[at + 8..]);
        let says = says.iter().find(|(typed, _)| last.starts_with(typed.as_str()));
        Ok(reply(&says.map(|(_, says)| says.clone()).unwrap_or_else(|| "{}".to_owned())))
    });
    Room::open(model).await
}

fn assert_blind(room: &Room, before: &Value) {
    let mut known = product().to_lowercase();
    for turn in turns() {
        known.push_str(&turn.typed.to_lowercase());
        known.push_str(&turn.says.to_string().to_lowercase());
    }
    let mut canaries = strings(before, &known);
    canaries.extend(strings(&room.sandbox.state(), &known));
    assert!(canaries.len() > 800, "{} strings", canaries.len());
    canaries.insert(ERROR.to_owned());
    canaries.insert(room.sandbox.token().to_owned());
    canaries.insert(room.sandbox.url());
    let seen = room.model.seen().join("\n").to_lowercase();
    for canary in canaries {
        assert!(!seen.contains(&canary.to_lowercase()), "the model saw {canary:?}");
    }
}

#[tokio::test]
async fn no_string_of_the_deployment_reaches_the_model() {
    let room = room().await;
    let before = room.sandbox.state();
    let turns = turns();
    let words = talk(&room, &turns).await;
    let wanted: Vec<&str> = turns.iter().map(|turn| turn.ends).collect();
    assert_eq!(words, wanted);
    assert_eq!(room.sandbox.counts().writes, 1, "the approved deletion");
    // One call per turn, and one to mend: answers to questions need none.
    assert_eq!(room.model.calls(), turns.len() + 1);
    assert_blind(&room, &before);
}

#[tokio::test]
async fn no_error_of_the_deployment_reaches_the_model() {
    let room = room().await;
    let before = room.sandbox.state();
    for status in [400, 403, 404, 409, 500] {
        let body = json!({ "error": { "code": 1, "message": ERROR, "status": status } });
        let action = FaultAction::Status { status, body: Some(body), retry_after: None };
        room.sandbox.clear_faults();
        room.sandbox.add_fault(Fault::new("/api", action));
        let turns: Vec<TurnOf> =
            turns().into_iter().filter(|turn| turn.says["kind"] == "plan").collect();
        let words = talk(&room, &turns).await;
        assert!(words.contains(&"failed"), "{words:?}");
        assert!(!words.contains(&"done"), "{words:?}");
    }
    assert_blind(&room, &before);
}

#[tokio::test]
async fn the_search_finds_what_it_looks_for() {
    // With summaries on a result is shown: the same search has to see it.
    use fes_agent::llm::Meter;
    use fes_agent::privacy::SummaryRules;
    use fes_agent::report::Telling;
    let room = room().await;
    let before = room.sandbox.state();
    let Outcome::Done(report) = room.ask("list all users").await else { panic!() };
    let telling = Telling {
        model: room.model.as_ref(),
        summaries: SummaryRules { allowed: true, toggle: true }.for_turn(Some(true)),
        meter: Meter::default(),
        cancel: sisense_core::run::CancellationToken::new(),
        lines: None,
    };
    report.told("list all users", &telling).await;
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        assert_blind(&room, &before);
    }));
    assert!(found.is_err());
}
