//! How to reach one deployment: origin, credential, TLS and limits.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Secret;
use crate::transport::Transport;

/// TLS settings of one deployment.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Further certificate authorities to trust, as PEM text.
    pub ca_pem: Option<Vec<u8>>,
    /// Accept any certificate. A deliberate choice for one deployment, never a default.
    pub accept_invalid: bool,
}

/// Limits of one deployment's connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Longest wait for a connection. Default 10 s.
    pub connect_timeout: Duration,
    /// Longest silence while an answer is read. Default 60 s. Queries, and questions that a source
    /// database answers, may be silent for as long as the whole call may take.
    pub read_timeout: Duration,
    /// Longest time for one request with its answer. Default 180 s.
    pub call_timeout: Duration,
    /// Most requests under way at once. Default 8. There are fewer while the server refuses (429,
    /// 503) or answers more slowly than it can; see [`Client::concurrency`].
    pub concurrency: usize,
    /// Most repeats of one request that may be repeated without harm. Default 3.
    pub retries: u32,
    /// Longest time over which a request is repeated, and longest wait that a server can ask of it
    /// (`Retry-After`); it fails at once when that is more. Default 60 s. The wait for its turn
    /// among other requests is not counted.
    pub retry_time: Duration,
    /// Largest answer, in bytes. Default 256 MiB.
    pub max_body: usize,
    /// The first wait between two looks at work that goes on at the server, such as a build; it
    /// doubles from there. Default 250 ms.
    pub first_poll: Duration,
    /// Longest wait between two such looks. Default 15 s.
    pub longest_poll: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(60),
            call_timeout: Duration::from_secs(180),
            concurrency: 8,
            retries: 3,
            retry_time: Duration::from_secs(60),
            max_body: 256 * 1024 * 1024,
            first_poll: Duration::from_millis(250),
            longest_poll: Duration::from_secs(15),
        }
    }
}

/// Sets up a [`Client`].
#[derive(Clone)]
pub struct ClientBuilder {
    name: Option<String>,
    url: String,
    token: Option<Secret>,
    tls: TlsOptions,
    limits: Limits,
}

impl ClientBuilder {
    pub(crate) fn new(url: impl Into<String>) -> Self {
        ClientBuilder {
            name: None,
            url: url.into(),
            token: None,
            tls: TlsOptions::default(),
            limits: Limits::default(),
        }
    }

    /// Read `SISENSE_URL` and `SISENSE_TOKEN`, and, when set, `SISENSE_CA_FILE` (a PEM file) and
    /// `SISENSE_INSECURE=true` (accept any certificate). The only place of this crate that reads
    /// the environment.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the URL or the token is missing: half a default is no default.
    pub fn from_env() -> Result<Self> {
        let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (Some(url), Some(token)) = (var("SISENSE_URL"), var("SISENSE_TOKEN")) else {
            return Err(Error::new(ErrorKind::Config, "no deployment is configured")
                .with_next_step("set both SISENSE_URL and SISENSE_TOKEN"));
        };
        let mut builder = ClientBuilder::new(url).token(Secret::new(token));
        if let Some(path) = var("SISENSE_CA_FILE") {
            let pem = std::fs::read(&path).map_err(|e| {
                Error::new(ErrorKind::Config, format!("cannot read the certificate file: {path}"))
                    .with_source(e)
            })?;
            builder.tls.ca_pem = Some(pem);
        }
        builder.tls.accept_invalid = var("SISENSE_INSECURE").as_deref() == Some("true");
        Ok(builder)
    }

    /// Name the deployment, such as `prod`. Without it the host is its name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Give the API token.
    #[must_use]
    pub fn token(mut self, token: Secret) -> Self {
        self.token = Some(token);
        self
    }

    /// Set TLS options.
    #[must_use]
    pub fn tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// Set limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Check the settings and make the client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a URL that is none or holds more than an origin and a path, for
    /// a missing or unprintable token, and for an unreadable certificate.
    pub fn build(self) -> Result<Client> {
        let base = parse_base(&self.url)?;
        let token = self.token.ok_or_else(|| {
            Error::new(ErrorKind::Config, "the deployment has no API token")
                .with_next_step("give a token, or set SISENSE_TOKEN")
        })?;
        let name = self
            .name
            .or_else(|| base.host_str().map(str::to_owned))
            .unwrap_or_else(|| "deployment".to_owned());
        Ok(Client::new(Transport::new(name, base, token, &self.tls, self.limits)?))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Read a base URL: scheme, host, port and tenant prefix are kept as given; a bare host means https.
fn parse_base(text: &str) -> Result<Url> {
    let bad = |why: &str| {
        Error::new(ErrorKind::Config, format!("this is not a deployment's URL: {why}"))
            .with_next_step(
                "give scheme, host, port and tenant prefix, like https://bi.example.com",
            )
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(bad("it is empty"));
    }
    let with_scheme =
        if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&with_scheme).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("only http and https are spoken"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("it holds a user name or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("it holds a query or a fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_given_and_means_https_by_a_bare_host() {
        let base = |text| parse_base(text).unwrap().to_string();
        assert_eq!(base("bi.example.com"), "https://bi.example.com/");
        assert_eq!(base("http://localhost:30845/"), "http://localhost:30845/");
        assert_eq!(base("bi.example.com:8443/tenant/"), "https://bi.example.com:8443/tenant");
    }

    #[test]
    fn refuses_what_is_no_origin_and_does_not_repeat_a_password() {
        for bad in ["", "ftp://x", "https://", "https://h/app#/home", "https://h/?token=1"] {
            assert_eq!(parse_base(bad).unwrap_err().kind(), ErrorKind::Config, "{bad}");
        }
        let error = parse_base("https://me:hunter2@h").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_deployment_without_a_token_is_refused() {
        let error = ClientBuilder::new("https://h").build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
