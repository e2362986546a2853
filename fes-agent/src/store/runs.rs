//! The rows of runs. A run is held by one process at a time: each statement that takes, keeps or
//! ends one names its owner.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sisense_core::run::Progress;
use sisense_core::{Error, ErrorKind, Result};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::approvals::encode;
use super::{Alive, Store, broken};
use crate::approval::{Refusal, Session};
use crate::plan::Plan;
use crate::report::Report;
use crate::runs::{LogLine, MAX_LOG, MAX_RUNS, Order, RunRecord, RunState, Writes};

/// How long a run and its journal are kept after its end, in milliseconds: 90 days.
const KEEP: i64 = 90 * 24 * 60 * 60 * 1000;

/// What a record is read from; the changes are only counted.
const COLUMNS: &str = "id, session, principal, deployment, target, plan, held_secret, state, \
    created, ended, \
    owner, lease, json_array_length(changes) AS approved, \
    (SELECT COUNT(*) FROM entries WHERE run = id AND outcome = 'done') AS done, \
    (SELECT COUNT(*) FROM entries WHERE run = id AND outcome = 'failed') AS failed, \
    (SELECT COUNT(*) FROM entries WHERE run = id AND outcome = 'unknown') AS unknown";

impl Store {
    pub(crate) async fn begin(
        &self,
        order: &Order,
        owner: &str,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<()> {
        self.forget(now).await?;
        sqlx::query(
            "INSERT INTO runs (id, session, principal, deployment, target, plan, changes, \
             previews, resolved, held_secret, state, created, owner, lease) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?)",
        )
        .bind(&order.id)
        .bind(&order.session.id)
        .bind(&order.session.principal)
        .bind(&order.session.deployment)
        .bind(&order.session.target)
        .bind(encode(&order.plan)?)
        .bind(encode(&order.changes)?)
        .bind(encode(&order.previews)?)
        .bind(encode(&order.resolved)?)
        .bind(order.held_secret)
        .bind(now.as_millisecond())
        .bind(owner)
        .bind(lease.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        Ok(())
    }

    /// Say that an owner is alive, for as long as the answer is kept.
    pub(crate) fn alive(&self, owner: &str) -> Result<Alive> {
        self.owners.hold(owner)
    }

    /// Take a run that nobody holds and that has something left.
    pub(crate) async fn claim(
        &self,
        id: &str,
        owner: &str,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Order> {
        self.let_go(id, now).await?;
        let row = sqlx::query(
            "UPDATE runs SET state = 'running', owner = ?, lease = ?, ended = NULL, report = NULL \
             WHERE id = ? AND state IN ('stopped', 'failed', 'interrupted') RETURNING *",
        )
        .bind(owner)
        .bind(lease.as_millisecond())
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(broken)?;
        match row {
            Some(row) => order(&row).ok_or_else(unreadable),
            None => Err(match self.run(id, now).await? {
                None => no_such_run(),
                Some(record) => not_resumable(record.state),
            }),
        }
    }

    /// Whether the run is still this owner's; then it is for longer.
    pub(crate) async fn renew(&self, id: &str, owner: &str, lease: Timestamp) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE runs SET lease = ? WHERE id = ? AND owner = ? AND state = 'running'",
        )
        .bind(lease.as_millisecond())
        .bind(id)
        .bind(owner)
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        Ok(done.rows_affected() > 0)
    }

    pub(crate) async fn end(
        &self,
        id: &str,
        owner: &str,
        state: RunState,
        report: &Report,
        now: Timestamp,
    ) -> Result<()> {
        let done = sqlx::query(
            "UPDATE runs SET state = ?, ended = ?, report = ?, owner = NULL, lease = NULL \
             WHERE id = ? AND owner = ?",
        )
        .bind(state.as_str())
        .bind(now.as_millisecond())
        .bind(encode(report)?)
        .bind(id)
        .bind(owner)
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        match done.rows_affected() {
            0 => Err(Error::new(ErrorKind::Conflict, "another process goes on with this run")),
            _ => Ok(()),
        }
    }

    /// What a run wrote was taken back.
    pub(crate) async fn undone(&self, id: &str) -> Result<()> {
        sqlx::query("UPDATE runs SET state = 'undone' WHERE id = ? AND state <> 'running'")
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(broken)?;
        Ok(())
    }

    /// A run without its report's rows; with its report when it has ended.
    pub(crate) async fn run(&self, id: &str, now: Timestamp) -> Result<Option<RunRecord>> {
        let query = format!("SELECT {COLUMNS}, report FROM runs WHERE id = ?");
        let row = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(broken)?;
        row.map(|row| {
            let mut run = self.record(&row, now).ok_or_else(unreadable)?;
            run.report = report(&row).ok_or_else(unreadable)?;
            Ok(run)
        })
        .transpose()
    }

    /// The newest runs, of one principal or of all.
    pub(crate) async fn runs(
        &self,
        principal: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<RunRecord>> {
        let query = format!(
            "SELECT {COLUMNS} FROM runs WHERE (? IS NULL OR principal = ?) \
             ORDER BY created DESC, id LIMIT {MAX_RUNS}"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(principal)
            .bind(principal)
            .fetch_all(&self.pool)
            .await
            .map_err(broken)?;
        rows.iter().map(|row| self.record(row, now).ok_or_else(unreadable)).collect()
    }

    /// Add lines to a run's log, and keep only the last ones.
    pub(crate) async fn log(&self, run: &str, lines: &[(Timestamp, Progress)]) -> Result<()> {
        let mut all = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
        for (at, progress) in lines {
            sqlx::query(
                "INSERT INTO log (run, seq, at, line) \
                 SELECT ?, COALESCE(MAX(seq), 0) + 1, ?, ? FROM log WHERE run = ?",
            )
            .bind(run)
            .bind(at.as_millisecond())
            .bind(encode(progress)?)
            .bind(run)
            .execute(&mut *all)
            .await
            .map_err(broken)?;
        }
        sqlx::query(
            "DELETE FROM log WHERE run = ? AND seq <= (SELECT MAX(seq) FROM log WHERE run = ?) - ?",
        )
        .bind(run)
        .bind(run)
        .bind(i64::try_from(MAX_LOG).unwrap_or(i64::MAX))
        .execute(&mut *all)
        .await
        .map_err(broken)?;
        all.commit().await.map_err(broken)
    }

    /// The lines of a run's log after a number.
    pub(crate) async fn log_after(&self, run: &str, seq: u64) -> Result<Vec<LogLine>> {
        let rows = sqlx::query("SELECT * FROM log WHERE run = ? AND seq > ? ORDER BY seq")
            .bind(run)
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(broken)?;
        rows.iter().map(|row| line(row).ok_or_else(unreadable)).collect()
    }

    /// Take a run from a process that is gone or was not heard of for long: whatever becomes of
    /// that process, it writes nothing more.
    pub(crate) async fn let_go(&self, id: &str, now: Timestamp) -> Result<()> {
        let row = sqlx::query("SELECT state, owner, lease FROM runs WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(broken)?;
        let Some(owner) = row.as_ref().and_then(|row| self.lost(row, now)) else { return Ok(()) };
        sqlx::query(
            "UPDATE runs SET state = 'interrupted', owner = NULL, lease = NULL \
             WHERE id = ? AND state = 'running' AND owner = ?",
        )
        .bind(id)
        .bind(owner)
        .execute(&self.pool)
        .await
        .map_err(broken)?;
        Ok(())
    }

    /// The owner of a run that is running by its row, and whose process is gone or was not heard of
    /// for long.
    fn lost(&self, row: &SqliteRow, now: Timestamp) -> Option<String> {
        let owner: String = row.try_get("owner").ok()?;
        let lease: i64 = row.try_get("lease").ok()?;
        let over = lease <= now.as_millisecond() || self.owners.is_gone(&owner);
        (row.try_get::<String, _>("state").ok()? == RunState::Running.as_str() && over)
            .then_some(owner)
    }

    fn record(&self, row: &SqliteRow, now: Timestamp) -> Option<RunRecord> {
        let mut run = record(row)?;
        if self.lost(row, now).is_some() {
            run.state = RunState::Interrupted;
        }
        Some(run)
    }

    /// Forget what has been over for long, with everything that was kept of it.
    async fn forget(&self, now: Timestamp) -> Result<()> {
        let before = now.as_millisecond().saturating_sub(KEEP);
        let mut all = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
        for statement in [
            "DELETE FROM runs WHERE created <= ? AND state <> 'running'",
            "DELETE FROM log WHERE at <= ? AND run NOT IN (SELECT id FROM runs)",
            "DELETE FROM images WHERE kept <= ? AND run NOT IN (SELECT id FROM runs)",
            "DELETE FROM entries WHERE kept <= ? AND run NOT IN (SELECT id FROM runs)",
        ] {
            sqlx::query(statement).bind(before).execute(&mut *all).await.map_err(broken)?;
        }
        all.commit().await.map_err(broken)
    }
}

pub(crate) fn no_such_run() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such run")
        .with_next_step("list the runs: fes-mcp runs list")
}

fn not_resumable(state: RunState) -> Error {
    let (message, next) = match state {
        RunState::Running => {
            ("another process is at this run", "see how it goes: fes-mcp runs watch ID")
        }
        RunState::Undone => ("this run was taken back", "ask again for what you want"),
        _ => ("this run is done", "see what it did: fes-mcp runs show ID"),
    };
    Error::new(ErrorKind::Conflict, message).with_next_step(next)
}

/// A record that cannot be read is not resumed.
fn unreadable() -> Error {
    Error::from(Refusal::Undecodable)
        .with_next_step("was the store's file altered, or made by a newer version?")
}

fn order(row: &SqliteRow) -> Option<Order> {
    let text = |column: &str| row.try_get::<String, _>(column).ok();
    Some(Order {
        id: text("id")?,
        session: Session {
            id: text("session")?,
            principal: text("principal")?,
            deployment: text("deployment")?,
            target: row.try_get("target").ok()?,
        },
        plan: json(&text("plan")?)?,
        changes: json(&text("changes")?)?,
        previews: json(&text("previews")?)?,
        resolved: json(&text("resolved")?)?,
        held_secret: row.try_get("held_secret").ok()?,
    })
}

fn record(row: &SqliteRow) -> Option<RunRecord> {
    let text = |column: &str| row.try_get::<String, _>(column).ok();
    let number = |column: &str| row.try_get::<i64, _>(column).ok()?.try_into().ok();
    let plan: Plan = json(&text("plan")?)?;
    let ended = row.try_get::<Option<i64>, _>("ended").ok()?;
    Some(RunRecord {
        id: text("id")?,
        session: text("session")?,
        principal: text("principal")?,
        deployment: text("deployment")?,
        target: row.try_get("target").ok()?,
        undoes: plan.undoes().map(str::to_owned),
        goal: plan.goal,
        held_secret: row.try_get("held_secret").ok()?,
        state: RunState::parse(&text("state")?)?,
        writes: Writes {
            approved: number("approved")?,
            done: number("done")?,
            failed: number("failed")?,
            unknown: number("unknown")?,
        },
        created: Timestamp::from_millisecond(row.try_get("created").ok()?).ok()?,
        ended: match ended {
            Some(ms) => Some(Timestamp::from_millisecond(ms).ok()?),
            None => None,
        },
        report: None,
    })
}

/// The report, if there is one; nothing when it cannot be read.
fn report(row: &SqliteRow) -> Option<Option<Report>> {
    match row.try_get::<Option<String>, _>("report").ok()? {
        Some(text) => json(&text).map(Some),
        None => Some(None),
    }
}

fn line(row: &SqliteRow) -> Option<LogLine> {
    Some(LogLine {
        seq: row.try_get::<i64, _>("seq").ok()?.try_into().ok()?,
        at: Timestamp::from_millisecond(row.try_get("at").ok()?).ok()?,
        progress: json(&row.try_get::<String, _>("line").ok()?)?,
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
