//! The rows of approvals. Each statement is atomic by itself; nothing is decided in two.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sisense_core::{Error, ErrorKind, Result};

use super::database::{Record, sql};
use super::{Store, broken};
use crate::approval::{Pending, Refusal, Session, State};

/// Most records that a list gives.
const MAX_LIST: i64 = 500;

/// How long a record is kept after its end, in milliseconds: 90 days.
const KEEP: i64 = 90 * 24 * 60 * 60 * 1000;

impl Store {
    pub(crate) async fn insert(&self, record: &Pending) -> Result<()> {
        sql(
            "INSERT INTO approvals (id, session, principal, deployment, target, plan, plan_digest, \
             changes, previews, resolved, preview_digest, needs_same_call, created, expires, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(&record.id)
        .bind(&record.session)
        .bind(&record.principal)
        .bind(&record.deployment)
        .bind(record.target.as_deref())
        .bind(encode(&record.plan)?)
        .bind(&record.plan_digest)
        .bind(encode(&record.changes)?)
        .bind(encode(&record.previews)?)
        .bind(encode(&record.resolved)?)
        .bind(&record.preview_digest)
        .bind(record.needs_same_call)
        .bind(record.created.as_millisecond())
        .bind(record.expires.as_millisecond())
        .bind(record.state.as_str())
        .execute(&self.database).await?;
        Ok(())
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Pending>> {
        let row =
            sql("SELECT * FROM approvals WHERE id = $1").bind(id).first(&self.database).await?;
        row.map(|row| decode(&row)).transpose()
    }

    /// The records of the same call in the same session that are in a state, newest first.
    /// Those that cannot be read are left out: they allow nothing.
    pub(crate) async fn same(
        &self,
        session: &Session,
        plan_digest: &str,
        state: State,
    ) -> Result<Vec<Pending>> {
        let rows = sql(
            "SELECT * FROM approvals WHERE session = $1 AND principal = $2 AND deployment = $3 \
             AND target IS NOT DISTINCT FROM $4 AND plan_digest = $5 AND state = $6 \
             ORDER BY created DESC, id LIMIT 20",
        )
        .bind(&session.id)
        .bind(&session.principal)
        .bind(&session.deployment)
        .bind(session.target.as_deref())
        .bind(plan_digest)
        .bind(state.as_str())
        .all(&self.database)
        .await?;
        Ok(readable(&rows))
    }

    pub(crate) async fn waiting(&self, principal: Option<&str>) -> Result<Vec<Pending>> {
        let rows = sql(
            "SELECT * FROM approvals WHERE state = 'pending' AND ($1 IS NULL OR principal = $1) \
             ORDER BY created, id LIMIT $2",
        )
        .bind(principal)
        .bind(MAX_LIST)
        .all(&self.database)
        .await?;
        Ok(readable(&rows))
    }

    pub(crate) async fn count_pending(&self, principal: &str) -> Result<u32> {
        let row =
            sql("SELECT COUNT(*) AS n FROM approvals WHERE state = 'pending' AND principal = $1")
                .bind(principal)
                .first(&self.database)
                .await?;
        let pending: i64 = match row {
            Some(row) => row.try_get("n").map_err(broken)?,
            None => 0,
        };
        Ok(u32::try_from(pending).unwrap_or(u32::MAX))
    }

    /// Give a decision to a record that has none and is not over. Says whether it was given.
    pub(crate) async fn decide(
        &self,
        id: &str,
        state: State,
        by: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let row = sql("UPDATE approvals SET state = $1, decided_by = $2, decided_at = $3 \
             WHERE id = $4 AND state = 'pending' AND expires > $3 RETURNING id")
        .bind(state.as_str())
        .bind(by)
        .bind(now.as_millisecond())
        .bind(id)
        .first(&self.database)
        .await?;
        Ok(row.is_some())
    }

    /// Use up an approved record that is not over. To exactly one of several callers it says yes.
    pub(crate) async fn consume(&self, id: &str, now: Timestamp) -> Result<bool> {
        let row = sql("UPDATE approvals SET state = 'used', used_at = $1 \
             WHERE id = $2 AND state = 'approved' AND expires > $1 RETURNING id")
        .bind(now.as_millisecond())
        .bind(id)
        .first(&self.database)
        .await?;
        Ok(row.is_some())
    }

    /// Mark what is over, and forget what has been over for long.
    pub(crate) async fn expire(&self, now: Timestamp) -> Result<()> {
        let now = now.as_millisecond();
        sql("UPDATE approvals SET state = 'expired' \
             WHERE state IN ('pending', 'approved') AND expires <= $1")
        .bind(now)
        .execute(&self.database)
        .await?;
        sql("DELETE FROM approvals WHERE expires <= $1")
            .bind(now.saturating_sub(KEEP))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

pub(super) fn encode<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| {
        Error::new(ErrorKind::Unexpected, "the record cannot be written as JSON").with_source(e)
    })
}

fn readable(rows: &[Record]) -> Vec<Pending> {
    rows.iter().filter_map(|row| decode(row).ok()).collect()
}

/// Read a row. One that cannot be read is refused; it allows nothing.
fn decode(row: &Record) -> Result<Pending> {
    try_decode(row).ok_or_else(|| Refusal::Undecodable.into())
}

fn try_decode(row: &Record) -> Option<Pending> {
    let text = |column: &str| row.try_get::<String>(column).ok();
    let time = |column: &str| {
        let ms = row.try_get::<i64>(column).ok()?;
        Timestamp::from_millisecond(ms).ok()
    };
    let decided_at = match row.try_get::<Option<i64>>("decided_at").ok()? {
        Some(ms) => Some(Timestamp::from_millisecond(ms).ok()?),
        None => None,
    };
    Some(Pending {
        id: text("id")?,
        session: text("session")?,
        principal: text("principal")?,
        deployment: text("deployment")?,
        target: row.try_get("target").ok()?,
        plan: json(&text("plan")?)?,
        plan_digest: text("plan_digest")?,
        changes: json(&text("changes")?)?,
        previews: json(&text("previews")?)?,
        resolved: json(&text("resolved")?)?,
        preview_digest: text("preview_digest")?,
        needs_same_call: row.try_get("needs_same_call").ok()?,
        created: time("created")?,
        expires: time("expires")?,
        state: State::parse(&text("state")?)?,
        decided_by: row.try_get("decided_by").ok()?,
        decided_at,
    })
}

pub(super) fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
