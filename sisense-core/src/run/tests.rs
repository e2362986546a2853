use serde_json::{Value, json};

use super::*;
use crate::transport::Answer;

fn change(name: &str, before: Value, after: Value) -> Change {
    let asset = Asset {
        deployment: "prod".into(),
        kind: AssetKind::Dashboard,
        id: Some(format!("id-{name}")),
        name: name.into(),
    };
    Change::new("dashboard.add_dashboard_shares", asset, Action::Share, format!("Share {name}"))
        .before(before)
        .after(after)
}

fn answer(body: Value) -> Answer {
    Answer::new(200, body)
}

async fn open(run: &Run, change: Change) -> Pass {
    match run.admit(change).await.unwrap() {
        Door::Open(pass) => pass,
        other => panic!("the door is not open: {other:?}"),
    }
}

#[tokio::test]
async fn a_run_of_reads_lets_nothing_through() {
    let error = Run::reads().start().admit(change("a", json!(1), json!(2))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApproved);
}

#[tokio::test]
async fn a_preview_collects_and_opens_for_nothing() {
    let run = Run::preview().start();
    let door = run.admit(change("a", json!(1), json!(2))).await.unwrap();
    assert!(matches!(door, Door::Planned(Planned { id }) if is_planned(&id)));
    assert_eq!(run.changes().len(), 1);
    assert!(run.entries().is_empty());
}

#[tokio::test]
async fn an_approved_change_passes_once() {
    let run = Run::approved(vec![change("a", json!(1), json!(2))]).start();
    open(&run, change("a", json!(1), json!(2))).await.settle(Ok(answer(json!({})))).await.unwrap();
    assert_eq!(run.entries()[0].outcome, Outcome::Done);
    assert!(run.left().is_empty());
    let again = run.admit(change("a", json!(1), json!(2))).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotApproved);
}

#[tokio::test]
async fn what_was_not_approved_stays_out() {
    let run = Run::approved(vec![change("a", json!(1), json!(2))]).start();
    let other = run.admit(change("b", json!(1), json!(2))).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::NotApproved);
    let wish = run.admit(change("a", json!(1), json!(3))).await.unwrap_err();
    assert_eq!(wish.kind(), ErrorKind::Drifted);
    let state = run.admit(change("a", json!(9), json!(2))).await.unwrap_err();
    assert_eq!(state.kind(), ErrorKind::Drifted);
    assert!(state.to_string().contains("the asset is no longer what the preview showed"));
    assert!(run.entries().is_empty());
}

#[tokio::test]
async fn a_stopped_run_stops_at_the_door() {
    let token = CancellationToken::new();
    let run = Run::unattended().cancel(token.clone()).start();
    token.cancel();
    let error = run.admit(change("a", json!(1), json!(2))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[tokio::test]
async fn a_dropped_pass_is_an_unknown_outcome() {
    let journal = Arc::new(MemoryJournal::default());
    let run = Run::unattended().journal(journal.clone()).start();
    drop(open(&run, change("a", json!(1), json!(2))).await);
    assert_eq!(run.entries()[0].outcome, Outcome::Unknown);
    assert_eq!(journal.entries(run.id()).await.unwrap()[0].outcome, Outcome::Unknown);
}

#[tokio::test]
async fn silence_after_sending_is_unknown_and_a_refusal_is_failed() {
    let run = Run::unattended().start();
    let pass = open(&run, change("a", json!(1), json!(2))).await;
    pass.mark_sent();
    let error = pass.settle(Err(Error::new(ErrorKind::Timeout, "no answer"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome);

    let pass = open(&run, change("b", json!(1), json!(2))).await;
    let refused = Error::new(ErrorKind::Connect, "refused");
    let error = pass.settle(Err(refused)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let outcomes: Vec<_> = run.entries().iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unknown, Outcome::Failed]);
}

#[tokio::test]
async fn a_resumed_run_gets_the_recorded_result() {
    let journal = Arc::new(MemoryJournal::default());
    let first = Run::unattended().id("r1").journal(journal.clone()).start();
    let pass = open(&first, change("a", json!(1), json!(2))).await;
    pass.settle(Ok(answer(json!({"oid": "made"})))).await.unwrap();
    let second = Run::unattended().id("r1").journal(journal).start();
    match second.admit(change("a", json!(1), json!(2))).await.unwrap() {
        Door::Recorded(recorded) => assert_eq!(recorded.id.as_deref(), Some("made")),
        other => panic!("not recorded: {other:?}"),
    }
}

#[tokio::test]
async fn the_same_change_again_in_one_run_is_another_write() {
    let journal = Arc::new(MemoryJournal::default());
    let write = async |run: &Run, before: i32, after: i32| {
        run.admit(change("a", json!(before), json!(after))).await.unwrap()
    };
    let first = Run::unattended().id("r1").journal(journal.clone()).start();
    for (before, after) in [(1, 2), (2, 1), (1, 2)] {
        match write(&first, before, after).await {
            Door::Open(pass) => drop(pass.settle(Ok(answer(json!({})))).await.unwrap()),
            other => panic!("skipped: {other:?}"),
        }
    }
    assert_eq!(journal.entries("r1").await.unwrap().len(), 3);
    // A resumed run finds all three.
    let second = Run::unattended().id("r1").journal(journal).start();
    for (before, after) in [(1, 2), (2, 1), (1, 2)] {
        assert!(matches!(write(&second, before, after).await, Door::Recorded(_)));
    }
    assert!(matches!(write(&second, 2, 1).await, Door::Open(_)));
}

#[tokio::test]
async fn a_change_to_an_asset_that_the_run_made_matches_its_preview() {
    fn create() -> Change {
        let mut new = change("new", Value::Null, json!({"title": "new"}));
        new.action = Action::Create;
        new.asset.id = None;
        new
    }
    fn share(id: &str) -> Change {
        let mut share = change("new", Value::Null, json!({"dashboard": id}));
        share.asset.id = Some(id.to_owned());
        share
    }
    let preview = Run::preview().start();
    let Door::Planned(planned) = preview.admit(create()).await.unwrap() else { panic!("open") };
    let _ = preview.admit(share(&planned.id)).await.unwrap();

    let run = Run::approved(preview.changes()).start();
    let pass = open(&run, create()).await;
    pass.settle(Ok(answer(json!({"oid": "5f01"})))).await.unwrap();
    let pass = open(&run, share("5f01")).await;
    pass.settle(Ok(answer(json!({})))).await.unwrap();
    assert!(run.left().is_empty());
}
