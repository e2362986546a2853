//! Who is alive: a process that holds a run holds a lock with it, which the system lets go of when
//! the process ends, however it ends. So a crash is seen at once, and not when a lease is over.
//!
//! Beside a file that is a lock of the operating system. In PostgreSQL it is an advisory lock on a
//! connection of its own, which the server lets go of when the connection ends: at once when the
//! process was killed. A host that vanished without a word is seen when the lease is over.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sisense_core::{Error, ErrorKind, Result};
use sqlx::{Connection, PgConnection, PgPool, Row};

use super::database::broken;
use super::postgres::{CONNECT, StoreUrl};

/// Where owners say that they are alive.
#[derive(Clone, Debug)]
pub(super) enum Owners {
    /// A lock on a file of its own beside the store, for each.
    Files(PathBuf),
    /// A name in this process, for a store that nobody else can see.
    Names(Names),
    /// A lock in the database, for each.
    Locks(StoreUrl, PgPool),
}

type Names = Arc<Mutex<HashSet<String>>>;

/// An owner is alive as long as it has this.
#[derive(Debug)]
pub(crate) struct Alive(Sign);

#[derive(Debug)]
enum Sign {
    File(PathBuf, #[allow(dead_code, reason = "its lock counts")] File),
    Name(Names, String),
    Lock(Lock),
}

/// A lock in the database, which lasts as long as its connection.
#[derive(Debug)]
struct Lock {
    url: StoreUrl,
    owner: String,
    connection: tokio::sync::Mutex<Option<PgConnection>>,
}

impl Owners {
    /// Those of a store in a file.
    pub(super) fn beside(store: &Path) -> Self {
        let mut folder = store.as_os_str().to_owned();
        folder.push("-runs");
        Owners::Files(folder.into())
    }

    /// Those of a store in memory.
    pub(super) fn here() -> Self {
        Owners::Names(Names::default())
    }

    /// Those of a store in PostgreSQL.
    pub(super) fn of_server(url: &StoreUrl, pool: PgPool) -> Self {
        Owners::Locks(url.clone(), pool)
    }

    /// Say that an owner is alive.
    pub(super) async fn hold(&self, owner: &str) -> Result<Alive> {
        match self {
            Owners::Names(names) => {
                lock(names).insert(owner.to_owned());
                Ok(Alive(Sign::Name(Arc::clone(names), owner.to_owned())))
            }
            Owners::Locks(url, _) => {
                let connection = take(url, owner).await?.ok_or_else(|| {
                    Error::new(ErrorKind::Conflict, "another process goes on with this run")
                })?;
                let (url, owner) = (url.clone(), owner.to_owned());
                Ok(Alive(Sign::Lock(Lock { url, owner, connection: Some(connection).into() })))
            }
            Owners::Files(folder) => {
                let path = folder.join(owner);
                let held = super::file::prepare(&path).and_then(|()| {
                    let file =
                        File::options().write(true).create(true).truncate(false).open(&path)?;
                    file.try_lock()?;
                    Ok(file)
                });
                held.map(|file| Alive(Sign::File(path.clone(), file))).map_err(|e| {
                    let message = format!("the run cannot be held: {}", path.display());
                    Error::new(ErrorKind::Config, message)
                        .with_next_step("look at the folder of the store: its rights and its space")
                        .with_source(e)
                })
            }
        }
    }

    /// Whether an owner is known to be gone. Where that cannot be told it counts as alive, and its
    /// lease decides.
    pub(super) async fn is_gone(&self, owner: &str) -> bool {
        match self {
            Owners::Names(names) => !lock(names).contains(owner),
            // A shared lock, so that two who look do not take each other for the owner.
            Owners::Files(folder) => match File::open(folder.join(owner)) {
                Ok(file) => !matches!(
                    file.try_lock_shared(),
                    Err(TryLockError::WouldBlock | TryLockError::Error(_))
                ),
                Err(error) => error.kind() == Io::NotFound,
            },
            Owners::Locks(_, pool) => {
                let free = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended($1, 0))";
                let row = sqlx::query(free).bind(owner.to_owned()).fetch_one(pool).await;
                row.and_then(|row| row.try_get(0)).unwrap_or(false)
            }
        }
    }
}

impl Alive {
    /// Look whether the sign is still there, and give it again when its connection was lost.
    pub(crate) async fn keep(&self) -> Result<()> {
        match &self.0 {
            Sign::Lock(lock) => lock.keep().await,
            Sign::File(..) | Sign::Name(..) => Ok(()),
        }
    }
}

impl Lock {
    async fn keep(&self) -> Result<()> {
        let mut held = self.connection.lock().await;
        if let Some(connection) = held.as_mut()
            && let Ok(Ok(())) = tokio::time::timeout(CONNECT, connection.ping()).await
        {
            return Ok(());
        }
        *held = None;
        // The server may still keep the lock for a connection that it does not know to be lost, and
        // who looks has it for a moment: it is tried again at the next beat.
        *held = take(&self.url, &self.owner).await?;
        Ok(())
    }
}

/// A connection that has the lock of an owner, if it is free.
async fn take(url: &StoreUrl, owner: &str) -> Result<Option<PgConnection>> {
    let mut connection = url.connection().await.map_err(broken)?;
    let taken = sqlx::query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
        .bind(owner.to_owned())
        .fetch_one(&mut connection)
        .await
        .map_err(broken)?;
    Ok(taken.try_get::<bool, _>(0).map_err(broken)?.then_some(connection))
}

impl Drop for Alive {
    fn drop(&mut self) {
        match &self.0 {
            Sign::Name(names, owner) => {
                lock(names).remove(owner);
            }
            // The lock ends with the file; a file that stays behind says nothing.
            Sign::File(path, _) => drop(fs::remove_file(path)),
            // The lock ends with its connection.
            Sign::Lock(_) => {}
        }
    }
}

fn lock(names: &Names) -> MutexGuard<'_, HashSet<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_owner_is_alive_as_long_as_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        for owners in [Owners::here(), Owners::beside(&folder.path().join("fes.db"))] {
            assert!(owners.is_gone("a").await);
            let alive = owners.hold("a").await.unwrap();
            assert!(!owners.is_gone("a").await && !owners.clone().is_gone("a").await);
            assert!(owners.is_gone("b").await);
            drop(alive);
            assert!(owners.is_gone("a").await);
        }
    }

    #[tokio::test]
    async fn a_file_that_a_crash_left_behind_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("fes.db");
        let owners = Owners::beside(&store);
        drop(owners.hold("a").await.unwrap());
        fs::write(folder.path().join("fes.db-runs").join("a"), "").unwrap();
        assert!(owners.is_gone("a").await);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("fes.db");
        fs::write(folder.path().join("fes.db-runs"), "in the way").unwrap();
        assert_eq!(Owners::beside(&store).hold("a").await.unwrap_err().kind(), ErrorKind::Config);
    }
}
