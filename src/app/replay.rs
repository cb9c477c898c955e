//! What the editions of some days would have been, had the articles of an archive come as they were published:
//! on a clock of its own and a database in memory, by the same stages as the real ones. Nobody is written to
//! or asked for anything, so pictures and the pages behind links stay where they are.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::collect::take_in;
use super::draft::{Draft, draft};
use super::publish::publish_draft;
use super::retention::prune;
use super::{App, Clock, Error, off_thread};
use crate::archive;
use crate::config::{Archive, Config, Digest};
use crate::fetch::article_files;
use crate::model::{ArticleFile, Content, Entry, Images, ParsedFeed, Source};
use crate::parse::{self, markdown};

/// So much of a file tells when it was published.
const HEAD: u64 = 64;
/// Articles read at a time.
const AT_ONCE: usize = 5000;

/// An edition that is due, in the order in which they are.
pub struct Due {
    pub digest: Digest,
    pub at: DateTime<Utc>,
}

/// The editions of some digests that are due in a span of time, both ends included.
pub fn due_between(
    digests: &[&Digest],
    span: impl Fn(&Digest) -> (DateTime<Utc>, DateTime<Utc>),
) -> Vec<Due> {
    let mut all: Vec<Due> = Vec::new();
    for digest in digests {
        let (from, to) = span(digest);
        let next = |after: &DateTime<Utc>| digest.schedule.next(digest.zone, *after).filter(|due| *due <= to);
        let first = next(&(from - chrono::Duration::seconds(1)));
        let times = std::iter::successors(first, next);
        all.extend(times.map(|at| Due { digest: (*digest).clone(), at }));
    }
    // Those of the same minute in the order of the configuration.
    all.sort_by_key(|due| due.at);
    all
}

/// An article of the archive that has not come yet.
struct Coming {
    published: DateTime<Utc>,
    path: PathBuf,
}

/// A feed's part of the archive, the oldest first.
struct Shelf {
    feed: String,
    folder: PathBuf,
    coming: VecDeque<Coming>,
    /// The files that have come, by their articles' links: a folder that is read again has all of them, and
    /// two under one link are told apart.
    come: HashMap<String, Vec<PathBuf>>,
}

/// An archive through which digests can go.
pub struct Replay {
    app: App,
    shelves: Vec<Shelf>,
}

impl Replay {
    /// Looks through the archive for the feeds of the digests.
    ///
    /// # Errors
    /// When the folder cannot be read, or holds nothing for any of their feeds.
    pub fn open(mut config: Config, folder: &Path, digests: &[&Digest]) -> Result<Self, Error> {
        let cannot = |e: &io::Error| Error::Setup(format!("cannot read {}: {e}", folder.display()));
        fs::read_dir(folder).map_err(|e| cannot(&e))?;
        let mut shelves: Vec<Shelf> = Vec::new();
        let feeds: Vec<_> = digests.iter().flat_map(|digest| config.feeds_of(digest)).collect();
        let ids: HashSet<&str> = feeds.iter().map(|settings| settings.feed.id.as_str()).collect();
        let is_alone = ids.len() == 1;
        for settings in feeds {
            let id = &settings.feed.id;
            if shelves.iter().any(|shelf| shelf.feed == *id) {
                continue;
            }
            let own = Some(folder.join(archive::folder(id))).filter(|own| own.is_dir());
            let read = match &settings.feed.source {
                Source::Folder(path) if is_within(path, folder) => Some(path.clone()),
                _ => None,
            };
            let alone = Some(folder.to_owned()).filter(|_| is_alone);
            let Some(place) = own.or(read).or(alone) else {
                tracing::warn!(feed = id, "the archive has no folder {}", archive::folder(id));
                continue;
            };
            let mut coming = Vec::new();
            for path in article_files(&place).map_err(|e| cannot(&e))? {
                if let Some(published) = published(&path).map_err(|e| cannot(&e))? {
                    coming.push(Coming { published, path });
                }
            }
            coming.sort_by(|a, b| a.published.cmp(&b.published).then_with(|| a.path.cmp(&b.path)));
            shelves.push(Shelf {
                feed: id.clone(),
                folder: place,
                coming: coming.into(),
                come: HashMap::new(),
            });
        }
        if shelves.iter().all(|shelf| shelf.coming.is_empty()) {
            return Err(Error::Setup(format!(
                "{} holds no articles of these feeds; each has its in a folder of its own, named by its id",
                folder.display()
            )));
        }
        let kept: Vec<String> = digests.iter().map(|digest| digest.id.clone()).collect();
        config.digests.retain(|digest| kept.contains(&digest.id));
        config.recipients.clear();
        if let Some(web) = &mut config.web {
            web.archive = web_archive(web.archive);
        }
        for settings in &mut config.feeds {
            if settings.feed.content == Content::Fetch {
                settings.feed.content = Content::Full;
            }
        }
        // There is none beside it: what it has of today says nothing of then.
        config.database = config.database.join("replay");
        Ok(Self { app: App::rehearse(config)?, shelves })
    }

    /// Makes the next edition, after everything that came until then has; none if nothing was new.
    /// `look` has it before it is put aside.
    ///
    /// # Errors
    /// When an article cannot be read.
    pub async fn make<T>(
        &mut self,
        Due { digest, at }: &Due,
        look: impl FnOnce(&Draft) -> T,
    ) -> Result<Option<T>, Error> {
        let clock = Clock::stopped(*at);
        self.bring(*at).await?;
        let mut digest = digest.clone();
        if digest.images == Images::Embed {
            digest.images = Images::First;
        }
        let draft = draft(&self.app, &digest, *at, &clock).await?;
        let is_edition = |draft: &&Draft| digest.send_empty || !draft.is_empty();
        let looked = draft.as_ref().filter(is_edition).map(look);
        publish_draft(&self.app, &digest, draft, Some(*at), &clock).await?;
        prune(&self.app, &clock).await?;
        Ok(looked)
    }

    /// What was published until a time comes in.
    async fn bring(&mut self, until: DateTime<Utc>) -> Result<(), Error> {
        for shelf in &mut self.shelves {
            let count = shelf.coming.partition_point(|coming| coming.published <= until);
            // As a folder is read, whose files were written as their articles came out: the newest first.
            let mut paths: Vec<PathBuf> = shelf.coming.drain(..count).map(|coming| coming.path).collect();
            paths.reverse();
            for paths in paths.chunks(AT_ONCE) {
                let (paths, folder) = (paths.to_vec(), shelf.folder.clone());
                let mut come = std::mem::take(&mut shelf.come);
                let parsed = off_thread(move || {
                    let mut parsed = ParsedFeed::default();
                    let mut earlier = Vec::new();
                    for path in &paths {
                        for entry in read(&folder, path)? {
                            let known = come.entry(entry.link.clone().unwrap_or_default()).or_default();
                            if entry.link.is_some() {
                                earlier.extend(known.iter().rev().cloned());
                            }
                            known.push(path.clone());
                            parsed.entries.push(entry);
                        }
                    }
                    earlier.retain(|path| !paths.contains(path));
                    let mut added = HashSet::new();
                    for path in earlier.iter().filter(|path| added.insert(*path)) {
                        parsed.entries.extend(read(&folder, path)?);
                    }
                    Ok::<_, io::Error>((parsed, come))
                });
                let (parsed, come) = parsed
                    .await?
                    .map_err(|e| Error::Setup(format!("cannot read {}: {e}", shelf.folder.display())))?;
                shelf.come = come;
                if !parsed.entries.is_empty() {
                    take_in(&self.app, &shelf.feed, parsed, until).await?;
                }
            }
        }
        Ok(())
    }
}

/// The article of a file, if it is one.
fn read(folder: &Path, path: &Path) -> io::Result<Vec<Entry>> {
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
    Ok(parse::articles(&[ArticleFile { name, bytes: fs::read(path)? }]).0.entries)
}

/// Everybody's pages would fetch pictures.
fn web_archive(archive: Archive) -> Archive {
    match archive {
        Archive::Public => Archive::Link,
        other => other,
    }
}

fn is_within(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// When the article of a file was published; none if it is no article.
fn published(path: &Path) -> io::Result<Option<DateTime<Utc>>> {
    let mut head = Vec::new();
    fs::File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(markdown::published(&head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_come_in_the_order_in_which_they_are_due() {
        let config = Config::parse(
            Path::new("digest.toml"),
            br#"timezone = "UTC"
            [mail]
            from = "news@example.org"
            [[recipient]]
            email = "ada@example.org"
            [[feed]]
            url = "feed.xml"
            [[digest]]
            id = "morning"
            at = "07:00"
            [[digest]]
            id = "often"
            cron = "0 */12 * * *"
            "#
            .to_vec(),
        )
        .unwrap();
        let span =
            |_: &Digest| ("2026-11-01T07:00:00Z".parse().unwrap(), "2026-11-02T07:00:00Z".parse().unwrap());
        let digests: Vec<&Digest> = config.digests.iter().collect();
        let due: Vec<_> = due_between(&digests, span)
            .into_iter()
            .map(|due| format!("{} {}", due.at.format("%d %H"), due.digest.id))
            .collect();
        assert_eq!(due, ["01 07 morning", "01 12 often", "02 00 often", "02 07 morning"]);
    }
}
