//! What a file system has to be told for a file to be there after a power cut.

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
