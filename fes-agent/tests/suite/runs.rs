//! Runs that outlive their process: interrupted, resumed by one, stopped, taken back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fes_agent::runner::OnDisconnect;
use fes_agent::{Agent, Options, Pending, Person, Prepared, Ran, RunState};
use pretty_assertions::assert_eq;
use sisense_core::ErrorKind;
use sisense_core::run::{CancellationToken, Journal};

use super::fake::Hands;
use super::home::home;
use super::two::{Two, agent, everything, session};

const MINUTE: i64 = 1;

fn ann() -> Person {
    Person::new("ann")
}

async fn approved(agent: &Agent) -> Pending {
    let prepared = agent.prepare(&session(), everything(), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(pending) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&pending.id, &ann()).await.unwrap()
}

/// Start the run and drop it in the middle of a write, as a crash would.
async fn crash(two: &Two, agent: &Agent, id: &str, at: usize) {
    two.hang_at.store(at, Ordering::SeqCst);
    let (session, running) = (session(), Options::default());
    tokio::select! {
        ran = agent.run_approved(&session, id, running) => panic!("it ended: {ran:?}"),
        () = two.hanging.notified() => {}
    }
    two.hang_at.store(usize::MAX, Ordering::SeqCst);
}

async fn state(agent: &Agent, id: &str) -> RunState {
    agent.run(id, &ann()).await.unwrap().state
}

#[tokio::test]
async fn what_cannot_be_resumed_says_why_and_writes_nothing() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let resume = async |id: &str, person: Person| {
        agent.resume(id, &person, Options::default()).await.unwrap_err()
    };
    assert_eq!(resume("nope", ann()).await.kind(), ErrorKind::NotFound);
    let pending = approved(&agent).await;
    // An approval that was not used is no run.
    assert_eq!(resume(&pending.id, ann()).await.kind(), ErrorKind::NotFound);
    two.hang_at.store(1, Ordering::SeqCst);
    {
        let session = session();
        let running = agent.run_approved(&session, &pending.id, Options::default());
        tokio::pin!(running);
        tokio::select! {
            ran = &mut running => panic!("it ended: {ran:?}"),
            () = two.hanging.notified() => {}
        }
        let busy = resume(&pending.id, ann()).await;
        assert_eq!(busy.kind(), ErrorKind::Conflict);
        assert!(busy.to_string().contains("another process is at this run"), "{busy}");
        let undo = agent.undo(&session, &pending.id, &ann(), Options::default()).await;
        assert_eq!(undo.unwrap_err().kind(), ErrorKind::Conflict);
    }
    two.hang_at.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(resume(&pending.id, Person::new("bob")).await.kind(), ErrorKind::NotFound);
    assert_eq!(two.requests().await, 2);
    agent.resume(&pending.id, &Person::operator("ops"), Options::default()).await.unwrap();
    let done = resume(&pending.id, ann()).await;
    assert!(done.to_string().contains("this run is done"), "{done}");
}

#[tokio::test]
async fn a_crashed_run_is_interrupted_and_resumed_to_the_same_end() {
    for at in 0..6 {
        let home = home!();
        let (two, store) = (Two::start().await, home.store().await);
        let hands = Hands::new();
        let (here, there) = (agent(&two, &store, &hands), agent(&two, &store, &hands));
        let pending = approved(&here).await;
        crash(&two, &here, &pending.id, at).await;
        let record = there.run(&pending.id, &ann()).await.unwrap();
        assert_eq!(record.state, RunState::Interrupted);
        assert_eq!((record.writes.done, record.writes.unknown), (at as u64, 1));

        let ran = there.resume(&pending.id, &ann(), Options::default()).await.unwrap();
        let Ran::Done(report) = ran else { panic!("not done: {ran:?}") };
        assert!(report.ok, "{report:?}");
        assert_eq!(state(&here, &pending.id).await, RunState::Done);
        // Nothing twice, nothing missing: what nobody saw end is found there and not sent again.
        let written = two.written.lock().unwrap().clone();
        assert_eq!(written.len(), 6, "{at}: {written:?}");
        assert_eq!(two.at_target().len(), 6);
    }
}

#[tokio::test]
async fn of_two_processes_one_resumes() {
    let home = home!();
    let (two, hands) = (Two::start().await, Hands::new());
    let open = async || agent(&two, &home.store().await, &hands);
    let (first, here, there) = (open().await, open().await, open().await);
    let pending = approved(&first).await;
    crash(&two, &first, &pending.id, 2).await;
    let (ann, id) = (ann(), pending.id.as_str());
    let (one, other) = tokio::join!(
        here.resume(id, &ann, Options::default()),
        there.resume(id, &ann, Options::default())
    );
    let refused = [&one, &other].into_iter().filter(|ran| ran.is_err()).count();
    assert_eq!(refused, 1, "{one:?} {other:?}");
    assert_eq!(two.written.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_process_that_is_not_heard_of_for_long_loses_its_run() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let (here, there) = (agent(&two, &store, &hands), agent(&two, &store, &hands));
    let pending = approved(&here).await;
    two.hang_at.store(2, Ordering::SeqCst);
    let session = session();
    let asleep = here.run_approved(&session, &pending.id, Options::default());
    tokio::pin!(asleep);
    tokio::select! {
        ran = &mut asleep => panic!("it ended: {ran:?}"),
        () = two.hanging.notified() => {}
    }
    two.hang_at.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(state(&there, &pending.id).await, RunState::Running);
    hands.forward(MINUTE);
    assert_eq!(state(&there, &pending.id).await, RunState::Interrupted);
    let ran = there.resume(&pending.id, &ann(), Options::default()).await.unwrap();
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.written.lock().unwrap().len(), 6);
}

#[tokio::test]
async fn a_process_that_lost_its_run_writes_nothing_more() {
    let home = home!();
    let (two, hands) = (Two::start().await, Hands::new());
    let agent = agent(&two, &home.store().await, &hands);
    let pending = approved(&agent).await;
    // Another process takes the run over as soon as the first write is told.
    let home = Arc::new(home);
    let taken = home.clone();
    let options = Options::default().progress(Arc::new(move |_| {
        let taken = taken.clone();
        let other = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(taken.spoil("UPDATE runs SET owner = 'another'"));
        });
        other.join().unwrap();
    }));
    let ran = agent.run_approved(&session(), &pending.id, options).await.unwrap();
    assert!(!ran.report().ok);
    // The intent of the first was kept before; its end and the intents of the others are not.
    assert_eq!(two.requests().await, 1, "{ran:?}");
    assert!(ran.report().next.iter().any(|next| next.contains("could not be kept")), "{ran:?}");
}

#[tokio::test]
async fn a_stopped_run_says_so_and_goes_on_later() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    let token = CancellationToken::new();
    let stop = token.clone();
    let options = Options::default().cancel(token).progress(Arc::new(move |_| stop.cancel()));
    let ran = agent.run_approved(&session(), &pending.id, options).await.unwrap();
    let report = ran.report();
    assert!(report.steps[0].summary.starts_with("Stopped before the end."), "{report:?}");
    assert!(!report.steps[1].attempted);
    assert_eq!(two.requests().await, 1);
    let record = agent.run(&pending.id, &ann()).await.unwrap();
    assert_eq!((record.state, record.writes.done), (RunState::Stopped, 1));
    assert_eq!(record.report.unwrap().summary, report.summary);
    let ran = agent.resume(&pending.id, &ann(), Options::default()).await.unwrap();
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.written.lock().unwrap().len(), 6);
    // What was done before the stop is told as done in the report of the whole.
    let states: Vec<_> = ran.report().steps[0].changes.iter().map(|c| c.state).collect();
    assert!(states.iter().all(|s| *s == fes_agent::report::ChangeState::Done), "{states:?}");
}

#[tokio::test]
async fn a_failed_asset_is_tried_again_by_a_resume() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    *two.refused.lock().unwrap() = Some("user carla".into());
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert_eq!(state(&agent, &pending.id).await, RunState::Failed);
    *two.refused.lock().unwrap() = None;
    let ran = agent.resume(&pending.id, &ann(), Options::default()).await.unwrap();
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.at_target().len(), 6);
}

#[tokio::test]
async fn the_log_is_kept_with_its_run_and_bounded() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let log = agent.run_log(&pending.id, &ann(), 0).await.unwrap();
    let numbers: Vec<u64> = log.iter().map(|line| line.seq).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(log[0].progress.message, "Make group A");
    assert_eq!(agent.run_log(&pending.id, &ann(), 4).await.unwrap().len(), 2);
    let another = agent.run_log(&pending.id, &Person::new("bob"), 0).await.unwrap_err();
    assert_eq!(another.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_run_is_seen_by_its_owner_and_an_operator() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    assert!(agent.runs(&Person::new("bob")).await.unwrap().is_empty());
    let seen = agent.runs(&Person::operator("ops")).await.unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].goal.as_str(), seen[0].writes.approved), ("move everything", 6));
    assert_eq!(agent.run_entries(&pending.id, &ann()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_run_is_taken_back_after_a_person_saw_how() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    two.put("user bob", "old");
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let undo = async |who: &str| {
        agent.undo(&session(), &pending.id, &Person::new(who), Options::default()).await
    };
    assert_eq!(undo("bob").await.unwrap_err().kind(), ErrorKind::NotFound);

    let prepared = undo("ann").await.unwrap();
    let Prepared::NeedsApproval(back) = prepared else { panic!("not pending: {prepared:?}") };
    assert_eq!(back.plan.undoes(), Some(pending.id.as_str()));
    assert_eq!((back.changes.len(), two.requests().await), (6, 6));
    let early = agent.run_approved(&back.session(), &back.id, Options::default()).await;
    assert_eq!(early.unwrap_err().kind(), ErrorKind::NotApproved);
    agent.approve(&back.id, &ann()).await.unwrap();
    let ran = agent.run_approved(&back.session(), &back.id, Options::default()).await.unwrap();
    assert!(ran.report().ok, "{ran:?}");
    assert_eq!(two.at_target(), ["user bob=old"]);
    assert_eq!(state(&agent, &pending.id).await, RunState::Undone);
    let record = agent.run(&back.id, &ann()).await.unwrap();
    assert_eq!(record.undoes.as_deref(), Some(pending.id.as_str()));
    assert_eq!(undo("ann").await.unwrap_err().kind(), ErrorKind::Conflict);
    let resumed = agent.resume(&pending.id, &ann(), Options::default()).await.unwrap_err();
    assert!(resumed.to_string().contains("taken back"), "{resumed}");
    // The journal of the way back is there too.
    assert_eq!(store.entries(&back.id).await.unwrap().len(), 6);
}

#[tokio::test]
async fn an_undo_that_crashed_is_resumed() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    agent.run_approved(&session(), &pending.id, Options::default()).await.unwrap();
    let prepared = agent.undo(&session(), &pending.id, &ann(), Options::default()).await.unwrap();
    let Prepared::NeedsApproval(back) = prepared else { panic!("not pending: {prepared:?}") };
    agent.approve(&back.id, &ann()).await.unwrap();
    *two.refused.lock().unwrap() = Some("group B".into());
    agent.run_approved(&session(), &back.id, Options::default()).await.unwrap();
    assert_eq!(state(&agent, &back.id).await, RunState::Failed);
    assert_eq!(state(&agent, &pending.id).await, RunState::Done);
}

#[tokio::test]
async fn a_run_may_go_on_without_its_caller() {
    let home = home!();
    let (two, store, hands) = (Two::start().await, home.store().await, Hands::new());
    let agent = agent(&two, &store, &hands);
    let pending = approved(&agent).await;
    let seen = Arc::new(tokio::sync::Notify::new());
    let told = seen.clone();
    let options = Options::default()
        .on_disconnect(OnDisconnect::Continue)
        .progress(Arc::new(move |_| told.notify_one()));
    let session = session();
    tokio::select! {
        biased;
        () = seen.notified() => {}
        ran = agent.run_approved(&session, &pending.id, options) => panic!("it ended: {ran:?}"),
    }
    agent.finished().await;
    assert_eq!(state(&agent, &pending.id).await, RunState::Done);
    assert_eq!(two.written.lock().unwrap().len(), 6);
}
