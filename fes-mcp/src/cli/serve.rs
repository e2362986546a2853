//! `fes-mcp serve`: MCP over HTTP, with the approval pages beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use fes_agent::host::remote::About;
use fes_agent::runner::OnDisconnect;
use serde_json::{Value, json};
use sisense_core::Secret;
use tokio_util::sync::CancellationToken;
use url::{Origin, Url};

use super::output::Out;
use super::room::Room;
use super::{Cli, Exit, Failure};
use crate::config::read_secret;
use crate::http::{
    AgentApi, AgentApiOptions, Connect, Guard, OperatorCode, Pages, Parts, Site, TenantRules,
    router,
};
use crate::mcp::{AgentDoor, ApprovalPages, Handler, Serving, Toolbox};

/// Options of `serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fes-mcp serve --sandbox
  fes-mcp serve --url https://bi.example.com --token-file token.txt
  fes-mcp serve --agent --tools-url http://127.0.0.1:8100/mcp/ --bind 127.0.0.1:8001
  fes-mcp serve --bind 0.0.0.0:8100 --allow-remote --auth-token-file mcp-token.txt \\
                --approval-code-file code.txt --public-url https://fes.example.com")]
pub struct ServeArgs {
    /// Address to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8100")]
    pub bind: SocketAddr,

    /// Allow an address that other machines can reach; needs --auth-token-file and an approval
    /// code
    #[arg(long, requires = "auth_token_file")]
    pub allow_remote: bool,

    /// File with the bearer token that MCP clients must send
    #[arg(long, value_name = "FILE")]
    pub auth_token_file: Option<PathBuf>,

    /// URL under which a proxy makes this server reachable; may be repeated
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub public_url: Vec<String>,

    #[command(flatten)]
    pub approval: ApprovalArgs,

    #[command(flatten)]
    pub disconnect: DisconnectArgs,

    /// Serve the agent API alone, without MCP
    #[arg(long)]
    pub agent: bool,

    /// Origin of deployments that clients of the agent API may bring with tokens of their own
    /// (tenant_config), like https://bi.example.com; may be repeated
    #[arg(long, value_name = "URL", value_parser = origin, value_delimiter = ',',
          env = "FES_ALLOW_ORIGINS", hide_env_values = true)]
    pub allow_origin: Vec<Origin>,

    /// Hours after which a session that nobody uses is forgotten, with what waits in it
    #[arg(long, value_name = "HOURS", default_value_t = 9, env = "FES_UI_IDLE_TIMEOUT_HOURS",
          value_parser = clap::value_parser!(u64).range(1..=720))]
    pub session_idle: u64,
}

/// What becomes of a run whose client goes away.
#[derive(Clone, Debug, Default, Args)]
pub struct DisconnectArgs {
    /// What becomes of a run when its client goes away: it stops between two changes, or it goes on
    /// and can be seen with `fes-mcp runs watch`. A client that cancels a call stops it either way
    #[arg(long, value_enum, value_name = "RULE", default_value_t = OnLeave::Stop)]
    pub on_disconnect: OnLeave,
}

/// The rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnLeave {
    /// It stops between two changes; what is left can be resumed
    #[default]
    Stop,
    /// It goes on
    Continue,
}

impl DisconnectArgs {
    /// The rule.
    pub fn rule(&self) -> OnDisconnect {
        match self.on_disconnect {
            OnLeave::Stop => OnDisconnect::Stop,
            OnLeave::Continue => OnDisconnect::Continue,
        }
    }
}

/// How approvals are guarded.
#[derive(Clone, Debug, Default, Args)]
pub struct ApprovalArgs {
    /// File with a code that the approval page asks for, so that only who knows it can approve
    /// [default: FES_APPROVAL_CODE]
    #[arg(long, value_name = "FILE")]
    pub approval_code_file: Option<PathBuf>,
}

impl ApprovalArgs {
    /// The operator's code, if there is one.
    pub fn code(&self) -> Result<Option<Secret>, Failure> {
        match &self.approval_code_file {
            Some(path) => read_secret(path, "approval code").map(Some),
            None => Ok(crate::config::approval_code()),
        }
    }
}

fn public_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@']) => {
            Ok(url.to_owned())
        }
        _ => Err("give scheme and host alone, like https://fes.example.com".to_owned()),
    }
}

/// Scheme, host and port.
fn origin(text: &str) -> Result<Origin, String> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    });
    url.map(|url| url.origin()).ok_or_else(|| {
        "give scheme and host, and a port if it has one: https://bi.example.com".into()
    })
}

/// What a server is started with.
pub struct Options {
    /// Where it listens.
    pub bind: SocketAddr,
    /// Under which other URLs it can be reached.
    pub public: Vec<String>,
    /// The token that MCP clients send.
    pub bearer: Option<Secret>,
    /// The operator's code.
    pub code: Option<Secret>,
    /// The key that agents in processes of their own sign approvals with.
    pub agent_key: Option<Secret>,
    /// What becomes of a run whose client goes away.
    pub on_disconnect: OnDisconnect,
    /// Whether MCP is served beside the agent.
    pub mcp: bool,
    /// How long a session is kept that nobody uses.
    pub idle: Duration,
    /// What deployments clients may bring.
    pub tenants: TenantRules,
}

impl Options {
    /// Clients may bring deployments at these origins.
    pub fn tenants(cli: &Cli, origins: Vec<Origin>) -> TenantRules {
        let settings = cli.deployment.clone();
        let connect: Connect = Arc::new(move |url, token| settings.client_brought(url, token));
        TenantRules { origins, connect }
    }
}

/// A server that runs until it is stopped.
pub struct Server {
    /// Its URL on this machine.
    pub url: String,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<Result<(), Failure>>,
}

impl Server {
    /// Start serving the tools of a room, until the program is asked to stop.
    pub async fn start(room: &Room, options: Options) -> Result<Self, Failure> {
        let stop = room.stop.clone();
        let site = Site::bind(options.bind).await?;
        let (url, address) = (site.url(), site.address());
        let remote = !address.ip().is_loopback();
        let base = options.public.first().cloned().unwrap_or_else(|| url.clone());
        let guard = Arc::new(Guard::new(address, &options.public, options.bearer));
        let code = OperatorCode::new(options.code);
        let pages = Pages::new(room.agent.clone(), guard.clone(), code.clone(), !remote)
            .map_err(|error| Failure::failed(format!("no random bytes: {error}")))?;
        let door = AgentDoor::new(options.agent_key)
            .map_err(|error| Failure::failed(format!("no random bytes: {error}")))?;
        let mcp = options.mcp.then(|| {
            let toolbox = Arc::new(Toolbox::new(room.operations()));
            let serving = room.serving("http", options.on_disconnect);
            let serving = Serving { door: Some(Arc::new(door)), ..serving };
            Handler::new(room.agent.clone(), toolbox, serving, ApprovalPages::at(base))
        });
        let agent = AgentApi::new(AgentApiOptions {
            agent: room.agent.clone(),
            deployment: room.deployment.clone(),
            target: room.target.clone(),
            code,
            idle: options.idle,
            on_disconnect: options.on_disconnect,
            tenants: options.tenants,
            stop: stop.child_token(),
        });
        let parts = Parts { guard, pages, mcp, agent: Some(agent), stop: stop.child_token() };
        let task = tokio::spawn(site.serve(router(parts), stop.clone()));
        Ok(Server { url, stop, task })
    }

    /// Serve until the program is asked to stop, and let open answers end.
    pub async fn run(self) -> Result<(), Failure> {
        self.task
            .await
            .unwrap_or_else(|error| Err(Failure::failed(format!("the server broke: {error}"))))
    }

    /// Stop, and let open answers end.
    pub async fn stop(self) -> Result<(), Failure> {
        self.stop.cancel();
        self.run().await
    }
}

/// Serve until stopped.
pub async fn run(cli: &Cli, args: &ServeArgs, out: &Out) -> Result<Exit, Failure> {
    let code = args.approval.code()?;
    if !args.bind.ip().is_loopback() {
        check_remote(args, code.is_some())?;
    }
    let bearer = match &args.auth_token_file {
        Some(path) => Some(read_secret(path, "auth token")?),
        None => None,
    };
    if !args.allow_origin.is_empty() && cli.tools_server()?.is_some() {
        return Err(Failure::bad_usage(
            "deployments that clients bring are worked on here, and not at a tools server",
        )
        .with_next_step("give --allow-origin or --tools-url, and not both"));
    }
    let room = Room::open(cli).await?;
    let options = Options {
        bind: args.bind,
        public: args.public_url.clone(),
        bearer,
        code,
        agent_key: cli.remote.key()?,
        on_disconnect: args.disconnect.rule(),
        mcp: !args.agent,
        idle: Duration::from_secs(args.session_idle * 60 * 60),
        tenants: Options::tenants(cli, args.allow_origin.clone()),
    };
    let server = Server::start(&room, options).await?;
    if out.is_json() {
        out.json_line(&json!({
            "ready": true,
            "url": server.url,
            "mcp": (!args.agent).then(|| format!("{}/mcp", server.url)),
            "agent": format!("{}/agent/turn", server.url),
            "approvals": format!("{}/approvals", server.url),
            "deployment": room.deployment,
            "target": room.target,
            "tools": room.agent.operations().len(),
            "tools_server": room.remote.as_ref().map(|remote| about(remote.about())),
        }));
    } else {
        if let Some(remote) = &room.remote {
            out.text(&format!("Tools      {}", words(remote.about())));
        }
        if !args.agent {
            out.text(&format!("MCP        {}/mcp", server.url));
        }
        out.text(&format!(
            "Agent      {url}/agent/turn  ({tools} tools, deployment {deployment})\n\
             Approvals  {url}/approvals\n\
             Stop with Ctrl-C.",
            url = server.url,
            tools = room.agent.operations().len(),
            deployment = room.places(),
        ));
    }
    let served = server.run().await;
    room.finished().await;
    room.close().await;
    served.map(|()| Exit::Done)
}

/// The tools server, for programs.
fn about(about: &About) -> Value {
    json!({
        "server": about.server,
        "version": about.version,
        "tools": about.tools,
        "previews": about.previews,
        "takes_approvals": about.takes_approvals,
    })
}

/// The tools server, in words.
pub fn words(about: &About) -> String {
    let changes = match (about.previews, about.takes_approvals) {
        (true, true) => "changes are previewed there and approved here",
        (true, false) => "nothing can be changed: no agent key on both sides",
        (false, _) => "changes are approved here without a preview",
    };
    format!("{} {}, {} tools; {changes}", about.server, about.version, about.tools)
}

/// An address that others reach needs a token for the tools and a code for the approvals.
fn check_remote(args: &ServeArgs, has_code: bool) -> Result<(), Failure> {
    if !args.allow_remote {
        return Err(Failure::bad_usage(format!(
            "{} can be reached from other machines",
            args.bind
        ))
        .with_next_step(
            "bind 127.0.0.1, or give --allow-remote with --auth-token-file and --approval-code-file",
        ));
    }
    if args.bind.ip().is_unspecified() && args.public_url.is_empty() {
        return Err(Failure::bad_usage("no name is given under which others reach this server")
            .with_next_step(
                "give --public-url with the URL that clients use; requests under any other host \
                 name are refused",
            ));
    }
    if !has_code {
        return Err(Failure::bad_usage("whoever reaches this address could approve changes")
            .with_next_step("give --approval-code-file, or set FES_APPROVAL_CODE"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(public_url("https://fes.example.com/").unwrap(), "https://fes.example.com");
        for bad in ["fes.example.com", "ftp://x", "https://", "https://x/y", "https://me@x"] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_allowed_origin_is_one() {
        assert!(origin("https://bi.example.com/").is_ok() && origin("http://127.0.0.1:80").is_ok());
        for bad in ["bi.example.com", "https://x/tenant", "ftp://x", "https://me@x", "", "https://"]
        {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn other_machines_are_let_in_only_with_a_token_a_code_and_a_name() {
        let args = |allow_remote, public: &[&str]| ServeArgs {
            bind: "0.0.0.0:8100".parse().unwrap(),
            allow_remote,
            auth_token_file: Some("token".into()),
            public_url: public.iter().map(|url| (*url).to_owned()).collect(),
            approval: ApprovalArgs::default(),
            disconnect: DisconnectArgs::default(),
            agent: false,
            allow_origin: Vec::new(),
            session_idle: 9,
        };
        let public = ["https://fes.example.com"];
        assert!(check_remote(&args(false, &public), true).is_err());
        assert!(check_remote(&args(true, &public), false).is_err());
        assert!(check_remote(&args(true, &[]), true).is_err());
        assert!(check_remote(&args(true, &public), true).is_ok());
    }
}
