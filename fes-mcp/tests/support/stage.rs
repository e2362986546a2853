//! Two deployments in this process, for programs of their own.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use sisense_sandbox::{Change, Sandbox, SandboxConfig, Sizes, Snapshot};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::fes;

/// A source and an empty target.
pub struct Stage {
    runtime: Runtime,
    pub source: Sandbox,
    pub target: Sandbox,
    empty: Snapshot,
}

impl Stage {
    pub fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sizes = Sizes {
            users: 11,
            groups: 3,
            dashboards: 8,
            models: 2,
            folders: 3,
            widgets_per_dashboard: 1,
            ..Sizes::default()
        };
        let start = |name: &str, sizes| {
            let name = name.to_owned();
            let config = SandboxConfig { name, story: false, sizes, ..SandboxConfig::default() };
            runtime.block_on(Sandbox::start(config)).unwrap()
        };
        let source = start("source", sizes);
        let target = start("target", Sizes::default());
        let empty = target.snapshot();
        Stage { runtime, source, target, empty }
    }

    /// Empty the target.
    pub fn reset(&self) {
        self.target.restore(&self.empty);
        self.target.clear_requests();
    }

    /// What the target made more than once since it was emptied, and how often.
    pub fn made_twice(&self) -> BTreeMap<String, u32> {
        let mut made: BTreeMap<String, u32> = BTreeMap::new();
        for entry in self.target.requests().iter().filter(|entry| entry.applied) {
            for touched in entry.touched.iter().filter(|one| one.change == Change::Created) {
                *made.entry(format!("{:?} {}", touched.kind, touched.name)).or_default() += 1;
            }
        }
        made.retain(|_, times| *times > 1);
        made
    }

    /// A command between the two, which answers in JSON.
    pub fn command(&self, state: &TempDir, args: &[&str]) -> Command {
        let mut command = fes(state.path());
        command.args(args).arg("--json");
        for (sandbox, token) in [(&self.source, "SOURCE"), (&self.target, "TARGET")] {
            command.args(["--deployment", &format!("{}={}", sandbox.name(), sandbox.url())]);
            command.env(format!("FES_TOKEN_{token}"), sandbox.token());
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Migrate everything, with shares and owners.
    pub fn migrate(&self, state: &TempDir) -> Command {
        let what = ["migrate", "all", "--source", "source", "--target", "target", "--yes"];
        self.command(state, &[&what[..], &["--shares", "--ownership"]].concat())
    }

    /// End both.
    pub fn close(self) {
        drop(self.source);
        drop(self.target);
        self.runtime.shutdown_background();
    }
}

/// What a program said.
pub fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}
