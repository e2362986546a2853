//! The same statements on either database. They are written with `$1`, `$2`, …, which both take; what
//! differs is chosen here or by [`Database::kind`].

use std::time::Duration;

use sisense_core::{Error, ErrorKind, Result};
use sqlx::database::Database as Driver;
use sqlx::postgres::{PgDatabaseError, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::SqliteRow;
use sqlx::{ColumnIndex, Decode, Encode, PgPool, Postgres, Row, SqlSafeStr, SqlStr, Sqlite, Type};

use super::sqlite::Pools;

/// Longest time for one statement, with the wait for a connection: longer than a database's own
/// limits, so that this one only counts when it does not answer at all.
const ANSWER: Duration = Duration::from_secs(45);

/// A database and its connections.
#[derive(Clone, Debug)]
pub(super) enum Database {
    Sqlite(Pools),
    Postgres(PgPool),
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

/// Statements that are kept together or not at all.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// A statement and its values, in their order.
pub(super) struct Statement {
    text: SqlStr,
    values: Vec<Value>,
}

pub(super) enum Value {
    Text(Option<String>),
    Number(i64),
    Flag(bool),
}

/// A row of either database.
pub(super) enum Record {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// Where a statement is carried out.
pub(super) enum On<'a> {
    Database(&'a Database),
    Transaction(&'a mut Transaction),
}

/// Start a statement.
pub(super) fn sql(text: impl SqlSafeStr) -> Statement {
    Statement { text: text.into_sql_str(), values: Vec::new() }
}

/// Most rows of one statement that inserts.
pub(super) const ROWS: usize = 50;

/// A statement that inserts several rows of so many columns each.
pub(super) fn rows(into: &str, columns: usize, values: Vec<Value>, then: &str) -> Statement {
    let mut text = format!("{into} VALUES ");
    for at in 1..=values.len() {
        text.push_str(if at % columns == 1 { if at > 1 { ", (" } else { "(" } } else { ", " });
        text.push_str(&format!("${at}"));
        text.push_str(if at.is_multiple_of(columns) { ")" } else { "" });
    }
    text.push_str(&format!(" {then}"));
    // Only places for values were added to what the caller wrote.
    Statement { text: sqlx::AssertSqlSafe(text).into_sql_str(), values }
}

impl Statement {
    /// Give its next value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Carry it out, and say how many rows it touched.
    pub(super) async fn execute(self, on: impl Into<On<'_>>) -> Result<u64> {
        let on = on.into();
        let work = async {
            Ok(match on {
                On::Database(Database::Sqlite(pools)) => {
                    self.query::<Sqlite>().execute(&pools.writing).await?.rows_affected()
                }
                On::Database(Database::Postgres(pool)) => {
                    self.query::<Postgres>().execute(pool).await?.rows_affected()
                }
                On::Transaction(Transaction::Sqlite(all)) => {
                    self.query::<Sqlite>().execute(&mut **all).await?.rows_affected()
                }
                On::Transaction(Transaction::Postgres(all)) => {
                    self.query::<Postgres>().execute(&mut **all).await?.rows_affected()
                }
            })
        };
        answered(work).await
    }

    /// Carry it out, and give its rows.
    pub(super) async fn all(self, on: impl Into<On<'_>>) -> Result<Vec<Record>> {
        fn of<R>(rows: Vec<R>, kind: fn(R) -> Record) -> Vec<Record> {
            rows.into_iter().map(kind).collect()
        }
        let on = on.into();
        let work = async {
            Ok(match on {
                On::Database(Database::Sqlite(pools)) => {
                    of(self.query::<Sqlite>().fetch_all(&pools.reading).await?, Record::Sqlite)
                }
                On::Database(Database::Postgres(pool)) => {
                    of(self.query::<Postgres>().fetch_all(pool).await?, Record::Postgres)
                }
                On::Transaction(Transaction::Sqlite(all)) => {
                    of(self.query::<Sqlite>().fetch_all(&mut **all).await?, Record::Sqlite)
                }
                On::Transaction(Transaction::Postgres(all)) => {
                    of(self.query::<Postgres>().fetch_all(&mut **all).await?, Record::Postgres)
                }
            })
        };
        answered(work).await
    }

    /// Carry it out, and give its first row. Read to its end: only then a change is kept.
    pub(super) async fn first(self, on: impl Into<On<'_>>) -> Result<Option<Record>> {
        Ok(self.all(on).await?.into_iter().next())
    }

    fn query<DB: Driver>(self) -> Query<'static, DB, DB::Arguments>
    where
        Option<String>: Encode<'static, DB> + Type<DB>,
        i64: Encode<'static, DB> + Type<DB>,
        bool: Encode<'static, DB> + Type<DB>,
    {
        self.values.into_iter().fold(sqlx::query(self.text), |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Number(number) => query.bind(number),
            Value::Flag(flag) => query.bind(flag),
        })
    }
}

impl Database {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Database::Sqlite(_) => Kind::Sqlite,
            Database::Postgres(_) => Kind::Postgres,
        }
    }

    /// Begin a transaction that writes.
    pub(super) async fn begin(&self) -> Result<Transaction> {
        let work = async {
            Ok(match self {
                // The lock is taken now: two that read first could not both write later.
                Database::Sqlite(pools) => {
                    Transaction::Sqlite(pools.writing.begin_with("BEGIN IMMEDIATE").await?)
                }
                Database::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
            })
        };
        answered(work).await
    }
}

impl Transaction {
    /// Wait until no other transaction is at this, and keep others out of it to the end of this one.
    /// In SQLite each transaction that writes is alone anyway.
    pub(super) async fn alone_at(&mut self, what: &str) -> Result<()> {
        match self {
            Transaction::Sqlite(_) => Ok(()),
            Transaction::Postgres(_) => {
                let lock = sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(what);
                lock.execute(self).await.map(drop)
            }
        }
    }

    /// What a statement ends in that reads a row and keeps others from changing it meanwhile.
    pub(super) fn for_update(&self) -> &'static str {
        match self {
            Transaction::Sqlite(_) => "",
            Transaction::Postgres(_) => " FOR UPDATE",
        }
    }

    pub(super) async fn commit(self) -> Result<()> {
        answered(async {
            match self {
                Transaction::Sqlite(all) => all.commit().await,
                Transaction::Postgres(all) => all.commit().await,
            }
        })
        .await
    }
}

impl Record {
    pub(super) fn try_get<T>(&self, column: &str) -> sqlx::Result<T>
    where
        for<'r> T: Decode<'r, Sqlite> + Decode<'r, Postgres> + Type<Sqlite> + Type<Postgres>,
        for<'c> &'c str: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Record::Sqlite(row) => row.try_get(column),
            Record::Postgres(row) => row.try_get(column),
        }
    }
}

impl<'a> From<&'a Database> for On<'a> {
    fn from(database: &'a Database) -> Self {
        On::Database(database)
    }
}

impl<'a> From<&'a mut Transaction> for On<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        On::Transaction(transaction)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Value::Text(Some(text.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Value::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

/// Wait for a database's answer, for a while.
async fn answered<T>(work: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
    match tokio::time::timeout(ANSWER, work).await {
        Ok(done) => done.map_err(broken),
        Err(_) => Err(broken(sqlx::Error::PoolTimedOut)),
    }
}

/// A failed statement. The values of the statement are not in the message.
pub(super) fn broken(error: sqlx::Error) -> Error {
    let of_server = server_error(&error).is_some();
    let (kind, message, next) = if is_out_of_reach(&error) {
        (
            ErrorKind::Connect,
            "the store of approvals and runs does not answer",
            "try again in a moment; if it goes on, look at the store's server",
        )
    } else if of_server {
        (
            ErrorKind::Unexpected,
            "the store of approvals and runs cannot be read or written",
            "look at the store's database: its tables, its rights and the space left",
        )
    } else {
        (
            ErrorKind::Unexpected,
            "the store of approvals and runs cannot be read or written",
            "look at the store's file: its folder, its rights and the space left",
        )
    };
    Error::new(kind, message).with_next_step(next).with_source(error)
}

/// Whether a database cannot be reached now, or gave a statement up that may be tried again.
pub(super) fn is_out_of_reach(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed => true,
        // Lost connections, too many of them, conflicts, time limits, and a server that stops.
        _ => server_error(error).is_some_and(|error| {
            let code = error.code();
            ["08", "53300", "40", "55P03", "57"].iter().any(|class| code.starts_with(class))
        }),
    }
}

fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_rows_are_one_statement() {
        let values = |count: i64| (1..=count).map(Value::from).collect();
        let text = |count| rows("INSERT INTO t (a, b)", 2, values(count), "DO").text;
        assert_eq!(text(4).as_str(), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) DO");
        assert_eq!(text(2).as_str(), "INSERT INTO t (a, b) VALUES ($1, $2) DO");
    }
}
