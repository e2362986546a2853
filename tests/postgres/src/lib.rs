//! A PostgreSQL server for tests: made in a folder of its own, run by a user without rights, reached
//! by a socket in that folder, and ended with the process that started it, however that one ends.

#![cfg(unix)]
// It serves tests alone and fails as loudly as they do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// The user of all databases, who may do everything.
pub const USER: &str = "fes";

/// Its password, which must be seen nowhere.
pub const PASSWORD: &str = "k33p/th1s@home";

/// The password as it stands in a URL.
const IN_URL: &str = "k33p%2Fth1s%40home";

/// Stands between the test and the server: ends the server when told to, or when the pipe from the
/// test is closed, which happens with the test's process at the latest.
const KEEPER: &str = r#"
folder=$1; shift
"$@" </dev/null &
server=$!
exec 2>/dev/null
read -r how
case $how in
    stop) kill -INT $server ;;
    *) kill -QUIT $server ;;
esac
wait $server
[ -n "$how" ] || rm -rf "$folder"
"#;

/// A server. It ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    keeper: Option<Child>,
    databases: AtomicU32,
}

/// The server that all tests of a process share; nothing, and a word about it, where PostgreSQL is
/// not installed. Continuous integration must have it.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn shared() -> Option<&'static Postgres> {
    static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
    SHARED.get_or_init(Postgres::start).as_ref()
}

impl Postgres {
    /// Make a server and start it.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "initdb is not found: install PostgreSQL");
            eprintln!("skipped: PostgreSQL is not installed (no initdb is found)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (data, password) = (folder.path().join("data"), folder.path().join("password"));
        std::fs::write(&password, PASSWORD).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).unwrap();
        if let Some(user) = unprivileged() {
            for path in [folder.path(), &password] {
                chown(path, Some(user), Some(user)).unwrap();
            }
        }
        let made = lowered(&programs.join("initdb"))
            .args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8"])
            .args(["--locale", "C", "--no-sync", "--wal-segsize", "1"])
            .arg(format!("--pwfile={}", password.display()))
            .arg(format!("--pgdata={}", data.display()))
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut server =
            Postgres { programs, folder, keeper: None, databases: AtomicU32::default() };
        server.go_on();
        Some(server)
    }

    /// Make a database and give its URL.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("fes{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.programs.join("createdb"))
            .args(["--username", USER, &name, "--host"])
            .arg(self.folder.path())
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(made.status.success(), "createdb: {}", String::from_utf8_lossy(&made.stderr));
        self.url(&name)
    }

    /// The URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.path().display();
        format!("postgres://{USER}:{IN_URL}@localhost/{database}?host={folder}")
    }

    /// End the server as its service manager does: what is at work is broken off.
    ///
    /// # Panics
    /// When it is not running.
    pub fn stop(&mut self) {
        self.end("stop\n");
    }

    /// Start the server again that was stopped.
    ///
    /// # Panics
    /// When it does not start.
    pub fn go_on(&mut self) {
        let mut lowered = lowered(&self.programs.join("postgres"));
        lowered
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .arg("-k")
            .arg(self.folder.path())
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"])
            .args(["-c", "shared_buffers=16MB"]);
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(self.folder.path());
        keeper.arg(lowered.get_program()).args(lowered.get_args());
        let mut keeper = keeper
            .current_dir("/")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(keeper.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut told = Vec::new();
        let ready = lines.by_ref().any(|line| {
            let ready = line.contains("ready to accept connections");
            told.push(line);
            ready
        });
        assert!(ready, "postgres: {}", told.join("\n"));
        // What it says later is read too, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        self.keeper = Some(keeper);
    }

    fn end(&mut self, how: &str) {
        let mut keeper = self.keeper.take().unwrap();
        keeper.stdin.take().unwrap().write_all(how.as_bytes()).unwrap();
        keeper.wait().unwrap();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.keeper.is_some() {
            self.end("now\n");
        }
    }
}

/// The folder of PostgreSQL's programs: that of the path, or where packages put them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    versions.sort();
    std::env::split_paths(&path)
        .chain(versions.into_iter().rev())
        .chain([PathBuf::from("/usr/local/bin")])
        .find(|folder| ["initdb", "postgres", "createdb"].iter().all(|p| folder.join(p).exists()))
}

/// A command that has no rights: PostgreSQL refuses to be run by root.
fn lowered(program: &Path) -> Command {
    let Some(user) = unprivileged() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    let ids = [format!("--reuid={user}"), format!("--regid={user}")];
    command.args(ids).arg("--clear-groups").arg(program).current_dir("/");
    command
}

/// The user to become, when this is root.
fn unprivileged() -> Option<u32> {
    let id = |args: &[&str]| {
        let output = Command::new("id").args(args).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    id(&["-u", "postgres"]).or_else(|| id(&["-u", "nobody"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_goes_on_with_what_it_had_and_leaves_nothing() {
        let Some(mut server) = Postgres::start() else { return };
        let url = server.database();
        let ask = |server: &Postgres, what: &str| {
            let psql = server.programs.join("psql");
            Command::new(psql).args([&url, "-Atc", what]).output().unwrap()
        };
        assert!(ask(&server, "CREATE TABLE t AS SELECT 7 AS n").status.success());
        server.stop();
        assert!(!ask(&server, "SELECT n FROM t").status.success());
        server.go_on();
        assert_eq!(ask(&server, "SELECT n FROM t").stdout, b"7\n");
        let folder = server.folder.path().to_owned();
        drop(server);
        assert!(!folder.exists());
    }
}
