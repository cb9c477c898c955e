//! What the feeds brought, as files that anybody can keep, publish and read again as a feed. Only what has changed
//! is written, each file whole or not at all.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde::Serialize;

use super::{App, Error, off_thread};
use crate::archive::{self, Listed};
use crate::article::{self, FeedBoilerplate, Rules};
use crate::config::FeedSettings;
use crate::model::{EntryKey, Images};
use crate::parse::markdown;
use crate::store::{ListedEntry, Stored};

/// Articles read and written at a time.
const AT_ONCE: usize = 200;
const INDEX: &str = "README.md";
/// Says that the articles of an archive are as tidings cleans them.
const CLEAN: &str = ".clean";

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    pub articles: usize,
    pub lists: usize,
}

/// Brings the archive in a folder up to date. `clean`: articles as tidings cleans them, not as their feeds had
/// them.
///
/// # Errors
/// When the store fails, or a file cannot be written.
pub async fn archive(app: &App, folder: &Path, clean: bool) -> Result<Written, Error> {
    let mut written = Written::default();
    let is_other_form = folder.join(CLEAN).exists() != clean;
    let mut index = Vec::new();
    for settings in &app.config.feeds {
        let id = settings.feed.id.clone();
        let (source, feed) = (settings.feed.source.to_string(), id.clone());
        let (listed, title) = app
            .db
            .call(move |store| {
                let title = store.feed(&feed, &source)?.and_then(|row| row.title);
                Ok::<_, Error>((store.listed(&feed)?, title))
            })
            .await?;
        let name = archive::folder(&id);
        if listed.is_empty() && !folder.join(format!("{name}.md")).exists() {
            continue;
        }
        let shown = settings.feed.name.clone().or(title).unwrap_or_else(|| id.clone());
        index.push((markdown::heading(&shown), name.clone()));
        let (place, of_feed) = (folder.to_owned(), name.clone());
        let (listed, missing) = off_thread(move || {
            let missing = match is_other_form {
                true => listed.iter().map(|entry| entry.key).collect(),
                false => missing(&place, &of_feed, &listed)?,
            };
            Ok::<_, io::Error>((listed, missing))
        })
        .await?
        .map_err(|e| cannot(folder, &e))?;
        for keys in missing.chunks(AT_ONCE) {
            let (feed, keys) = (id.clone(), keys.to_vec());
            let entries = app.db.call(move |store| store.for_archive(&feed, &keys)).await?;
            let (place, of_feed, settings) = (folder.to_owned(), name.clone(), settings.clone());
            let count = off_thread(move || write_articles(&place, &of_feed, &settings, &entries, clean));
            written.articles += count.await?.map_err(|e| cannot(folder, &e))?;
        }
        let (place, of_feed) = (folder.to_owned(), name);
        let zone = app.config.zone;
        let is_changed = off_thread(move || write_list(&place, &of_feed, &listed, zone)).await?;
        written.lists += usize::from(is_changed.map_err(|e| cannot(folder, &e))?);
    }
    let place = folder.to_owned();
    let ended = off_thread(move || {
        write_changed(&place.join(INDEX), &archive::index(&index))?;
        match (is_other_form, clean) {
            (true, true) => write_changed(&place.join(CLEAN), "").map(drop),
            (true, false) => fs::remove_file(place.join(CLEAN)),
            (false, _) => Ok(()),
        }
    });
    ended.await?.map_err(|e| cannot(folder, &e))?;
    Ok(written)
}

/// The same after a poll, as the configuration says; what goes wrong is said and tried again after the next.
pub async fn keep_archive(app: &App) {
    let Some(settings) = app.config.archive.clone() else { return };
    match archive(app, &settings.dir, settings.clean).await {
        Ok(Written { articles: 0, .. }) => {}
        Ok(written) => tracing::info!(articles = written.articles, "archived"),
        Err(e) => tracing::error!("{e}"),
    }
}

fn cannot(folder: &Path, e: &io::Error) -> Error {
    Error::Setup(format!("cannot write the archive in {}: {e}", folder.display()))
}

/// The entries that have no file yet, or were revised, so that theirs may say what they said before.
fn missing(folder: &Path, name: &str, listed: &[ListedEntry]) -> io::Result<Vec<EntryKey>> {
    let mut there = HashSet::new();
    for month in read_dir(&folder.join(name))? {
        let label = month.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for file in read_dir(&month)? {
            there
                .insert(format!("{name}/{label}/{}", file.file_name().unwrap_or_default().to_string_lossy()));
        }
    }
    let is_missing = |entry: &&ListedEntry| {
        // When a file was written says nothing: whoever clones a repository writes all of them.
        entry.revised.is_some() || !there.contains(&archive::file(name, entry.key, entry.first_seen))
    };
    Ok(listed.iter().filter(is_missing).map(|entry| entry.key).collect())
}

fn read_dir(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(found) => found.map(|file| Ok(file?.path())).collect(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(e) => Err(e),
    }
}

fn write_articles(
    folder: &Path,
    name: &str,
    settings: &FeedSettings,
    entries: &[Stored],
    clean: bool,
) -> io::Result<usize> {
    let mut count = 0;
    for Stored { entry, first_seen, .. } in entries {
        let path = folder.join(archive::file(name, entry.key, *first_seen));
        let text = if clean {
            let boilerplate = FeedBoilerplate::of([], Rules::of(&settings.feed));
            let article =
                article::read(entry, &settings.feed, None, None, &boilerplate, Images::All, *first_seen);
            let entry = crate::model::Entry {
                title: Some(article.title),
                content: Some(article.html),
                ..entry.clone()
            };
            markdown::written(&entry, *first_seen)
        } else {
            entry.original.clone().unwrap_or_else(|| markdown::written(entry, *first_seen))
        };
        count += usize::from(write_changed(&path, &text)?);
    }
    Ok(count)
}

fn write_list(folder: &Path, name: &str, listed: &[ListedEntry], zone: Tz) -> io::Result<bool> {
    let path = folder.join(format!("{name}.md"));
    let before = fs::read_to_string(&path).unwrap_or_default();
    let known: Vec<Listed> = listed
        .iter()
        .map(|entry| Listed {
            heading: markdown::heading(entry.title.as_deref().unwrap_or("…")),
            path: archive::file(name, entry.key, entry.first_seen),
            date: entry.date,
        })
        .collect();
    write_changed(&path, &archive::list(&known, &before, zone))
}

/// Writes a file if it is not so already; whether it did.
fn write_changed(path: &Path, text: &str) -> io::Result<bool> {
    if fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".tidings-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // What is published is for everybody to read.
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(true)
}
