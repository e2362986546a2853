//! The one thing that a session is at.

use std::convert::Infallible;
use std::time::Duration;

use jiff::SignedDuration;
use sisense_core::run::CancellationToken;
use sisense_core::{Error, ErrorKind, Result};

use super::FlightKind;
use crate::approval::{Clock, random_id};
use crate::store::Store;

/// How long a flight counts after its last sign of life.
const LIFE: SignedDuration = SignedDuration::from_secs(15);

/// How often it gives one, and looks whether somebody wants it to end.
const BEAT: Duration = Duration::from_millis(500);

/// How long a new turn waits for the one that it replaces.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// The one thing that a session is at. Dropped without [`Flight::end`], it is over when its time is.
pub(crate) struct Flight {
    store: Store,
    clock: Clock,
    session: String,
    pub(crate) id: String,
}

impl Flight {
    /// Begin. A turn that is still going on is stopped and waited for; a run is not disturbed.
    ///
    /// # Errors
    /// `conflict` while a run goes on, or when a turn does not end, or the store's errors.
    pub(crate) async fn begin(
        store: &Store,
        clock: &Clock,
        session: &str,
        kind: FlightKind,
    ) -> Result<Self> {
        let id = random_id()?;
        let started = tokio::time::Instant::now();
        loop {
            let now = clock();
            if store.take_flight(session, &id, kind, now, now + LIFE).await? {
                let (store, clock) = (store.clone(), clock.clone());
                return Ok(Flight { store, clock, session: session.to_owned(), id });
            }
            let Some(record) = store.session(session).await? else {
                return Err(no_such_session());
            };
            if record.flight == Some(FlightKind::Run) {
                return Err(Error::new(ErrorKind::Conflict, "a run goes on in this session")
                    .with_next_step("wait until it ends, or stop it first"));
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::new(ErrorKind::Conflict, "the turn before this does not end")
                    .with_next_step("try again in a moment"));
            }
            store.cancel_flight(session, now).await?;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Do something in this flight. The token is cancelled when somebody wants it to end, or when
    /// another one has taken its place.
    pub(crate) async fn during<T>(
        &self,
        cancel: &CancellationToken,
        work: impl Future<Output = T>,
    ) -> T {
        // Both are polled all the time: work that holds a connection while it waits for the sign of
        // life, which needs one, would wait for ever.
        tokio::select! {
            biased;
            done = work => done,
            never = self.stay_alive(cancel) => match never {},
        }
    }

    async fn stay_alive(&self, cancel: &CancellationToken) -> Infallible {
        loop {
            tokio::time::sleep(BEAT).await;
            self.renew(cancel).await;
        }
    }

    async fn renew(&self, cancel: &CancellationToken) {
        let until = (self.clock)() + LIFE;
        match self.store.renew_flight(&self.session, &self.id, until).await {
            Ok(Some(false)) => {}
            Ok(Some(true) | None) => cancel.cancel(),
            Err(error) => tracing::warn!(%error, "a session's flight cannot be renewed"),
        }
    }

    /// End. A flight that cannot be ended is over when its time is.
    pub(crate) async fn end(self) {
        if let Err(error) = self.store.end_flight(&self.session, &self.id, (self.clock)()).await {
            tracing::warn!(%error, "a session's flight cannot be ended");
        }
    }
}

/// "No such session": unknown, ended, or another's look the same from outside.
pub(crate) fn no_such_session() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such session")
        .with_next_step("begin a new session")
}
