//! `tidings dkim`

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Common, Ending, Usage, print};
use crate::app::App;
use crate::config::Config;
use crate::deliver::dkim::{self, Algorithm, Signer};
use crate::files;

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Make a key, and print the DNS record and the lines of the configuration that put it
    /// to use
    Generate {
        /// What kind; everybody understands rsa, ed25519 is an addition
        #[arg(long, value_enum, default_value = "rsa")]
        algorithm: Kind,
        /// The name of the key in DNS [default: tidings, or tidings-ed25519]
        #[arg(long)]
        selector: Option<String>,
        /// Where to write the key [default: dkim-<SELECTOR>.pem beside the configuration]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print the DNS records of the configured keys
    Records,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    Rsa,
    Ed25519,
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let config = common.load()?;
    match action {
        Action::Generate { algorithm, selector, out } => {
            generate(&config, *algorithm, selector.as_deref(), out.as_deref())?;
        }
        Action::Records => {
            if config.dkim.is_empty() {
                return Err(Usage(
                    "no `[[dkim]]` key is configured; `tidings dkim generate` makes one".into(),
                )
                .into());
            }
            for signer in App::rehearse(config)?.signers()?.iter() {
                print(&record(signer))?;
            }
        }
    }
    Ok(Ending::Done)
}

fn generate(config: &Config, kind: Kind, selector: Option<&str>, out: Option<&Path>) -> anyhow::Result<()> {
    let selector = selector.unwrap_or(match kind {
        Kind::Rsa => "tidings",
        Kind::Ed25519 => "tidings-ed25519",
    });
    let plain =
        !selector.is_empty() && selector.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !plain {
        return Err(Usage(format!("`{selector}` cannot be part of a name in DNS")).into());
    }
    let algorithm = match kind {
        Kind::Rsa => Algorithm::Rsa,
        Kind::Ed25519 => Algorithm::Ed25519,
    };
    let pem = dkim::generate(algorithm).map_err(anyhow::Error::msg)?;
    let domain = config.mail.from.address.domain();
    let signer = Signer::load(domain, selector, pem.as_bytes()).map_err(anyhow::Error::msg)?;
    let file = format!("dkim-{selector}.pem");
    let path = out.map_or_else(|| config.path.with_file_name(&file), Path::to_owned);
    write_key(&path, &pem).with_context(|| format!("cannot write the key to {}", path.display()))?;
    let named = out.map_or(file, |path| path.display().to_string());
    print(&format!(
        "The key is in {}. Publish this record in the DNS of {domain}:\n\n{}\nThen add to {}:\n\n[[dkim]]\nselector = \"{selector}\"\nkey_file = \"{named}\"\n",
        path.display(),
        record(&signer),
        config.path.display(),
    ))
}

/// Never over a key that is in use, for nobody else's eyes, and whole or not at all.
fn write_key(path: &Path, pem: &str) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    // What was left there, or put there: its mode and where it leads are not ours.
    match std::fs::remove_file(&unfinished) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut key = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    let written = key
        .write_all(pem.as_bytes())
        .and_then(|()| key.sync_all())
        // Unlike a rename, a link fails where there is a file.
        .and_then(|()| std::fs::hard_link(&unfinished, path));
    let removed = std::fs::remove_file(&unfinished);
    written.and(removed)?;
    files::sync_folder_of(path)
}

/// As zone files have it: a string holds 255 characters at most.
fn record(signer: &Signer) -> String {
    let (name, value) = signer.record();
    let characters: Vec<char> = value.chars().collect();
    let strings: Vec<String> =
        characters.chunks(250).map(|c| format!("\"{}\"", c.iter().collect::<String>())).collect();
    format!("{name}. IN TXT ( {} )\n", strings.join(" "))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_key_is_whole_or_not_there_and_nobody_elses() {
        let dir = tempfile::tempdir().unwrap();
        let (path, part) = (dir.path().join("k.pem"), dir.path().join("k.pem.part"));
        // What a run that was killed left, or somebody put there, decides nothing.
        fs::write(dir.path().join("elsewhere"), "theirs").unwrap();
        symlink(dir.path().join("elsewhere"), &part).unwrap();
        write_key(&path, "key").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(dir.path().join("elsewhere")).unwrap(), "theirs");
        assert!(!part.exists());
        assert!(write_key(&path, "another").is_err(), "a key that is in use stays");
        assert_eq!(fs::read_to_string(&path).unwrap(), "key");
        assert!(!part.exists());
    }
}
