//! Skills: procedures in Markdown that become plans.
//!
//! A skill is a folder with a `SKILL.md`: front matter that says what it may do, a text for people,
//! and the steps of a plan. What it becomes is a plan like any other: checked, previewed, approved.
//! A plan that waits for its approval is kept whole, so that a skill that is changed meanwhile
//! changes nothing of it.

mod ask;
mod check;
mod compile;
mod file;

pub use file::{FrontMatter, MAX_SKILL_BYTES, Parameter, Role, SkillFile};

use std::collections::BTreeMap;
use std::path::Path;

use sisense_core::{Error, ErrorKind, Result};

use crate::host::Tools;
use crate::plan::Step;
use ask::Ask;
use file::wrong;

/// Most skills of one folder.
pub const MAX_SKILLS: usize = 200;

/// The skills that come with the program, by their folders.
const BUILT_IN: [(&str, &str); 3] = [
    ("offboard-user", include_str!("../../skills/offboard-user/SKILL.md")),
    ("ready-for-ai", include_str!("../../skills/ready-for-ai/SKILL.md")),
    ("unused-columns", include_str!("../../skills/unused-columns/SKILL.md")),
];

/// A skill that fits its own front matter and the operations that there are.
#[derive(Clone, Debug)]
pub struct Skill {
    file: SkillFile,
    asks: Vec<Ask>,
}

impl Skill {
    /// Read a skill from the text of its file.
    ///
    /// # Errors
    /// `config` with everything that is wrong with it.
    pub fn read(folder: &str, text: &str, tools: &dyn Tools) -> Result<Self> {
        let file = SkillFile::parse(text)?;
        check::check(folder, &file, tools)?;
        let asks = file.front.ask.iter().map(|ask| Ask::parse(ask, &file.front));
        let asks = asks.collect::<Result<_>>()?;
        Ok(Skill { file, asks })
    }

    /// What it says of itself.
    #[must_use]
    pub fn front(&self) -> &FrontMatter {
        &self.file.front
    }

    /// Its steps, with its parameters as `params.name`.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.file.steps
    }

    /// What a person reads.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.file.body
    }
}

/// The skills that there are.
#[derive(Clone, Debug, Default)]
pub struct Skills(BTreeMap<String, Skill>);

impl Skills {
    /// Those that come with the program, as far as the tools offer what they call.
    ///
    /// # Errors
    /// `config` when one of them cannot be loaded.
    pub fn built_in(tools: &dyn Tools) -> Result<Self> {
        let mut skills = Skills::default();
        for (folder, text) in BUILT_IN {
            let named = &SkillFile::parse(text)?.front.tools;
            // An operator may offer fewer tools; a skill that needs another is then not there.
            if named.iter().all(|id| tools.find(id).is_some()) {
                skills.0.insert(folder.to_owned(), Skill::read(folder, text, tools)?);
            }
        }
        Ok(skills)
    }

    /// Add those of a folder: each in a folder of its own, named like it. One with the name of
    /// another takes its place.
    ///
    /// # Errors
    /// `config` with the file and what is wrong with it. Nothing is added then.
    pub fn add_folder(&mut self, folder: &Path, tools: &dyn Tools) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            wrong(format!("{}: {error}", folder.display())).with_source(error)
        };
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let file = path.join("SKILL.md");
            if !file.is_file() {
                continue;
            }
            if found.len() >= MAX_SKILLS {
                return Err(wrong(format!("more than {MAX_SKILLS} in {}", folder.display())));
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let size = file.metadata().map_err(unreadable)?.len();
            if size > MAX_SKILL_BYTES as u64 {
                return Err(wrong(format!("{} has {size} bytes", file.display())));
            }
            let text = std::fs::read_to_string(&file).map_err(unreadable)?;
            let skill = Skill::read(&name, &text, tools).map_err(|error| {
                let message = format!("{}: {}", file.display(), error.report().message);
                Error::new(ErrorKind::Config, message)
            })?;
            found.insert(name, skill);
        }
        self.0.extend(found);
        Ok(())
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Skill> {
        self.0.values()
    }

    /// One by its name.
    ///
    /// # Errors
    /// `not_found`, with the names that there are.
    pub fn get(&self, name: &str) -> Result<&Skill> {
        self.0.get(name).ok_or_else(|| {
            let names: Vec<String> = self.0.keys().cloned().collect();
            Error::not_found("skill", name).with_candidates(names)
        })
    }

    /// The skill that a request asks for, with what the request tells it. Of several sentences that
    /// fit, that one counts which says most itself.
    #[must_use]
    pub fn asked_for(&self, text: &str) -> Option<(&Skill, BTreeMap<String, String>)> {
        let fits = self.0.values().flat_map(|skill| {
            skill.asks.iter().filter_map(move |ask| Some((skill, ask.fits(text)?)))
        });
        fits.min_by_key(|(_, told)| told.values().map(String::len).sum::<usize>())
    }
}

#[cfg(test)]
mod tests;
