//! Who is alive: a process that holds a run holds a lock with it, which the system lets go of when
//! the process ends, however it ends. So a crash is seen at once, and not when a lease is over.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sisense_core::{Error, ErrorKind, Result};

/// Where owners say that they are alive.
#[derive(Clone, Debug)]
pub(super) enum Owners {
    /// A lock on a file of its own beside the store, for each.
    Files(PathBuf),
    /// A name in this process, for a store that nobody else can see.
    Names(Names),
}

type Names = Arc<Mutex<HashSet<String>>>;

/// An owner is alive as long as it has this.
#[derive(Debug)]
pub(crate) struct Alive(Sign);

#[derive(Debug)]
enum Sign {
    File(PathBuf, #[allow(dead_code, reason = "its lock counts")] File),
    Name(Names, String),
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

    /// Say that an owner is alive.
    pub(super) fn hold(&self, owner: &str) -> Result<Alive> {
        match self {
            Owners::Names(names) => {
                lock(names).insert(owner.to_owned());
                Ok(Alive(Sign::Name(Arc::clone(names), owner.to_owned())))
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
    pub(super) fn is_gone(&self, owner: &str) -> bool {
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
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        match &self.0 {
            Sign::Name(names, owner) => {
                lock(names).remove(owner);
            }
            // The lock ends with the file; a file that stays behind says nothing.
            Sign::File(path, _) => drop(fs::remove_file(path)),
        }
    }
}

fn lock(names: &Names) -> MutexGuard<'_, HashSet<String>> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_alive_as_long_as_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        for owners in [Owners::here(), Owners::beside(&folder.path().join("fes.db"))] {
            assert!(owners.is_gone("a"));
            let alive = owners.hold("a").unwrap();
            assert!(!owners.is_gone("a") && !owners.clone().is_gone("a"));
            assert!(owners.is_gone("b"));
            drop(alive);
            assert!(owners.is_gone("a"));
        }
    }

    #[test]
    fn a_file_that_a_crash_left_behind_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("fes.db");
        let owners = Owners::beside(&store);
        drop(owners.hold("a").unwrap());
        fs::write(folder.path().join("fes.db-runs").join("a"), "").unwrap();
        assert!(owners.is_gone("a"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("fes.db");
        fs::write(folder.path().join("fes.db-runs"), "in the way").unwrap();
        assert_eq!(Owners::beside(&store).hold("a").unwrap_err().kind(), ErrorKind::Config);
    }
}
