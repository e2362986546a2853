//! The only module that speaks HTTP: send, retry, bound, decode, redact.
//!
//! Reads are [`Transport::get`] and [`Transport::query`] (a POST that only reads). Writes demand a
//! [`Pass`], which only the write door makes.

mod answer;
mod failure;
mod pace;
mod path;
mod request;
mod send;

use reqwest::Method;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use pace::Pace;

pub use answer::Answer;
pub(crate) use answer::{Body, Items};
pub use pace::Concurrency;
pub(crate) use path::{ApiPath, Query};
pub(crate) use request::{Content, Request};

use crate::config::{Limits, TlsOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::redact;
use crate::run::{Pass, Secret};

/// POST endpoints that only read. Nothing else may be posted without a pass.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ReadPost<'a> {
    /// `POST /api/v1/dashboards/searches`
    DashboardSearches,
    /// `POST /api/v2/ecm/` with a query, never a mutation
    ModelMetadata,
    /// `POST /api/v1/connection/{id}/table_schema_details`: what a source says of one table
    TableSchemaDetails(&'a str),
}

impl ReadPost<'_> {
    /// Whether the answer waits for the source database.
    fn asks_the_source(self) -> bool {
        matches!(self, ReadPost::TableSchemaDetails(_))
    }

    fn path(self) -> ApiPath {
        match self {
            ReadPost::TableSchemaDetails(connection) => {
                ApiPath::new(["api", "v1", "connection", connection, "table_schema_details"])
            }
            ReadPost::DashboardSearches => ApiPath::new(["api", "v1", "dashboards", "searches"]),
            ReadPost::ModelMetadata => ApiPath::new(["api", "v2", "ecm"]),
        }
    }
}

/// One deployment's connection: a pool, the pace of its requests, and the token.
pub(crate) struct Transport {
    name: String,
    base: Url,
    http: reqwest::Client,
    token: SecretString,
    limits: Limits,
    pace: Pace,
}

impl Transport {
    pub(crate) fn new(
        name: String,
        base: Url,
        token: Secret,
        tls: &TlsOptions,
        limits: Limits,
    ) -> Result<Self> {
        let config = |message: &str| Error::new(ErrorKind::Config, message);
        let mut http = reqwest::Client::builder()
            .connect_timeout(limits.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("sisense-core/", env!("CARGO_PKG_VERSION")))
            .tls_danger_accept_invalid_certs(tls.accept_invalid);
        if let Some(pem) = &tls.ca_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|e| config("the CA certificate is not PEM").with_source(e))?;
            http = http.tls_certs_merge(certificates);
        }
        let http =
            http.build().map_err(|e| config("the HTTP client cannot be set up").with_source(e))?;
        let text = token.expose();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(config("the API token is empty or holds characters that no token has"));
        }
        Ok(Transport {
            name,
            base,
            http,
            token: SecretString::from(text.to_owned()),
            pace: Pace::new(limits.concurrency),
            limits,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn concurrency(&self) -> Concurrency {
        self.pace.now()
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Remove this deployment's token, and whatever looks like a secret, from a text.
    pub(crate) fn clean(&self, text: &str) -> String {
        redact::text(text, self.token.expose_secret())
    }

    /// Read.
    pub(crate) async fn get(&self, path: ApiPath, query: Query) -> Result<Answer> {
        self.get_as(path, query).await
    }

    /// Read a body as something else than a JSON value.
    pub(crate) async fn get_as<B: Body>(&self, path: ApiPath, query: Query) -> Result<Answer<B>> {
        self.execute(&Request::new(Method::GET, path).query(query).repeatable()).await
    }

    /// Read what may take long, because a source or a query engine works on it: silence is allowed
    /// up to the deadline of the whole call, and one that took too long is not asked again.
    pub(crate) async fn get_slow(&self, path: ApiPath, query: Query) -> Result<Answer> {
        self.execute(&Request::new(Method::GET, path).query(query).repeatable().slow()).await
    }

    /// Read a list. `what` names it in errors, such as `all users`.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        what: &str,
        path: ApiPath,
        query: Query,
    ) -> Result<Vec<T>> {
        let listed = self.get_as(path, query).await.and_then(Answer::decode_items);
        listed.map_err(|error| error.with_asset(what))
    }

    /// Read by a POST that changes nothing.
    pub(crate) async fn query(&self, endpoint: ReadPost<'_>, body: Value) -> Result<Answer> {
        let request = Request::new(Method::POST, endpoint.path()).body(body).repeatable();
        let request = if endpoint.asks_the_source() { request.slow() } else { request };
        self.execute(&request).await
    }

    /// Write. Never redirected, and sent once, but for one case: a server that answers 429 with
    /// `Retry-After` has refused it before any work, so it is sent again when that time is over.
    pub(crate) async fn write(
        &self,
        pass: &Pass,
        method: Method,
        path: ApiPath,
        query: Query,
        body: Option<Value>,
    ) -> Result<Answer> {
        self.write_all(&[pass], method, path, query, body.map(Content::Json)).await
    }

    /// Write several changes by one request. Sent once, never repeated, never redirected.
    pub(crate) async fn write_all<B: Body>(
        &self,
        passes: &[&Pass],
        method: Method,
        path: ApiPath,
        query: Query,
        body: Option<Content>,
    ) -> Result<Answer<B>> {
        let other = passes.iter().map(|pass| pass.deployment()).find(|name| *name != self.name);
        if let Some(other) = other {
            return Err(Error::new(
                ErrorKind::Unexpected,
                format!("a pass for {other} was shown to {}", self.name),
            ));
        }
        let Some(first) = passes.first() else {
            return Err(Error::new(ErrorKind::Unexpected, "a write was tried without a pass"));
        };
        let mut request = Request::new(method, path).query(query).until(first.stop());
        if let Some(body) = body {
            request = request.body(body);
        }
        let result = self.execute(&request).await;
        if !result.as_ref().is_err_and(failure::never_sent) {
            passes.iter().for_each(|pass| pass.mark_sent());
        }
        result
    }
}
