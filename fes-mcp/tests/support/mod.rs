//! Runs the binary: once to its end, or as a server that says when it is ready.

pub mod agent;
pub mod mcp;
pub mod page;
pub mod stage;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A command of the binary, with a state folder of its own and nothing from the environment.
pub fn fes(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fes-mcp"));
    for name in [
        "SISENSE_URL",
        "SISENSE_TOKEN",
        "SISENSE_CA_FILE",
        "FES_APPROVAL_CODE",
        "FES_STORE_URL",
        "FES_STORE_URL_FILE",
        "FES_AGENT_KEY",
        "FES_TOOLS_URL",
        "FES_TOOLS_TOKEN",
        "LLM_PROVIDER",
    ] {
        command.env_remove(name);
    }
    command.env("FES_STATE_DIR", state).stdin(Stdio::null());
    command
}

/// How a command ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Its stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.stdout, self.stderr))
    }
}

/// Run the binary to its end, with a fresh state folder.
pub fn run(args: &[&str]) -> Ended {
    let state = TempDir::new().unwrap();
    run_in(state.path(), args)
}

/// Run the binary to its end.
pub fn run_in(state: &Path, args: &[&str]) -> Ended {
    let Output { status, stdout, stderr } = fes(state).args(args).output().unwrap();
    Ended {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// Send a signal to a program.
#[cfg(unix)]
pub fn signal(child: &Child, signal: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
}

/// A server that runs until it is dropped, with what it said when it was ready.
pub struct Running {
    child: Child,
    pub ready: Value,
    _state: TempDir,
}

impl Running {
    /// Start the binary and wait for its line of JSON.
    pub fn start(args: &[&str]) -> Self {
        let state = TempDir::new().unwrap();
        let mut command = fes(state.path());
        command.args(args);
        Running::of(command, state)
    }

    /// Serve the deployment that another process is.
    pub fn serving(sandbox: &Running) -> Self {
        let (url, token) = (sandbox.text("/url"), sandbox.text("/token"));
        let place = ["--url", &url, "--token", &token];
        Running::start(&[&["serve", "--bind", "127.0.0.1:0", "--json"][..], &place].concat())
    }

    /// Start this command, which serves with this state folder, and wait for its line of JSON.
    pub fn of(mut command: Command, state: TempDir) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        Running { child, ready, _state: state }
    }

    /// A text of the ready line.
    pub fn text(&self, pointer: &str) -> String {
        self.ready.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    }

    /// Ask it to stop, as a service manager does, and wait.
    #[cfg(unix)]
    pub fn terminate(mut self) -> ExitStatus {
        signal(&self.child, "-TERM");
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
