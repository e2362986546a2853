//! Turns of a conversation in which results may be shown to a model: what came of them in its words,
//! and another plan after a step failed.

use std::sync::Mutex as Lock;

use fes_agent::Turn;
use fes_agent::llm::Meter;
use fes_agent::runner::{PhaseKind, Said};
use pretty_assertions::assert_eq;
use sisense_sandbox::{Fault, FaultAction};

use super::*;

fn users() -> Value {
    plan(json!([call("access.get_users_all", json!({}))]))
}

/// A user who is not there, by number.
fn gone(number: usize) -> Value {
    let name = format!("gone-{number}@acme.example");
    plan(json!([call("access.get_user", json!({ "user_name": name }))]))
}

async fn say(room: &Room, text: &str, options: Options) -> Said {
    let session = room.agent.begin(&session()).await.unwrap();
    room.agent.say(&session, text, options).await.unwrap()
}

fn wished() -> Options {
    Options::default().summarize(Some(true))
}

fn answered(turn: &Turn) -> &fes_agent::Report {
    let Turn::Answer(report) = turn else { panic!("{turn:?}") };
    report
}

#[tokio::test]
async fn a_turn_is_told_by_the_model_where_that_is_wished_and_its_tokens_are_counted() {
    for (wish, calls) in [(None, 1), (Some(false), 1), (Some(true), 2)] {
        let texts = vec![users().to_string(), "There are 14 users.".to_owned()];
        let room = Room::open(Script::texts(texts)).await;
        let meter = Meter::default();
        let options = Options::default().summarize(wish).meter(meter.clone());
        let said = say(&room, "list all users", options).await;
        let report = answered(&said.turn);
        assert_eq!((report.told.is_some(), room.model.calls()), (calls == 2, calls));
        assert_eq!(report.words() == "There are 14 users.", calls == 2);
        assert_eq!(meter.total().calls as usize, calls);
        assert_eq!(meter.total().input_tokens as usize, 100 * calls);
    }
}

#[tokio::test]
async fn the_operators_no_stands_over_the_persons_yes() {
    for (allowed, toggle) in [(false, true), (true, false)] {
        let room = Room::open(Script::always(&users())).await;
        let rules = SummaryRules { allowed, toggle };
        let token = Secret::new(room.sandbox.token());
        let client = Client::builder(room.sandbox.url()).name("prod").token(token).build().unwrap();
        let model: Arc<dyn Model> = Arc::<Script>::clone(&room.model);
        let agent = Agent::builder(Arc::new(Local::new([client]).unwrap()))
            .store(Store::memory().await.unwrap())
            .planner(Arc::new(LlmPlanner::new(Arc::clone(&model))))
            .summaries(rules, model)
            .build()
            .unwrap();
        let session = agent.begin(&session()).await.unwrap();
        let said = agent.say(&session, "list all users", wished()).await.unwrap();
        assert_eq!((answered(&said.turn).told.is_some(), room.model.calls()), (false, 1));
    }
}

#[tokio::test]
async fn a_failed_step_is_planned_again_and_both_are_told() {
    let texts = vec![gone(1).to_string(), users().to_string(), "Told.".to_owned()];
    let room = Room::open(Script::texts(texts)).await;
    let phases: Arc<Lock<Vec<PhaseKind>>> = Arc::default();
    let seen = Arc::clone(&phases);
    let options = wished().phases(Arc::new(move |phase| seen.lock().unwrap().push(phase.phase)));
    let said = say(&room, "show gone-1 or else everybody", options).await;
    let report = answered(&said.turn);
    assert!(report.ok && report.words() == "Told.", "{report:?}");
    assert_eq!(said.tried.len(), 1);
    assert!(!said.tried[0].ok && said.tried[0].told.is_none());
    use PhaseKind::{Completed, Executing, Planned, Planning, Replanned, Replanning, Summarizing};
    assert_eq!(
        *phases.lock().unwrap(),
        [
            Planning,
            Planned,
            Executing,
            Completed,
            Replanning,
            Replanned,
            Executing,
            Completed,
            Summarizing
        ]
    );
}

#[tokio::test]
async fn it_is_planned_again_twice_at_most() {
    let room = Room::open(Script::new(|call, _| {
        Ok(if call < 3 { reply(&gone(call).to_string()) } else { reply("Nobody was found.") })
    }))
    .await;
    let said = say(&room, "show gone", wished()).await;
    assert_eq!((said.tried.len(), room.model.calls()), (2, 4));
    let report = answered(&said.turn);
    assert_eq!((report.ok, report.words()), (false, "Nobody was found."));
}

#[tokio::test]
async fn the_same_plan_is_not_run_again_and_without_a_wish_nothing_is_planned_again() {
    for (options, calls) in [(wished(), 3), (Options::default(), 1)] {
        let room = Room::open(Script::always(&gone(1))).await;
        let said = say(&room, "show gone", options).await;
        assert_eq!((said.tried.len(), room.model.calls()), (0, calls));
        assert!(!answered(&said.turn).ok);
    }
}

#[tokio::test]
async fn what_is_planned_again_changes_nothing_before_a_person_approves() {
    let wish = plan(json!([call(
        "access.delete_user",
        json!({ "user_name": "vera.viewer@acme.example" })
    )]));
    let room = Room::open(Script::texts(vec![gone(1).to_string(), wish.to_string()])).await;
    let said = say(&room, "show gone", wished()).await;
    assert!(matches!(said.turn, Turn::Approval(_)), "{:?}", said.turn);
    assert_eq!(said.tried.len(), 1);
    assert_eq!(room.sandbox.counts().writes, 0);
}

#[tokio::test]
async fn a_model_that_fails_then_is_told_beside_what_failed_first() {
    let room = Room::open(Script::new(|call, _| match call {
        0 => Ok(reply(&gone(1).to_string())),
        _ => Err(Error::new(sisense_core::ErrorKind::Server, "the model is away")),
    }))
    .await;
    let said = say(&room, "show gone", wished()).await;
    let report = answered(&said.turn);
    assert!(report.next.iter().any(|next| next.contains("the model is away")), "{report:?}");
    let told = report.told.as_ref().unwrap();
    assert!(!told.by_model && told.error.is_some());
    assert_eq!(report.words(), report.summary);
}

#[tokio::test]
async fn a_refused_permission_is_not_got_around() {
    let room = Room::open(Script::new(|call, _| Ok(reply(&gone(call).to_string())))).await;
    room.sandbox.add_fault(Fault::new("*", FaultAction::status(403)));
    let said = say(&room, "show gone", wished()).await;
    let kind = answered(&said.turn).error().unwrap().kind;
    // One plan, and one summary.
    assert_eq!((kind, room.model.calls()), (sisense_core::ErrorKind::Forbidden, 2));
}
