//! The rows of approvals. Each statement is atomic by itself; nothing is decided in two.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sisense_core::{Error, ErrorKind, Result};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, broken};
use crate::approval::{Pending, Refusal, Session, State};

/// Most records that a list gives.
const MAX_LIST: i64 = 500;

/// How long a record is kept after its end, in milliseconds: 90 days.
const KEEP: i64 = 90 * 24 * 60 * 60 * 1000;

impl Store {
    pub(crate) async fn insert(&self, record: &Pending) -> Result<()> {
        sqlx::query(
            "INSERT INTO approvals (id, session, principal, deployment, target, plan, plan_digest, \
             changes, previews, resolved, preview_digest, needs_same_call, created, expires, state) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&record.id)
        .bind(&record.session)
        .bind(&record.principal)
        .bind(&record.deployment)
        .bind(&record.target)
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
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        Ok(())
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Pending>> {
        let row = sqlx::query("SELECT * FROM approvals WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(broken)?;
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
        let rows = sqlx::query(
            "SELECT * FROM approvals WHERE session = ? AND principal = ? AND deployment = ? \
             AND target IS ? AND plan_digest = ? AND state = ? ORDER BY created DESC, id LIMIT 20",
        )
        .bind(&session.id)
        .bind(&session.principal)
        .bind(&session.deployment)
        .bind(&session.target)
        .bind(plan_digest)
        .bind(state.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(broken)?;
        Ok(readable(&rows))
    }

    pub(crate) async fn waiting(&self, principal: Option<&str>) -> Result<Vec<Pending>> {
        let rows = sqlx::query(
            "SELECT * FROM approvals WHERE state = 'pending' AND (? IS NULL OR principal = ?) \
             ORDER BY created, id LIMIT ?",
        )
        .bind(principal)
        .bind(principal)
        .bind(MAX_LIST)
        .fetch_all(&self.pool)
        .await
        .map_err(broken)?;
        Ok(readable(&rows))
    }

    pub(crate) async fn count_pending(&self, principal: &str) -> Result<u32> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n FROM approvals WHERE state = 'pending' AND principal = ?",
        )
        .bind(principal)
        .fetch_one(&self.pool)
        .await
        .map_err(broken)?;
        row.try_get::<u32, _>("n").map_err(broken)
    }

    /// Give a decision to a record that has none and is not over.
    pub(crate) async fn decide(
        &self,
        id: &str,
        state: State,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Pending>> {
        let row = sqlx::query(
            "UPDATE approvals SET state = ?, decided_by = ?, decided_at = ? \
             WHERE id = ? AND state = 'pending' AND expires > ? RETURNING *",
        )
        .bind(state.as_str())
        .bind(by)
        .bind(now.as_millisecond())
        .bind(id)
        .bind(now.as_millisecond())
        .fetch_optional(&self.pool)
        .await
        .map_err(broken)?;
        row.map(|row| decode(&row)).transpose()
    }

    /// Use up an approved record that is not over. Of several callers exactly one gets it.
    pub(crate) async fn consume(&self, id: &str, now: Timestamp) -> Result<Option<Pending>> {
        let row = sqlx::query(
            "UPDATE approvals SET state = 'used', used_at = ? \
             WHERE id = ? AND state = 'approved' AND expires > ? RETURNING *",
        )
        .bind(now.as_millisecond())
        .bind(id)
        .bind(now.as_millisecond())
        .fetch_optional(&self.pool)
        .await
        .map_err(broken)?;
        row.map(|row| decode(&row)).transpose()
    }

    /// Mark what is over, and forget what has been over for long.
    pub(crate) async fn expire(&self, now: Timestamp) -> Result<()> {
        let now = now.as_millisecond();
        sqlx::query(
            "UPDATE approvals SET state = 'expired' \
             WHERE state IN ('pending', 'approved') AND expires <= ?",
        )
        .bind(now)
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        sqlx::query("DELETE FROM approvals WHERE expires <= ?")
            .bind(now.saturating_sub(KEEP))
            .execute(&self.pool)
            .await
            .map_err(broken)?;
        Ok(())
    }
}

pub(super) fn encode<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| {
        Error::new(ErrorKind::Unexpected, "the record cannot be written as JSON").with_source(e)
    })
}

fn readable(rows: &[SqliteRow]) -> Vec<Pending> {
    rows.iter().filter_map(|row| decode(row).ok()).collect()
}

/// Read a row. One that cannot be read is refused; it allows nothing.
fn decode(row: &SqliteRow) -> Result<Pending> {
    try_decode(row).ok_or_else(|| Refusal::Undecodable.into())
}

fn try_decode(row: &SqliteRow) -> Option<Pending> {
    let text = |column: &str| row.try_get::<String, _>(column).ok();
    let time = |column: &str| {
        let ms = row.try_get::<i64, _>(column).ok()?;
        Timestamp::from_millisecond(ms).ok()
    };
    let decided_at = match row.try_get::<Option<i64>, _>("decided_at").ok()? {
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
