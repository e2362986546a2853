//! Operations of another process: the tools of an MCP server over Streamable HTTP.
//!
//! The server may be one of ours (`fes-mcp serve`), which previews its own changes and makes exactly
//! those that a person approved here: see [`door`]. Any other server is taken as it is: what says
//! that it only reads is called, everything else is a call that a person has to approve without a
//! preview.
//!
//! A call that may change something is sent once. When its answer is lost its outcome is unknown,
//! unless the server can tell; it is not sent again.

mod answer;
pub mod door;
mod failure;
mod session;
#[cfg(test)]
mod tests;
mod tools;
mod wire;
mod write;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Operation, Outcome, Result, Run, Scope, Secret, generated};
use url::Url;

use super::{Kind, Name, Place, Tools, names, unknown_deployment, unknown_operation};
use answer::outcome;
use door::{Offer, check_key};
use failure::Failure;
use session::{Follow, Live, Sessions};
use tools::{Known, Toolset};

/// The name of the one deployment of a server that tells no names.
pub const REMOTE: &str = "remote";

/// Longest silence of a server when nothing else is said. Ours says something every few seconds.
const IDLE: Duration = Duration::from_secs(120);
/// Longest time for one call when nothing else is said: longer than a server of ours takes.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Where a tools server is, and how it is talked to.
#[derive(Clone, Debug)]
pub struct RemoteConfig {
    url: Url,
    token: Option<Secret>,
    key: Option<Secret>,
    idle: Duration,
    longest: Duration,
}

impl RemoteConfig {
    /// A server at this address. Addresses of this machine and of private networks are fine: the
    /// operator gives it, and nobody else.
    ///
    /// # Errors
    /// `config` when it is no address of an HTTP server, or holds a password.
    pub fn new(url: &str) -> Result<Self> {
        let wrong = |message: &str| {
            Error::new(ErrorKind::Config, message)
                .with_next_step("give an address like http://127.0.0.1:8100/mcp/")
        };
        let url =
            Url::parse(url).map_err(|_| wrong("the address of the tools server is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("the address of the tools server is not one of HTTP"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(wrong("the address of the tools server holds a password or a query")
                .with_other_step("give a token as FES_TOOLS_TOKEN instead"));
        }
        Ok(RemoteConfig { url, token: None, key: None, idle: IDLE, longest: LONGEST })
    }

    /// Send this bearer token.
    #[must_use]
    pub fn token(mut self, token: Secret) -> Self {
        self.token = Some(token);
        self
    }

    /// Sign approvals with the key that the server has too.
    ///
    /// # Errors
    /// `config` when it is too short.
    pub fn agent_key(mut self, key: Secret) -> Result<Self> {
        check_key(&key)?;
        self.key = Some(key);
        Ok(self)
    }

    /// Longest time in which nothing comes from the server. Default: two minutes.
    #[must_use]
    pub fn idle(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Longest time for one call. Default: an hour.
    #[must_use]
    pub fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }
}

/// What a tools server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its name.
    pub server: String,
    /// Its version.
    pub version: String,
    /// How many tools it has.
    pub tools: usize,
    /// Whether it is one of ours, which previews its changes.
    pub previews: bool,
    /// Whether it makes changes that are approved here.
    pub takes_approvals: bool,
    /// The deployment that it migrates to.
    pub target: Option<String>,
}

/// The tools of an MCP server.
pub struct Remote {
    inner: Inner,
}

struct Inner {
    config: RemoteConfig,
    sessions: Sessions,
    toolset: Toolset,
    about: About,
    server: String,
    /// What the server said of itself when it was asked first.
    offer: Option<Offer>,
    /// Operations that the server no longer offers as they were.
    changed: Mutex<HashSet<String>>,
}

impl Remote {
    /// Connect to a server and read its tools.
    ///
    /// # Errors
    /// `connect`, `unauthenticated`, `not_found`, `decode` and others: each says what is wrong with
    /// the server, or with what was configured.
    pub async fn connect(config: RemoteConfig) -> Result<Self> {
        let sessions = Sessions::new(&config)?;
        let scrub = |failure: Failure| scrubbed(&config, failure.error);
        let live = sessions.live().await.map_err(scrub)?;
        let tools = tools::list(&sessions).await.map_err(scrub)?;
        sessions.is_stale();
        let toolset = Toolset::new(&tools, live.offer.is_some())?;
        let about = About {
            server: live.server.clone(),
            version: live.version.clone(),
            tools: toolset.operations.len(),
            previews: live.offer.is_some(),
            takes_approvals: config.key.is_some()
                && live.offer.as_ref().is_some_and(|offer| offer.grants),
            target: live.offer.as_ref().and_then(|offer| offer.target.clone()),
        };
        let inner = Inner {
            toolset,
            server: live.server.clone(),
            offer: live.offer.clone(),
            about,
            changed: Mutex::default(),
            sessions,
            config,
        };
        Ok(Remote { inner })
    }

    /// What the server said of itself when it was connected.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.inner.about
    }

    /// End the session with the server.
    pub async fn close(&self) {
        self.inner.sessions.close().await;
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("about", &self.inner.about).finish_non_exhaustive()
    }
}

impl Inner {
    fn operation(&self, id: &str) -> Result<(&Operation, &Known)> {
        let operations = &self.toolset.operations;
        let operation = operations.iter().find(|operation| operation.is_called(id));
        let known = operation.and_then(|operation| self.toolset.known(&operation.id));
        operation.zip(known).ok_or_else(|| unknown_operation(operations, id))
    }

    fn deployments(&self) -> Vec<String> {
        match &self.offer {
            Some(offer) => {
                std::iter::once(&offer.deployment).chain(&offer.target).cloned().collect()
            }
            None => vec![REMOTE.to_owned()],
        }
    }

    /// The server works where it was started to work, and nowhere else.
    fn check_place(&self, operation: &Operation, place: Place<'_>) -> Result<()> {
        let known = self.deployments();
        let fits = |name: Option<&str>, at: usize| name == known.get(at).map(String::as_str);
        let between = operation.scope == Scope::SourceTarget;
        if fits(Some(place.source), 0) && (!between || fits(place.target, 1)) {
            return Ok(());
        }
        if place.target.is_none() && between {
            return Err(Error::invalid("this operation needs a target beside the source")
                .with_next_step("start the tools server with a source and a target"));
        }
        let other = if place.source == known[0] { place.target } else { Some(place.source) };
        Err(unknown_deployment(known, other.unwrap_or_default())
            .with_other_step("the tools server works on those that it was started with"))
    }

    /// The key for approvals, when both sides have one.
    fn can_grant(&self, id: &str) -> Result<&Secret> {
        let there = self.offer.as_ref().is_some_and(|offer| offer.grants);
        let message = match (&self.config.key, there) {
            (Some(key), true) => return Ok(key),
            (None, _) => "changes by the tools server need an agent key, and this agent has none",
            (_, false) => "changes by the tools server need an agent key, and the server has none",
        };
        Err(Error::new(ErrorKind::Config, message)
            .with_operation(id)
            .with_next_step("give both processes the same key: FES_AGENT_KEY or --agent-key-file"))
    }

    /// What is sent, as long as it is the server that was there at the start. Another one would not
    /// know what a preview is, and would do at once what it is asked to show.
    fn same(&self, live: &Live, params: &Value) -> Result<Value> {
        let place = |offer: &Option<Offer>| {
            offer.as_ref().map(|offer| (offer.deployment.clone(), offer.target.clone()))
        };
        if place(&live.offer) == place(&self.offer) {
            return Ok(params.clone());
        }
        Err(Error::new(
            ErrorKind::Conflict,
            "another server, or another deployment, is at this address",
        )
        .with_next_step("start this program again, to work with what is there now"))
    }

    /// Look again at the list of tools when it may be another one. An operation that changed is no
    /// longer called: what was planned and approved may not be what it does.
    async fn still_there(&self, operation: &Operation) -> Result<()> {
        self.sessions.live().await.map_err(|failure| failure.error)?;
        if self.sessions.is_stale() {
            match tools::list(&self.sessions).await {
                Ok(tools) => {
                    let changed = self.toolset.changed(&tools).into_iter().collect();
                    *self.changed.lock().unwrap_or_else(PoisonError::into_inner) = changed;
                }
                Err(failure) => {
                    self.sessions.set_stale();
                    return Err(failure.error);
                }
            }
        }
        if self.changed.lock().unwrap_or_else(PoisonError::into_inner).contains(&operation.id) {
            let message =
                "the tools server no longer offers this as it was when this program started";
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_next_step("start this program again, to work with what is offered now"));
        }
        Ok(())
    }

    async fn call(&self, place: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let (operation, known) = self.operation(id)?;
        self.check_place(operation, place)?;
        let args = if args.is_null() { json!({}) } else { args };
        self.check(operation, known, &args)?;
        self.still_there(operation).await?;
        if operation.effect.writes() {
            return match self.offer.is_some() {
                true => self.change_ours(run, operation, known, args).await,
                false => self.change_foreign(run, operation, known, args).await,
            };
        }
        let params = json!({ "name": known.name, "arguments": args });
        let follow = Follow { run: Some((run, &operation.id)) };
        let read = self.sessions.read("tools/call", |live| self.same(live, &params), follow);
        let answer = tokio::select! {
            answer = read => answer.map_err(|failure| failure.error)?,
            () = run.stopped() => return Err(Failure::stopped_here().error),
        };
        outcome(&answer, self.offer.is_some())
    }

    fn check(&self, operation: &Operation, known: &Known, args: &Value) -> Result<()> {
        let checked = match known.built_in {
            // It knows other spellings of arguments too, which no schema tells.
            true => generated::check(&operation.id, args),
            false => known.check(args),
        };
        checked.map_err(|error| error.with_operation(&operation.id))
    }
}

#[async_trait]
impl Tools for Remote {
    fn operations(&self) -> &[Operation] {
        &self.inner.toolset.operations
    }

    fn deployments(&self) -> Vec<String> {
        self.inner.deployments()
    }

    fn check(&self, id: &str, args: &Value) -> Result<()> {
        let (operation, known) = self.inner.operation(id)?;
        self.inner.check(operation, known, args)
    }

    async fn call(&self, place: Place<'_>, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let called = Box::pin(self.inner.call(place, run, id, args)).await;
        called.map_err(|error| scrubbed(&self.inner.config, error).with_operation(id))
    }

    async fn undo(
        &self,
        _: &Run,
        _: &str,
        _: std::sync::Arc<dyn sisense_core::run::Journal>,
    ) -> Result<Outcome> {
        let error =
            Error::new(ErrorKind::Unsupported, "what a tools server wrote is taken back there");
        Err(match self.inner.offer.is_some() {
            true => error.with_next_step(
                "on the machine of the tools server: fes-mcp runs list, then fes-mcp runs undo ID",
            ),
            false => error.with_next_step("see whether the server has a tool for it"),
        })
    }

    fn lists(&self, kind: Kind) -> Option<&str> {
        Some(names::lister(kind))
    }

    async fn names(&self, deployment: &str, kind: Kind) -> Result<Vec<Name>> {
        names::of(self, deployment, kind).await
    }
}

/// An error without the secrets of this configuration: a server may quote what it was sent.
fn scrubbed(config: &RemoteConfig, error: Error) -> Error {
    let secrets = [&config.token, &config.key].into_iter().flatten().map(Secret::expose);
    let Ok(mut text) = serde_json::to_string(error.report()) else { return error };
    let mut found = false;
    for secret in secrets {
        let quoted = Value::from(secret).to_string();
        let inner = quoted.trim_matches('"');
        if !inner.is_empty() && text.contains(inner) {
            text = text.replace(inner, "***");
            found = true;
        }
    }
    match serde_json::from_str::<sisense_core::ErrorReport>(&text) {
        Ok(report) if found => report.into(),
        _ => error,
    }
}
