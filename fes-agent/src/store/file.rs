//! The store's file and its rights.

use std::io;
use std::path::Path;

/// Make the folder and the file, readable by their owner only.
#[cfg(unix)]
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    use std::fs::{DirBuilder, OpenOptions, Permissions, set_permissions};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let file =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Make the folder; its rights are the user's profile's.
#[cfg(not(unix))]
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}
