//! Sessions: issued here, one thing at a time in each, never one's results in another, forgotten
//! when idle. Those with several agents share a store, as several processes do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use fes_agent::conversation::{End, Open};
use fes_agent::planner::{Answer, Decline, MissingValue, Request};
use fes_agent::{
    Agent, Options, Person, Plan, Planner, Question, Ran, Session, Store, Tools, Turn,
};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sisense_core::{ErrorKind, Result};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::fake::{Fake, Hands};
use super::home::home;

/// A planner of few words: the text is the plan's one call, or one of a few marks.
struct Terse;

#[async_trait]
impl Planner for Terse {
    async fn plan(&self, request: &Request<'_>) -> Result<Answer> {
        let whole = request.whole();
        let words: Vec<&str> = whole.as_str().split_whitespace().collect();
        let call = |tool: &str, args: Value| {
            let Value::Object(args) = args else { panic!("no object") };
            Answer::Plan(Plan::single(&whole, tool, args))
        };
        Ok(match words.as_slice() {
            ["show", user] => call("access.get_user", json!({ "user": user })),
            ["make", user, role] => call("access.set_role", json!({ "user": user, "role": role })),
            ["pin", user, "password", pin] => {
                call("access.set_pin", json!({ "user": user, "pin": pin }))
            }
            ["pin", ..] => ask(&whole, "user"),
            ["slow"] => call("access.slow", json!({})),
            ["again"] => match request.history.last() {
                Some(last) => Answer::Plan(last.plan.clone().unwrap()),
                None => Answer::Decline(decline("there is nothing before")),
            },
            ["who", ..] => ask(&whole, "group"),
            _ => Answer::Decline(decline("that is not what I do")),
        })
    }
}

fn decline(text: &str) -> Decline {
    serde_json::from_value(json!({ "text": text })).unwrap()
}

fn ask(request: &str, what: &str) -> Answer {
    let missing: Vec<MissingValue> =
        serde_json::from_value(json!([{ "parameter": what, "what": what, "why": "not_given" }]))
            .unwrap();
    Answer::Question(Question {
        request: request.to_owned(),
        tool: "access.get_user".to_owned(),
        missing,
        text: format!("Which {what}?"),
        draft: None,
    })
}

struct Room {
    fake: Arc<Fake>,
    store: Store,
    hands: Hands,
    agent: Agent,
}

impl Room {
    async fn open(store: Store) -> Room {
        let (fake, hands) = (Fake::start().await, Hands::new());
        let agent = Room::another(&fake, &store, &hands);
        Room { fake, store, hands, agent }
    }

    /// Another agent over the same store, as another process has one.
    fn another(fake: &Arc<Fake>, store: &Store, hands: &Hands) -> Agent {
        let tools: Arc<dyn Tools> = fake.clone();
        Agent::builder(tools)
            .store(store.clone())
            .clock(hands.clock())
            .planner(Arc::new(Terse))
            .build()
            .unwrap()
    }

    async fn session(&self, who: &str) -> Session {
        self.agent.begin(&Session::new("ignored", who, "prod")).await.unwrap()
    }

    /// A turn that does not end by itself, when it is half way.
    async fn slow(&self, session: &Session) -> JoinHandle<Result<fes_agent::runner::Said>> {
        let (half_way, agent, session) =
            (Arc::new(Notify::new()), self.agent.clone(), session.clone());
        let told = half_way.clone();
        let options = Options::default().progress(Arc::new(move |_| told.notify_one()));
        let slow = tokio::spawn(async move { agent.say(&session, "slow", options).await });
        half_way.notified().await;
        slow
    }

    async fn say(&self, session: &Session, text: &str) -> Turn {
        self.agent.say(session, text, Options::default()).await.unwrap().turn
    }
}

#[tokio::test]
async fn an_id_is_issued_here_and_only_its_owner_can_use_it() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let ann = room.session("ann").await;
    assert_eq!(ann.id.len(), 32);
    assert_ne!(ann.id, room.session("ann").await.id);
    let mut bob = ann.clone();
    bob.principal = "bob".to_owned();
    for stranger in [Session::new("made up", "ann", "prod"), bob] {
        let error = room.agent.say(&stranger, "show ann", Options::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    let nowhere = room.agent.begin(&Session::new("", "ann", "moon")).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_follow_up_sees_what_was_said_also_after_a_restart() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    room.say(&session, "show bob").await;
    let later = Room::another(&room.fake, &room.store, &room.hands);
    let turn = later.say(&session, "again", Options::default()).await.unwrap().turn;
    let Turn::Answer(report) = turn else { panic!("no answer: {turn:?}") };
    assert_eq!(report.steps[0].result.as_ref().unwrap()["email"], "bob");
    let talk = later.session(&session.id, "ann").await.unwrap().conversation;
    let ends: Vec<End> = talk.exchanges.iter().map(|turn| turn.end).collect();
    assert_eq!(ends, [End::Answered, End::Answered]);
}

#[tokio::test]
async fn sessions_know_nothing_of_each_other() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let sessions = [room.session("ann").await, room.session("ann").await];
    room.say(&sessions[0], "show bob").await;
    let turn = room.say(&sessions[1], "again").await;
    assert!(matches!(turn, Turn::Decline(_)), "{turn:?}");
}

/// Case 64 of the evaluation: two sessions run turns at once, and nothing mixes.
#[tokio::test]
async fn case_064_turns_at_once_never_mix() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let names = ["ann", "bob", "carla"];
    let mut sessions = Vec::new();
    for name in names {
        sessions.push((name, room.session(name).await));
    }
    let turns = sessions.iter().cycle().take(60).enumerate().map(|(n, (name, session))| {
        let room = &room;
        async move {
            // The same session twice at once: the later stops the earlier, or waits for its end.
            tokio::time::sleep(Duration::from_millis(n as u64 % 7)).await;
            let turn = room.agent.say(session, &format!("show {name}"), Options::default()).await;
            (name, turn.map(|said| said.turn))
        }
    });
    let mut answered = 0;
    for (name, turn) in futures_util::future::join_all(turns).await {
        match turn {
            Ok(Turn::Answer(report)) if report.ok => {
                assert_eq!(report.steps[0].result.as_ref().unwrap()["email"], **name);
                answered += 1;
            }
            Ok(Turn::Answer(report)) => {
                assert_eq!(report.error().unwrap().kind, ErrorKind::Cancelled);
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(
                matches!(error.kind(), ErrorKind::Cancelled | ErrorKind::Conflict),
                "{error:?}"
            ),
        }
    }
    assert!(answered >= 3, "{answered}");
    for (name, session) in &sessions {
        let talk = room.agent.session(&session.id, name).await.unwrap().conversation;
        assert!(talk.exchanges.iter().all(|turn| turn.said == format!("show {name}")));
    }
}

#[tokio::test]
async fn a_new_turn_takes_the_place_of_one_that_goes_on() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    let slow = room.slow(&session).await;
    let turn = room.say(&session, "show bob").await;
    assert!(matches!(turn, Turn::Answer(report) if report.ok));
    match slow.await.unwrap().map(|said| said.turn) {
        Ok(Turn::Answer(report)) => {
            assert_eq!(report.error().unwrap().kind, ErrorKind::Cancelled);
        }
        other => assert_eq!(other.unwrap_err().kind(), ErrorKind::Cancelled),
    }
}

#[tokio::test]
async fn a_turn_is_stopped_from_another_process() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    assert!(!room.agent.cancel(&session.id, "ann").await.unwrap());
    let slow = room.slow(&session).await;
    let other = Room::another(&room.fake, &room.store, &room.hands);
    assert_eq!(other.cancel(&session.id, "bob").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(other.cancel(&session.id, "ann").await.unwrap());
    let ended = tokio::time::timeout(Duration::from_secs(5), slow).await.unwrap().unwrap();
    let ended = ended.map(|said| said.turn);
    let Ok(Turn::Answer(report)) = ended else { panic!("{ended:?}") };
    assert_eq!(report.error().unwrap().kind, ErrorKind::Cancelled);
}

/// Case 51: a pending approval, then new text.
#[tokio::test]
async fn case_051_another_request_drops_what_waits() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    let Turn::Approval(pending) = room.say(&session, "make bob designer").await else { panic!() };
    room.say(&session, "show ann").await;
    let late = room.agent.approve(&pending.id, &Person::new("ann")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::NotApproved);
    assert_eq!(room.fake.writes().await, 0);
}

/// Case 50: after the approval the saved plan runs, and the planner is not asked.
#[tokio::test]
async fn case_050_an_approval_runs_what_was_shown() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    let Turn::Approval(pending) = room.say(&session, "make bob designer").await else { panic!() };
    let talk = room.agent.session(&session.id, "ann").await.unwrap().conversation;
    assert_eq!(talk.open, Some(Open::Approval { id: pending.id.clone() }));
    room.agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let other = Room::another(&room.fake, &room.store, &room.hands);
    let ran = other.run_in_session(&session, &pending.id, Options::default()).await.unwrap();
    assert!(matches!(ran, Ran::Done(report) if report.ok));
    assert_eq!(room.fake.role("bob"), "designer");
    let talk = room.agent.session(&session.id, "ann").await.unwrap().conversation;
    assert_eq!((talk.open, talk.exchanges.len()), (None, 1));
    assert_eq!(talk.exchanges[0].end, End::Answered);
}

/// Case 37: a missing value, then two answers that are none.
#[tokio::test]
async fn case_037_a_question_is_given_up() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    assert!(matches!(room.say(&session, "who is there").await, Turn::Question(_)));
    assert!(matches!(room.say(&session, "hm").await, Turn::Question(_)));
    let Turn::Decline(decline) = room.say(&session, "hm").await else { panic!() };
    assert!(decline.text.ends_with("Which group?"), "{}", decline.text);
    let talk = room.agent.session(&session.id, "ann").await.unwrap().conversation;
    assert_eq!(talk.open, None);
}

#[tokio::test]
async fn a_secret_is_neither_kept_nor_lost_within_its_time() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let session = room.session("ann").await;
    let Turn::Approval(pending) = room.say(&session, "pin bob password s3cr3t-1").await else {
        panic!()
    };
    let talk = room.agent.session(&session.id, "ann").await.unwrap().conversation;
    assert!(!serde_json::to_string(&talk).unwrap().contains("s3cr3t-1"));
    room.agent.approve(&pending.id, &Person::new("ann")).await.unwrap();
    let other = Room::another(&room.fake, &room.store, &room.hands);
    let error = other.run_in_session(&session, &pending.id, Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApproved);
    let ran = room.agent.run_in_session(&session, &pending.id, Options::default()).await.unwrap();
    assert!(ran.report().ok, "{:?}", ran.report());

    let Turn::Question(question) = room.say(&session, "pin password s3cr3t-2 now").await else {
        panic!()
    };
    assert!(question.text.contains("secrets are not kept"), "{}", question.text);
    let talk = room.agent.session(&session.id, "ann").await.unwrap().conversation;
    assert!(!serde_json::to_string(&talk).unwrap().contains("s3cr3t-2"));
}

#[tokio::test]
async fn an_idle_session_is_swept_with_what_waits_in_it() {
    let home = home!();
    let room = Room::open(home.store().await).await;
    let (idle, used) = (room.session("ann").await, room.session("ann").await);
    let Turn::Approval(pending) = room.say(&idle, "make bob designer").await else { panic!() };
    room.hands.forward(10);
    room.say(&used, "show ann").await;
    let swept = room.agent.sweep(Duration::from_secs(5 * 60)).await.unwrap();
    assert_eq!(swept, std::slice::from_ref(&idle.id));
    let error = room.agent.say(&idle, "show ann", Options::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let late = room.agent.approve(&pending.id, &Person::new("ann")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::NotApproved);
    room.agent.end_session(&used.id, "ann").await.unwrap();
    let error = room.agent.session(&used.id, "ann").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
