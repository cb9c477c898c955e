//! Where a password is to be had. The file never holds one itself, so it can be shared.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::model::Secret;

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
    pub fn read(&self) -> Result<Secret, String> {
        let text = match self {
            Self::Env(name) => {
                std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?
            }
            Self::File(path) => std::fs::read_to_string(path)
                .map_err(|e| format!("cannot read the password from {}: {e}", path.display()))?,
            Self::Command(command) => {
                let output = Command::new("sh")
                    .args(["-c", command])
                    .stdin(Stdio::null())
                    .stderr(Stdio::inherit())
                    .output()
                    .map_err(|e| format!("cannot run the password command `{command}`: {e}"))?;
                if !output.status.success() {
                    return Err(format!("the password command `{command}` ended with {}", output.status));
                }
                String::from_utf8(output.stdout)
                    .map_err(|_| format!("the password command `{command}` printed no text"))?
            }
        };
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err("the password is empty".into());
        }
        Ok(Secret::new(password))
    }
}
