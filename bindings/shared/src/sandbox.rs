//! A deployment in memory, for the tests and the first steps of a host program.

use std::sync::Mutex;

use sisense_core::{Error, ErrorKind, Result};
use sisense_sandbox::SandboxConfig;

/// A running deployment in memory. It stops when it is dropped.
#[derive(Debug)]
pub struct Sandbox {
    url: String,
    token: String,
    running: Mutex<Option<sisense_sandbox::Sandbox>>,
}

impl Sandbox {
    /// Start one on a free port of the loopback interface. Its settings are JSON; `{}` is the
    /// default.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the settings do not fit or it does not start.
    pub async fn start(settings: &str) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Config, format!("the sandbox does not start: {error}"))
        };
        let config: SandboxConfig =
            serde_json::from_str(settings).map_err(|error| failed(&error))?;
        let sandbox =
            sisense_sandbox::Sandbox::start(config).await.map_err(|error| failed(&error))?;
        Ok(Sandbox {
            url: sandbox.url(),
            token: sandbox.token().to_owned(),
            running: Mutex::new(Some(sandbox)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The token of its first admin.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Stop it. Stopping twice is no error.
    pub async fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(sandbox) = running {
            sandbox.stop().await;
        }
    }
}
