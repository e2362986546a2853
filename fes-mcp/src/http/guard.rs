//! Who may talk to this server: by Host, by Origin, and by a bearer token where one is set.
//!
//! A web page that somebody visits can send requests to the loopback interface, also under a name
//! of its own that resolves there. The Host check stops the second, the Origin check the first.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use sisense_core::Secret;

/// The names and origins under which this server answers, and the token it asks for.
#[derive(Clone, Debug)]
pub struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    bearer: Option<Secret>,
}

impl Guard {
    /// A server on this address, also reachable under these public URLs.
    pub fn new(address: SocketAddr, public: &[String], bearer: Option<Secret>) -> Self {
        let port = address.port();
        let mut names =
            vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
        if !address.ip().is_loopback() && !address.ip().is_unspecified() {
            names.push(address.to_string());
        }
        let mut origins: Vec<String> = names.iter().map(|name| format!("http://{name}")).collect();
        for url in public {
            let origin = url.trim_end_matches('/').to_ascii_lowercase();
            if let Some((_, host)) = origin.split_once("://") {
                names.push(host.to_owned());
            }
            origins.push(origin);
        }
        Guard { hosts: names, origins, bearer }
    }

    /// The hosts, for the MCP service's own check.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The origins, for the MCP service's own check, each with its port.
    pub fn origins_with_ports(&self) -> Vec<String> {
        self.origins
            .iter()
            .map(|origin| match origin.split_once("://") {
                Some((_, host)) if has_port(host) => origin.clone(),
                Some(("https", _)) => format!("{origin}:443"),
                _ => format!("{origin}:80"),
            })
            .collect()
    }

    fn knows_host(&self, headers: &HeaderMap, authority: Option<&str>) -> bool {
        let mut given = headers.get_all(header::HOST).iter();
        let host = match (given.next(), given.next()) {
            (Some(host), None) => host.to_str().ok(),
            (None, None) => authority,
            _ => None,
        };
        host.is_some_and(|host| self.hosts.contains(&host.to_ascii_lowercase()))
    }

    fn knows_origin(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.origins.contains(&origin.to_ascii_lowercase()))
    }

    /// Whether a form was sent by a page of this server: browsers say so in one of two headers.
    pub fn is_own_form(&self, headers: &HeaderMap) -> bool {
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin") {
            return false;
        }
        match headers.get(header::ORIGIN) {
            Some(origin) => self.knows_origin(origin),
            None => site.is_some(),
        }
    }

    /// Whether the request came in under a public URL that is https.
    pub fn is_https(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| {
            self.origins.contains(&format!("https://{}", host.to_ascii_lowercase()))
        })
    }

    fn knows_bearer(&self, headers: &HeaderMap) -> bool {
        let Some(wanted) = &self.bearer else {
            return true;
        };
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        token.is_some_and(|token| same(token, wanted.expose()))
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub fn same(given: &str, wanted: &str) -> bool {
    type Mark = Hmac<Sha256>;
    // HMAC takes keys of any length; were it otherwise, nothing would be the same.
    let (Ok(mut mine), Ok(mut theirs)) =
        (Mark::new_from_slice(b"same"), Mark::new_from_slice(b"same"))
    else {
        return false;
    };
    mine.update(wanted.as_bytes());
    theirs.update(given.as_bytes());
    theirs.verify(&mine.finalize().into_bytes()).is_ok()
}

/// Refuse requests for another host and requests that a foreign page makes.
pub async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(ToString::to_string);
    if !guard.knows_host(request.headers(), authority.as_deref()) {
        return refuse(StatusCode::FORBIDDEN, "this server does not answer under that host name");
    }
    if let Some(origin) = request.headers().get(header::ORIGIN)
        && !guard.knows_origin(origin)
    {
        return refuse(StatusCode::FORBIDDEN, "this server takes no requests from that origin");
    }
    next.run(request).await
}

/// Refuse requests without the bearer token, where one is set.
pub async fn authenticate(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    // A preflight carries no token and reaches no tool.
    if request.method() == Method::OPTIONS || guard.knows_bearer(request.headers()) {
        return next.run(request).await;
    }
    let mut response = refuse(StatusCode::UNAUTHORIZED, "a bearer token is needed");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"fes-mcp\""));
    response
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{why}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(
            "127.0.0.1:8100".parse().unwrap(),
            &["https://fes.example.com/".into()],
            Some(Secret::new("s3cret")),
        )
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn knows_its_own_names_and_no_other() {
        let knows = |host| guard().knows_host(&headers(&[("host", host)]), None);
        assert!(knows("127.0.0.1:8100") && knows("LOCALHOST:8100") && knows("fes.example.com"));
        assert!(!knows("evil.example:8100") && !knows("127.0.0.1") && !knows("127.0.0.1:8101"));
        assert!(!guard().knows_host(&headers(&[]), None));
        let two = headers(&[("host", "127.0.0.1:8100"), ("host", "evil.example")]);
        assert!(!guard().knows_host(&two, None));
    }

    #[test]
    fn a_form_comes_from_a_page_of_this_server() {
        let own = |pairs| guard().is_own_form(&headers(pairs));
        assert!(own(&[("origin", "http://127.0.0.1:8100")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(!own(&[]), "a request that tells nothing is no browser's form");
        assert!(!own(&[("origin", "null")]));
        assert!(!own(&[("origin", "http://127.0.0.1:8100"), ("sec-fetch-site", "cross-site")]));
        assert!(!own(&[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn asks_for_the_very_token() {
        let knows = |value| guard().knows_bearer(&headers(&[("authorization", value)]));
        assert!(knows("Bearer s3cret") && knows("bearer s3cret"));
        assert!(!knows("Bearer s3cre") && !knows("Basic s3cret") && !knows("s3cret"));
        assert!(!guard().knows_bearer(&headers(&[])));
    }

    #[test]
    fn every_origin_has_a_port_for_the_strict_check() {
        let origins = guard().origins_with_ports();
        assert!(origins.contains(&"http://[::1]:8100".to_owned()));
        assert!(origins.contains(&"https://fes.example.com:443".to_owned()));
    }
}
