//! The door for agents that run in a process of their own and have their person there: previews as
//! data, and calls with a grant. See [`fes_agent::host::remote::door`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fes_agent::host::remote::door::{
    CAPABILITY, GRANT, Grant, Look, Looked, Made, OUTCOME, Offer, PREVIEW, Settled, Signed, VERSION,
};
use fes_agent::report::StepReport;
use fes_agent::{Called, Session};
use jiff::{SignedDuration, Timestamp};
use rmcp::model::{CallToolResult, ContentBlock, ExperimentalCapabilities, RequestMetaObject};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Result, Secret};
use tokio::sync::watch;

use super::answer;

/// Most grants whose calls are remembered at a time.
const MOST_GRANTS: usize = 1_000;
/// How long the answer to a grant can be asked for again, and the grant is known as used.
const KEPT: SignedDuration = SignedDuration::from_hours(2);

/// What an agent asks for beside a plain call.
pub enum Asked {
    /// What the call would change.
    Look(Look),
    /// To make it, with this grant.
    Make(Box<Signed>),
    /// How the call with the grant of this id ended.
    Outcome(String),
}

/// The door of one process.
pub struct AgentDoor {
    key: Option<Secret>,
    process: String,
    taken: Mutex<HashMap<String, Taken>>,
}

struct Taken {
    at: Timestamp,
    answer: watch::Receiver<Option<Arc<CallToolResult>>>,
}

/// Where the answer to a grant is put.
pub type Slot = watch::Sender<Option<Arc<CallToolResult>>>;

impl AgentDoor {
    /// A door that takes grants signed with this key; without one it shows previews alone.
    pub fn new(key: Option<Secret>) -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)?;
        Ok(AgentDoor { key, process: hex::encode(bytes), taken: Mutex::default() })
    }

    /// What is said of it when a client connects.
    pub fn capability(&self, deployment: &str, target: Option<&str>) -> ExperimentalCapabilities {
        let offer = Offer {
            version: VERSION,
            deployment: deployment.to_owned(),
            target: target.map(str::to_owned),
            grants: self.key.is_some(),
            process: self.process.clone(),
        };
        let offer = json!(offer).as_object().cloned().unwrap_or_default();
        ExperimentalCapabilities::from([(CAPABILITY.to_owned(), offer)])
    }

    /// Take a grant for this call, once.
    pub fn take(&self, signed: Signed, operation: &str, args: &Value) -> Result<(Grant, Slot)> {
        let Some(key) = &self.key else {
            return Err(Error::new(ErrorKind::Forbidden, "this server takes no grants")
                .with_next_step("start it with an agent key: FES_AGENT_KEY or --agent-key-file"));
        };
        let now = Timestamp::now();
        let grant = signed.open(key, &self.process, operation, args, now)?;
        let mut taken = self.lock();
        taken.retain(|_, known| known.is_open() || now.duration_since(known.at) < KEPT);
        if taken.contains_key(&grant.id) {
            return Err(Error::new(ErrorKind::NotApproved, "this grant was used already")
                .with_next_step("look at a new preview and approve it"));
        }
        if taken.len() >= MOST_GRANTS {
            let message = format!("{MOST_GRANTS} changes of agents are remembered already");
            return Err(Error::new(ErrorKind::RateLimited, message).with_next_step("try later"));
        }
        let (slot, answer) = watch::channel(None);
        taken.insert(grant.id.clone(), Taken { at: now, answer });
        Ok((grant, slot))
    }

    /// The answer to a grant, when it is there; nothing when nobody knows.
    pub async fn outcome(&self, id: &str) -> Option<CallToolResult> {
        let mut answer = self.lock().get(id)?.answer.clone();
        let answer = answer.wait_for(Option::is_some).await.ok()?;
        answer.as_deref().cloned()
    }

    // A poisoned lock means a panic elsewhere; the map itself is whole after every statement.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Whether its call goes on.
    fn is_open(&self) -> bool {
        self.answer.has_changed().is_ok()
    }
}

/// What is asked for beside a plain call, if anything.
pub fn asked(meta: &RequestMetaObject) -> Result<Option<Asked>> {
    fn read<T: DeserializeOwned>(value: &Value) -> Result<T> {
        serde_json::from_value(value.clone()).map_err(|_| {
            Error::invalid("what an agent asks for beside the call has another form")
                .with_next_step("run the same version of fes-mcp on both sides")
        })
    }
    if let Some(look) = meta.get(PREVIEW) {
        return read(look).map(Asked::Look).map(Some);
    }
    if let Some(grant) = meta.get(GRANT) {
        return read(grant).map(Asked::Make).map(Some);
    }
    meta.get(OUTCOME).map(|id| read(id).map(Asked::Outcome)).transpose()
}

/// The session of one grant: nobody else's call can use its approval.
pub fn session(grant: &Grant, deployment: &str, target: Option<&str>) -> Session {
    let by: String = grant.by.chars().filter(|c| !c.is_control()).take(200).collect();
    let by = match &grant.approval {
        Some(approval) => {
            let id: String =
                approval.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
            format!("{by} at an agent, approval {id}")
        }
        None => format!("{by} at an agent"),
    };
    let session = Session::new(format!("grant {}", grant.id), by, deployment);
    match target {
        Some(target) => session.to(target),
        None => session,
    }
}

/// A preview, as data.
pub fn looked(looked: &Looked) -> CallToolResult {
    let text = format!("A preview: {} changes, and none was made.", looked.changes.len());
    with_text(json!({ "looked": looked }), text)
}

/// How a call with a grant ended, as data.
pub fn made(called: Result<Called>) -> CallToolResult {
    let made = match called {
        Ok(Called::Done(step) | Called::Partly { step, .. }) => of_step(*step),
        Ok(Called::Drifted { error, .. }) => Made { error: Some(*error), ..Made::default() },
        Ok(Called::Denied(denial)) => return answer::denied(&denial),
        Ok(Called::NeedsApproval(_)) => {
            let error = Error::new(ErrorKind::NotApproved, "the grant did not do for this call");
            Made { error: Some(error.into_report()), ..Made::default() }
        }
        Err(error) => {
            let unclear = matches!(
                error.kind(),
                ErrorKind::UnknownOutcome | ErrorKind::Timeout | ErrorKind::Cancelled
            );
            Made { error: Some(error.into_report()), unclear, ..Made::default() }
        }
    };
    let text = match &made.error {
        Some(error) => error.to_string(),
        None => format!("Done, as it was approved: {} changes.", made.changes.len()),
    };
    let failed = made.error.is_some();
    let mut answer = with_text(json!({ "made": made }), text);
    answer.is_error = Some(failed);
    answer
}

fn of_step(step: StepReport) -> Made {
    let changes = step.changes.into_iter().map(|row| Settled {
        change: row.change.digest(),
        state: row.state,
        id: row.id,
        error: row.error,
    });
    Made {
        result: step.result.unwrap_or(Value::Null),
        missing: step.missing,
        changes: changes.collect(),
        unclear: false,
        error: step.error,
    }
}

/// No grant of this id is known: the process that took it may be gone.
pub fn nobody_knows() -> CallToolResult {
    let error = Error::new(ErrorKind::NotFound, "no call with this grant is known")
        .with_next_step("see what was done: fes-mcp runs list");
    answer::failed(error.report())
}

fn with_text(data: Value, text: String) -> CallToolResult {
    let mut answer = CallToolResult::structured(data);
    answer.content = vec![ContentBlock::text(text)];
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        Secret::new("0123456789abcdef0123456789abcdef")
    }

    fn signed(door: &AgentDoor) -> Signed {
        let args = json!({});
        let now = Timestamp::now();
        Grant::new(&door.process, "op", &args, "digest".into(), now).unwrap().sign(&key())
    }

    #[tokio::test]
    async fn a_grant_is_taken_once_and_its_answer_can_be_had_again() {
        let door = AgentDoor::new(Some(key())).unwrap();
        let signed = signed(&door);
        let (grant, slot) = door.take(signed.clone(), "op", &json!({})).unwrap();
        let again = door.take(signed, "op", &json!({})).err().unwrap();
        assert_eq!(again.kind(), ErrorKind::NotApproved);
        slot.send_replace(Some(Arc::new(looked(&Looked::default()))));
        drop(slot);
        assert!(door.outcome(&grant.id).await.is_some());
        assert!(door.outcome("other").await.is_none());
    }

    #[tokio::test]
    async fn a_call_that_broke_off_has_no_answer() {
        let door = AgentDoor::new(Some(key())).unwrap();
        let (grant, slot) = door.take(signed(&door), "op", &json!({})).unwrap();
        drop(slot);
        assert!(door.outcome(&grant.id).await.is_none());
    }

    #[test]
    fn without_a_key_no_grant_is_taken() {
        let door = AgentDoor::new(None).unwrap();
        let error = door.take(signed(&door), "op", &json!({})).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Forbidden);
    }
}
