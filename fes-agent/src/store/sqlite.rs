//! The store in an SQLite file, which several processes of one host may share.

use std::path::Path;
use std::time::{Duration, Instant};

use sisense_core::{Error, ErrorKind, Result};
use sqlx::SqlitePool;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// How long a process waits for another one's write.
const BUSY: Duration = Duration::from_secs(10);

/// How long another process may take to make the tables.
const MAKING: Duration = Duration::from_secs(2);

/// SQLite's numbers of errors.
const ERROR: u32 = 1;
const BUSY_CODE: u32 = 5;
const LOCKED: u32 = 6;
const CONSTRAINT: u32 = 19;

/// How long to wait before the file is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// Pages that a connection holds in memory, as SQLite counts them: so many KiB. What is written once
/// and seldom read needs no more.
const CACHE: &str = "-512";

/// Most connections of one process that read.
const READERS: u32 = 3;

/// The connections to one database. One writes, and who wants to write waits in line for it: SQLite
/// lets several wait by trying again, and each would have to read anew what another one wrote.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    pub(super) writing: SqlitePool,
    pub(super) reading: SqlitePool,
}

/// A database in a file, which is made when it is not there.
pub(super) async fn file(path: &Path) -> Result<Pools> {
    super::file::prepare(path).map_err(|e| {
        Error::new(ErrorKind::Config, format!("cannot make the store: {}", path.display()))
            .with_source(e)
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY)
        .pragma("cache_size", CACHE);
    let writing = start(options.clone()).await?;
    let reading = pool(READERS).connect_lazy_with(options);
    Ok(Pools { writing, reading })
}

/// A database that lives as long as the process.
pub(super) async fn memory() -> Result<Pools> {
    // Each connection to `:memory:` is a database of its own, so there is exactly one.
    let writing = start(SqliteConnectOptions::new().in_memory(true)).await?;
    Ok(Pools { reading: writing.clone(), writing })
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None)
}

async fn start(options: SqliteConnectOptions) -> Result<SqlitePool> {
    let pool = connect(options).await.map_err(|e| {
        Error::new(ErrorKind::Config, format!("the store cannot be opened: {e}"))
            .with_next_step("look at the store's file: its folder, its rights and its space")
            .with_source(e)
    })?;
    bring_up_to_date(&pool).await.map_err(|e| {
        Error::new(ErrorKind::Config, format!("the store cannot be brought up to date: {e}"))
            .with_source(e)
            .with_next_step("is the file a store of this program, made by no newer version?")
    })?;
    Ok(pool)
}

/// Connect. Whoever makes a new file switches it to a write-ahead log, and that switch does not wait
/// for a lock as statements do; so it is tried again while another connection is at it.
async fn connect(options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    let started = Instant::now();
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY => {
                tokio::time::sleep(AGAIN).await;
            }
            other => return other,
        }
    }
}

/// Make the tables. Another process may be making the same ones in the same new file: then the ones
/// that it made are found at the next look.
async fn bring_up_to_date(pool: &SqlitePool) -> Result<(), MigrateError> {
    let started = Instant::now();
    loop {
        match sqlx::migrate!("src/store/migrations/sqlite").run(pool).await {
            Err(error) if is_shared(&error) && started.elapsed() < MAKING => {
                tokio::time::sleep(AGAIN).await;
            }
            other => return other,
        }
    }
}

/// Whether a migration failed as one does that another process makes at the same time: busy, or the
/// table or the record of it is there already.
fn is_shared(error: &MigrateError) -> bool {
    let (MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) = error else {
        return false;
    };
    is_busy(cause) || code(cause).is_some_and(|code| matches!(code, ERROR | CONSTRAINT))
}

/// `SQLITE_BUSY` or `SQLITE_LOCKED`, in their plain and their extended forms.
fn is_busy(error: &sqlx::Error) -> bool {
    code(error).is_some_and(|code| matches!(code, BUSY_CODE | LOCKED))
}

/// SQLite's number of an error, in its plain form.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}
