//! The desk at which approvals are asked for, decided and handed out.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sisense_core::{Change, Error, ErrorKind, Result};

use super::{Pending, Person, Refusal, Sealed, Session, State, StepPreview, preview_digest};
use crate::plan::Resolved;
use crate::store::Store;

/// Most undecided approvals of one principal at a time.
pub const MAX_PENDING: u32 = 200;

/// The right to make the changes of one approved preview. Only this room makes one, by using up
/// an approved record.
#[derive(Debug)]
#[must_use = "a grant is used up already; run it or tell the person"]
pub(crate) struct Grant {
    record: Pending,
}

impl Grant {
    /// The record that was used up.
    #[must_use]
    pub(crate) fn record(&self) -> &Pending {
        &self.record
    }

    /// The record, by value.
    #[must_use]
    pub(crate) fn into_record(self) -> Pending {
        self.record
    }

    /// The changes that may be made.
    #[must_use]
    pub(crate) fn changes(&self) -> &[Arc<Change>] {
        &self.record.changes
    }
}

/// What is asked for: a sealed plan in a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// Who asks.
    pub(crate) session: &'a Session,
    /// What is to run, without its secrets.
    pub(crate) sealed: &'a Sealed,
}

/// What the person is shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// What would change.
    pub(crate) changes: Vec<Arc<Change>>,
    /// What each writing call's preview said.
    pub(crate) steps: Vec<StepPreview>,
    /// What the plan's expressions came out as, without secrets.
    pub(crate) resolved: Resolved,
}

impl Request<'_> {
    fn digest(&self) -> String {
        self.sealed.plan.digest(self.session.place())
    }
}

/// Where the time comes from, so that tests can move it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The desk: asks, decides, hands out. Never executes.
#[derive(Clone)]
pub(crate) struct Desk {
    store: Store,
    clock: Clock,
    lifetime: Duration,
}

impl Desk {
    /// A desk over a store, with the lifetime of an approval.
    #[must_use]
    pub(crate) fn new(store: Store, clock: Clock, lifetime: Duration) -> Self {
        Desk { store, clock, lifetime }
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Record that a person is to decide. The same call with the same preview in the same session
    /// keeps the record that is still undecided.
    ///
    /// # Errors
    /// `rate_limited` when too much waits already, or the store's errors.
    pub(crate) async fn open(&self, request: Request<'_>, shown: Shown) -> Result<Pending> {
        let Shown { changes, steps: previews, resolved } = shown;
        let now = self.now();
        let plan_digest = request.digest();
        let preview = preview_digest(&changes);
        self.store.expire(now).await?;
        let same = self.store.same(request.session, &plan_digest, State::Pending).await?;
        let known = same.into_iter().find(|record| {
            record.preview_digest == preview
                && record.previews == previews
                && record.expires > now
                && sound(record).is_ok()
        });
        if let Some(record) = known {
            return Ok(record);
        }
        if self.store.count_pending(&request.session.principal).await? >= MAX_PENDING {
            let message = format!("{MAX_PENDING} approvals wait for a decision already");
            return Err(Error::new(ErrorKind::RateLimited, message)
                .with_next_step("decide about those that wait, or let them expire"));
        }
        let lifetime = SignedDuration::try_from(self.lifetime).map_err(|e| {
            Error::new(ErrorKind::Config, "the lifetime is too long").with_source(e)
        })?;
        let record = Pending {
            id: random_id()?,
            session: request.session.id.clone(),
            principal: request.session.principal.clone(),
            deployment: request.session.deployment.clone(),
            target: request.session.target.clone(),
            plan: request.sealed.plan.clone(),
            plan_digest,
            changes,
            previews,
            resolved,
            preview_digest: preview,
            needs_same_call: request.sealed.held_secret,
            created: now,
            expires: now.checked_add(lifetime).map_err(|e| {
                Error::new(ErrorKind::Config, "the lifetime is too long").with_source(e)
            })?,
            state: State::Pending,
            decided_by: None,
            decided_at: None,
        };
        self.store.insert(&record).await?;
        Ok(record)
    }

    /// A record, with its state as of now.
    ///
    /// # Errors
    /// [`Refusal::Unknown`], [`Refusal::Undecodable`] or the store's errors.
    pub(crate) async fn get(&self, id: &str) -> Result<Pending> {
        self.store.expire(self.now()).await?;
        let record = self.store.get(id).await?.ok_or(Refusal::Unknown)?;
        sound(&record)?;
        Ok(record)
    }

    /// What waits for a person's decision: own records, or everybody's for an operator.
    ///
    /// # Errors
    /// The store's errors.
    pub(crate) async fn waiting(&self, person: &Person) -> Result<Vec<Pending>> {
        self.store.expire(self.now()).await?;
        let principal = (!person.operator).then_some(person.principal.as_str());
        let mut records = self.store.waiting(principal).await?;
        records.retain(|record| sound(record).is_ok());
        Ok(records)
    }

    /// Decide. Only a person's act calls this.
    ///
    /// # Errors
    /// A [`Refusal`] when it is unknown, another's, over or decided, or the store's errors.
    pub(crate) async fn decide(&self, id: &str, person: &Person, approve: bool) -> Result<Pending> {
        let mut record = self.get(id).await?;
        if !person.operator && record.principal != person.principal {
            return Err(Refusal::NotYours.into());
        }
        match record.state {
            State::Pending => {}
            State::Expired => return Err(Refusal::Expired.into()),
            State::Used => return Err(Refusal::Used.into()),
            State::Approved | State::Rejected => return Err(Refusal::Decided.into()),
        }
        let state = if approve { State::Approved } else { State::Rejected };
        // What is kept has milliseconds.
        let now = in_milliseconds(self.now());
        if !self.store.decide(id, state, &person.principal, now).await? {
            // Another process was faster.
            return Err(Refusal::Decided.into());
        }
        record.state = state;
        record.decided_by = Some(person.principal.clone());
        record.decided_at = Some(now);
        Ok(record)
    }

    /// An approved, unused record by its id, which the session may use. It is not used up yet.
    ///
    /// # Errors
    /// A [`Refusal`], or the store's errors.
    pub(crate) async fn ready(&self, id: &str, session: &Session) -> Result<Ready> {
        let record = self.get(id).await?;
        if !record.belongs_to(session) {
            return Err(Refusal::Unknown.into());
        }
        if record.needs_same_call && record.state == State::Approved {
            return Err(Refusal::NeedsSameCall.into());
        }
        Ready::new(record)
    }

    /// As [`Desk::ready`], for a plan that is given again.
    ///
    /// # Errors
    /// A [`Refusal`], [`Refusal::Changed`] when the plan is not the approved one, or the store's
    /// errors.
    pub(crate) async fn ready_same(&self, id: &str, request: Request<'_>) -> Result<Ready> {
        let record = self.get(id).await?;
        if !record.belongs_to(request.session) {
            return Err(Refusal::Unknown.into());
        }
        if record.plan_digest != request.digest() {
            return Err(Refusal::Changed.into());
        }
        Ready::new(record)
    }

    /// An approved, unused record of the same call in the same session, if there is one. A record
    /// that cannot be trusted counts as none.
    ///
    /// # Errors
    /// The store's errors.
    pub(crate) async fn ready_matching(&self, request: Request<'_>) -> Result<Option<Ready>> {
        self.store.expire(self.now()).await?;
        let records = self.store.same(request.session, &request.digest(), State::Approved).await?;
        let sound = records.into_iter().find(|record| sound(record).is_ok());
        sound.map(Ready::new).transpose()
    }

    /// Use up an approval: of several callers, in several processes, exactly one gets the grant.
    ///
    /// # Errors
    /// A [`Refusal`] when it was used or ran out in between, or the store's errors.
    pub(crate) async fn consume(&self, ready: Ready) -> Result<Grant> {
        let mut record = ready.record;
        if self.store.consume(&record.id, self.now()).await? {
            record.state = State::Used;
            return Ok(Grant { record });
        }
        match self.store.get(&record.id).await? {
            Some(now) if now.state == State::Used => Err(Refusal::Used.into()),
            _ => Err(Refusal::Expired.into()),
        }
    }
}

/// An approved record that has not been used. Looked at before it is used up, so that a failing
/// look costs no approval.
#[derive(Debug)]
pub(crate) struct Ready {
    record: Pending,
}

impl Ready {
    fn new(record: Pending) -> Result<Self> {
        if record.state != State::Approved {
            return Err(Refusal::of(record.state).into());
        }
        Ok(Ready { record })
    }

    /// The record.
    pub(crate) fn record(&self) -> &Pending {
        &self.record
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

/// Whether a stored record fits its own digests.
fn sound(record: &Pending) -> Result<(), Refusal> {
    let plan = record.plan.digest(record.session().place()) == record.plan_digest;
    let preview = preview_digest(&record.changes) == record.preview_digest;
    if plan && preview { Ok(()) } else { Err(Refusal::Undecodable) }
}

/// 128 random bits, in hex.
pub(crate) fn random_id() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| {
        Error::new(ErrorKind::Unexpected, "the system gives no random numbers")
            .with_source(std::io::Error::other(e.to_string()))
    })?;
    Ok(hex::encode(bytes))
}
