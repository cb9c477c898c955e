//! Who may dispatch: one process at a time for one database.
//!
//! The lock is the operating system's, on a file beside the database, so it ends with
//! the process that holds it, however that ends. Whoever holds it therefore knows that
//! every delivery still marked as being sent was left behind by a process that died.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use super::{Error, Result};

/// Held for as long as it lives.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at `path`. None when another process has it.
    ///
    /// # Errors
    /// When the lock file cannot be made.
    pub fn try_take(path: &Path) -> Result<Option<Self>> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let at = |cause| Error::Lock { path: name.clone().into(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(at)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(at(e)),
        }
    }
}
