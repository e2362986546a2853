//! A running sandbox, as tests hold it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::{SandboxConfig, Variants};
use crate::faults::Fault;
use crate::log::{Counts, RequestEntry};
use crate::routes;
use crate::seed;
use crate::server::{App, Door, Line};
use crate::state::Deployment;

/// The password of every seeded user, for `POST /api/v1/authentication/login`.
pub const PASSWORD: &str = "sandbox-password";

/// Why a sandbox did not start or did not take a document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The port is not free.
    #[error("the sandbox cannot listen on port {port}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// A file with documents cannot be read.
    #[error("the document file {path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file with documents holds no JSON.
    #[error("the document file {path} holds no JSON")]
    Json {
        /// The file.
        path: String,
        /// Where it stops being JSON.
        source: serde_json::Error,
    },
    /// A document is neither a model nor a dashboard.
    #[error("the document cannot be loaded: {0}")]
    Document(String),
}

/// Bearer tokens by role. They depend only on name and seed, so that a restart keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The first admin.
    pub admin: String,
    /// A second admin, who owns other things than the first.
    pub second_admin: String,
    /// The system administrator, role `super`.
    pub super_admin: String,
    /// Role `dataAdmin`.
    pub data_admin: String,
    /// Role `dataDesigner`.
    pub data_designer: String,
    /// Role `contributor`, called designer on screen.
    pub designer: String,
    /// Role `consumer`, called viewer on screen.
    pub viewer: String,
}

/// The data of a sandbox at one moment.
#[derive(Clone)]
pub struct Snapshot(Box<Deployment>);

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

/// A deployment that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Sandbox {
    app: App,
    address: SocketAddr,
    tokens: Tokens,
    closing: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("App").field(&self.config().name).finish()
    }
}

impl Sandbox {
    /// Builds a deployment and serves it on the loopback interface, on the runtime of the caller.
    ///
    /// # Errors
    /// When the port is taken or a document cannot be loaded.
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let deployment = seed::build(&config)?;
        let tokens = deployment.tokens.clone();
        let port = config.port;
        let listen = |source| SandboxError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (closing, closed) = watch::channel(false);
        let app = App::new(config, deployment, closed.clone());
        let service = routes::router(app.clone()).into_make_service_with_connect_info::<Line>();
        let server = tokio::spawn(async move {
            let mut closed = closed;
            let shutdown = async move {
                // An error means that the handle was dropped, which also ends the sandbox.
                let _ = closed.wait_for(|closed| *closed).await;
            };
            // The serving loop never returns an error; failed connections end by themselves.
            let _ = axum::serve(Door(listener), service).with_graceful_shutdown(shutdown).await;
        });
        Ok(Self { app, address, tokens, closing, server: Some(server) })
    }

    /// Origin to hand to a client, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Name of the deployment.
    pub fn name(&self) -> &str {
        &self.app.config().name
    }

    /// The first admin's token.
    pub fn token(&self) -> &str {
        &self.tokens.admin
    }

    /// Tokens by role.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Everything that the deployment holds, for assertions: an object with `users`, `groups`,
    /// `roles`, `folders`, `dashboards`, `models`, `running`, `builds`, `connections`,
    /// `schedules`, `security`, `hierarchies`, `formulas`, `perspectives` and `mails`. `running` holds what queries
    /// see of a model, by its id, where that is not the draft in `models`.
    pub fn state(&self) -> Value {
        self.app.deployment().dump()
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<RequestEntry> {
        self.app.log().entries()
    }

    /// Counts of the requests so far.
    pub fn counts(&self) -> Counts {
        self.app.log().counts()
    }

    /// Forgets the requests so far and their counts.
    pub fn clear_requests(&self) {
        self.app.log().clear();
    }

    /// Adds a fault rule behind those in force.
    pub fn add_fault(&self, fault: Fault) {
        self.app.faults().add(fault);
    }

    /// Starts the dice of rules with a probability anew, so that a run can be repeated.
    pub fn seed_faults(&self, seed: u64) {
        self.app.faults().seed(seed);
    }

    /// Removes every fault rule.
    pub fn clear_faults(&self) {
        self.app.faults().clear();
    }

    /// Makes every request take at least this long.
    pub fn set_latency(&self, latency: Duration) {
        self.app.set_latency_ms(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX));
    }

    /// Holds every request back before anything is done about it, until [`Self::release`].
    pub fn hold(&self) {
        self.app.hold(true);
    }

    /// Lets requests go that were held back.
    pub fn release(&self) {
        self.app.hold(false);
    }

    /// Switches behaviours that the contract leaves open.
    pub fn set_variants(&self, variants: Variants) {
        self.app.deployment().variants = variants;
    }

    /// Loads a model document, a dashboard document, or an array of them.
    ///
    /// # Errors
    /// When a document is neither a model nor a dashboard.
    pub fn load(&self, document: Value) -> Result<(), SandboxError> {
        self.app.deployment().load(vec![document])
    }

    /// The data as they are now, to come back to: cheaper than another start.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(Box::new(self.app.deployment().clone()))
    }

    /// Puts the data, the variants and the source of new ids back to a snapshot, of this sandbox
    /// or of another of the same name and seed. Faults, latency and the requests so far stay.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.app.deployment().clone_from(&snapshot.0);
    }

    /// Puts data, faults, latency, variants and counts back to how the sandbox started.
    ///
    /// # Errors
    /// When a document file of the configuration has gone or changed for the worse.
    pub fn reset(&self) -> Result<(), SandboxError> {
        let deployment = seed::build(self.app.config())?;
        self.app.restart(deployment);
        Ok(())
    }

    /// Stops serving. Requests that were being answered get a moment to end.
    pub async fn stop(mut self) {
        let _ = self.closing.send(true);
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(Duration::from_secs(2), &mut server).await.is_err()
        {
            server.abort();
        }
    }
}
