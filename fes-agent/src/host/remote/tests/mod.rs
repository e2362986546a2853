//! Odd peers: what this client makes of them, and what it does not do.

mod connecting;
mod peer;
mod reading;
mod writing;

use std::time::Duration;

use serde_json::Value;
use sisense_core::{Outcome, Result, Run, Secret};

use super::{REMOTE, Remote, RemoteConfig};
use crate::host::{Place, Tools};
use peer::Peer;

const TOKEN: &str = "t0p-s3cret-token";

fn config(url: &str) -> RemoteConfig {
    RemoteConfig::new(url).unwrap().token(Secret::new(TOKEN)).idle(Duration::from_millis(400))
}

async fn connect(peer: &Peer) -> Remote {
    Remote::connect(config(&peer.url)).await.unwrap()
}

async fn call(remote: &Remote, run: &Run, tool: &str, args: Value) -> Result<Outcome> {
    remote.call(Place::on(REMOTE), run, tool, args).await
}
