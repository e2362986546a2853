//! The native client and its previews.

use std::path::PathBuf;
use std::sync::Arc;

use fes_bindings::{Handle, Listener, Options};
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::rejected;

/// A JavaScript function that gets events of progress.
type Hearer = ThreadsafeFunction<String, (), String, Status, false>;

fn listener(hearer: Hearer) -> Listener {
    Box::new(move |event| {
        // A queue that takes no more is that of a process that ends: nobody listens.
        let _ = hearer.call(event, ThreadsafeFunctionCallMode::NonBlocking);
    })
}

/// How to reach a deployment.
#[napi(object)]
pub struct ClientOptions {
    /// Scheme, host, port and tenant prefix.
    pub url: String,
    /// The API token.
    pub token: String,
    /// What to call the deployment.
    pub name: Option<String>,
    /// Whether certificates are checked. They are by default.
    pub verify: Option<bool>,
    /// A PEM file with further certificate authorities.
    pub ca_file: Option<String>,
    /// Longest time for one request, in seconds.
    pub timeout: Option<f64>,
}

/// One deployment, or a source and a target.
#[napi]
pub struct NativeClient {
    handle: Handle,
}

#[napi]
impl NativeClient {
    /// Set up a client. Sends nothing.
    #[napi(factory)]
    pub fn open(options: ClientOptions) -> napi::Result<Self> {
        let options = Options {
            url: options.url,
            token: options.token,
            name: options.name,
            accept_invalid: !options.verify.unwrap_or(true),
            ca_file: options.ca_file.map(Into::into),
            timeout: options.timeout,
        };
        Ok(NativeClient { handle: Handle::open(options).map_err(rejected)? })
    }

    /// A client from the environment.
    #[napi(factory)]
    pub fn from_env() -> napi::Result<Self> {
        Ok(NativeClient { handle: Handle::from_env().map_err(rejected)? })
    }

    /// This deployment as the source, another as the target.
    #[napi]
    pub fn to(&self, target: &NativeClient) -> NativeClient {
        NativeClient { handle: self.handle.to(&target.handle) }
    }

    /// The name of the deployment.
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.handle.name().to_owned()
    }

    /// The base URL.
    #[napi(getter)]
    pub fn url(&self) -> String {
        self.handle.url().to_owned()
    }

    /// Call an operation that reads.
    #[napi]
    pub async fn call(
        &self,
        id: String,
        args: String,
        on_progress: Option<Hearer>,
    ) -> napi::Result<String> {
        self.handle.call(&id, &args, on_progress.map(listener)).await.map_err(rejected)
    }

    /// Go on with a call that a journal holds.
    #[napi]
    pub async fn resume(
        &self,
        journal: String,
        run: Option<String>,
        on_progress: Option<Hearer>,
    ) -> napi::Result<String> {
        let journal = PathBuf::from(journal);
        let resumed = self.handle.resume(&journal, run.as_deref(), on_progress.map(listener));
        resumed.await.map_err(rejected)
    }

    /// What an operation would change.
    #[napi]
    pub async fn preview(&self, id: String, args: String) -> napi::Result<NativePreview> {
        let preview = self.handle.preview(&id, &args).await.map_err(rejected)?;
        Ok(NativePreview { preview: Arc::new(preview) })
    }
}

/// What an operation would change, until it is applied.
#[napi]
pub struct NativePreview {
    preview: Arc<fes_bindings::Preview>,
}

#[napi]
impl NativePreview {
    /// The changes, as a JSON list.
    #[napi(getter)]
    pub fn changes(&self) -> napi::Result<String> {
        self.preview.changes().map_err(rejected)
    }

    /// The answer that the operation would give.
    #[napi(getter)]
    pub fn outcome(&self) -> napi::Result<String> {
        self.preview.outcome().map_err(rejected)
    }

    /// Make exactly these changes.
    #[napi]
    pub async fn apply(
        &self,
        on_progress: Option<Hearer>,
        journal: Option<String>,
    ) -> napi::Result<String> {
        let journal = journal.map(PathBuf::from);
        let applied = self.preview.apply(on_progress.map(listener), journal.as_deref());
        applied.await.map_err(rejected)
    }
}
