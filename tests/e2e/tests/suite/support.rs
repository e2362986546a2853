//! What the suites share: a sandbox and a client of it.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use sisense_core::{Client, Limits, Secret};
use sisense_sandbox::{Sandbox, SandboxConfig};

pub async fn sandbox() -> Sandbox {
    Sandbox::start(SandboxConfig::default()).await.unwrap()
}

/// Limits that let a test of errors end soon.
pub fn limits() -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(2),
        read_timeout: Duration::from_secs(2),
        call_timeout: Duration::from_secs(3),
        retries: 1,
        retry_time: Duration::from_secs(2),
        first_poll: Duration::from_millis(20),
        longest_poll: Duration::from_millis(100),
        ..Limits::default()
    }
}

pub fn client(sandbox: &Sandbox) -> Client {
    client_with(sandbox, sandbox.token())
}

/// A client with limits of its own.
pub fn client_of(sandbox: &Sandbox, limits: Limits) -> Client {
    let builder = Client::builder(sandbox.url()).name(sandbox.name());
    builder.token(Secret::new(sandbox.token())).limits(limits).build().unwrap()
}

pub fn client_with(sandbox: &Sandbox, token: &str) -> Client {
    Client::builder(sandbox.url())
        .name(sandbox.name())
        .token(Secret::new(token))
        .limits(limits())
        .build()
        .unwrap()
}

/// The folder with captures of real answers beside the checkout, or `None`, said aloud.
pub fn captures() -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|dir| dir.join("shared/data")).find(|dir| dir.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: no folder `shared/data` beside the checkout");
    }
    found
}

pub fn load(path: &std::path::Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
