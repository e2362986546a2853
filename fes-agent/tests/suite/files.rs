//! The store's file: refused when it is none, and its owner's alone.

use std::path::Path;

use fes_agent::Store;
use sisense_core::ErrorKind;

#[tokio::test]
async fn a_store_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    std::fs::write(&path, "this is no database, it only looks like a file of some length").unwrap();
    assert_eq!(Store::open(&path).await.unwrap_err().kind(), ErrorKind::Config);
    assert_eq!(Store::open(folder.path()).await.unwrap_err().kind(), ErrorKind::Config);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("store.db");
    let _store = Store::open(&path).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for side in ["store.db-wal", "store.db-shm"] {
        let side = path.with_file_name(side);
        assert!(!side.exists() || mode(&side) == 0o600, "{side:?}");
    }
}
