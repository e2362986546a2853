//! Which deployment, and how to reach it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use fes_agent::host::unknown_deployment;
use sisense_core::{Client, ClientBuilder, Error, Limits, Secret, TlsOptions};

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

    /// Accept any certificate of this deployment; for a named one, set FES_INSECURE_NAME to 1
    #[arg(long, global = true)]
    pub insecure: bool,

    /// Name of the deployment in previews and answers [default: its address]
    #[arg(long, global = true, value_name = "NAME")]
    pub name: Option<String>,

    /// A further deployment, for migrations; its API token is in the environment as
    /// FES_TOKEN_NAME, in capitals; may be repeated
    #[arg(long = "deployment", global = true, value_name = "NAME=URL", value_parser = named)]
    pub named: Vec<Named>,

    /// Name of the deployment to work on, and to migrate from [default: the first]
    #[arg(long, global = true, value_name = "NAME")]
    pub source: Option<String>,

    /// Name of the deployment to migrate to
    #[arg(long, global = true, value_name = "NAME")]
    pub target: Option<String>,

    /// Longest time for one request to the deployment, in seconds
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,

    /// Start a sandbox for this command and use it instead of a deployment; the empty
    /// "sandbox-target" beside it is there to migrate to
    #[arg(long, global = true, conflicts_with_all = ["url", "token", "token_file", "ca_file", "insecure", "named"])]
    pub sandbox: bool,
}

// clap wants a Result, even from what cannot fail.
#[allow(clippy::unnecessary_wraps)]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl DeploymentArgs {
    /// Whether the options name a deployment.
    pub fn is_given(&self) -> bool {
        self.sandbox
            || self.url.is_some()
            || self.token.is_some()
            || self.token_file.is_some()
            || !self.named.is_empty()
    }

    /// The clients of all deployments that the options name: the one given by its URL or by the
    /// environment first, then the named ones.
    pub fn clients(&self) -> Result<Vec<Client>, Failure> {
        let given = self.url.is_some() || self.token.is_some() || self.token_file.is_some();
        let mut clients = Vec::new();
        if given || self.named.is_empty() || in_environment() {
            clients.push(self.client()?);
        }
        for named in &self.named {
            let client = self.client_of(named)?;
            if clients.iter().any(|other: &Client| other.name() == client.name()) {
                let message = format!("two deployments have the same name: {}", named.name);
                return Err(Failure::bad_usage(message)
                    .with_next_step("give each deployment a name of its own"));
            }
            clients.push(client);
        }
        Ok(clients)
    }

    fn client_of(&self, named: &Named) -> Result<Client, Failure> {
        let variable = token_variable(&named.name);
        let token = std::env::var(&variable).ok().map(|token| token.trim().to_owned());
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Err(Failure::bad_usage(format!("the deployment {} has no token", named.name))
                .with_next_step(format!("set {variable} to its API token")));
        };
        let builder = Client::builder(&named.url).name(&named.name).token(Secret::new(token));
        // Accepting any certificate is said for each deployment by itself.
        let builder = self.with_tls(builder, named.is_insecure()?)?;
        builder.limits(self.limits()).build().map_err(|error| Failure::from(error).usage())
    }

    /// Which of the deployments is the source, and which the target.
    pub fn places(&self, clients: &[Client]) -> Result<(String, Option<String>), Failure> {
        let known = |name: &String| match clients.iter().any(|client| client.name() == name) {
            true => Ok(name.clone()),
            false => {
                let names = clients.iter().map(|client| client.name().to_owned()).collect();
                Err(Failure::from(unknown_deployment(names, name)).usage())
            }
        };
        let source = match &self.source {
            Some(name) => known(name)?,
            None => clients.first().map_or_else(String::new, |c| c.name().to_owned()),
        };
        let target = self.target.as_ref().map(known).transpose()?;
        if target.as_ref() == Some(&source) {
            return Err(Failure::bad_usage("the source and the target are the same deployment")
                .with_next_step("name two different deployments with --source and --target"));
        }
        Ok((source, target))
    }

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
        let builder = self.with_tls(builder, self.insecure)?.limits(limits);
        if let Some(name) = &self.name {
            return builder.name(name).build().map_err(|error| Failure::from(error).usage());
        }
        let client = builder.clone().build().map_err(|error| Failure::from(error).usage())?;
        // An approval holds for a name, so two ports of one host must not share theirs.
        Ok(builder.name(default_name(client.url())).build()?)
    }

    /// The client of a deployment that somebody else brings, with the settings of the options. Its
    /// name says so, so that it is never taken for one of ours.
    pub fn client_brought(&self, url: &str, token: Secret) -> sisense_core::Result<Client> {
        let builder = Client::builder(url).token(token).limits(self.limits());
        let builder =
            self.with_tls(builder, false).map_err(|failure| Error::from(*failure.report))?;
        let client = builder.clone().build()?;
        builder.name(format!("{} (own token)", default_name(client.url()))).build()
    }

    /// The deployments whose certificates are not checked, and by what that was said.
    pub fn unchecked(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut unchecked = Vec::new();
        if self.insecure {
            let name = self.name.clone().or_else(|| self.url.clone());
            unchecked.push((name.unwrap_or_else(|| "the deployment".into()), "--insecure".into()));
        }
        for named in &self.named {
            if named.is_insecure()? {
                unchecked.push((named.name.clone(), insecure_variable(&named.name)));
            }
        }
        Ok(unchecked)
    }

    fn with_tls(&self, builder: ClientBuilder, insecure: bool) -> Result<ClientBuilder, Failure> {
        if self.ca_file.is_none() && !insecure {
            return Ok(builder);
        }
        let ca_pem = match &self.ca_file {
            Some(path) => Some(read_pem(path)?),
            None => None,
        };
        Ok(builder.tls(TlsOptions { ca_pem, accept_invalid: insecure }))
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

/// A deployment by its name and its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is called in previews, answers and options.
    pub name: String,
    /// Scheme, host, port and tenant prefix.
    pub url: String,
}

impl Named {
    /// Whether any certificate of this deployment is accepted, by the environment.
    fn is_insecure(&self) -> Result<bool, Failure> {
        let variable = insecure_variable(&self.name);
        yes_or_no(std::env::var(&variable).ok().as_deref()).ok_or_else(|| {
            Failure::bad_usage(format!("{variable} is neither 1 nor 0"))
                .with_next_step("set it to 1 to accept any certificate of this deployment")
        })
    }
}

/// Whether a variable says yes; nothing when it says neither yes nor no.
fn yes_or_no(value: Option<&str>) -> Option<bool> {
    match value.map(str::trim).unwrap_or_default() {
        "1" | "true" => Some(true),
        "" | "0" | "false" => Some(false),
        _ => None,
    }
}

fn named(text: &str) -> Result<Named, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() && name.chars().all(plain) && !url.is_empty() => {
            Ok(Named { name: name.to_owned(), url: url.to_owned() })
        }
        _ => Err("give a name of letters, digits, - and _, and a URL: prod=https://bi.example.com"
            .to_owned()),
    }
}

/// The variable of the environment that holds the token of a named deployment.
fn token_variable(name: &str) -> String {
    format!("FES_TOKEN_{}", in_capitals(name))
}

/// The variable of the environment that says whether any certificate of a named deployment is
/// accepted.
fn insecure_variable(name: &str) -> String {
    format!("FES_INSECURE_{}", in_capitals(name))
}

fn in_capitals(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

/// Whether the environment names a deployment.
fn in_environment() -> bool {
    std::env::var("SISENSE_URL").is_ok_and(|url| !url.trim().is_empty())
}

fn read_pem(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::bad_usage(format!("cannot read --ca-file {}: {error}", path.display()))
    })
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
    fn named_deployments_need_a_plain_name_and_a_token_of_their_own() {
        for bad in ["prod", "=https://x", "prod=", "a b=https://x", ""] {
            assert!(named(bad).is_err(), "{bad}");
        }
        let staging = named("my-staging=https://bi.example.com/t").unwrap();
        assert_eq!(staging.url, "https://bi.example.com/t");
        assert_eq!(token_variable(&staging.name), "FES_TOKEN_MY_STAGING");
        let mut both = args(Some("http://127.0.0.1:9/"), Some("abc"));
        both.named = vec![staging];
        let failure = both.clients().unwrap_err();
        assert_eq!(failure.exit, crate::cli::Exit::Usage);
        assert_eq!(
            failure.report.next_step.as_deref(),
            Some("set FES_TOKEN_MY_STAGING to its API token")
        );
    }

    #[test]
    fn a_variable_that_says_neither_yes_nor_no_is_not_taken_for_either() {
        for (value, is) in [
            (None, Some(false)),
            (Some(""), Some(false)),
            (Some("0"), Some(false)),
            (Some("false"), Some(false)),
            (Some(" 1 "), Some(true)),
            (Some("true"), Some(true)),
            (Some("yes please"), None),
        ] {
            assert_eq!(yes_or_no(value), is, "{value:?}");
        }
        assert_eq!(insecure_variable("my-staging"), "FES_INSECURE_MY_STAGING");
    }

    #[test]
    fn source_and_target_are_two_deployments_that_there_are() {
        let client = |name: &str| {
            let mut one = args(Some("http://127.0.0.1:9/"), Some("abc"));
            one.name = Some(name.to_owned());
            one.client().unwrap()
        };
        let clients = [client("prod"), client("dev")];
        let places = |source: Option<&str>, target: Option<&str>| {
            let mut args = args(None, None);
            (args.source, args.target) = (source.map(str::to_owned), target.map(str::to_owned));
            args.places(&clients)
        };
        assert_eq!(places(None, None).unwrap(), ("prod".into(), None));
        assert_eq!(places(Some("dev"), Some("prod")).unwrap(), ("dev".into(), Some("prod".into())));
        let unknown = places(None, Some("dve")).unwrap_err();
        assert_eq!(unknown.report.candidates, ["prod", "dev"]);
        assert!(places(None, Some("prod")).unwrap_err().report.message.contains("the same"));
    }

    #[test]
    fn a_deployment_without_a_name_is_called_by_its_whole_address() {
        let client = args(Some("http://127.0.0.1:9/tenant/"), Some("abc")).client().unwrap();
        assert_eq!(client.name(), "127.0.0.1:9/tenant");
        let client = args(Some("bi.example.com"), Some("abc")).client().unwrap();
        assert_eq!(client.name(), "bi.example.com");
    }
}
