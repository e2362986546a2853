//! What was asked of the sandbox: every request, and counts of them. Headers are never kept.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::touched::{Done, Touched};

/// One request, without headers and bodies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestEntry {
    /// HTTP method.
    pub method: String,
    /// Path as it was sent.
    pub path: String,
    /// Query text as it was sent, blank when there was none.
    pub query: String,
    /// Status of the answer; 0 when the connection was closed without one.
    pub status: u16,
    /// E-mail address of the caller, when the token was known.
    pub user: Option<String>,
    /// When it arrived, in milliseconds since 1970, so that the times of several sandboxes compare.
    #[serde(default)]
    pub at_ms: u64,
    /// Milliseconds until the answer was ready.
    pub ms: u64,
    /// Whether it asks for a change. Reads by POST do not.
    pub writes: bool,
    /// Whether the server carried the change out, whatever the client got to see. Never so for
    /// reads, for what was refused, and for what a fault answered in the server's place.
    #[serde(default)]
    pub applied: bool,
    /// The assets that the change touched. One write may touch many, or none.
    #[serde(default)]
    pub touched: Vec<Touched>,
}

/// How much was asked since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests under `/api`.
    pub total: u64,
    /// Those among them that ask for a change, whatever the answer. Reads by POST do not count.
    pub writes: u64,
    /// The most requests that were in flight at one moment.
    pub most_in_flight: u64,
    /// Requests by method and route pattern, such as `GET /api/v1/users/{id}`.
    pub by_route: BTreeMap<String, u64>,
}

/// Most entries that are kept; the oldest go first.
const KEPT: usize = 100_000;

/// POST routes that change nothing.
const READS_BY_POST: [&str; 8] = [
    "/api/v1/dashboards/admin",
    "/api/v1/dashboards/searches",
    "/api/v1/dashboards/{id}/metadata",
    "/api/v1/authentication/login",
    "/api/datasources/{server}/elasticubes/{title}/sql",
    "/api/v2/ecm",
    "/api/v2/ecm/",
    "/api/v1/connection/{id}/table_schema_details",
];

#[derive(Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<(RequestEntry, Done)>,
    counts: Counts,
    in_flight: u64,
}

impl RequestLog {
    /// Notes that a request has arrived, and says whether it asks for a change.
    pub(crate) fn arrived(&mut self, method: &str, route: Option<&str>) -> bool {
        self.in_flight += 1;
        self.counts.most_in_flight = self.counts.most_in_flight.max(self.in_flight);
        self.counts.total += 1;
        let route = route.unwrap_or("(no such route)");
        let writes =
            !matches!(method, "GET" | "HEAD" | "OPTIONS") && !READS_BY_POST.contains(&route);
        self.counts.writes += u64::from(writes);
        *self.counts.by_route.entry(format!("{method} {route}")).or_default() += 1;
        writes
    }

    /// Notes that a request is no longer in flight, answered or not.
    pub(crate) fn left(&mut self, entry: RequestEntry, done: Done) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back((entry, done));
    }

    /// Forgets everything but the requests in flight.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.counts = Counts { most_in_flight: self.in_flight, ..Counts::default() };
    }

    pub(crate) fn entries(&self) -> Vec<RequestEntry> {
        // What a request did is asked for now: some are carried out after their connection is gone.
        let told = self.entries.iter().map(|(entry, done)| {
            let mut entry = entry.clone();
            let done = done.get();
            entry.applied = entry.writes && done.applied;
            entry.touched = done.touched;
            entry
        });
        told.collect()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.clone()
    }
}
