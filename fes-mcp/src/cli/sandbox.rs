//! `fes-mcp sandbox`: a deployment in memory that runs until it is stopped.

use clap::Args;
use serde_json::{Value, json};
use sisense_sandbox::Sandbox;

use super::output::Out;
use super::{Cli, Exit, Failure, stopping};

/// Options of `sandbox`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints one line of JSON when it is ready, with the URL and the tokens of each deployment:
  {\"ready\":true,\"url\":…,\"token\":…,\"deployments\":[{\"name\":…,\"url\":…,\"token\":…,\"tokens\":{…}}]}

Example:
  fes-mcp sandbox --port 8200 --users 1000 --load sales.dash")]
pub struct SandboxCommand {
    /// Port on the loopback interface; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,

    /// Start a second deployment with other ids, as the target of migrations; its port is the next
    #[arg(long)]
    pub second: bool,

    /// Leave the second deployment all but empty: no story, nothing generated, nothing loaded
    #[arg(long, requires = "second")]
    pub second_empty: bool,
}

/// Start, tell, wait.
pub async fn run(cli: &Cli, args: &SandboxCommand, out: &Out) -> Result<Exit, Failure> {
    let stop = stopping()?;
    let name = cli.deployment.name.as_deref().unwrap_or("sandbox");
    let mut running = vec![cli.sandbox.start(name, args.port).await?];
    if args.second {
        let port = match args.port {
            0 => 0,
            port => port.checked_add(1).unwrap_or(0),
        };
        let name = format!("{name}-2");
        let holds = if args.second_empty { cli.sandbox.emptied() } else { cli.sandbox.clone() };
        running.push(holds.start(&name, port).await?);
    }
    let deployments: Vec<Value> = running.iter().map(describe).collect();
    out.json_line(&json!({
        "ready": true,
        "url": running[0].url(),
        "token": running[0].token(),
        "deployments": deployments,
    }));
    stop.cancelled().await;
    for sandbox in running {
        sandbox.stop().await;
    }
    Ok(Exit::Done)
}

/// What a program needs to use a sandbox. Its tokens are worth nothing anywhere else.
pub fn describe(sandbox: &Sandbox) -> Value {
    json!({
        "name": sandbox.name(),
        "url": sandbox.url(),
        "token": sandbox.token(),
        "tokens": sandbox.tokens(),
    })
}
