//! The courier for a machine without mail: each copy becomes an `.eml` file that any mail
//! program opens.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Envelope, RelayError};
use crate::files;
use crate::model::{Diagnostic, Outcome};

pub struct Folder {
    path: PathBuf,
}

pub(super) fn open(path: PathBuf) -> Result<Folder, RelayError> {
    match fs::DirBuilder::new().recursive(true).mode(0o700).create(&path) {
        Ok(()) => Ok(Folder { path }),
        Err(e) => Err(RelayError::Permanent(format!("cannot make the folder {}: {e}", path.display()))),
    }
}

impl Folder {
    /// Writes the copy under a name of its Message-ID, so that a copy written twice is
    /// one file; and renames it into place, so that there is never half a file.
    pub(super) fn put(&self, envelope: &Envelope, message: &[u8]) -> Result<Outcome, RelayError> {
        let path = self.path.join(name(envelope, message));
        match write(&path, message) {
            Ok(()) => Ok(Outcome::Delivered(Diagnostic::Local(path.display().to_string()))),
            Err(e) => Err(RelayError::Permanent(format!("cannot write {}: {e}", path.display()))),
        }
    }
}

fn write(path: &Path, message: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("part");
    // A mail is nobody's but its reader's.
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(partial, path)?;
    files::sync_folder_of(path)
}

fn name(envelope: &Envelope, message: &[u8]) -> String {
    let id = message
        .split(|b| *b == b'\n')
        .find_map(|line| std::str::from_utf8(line).ok()?.strip_prefix("Message-ID: <")?.split_once('@'))
        .map_or("mail", |(left, _)| left);
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.@+".contains(c) { c } else { '_' }).collect()
    };
    format!("{}-{}.eml", plain(id), plain(envelope.to.as_str()))
}
