//! What only one process at a time may do with one database: dispatch, or be its daemon.
//!
//! The locks are the operating system's, on files beside the database, so they end with
//! the process that holds them, however that ends. Whoever holds the one for dispatching
//! therefore knows that every delivery still marked as being sent was left behind by a
//! process that died: a lease that no clock can end too early.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::{Error, Result};

/// Held for as long as it lives.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Whether somebody holds the lock of this name of the database at `path`.
    pub fn is_held(path: &Path, kind: &str) -> bool {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(kind);
        let Ok(file) = File::open(&name) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Takes the lock of this name of the database at `path`. None when another process has
    /// it.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_take(path: &Path, kind: &str) -> Result<Option<Self>> {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(kind);
        let at = |cause| Error::Lock { path: name.clone().into(), cause };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&name)
            .map_err(at)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(at(e)),
        }
    }
}
