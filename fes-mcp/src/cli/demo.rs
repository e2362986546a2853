//! `fes-mcp demo`: two sandboxes and the server, and what to try with them.

use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;
use fes_agent::runner::OnDisconnect;
use serde_json::{Value, json};

use super::output::Out;
use super::room::Room;
use super::sandbox::describe;
use super::serve::{Options, Server};
use super::{Cli, Exit, Failure};

/// Options of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Needs no Sisense, no keys and no network. Example:
  fes-mcp demo --load sales.dash")]
pub struct DemoArgs {
    /// Port of the server on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = 8100)]
    pub port: u16,

    /// Stop as soon as everything is ready
    #[arg(long)]
    pub exit_after_ready: bool,
}

/// Start, tell what to try, run until stopped.
pub async fn run(cli: &Cli, args: &DemoArgs, out: &Out) -> Result<Exit, Failure> {
    let source = cli.sandbox.start("source", 0).await?;
    let target = cli.sandbox.start("target", 0).await?;
    let deployments = [describe(&source), describe(&target)];
    let (url, token) = (source.url(), source.token().to_owned());
    let room = Room::over_sandboxes(cli, vec![source, target]).await?;
    let options = Options {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        public: Vec::new(),
        bearer: None,
        code: crate::config::approval_code(),
        agent_key: None,
        on_disconnect: OnDisconnect::Stop,
        mcp: true,
        idle: fes_agent::sessions::IDLE,
        tenants: Options::tenants(cli, Vec::new()),
    };
    let server = match Server::start(&room, options).await {
        Ok(server) => server,
        Err(failure) => {
            room.close().await;
            return Err(failure.with_next_step(format!(
                "another demo may be running: open http://127.0.0.1:{}/approvals, or start this one with --port 0",
                args.port
            )));
        }
    };
    let snippet = snippet(cli, &url, &token)?;
    if out.is_json() {
        out.json_line(&json!({
            "ready": true,
            "url": server.url,
            "mcp": format!("{}/mcp", server.url),
            "approvals": format!("{}/approvals", server.url),
            "deployments": deployments,
            "tools": room.agent.operations().len(),
            "claude_desktop": snippet,
        }));
    } else {
        out.text(&welcome(&server.url, &deployments, &room, &snippet));
    }
    let served = if args.exit_after_ready { server.stop().await } else { server.run().await };
    room.close().await;
    served.map(|()| Exit::Done)
}

fn welcome(url: &str, deployments: &[Value; 2], room: &Room, snippet: &Value) -> String {
    let [source, target] = deployments;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let reach = format!("--url {} --token {}", text(&source["url"]), text(&source["token"]));
    // Built by `cargo xtask demo` the program is on nobody's path, so it is named in full.
    let fes = text(&snippet["mcpServers"]["sisense-demo"]["command"]);
    format!(
        "The demo is ready: two Sisense deployments in memory and {tools} tools. Nothing leaves this machine.\n\
         \n\
         Open\n  \
           {url}/approvals   changes that wait for you\n  \
           {url}/mcp         for MCP clients over HTTP\n\
         \n\
         Try, in another terminal\n  \
           {fes} tools list {reach}\n  \
           {fes} ask \"who is in the group Analysts\" {reach}\n  \
           {fes} ask \"which columns of Sample ECommerce are unused\" {reach}\n  \
           {fes} ask \"share the dashboard Pipeline with the group Analysts for viewing\" {reach}\n\
         \n\
         Claude Desktop: add this to claude_desktop_config.json and restart it\n\
         {snippet:#}\n\
         \n\
         Deployments: source {source_url}, target {target_url}. Their tokens work only here.\n\
         Stop with Ctrl-C.",
        tools = room.agent.operations().len(),
        source_url = text(&source["url"]),
        target_url = text(&target["url"]),
    )
}

/// What an MCP client's configuration needs to start this program on the demo's source.
fn snippet(cli: &Cli, url: &str, token: &str) -> Result<Value, Failure> {
    let binary = std::env::current_exe().map_err(|error| {
        Failure::failed(format!("the path of this program is unknown: {error}"))
    })?;
    let mut args = vec!["stdio", "--url", url, "--token", token, "--name", "source"]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    if let Some(folder) = &cli.state.state_dir {
        let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        args.extend(["--state-dir".to_owned(), whole.display().to_string()]);
    }
    Ok(json!({
        "mcpServers": { "sisense-demo": { "command": binary.display().to_string(), "args": args } }
    }))
}
