//! What most commands work with: the tools of a deployment and the agent over them.

use std::sync::Arc;

use fes_agent::{Agent, Local, Store, Tools};
use sisense_core::{Client, Operation, Secret};
use sisense_sandbox::Sandbox;
use tokio_util::sync::CancellationToken;

use super::{Cli, Command, Failure, stopping};

/// The file of the store within the state folder.
pub const STORE: &str = "fes.db";

/// The tools, the agent, and the sandboxes that live as long as the command.
pub struct Room {
    /// The assistant.
    pub agent: Arc<Agent>,
    /// The tools that the policy permits.
    pub operations: Vec<Operation>,
    /// The name of the deployment that is used when none is named.
    pub deployment: String,
    /// Cancelled when the program is asked to stop.
    pub stop: CancellationToken,
    /// Whether the deployment and its approvals end with this command.
    pub passing: bool,
    sandboxes: Vec<Sandbox>,
}

impl Room {
    /// The deployment that the options name, or a sandbox.
    pub async fn open(cli: &Cli) -> Result<Self, Failure> {
        if cli.deployment.sandbox {
            let name = cli.deployment.name.as_deref().unwrap_or("sandbox");
            let sandbox = cli.sandbox.start(name, 0).await?;
            return Room::over_sandboxes(cli, vec![sandbox]).await;
        }
        let client = cli.deployment.client()?;
        Room::over(cli, vec![client], Vec::new()).await
    }

    /// Sandboxes, the first of which is used when none is named.
    pub async fn over_sandboxes(cli: &Cli, sandboxes: Vec<Sandbox>) -> Result<Self, Failure> {
        let clients = sandboxes.iter().map(|sandbox| client_of(cli, sandbox));
        let clients = clients.collect::<Result<Vec<_>, _>>()?;
        Room::over(cli, clients, sandboxes).await
    }

    async fn over(
        cli: &Cli,
        clients: Vec<Client>,
        sandboxes: Vec<Sandbox>,
    ) -> Result<Self, Failure> {
        let deployment = clients.first().map_or_else(String::new, |c| c.name().to_owned());
        let tools: Arc<dyn Tools> = Arc::new(Local::new(clients)?);
        let once = matches!(cli.command, Command::Ask(_) | Command::Tools(_));
        let passing = once && !sandboxes.is_empty();
        // What waits for a sandbox that is gone in a moment is of no use to anybody.
        let store = if passing {
            Store::memory().await?
        } else {
            Store::open(&cli.state.folder()?.join(STORE)).await?
        };
        let agent = Agent::builder(tools).policy(cli.state.policy()).store(store).build()?;
        let operations = agent.operations().into_iter().cloned().collect();
        let agent = Arc::new(agent);
        Ok(Room { agent, operations, deployment, stop: stopping()?, passing, sandboxes })
    }

    /// End the sandboxes.
    pub async fn close(self) {
        for sandbox in self.sandboxes {
            sandbox.stop().await;
        }
    }
}

/// A client of a sandbox, as its first admin.
pub fn client_of(cli: &Cli, sandbox: &Sandbox) -> Result<Client, Failure> {
    let client = Client::builder(sandbox.url())
        .name(sandbox.name())
        .token(Secret::new(sandbox.token()))
        .limits(cli.deployment.limits())
        .build()?;
    Ok(client)
}
