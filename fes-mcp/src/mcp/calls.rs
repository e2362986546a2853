//! The calls that are under way, and what stops each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use tokio_util::sync::CancellationToken;

/// The calls of all connections. Clones share them.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Counts connections and calls.
    last: u64,
    calls: HashMap<u64, Call>,
}

/// A call, as its client knows it.
pub struct Call {
    /// The connection: clients number their calls each by themselves.
    pub connection: u64,
    /// Its number there.
    pub id: RequestId,
    /// The session over HTTP, for clients that speak a revision with sessions.
    pub session: Option<String>,
    /// Stops it.
    pub stop: CancellationToken,
}

/// A call that can be stopped, until this is dropped.
pub struct UnderWay {
    calls: Calls,
    number: u64,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.calls.lock().calls.remove(&self.number);
    }
}

impl Calls {
    /// The number of a new connection.
    pub fn connection(&self) -> u64 {
        self.lock().next()
    }

    /// Keep a call for as long as it is under way.
    pub fn begin(&self, call: Call) -> UnderWay {
        let mut state = self.lock();
        let number = state.next();
        state.calls.insert(number, call);
        UnderWay { calls: self.clone(), number }
    }

    /// Stop the call of this number on this connection.
    pub fn cancel(&self, connection: u64, id: &RequestId) {
        self.stop(|call| call.connection == connection && call.id == *id);
    }

    /// Stop the calls of a session.
    pub fn end_session(&self, session: &str) {
        self.stop(|call| call.session.as_deref() == Some(session));
    }

    fn stop(&self, which: impl Fn(&Call) -> bool) {
        for call in self.lock().calls.values().filter(|call| which(call)) {
            call.stop.cancel();
        }
    }

    // A poisoned lock means a panic elsewhere; the state itself is whole after every statement.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(connection: u64, id: i64, session: Option<&str>) -> (Call, CancellationToken) {
        let stop = CancellationToken::new();
        let session = session.map(str::to_owned);
        (Call { connection, id: RequestId::Number(id), session, stop: stop.clone() }, stop)
    }

    #[test]
    fn only_the_call_of_this_connection_is_cancelled() {
        let calls = Calls::default();
        let (here, there) = (calls.connection(), calls.connection());
        let (mine, stops_mine) = call(here, 7, None);
        let (next, stops_next) = call(here, 8, None);
        let (other, stops_other) = call(there, 7, None);
        let under_way = [mine, next, other].map(|call| calls.begin(call));
        calls.cancel(here, &RequestId::Number(7));
        let stopped = [&stops_mine, &stops_next, &stops_other].map(CancellationToken::is_cancelled);
        assert_eq!(stopped, [true, false, false]);
        drop(under_way);
    }

    #[test]
    fn a_session_ends_its_own_calls_while_they_are_under_way() {
        let calls = Calls::default();
        let connection = calls.connection();
        let (done, stops_done) = call(connection, 1, Some("a"));
        let (mine, stops_mine) = call(connection, 2, Some("a"));
        let (other, stops_other) = call(connection, 3, Some("b"));
        let (none, stops_none) = call(connection, 4, None);
        drop(calls.begin(done));
        let under_way = [mine, other, none].map(|call| calls.begin(call));
        calls.end_session("a");
        let stops = [&stops_done, &stops_mine, &stops_other, &stops_none];
        assert_eq!(stops.map(CancellationToken::is_cancelled), [false, true, false, false]);
        drop(under_way);
        assert!(calls.lock().calls.is_empty());
    }
}
