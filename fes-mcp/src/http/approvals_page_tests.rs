use std::sync::Mutex;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use fes_agent::approval::Refusal;
use jiff::{SignedDuration, Timestamp};
use pretty_assertions::assert_eq;
use serde_json::json;
use sisense_core::operation::Risk;
use sisense_core::run::{Action, Asset, AssetKind, Change, Undo};
use sisense_core::{Result, Secret};
use tower::ServiceExt;

use super::super::code::MOST_WRONG_CODES;
use super::*;

const ID: &str = "a1b2c3";
const OWN: &str = "http://127.0.0.1:8100";

struct Memory(Mutex<Pending>);

#[async_trait]
impl Approvals for Memory {
    async fn waiting(&self) -> Result<Vec<Pending>> {
        Ok(vec![self.0.lock().unwrap().clone()])
    }

    async fn get(&self, id: &str) -> Result<Pending> {
        let record = self.0.lock().unwrap().clone();
        if record.id == id { Ok(record) } else { Err(Refusal::Unknown.into()) }
    }

    async fn decide(&self, _: &str, _: &str, approve: bool) -> Result<Pending> {
        let mut record = self.0.lock().unwrap();
        if record.state != Standing::Pending {
            return Err(Refusal::Decided.into());
        }
        record.state = if approve { Standing::Approved } else { Standing::Rejected };
        Ok(record.clone())
    }
}

fn record(risk: Risk) -> Pending {
    let asset = Asset {
        deployment: "prod".into(),
        kind: AssetKind::Group,
        id: None,
        name: "<b>Analysts</b>".into(),
    };
    let change = Change::new("access.delete_group", asset, Action::Delete, "Delete a group")
        .before(json!({"name": "<b>Analysts</b>", "users": 3}))
        .undo(Undo::No("members are lost".into()))
        .risk(risk);
    serde_json::from_value(json!({
        "id": ID,
        "session": "stdio",
        "principal": "a client over stdio",
        "deployment": "prod",
        "plan": { "goal": "delete the group <script>", "steps": [] },
        "plan_digest": "",
        "changes": [change],
        "preview_digest": "",
        "needs_same_call": false,
        "created": Timestamp::now(),
        "expires": Timestamp::now() + SignedDuration::from_mins(15),
        "state": "pending",
    }))
    .unwrap()
}

struct Site {
    approvals: Arc<Memory>,
    app: Router,
}

fn site(risk: Risk, code: Option<&str>) -> Site {
    let approvals = Arc::new(Memory(Mutex::new(record(risk))));
    let guard = Arc::new(Guard::new("127.0.0.1:8100".parse().unwrap(), &[], None));
    let pages =
        Pages::new(approvals.clone(), guard, OperatorCode::new(code.map(Secret::new)), true)
            .unwrap();
    Site { approvals, app: pages.routes() }
}

impl Site {
    async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Open the page and send its form, with what a test adds.
    async fn answer(&self, extra: &str) -> (StatusCode, String) {
        let (cookie, csrf) = self.open().await;
        self.post(Some(OWN), &cookie, &format!("csrf={csrf}&{extra}")).await
    }

    async fn open(&self) -> (String, String) {
        let (_, headers, page) = self.get(&format!("/approvals/{ID}")).await;
        let cookie = headers[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap();
        (cookie, csrf.split('"').next().unwrap().to_owned())
    }

    async fn post(&self, origin: Option<&str>, cookie: &str, body: &str) -> (StatusCode, String) {
        let mut request = Request::post(format!("/approvals/{ID}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let (status, _, page) = self.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        (status, page)
    }

    fn stand(&self) -> Standing {
        self.approvals.0.lock().unwrap().state
    }
}

#[tokio::test]
async fn shows_the_change_escaped_and_hardened() {
    let site = site(Risk::Normal, None);
    let (status, headers, page) = site.get(&format!("/approvals/{ID}")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Delete a group") && page.contains("no: members are lost"));
    assert!(!page.contains("<script>") && !page.contains("<b>Analysts"));
    assert_eq!(headers["content-security-policy"], CSP);
    assert_eq!(headers["cache-control"], "no-store");
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let (_, _, list) = site.get("/approvals").await;
    assert!(list.contains("1 approval waits for you"));
}

#[tokio::test]
async fn approves_and_rejects_once() {
    let yes = site(Risk::Normal, None);
    let (status, page) = yes.answer("decision=approve").await;
    assert_eq!((status, yes.stand()), (StatusCode::OK, Standing::Approved), "{page}");
    assert!(page.contains("repeat the call"));
    let no = site(Risk::Normal, None);
    let (cookie, csrf) = no.open().await;
    let (status, page) = no.post(Some(OWN), &cookie, &format!("csrf={csrf}&decision=reject")).await;
    assert_eq!((status, no.stand()), (StatusCode::OK, Standing::Rejected));
    assert!(page.contains("Nothing was changed"));
    let again = format!("csrf={csrf}&decision=approve");
    let (status, page) = no.post(Some(OWN), &cookie, &again).await;
    assert_eq!((status, no.stand()), (StatusCode::CONFLICT, Standing::Rejected));
    assert!(page.contains("decided already") && !page.contains("<form"));
}

#[tokio::test]
async fn refuses_forms_of_others() {
    let site = site(Risk::Normal, None);
    let (cookie, csrf) = site.open().await;
    let good = format!("csrf={csrf}&decision=approve");
    let other = "fes_csrf=".to_owned() + &"0".repeat(64);
    for (origin, cookie, body) in [
        (Some(OWN), cookie.as_str(), "decision=approve"),
        (Some(OWN), &cookie, "csrf=&decision=approve"),
        (Some(OWN), "", &good),
        (Some(OWN), &other, &good),
        (None, &cookie, &good),
        (Some("null"), &cookie, &good),
        (Some("http://evil.example"), &cookie, &good),
    ] {
        let (status, _) = site.post(origin, cookie, body).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin:?} {body}");
    }
    let (status, _) = site.post(Some(OWN), &cookie, &format!("csrf={csrf}&decision=maybe")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.stand(), Standing::Pending);
}

#[tokio::test]
async fn a_high_risk_needs_the_name_but_not_to_reject() {
    let site = site(Risk::High, None);
    let (status, page) = site.answer("decision=approve").await;
    assert_eq!((status, site.stand()), (StatusCode::UNPROCESSABLE_ENTITY, Standing::Pending));
    assert!(page.contains("type the name"));
    let (status, _) = site.answer("decision=approve&typed=%3Cb%3EAnalysts%3C%2Fb%3E").await;
    assert_eq!((status, site.stand()), (StatusCode::OK, Standing::Approved));
}

#[tokio::test]
async fn the_operators_code_is_asked_and_cannot_be_guessed_at_length() {
    let site = site(Risk::Normal, Some("0451"));
    for _ in 0..MOST_WRONG_CODES {
        let (status, _) = site.answer("decision=approve&code=1").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let (status, page) = site.answer("decision=approve&code=0451").await;
    assert_eq!((status, site.stand()), (StatusCode::FORBIDDEN, Standing::Pending));
    assert!(page.contains("Too many wrong codes"));
}

#[tokio::test]
async fn the_right_code_lets_through() {
    let site = site(Risk::Normal, Some("0451"));
    let (status, _) = site.answer("decision=approve&code=0451").await;
    assert_eq!((status, site.stand()), (StatusCode::OK, Standing::Approved));
}

#[tokio::test]
async fn an_unknown_approval_is_said_to_be_unknown() {
    let (status, _, page) = site(Risk::Normal, None).get("/approvals/nope").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("no such approval"));
}
