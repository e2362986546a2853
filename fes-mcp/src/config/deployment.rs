//! Which deployment, and how to reach it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use sisense_core::{Client, ClientBuilder, Limits, Secret, TlsOptions};

use super::read_secret;
use crate::cli::Failure;

/// Which deployment, and how to reach it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Deployment")]
pub struct DeploymentArgs {
    /// Base URL, with port and tenant prefix if any [default: SISENSE_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,

    /// API token; others can see it in the process list, so prefer --token-file or the
    /// environment [default: SISENSE_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", value_parser = secret, conflicts_with = "token_file")]
    pub token: Option<Secret>,

    /// File that holds the API token
    #[arg(long, global = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Further certificate authorities to trust, as a PEM file [default: SISENSE_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// Accept any certificate of this deployment
    #[arg(long, global = true)]
    pub insecure: bool,

    /// Name of the deployment in previews and answers [default: its address]
    #[arg(long, global = true, value_name = "NAME")]
    pub name: Option<String>,

    /// Longest time for one request to the deployment, in seconds
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,

    /// Start a sandbox for this command and use it instead of a deployment
    #[arg(long, global = true, conflicts_with_all = ["url", "token", "token_file", "ca_file", "insecure"])]
    pub sandbox: bool,
}

// clap wants a Result, even from what cannot fail.
#[allow(clippy::unnecessary_wraps)]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl DeploymentArgs {
    /// The client of the deployment that the options name, or of the one in the environment.
    pub fn client(&self) -> Result<Client, Failure> {
        self.client_with(self.limits())
    }

    /// The same, with these limits.
    pub fn client_with(&self, limits: Limits) -> Result<Client, Failure> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(path)) => Some(read_secret(path, "token")?),
            (None, None) => None,
        };
        let builder = match (&self.url, token) {
            (Some(url), Some(token)) => Client::builder(url).token(token),
            (None, None) => ClientBuilder::from_env().map_err(|error| {
                Failure::from(error).usage().with_next_step(
                    "give --url and --token-file, set SISENSE_URL and SISENSE_TOKEN, or try --sandbox",
                )
            })?,
            (Some(_), None) => {
                return Err(Failure::bad_usage("--url is given without a token")
                    .with_next_step("give --token-file or --token too; a token from the environment belongs to the URL from the environment"));
            }
            (None, Some(_)) => {
                return Err(Failure::bad_usage("a token is given without --url").with_next_step(
                    "give --url too; a URL from the environment has its token there",
                ));
            }
        };
        let builder = self.with_tls(builder)?.limits(limits);
        if let Some(name) = &self.name {
            return builder.name(name).build().map_err(|error| Failure::from(error).usage());
        }
        let client = builder.clone().build().map_err(|error| Failure::from(error).usage())?;
        // An approval holds for a name, so two ports of one host must not share theirs.
        Ok(builder.name(default_name(client.url())).build()?)
    }

    fn with_tls(&self, builder: ClientBuilder) -> Result<ClientBuilder, Failure> {
        if self.ca_file.is_none() && !self.insecure {
            return Ok(builder);
        }
        let ca_pem = match &self.ca_file {
            Some(path) => Some(std::fs::read(path).map_err(|error| {
                Failure::bad_usage(format!("cannot read --ca-file {}: {error}", path.display()))
            })?),
            None => None,
        };
        Ok(builder.tls(TlsOptions { ca_pem, accept_invalid: self.insecure }))
    }

    /// The limits that the options ask for.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(seconds) = self.timeout {
            let wait = Duration::from_secs(seconds);
            limits.call_timeout = wait;
            limits.connect_timeout = limits.connect_timeout.min(wait);
            limits.read_timeout = limits.read_timeout.max(wait);
        }
        limits
    }
}

/// A URL without its scheme: the host, with port and tenant prefix if there are any.
fn default_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: Option<&str>, token: Option<&str>) -> DeploymentArgs {
        DeploymentArgs {
            url: url.map(str::to_owned),
            token: token.map(Secret::new),
            ..DeploymentArgs::default()
        }
    }

    #[test]
    fn half_a_pair_is_refused() {
        let failure = args(Some("https://bi.example.com"), None).client().unwrap_err();
        assert_eq!(failure.exit, crate::cli::Exit::Usage);
        assert!(failure.report.message.contains("without a token"));
        let failure = args(None, Some("t")).client().unwrap_err();
        assert!(failure.report.message.contains("without --url"));
    }

    #[test]
    fn a_pair_makes_a_client_with_its_name() {
        let mut whole = args(Some("http://127.0.0.1:9/"), Some("abc"));
        whole.name = Some("prod".into());
        let client = whole.client().unwrap();
        assert_eq!((client.name(), client.url()), ("prod", "http://127.0.0.1:9/"));
        assert!(!format!("{whole:?}").contains("abc"), "a token is never printed");
    }

    #[test]
    fn a_deployment_without_a_name_is_called_by_its_whole_address() {
        let client = args(Some("http://127.0.0.1:9/tenant/"), Some("abc")).client().unwrap();
        assert_eq!(client.name(), "127.0.0.1:9/tenant");
        let client = args(Some("bi.example.com"), Some("abc")).client().unwrap();
        assert_eq!(client.name(), "bi.example.com");
    }
}
