//! What most commands work with: the tools of a deployment and the agent over them.

use std::sync::Arc;
use std::time::Duration;

use fes_agent::host::remote::RemoteConfig;
use fes_agent::host::{Remote, unknown_deployment};
use fes_agent::llm::{self, HttpModel, Model};
use fes_agent::planner::LlmPlanner;
use fes_agent::runner::OnDisconnect;
use fes_agent::{Agent, AgentBuilder, Local, RunState, Store, Tools};
use sisense_core::{Client, Operation, Secret};
use sisense_sandbox::Sandbox;
use tokio_util::sync::CancellationToken;

use super::act::operator;
use super::output::Out;
use super::{Cli, Command, Failure, stopping};
use crate::mcp::Serving;

/// How long a run may take to end after the program was asked to stop.
const GRACE: Duration = Duration::from_secs(60);

/// The tools, the agent, and the sandboxes that live as long as the command.
pub struct Room {
    /// The assistant.
    pub agent: Arc<Agent>,
    /// The name of the deployment that is worked on, and migrated from.
    pub deployment: String,
    /// The name of the deployment that is migrated to.
    pub target: Option<String>,
    /// Cancelled when the program is asked to stop.
    pub stop: CancellationToken,
    /// Whether the person wants results told by a model.
    pub summarize: Option<bool>,
    /// Whether the deployment and its approvals end with this command.
    pub passing: bool,
    /// The tools server, when the tools run there.
    pub remote: Option<Arc<Remote>>,
    sandboxes: Vec<Sandbox>,
}

/// Where the tools run, and on which deployments.
struct Place {
    tools: Arc<dyn Tools>,
    remote: Option<Arc<Remote>>,
    deployment: String,
    target: Option<String>,
}

impl Room {
    /// The deployment that the options name, or a sandbox.
    pub async fn open(cli: &Cli) -> Result<Self, Failure> {
        if let Some(config) = cli.tools_server()? {
            let place = Place::remote(cli, config).await?;
            return Room::furnish(cli, place, Vec::new()).await;
        }
        if cli.deployment.sandbox {
            let name = cli.deployment.name.as_deref().unwrap_or("sandbox");
            let sandbox = cli.sandbox.start(name, 0).await?;
            let target = cli.sandbox.emptied().start(&format!("{name}-target"), 0).await?;
            return Room::over_sandboxes(cli, vec![sandbox, target]).await;
        }
        for (name, how) in cli.deployment.unchecked()? {
            Out::new(false)
                .note(&format!("warning: any certificate of {name} is accepted ({how})"));
        }
        Room::over(cli, cli.deployment.clients()?, Vec::new()).await
    }

    /// Sandboxes: the first is the source and the second the target when none is named.
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
        let (deployment, mut target) = cli.deployment.places(&clients)?;
        if target.is_none() && !sandboxes.is_empty() {
            let other = sandboxes.iter().find(|sandbox| sandbox.name() != deployment);
            target = other.map(|sandbox| sandbox.name().to_owned());
        }
        let tools: Arc<dyn Tools> = Arc::new(Local::new(clients)?);
        Room::furnish(cli, Place { tools, remote: None, deployment, target }, sandboxes).await
    }

    async fn furnish(cli: &Cli, place: Place, sandboxes: Vec<Sandbox>) -> Result<Self, Failure> {
        let Place { tools, remote, deployment, target } = place;
        let once = matches!(
            cli.command,
            Command::Ask(_) | Command::Tools(_) | Command::Migrate(_) | Command::Skills(_)
        );
        let passing = once && !sandboxes.is_empty();
        // What waits for a sandbox that is gone in a moment is of no use to anybody.
        let store = if passing { Store::memory().await? } else { cli.state.store().await? };
        let skills = cli.state.skills(tools.as_ref())?;
        let builder = Agent::builder(tools).policy(cli.state.policy()).skills(skills).store(store);
        let agent = with_model(builder)?.build()?;
        let agent = Arc::new(agent);
        let room = Room {
            agent,
            deployment,
            target,
            stop: stopping()?,
            summarize: None,
            passing,
            remote,
            sandboxes,
        };
        room.offer(cli).await?;
        Ok(room)
    }

    /// Say that there are runs to go on with, where somebody starts to work.
    async fn offer(&self, cli: &Cli) -> Result<(), Failure> {
        let starts = matches!(
            cli.command,
            Command::Ask(_) | Command::Migrate(_) | Command::Serve(_) | Command::Stdio(_)
        );
        if !starts || self.passing {
            return Ok(());
        }
        let runs = self.agent.runs(&operator()).await?;
        let lost: Vec<&str> = runs
            .iter()
            .filter(|run| run.state == RunState::Interrupted)
            .map(|run| run.id.as_str())
            .collect();
        let offer = match lost.as_slice() {
            [] => return Ok(()),
            [id] => format!("1 run was interrupted; go on with it: fes-mcp runs resume {id}"),
            many => format!("{} runs were interrupted; see them: fes-mcp runs list", many.len()),
        };
        Out::new(false).note(&offer);
        Ok(())
    }

    /// The tools that the policy permits.
    pub fn operations(&self) -> Vec<Operation> {
        self.agent.operations().into_iter().cloned().collect()
    }

    /// What an MCP handler serves, over this transport.
    pub fn serving(&self, transport: &'static str, on_disconnect: OnDisconnect) -> Serving {
        Serving {
            deployment: self.deployment.clone(),
            target: self.target.clone(),
            transport,
            on_disconnect,
            stop: self.stop.child_token(),
            door: None,
        }
    }

    /// The deployment, or the source and the target, in words.
    pub fn places(&self) -> String {
        match &self.target {
            Some(target) => format!("{} → {target}", self.deployment),
            None => self.deployment.clone(),
        }
    }

    /// Wait for runs that go on without their clients. One that was asked to stop gets some time to
    /// end between two changes.
    pub async fn finished(&self) {
        let too_long = async {
            self.stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = self.agent.finished() => {}
            () = too_long => {
                tracing::warn!("a run did not end in time; resume it with fes-mcp runs resume");
            }
        }
    }

    /// End the sandboxes, and the session with the tools server.
    pub async fn close(self) {
        if let Some(remote) = &self.remote {
            remote.close().await;
        }
        for sandbox in self.sandboxes {
            sandbox.stop().await;
        }
    }
}

impl Place {
    async fn remote(cli: &Cli, config: RemoteConfig) -> Result<Self, Failure> {
        let remote = Arc::new(Remote::connect(config).await?);
        let known = remote.deployments();
        let about = remote.about();
        let (deployment, target) =
            (known.first().cloned().unwrap_or_default(), about.target.clone());
        // The server was started for these; another wish cannot be met from here.
        for (wish, there) in
            [(&cli.deployment.source, Some(&deployment)), (&cli.deployment.target, target.as_ref())]
        {
            if let Some(wish) = wish.as_ref().filter(|wish| Some(*wish) != there) {
                return Err(Failure::from(unknown_deployment(known, wish)).usage());
            }
        }
        if about.previews && !about.takes_approvals {
            Out::new(false).note(
                "warning: the tools server takes no approvals of this process, so nothing can be \
                 changed; give both the same FES_AGENT_KEY",
            );
        }
        let tools: Arc<dyn Tools> = Arc::clone(&remote) as Arc<dyn Tools>;
        Ok(Place { tools, remote: Some(remote), deployment, target })
    }
}

/// Plan with the configured language model, if there is one, and let it tell results within the
/// operator's rules.
fn with_model(builder: AgentBuilder) -> Result<AgentBuilder, Failure> {
    let (Some(config), rules) = llm::from_env()? else { return Ok(builder) };
    let turns = config.history;
    let model: Arc<dyn Model> = Arc::new(HttpModel::new(config)?);
    tracing::info!(model = model.name(), "requests in words are planned with a language model");
    let planner = LlmPlanner::new(Arc::clone(&model)).history(turns);
    Ok(builder.planner(Arc::new(planner)).summaries(rules, model))
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
