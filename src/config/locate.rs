//! Which file is the configuration.

use std::env;
use std::path::{Path, PathBuf};

/// The places looked at when neither `--config` nor `$TIDINGS_CONFIG` names one, in order.
fn usual_places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("digest.toml")];
    let home = env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".config")));
    places.extend(home.map(|dir| dir.join("tidings/digest.toml")));
    places.push(PathBuf::from("/etc/tidings/digest.toml"));
    places
}

/// The configuration file: the one named, else the first of the usual places that is there.
///
/// # Errors
/// The places that were looked at, when there is none at any of them.
pub fn locate(named: Option<&Path>) -> Result<PathBuf, String> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let places = usual_places();
    if let Some(found) = places.iter().find(|place| place.is_file()) {
        return Ok(found.clone());
    }
    let list: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
    Err(format!(
        "no configuration found: looked for {}; make one with `tidings init`, or name one with --config FILE",
        list.join(", ")
    ))
}
