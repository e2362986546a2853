//! The listener, and the layers around every request: counting, latency, faults.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::serve::{IncomingStream, Listener};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::auth::bearer;
use crate::config::SandboxConfig;
use crate::faults::{FaultAction, Faults, WrongShape};
use crate::log::{RequestEntry, RequestLog};
use crate::state::Deployment;
use crate::touched::Done;
use crate::wire::Reply;

/// Largest body in either direction.
pub(crate) const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    config: SandboxConfig,
    deployment: Mutex<Deployment>,
    faults: Mutex<Faults>,
    log: Mutex<RequestLog>,
    latency_ms: Mutex<u64>,
    held: watch::Sender<bool>,
    closing: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(
        config: SandboxConfig,
        deployment: Deployment,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let faults = Mutex::new(Faults::new(config.seed));
        let latency_ms = Mutex::new(config.latency_ms);
        Self(Arc::new(Shared {
            config,
            deployment: Mutex::new(deployment),
            faults,
            log: Mutex::default(),
            latency_ms,
            held: watch::Sender::new(false),
            closing,
        }))
    }

    pub(crate) fn config(&self) -> &SandboxConfig {
        &self.0.config
    }

    /// The deployment as it is now: builds whose time has come have ended.
    pub(crate) fn deployment(&self) -> MutexGuard<'_, Deployment> {
        let mut deployment = lock(&self.0.deployment);
        deployment.settle_builds();
        deployment
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.0.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.0.log)
    }

    pub(crate) fn latency_ms(&self) -> u64 {
        *lock(&self.0.latency_ms)
    }

    pub(crate) fn set_latency_ms(&self, ms: u64) {
        *lock(&self.0.latency_ms) = ms;
    }

    /// Puts everything back to where the sandbox started.
    pub(crate) fn restart(&self, deployment: Deployment) {
        *self.deployment() = deployment;
        *self.faults() = Faults::new(self.0.config.seed);
        self.log().clear();
        self.set_latency_ms(self.0.config.latency_ms);
        self.hold(false);
    }

    /// Holds requests back before anything is done about them, or lets them go.
    pub(crate) fn hold(&self, held: bool) {
        self.0.held.send_replace(held);
    }

    /// Returns as soon as requests are not held back, or the sandbox stops.
    async fn open(&self) {
        let mut held = self.0.held.subscribe();
        tokio::select! {
            _ = held.wait_for(|held| !*held) => {}
            () = self.closed() => {}
        }
    }

    async fn closed(&self) {
        let mut closing = self.0.closing.clone();
        // An error means that the sandbox itself is gone, which is the same news.
        let _ = closing.wait_for(|closed| *closed).await;
    }
}

/// A handler that panicked has left the state as it was at that moment; later requests go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts and logs a request, and puts latency and faults in its way.
pub(crate) async fn around(
    State(app): State<App>,
    ConnectInfo(line): ConnectInfo<Line>,
    mut request: Request,
    next: Next,
) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    if !path.starts_with("/api/") {
        return next.run(request).await;
    }
    let query = request.uri().query().unwrap_or("").to_owned();
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let user = bearer(token).and_then(|token| app.deployment().caller(token)).map(|who| who.email);
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let writes = app.log().arrived(&method, route.as_deref());
    let fault = app.faults().pick(&method, &path, &query, writes);
    let done = Done::default();
    request.extensions_mut().insert(done.clone());
    // Left on drop, so that a client that gives up is counted out as well.
    let mut visit = Visit {
        app: &app,
        started: Instant::now(),
        done,
        entry: RequestEntry {
            method,
            path,
            query,
            status: 0,
            user,
            at_ms: unix_ms(),
            ms: 0,
            writes,
            applied: false,
            touched: Vec::new(),
        },
    };
    let latency = app.latency_ms();
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    app.open().await;
    let response = match fault {
        None => next.run(request).await,
        Some(action) => spoil(&app, &line, action, request, next).await,
    };
    visit.entry.status = if line.is_cut() { 0 } else { response.status().as_u16() };
    response
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

struct Visit<'a> {
    app: &'a App,
    started: Instant,
    done: Done,
    entry: RequestEntry,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let mut entry = self.entry.clone();
        entry.ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.app.log().left(entry, self.done.clone());
    }
}

const GATEWAY_PAGE: &str = "<html><head><title>502 Bad Gateway</title></head>\
    <body><center><h1>502 Bad Gateway</h1></center></body></html>";

const LOGIN_PAGE: &str = "<!DOCTYPE html><html><head><title>Sisense</title></head>\
    <body><form action=\"/app/account/login\"><input name=\"username\"></form></body></html>";

async fn spoil(
    app: &App,
    line: &Line,
    action: FaultAction,
    request: Request,
    next: Next,
) -> Response {
    match action {
        FaultAction::Status { status, body, retry_after } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let reply = match body {
                Some(body) => Reply::json(status, body),
                None => Reply::error(status, u32::from(status.as_u16()), "injected fault"),
            };
            let mut response = reply.into_response();
            if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(&text).ok()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
            response
        }
        FaultAction::GatewayPage => {
            let html = HeaderValue::from_static("text/html");
            (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, html)], GATEWAY_PAGE).into_response()
        }
        FaultAction::LoginPage => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            ([(header::CONTENT_TYPE, html)], LOGIN_PAGE).into_response()
        }
        FaultAction::LoginRedirect => {
            let to = HeaderValue::from_static("/app/account/login?src=%2Fapp%2Fmain");
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        FaultAction::CloseConnection => line.cut(),
        FaultAction::Silence => {
            app.closed().await;
            line.cut()
        }
        FaultAction::Latency { ms } => {
            let response = next.run(request).await;
            tokio::time::sleep(Duration::from_millis(ms)).await;
            response
        }
        FaultAction::ApplyThenDrop => {
            next.run(request).await;
            line.cut()
        }
        FaultAction::DropThenApply { ms } => {
            let (app, (parts, body)) = (app.clone(), request.into_parts());
            // The body goes with the connection: it is taken in before that is cut.
            let body = to_bytes(body, MOST_BYTES).await.unwrap_or_default();
            tokio::spawn(async move {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    () = app.closed() => return,
                }
                next.run(Request::from_parts(parts, Body::from(body))).await;
            });
            line.cut()
        }
        FaultAction::TruncatedJson => {
            let (parts, bytes) = whole(next.run(request).await).await;
            (parts, bytes.slice(..bytes.len() / 2)).into_response()
        }
        FaultAction::EmptyBody => {
            let (mut parts, _) = whole(next.run(request).await).await;
            parts.headers.remove(header::CONTENT_LENGTH);
            (parts, Body::empty()).into_response()
        }
        FaultAction::WrongShape { shape } => {
            let (parts, _) = whole(next.run(request).await).await;
            let body = match shape {
                WrongShape::Object => json!({}),
                WrongShape::Null => json!(null),
                WrongShape::ListOfNulls => json!([null, null]),
                WrongShape::Number => json!(42),
            };
            Reply::json(parts.status, body).into_response()
        }
        FaultAction::DropMidBody => {
            let (parts, bytes) = whole(next.run(request).await).await;
            let half = bytes.slice(..bytes.len() / 2);
            // The pause lets the first half go out before the connection breaks.
            let break_off = stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::new(io::ErrorKind::ConnectionReset, "injected fault"))
            });
            let body = stream::iter([Ok::<Bytes, io::Error>(half)]).chain(break_off);
            let mut response = (parts, Body::from_stream(body)).into_response();
            response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
            response
        }
    }
}

async fn whole(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    // Every body here was made in memory, so reading it back cannot fail.
    (parts, to_bytes(body, MOST_BYTES).await.unwrap_or_default())
}

/// The connection that a request came in on.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<AtomicBool>);

impl Line {
    /// Breaks the connection: not one byte of the answer returned here goes out.
    fn cut(&self) -> Response {
        self.0.store(true, Ordering::SeqCst);
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().line.clone()
    }
}

/// A listener whose connections can be broken from inside a handler.
pub(crate) struct Door(pub(crate) TcpListener);

impl Listener for Door {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small; waiting to fill a packet would only add latency.
        let _ = stream.set_nodelay(true);
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// A connection with a switch that breaks it.
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    fn check(&self) -> io::Result<()> {
        if self.line.is_cut() { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
