//! The web side: one listener for MCP, the approval pages and a health check.

mod agent;
mod approvals_page;
mod code;
mod guard;
mod health;
mod router;
mod views;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use agent::{AgentApi, AgentApiOptions, Connect, TenantRules};
pub use approvals_page::Pages;
pub use code::OperatorCode;
pub use guard::Guard;
pub use router::{Parts, router};

use crate::cli::Failure;
use crate::config::taken;

/// How long open answers may take to end after the server was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// A listener that has its port.
pub struct Site {
    listener: TcpListener,
    address: SocketAddr,
}

impl Site {
    /// Take the address; port 0 takes any free one.
    pub async fn bind(address: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => taken("the server", address.port()),
            _ => Failure::failed(format!("the server cannot listen on {address}: {error}"))
                .with_next_step("choose another address with --bind, such as 127.0.0.1:0"),
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Failure::failed(format!("the listener has no address: {error}")))?;
        Ok(Site { listener, address })
    }

    /// The address with its port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL on this machine.
    pub fn url(&self) -> String {
        if self.address.ip().is_unspecified() {
            return format!("http://127.0.0.1:{}", self.address.port());
        }
        format!("http://{}", self.address)
    }

    /// Serve until asked to stop; then let open answers end for a while.
    pub async fn serve(self, router: Router, stop: CancellationToken) -> Result<(), Failure> {
        // Answers are streams of small writes: held back, each costs its reader 40 ms.
        let listener = self.listener.tap_io(|io| {
            if let Err(error) = io.set_nodelay(true) {
                tracing::debug!(%error, "cannot switch off Nagle's algorithm");
            }
        });
        let asked = stop.clone();
        let serving = axum::serve(listener, router)
            .with_graceful_shutdown(async move { asked.cancelled().await })
            .into_future();
        let too_long = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            served = serving => {
                served.map_err(|error| Failure::failed(format!("the server stopped: {error}")))
            }
            () = too_long => {
                tracing::info!("some answers did not end in time");
                Ok(())
            }
        }
    }
}
