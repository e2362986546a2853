//! Turns, decisions and stops.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fes_agent::conversation::Open;
use fes_agent::llm::Meter;
use fes_agent::runner::{OnDisconnect, Phase};
use fes_agent::{Agent, Options, Pending, Person, Session};
use serde::Deserialize;
use serde_json::{Value, json};
use sisense_core::run::Progress;
use sisense_core::{Error, ErrorKind, Result};

use super::body::{ApproveBody, CancelBody, Decision, TurnBody};
use super::stage::{Kind, Scene};
use super::{AgentApi, PRINCIPAL, answer, sse};
use crate::preview;

/// How long a client may be away before its turn is stopped, where that is the rule.
const COME_BACK: Duration = Duration::from_secs(15);

/// What a turn does.
enum Work {
    /// Do what was said.
    Say(String),
    /// Run what was approved.
    Run(String),
    /// Nothing: it was rejected.
    Rejected(Box<Pending>),
}

/// `POST /agent/turn`.
pub async fn turn(
    State(api): State<Arc<AgentApi>>,
    headers: HeaderMap,
    body: Result<Json<TurnBody>, JsonRejection>,
) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return unreadable(&rejection),
    };
    match prepare(&api, &body).await {
        Ok((session, work)) => start(&api, &headers, session, work, body.allow_summarization).await,
        Err(error) => refuse(&error),
    }
}

async fn prepare(api: &AgentApi, body: &TurnBody) -> Result<(Session, Work)> {
    let text = body.text()?;
    let keys = body.approved_keys.as_deref().unwrap_or_default();
    if !keys.is_empty() && body.user_input.as_deref().unwrap_or_default().trim().is_empty() {
        let session = api.session(body).await?;
        return approved(api, session, keys).await;
    }
    if text.is_empty() {
        return Err(Error::invalid("nothing is asked").with_next_step("say what you want"));
    }
    Ok((api.session(body).await?, Work::Say(text)))
}

/// A person approved the calls that the session's open approval showed: exactly those.
async fn approved(
    api: &AgentApi,
    session: Session,
    keys: &[(String, Value)],
) -> Result<(Session, Work)> {
    api.check_code(None)?;
    api.agent_of(&session)?;
    let talk = api.agent().session(&session.id, PRINCIPAL).await?.conversation;
    let refused = |why: &str| {
        Err(Error::new(ErrorKind::NotApproved, why)
            .with_next_step("look at what waits in this session and approve that"))
    };
    let Some(Open::Approval { id }) = talk.open else {
        return refused("nothing waits for an approval in this session");
    };
    let pending = api.agent().approval(&id, &person()).await?;
    let writes = |tool: &str| api.agent().tools().find(tool).is_none_or(|o| o.effect.writes());
    let calls = pending.plan.calls();
    let shown: Vec<_> = calls.iter().filter(|call| writes(&call.tool)).collect();
    let fits = |(tool, args): &(String, Value)| {
        let args = match args {
            Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            other => other.clone(),
        };
        shown.iter().any(|call| call.tool == *tool && call.arguments() == args)
    };
    if keys.len() != shown.len() || !keys.iter().all(fits) {
        return refused("these are not the calls that were shown");
    }
    check_typed(&pending, None)?;
    api.agent().approve(&id, &person()).await?;
    Ok((session, Work::Run(id)))
}

/// What cannot be undone, or reaches many people, is approved by typing its name.
fn check_typed(pending: &Pending, typed: Option<&str>) -> Result<()> {
    match preview::typed_name(&pending.changes) {
        Some(name) if typed.map(str::trim) != Some(name) => {
            let message = "the person has to type the name of what is changed";
            Err(Error::new(ErrorKind::NotApproved, message)
                .with_next_step(format!("POST /agent/approve with typed: {name}")))
        }
        _ => Ok(()),
    }
}

/// `POST /agent/approve`.
pub async fn approve(
    State(api): State<Arc<AgentApi>>,
    headers: HeaderMap,
    body: Result<Json<ApproveBody>, JsonRejection>,
) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return unreadable(&rejection),
    };
    match decide(&api, &body).await {
        Ok((session, work)) => start(&api, &headers, session, work, body.allow_summarization).await,
        Err(error) => refuse(&error),
    }
}

async fn decide(api: &AgentApi, body: &ApproveBody) -> Result<(Session, Work)> {
    let session = api.agent().session(&body.session_id, PRINCIPAL).await?.session;
    let pending = api.agent().approval(&body.approval, &person()).await?;
    if !pending.belongs_to(&session) {
        return Err(Error::not_found("approval", &body.approval));
    }
    api.check_code(body.code.as_deref())?;
    match body.decision {
        Decision::Approve => {
            api.agent_of(&session)?;
            check_typed(&pending, body.typed.as_deref())?;
            api.agent().approve(&pending.id, &person()).await?;
            Ok((session, Work::Run(pending.id)))
        }
        Decision::Reject => {
            let pending = api.agent().reject(&pending.id, &person()).await?;
            Ok((session, Work::Rejected(Box::new(pending))))
        }
    }
}

/// `POST /agent/cancel`.
pub async fn cancel(
    State(api): State<Arc<AgentApi>>,
    body: Result<Json<CancelBody>, JsonRejection>,
) -> Response {
    let body = match body {
        Ok(Json(body)) => body,
        Err(rejection) => return unreadable(&rejection),
    };
    match api.agent().cancel(&body.session_id, PRINCIPAL).await {
        Ok(cancelled) => {
            Json(json!({ "cancelled": cancelled, "session_id": body.session_id })).into_response()
        }
        Err(error) => refuse(&error),
    }
}

/// Which events are wanted again.
#[derive(Debug, Deserialize)]
pub struct Again {
    session_id: String,
    #[serde(default)]
    turn: Option<String>,
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /agent/events`: the events of a turn from a number on, also those that are still to come.
pub async fn events(
    State(api): State<Arc<AgentApi>>,
    headers: HeaderMap,
    again: Result<Query<Again>, QueryRejection>,
) -> Response {
    let again = match again {
        Ok(Query(again)) => again,
        Err(rejection) => return unreadable(&rejection),
    };
    if let Err(error) = api.agent().session(&again.session_id, PRINCIPAL).await {
        return refuse(&error);
    }
    let seen =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(sse::last_seen);
    let turn = again.turn.as_deref().or(seen.map(|(turn, _)| turn)).unwrap_or_default();
    let after = again.after.or(seen.map(|(_, seq)| seq)).unwrap_or(0);
    match api.stage.find(turn, &again.session_id) {
        Some(scene) => sse::stream(scene, after),
        None => refuse(
            &Error::not_found("turn", turn).with_next_step("see the session's runs, or ask again"),
        ),
    }
}

/// Do the work aside, so that it does not end with the connection, and answer as the client likes.
async fn start(
    api: &Arc<AgentApi>,
    headers: &HeaderMap,
    session: Session,
    work: Work,
    summarize: Option<bool>,
) -> Response {
    let ready = api.agent_of(&session).and_then(|agent| Ok((agent, fresh_id()?)));
    let (agent, turn) = match ready {
        Ok(ready) => ready,
        Err(error) => return refuse(&error),
    };
    let scene = api.stage.open(&turn, &session.id, api.options.stop.child_token());
    let listening = scene.listen();
    let working = tokio::spawn(perform(agent, Arc::clone(&scene), session, work, summarize));
    if api.options.on_disconnect == OnDisconnect::Stop {
        tokio::spawn(stop_when_alone(Arc::clone(&scene)));
    }
    let wants = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    if wants.is_some_and(|accept| accept.contains("text/event-stream")) {
        let stream = sse::stream(scene, 0);
        drop(listening);
        return stream;
    }
    let ended = working.await;
    drop(listening);
    match ended {
        Ok(Ok(result)) => Json(result).into_response(),
        Ok(Err(error)) => refuse(&error),
        Err(_) => refuse(&Error::new(ErrorKind::Unexpected, "the turn broke off")),
    }
}

async fn perform(
    agent: Agent,
    scene: Arc<Scene>,
    session: Session,
    work: Work,
    summarize: Option<bool>,
) -> Result<Value> {
    let about =
        |phase: &str| json!({ "phase": phase, "session_id": session.id, "turn": scene.turn });
    scene.tell(Kind::Status, about("started"));
    let meter = Meter::default();
    let lines = teller(&scene, |line: String| json!({ "type": "text", "text": line }));
    let options = Options::default()
        .summarize(summarize)
        .meter(meter.clone())
        .lines(Arc::new(move |line: &str| lines(line.to_owned())))
        .cancel(scene.cancel.clone())
        .progress(teller(
            &scene,
            |progress: Progress| json!({ "type": "progress", "progress": progress }),
        ))
        .phases(teller(&scene, |phase: Phase| {
            let mut data = json!(phase);
            data["type"] = json!("agent_progress");
            data
        }));
    let done = match work {
        Work::Say(text) => {
            agent.say(&session, &text, options).await.map(|said| answer::said(&said))
        }
        Work::Run(id) => {
            agent.run_in_session(&session, &id, options).await.map(|ran| answer::ran(&ran))
        }
        Work::Rejected(pending) => Ok(answer::rejected(&pending)),
    };
    let done = done.map(|mut result| {
        result["session_id"] = json!(session.id);
        result["turn"] = json!(scene.turn);
        result["trace_id"] = json!(scene.turn);
        result["usage"] = answer::usage(meter.total());
        result
    });
    match &done {
        Ok(result) => scene.tell(Kind::Result, result.clone()),
        Err(error) => scene.tell(Kind::Error, answer::error(error)),
    }
    let phase =
        if scene.cancel.is_cancelled() || was_stopped(&done) { "cancelled" } else { "completed" };
    scene.tell(Kind::Status, about(phase));
    scene.end();
    done
}

/// Tells the turn's listeners, as long as there is a turn.
fn teller<T>(
    scene: &Arc<Scene>,
    words: impl Fn(T) -> Value + Send + Sync + 'static,
) -> Arc<dyn Fn(T) + Send + Sync> {
    let scene = Arc::downgrade(scene);
    Arc::new(move |news| {
        if let Some(scene) = scene.upgrade() {
            scene.tell(Kind::Progress, words(news));
        }
    })
}

fn was_stopped(done: &Result<Value>) -> bool {
    match done {
        Ok(result) => result["tool_result"]["error_type"] == "cancelled",
        Err(error) => error.kind() == ErrorKind::Cancelled,
    }
}

/// Stop a turn that nobody has listened to for a while.
async fn stop_when_alone(scene: Arc<Scene>) {
    let mut news = scene.news();
    loop {
        if scene.after(u64::MAX).1 {
            return;
        }
        if scene.is_heard() {
            if news.changed().await.is_err() {
                return;
            }
            continue;
        }
        tokio::time::sleep(COME_BACK).await;
        if !scene.is_heard() {
            scene.cancel.cancel();
            return;
        }
    }
}

fn person() -> Person {
    Person::new(PRINCIPAL)
}

fn fresh_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unexpected, format!("the system gives no random bytes: {error}"))
    })?;
    Ok(hex::encode(bytes))
}

/// A request that cannot be read. What it held is not told again: it may hold a secret.
fn unreadable(rejection: &dyn std::fmt::Display) -> Response {
    let text = rejection.to_string();
    let error = Error::invalid(format!("the request cannot be read: {text}"));
    (StatusCode::UNPROCESSABLE_ENTITY, Json(with_detail(&error))).into_response()
}

/// An error, with the status that fits it.
pub fn refuse(error: &Error) -> Response {
    let status = match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Ambiguous => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Forbidden | ErrorKind::NotApproved => StatusCode::FORBIDDEN,
        ErrorKind::Conflict | ErrorKind::Drifted | ErrorKind::Cancelled => StatusCode::CONFLICT,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Connect => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, Json(with_detail(error))).into_response()
}

fn with_detail(error: &Error) -> Value {
    let mut value = answer::error(error);
    value["detail"] = value["error"].clone();
    value
}
