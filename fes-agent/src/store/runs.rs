//! The rows of runs. A run is held by one process at a time: each statement that takes, keeps or
//! ends one names its owner.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sisense_core::run::Progress;
use sisense_core::{Error, ErrorKind, Result};
use sqlx::AssertSqlSafe;

use super::approvals::encode;
use super::database::{Kind, ROWS, Record, rows, sql};
use super::{Alive, Store, broken};
use crate::approval::{Refusal, Session};
use crate::plan::Plan;
use crate::report::Report;
use crate::runs::{LogLine, MAX_LOG, MAX_RUNS, Order, RunRecord, RunState, Writes};

/// How long a run and its journal are kept after its end, in milliseconds: 90 days.
const KEEP: i64 = 90 * 24 * 60 * 60 * 1000;

/// What a record is read from, before its changes, which are only counted.
const COLUMNS: &str = "id, session, principal, deployment, target, plan, held_secret, state, \
    created, ended, owner, lease, \
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
        sql("INSERT INTO runs (id, session, principal, deployment, target, plan, changes, \
             previews, resolved, held_secret, state, created, owner, lease) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'running', $11, $12, $13)")
        .bind(&order.id)
        .bind(&order.session.id)
        .bind(&order.session.principal)
        .bind(&order.session.deployment)
        .bind(order.session.target.as_deref())
        .bind(encode(&order.plan)?)
        .bind(encode(&order.changes)?)
        .bind(encode(&order.previews)?)
        .bind(encode(&order.resolved)?)
        .bind(order.held_secret)
        .bind(now.as_millisecond())
        .bind(owner)
        .bind(lease.as_millisecond())
        .execute(&self.database)
        .await?;
        Ok(())
    }

    /// Say that an owner is alive, for as long as the answer is kept.
    pub(crate) async fn alive(&self, owner: &str) -> Result<Alive> {
        self.owners.hold(owner).await
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
        let row = sql(
            "UPDATE runs SET state = 'running', owner = $1, lease = $2, ended = NULL, report = NULL \
             WHERE id = $3 AND state IN ('stopped', 'failed', 'interrupted') RETURNING *",
        )
        .bind(owner)
        .bind(lease.as_millisecond())
        .bind(id)
        .first(&self.database).await?;
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
        let done =
            sql("UPDATE runs SET lease = $1 WHERE id = $2 AND owner = $3 AND state = 'running'")
                .bind(lease.as_millisecond())
                .bind(id)
                .bind(owner)
                .execute(&self.database)
                .await?;
        Ok(done > 0)
    }

    pub(crate) async fn end(
        &self,
        id: &str,
        owner: &str,
        state: RunState,
        report: &Report,
        now: Timestamp,
    ) -> Result<()> {
        let done =
            sql("UPDATE runs SET state = $1, ended = $2, report = $3, owner = NULL, lease = NULL \
             WHERE id = $4 AND owner = $5")
            .bind(state.as_str())
            .bind(now.as_millisecond())
            .bind(encode(report)?)
            .bind(id)
            .bind(owner)
            .execute(&self.database)
            .await?;
        match done {
            0 => Err(Error::new(ErrorKind::Conflict, "another process goes on with this run")),
            _ => Ok(()),
        }
    }

    /// What a run wrote was taken back.
    pub(crate) async fn undone(&self, id: &str) -> Result<()> {
        sql("UPDATE runs SET state = 'undone' WHERE id = $1 AND state <> 'running'")
            .bind(id)
            .execute(&self.database)
            .await?;
        Ok(())
    }

    /// A run without its report's rows; with its report when it has ended.
    pub(crate) async fn run(&self, id: &str, now: Timestamp) -> Result<Option<RunRecord>> {
        let query =
            format!("SELECT {COLUMNS}, {}, report FROM runs WHERE id = $1", self.approved());
        let row = sql(AssertSqlSafe(query)).bind(id).first(&self.database).await?;
        let Some(row) = row else { return Ok(None) };
        let mut run = self.record(&row, now).await.ok_or_else(unreadable)?;
        run.report = report(&row).ok_or_else(unreadable)?;
        Ok(Some(run))
    }

    /// How the number of a run's changes is asked for.
    fn approved(&self) -> &'static str {
        match self.database.kind() {
            Kind::Sqlite => "json_array_length(changes) AS approved",
            Kind::Postgres => "json_array_length(changes::json)::bigint AS approved",
        }
    }

    /// The newest runs, of one principal or of all.
    pub(crate) async fn runs(
        &self,
        principal: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<RunRecord>> {
        let query = format!(
            "SELECT {COLUMNS}, {} FROM runs WHERE ($1 IS NULL OR principal = $1) \
             ORDER BY created DESC, id LIMIT {MAX_RUNS}",
            self.approved()
        );
        let rows = sql(AssertSqlSafe(query)).bind(principal).all(&self.database).await?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            runs.push(self.record(row, now).await.ok_or_else(unreadable)?);
        }
        Ok(runs)
    }

    /// Add lines to a run's log, and keep only the last ones.
    pub(crate) async fn log(&self, run: &str, lines: &[(Timestamp, Progress)]) -> Result<()> {
        let mut all = self.database.begin().await?;
        all.alone_at(run).await?;
        let last = sql("SELECT COALESCE(MAX(seq), 0) AS last FROM log WHERE run = $1").bind(run);
        let mut seq: i64 = match last.first(&mut all).await? {
            Some(row) => row.try_get("last").map_err(broken)?,
            None => 0,
        };
        for some in lines.chunks(ROWS) {
            let mut values = Vec::with_capacity(some.len() * 4);
            for (at, progress) in some {
                seq += 1;
                let line = encode(progress)?;
                values.extend([run.into(), seq.into(), at.as_millisecond().into(), line.into()]);
            }
            let into = "INSERT INTO log (run, seq, at, line)";
            rows(into, 4, values, "").execute(&mut all).await?;
        }
        sql(
            "DELETE FROM log WHERE run = $1 AND seq <= (SELECT MAX(seq) FROM log WHERE run = $1) - $2",
        )
        .bind(run)
        .bind(i64::try_from(MAX_LOG).unwrap_or(i64::MAX))
        .execute(&mut all).await?;
        all.commit().await
    }

    /// The lines of a run's log after a number.
    pub(crate) async fn log_after(&self, run: &str, seq: u64) -> Result<Vec<LogLine>> {
        let rows = sql("SELECT * FROM log WHERE run = $1 AND seq > $2 ORDER BY seq")
            .bind(run)
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .all(&self.database)
            .await?;
        rows.iter().map(|row| line(row).ok_or_else(unreadable)).collect()
    }

    /// Take a run from a process that is gone or was not heard of for long: whatever becomes of
    /// that process, it writes nothing more.
    pub(crate) async fn let_go(&self, id: &str, now: Timestamp) -> Result<()> {
        let row = sql("SELECT state, owner, lease FROM runs WHERE id = $1")
            .bind(id)
            .first(&self.database)
            .await?;
        let Some(row) = row else { return Ok(()) };
        let Some(owner) = self.lost(&row, now).await else { return Ok(()) };
        sql("UPDATE runs SET state = 'interrupted', owner = NULL, lease = NULL \
             WHERE id = $1 AND state = 'running' AND owner = $2")
        .bind(id)
        .bind(owner)
        .execute(&self.database)
        .await?;
        Ok(())
    }

    /// The owner of a run that is running by its row, and whose process is gone or was not heard of
    /// for long.
    async fn lost(&self, row: &Record, now: Timestamp) -> Option<String> {
        if row.try_get::<String>("state").ok()? != RunState::Running.as_str() {
            return None;
        }
        let owner: String = row.try_get("owner").ok()?;
        let lease: i64 = row.try_get("lease").ok()?;
        let over = lease <= now.as_millisecond() || self.owners.is_gone(&owner).await;
        over.then_some(owner)
    }

    async fn record(&self, row: &Record, now: Timestamp) -> Option<RunRecord> {
        let mut run = record(row)?;
        if self.lost(row, now).await.is_some() {
            run.state = RunState::Interrupted;
        }
        Some(run)
    }

    /// Forget what has been over for long, with everything that was kept of it.
    async fn forget(&self, now: Timestamp) -> Result<()> {
        let before = now.as_millisecond().saturating_sub(KEEP);
        let mut all = self.database.begin().await?;
        all.alone_at("forget").await?;
        for statement in [
            "DELETE FROM runs WHERE created <= $1 AND state <> 'running'",
            "DELETE FROM log WHERE at <= $1 AND run NOT IN (SELECT id FROM runs)",
            "DELETE FROM images WHERE kept <= $1 AND run NOT IN (SELECT id FROM runs)",
            "DELETE FROM entries WHERE kept <= $1 AND run NOT IN (SELECT id FROM runs)",
        ] {
            sql(statement).bind(before).execute(&mut all).await?;
        }
        all.commit().await
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

fn order(row: &Record) -> Option<Order> {
    let text = |column: &str| row.try_get::<String>(column).ok();
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

fn record(row: &Record) -> Option<RunRecord> {
    let text = |column: &str| row.try_get::<String>(column).ok();
    let number = |column: &str| row.try_get::<i64>(column).ok()?.try_into().ok();
    let plan: Plan = json(&text("plan")?)?;
    let ended = row.try_get::<Option<i64>>("ended").ok()?;
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
fn report(row: &Record) -> Option<Option<Report>> {
    match row.try_get::<Option<String>>("report").ok()? {
        Some(text) => json(&text).map(Some),
        None => Some(None),
    }
}

fn line(row: &Record) -> Option<LogLine> {
    Some(LogLine {
        seq: row.try_get::<i64>("seq").ok()?.try_into().ok()?,
        at: Timestamp::from_millisecond(row.try_get("at").ok()?).ok()?,
        progress: json(&row.try_get::<String>("line").ok()?)?,
    })
}

fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
