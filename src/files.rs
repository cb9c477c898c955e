//! What a file system has to be told for a file to be there after a power cut, and what it says of itself.

use std::fs::File;
use std::io;
use std::path::Path;

/// Makes the names in the folder of this file last: a synced file whose name was not is lost all
/// the same.
///
/// # Errors
/// When the folder cannot be opened, or the disk fails.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Bytes that are free on the disk of this file, or of the folder it will be in; None where the
/// system does not say.
pub fn free_space(path: &Path) -> Option<u64> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Whether this file or folder may be written by whoever runs the program.
pub fn is_writable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}
