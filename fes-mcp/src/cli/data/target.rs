//! Where a CSV goes: stdout, or a file that appears only when it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// What is written to.
pub enum Target {
    /// The program's stdout.
    Stdout(BufWriter<Stdout>),
    /// A file beside the one that is wanted.
    File(Box<Part>),
}

/// A file that is not complete. It goes away unless it is kept.
pub struct Part {
    file: Option<BufWriter<File>>,
    path: PathBuf,
    wanted: PathBuf,
    replace: bool,
}

impl Target {
    pub fn stdout() -> Self {
        Target::Stdout(BufWriter::new(io::stdout()))
    }

    /// Begin a file beside the one that is wanted.
    pub fn file(wanted: &Path, replace: bool) -> Result<Self, Failure> {
        if wanted.is_dir() {
            return Err(Failure::bad_usage(format!("this is a folder: {}", wanted.display()))
                .with_next_step("give the name of a file in it"));
        }
        if !replace && wanted.symlink_metadata().is_ok() {
            return Err(exists(wanted));
        }
        let cannot = |error: io::Error| {
            Failure::failed(format!("cannot write {}: {error}", wanted.display()))
                .with_next_step("give a file in a folder that is there and can be written")
        };
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = wanted.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(cannot)?;
        let file = Some(BufWriter::new(file));
        Ok(Target::File(Box::new(Part { file, path, wanted: wanted.to_owned(), replace })))
    }

    pub fn is_stdout(&self) -> bool {
        matches!(self, Target::Stdout(_))
    }

    /// Let the file appear.
    pub fn keep(self) -> io::Result<()> {
        match self {
            Target::Stdout(mut stdout) => stdout.flush(),
            Target::File(mut part) => part.keep(),
        }
    }
}

impl Part {
    fn keep(&mut self) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        if self.replace {
            return fs::rename(&self.path, &self.wanted);
        }
        // A link is refused when the name is taken meanwhile, where a rename would replace it.
        match fs::hard_link(&self.path, &self.wanted) {
            Ok(()) => fs::remove_file(&self.path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Some file systems have no links.
            Err(_) if self.wanted.symlink_metadata().is_ok() => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            Err(_) => fs::rename(&self.path, &self.wanted),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        drop(self.file.take());
        // It is gone already when it was kept.
        let _ = fs::remove_file(&self.path);
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Target::Stdout(stdout) => stdout.write(bytes),
            Target::File(part) => match &mut part.file {
                Some(file) => file.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::Stdout(stdout) => stdout.flush(),
            Target::File(part) => part.file.as_mut().map_or(Ok(()), BufWriter::flush),
        }
    }
}

/// The file is there already.
pub fn exists(wanted: &Path) -> Failure {
    Failure::bad_usage(format!("the file is there already: {}", wanted.display()))
        .with_next_step("give another name, or --force to replace it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_when_it_is_kept_and_leaves_nothing_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("rows.csv");
        let mut target = Target::file(&wanted, false).unwrap();
        target.write_all(b"a\r\n").unwrap();
        assert!(!wanted.exists());
        drop(target);
        assert!(files(folder.path()).is_empty());

        let mut target = Target::file(&wanted, false).unwrap();
        target.write_all(b"a\r\n").unwrap();
        target.keep().unwrap();
        assert_eq!(files(folder.path()), ["rows.csv"]);
        assert_eq!(fs::read(&wanted).unwrap(), b"a\r\n");
    }

    #[test]
    fn a_file_that_is_there_stays_unless_it_is_to_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("rows.csv");
        fs::write(&wanted, "old").unwrap();
        assert!(Target::file(&wanted, false).is_err());
        Target::file(&wanted, true).unwrap().keep().unwrap();
        assert_eq!(fs::read(&wanted).unwrap(), b"");

        // It came while the rows were read.
        let late = folder.path().join("late.csv");
        let target = Target::file(&late, false).unwrap();
        fs::write(&late, "other").unwrap();
        assert_eq!(target.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&late).unwrap(), b"other");
        assert_eq!(files(folder.path()).len(), 2);
        assert!(Target::file(folder.path(), true).is_err());
        assert!(Target::file(&folder.path().join("no/rows.csv"), false).is_err());
    }
}
