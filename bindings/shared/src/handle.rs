//! One deployment, or a source and a target, as the host program holds it.

use std::path::PathBuf;
use std::time::Duration;

use fes_agent::{Local, Place};
use serde_json::Value;
use sisense_core::operation::Outcome;
use sisense_core::run::Secret;
use sisense_core::{
    Client, ClientBuilder, Error, ErrorKind, Limits, Result, Run, TlsOptions, generated,
};

use crate::preview::Preview;
use crate::progress::{Listener, told_to};

/// How to reach a deployment.
#[derive(Clone, Default)]
pub struct Options {
    /// Scheme, host, port and tenant prefix.
    pub url: String,
    /// The API token.
    pub token: String,
    /// What to call the deployment; its host when absent.
    pub name: Option<String>,
    /// Accept any certificate.
    pub accept_invalid: bool,
    /// A PEM file with further certificate authorities.
    pub ca_file: Option<PathBuf>,
    /// Longest time for one request, and for its repeats together, in seconds.
    pub timeout: Option<f64>,
}

/// One deployment, with the target beside it where an operation has one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    builder: ClientBuilder,
    source: Client,
    target: Option<Box<Handle>>,
}

impl Handle {
    /// Check the options and make a client. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a bad URL, token, certificate file or timeout.
    pub fn open(options: Options) -> Result<Self> {
        let mut tls =
            TlsOptions { accept_invalid: options.accept_invalid, ..TlsOptions::default() };
        if let Some(path) = &options.ca_file {
            let pem = std::fs::read(path).map_err(|error| {
                let shown = path.display();
                Error::new(ErrorKind::Config, format!("cannot read the certificate file: {shown}"))
                    .with_source(error)
            })?;
            tls.ca_pem = Some(pem);
        }
        let mut limits = Limits::default();
        if let Some(seconds) = options.timeout {
            let timeout = Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|timeout| !timeout.is_zero())
                .ok_or_else(|| {
                    Error::new(ErrorKind::Config, format!("the timeout is no time: {seconds}"))
                        .with_next_step("give seconds above zero")
                })?;
            limits.call_timeout = timeout;
            limits.read_timeout = limits.read_timeout.min(timeout);
            limits.connect_timeout = limits.connect_timeout.min(timeout);
            limits.retry_time = limits.retry_time.min(timeout);
        }
        let mut builder =
            Client::builder(options.url).token(Secret::new(options.token)).tls(tls).limits(limits);
        if let Some(name) = options.name {
            builder = builder.name(name);
        }
        Handle::build(builder)
    }

    /// Take URL and token from the environment: see [`ClientBuilder::from_env`].
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when one is missing.
    pub fn from_env() -> Result<Self> {
        Handle::build(ClientBuilder::from_env()?)
    }

    fn build(builder: ClientBuilder) -> Result<Self> {
        Ok(Handle { source: builder.clone().build()?, builder, target: None })
    }

    /// The same deployment with new connections, for a process that was forked.
    ///
    /// # Errors
    /// Those of [`Handle::open`].
    pub fn reopen(&self) -> Result<Self> {
        let target =
            self.target.as_ref().map(|target| target.reopen().map(Box::new)).transpose()?;
        Ok(Handle { target, ..Handle::build(self.builder.clone())? })
    }

    /// This deployment as the source, another as the target.
    #[must_use]
    pub fn to(&self, target: &Handle) -> Self {
        Handle { target: Some(Box::new(target.clone())), ..self.clone() }
    }

    /// The name of the deployment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The base URL. It holds no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        self.source.url()
    }

    /// Call an operation that reads. Gives `{"result": …, "missing": […]}`.
    ///
    /// # Errors
    /// Those of the operation; [`ErrorKind::NotApproved`] when it wants to change something.
    pub async fn call(&self, id: &str, args: &str, listener: Option<Listener>) -> Result<String> {
        let run = told_to(Run::reads(), listener).start();
        let outcome = self.run(&run, id, crate::parse(args)?).await?;
        text(&outcome)
    }

    /// What an operation would change. Nothing is sent but reads.
    ///
    /// # Errors
    /// Those of the operation.
    pub async fn preview(&self, id: &str, args: &str) -> Result<Preview> {
        let args = crate::parse(args)?;
        let run = Run::preview().start();
        let outcome = self.run(&run, id, args.clone()).await?;
        Ok(Preview::new(self.clone(), id, args, &run, outcome))
    }

    /// Where it calls operations.
    pub(crate) fn place(&self) -> Place<'_> {
        Place {
            source: self.source.name(),
            target: self.target.as_ref().map(|target| target.source.name()),
        }
    }

    /// The operations of both deployments.
    pub(crate) fn tools(&self) -> Result<Local> {
        let target = self.target.as_ref().map(|target| target.source.clone());
        Local::new([Some(self.source.clone()), target].into_iter().flatten())
    }

    pub(crate) async fn run(&self, run: &Run, id: &str, args: Value) -> Result<Outcome> {
        let target = self.target.as_ref().map(|target| &target.source);
        generated::call_between(&self.source, target, run, id, args).await
    }
}

/// Whether an operation changes a deployment.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] with the nearest ids for an unknown one.
pub fn writes(id: &str) -> Result<bool> {
    if let Some(operation) = generated::find(id) {
        return Ok(operation.effect.writes());
    }
    // The check of an unknown id fails, with the words that belong to it.
    generated::check(id, &Value::Null).map(|()| true)
}

/// All operations as JSON.
///
/// # Errors
/// None that is expected; they are plain data.
pub fn operations() -> Result<String> {
    text(&generated::operations())
}

pub(crate) fn text(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "a value cannot be written as JSON").with_source(error)
    })
}
