//! Settings: options first, then the environment. A URL and its token come from the same place.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use fes_agent::Policy;
use fes_agent::policy::{Pattern, Rules};
use sisense_core::{Client, ClientBuilder, Limits, Secret, TlsOptions, generated};
use sisense_sandbox::{Sandbox, SandboxConfig, Sizes};

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

/// What a sandbox holds.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sandbox (a Sisense deployment in memory, for trying and testing)")]
pub struct SandboxArgs {
    /// Load a .dash or model document into the sandbox; may be repeated
    #[arg(long, global = true, value_name = "FILE")]
    pub load: Vec<PathBuf>,

    /// Seed of every id and token
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub seed: Option<u64>,

    /// Generated users, on top of the story
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub users: usize,

    /// Generated groups
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub groups: usize,

    /// Generated dashboards
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub dashboards: usize,

    /// Widgets in each generated dashboard
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub widgets: usize,

    /// Generated data models
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub models: usize,

    /// Time that every request to the sandbox takes at least, in milliseconds
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub latency_ms: u64,
}

/// Where state is kept and what may run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "State and policy")]
pub struct StateArgs {
    /// Folder of the approvals and the journal [default: the user's state folder]
    #[arg(long, global = true, value_name = "DIR", env = "FES_STATE_DIR", hide_env_values = true)]
    pub state_dir: Option<PathBuf>,

    /// Refuse everything that would change a deployment
    #[arg(long, global = true)]
    pub read_only: bool,

    /// Only these tools, by id or pattern such as access.* or *.get_*; may be repeated
    #[arg(long, global = true, value_name = "PATTERN", value_parser = pattern)]
    pub allow: Vec<Pattern>,

    /// Not these tools, whatever --allow says; may be repeated
    #[arg(long, global = true, value_name = "PATTERN", value_parser = pattern)]
    pub deny: Vec<Pattern>,
}

/// A pattern that fits nothing is a typing error, and a denial that denies nothing a hole.
fn pattern(text: &str) -> Result<Pattern, String> {
    let pattern = Pattern::new(text).map_err(|error| error.to_string())?;
    if generated::operations().iter().any(|operation| pattern.fits(operation)) {
        return Ok(pattern);
    }
    let near = match generated::nearest(text).as_slice() {
        [] => String::new(),
        ids => format!("; did you mean {}?", ids.join(" or ")),
    };
    Err(format!("no tool fits{near}"))
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

impl SandboxArgs {
    /// The settings of a sandbox with this name.
    pub fn config(&self, name: &str, port: u16) -> SandboxConfig {
        let defaults = SandboxConfig::default();
        SandboxConfig {
            name: name.to_owned(),
            port,
            seed: self.seed.unwrap_or(defaults.seed),
            sizes: Sizes {
                users: self.users,
                groups: self.groups,
                dashboards: self.dashboards,
                widgets_per_dashboard: self.widgets,
                models: self.models,
            },
            document_paths: self.load.clone(),
            latency_ms: self.latency_ms,
            ..defaults
        }
    }

    /// Start a sandbox with this name.
    pub async fn start(&self, name: &str, port: u16) -> Result<Sandbox, Failure> {
        let started = Sandbox::start(self.config(name, port)).await;
        started.map_err(|error| match &error {
            sisense_sandbox::SandboxError::Listen { port, .. } => taken("the sandbox", *port),
            _ => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                Failure::bad_usage(format!("{error}{}", cause.unwrap_or_default()))
            }
        })
    }
}

/// A port that somebody else has.
pub fn taken(what: &str, port: u16) -> Failure {
    Failure::failed(format!("{what} cannot listen on port {port}: the port is taken"))
        .with_next_step(format!(
            "stop the program that has it, or choose another port, such as {}; 0 takes any free one",
            port.checked_add(1).unwrap_or(8100)
        ))
}

/// Read a secret from a file, without the line end that editors add.
pub fn read_secret(path: &std::path::Path, what: &str) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::bad_usage(format!("cannot read the {what} file {}: {error}", path.display()))
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Failure::bad_usage(format!("the {what} file is empty: {}", path.display())));
    }
    Ok(Secret::new(text))
}

/// The operator's approval code from `FES_APPROVAL_CODE`.
pub fn approval_code() -> Option<Secret> {
    let code = std::env::var("FES_APPROVAL_CODE").ok()?;
    let code = code.trim();
    (!code.is_empty()).then(|| Secret::new(code))
}

impl StateArgs {
    /// What may run at all.
    pub fn policy(&self) -> Policy {
        Policy::new(Rules {
            read_only: self.read_only,
            allow: (!self.allow.is_empty()).then(|| self.allow.clone()),
            deny: self.deny.clone(),
            ..Rules::default()
        })
    }

    /// The state folder, made if it is not there, readable by its owner alone.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        let folder = match &self.state_dir {
            Some(folder) => folder.clone(),
            None => default_state_folder().ok_or_else(|| {
                Failure::bad_usage("no folder for the state is known")
                    .with_next_step("give --state-dir, or set FES_STATE_DIR")
            })?,
        };
        make_private(&folder).map_err(|error| {
            Failure::failed(format!("cannot make the state folder {}: {error}", folder.display()))
                .with_next_step("give a folder that can be written with --state-dir")
        })?;
        Ok(folder)
    }
}

fn default_state_folder() -> Option<PathBuf> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return var("LOCALAPPDATA").map(|folder| folder.join("fes"));
    }
    // The standard says that a relative path there is invalid.
    var("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| var("HOME").map(|home| home.join(".local").join("state")))
        .map(|folder| folder.join("fes"))
}

fn make_private(folder: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
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

    #[test]
    fn a_token_file_is_read_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "abc\n").unwrap();
        assert_eq!(read_secret(&path, "token").unwrap().expose(), "abc");
        std::fs::write(&path, " \n").unwrap();
        assert!(read_secret(&path, "token").is_err());
    }

    #[test]
    fn a_pattern_that_fits_nothing_is_refused() {
        assert!(pattern("access.*").is_ok() && pattern("dashboard_get_all_dashboards").is_ok());
        assert!(pattern("access.get_usr").unwrap_err().contains("access.get_user"));
        assert!(pattern("nonsense.*").is_err());
    }

    #[test]
    fn the_state_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a").join("b");
        let state = StateArgs { state_dir: Some(wanted.clone()), ..StateArgs::default() };
        assert_eq!(state.folder().unwrap(), wanted);
        assert!(wanted.is_dir());
    }
}
