//! Where the events of turns are kept for a while: for the client that waits, and for one that comes
//! back after its connection broke.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Most events that are kept of one turn; older ones are dropped. The last ones tell the end.
const MOST_EVENTS: usize = 2_000;

/// How long the events of a turn that has ended are kept.
const KEEP: Duration = Duration::from_secs(10 * 60);

/// Most turns that are kept. When there are more, those that ended first are dropped.
const MOST_TURNS: usize = 1_000;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The turn has started, ended or was stopped.
    Status,
    /// How far it is.
    Progress,
    /// What came out.
    Result,
    /// What went wrong.
    Error,
}

impl Kind {
    /// The event's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Status => "status",
            Kind::Progress => "progress",
            Kind::Result => "result",
            Kind::Error => "error",
        }
    }
}

/// One event of a turn.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number within the turn, from 1.
    pub seq: u64,
    /// What it is about.
    pub kind: Kind,
    /// What it says.
    pub data: Value,
}

/// The turns that go on or ended a while ago.
#[derive(Clone, Default)]
pub struct Stage(Arc<Mutex<HashMap<String, Arc<Scene>>>>);

/// One turn: its events, and who may see them.
pub struct Scene {
    /// The turn's id.
    pub turn: String,
    /// The session that it belongs to.
    pub session: String,
    /// Stops the turn.
    pub cancel: CancellationToken,
    state: Mutex<State>,
    told: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    last: u64,
    ended: Option<Instant>,
    listeners: usize,
}

impl Stage {
    /// Begin a turn.
    pub fn open(&self, turn: &str, session: &str, cancel: CancellationToken) -> Arc<Scene> {
        let scene = Arc::new(Scene {
            turn: turn.to_owned(),
            session: session.to_owned(),
            cancel,
            state: Mutex::default(),
            told: watch::Sender::new(0),
        });
        let mut scenes = self.lock();
        scenes.retain(|_, scene| scene.lock().ended.is_none_or(|ended| ended.elapsed() < KEEP));
        if scenes.len() >= MOST_TURNS {
            let ended = |scene: &Arc<Scene>| scene.lock().ended;
            let oldest = scenes
                .iter()
                .filter_map(|(id, scene)| ended(scene).map(|at| (at, id.clone())))
                .min();
            if let Some((_, id)) = oldest {
                scenes.remove(&id);
            }
        }
        scenes.insert(turn.to_owned(), Arc::clone(&scene));
        scene
    }

    /// A turn of a session.
    pub fn find(&self, turn: &str, session: &str) -> Option<Arc<Scene>> {
        self.lock().get(turn).filter(|scene| scene.session == session).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Scene>>> {
        // A poisoned lock means a panic elsewhere; the map is whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scene {
    /// Tell an event.
    pub fn tell(&self, kind: Kind, data: Value) {
        let last = {
            let mut state = self.lock();
            state.last += 1;
            let seq = state.last;
            state.events.push_back(Event { seq, kind, data });
            if state.events.len() > MOST_EVENTS {
                state.events.pop_front();
            }
            seq
        };
        self.told.send_replace(last);
    }

    /// No event follows.
    pub fn end(&self) {
        self.lock().ended = Some(Instant::now());
        self.told.send_modify(|_| {});
    }

    /// The events after a number, and whether no more will come.
    pub fn after(&self, seq: u64) -> (Vec<Event>, bool) {
        let state = self.lock();
        let events = state.events.iter().filter(|event| event.seq > seq).cloned().collect();
        (events, state.ended.is_some())
    }

    /// Hear when there is something new.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// Somebody listens, until the answer is dropped.
    pub fn listen(self: &Arc<Self>) -> Listening {
        self.lock().listeners += 1;
        Listening(Arc::clone(self))
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        self.lock().listeners > 0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens.
pub struct Listening(Arc<Scene>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.lock().listeners -= 1;
        // Who waits for nobody to listen any more has to look again.
        self.0.told.send_modify(|_| {});
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scene(stage: &Stage, turn: &str) -> Arc<Scene> {
        stage.open(turn, "s1", CancellationToken::new())
    }

    #[test]
    fn events_can_be_had_again_from_any_number_on() {
        let stage = Stage::default();
        let scene = scene(&stage, "t1");
        for n in 1..=3 {
            scene.tell(Kind::Progress, json!(n));
        }
        let seqs = |after| scene.after(after).0.iter().map(|event| event.seq).collect::<Vec<_>>();
        assert_eq!((seqs(0), seqs(2), seqs(9)), (vec![1, 2, 3], vec![3], vec![]));
        assert!(!scene.after(0).1);
        scene.end();
        assert!(scene.after(3).1);
    }

    #[test]
    fn a_turn_is_found_by_its_own_session_alone() {
        let stage = Stage::default();
        scene(&stage, "t1");
        assert!(stage.find("t1", "s1").is_some());
        assert!(stage.find("t1", "s2").is_none() && stage.find("t2", "s1").is_none());
    }

    #[test]
    fn turns_and_events_are_bounded_and_a_turn_that_goes_on_is_kept() {
        let stage = Stage::default();
        let going = scene(&stage, "going");
        for n in 0..MOST_TURNS + 5 {
            scene(&stage, &format!("t{n}")).end();
        }
        assert!(stage.lock().len() <= MOST_TURNS);
        assert!(stage.find("going", "s1").is_some());
        for n in 0..MOST_EVENTS + 5 {
            going.tell(Kind::Progress, json!(n));
        }
        let (events, _) = going.after(0);
        assert_eq!((events.len(), events[0].seq), (MOST_EVENTS, 6));
    }

    #[test]
    fn it_is_known_whether_somebody_listens() {
        let stage = Stage::default();
        let scene = scene(&stage, "t1");
        let (one, two) = (scene.listen(), scene.listen());
        drop(one);
        assert!(scene.is_heard());
        drop(two);
        assert!(!scene.is_heard());
    }
}
