//! The rows of sessions. Each statement is atomic by itself, so that of several processes one gets
//! what only one may have.

use jiff::Timestamp;
use sisense_core::Result;

use super::approvals::{encode, json};
use super::database::{Record, sql};
use super::{Store, broken};
use crate::approval::Session;
use crate::conversation::Conversation;
use crate::sessions::{FlightKind, SessionRecord};

impl Store {
    pub(crate) async fn begin_session(&self, session: &Session, now: Timestamp) -> Result<()> {
        sql(
            "INSERT INTO sessions (id, principal, deployment, target, created, used, conversation) \
             VALUES ($1, $2, $3, $4, $5, $5, $6)",
        )
        .bind(&session.id)
        .bind(&session.principal)
        .bind(&session.deployment)
        .bind(session.target.as_deref())
        .bind(now.as_millisecond())
        .bind(encode(&Conversation::default())?)
        .execute(&self.database)
        .await?;
        Ok(())
    }

    pub(crate) async fn session(&self, id: &str) -> Result<Option<SessionRecord>> {
        let row =
            sql("SELECT * FROM sessions WHERE id = $1").bind(id).first(&self.database).await?;
        Ok(row.as_ref().and_then(record))
    }

    /// Keep what was said, as long as the flight is still the caller's. Says whether it was kept.
    pub(crate) async fn keep_conversation(
        &self,
        id: &str,
        flight: &str,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<bool> {
        let done =
            sql("UPDATE sessions SET conversation = $3, used = $4 WHERE id = $1 AND flight = $2")
                .bind(id)
                .bind(flight)
                .bind(encode(conversation)?)
                .bind(now.as_millisecond())
                .execute(&self.database)
                .await?;
        Ok(done > 0)
    }

    /// Take the one flight of a session. Of several callers, in several processes, one gets it;
    /// one that gave no sign of life until now has lost it.
    pub(crate) async fn take_flight(
        &self,
        id: &str,
        flight: &str,
        kind: FlightKind,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let done = sql(
            "UPDATE sessions SET flight = $2, flight_kind = $3, flight_until = $5, used = $4, \
             cancel = NULL WHERE id = $1 AND (flight IS NULL OR flight_until < $4)",
        )
        .bind(id)
        .bind(flight)
        .bind(kind.as_str())
        .bind(now.as_millisecond())
        .bind(until.as_millisecond())
        .execute(&self.database)
        .await?;
        Ok(done > 0)
    }

    /// Give a sign of life. Says whether the flight is still the caller's, and whether somebody
    /// wants it to end.
    pub(crate) async fn renew_flight(
        &self,
        id: &str,
        flight: &str,
        until: Timestamp,
    ) -> Result<Option<bool>> {
        let row = sql(
            "UPDATE sessions SET flight_until = $3 WHERE id = $1 AND flight = $2 RETURNING cancel",
        )
        .bind(id)
        .bind(flight)
        .bind(until.as_millisecond())
        .first(&self.database)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let cancel: Option<String> = row.try_get("cancel").map_err(broken)?;
        Ok(Some(cancel.as_deref() == Some(flight)))
    }

    pub(crate) async fn end_flight(&self, id: &str, flight: &str, now: Timestamp) -> Result<()> {
        sql("UPDATE sessions SET flight = NULL, flight_kind = NULL, flight_until = NULL, \
             cancel = NULL, used = $3 WHERE id = $1 AND flight = $2")
        .bind(id)
        .bind(flight)
        .bind(now.as_millisecond())
        .execute(&self.database)
        .await?;
        Ok(())
    }

    /// Ask the flight of a session to end, wherever it runs. Says whether there is one.
    pub(crate) async fn cancel_flight(&self, id: &str, now: Timestamp) -> Result<bool> {
        let done = sql("UPDATE sessions SET cancel = flight \
             WHERE id = $1 AND flight IS NOT NULL AND flight_until >= $2")
        .bind(id)
        .bind(now.as_millisecond())
        .execute(&self.database)
        .await?;
        Ok(done > 0)
    }

    /// Forget sessions that were last used before a time and do nothing, and what waits in them.
    pub(crate) async fn sweep_sessions(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let rows =
            sql("DELETE FROM sessions WHERE used < $1 AND (flight IS NULL OR flight_until < $2) \
             RETURNING id")
            .bind(before.as_millisecond())
            .bind(now.as_millisecond())
            .all(&self.database)
            .await?;
        let ids: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("id"))
            .collect::<sqlx::Result<_>>()
            .map_err(broken)?;
        for id in &ids {
            self.end_approvals(id).await?;
        }
        Ok(ids)
    }

    pub(crate) async fn end_session(&self, id: &str) -> Result<bool> {
        let done =
            sql("DELETE FROM sessions WHERE id = $1").bind(id).execute(&self.database).await?;
        self.end_approvals(id).await?;
        Ok(done > 0)
    }

    /// What waits in a session that has ended can never be used.
    async fn end_approvals(&self, session: &str) -> Result<()> {
        sql("UPDATE approvals SET state = 'expired' \
             WHERE session = $1 AND state IN ('pending', 'approved')")
        .bind(session)
        .execute(&self.database)
        .await?;
        Ok(())
    }

    /// Take an approval back that was not used, because the person asked for something else.
    pub(crate) async fn drop_approval(&self, id: &str) -> Result<()> {
        sql("UPDATE approvals SET state = 'expired' \
             WHERE id = $1 AND state IN ('pending', 'approved')")
        .bind(id)
        .execute(&self.database)
        .await?;
        Ok(())
    }
}

fn record(row: &Record) -> Option<SessionRecord> {
    let text = |column: &str| row.try_get::<String>(column).ok();
    let time = |column: &str| {
        row.try_get::<i64>(column).ok().and_then(|at| Timestamp::from_millisecond(at).ok())
    };
    let kind: Option<String> = row.try_get("flight_kind").ok()?;
    let until: Option<i64> = row.try_get("flight_until").ok()?;
    Some(SessionRecord {
        session: Session {
            id: text("id")?,
            principal: text("principal")?,
            deployment: text("deployment")?,
            target: row.try_get("target").ok()?,
        },
        created: time("created")?,
        used: time("used")?,
        conversation: json(&text("conversation")?)?,
        flight: kind.as_deref().and_then(FlightKind::parse),
        flight_until: until.and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}
