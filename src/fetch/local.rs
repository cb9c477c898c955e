//! Feeds on this machine: a feed document, a folder of articles, or what a command prints.
//!
//! What takes the place of an ETag is made of names, sizes and times of change, so that
//! an unchanged archive of thousands of files costs a listing and no reading.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest as _, Sha256};

use super::{Body, Fetched, Limits, Validators, changed_or_not};
use crate::model::ArticleFile;
use crate::process::{self, Failed, NONBLOCK, Script};
use crate::text::one_line;

/// How far below the folder articles may lie.
const MAX_DEPTH: usize = 6;
/// An archive of a million articles is looked through for too long.
const MAX_FILES: usize = 200_000;

/// Reads where others are not kept waiting; a file system that hangs is given up after a while.
pub(super) async fn off_thread(
    limits: &Limits,
    read: impl FnOnce() -> io::Result<Fetched> + Send + 'static,
) -> Fetched {
    match tokio::time::timeout(limits.timeout, tokio::task::spawn_blocking(read)).await {
        Ok(Ok(Ok(fetched))) => fetched,
        Ok(Ok(Err(e))) => Fetched::Failed(format!("cannot read it: {e}")),
        Ok(Err(_)) => Fetched::Failed("reading it was interrupted".into()),
        Err(_) => Fetched::Failed(format!("cannot read it within {} s", limits.timeout.as_secs_f32())),
    }
}

pub(super) fn file(path: &Path, known: &Validators, limits: &Limits) -> io::Result<Fetched> {
    let Some(bytes) = read_bounded(path, limits.max_bytes)? else {
        return Ok(too_large(path, limits));
    };
    Ok(changed_or_not(bytes, None, None, Validators::default(), known))
}

/// Runs a command, and takes what it prints for the document. It is killed with all that it
/// started when nobody waits for it any more, and does not see where our passwords are.
pub(super) async fn command(command: &str, folder: &Path, known: &Validators, limits: &Limits) -> Fetched {
    let script = Script {
        text: command,
        arguments: &[],
        folder: Some(folder),
        input: Vec::new(),
        hidden: &limits.secret_variables,
        time: limits.timeout,
        most_bytes: limits.max_bytes,
        leaves_children: false,
    };
    match process::run(script).await {
        Ok(ran) if ran.status.success() => {
            changed_or_not(ran.stdout, None, None, Validators::default(), known)
        }
        Ok(ran) => {
            let said = one_line(&String::from_utf8_lossy(&ran.stderr), 200).map(|said| format!(": {said}"));
            Fetched::Failed(format!("the command ended with {}{}", ran.status, said.unwrap_or_default()))
        }
        Err(Failed::TooMuch(most)) => {
            Fetched::Failed(format!("it prints more than {most} bytes, the limit of `max_bytes`"))
        }
        Err(Failed::TooLong(time)) => Fetched::Failed(format!(
            "the command did not end within {} s, and was killed",
            time.as_secs_f32()
        )),
        Err(e) => Fetched::Failed(format!("the command: {e}")),
    }
}

pub(super) fn folder(path: &Path, known: &Validators, limits: &Limits) -> io::Result<Fetched> {
    let mut listing = Listing::default();
    listing.add(path, 0)?;
    let mut found = listing.found;
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
    let mut room = limits.max_bytes;
    // The newest first, so that what does not fit any more is the oldest.
    found.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| b.path.cmp(&a.path)));
    let (all, mut read) = (found.len(), 0);
    for file in found {
        // One file too large, or gone since it was listed, does not spoil the others.
        if file.size > limits.max_bytes {
            tracing::warn!(file = %file.path.display(), "is larger than `max_bytes`, left out");
            read += 1;
            continue;
        }
        let bytes = match read_bounded(&file.path, room) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                tracing::warn!(
                    folder = %path.display(),
                    left_out = all - read,
                    "the articles are larger than `max_bytes` together; the oldest are left out"
                );
                break;
            }
            Err(e) => {
                tracing::warn!(file = %file.path.display(), "cannot be read, left out: {e}");
                read += 1;
                continue;
            }
        };
        read += 1;
        room = room.saturating_sub(bytes.len() as u64);
        let name = file.path.strip_prefix(path).unwrap_or(&file.path);
        articles.push(ArticleFile { name: name.to_string_lossy().into_owned(), bytes });
    }
    Ok(Fetched::Changed {
        body: Body::Articles(articles),
        validators: Validators { etag: Some(etag), ..Validators::default() },
    })
}

/// The files of a folder that may be articles, by name.
pub fn article_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut listing = Listing::default();
    listing.add(folder, 0)?;
    let mut paths: Vec<PathBuf> = listing.found.into_iter().map(|file| file.path).collect();
    paths.sort();
    Ok(paths)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    path: PathBuf,
    size: u64,
    /// Nanoseconds.
    changed: u128,
}

/// The articles of a folder, and of those in it.
#[derive(Default)]
struct Listing {
    found: Vec<Listed>,
    /// Folders that were looked into, by device and inode: links may lead in circles.
    seen: HashSet<(u64, u64)>,
}

impl Listing {
    fn add(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        let about = fs::metadata(folder)?;
        if !self.seen.insert((about.dev(), about.ino())) {
            return Ok(());
        }
        for item in fs::read_dir(folder)? {
            let item = item?;
            let path = item.path();
            if item.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let Ok(about) = fs::metadata(&path) else { continue };
            if about.is_dir() && depth < MAX_DEPTH {
                // A folder that may not be looked into spoils nothing but itself.
                if let Err(e) = self.add(&path, depth + 1) {
                    tracing::warn!(folder = %path.display(), "cannot be read, left out: {e}");
                }
            } else if about.is_file() && path.extension().is_some_and(|e| e == "md") {
                if self.found.len() == MAX_FILES {
                    return Err(io::Error::other(format!("it holds more than {MAX_FILES} articles")));
                }
                let changed = about
                    .modified()
                    .ok()
                    .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
                    .map_or(0, |d| d.as_nanos());
                self.found.push(Listed { path, size: about.len(), changed });
            }
        }
        Ok(())
    }
}

/// None when the file holds more than `max` bytes.
fn read_bounded(path: &Path, max: u64) -> io::Result<Option<Vec<u8>>> {
    // Opening a pipe waits for whoever writes into it, unless asked not to.
    let file = fs::OpenOptions::new().read(true).custom_flags(NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max).then_some(bytes))
}

fn too_large(path: &Path, limits: &Limits) -> Fetched {
    Fetched::Failed(format!(
        "{} is larger than {} bytes, the limit of `max_bytes`",
        path.display(),
        limits.max_bytes
    ))
}
