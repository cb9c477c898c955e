//! Feeds on this machine: a feed document, a folder of articles, or what a command prints.
//!
//! What takes the place of an ETag is made of names, sizes and times of change, so that
//! an unchanged archive of thousands of files costs a listing and no reading.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt;

use super::{Body, Fetched, Limits, Validators, changed_or_not};
use crate::model::ArticleFile;

/// How far below the folder articles may lie; links that lead in circles end here.
const MAX_DEPTH: usize = 6;

pub(super) async fn off_thread(read: impl FnOnce() -> io::Result<Fetched> + Send + 'static) -> Fetched {
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(fetched)) => fetched,
        Ok(Err(e)) => Fetched::Failed(format!("cannot read it: {e}")),
        Err(_) => Fetched::Failed("reading it was interrupted".into()),
    }
}

pub(super) fn file(path: &Path, known: &Validators, limits: &Limits) -> io::Result<Fetched> {
    let Some(bytes) = read_bounded(path, limits.max_bytes)? else {
        return Ok(too_large(path, limits));
    };
    Ok(changed_or_not(bytes, None, None, Validators::default(), known))
}

/// Runs a command, and takes what it prints for the document. It is killed when nobody
/// waits for it any more.
pub(super) async fn command(command: &str, folder: &Path, known: &Validators, limits: &Limits) -> Fetched {
    let started = tokio::process::Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(e) => return Fetched::Failed(format!("cannot run it: {e}")),
    };
    let mut bytes = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let read = stdout.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).await;
        if let Err(e) = read {
            return Fetched::Failed(format!("cannot read what it prints: {e}"));
        }
    }
    if bytes.len() as u64 > limits.max_bytes {
        return Fetched::Failed(format!(
            "it prints more than {} bytes, the limit of `max_bytes`",
            limits.max_bytes
        ));
    }
    match child.wait().await {
        Ok(status) if status.success() => changed_or_not(bytes, None, None, Validators::default(), known),
        Ok(status) => Fetched::Failed(format!("the command ended with {status}")),
        Err(e) => Fetched::Failed(format!("the command was lost: {e}")),
    }
}

pub(super) fn folder(path: &Path, known: &Validators, limits: &Limits) -> io::Result<Fetched> {
    let mut found = Vec::new();
    list(path, 0, &mut found)?;
    found.sort();
    let mut hash = Sha256::new();
    for file in &found {
        hash.update(format!("{}\0{}\0{}\0", file.path.display(), file.size, file.changed));
    }
    let etag = data_encoding::HEXLOWER.encode(&hash.finalize());
    if known.etag.as_ref() == Some(&etag) {
        return Ok(Fetched::Unchanged);
    }
    let mut articles = Vec::new();
    for file in found {
        // One file too large, or gone since it was listed, does not spoil the others.
        let bytes = match read_bounded(&file.path, limits.max_bytes) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                tracing::warn!(file = %file.path.display(), "larger than `max_bytes`, left out");
                continue;
            }
            Err(e) => {
                tracing::warn!(file = %file.path.display(), "cannot be read, left out: {e}");
                continue;
            }
        };
        let name = file.path.strip_prefix(path).unwrap_or(&file.path);
        articles.push(ArticleFile { name: name.to_string_lossy().into_owned(), bytes });
    }
    Ok(Fetched::Changed {
        body: Body::Articles(articles),
        validators: Validators { etag: Some(etag), ..Validators::default() },
    })
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    path: PathBuf,
    size: u64,
    /// Nanoseconds.
    changed: u128,
}

fn list(folder: &Path, depth: usize, found: &mut Vec<Listed>) -> io::Result<()> {
    for item in fs::read_dir(folder)? {
        let item = item?;
        let path = item.path();
        let hidden = item.file_name().to_string_lossy().starts_with('.');
        if hidden {
            continue;
        }
        let Ok(about) = fs::metadata(&path) else { continue };
        if about.is_dir() && depth < MAX_DEPTH {
            list(&path, depth + 1, found)?;
        } else if about.is_file() && path.extension().is_some_and(|e| e == "md") {
            let changed = about
                .modified()
                .ok()
                .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
                .map_or(0, |d| d.as_nanos());
            found.push(Listed { path, size: about.len(), changed });
        }
    }
    Ok(())
}

/// None when the file holds more than `max` bytes.
fn read_bounded(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max).then_some(bytes))
}

fn too_large(path: &Path, limits: &Limits) -> Fetched {
    Fetched::Failed(format!(
        "{} is larger than {} bytes, the limit of `max_bytes`",
        path.display(),
        limits.max_bytes
    ))
}
