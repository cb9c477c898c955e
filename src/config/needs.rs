//! What the configuration refers to outside itself: variables, files with secrets, certificates, keys.
//! Whether they are there is looked at before anything is begun that cannot be ended without them.

use std::fs;
use std::path::{Path, PathBuf};

use super::secret::PasswordSource;

/// A thing that must be there.
#[derive(Debug, Clone)]
pub enum Need {
    Secret {
        source: PasswordSource,
        /// Whether no mail leaves without it.
        is_of_mail: bool,
    },
    /// A file of certificates (PEM).
    Certificates(PathBuf),
    /// A key that signs mails.
    Key(PathBuf),
    /// A `[[feed]]`; a file without one can still be given some.
    Feeds,
    /// The folder that the database lies in, or will.
    Folder(PathBuf),
}

/// A need that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// File and line.
    pub place: String,
    pub what: String,
    /// Whether no mail leaves for want of it.
    pub stops_mail: bool,
}

impl Need {
    /// Whether no mail leaves without it.
    pub(super) fn stops_mail(&self) -> bool {
        !matches!(self, Self::Secret { is_of_mail: false, .. })
    }

    /// What is missing, if anything is.
    pub(super) fn unmet(&self) -> Option<String> {
        match self {
            Self::Secret { source, .. } => source.missing(),
            Self::Certificates(path) => match read(path) {
                Ok(text) if text.contains("-----BEGIN CERTIFICATE-----") => None,
                Ok(_) => Some(format!("{} holds no certificate (PEM)", path.display())),
                Err(why) => Some(format!("cannot read the certificates of {}: {why}", path.display())),
            },
            Self::Feeds => {
                Some("no feed is named; `tidings feeds add ADDRESS` finds and adds the feed of a page".into())
            }
            Self::Folder(database) => {
                let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty())?;
                (!folder.is_dir())
                    .then(|| format!("the folder {} of `database` is not there; make it", folder.display()))
            }
            Self::Key(path) => match read(path) {
                Ok(text) if text.contains("PRIVATE KEY-----") => None,
                Ok(_) => Some(format!(
                    "{} holds no private key (PEM); `tidings dkim generate` makes one",
                    path.display()
                )),
                Err(why) => Some(format!("cannot read the DKIM key {}: {why}", path.display())),
            },
        }
    }
}

/// Opening a pipe would wait for whoever writes into it.
fn read(path: &Path) -> Result<String, String> {
    match fs::metadata(path) {
        Ok(about) if !about.is_file() => Err("it is no file".into()),
        Ok(_) => fs::read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    }
}
