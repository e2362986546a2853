//! The approval pages: server-rendered, without scripts. A person sees each change and decides.
//!
//! A decision is taken only from a form that this server rendered for this browser and this
//! approval: the form holds a mark over both that only this process can make.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Form, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use fes_agent::{Pending, State as Standing};
use hmac::{Hmac, Mac};
use serde::Deserialize;
use sha2::Sha256;
use sisense_core::{Error, ErrorKind};

use super::code::{OperatorCode, Refused};
use super::guard::{Guard, same};
use super::views::{Item, ListPage, MessagePage, RecordPage};
use crate::approvals::Approvals;

/// The cookie that binds a form to the browser it was rendered for.
const COOKIE: &str = "fes_csrf";
/// Largest form, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

const CSP: &str = "default-src 'none'; style-src 'self' 'unsafe-inline'; form-action 'self'; \
                   frame-ancestors 'none'; base-uri 'none'";

/// What the pages need.
pub struct Pages {
    approvals: Arc<dyn Approvals>,
    guard: Arc<Guard>,
    code: OperatorCode,
    list: bool,
    key: [u8; 32],
}

impl Pages {
    /// Pages over these approvals. With a code, a decision needs it too; without `list`, an
    /// approval is reached by its own address only.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(
        approvals: Arc<dyn Approvals>,
        guard: Arc<Guard>,
        code: OperatorCode,
        list: bool,
    ) -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Pages { approvals, guard, code, list, key })
    }

    /// The routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/approvals", get(list))
            .route("/approvals/{id}", get(show).post(decide))
            .layer(DefaultBodyLimit::max(LARGEST_FORM))
            .layer(middleware::map_response(harden))
            .with_state(Arc::new(self))
    }

    /// The mark of a form: over the browser and the approval.
    fn mark(&self, browser: &str, id: &str) -> String {
        // HMAC takes keys of any length; an empty mark is never accepted.
        Hmac::<Sha256>::new_from_slice(&self.key).map_or_else(
            |_| String::new(),
            |mut mac| {
                mac.update(browser.as_bytes());
                mac.update(b"\0");
                mac.update(id.as_bytes());
                hex::encode(mac.finalize().into_bytes())
            },
        )
    }

    fn is_marked(&self, headers: &HeaderMap, id: &str, mark: &str) -> bool {
        browser(headers).is_some_and(|browser| {
            let wanted = self.mark(&browser, id);
            !wanted.is_empty() && same(mark, &wanted)
        })
    }

    /// Why the code does not let this decision through, if it does not.
    fn wrong_code(&self, given: Option<&str>) -> Option<&'static str> {
        match self.code.check(given).err()? {
            Refused::TooMany => Some("Too many wrong codes. Restart the server to try again."),
            Refused::Wrong => {
                Some("That is not the operator's approval code. Nothing was decided.")
            }
        }
    }

    fn render(&self, headers: &HeaderMap, record: &Pending, error: Option<&str>) -> Response {
        let known = browser(headers);
        let (browser, new) = match known {
            Some(browser) => (browser, false),
            None => match fresh_browser() {
                Ok(browser) => (browser, true),
                Err(_) => return unavailable("the system gives no random bytes"),
            },
        };
        let page = RecordPage {
            item: Item::new(record),
            csrf: self.mark(&browser, &record.id),
            needs_code: self.code.is_needed(),
            error: error.map(str::to_owned),
        };
        let mut response = html(StatusCode::OK, &page);
        let secure = if self.guard.is_https(headers) { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE}={browser}; Path=/approvals; HttpOnly; SameSite=Strict{secure}");
        if new && let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        response
    }
}

/// What the form sends.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    csrf: String,
    decision: Choice,
    #[serde(default)]
    typed: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Approve,
    Reject,
}

async fn list(State(pages): State<Arc<Pages>>) -> Response {
    if !pages.list {
        return message(
            StatusCode::NOT_FOUND,
            "There is no list here",
            &["Open the link that your assistant gave you, or run: fes-mcp approvals list"],
        );
    }
    match pages.approvals.waiting().await {
        Ok(records) => html(StatusCode::OK, &ListPage::new(&records)),
        Err(error) => broken(&error),
    }
}

async fn show(
    State(pages): State<Arc<Pages>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match pages.approvals.get(&id).await {
        Ok(record) => pages.render(&headers, &record, None),
        Err(error) => broken(&error),
    }
}

async fn decide(
    State(pages): State<Arc<Pages>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    answer: Result<Form<Answer>, FormRejection>,
) -> Response {
    let foreign = || {
        message(
            StatusCode::FORBIDDEN,
            "This form cannot be accepted",
            &[
                "It was not sent by this page in this browser, or the server was restarted.",
                "Nothing was decided. Open the approval again and decide there.",
            ],
        )
    };
    if !pages.guard.is_own_form(&headers) {
        return foreign();
    }
    let Ok(Form(answer)) = answer else {
        return message(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This form cannot be read",
            &["Nothing was decided. Open the approval again and decide there."],
        );
    };
    if !pages.is_marked(&headers, &id, &answer.csrf) {
        return foreign();
    }
    let record = match pages.approvals.get(&id).await {
        Ok(record) => record,
        Err(error) => return broken(&error),
    };
    if record.state != Standing::Pending {
        let mut response = pages.render(&headers, &record, Some("This is decided already."));
        *response.status_mut() = StatusCode::CONFLICT;
        return response;
    }
    if let Some(error) = pages.wrong_code(answer.code.as_deref()) {
        let mut response = pages.render(&headers, &record, Some(error));
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    }
    let name = crate::preview::typed_name(&record.changes);
    if matches!(answer.decision, Choice::Approve)
        && name.is_some_and(|name| answer.typed.as_deref().map(str::trim) != Some(name))
    {
        let error = "To approve, type the name exactly as it is shown.";
        let mut response = pages.render(&headers, &record, Some(error));
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return response;
    }
    let approve = matches!(answer.decision, Choice::Approve);
    match pages.approvals.decide(&id, "approval page", approve).await {
        Ok(_) => decided(answer.decision),
        Err(error) => broken(&error),
    }
}

fn decided(decision: Choice) -> Response {
    match decision {
        Choice::Approve => message(
            StatusCode::OK,
            "Approved",
            &[
                "Go back to your assistant and tell it to repeat the call.",
                "The same call now goes through once, with exactly the changes that you saw. If something has changed there since, it stops and shows the new changes.",
            ],
        ),
        Choice::Reject => message(
            StatusCode::OK,
            "Rejected",
            &["Nothing was changed. Tell your assistant what you want instead."],
        ),
    }
}

fn unknown() -> Response {
    message(
        StatusCode::NOT_FOUND,
        "There is no such approval",
        &["The link may be mistyped, or too old: approvals that have ended are removed in time."],
    )
}

fn broken(error: &Error) -> Response {
    if error.kind() == ErrorKind::NotFound {
        return unknown();
    }
    tracing::warn!(%error, "an approval cannot be read or kept");
    unavailable(&error.report().message)
}

fn unavailable(why: &str) -> Response {
    message(
        StatusCode::CONFLICT,
        "That did not work",
        &[why, "Nothing was changed. Open the approval again to see where it stands."],
    )
}

fn message(status: StatusCode, title: &str, lines: &[&str]) -> Response {
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    html(status, &MessagePage { title: title.to_owned(), lines, back: None })
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be rendered\n").into_response()
        }
    }
}

/// No scripts, no frames, no caches, and no address of an approval in a Referer.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, CSP);
    set(header::CACHE_CONTROL, "no-store");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`: browsers would then send `Origin: null` with the form.
    set(header::REFERRER_POLICY, "same-origin");
    response
}

/// The browser's id from its cookie, if it is one that this server could have given.
fn browser(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
        .filter(|value| value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn fresh_browser() -> Result<String, getrandom::Error> {
    let mut id = [0; 32];
    getrandom::fill(&mut id)?;
    Ok(hex::encode(id))
}

#[cfg(test)]
#[path = "approvals_page_tests.rs"]
mod tests;
