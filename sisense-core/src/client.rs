//! The client: one deployment, one accessor per domain.

use std::fmt;
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::config::ClientBuilder;
use crate::domains::whoami::Caller;
use crate::error::{Error, Result};
use crate::run::Pass;
use crate::transport::{Answer, ApiPath, Concurrency, Transport};

/// A client of one deployment. Cheap to clone; clones share the connection pool and its bounds.
///
/// ```no_run
/// use sisense_core::{Client, Secret, domains::access::GetUser};
///
/// # async fn example() -> sisense_core::Result<()> {
/// let client = Client::builder("https://bi.example.com").token(Secret::new("…")).build()?;
/// let user = client.access().get_user(GetUser { user_name: "ann@example.com".into() }).await?;
/// println!("{:?}", user.email);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    caller: OnceCell<Caller>,
}

impl Client {
    pub(crate) fn new(transport: Transport) -> Self {
        Client { inner: Arc::new(Inner { transport, caller: OnceCell::new() }) }
    }

    /// Set up a client for a base URL: scheme, host, port and tenant prefix. A bare host means https.
    #[must_use]
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// The name of the deployment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.transport().name()
    }

    /// The base URL of the deployment. It holds no secret.
    #[must_use]
    pub fn url(&self) -> &str {
        self.transport().base().as_str()
    }

    /// How many requests this client and its clones may have under way: now, and at most.
    #[must_use]
    pub fn concurrency(&self) -> Concurrency {
        self.transport().concurrency()
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    pub(crate) fn caller_cell(&self) -> &OnceCell<Caller> {
        &self.inner.caller
    }

    /// Read any path of the API: `["api", "v1", "dashboards"]`. Shares token, bounds and retries.
    ///
    /// # Errors
    /// Those of the transport.
    pub async fn read(&self, path: &[&str], query: &[(&'static str, &str)]) -> Result<Answer> {
        let query = query.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        self.transport().get(ApiPath::new(path.iter().copied()), query).await
    }

    /// Write any path of the API, with a pass from the door.
    ///
    /// A request that changes a deployment cannot be made without one:
    ///
    /// ```compile_fail
    /// # async fn example(client: sisense_core::Client) {
    /// client.write("DELETE", &["api", "v1", "dashboards", "5f0000000000000000000001"], None).await;
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of the transport; an unknown method is refused.
    pub async fn write(
        &self,
        pass: &Pass,
        method: &str,
        path: &[&str],
        body: Option<Value>,
    ) -> Result<Answer> {
        let method = match method {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            other => return Err(Error::invalid(format!("not a writing method: {other}"))),
        };
        let path = ApiPath::new(path.iter().copied());
        self.transport().write(pass, method, path, Vec::new(), body).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name())
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
