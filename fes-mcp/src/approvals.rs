//! The approvals as the pages and the commands see them.

use async_trait::async_trait;
use fes_agent::{Agent, Pending, Person, State};
use serde_json::{Value, json};
use sisense_core::Result;

use crate::preview;

/// What the approval pages need. They record decisions and execute nothing.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// Those that wait for a person.
    async fn waiting(&self) -> Result<Vec<Pending>>;

    /// One approval.
    async fn get(&self, id: &str) -> Result<Pending>;

    /// Keep a person's decision.
    async fn decide(&self, id: &str, by: &str, approve: bool) -> Result<Pending>;
}

#[async_trait]
impl Approvals for Agent {
    async fn waiting(&self) -> Result<Vec<Pending>> {
        self.approvals(&Person::operator("")).await
    }

    async fn get(&self, id: &str) -> Result<Pending> {
        self.approval(id, &Person::operator("")).await
    }

    async fn decide(&self, id: &str, by: &str, approve: bool) -> Result<Pending> {
        let person = Person::operator(by);
        if approve { self.approve(id, &person).await } else { self.reject(id, &person).await }
    }
}

/// Where an approval stands, in words.
pub fn words(state: State) -> &'static str {
    match state {
        State::Pending => "waits for a decision",
        State::Approved => "approved; the same call goes through once",
        State::Used => "approved and used",
        State::Rejected => "rejected; nothing was changed",
        State::Expired => "expired; nothing was changed",
    }
}

/// What was asked, in one line. A plan of one call may have no goal but its call.
pub fn goal(pending: &Pending) -> String {
    if pending.plan.goal.trim().is_empty() {
        return "A change".to_owned();
    }
    pending.plan.goal.trim().to_owned()
}

/// An approval as JSON, for programs.
pub fn describe(pending: &Pending) -> Value {
    json!({
        "id": pending.id,
        "goal": goal(pending),
        "deployment": pending.deployment,
        "target": pending.target,
        "asked_by": pending.principal,
        "state": pending.state,
        "created": pending.created,
        "expires": pending.expires,
        "decided_by": pending.decided_by,
        "preview": pending.changes,
        "steps": preview::steps_json(pending, usize::MAX),
        "notes": preview::notes(pending),
        "typed": preview::typed_name(&pending.changes),
    })
}
