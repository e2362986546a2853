//! The routes of the deployment, one room per resource.

mod account;
mod builds;
mod connections;
mod dashboards;
mod dashboards_admin;
mod datasets;
mod ecm;
mod export;
mod folders;
mod groups;
mod import;
mod model_files;
mod models;
mod ownership;
mod permissions;
mod roles;
mod schedule;
mod security;
mod shares;
mod sql;
mod users;
mod widgets;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use url::form_urlencoded;

use crate::auth::{Caller, bearer};
use crate::control;
use crate::server::{App, MOST_BYTES, around};
use crate::state::Deployment;
use crate::touched::{Done, Outcome};
use crate::wire::{Answer, Call, Reply};

/// A route's work: it sees the whole deployment, under its lock.
pub(crate) type Handler = fn(&mut Deployment, &Call) -> Answer;

/// The whole service.
pub(crate) fn router(app: App) -> Router {
    let routes = Routes(Router::new());
    let routes = account::routes(routes);
    let routes = users::routes(routes);
    let routes = groups::routes(routes);
    let routes = roles::routes(routes);
    let routes = folders::routes(routes);
    let routes = dashboards::routes(routes);
    let routes = dashboards_admin::routes(routes);
    let routes = ownership::routes(routes);
    let routes = export::routes(routes);
    let routes = import::routes(routes);
    let routes = shares::routes(routes);
    let routes = widgets::routes(routes);
    let routes = models::routes(routes);
    let routes = model_files::routes(routes);
    let routes = datasets::routes(routes);
    let routes = builds::routes(routes);
    let routes = connections::routes(routes);
    let routes = ecm::routes(routes);
    let routes = schedule::routes(routes);
    let routes = permissions::routes(routes);
    let routes = security::routes(routes);
    let routes = sql::routes(routes);
    routes
        .0
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(axum::middleware::from_fn_with_state(app.clone(), around))
        .merge(control::router())
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(app)
}

/// The text of the web framework behind the real server.
async fn unknown(request: Request) -> Response {
    let text = format!("Cannot {} {}", request.method(), request.uri().path());
    Reply::text(StatusCode::NOT_FOUND, &text).into_response()
}

/// Routes under construction.
pub(crate) struct Routes(Router<App>);

impl Routes {
    pub(crate) fn get(self, path: &str, handler: Handler) -> Self {
        self.add(MethodFilter::GET, path, handler, true)
    }

    pub(crate) fn post(self, path: &str, handler: Handler) -> Self {
        self.add(MethodFilter::POST, path, handler, true)
    }

    pub(crate) fn put(self, path: &str, handler: Handler) -> Self {
        self.add(MethodFilter::PUT, path, handler, true)
    }

    pub(crate) fn patch(self, path: &str, handler: Handler) -> Self {
        self.add(MethodFilter::PATCH, path, handler, true)
    }

    pub(crate) fn delete(self, path: &str, handler: Handler) -> Self {
        self.add(MethodFilter::DELETE, path, handler, true)
    }

    /// A route that needs no token.
    pub(crate) fn open(self, method: MethodFilter, path: &str, handler: Handler) -> Self {
        self.add(method, path, handler, false)
    }

    fn add(self, method: MethodFilter, path: &str, handler: Handler, closed: bool) -> Self {
        let serve = move |State(app): State<App>, params: RawPathParams, request: Request| {
            answer(app, params, request, handler, closed)
        };
        Self(self.0.route(path, on(method, serve)))
    }
}

async fn answer(
    app: App,
    params: RawPathParams,
    request: Request,
    handler: Handler,
    closed: bool,
) -> Response {
    let (parts, body) = request.into_parts();
    let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer(header).unwrap_or("").to_owned();
    let query = parts.uri.query().unwrap_or("");
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return Reply::error(StatusCode::PAYLOAD_TOO_LARGE, 413, "body too large").into_response();
    };
    let mut deployment = app.deployment();
    let caller = match deployment.caller(&token) {
        Some(caller) => caller,
        None if closed => return refuse(parts.uri.path()),
        None => Caller::default(),
    };
    let call = Call { params, query, body, caller, token };
    deployment.touched.clear();
    let answer = handler(&mut deployment, &call);
    if let Some(done) = parts.extensions.get::<Done>() {
        // What is refused is refused as a whole.
        let applied = answer.is_ok();
        let touched = if applied { std::mem::take(&mut deployment.touched) } else { Vec::new() };
        done.set(Outcome { applied, touched });
    }
    drop(deployment);
    answer.unwrap_or_else(|refused| refused).into_response()
}

/// A missing or unknown token. The second generation shows both error shapes at once.
fn refuse(path: &str) -> Response {
    if !path.starts_with("/api/v2/") {
        return Reply::unauthorized().into_response();
    }
    let message = "Invalid or missing access token";
    Reply::json(
        StatusCode::UNAUTHORIZED,
        serde_json::json!({
            "type": "https://errors.sisense.dev/http/unauthorized", "title": "Unauthorized",
            "status": 401, "sub": 401, "detail": message,
            "error": {
                "code": 401, "message": message, "status": 401, "httpMessage": "Unauthorized",
            },
        }),
    )
    .into_response()
}
