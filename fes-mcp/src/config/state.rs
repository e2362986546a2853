//! Where state is kept, and what may run at all.

use std::path::{Path, PathBuf};

use clap::Args;
use fes_agent::policy::{Pattern, Rules};
use fes_agent::skills::Skills;
use fes_agent::{Policy, Store, StoreUrl, Tools};
use sisense_core::generated;

use super::secret;
use crate::cli::Failure;

/// The file of the store within the state folder.
const STORE: &str = "fes.db";

/// The variable that names a store which several servers share.
const STORE_URL: &str = "FES_STORE_URL";

/// Where state is kept and what may run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "State and policy")]
pub struct StateArgs {
    /// Folder of the approvals and the journal [default: the user's state folder]
    #[arg(long, global = true, value_name = "DIR", env = "FES_STATE_DIR", hide_env_values = true)]
    pub state_dir: Option<PathBuf>,

    /// File with the postgres:// URL of a database that several servers share, in place of a file in
    /// the state folder; the URL may hold a password [default: FES_STORE_URL]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "FES_STORE_URL_FILE",
        hide_env_values = true
    )]
    pub store_url_file: Option<PathBuf>,

    /// Folder of skills of your own, each a folder with a SKILL.md
    #[arg(long, global = true, value_name = "DIR", env = "FES_SKILLS_DIR", hide_env_values = true)]
    pub skills_dir: Option<PathBuf>,

    /// Refuse everything that would change a deployment
    #[arg(long, global = true)]
    pub read_only: bool,

    /// Only these tools, by id or pattern such as access.* or *.get_*; may be repeated
    #[arg(long, global = true, value_name = "PATTERN", value_parser = pattern)]
    pub allow: Vec<Pattern>,

    /// Not these tools, whatever --allow says; may be repeated
    #[arg(long, global = true, value_name = "PATTERN", value_parser = pattern)]
    pub deny: Vec<Pattern>,
}

/// A pattern that fits nothing is a typing error, and a denial that denies nothing a hole.
fn pattern(text: &str) -> Result<Pattern, String> {
    let pattern = Pattern::new(text).map_err(|error| error.to_string())?;
    if generated::operations().iter().any(|operation| pattern.fits(operation)) {
        return Ok(pattern);
    }
    let near = match generated::nearest(text).as_slice() {
        [] => String::new(),
        ids => format!("; did you mean {}?", ids.join(" or ")),
    };
    Err(format!("no tool fits{near}"))
}

impl StateArgs {
    /// What may run at all.
    pub fn policy(&self) -> Policy {
        Policy::new(Rules {
            read_only: self.read_only,
            allow: (!self.allow.is_empty()).then(|| self.allow.clone()),
            deny: self.deny.clone(),
            ..Rules::default()
        })
    }

    /// The skills: those that come with the program, and those of a folder.
    pub fn skills(&self, tools: &dyn Tools) -> Result<Skills, Failure> {
        let mut skills = Skills::built_in(tools)?;
        if let Some(folder) = &self.skills_dir {
            skills.add_folder(folder, tools)?;
        }
        Ok(skills)
    }

    /// Where the store is that several servers share, if there is one.
    pub fn store_url(&self) -> Result<Option<StoreUrl>, Failure> {
        let url = secret(self.store_url_file.as_deref(), "store URL", STORE_URL)?;
        url.map(|url| StoreUrl::parse(&url))
            .transpose()
            .map_err(|error| Failure::from(error).usage())
    }

    /// Open the store: the shared one, or the file in the state folder.
    pub async fn store(&self) -> Result<Store, Failure> {
        Ok(match self.store_url()? {
            Some(url) => Store::connect(&url).await?,
            None => Store::open(&self.folder()?.join(STORE)).await?,
        })
    }

    /// The state folder, made if it is not there, readable by its owner alone.
    pub fn folder(&self) -> Result<PathBuf, Failure> {
        let folder = match &self.state_dir {
            Some(folder) => folder.clone(),
            None => default_state_folder().ok_or_else(|| {
                Failure::bad_usage("no folder for the state is known")
                    .with_next_step("give --state-dir, or set FES_STATE_DIR")
            })?,
        };
        make_private(&folder).map_err(|error| {
            Failure::failed(format!("cannot make the state folder {}: {error}", folder.display()))
                .with_next_step("give a folder that can be written with --state-dir")
        })?;
        Ok(folder)
    }
}

fn default_state_folder() -> Option<PathBuf> {
    let var = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return var("LOCALAPPDATA").map(|folder| folder.join("fes"));
    }
    // The standard says that a relative path there is invalid.
    var("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| var("HOME").map(|home| home.join(".local").join("state")))
        .map(|folder| folder.join("fes"))
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_fits_nothing_is_refused() {
        assert!(pattern("access.*").is_ok() && pattern("dashboard_get_all_dashboards").is_ok());
        assert!(pattern("access.get_usr").unwrap_err().contains("access.get_user"));
        assert!(pattern("nonsense.*").is_err());
    }

    #[test]
    fn the_state_folder_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a").join("b");
        let state = StateArgs { state_dir: Some(wanted.clone()), ..StateArgs::default() };
        assert_eq!(state.folder().unwrap(), wanted);
        assert!(wanted.is_dir());
    }
}
