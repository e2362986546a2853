//! Which path leads where, and who is let in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;

use super::agent::AgentApi;
use super::approvals_page::Pages;
use super::guard::{Guard, authenticate, check};
use super::health::health;
use crate::mcp::{Handler, LONGEST_CALL, SESSION_HEADER};

/// Most sessions of clients that speak a revision with sessions. Each costs some 54 kB.
const MOST_SESSIONS: usize = 1_000;

/// What a router is made of.
pub struct Parts {
    /// Who may talk to it.
    pub guard: Arc<Guard>,
    /// The approval pages.
    pub pages: Pages,
    /// The MCP handler, if MCP is served here.
    pub mcp: Option<Handler>,
    /// The agent, if it is served here.
    pub agent: Option<AgentApi>,
    /// Ends open streams when it is cancelled.
    pub stop: CancellationToken,
}

/// All routes behind the Host and Origin checks; MCP behind the bearer token too.
pub fn router(parts: Parts) -> Router {
    let Parts { guard, pages, mcp, agent, stop } = parts;
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::to("/approvals") }))
        .route("/health", get(health))
        .merge(pages.routes());
    if let Some(handler) = mcp {
        router = router.merge(mcp_routes(handler, &guard, stop));
    }
    if let Some(api) = agent {
        let routes = api.routes();
        let known = middleware::from_fn_with_state(Arc::clone(&guard), authenticate);
        router = router.merge(routes.layer(known));
    }
    router.layer(middleware::from_fn_with_state(guard, check))
}

fn mcp_routes(handler: Handler, guard: &Arc<Guard>, stop: CancellationToken) -> Router {
    let mut session = SessionConfig::default();
    // A session counts as idle while a tool works in silence, so it outlives the longest call.
    session.keep_alive = Some(LONGEST_CALL + Duration::from_secs(300));
    let mut sessions = LocalSessionManager::default();
    sessions.session_config = session;
    let sessions = Arc::new(sessions);
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(guard.hosts())
        .with_allowed_origins(guard.origins_with_ports())
        .enforce_origin_validation()
        .with_cancellation_token(stop);
    let ending = handler.clone();
    let service =
        StreamableHttpService::new(move || Ok(handler.connection()), Arc::clone(&sessions), config);
    Router::new()
        .route_service("/mcp/", service.clone())
        .route_service("/mcp", service)
        .layer(middleware::from_fn_with_state(sessions, cap_sessions))
        .layer(middleware::from_fn_with_state(ending, end_session))
        .layer(middleware::from_fn_with_state(Arc::clone(guard), authenticate))
}

/// Refuse to open one session too many. Requests within a session and those of clients that speak
/// a revision without sessions pass.
async fn cap_sessions(
    State(sessions): State<Arc<LocalSessionManager>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let stateless = headers
        .get("mcp-protocol-version")
        .and_then(|version| version.to_str().ok())
        .is_some_and(|version| version >= "2026-07-28");
    let opens =
        request.method() == Method::POST && !headers.contains_key(SESSION_HEADER) && !stateless;
    if opens && sessions.sessions.read().await.len() >= MOST_SESSIONS {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many open sessions; try again later\n")
            .into_response();
    }
    next.run(request).await
}

/// End the calls of a session with it. It is gone then: some clients take `202 Accepted` for a
/// failure.
async fn end_session(State(handler): State<Handler>, request: Request, next: Next) -> Response {
    let ends = request.method() == Method::DELETE;
    let session = request.headers().get(SESSION_HEADER).cloned();
    let mut response = next.run(request).await;
    if ends && response.status() == StatusCode::ACCEPTED {
        if let Some(session) = session.as_ref().and_then(|session| session.to_str().ok()) {
            handler.end_session(session);
        }
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}
