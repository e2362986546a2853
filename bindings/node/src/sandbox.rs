//! A deployment in memory.

use napi_derive::napi;

use crate::rejected;

/// A running deployment in memory.
#[napi]
pub struct NativeSandbox {
    sandbox: fes_bindings::Sandbox,
}

#[napi]
impl NativeSandbox {
    /// Start one; its settings are JSON.
    #[napi]
    pub async fn start(settings: String) -> napi::Result<NativeSandbox> {
        let sandbox = fes_bindings::Sandbox::start(&settings).await.map_err(rejected)?;
        Ok(NativeSandbox { sandbox })
    }

    /// Where it listens.
    #[napi(getter)]
    pub fn url(&self) -> String {
        self.sandbox.url().to_owned()
    }

    /// The token of its first admin.
    #[napi(getter)]
    pub fn token(&self) -> String {
        self.sandbox.token().to_owned()
    }

    /// Stop it.
    #[napi]
    pub async fn stop(&self) {
        self.sandbox.stop().await;
    }
}
