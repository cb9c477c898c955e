//! Where a password is to be had. The file never holds one itself, so it can be shared.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Secret;
use crate::process::{self, NONBLOCK, Script};
use crate::text::one_line;

/// A password manager may have to be unlocked by hand; a daemon cannot wait for that.
const PATIENCE: Duration = Duration::from_secs(30);
/// A longer password is none.
const MOST_BYTES: u64 = 64 * 1024;

/// `password_env`, `password_file` or `password_command`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    Env(String),
    File(PathBuf),
    Command(String),
}

impl PasswordSource {
    /// Fetches the password; a line break at its end is not part of it.
    ///
    /// # Errors
    /// Where it was looked for, and why it is not there.
    pub async fn read(&self) -> Result<Secret, String> {
        let text = match self {
            Self::Env(name) => std::env::var(name).map_err(|_| format!("{self} is not set"))?,
            Self::File(path) => file(path.clone()).await?,
            Self::Command(command) => printed(command).await?,
        };
        let password = text.trim_end_matches(['\r', '\n']);
        if password.chars().all(is_blank) {
            return Err(format!("the password is empty ({self})"));
        }
        Ok(Secret::new(password))
    }

    /// What of it is not there, as far as can be told without asking for it.
    pub fn missing(&self) -> Option<String> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(value) if value.chars().all(is_blank) => Some(format!("{self} is empty")),
                Ok(_) => None,
                Err(_) => Some(format!("{self} is not set")),
            },
            Self::File(path) => match std::fs::metadata(path) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                    Some(format!("{self} is not there; put the password alone into it, and `chmod 600` it"))
                }
                Err(e) => Some(format!("cannot read {self}: {e}")),
                // A pipe is left to whoever needs it.
                Ok(about) if about.is_file() && about.len() < MOST_BYTES => {
                    let text = std::fs::read_to_string(path).ok()?;
                    text.chars().all(is_blank).then(|| format!("{self} is empty"))
                }
                Ok(_) => None,
            },
            Self::Command(_) => None,
        }
    }

    /// What is wrong with where it is kept, if anybody else can read it there.
    pub fn exposure(&self) -> Option<String> {
        let Self::File(path) = self else { return None };
        exposed(path)
    }
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // In small letters it may be the password itself, put into the wrong key.
            Self::Env(name) if name.contains(|c: char| c.is_lowercase()) => {
                f.write_str("the environment variable that `password_env` names")
            }
            Self::Env(name) => write!(f, "the environment variable {name}"),
            // A word like any other may be the password itself.
            Self::File(path)
                if path.file_name().is_none_or(|name| !name.to_string_lossy().contains(['.', '_', '-'])) =>
            {
                f.write_str("the file that `password_file` names")
            }
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Command(command) => write!(f, "the command `{command}`"),
        }
    }
}

/// Says so if a file that holds a secret can be read by everybody on this machine.
pub fn exposed(path: &Path) -> Option<String> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o007 != 0).then(|| {
        format!("{0} can be read by everybody on this machine; `chmod 600 {0}` changes that", path.display())
    })
}

/// Whether nobody would see or type it: an editor's byte order mark, a disk's empty block.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

async fn file(path: PathBuf) -> Result<String, String> {
    let cannot = format!("cannot read the password from {}", PasswordSource::File(path.clone()));
    let read = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        // Not waiting for whoever writes into a pipe.
        let file = OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)?;
        file.take(MOST_BYTES).read_to_string(&mut text)?;
        Ok::<_, std::io::Error>(text)
    });
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(Ok(text))) => Ok(text),
        Ok(Ok(Err(e))) => Err(format!("{cannot}: {e}")),
        Ok(Err(_)) => Err(format!("{cannot}: interrupted")),
        Err(_) => Err(format!("{cannot}: it took longer than {} s", PATIENCE.as_secs())),
    }
}

async fn printed(command: &str) -> Result<String, String> {
    let script = Script {
        text: command,
        arguments: &[],
        folder: None,
        input: Vec::new(),
        hidden: &[],
        time: PATIENCE,
        most_bytes: MOST_BYTES,
        leaves_children: true,
    };
    let ran = process::run(script).await.map_err(|e| format!("the password command `{command}`: {e}"))?;
    if !ran.status.success() {
        let said = one_line(&String::from_utf8_lossy(&ran.stderr), 200).map(|said| format!(": {said}"));
        let said = said.unwrap_or_default();
        return Err(format!("the password command `{command}` ended with {}{said}", ran.status));
    }
    String::from_utf8(ran.stdout).map_err(|_| format!("the password command `{command}` printed no text"))
}
