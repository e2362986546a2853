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

    /// Leave the story out: roles, built-in groups and the people behind the tokens are all
    #[arg(long, global = true, hide_short_help = true)]
    pub no_story: bool,

    #[command(flatten)]
    pub sizes: SizeArgs,

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

/// Declares counts that are 0 unless they are given.
macro_rules! counts {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $count:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, Args)]
        pub struct $name {
            $(
                $(#[$doc])*
                #[arg(
                    long,
                    global = true,
                    value_name = "N",
                    default_value_t = 0,
                    hide_default_value = true,
                    hide_short_help = true
                )]
                pub $count: usize,
            )*
        }
    };
}

counts! {
    /// How much is generated on top of the story.
    SizeArgs {
        /// Generated users, on top of the story
        users,
        /// Generated groups
        groups,
        /// Generated dashboards
        dashboards,
        /// Widgets in each generated dashboard
        widgets,
        /// Bytes of each generated dashboard as a document, about
        widget_bytes,
        /// Generated folders, three deep, that generated dashboards stand in
        folders,
        /// Generated data models
        models,
    }
}

impl SandboxArgs {
    /// The settings of a sandbox with this name.
    pub fn config(&self, name: &str, port: u16) -> SandboxConfig {
        let defaults = SandboxConfig::default();
        SandboxConfig {
            name: name.to_owned(),
            port,
            seed: self.seed.unwrap_or(defaults.seed),
            story: !self.no_story,
            sizes: Sizes {
                users: self.sizes.users,
                groups: self.sizes.groups,
                dashboards: self.sizes.dashboards,
                widgets_per_dashboard: self.sizes.widgets,
                widget_bytes: self.sizes.widget_bytes,
                folders: self.sizes.folders,
                models: self.sizes.models,
            },
            document_paths: self.load.clone(),
            latency_ms: self.latency_ms,
            ..defaults
        }
    }

    /// The same with nothing in it but roles, built-in groups and the people behind the tokens.
    pub fn emptied(&self) -> Self {
        Self { no_story: true, load: Vec::new(), sizes: SizeArgs::default(), ..self.clone() }
    }

    /// Start a sandbox with this name.
    pub async fn start(&self, name: &str, port: u16) -> Result<Sandbox, Failure> {
        start(self.config(name, port)).await
    }
}

async fn start(config: SandboxConfig) -> Result<Sandbox, Failure> {
    Sandbox::start(config).await.map_err(|error| match &error {
        sisense_sandbox::SandboxError::Listen { port, .. } => taken("the sandbox", *port),
        _ => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            Failure::bad_usage(format!("{error}{}", cause.unwrap_or_default()))
        }
    })
}
