//! A session with the tools server: opened when it is needed, opened again when the server has
//! forgotten it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sisense_core::run::Progress;
use sisense_core::{Error, ErrorKind, Run};
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

use super::RemoteConfig;
use super::door::{self, Offer};
use super::failure::{Failure, clean, refused_by_rpc};
use super::wire::{Headers, Wire};

/// The revision that is spoken: the newest with sessions, which carry the server's progress over a
/// connection that broke.
const REVISION: &str = "2025-11-25";
/// All revisions that are understood.
const KNOWN: [&str; 4] = [REVISION, "2025-06-18", "2025-03-26", "2024-11-05"];
/// How often a read is asked for, all in all.
const MOST_ATTEMPTS: u32 = 3;
/// Wait before a read is asked for again; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// Wait before somebody listens again to what the server says by itself.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Longest time to say that something is cancelled, or over.
const GOODBYE: Duration = Duration::from_secs(5);

/// A session that is open.
pub(super) struct Live {
    headers: Headers,
    /// Who the server says that it is.
    pub(super) server: String,
    pub(super) version: String,
    /// What it offers beside MCP, when it is one of ours.
    pub(super) offer: Option<Offer>,
    _listening: Option<AbortOnDropHandle<()>>,
}

/// Sessions, one after the other.
pub(super) struct Sessions {
    wire: Arc<Wire>,
    longest: Duration,
    live: Mutex<Option<Arc<Live>>>,
    last: AtomicU64,
    /// Whether the list of tools may be another one by now.
    stale: Arc<AtomicBool>,
}

/// How a request is followed.
#[derive(Clone, Copy, Default)]
pub(super) struct Follow<'a> {
    /// Whose progress it is, and of which operation.
    pub(super) run: Option<(&'a Run, &'a str)>,
}

impl Sessions {
    pub(super) fn new(config: &RemoteConfig) -> sisense_core::Result<Self> {
        Ok(Sessions {
            wire: Arc::new(Wire::new(config)?),
            longest: config.longest,
            live: Mutex::default(),
            last: AtomicU64::new(0),
            stale: Arc::default(),
        })
    }

    /// Whether the list of tools may have changed since it was asked last.
    pub(super) fn is_stale(&self) -> bool {
        self.stale.swap(false, Ordering::Relaxed)
    }

    /// The list is to be asked for again.
    pub(super) fn set_stale(&self) {
        self.stale.store(true, Ordering::Relaxed);
    }

    /// The open session, or a new one.
    pub(super) async fn live(&self) -> Result<Arc<Live>, Failure> {
        let mut slot = self.live.lock().await;
        if let Some(live) = slot.as_ref() {
            return Ok(Arc::clone(live));
        }
        // Whatever fails here, nothing of what is asked for has begun.
        let opened = self.open().await.map_err(|failure| Failure { sent: false, ..failure })?;
        let live = Arc::new(opened);
        *slot = Some(Arc::clone(&live));
        Ok(live)
    }

    /// Forget a session, unless another one is there already.
    async fn forget(&self, gone: &Arc<Live>) {
        let mut slot = self.live.lock().await;
        if slot.as_ref().is_some_and(|live| Arc::ptr_eq(live, gone)) {
            *slot = None;
        }
    }

    /// End the session.
    pub(super) async fn close(&self) {
        let Some(live) = self.live.lock().await.take() else { return };
        if live.headers.session.is_none() {
            return;
        }
        match tokio::time::timeout(GOODBYE, self.wire.end(&live.headers)).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => tracing::debug!(error = %failure.error, "the session stays open"),
            Err(_) => tracing::debug!("the session stays open: no answer in time"),
        }
    }

    async fn open(&self) -> Result<Live, Failure> {
        let hello = json!({
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": { "name": "fes-agent", "version": env!("CARGO_PKG_VERSION") },
        });
        let none = Headers::default();
        let (result, session) =
            self.exchange(&none, "initialize", hello, Follow::default()).await?;
        let version = result["protocolVersion"].as_str().unwrap_or_default().to_owned();
        if !KNOWN.contains(&version.as_str()) {
            let message =
                format!("the tools server speaks another revision of MCP: {}", clean(&version));
            return Err(Failure::unsent(
                Error::new(ErrorKind::Unsupported, message).with_next_step(format!(
                    "give a server that speaks one of {}",
                    KNOWN.join(", ")
                )),
            ));
        }
        if result["capabilities"].get("tools").is_none() {
            let message = "the server has no tools";
            return Err(Failure::unsent(
                Error::new(ErrorKind::Unsupported, message)
                    .with_next_step("give an MCP server with tools: --tools-url"),
            ));
        }
        let headers = Headers { session, version: Some(version) };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.wire.notify(&headers, &ready).await?;
        self.set_stale();
        let changes = result.pointer("/capabilities/tools/listChanged") == Some(&Value::Bool(true));
        let listening = changes.then(|| self.listen(headers.clone()));
        let word = |at: &str| result.pointer(at).and_then(Value::as_str).map(clean);
        tracing::debug!("a session with the tools server is open");
        Ok(Live {
            headers,
            server: word("/serverInfo/name").unwrap_or_else(|| "an MCP server".to_owned()),
            version: word("/serverInfo/version").unwrap_or_default(),
            offer: offer(&result),
            _listening: listening,
        })
    }

    fn listen(&self, headers: Headers) -> AbortOnDropHandle<()> {
        let (wire, stale) = (Arc::clone(&self.wire), Arc::clone(&self.stale));
        AbortOnDropHandle::new(tokio::spawn(async move {
            let hear = |message: &Value| notice(message, &stale);
            while wire.listen(&headers, &hear).await {
                // What was said meanwhile is not known.
                stale.store(true, Ordering::Relaxed);
                tokio::time::sleep(LISTEN_AGAIN).await;
            }
        }))
    }

    /// Ask for something that changes nothing: again where that helps, within bounds.
    pub(super) async fn read(
        &self,
        method: &str,
        params: impl Fn(&Live) -> sisense_core::Result<Value> + Send + Sync,
        follow: Follow<'_>,
    ) -> Result<Value, Failure> {
        let mut wait = FIRST_WAIT;
        for attempt in 1.. {
            let failure = match self.once(method, &params, follow).await {
                Ok(result) => return Ok(result),
                Err(failure) => failure,
            };
            if !failure.again || attempt >= MOST_ATTEMPTS {
                return Err(Failure { error: failure.error.with_attempts(attempt), ..failure });
            }
            if !failure.lost {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2);
            }
        }
        // The loop ends only by returning.
        Err(Failure::ended())
    }

    /// Ask for something once, whatever comes.
    pub(super) async fn once(
        &self,
        method: &str,
        params: impl Fn(&Live) -> sisense_core::Result<Value> + Send + Sync,
        follow: Follow<'_>,
    ) -> Result<Value, Failure> {
        let live = self.live().await?;
        let params = params(&live).map_err(Failure::unsent)?;
        let asked = self.exchange(&live.headers, method, params, follow).await;
        match asked {
            Ok((result, _)) => Ok(result),
            Err(failure) => {
                // After a broken connection the server may be another one: it is asked again.
                if failure.lost || failure.error.kind() == ErrorKind::Connect {
                    self.forget(&live).await;
                }
                Err(failure)
            }
        }
    }

    async fn exchange(
        &self,
        headers: &Headers,
        method: &str,
        mut params: Value,
        follow: Follow<'_>,
    ) -> Result<(Value, Option<String>), Failure> {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        if follow.run.is_some() {
            params["_meta"]["progressToken"] = json!(id);
        }
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        let cancel = Cancel::new(&self.wire, headers, id, method);
        let hear = |message: &Value| {
            notice(message, &self.stale);
            if let Some((run, operation)) = follow.run {
                tell(run, operation, id, message);
            }
        };
        let asked = self.wire.ask(headers, id, &message, &hear);
        let asked = tokio::time::timeout(self.longest, asked).await.unwrap_or_else(|_| {
            let message = format!("no answer within {} s", self.longest.as_secs());
            Err(Failure { sent: true, ..Failure::unsent(Error::new(ErrorKind::Timeout, message)) })
        });
        // What broke by itself goes on there, and is looked up; what takes too long is given up.
        if !matches!(&asked, Err(failure) if failure.error.kind() == ErrorKind::Timeout) {
            cancel.over();
        }
        let (answer, session) = asked?;
        match answer.get("error") {
            Some(error) => Err(refused_by_rpc(error).at(self.wire.endpoint("POST"))),
            None => Ok((answer["result"].clone(), session)),
        }
    }
}

/// What a server of ours offers beside MCP, in a form that is understood.
fn offer(result: &Value) -> Option<Offer> {
    let offer = result["capabilities"]["experimental"].get(door::CAPABILITY)?;
    let offer: Offer = serde_json::from_value(offer.clone()).ok()?;
    (offer.version == door::VERSION).then_some(offer)
}

fn notice(message: &Value, stale: &AtomicBool) {
    if message["method"] == "notifications/tools/list_changed" {
        stale.store(true, Ordering::Relaxed);
    }
}

/// Progress of this very request.
fn tell(run: &Run, operation: &str, id: u64, message: &Value) {
    let params = &message["params"];
    if message["method"] != "notifications/progress" || params["progressToken"] != json!(id) {
        return;
    }
    let count = |key: &str| params[key].as_f64().filter(|count| *count >= 0.0).map(whole);
    let words = params["message"].as_str().map_or_else(|| "working".to_owned(), clean);
    let done = count("progress").unwrap_or_default();
    run.report(Progress::new(operation, words, done).of(count("total")));
}

// Numbers beyond 2^53 count nothing that anybody waits for; a cast saturates.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// Says to the server that nobody waits any more, when a request is dropped before it is over.
struct Cancel {
    wire: Arc<Wire>,
    headers: Headers,
    id: u64,
    armed: bool,
}

impl Cancel {
    fn new(wire: &Arc<Wire>, headers: &Headers, id: u64, method: &str) -> Self {
        // The handshake cannot be cancelled.
        let armed = method != "initialize";
        Cancel { wire: Arc::clone(wire), headers: headers.clone(), id, armed }
    }

    fn over(mut self) {
        self.armed = false;
    }
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !self.armed {
            return;
        }
        let (wire, headers) = (Arc::clone(&self.wire), self.headers.clone());
        let params = json!({ "requestId": self.id, "reason": "nobody waits any more" });
        let message =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        runtime.spawn(async move {
            let told = tokio::time::timeout(GOODBYE, wire.notify(&headers, &message)).await;
            if !matches!(told, Ok(Ok(()))) {
                tracing::debug!("the tools server was not told that a call is cancelled");
            }
        });
    }
}
