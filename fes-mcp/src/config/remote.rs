//! A tools server in place of deployments, and the key for approvals between the two processes.

use std::path::PathBuf;

use clap::Args;
use fes_agent::host::remote::RemoteConfig;
use fes_agent::host::remote::door::check_key;
use sisense_core::Secret;

use super::{DeploymentArgs, secret, variable};
use crate::cli::Failure;

/// Where the tools run, when it is not this process.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Tools server")]
pub struct RemoteArgs {
    /// Address of an MCP server whose tools are used instead of a deployment, such as that of
    /// `fes-mcp serve` [default: FES_TOOLS_URL, but for a process that serves MCP itself]
    #[arg(long, global = true, value_name = "URL",
          conflicts_with_all = ["url", "token", "token_file", "ca_file", "insecure", "named", "sandbox"])]
    pub tools_url: Option<String>,

    /// File with the bearer token of the tools server [default: FES_TOOLS_TOKEN]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "FES_TOOLS_TOKEN_FILE",
        hide_env_values = true
    )]
    pub tools_token_file: Option<PathBuf>,

    /// File with the key that an agent signs approvals with, and its tools server checks: the same
    /// in both, at least 32 characters [default: FES_AGENT_KEY]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "FES_AGENT_KEY_FILE",
        hide_env_values = true
    )]
    pub agent_key_file: Option<PathBuf>,
}

impl RemoteArgs {
    /// The tools server, if one is to be used. A process that serves MCP takes none from the
    /// environment: it may share that with the agent, and would ask itself.
    pub fn config(
        &self,
        deployment: &DeploymentArgs,
        serves_mcp: bool,
    ) -> Result<Option<RemoteConfig>, Failure> {
        let url = match &self.tools_url {
            Some(url) => url.clone(),
            None if serves_mcp || deployment.is_given() => return Ok(None),
            None => match variable("FES_TOOLS_URL") {
                Some(url) => url,
                None => return Ok(None),
            },
        };
        let usage = |error| Failure::from(error).usage();
        let mut config = RemoteConfig::new(&url).map_err(usage)?;
        let file = self.tools_token_file.as_deref();
        if let Some(token) = secret(file, "tools token", "FES_TOOLS_TOKEN")? {
            config = config.token(token);
        }
        if let Some(key) = self.key()? {
            config = config.agent_key(key).map_err(usage)?;
        }
        Ok(Some(config))
    }

    /// The key for approvals, if there is one.
    pub fn key(&self) -> Result<Option<Secret>, Failure> {
        let key = secret(self.agent_key_file.as_deref(), "agent key", "FES_AGENT_KEY")?;
        if let Some(key) = &key {
            check_key(key).map_err(|error| Failure::from(error).usage())?;
        }
        Ok(key)
    }
}
