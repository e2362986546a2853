//! The agent over HTTP: turns of a conversation with live progress, decisions, tools.

mod answer;
mod body;
mod openapi;
mod sse;
mod stage;
mod tenants;
mod tools;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use fes_agent::runner::OnDisconnect;
use fes_agent::{Agent, Session};
use sisense_core::{Error, ErrorKind, Result};
use tokio_util::sync::CancellationToken;

use super::code::{OperatorCode, Refused};
use stage::Stage;
use tenants::Tenants;
pub use tenants::{Connect, TenantRules};

/// Largest body of a request, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// Who asks over this interface. Sessions are told apart by their ids.
pub const PRINCIPAL: &str = "agent API";

/// How often idle sessions are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// What the interface works with.
pub struct AgentApi {
    options: AgentApiOptions,
    stage: Stage,
    tenants: Tenants,
}

/// What the interface is set up with.
pub struct AgentApiOptions {
    /// The assistant.
    pub agent: Arc<Agent>,
    /// The deployment of a session that names none.
    pub deployment: String,
    /// The target of a session in migration mode that names none.
    pub target: Option<String>,
    /// The operator's approval code.
    pub code: OperatorCode,
    /// How long a session is kept that nobody uses.
    pub idle: Duration,
    /// What becomes of a turn whose client goes away and does not come back.
    pub on_disconnect: OnDisconnect,
    /// What deployments clients may bring.
    pub tenants: TenantRules,
    /// Stops everything when the program is asked to stop.
    pub stop: CancellationToken,
}

impl AgentApi {
    /// Set up.
    pub fn new(options: AgentApiOptions) -> Self {
        let tenants = Tenants::new(options.tenants.clone(), options.idle);
        AgentApi { options, stage: Stage::default(), tenants }
    }

    fn agent(&self) -> &Agent {
        &self.options.agent
    }

    /// The routes; idle sessions are forgotten from now on.
    pub fn routes(self) -> Router {
        let api = Arc::new(self);
        tokio::spawn(sweep(Arc::clone(&api)));
        Router::new()
            .route("/agent/turn", post(turn::turn))
            .route("/agent/approve", post(turn::approve))
            .route("/agent/cancel", post(turn::cancel))
            .route("/agent/events", get(turn::events))
            .route("/tools", get(tools::tools))
            .route("/openapi.json", get(openapi::document))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(api)
    }

    /// The session of a request, or a new one.
    async fn session(&self, body: &body::TurnBody) -> Result<Session> {
        let brought = self.tenants.brought(body, self.agent())?;
        if let Some(id) = &body.session_id {
            let session = self.agent().session(id, PRINCIPAL).await?.session;
            let other = |given: &Option<String>, is: Option<&String>| {
                given.as_ref().is_some_and(|given| Some(given) != is)
            };
            let elsewhere = match &brought {
                Some(brought) => {
                    brought.session.deployment != session.deployment
                        || brought.session.target != session.target
                }
                None => {
                    other(&body.deployment, Some(&session.deployment))
                        || other(&body.target, session.target.as_ref())
                }
            };
            if elsewhere {
                return Err(Error::new(ErrorKind::Conflict, "this session works elsewhere")
                    .with_next_step("begin a new session for another deployment"));
            }
            if let Some(brought) = brought {
                self.tenants.keep(id, brought)?;
            }
            return Ok(session);
        }
        if let Some(brought) = brought {
            let session = brought.begin().await?;
            self.tenants.keep(&session.id, brought)?;
            return Ok(session);
        }
        let deployment = body.deployment.as_ref().unwrap_or(&self.options.deployment);
        let mut session = Session::new("", PRINCIPAL, deployment);
        let migrates = body.mode == Some(body::Mode::Migration);
        let target = body.target.as_ref().or(self.options.target.as_ref().filter(|_| migrates));
        match target {
            Some(target) => session = session.to(target),
            None if migrates => {
                return Err(Error::invalid("a migration needs a target beside the source")
                    .with_next_step("name a deployment and a target"));
            }
            None => {}
        }
        self.agent().begin(&session).await
    }

    /// The agent of a session: over the deployments that it brought, or over the server's own.
    fn agent_of(&self, session: &Session) -> Result<Agent> {
        if let Some(agent) = self.tenants.agent(&session.id) {
            return Ok(agent);
        }
        let own = self.agent().tools().deployments();
        let mut places = std::iter::once(&session.deployment).chain(&session.target);
        if places.all(|place| own.contains(place)) {
            return Ok(self.agent().clone());
        }
        let message = "the address and the token that this session brought are no longer kept";
        Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_next_step("send tenant_config or migration_config with the turn"))
    }

    /// Refuse a decision without the operator's code, where there is one.
    fn check_code(&self, given: Option<&str>) -> Result<()> {
        let message = match self.options.code.check(given) {
            Ok(()) => return Ok(()),
            Err(Refused::TooMany) => "too many wrong codes; restart the server to try again",
            Err(Refused::Wrong) => "that is not the operator's approval code; nothing was decided",
        };
        Err(Error::new(ErrorKind::Forbidden, message))
    }
}

/// Forget idle sessions, until the program stops.
async fn sweep(api: Arc<AgentApi>) {
    loop {
        tokio::select! {
            () = api.options.stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        api.tenants.sweep();
        match api.agent().sweep(api.options.idle).await {
            Ok(gone) if !gone.is_empty() => {
                tracing::info!(sessions = gone.len(), "idle sessions were forgotten");
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "idle sessions cannot be looked for"),
        }
    }
}
