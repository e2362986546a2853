//! Several writes that belong together: all are let through the door before the first is sent, so
//! that none can be refused half way.

use reqwest::Method;
use serde_json::Value;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Change, Door, Pass, Run};
use crate::transport::{Answer, ApiPath, Query};

/// A write: the change that a person approves and the request that makes it.
pub(super) struct Step {
    pub(super) change: Change,
    pub(super) method: Method,
    pub(super) path: ApiPath,
    pub(super) query: Query,
    pub(super) body: Option<Value>,
    /// The query of a second try, made only when the first is refused with 403: a refusal changed
    /// nothing.
    pub(super) if_refused: Option<Query>,
}

/// A step that may be sent. It must be sent, skipped or taken as done; it cannot be forgotten.
#[must_use = "send the step, or say why not"]
pub(super) struct Ready {
    step: Step,
    /// None when a resumed run has done it already.
    pass: Option<Pass>,
}

/// Let all steps through the door. `None` in a preview: nothing may be sent.
pub(super) async fn admit(run: &Run, steps: Vec<Step>) -> Result<Option<Vec<Ready>>> {
    let mut ready = Vec::new();
    let mut planned = false;
    for step in steps {
        match run.admit(step.change.clone()).await {
            Ok(Door::Planned(_)) => planned = true,
            Ok(Door::Recorded(_)) => ready.push(Ready { step, pass: None }),
            Ok(Door::Open(pass)) => ready.push(Ready { step, pass: Some(pass) }),
            Err(error) => {
                for earlier in ready {
                    earlier.skip("a later step was not let through").await;
                }
                return Err(error);
            }
        }
    }
    Ok((!planned).then_some(ready))
}

impl Ready {
    /// Send it, and keep what the server said.
    pub(super) async fn send(self, client: &Client) -> Result<()> {
        let Ready { step, pass: Some(pass) } = self else { return Ok(()) };
        let write = |query: Query| {
            let (method, path) = (step.method.clone(), step.path.clone());
            client.transport().write(&pass, method, path, query, step.body.clone())
        };
        let mut result = write(step.query.clone()).await;
        if let (Err(error), Some(query)) = (&result, &step.if_refused)
            && error.kind() == ErrorKind::Forbidden
        {
            result = write(query.clone()).await;
        }
        let operation = step.change.operation.clone();
        pass.settle(result).await.map(|_| ()).map_err(|e| e.with_operation(&operation))
    }

    /// Do not send it, and keep that it was not.
    pub(super) async fn skip(self, why: &str) {
        if let Some(pass) = self.pass {
            let error = Error::new(ErrorKind::Cancelled, format!("not sent: {why}"));
            // The outcome is what was handed in; there is nothing more to learn from it.
            let _ = pass.settle(Err(error)).await;
        }
    }

    /// Do not send it, because what it wants is so already.
    pub(super) async fn take_as_done(self) -> Result<()> {
        match self.pass {
            Some(pass) => pass.settle(Ok(Answer::new(200, Value::Null))).await.map(|_| ()),
            None => Ok(()),
        }
    }
}
