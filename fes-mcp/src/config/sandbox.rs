//! What a sandbox holds.

use std::path::PathBuf;

use clap::Args;
use sisense_sandbox::{Sandbox, SandboxConfig, Sizes};

use super::taken;
use crate::cli::Failure;

/// What a sandbox holds.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sandbox (a Sisense deployment in memory, for trying and testing)")]
pub struct SandboxArgs {
    /// Load a .dash or model document into the sandbox; may be repeated
    #[arg(long, global = true, value_name = "FILE")]
    pub load: Vec<PathBuf>,

    /// Seed of every id and token
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub seed: Option<u64>,

    /// Generated users, on top of the story
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub users: usize,

    /// Generated groups
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub groups: usize,

    /// Generated dashboards
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub dashboards: usize,

    /// Widgets in each generated dashboard
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub widgets: usize,

    /// Generated data models
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub models: usize,

    /// Time that every request to the sandbox takes at least, in milliseconds
    #[arg(
        long,
        global = true,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        hide_short_help = true
    )]
    pub latency_ms: u64,
}

impl SandboxArgs {
    /// The settings of a sandbox with this name.
    pub fn config(&self, name: &str, port: u16) -> SandboxConfig {
        let defaults = SandboxConfig::default();
        SandboxConfig {
            name: name.to_owned(),
            port,
            seed: self.seed.unwrap_or(defaults.seed),
            sizes: Sizes {
                users: self.users,
                groups: self.groups,
                dashboards: self.dashboards,
                widgets_per_dashboard: self.widgets,
                models: self.models,
            },
            document_paths: self.load.clone(),
            latency_ms: self.latency_ms,
            ..defaults
        }
    }

    /// Start a sandbox with this name.
    pub async fn start(&self, name: &str, port: u16) -> Result<Sandbox, Failure> {
        let started = Sandbox::start(self.config(name, port)).await;
        started.map_err(|error| match &error {
            sisense_sandbox::SandboxError::Listen { port, .. } => taken("the sandbox", *port),
            _ => {
                let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
                Failure::bad_usage(format!("{error}{}", cause.unwrap_or_default()))
            }
        })
    }
}
