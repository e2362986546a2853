//! The data that a sandbox starts with. All of it follows from the configuration alone.

mod board;
mod bulk;
mod commerce;
mod commerce_boards;
mod health;
mod leads;
mod people;
mod sketch;
mod sources;
mod story;
mod ward_boards;
mod warehouse;
mod wide_boards;

use std::fs;

use serde_json::Value;

use crate::config::SandboxConfig;
use crate::sandbox::{SandboxError, Tokens};
use crate::state::Deployment;
use crate::state::builds::Builds;
use crate::state::ids::{Ids, role_token};
use crate::state::rows::RowCounts;

/// Builds the deployment that a configuration describes.
pub(crate) fn build(config: &SandboxConfig) -> Result<Deployment, SandboxError> {
    let token = |role: &str| role_token(config.seed, &config.name, role);
    let tokens = Tokens {
        admin: token("admin"),
        second_admin: token("second admin"),
        super_admin: token("super"),
        data_admin: token("data admin"),
        data_designer: token("data designer"),
        designer: token("designer"),
        viewer: token("viewer"),
    };
    let mut ids = Ids::new(config.seed, &config.name);
    let tenant = ids.object();
    let mut deployment = Deployment {
        ids,
        variants: config.variants,
        tokens,
        tenant,
        users: Default::default(),
        groups: Default::default(),
        roles: Default::default(),
        folders: Default::default(),
        dashboards: Default::default(),
        models: Default::default(),
        running: Default::default(),
        builds: Builds::new(config.build_ms, config.build_keep_ms),
        connections: Default::default(),
        sources: Default::default(),
        schedules: Default::default(),
        security: Default::default(),
        row_counts: RowCounts { sizes: config.rows, seeded: Default::default() },
        hierarchies: Vec::new(),
        formulas: Vec::new(),
        perspectives: Vec::new(),
        sessions: Default::default(),
        mails: Vec::new(),
        touched: Vec::new(),
        // The licence is large enough for whatever was asked to be generated.
        seats: config.seats.unwrap_or([50, 500 + config.sizes.users, 5000 + config.sizes.users]),
    };
    people::settle(&mut deployment);
    if config.story {
        story::tell(&mut deployment);
    }
    bulk::generate(&mut deployment, config.sizes);
    let mut documents = config.documents.clone();
    for path in &config.document_paths {
        documents.push(read(path)?);
    }
    deployment.load(documents)?;
    Ok(deployment)
}

fn read(path: &std::path::Path) -> Result<Value, SandboxError> {
    let name = || path.display().to_string();
    let text =
        fs::read_to_string(path).map_err(|source| SandboxError::File { path: name(), source })?;
    // Files that were saved on other systems may begin with a byte order mark.
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|source| SandboxError::Json { path: name(), source })
}
