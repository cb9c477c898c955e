//! The tables `entry` and `seen`: what the feeds brought, and what was ever met.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use rusqlite::types::Type;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::body::{self, Packed};
use super::feeds::time;
use super::{Result, Store};
use crate::model::{Enclosure, Entry, EntryKey, Mark, Person, RecognisedDocument};

/// An entry as it is kept, and when it was first met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub entry: Entry,
    pub first_seen: DateTime<Utc>,
    /// It came with the first poll of its feed that brought anything.
    pub first_poll: bool,
}

/// An entry without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    pub key: EntryKey,
    pub title: Option<String>,
    /// When it came out; when it was first seen, if the feed does not say.
    pub date: DateTime<Utc>,
    pub first_seen: DateTime<Utc>,
    pub revised: Option<DateTime<Utc>>,
}

/// What is packed. Every field may be missing, so that a later version can add one.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    #[serde(default)]
    id: Cow<'a, Option<String>>,
    #[serde(default)]
    updated: Option<DateTime<Utc>>,
    #[serde(default)]
    authors: Cow<'a, [Person]>,
    #[serde(default)]
    summary: Cow<'a, Option<String>>,
    #[serde(default)]
    content: Cow<'a, Option<String>>,
    #[serde(default)]
    categories: Cow<'a, [String]>,
    #[serde(default)]
    enclosures: Cow<'a, [Enclosure]>,
    #[serde(default)]
    seconds: Option<u32>,
    #[serde(default)]
    discussion: Cow<'a, Option<String>>,
    #[serde(default)]
    image: Cow<'a, Option<String>>,
    #[serde(default)]
    language: Cow<'a, Option<String>>,
    #[serde(default)]
    base: Cow<'a, Option<String>>,
}

impl<'a> Body<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            id: Cow::Borrowed(&entry.id),
            updated: entry.updated,
            authors: Cow::Borrowed(&entry.authors),
            summary: Cow::Borrowed(&entry.summary),
            content: Cow::Borrowed(&entry.content),
            categories: Cow::Borrowed(&entry.categories),
            enclosures: Cow::Borrowed(&entry.enclosures),
            seconds: entry.seconds,
            discussion: Cow::Borrowed(&entry.discussion),
            image: Cow::Borrowed(&entry.image),
            language: Cow::Borrowed(&entry.language),
            base: Cow::Borrowed(&entry.base),
        }
    }
}

pub(super) const COLUMNS: &str = "key, first_seen, published, title, link, body, first_poll, packed";

/// A row of [`COLUMNS`].
pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let unreadable = |e: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(7, Type::Blob, e)
    };
    let body = match row.get::<_, Option<Packed>>(7)? {
        Some(packed) => packed.body().ok_or_else(|| unreadable("a text is damaged".into()))?,
        None => row.get(5)?,
    };
    let body: Body<'_> = serde_json::from_str(&body).map_err(|e| unreadable(e.into()))?;
    Ok(Stored {
        first_seen: time(row.get(1)?),
        first_poll: row.get(6)?,
        entry: Entry {
            key: EntryKey(row.get(0)?),
            id: body.id.into_owned(),
            title: row.get(3)?,
            link: row.get(4)?,
            published: row.get::<_, Option<i64>>(2)?.map(time),
            updated: body.updated,
            authors: body.authors.into_owned(),
            summary: body.summary.into_owned(),
            content: body.content.into_owned(),
            categories: body.categories.into_owned(),
            enclosures: body.enclosures.into_owned(),
            seconds: body.seconds,
            discussion: body.discussion.into_owned(),
            image: body.image.into_owned(),
            language: body.language.into_owned(),
            base: body.base.into_owned(),
            original: None,
        },
    })
}

/// What entries say, packed before they are kept, where nobody waits for it: of a feed that is read for the
/// first time.
pub struct PackedEntries(Vec<Option<(i64, Packed)>>);

impl PackedEntries {
    /// Of these entries, which are kept in the same order.
    pub fn of(entries: &[Entry]) -> Self {
        let pack = |entry: &Entry| {
            let body = serde_json::to_string(&Body::of(entry)).ok()?;
            Some((body::hash(&body), Packed::new(&body).ok()?))
        };
        Self(entries.iter().map(pack).collect())
    }
}

fn packed(body: &str) -> Result<Packed> {
    Packed::new(body).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()).into())
}

impl Store {
    /// Keeps what is new of a feed's entries, and the newest wording of what is known and still
    /// kept; says how many were new.
    pub fn keep(
        &self,
        feed: &str,
        entries: &[Entry],
        mut beforehand: Option<PackedEntries>,
        document: &RecognisedDocument,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let number = self.feed_number(feed)?;
        let first_poll = !self
            .connection
            .prepare_cached("SELECT 1 FROM seen WHERE feed = ?1 LIMIT 1")?
            .exists(params![number])?;
        let mut met = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO seen (feed, key, first_seen) VALUES (?1, ?2, ?3)")?;
        let mut keep = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO entry
               (feed, key, first_seen, published, title, link, body, packed, hash, first_poll, millis, original)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, ?8, ?9, ?10, ?11)",
        )?;
        let mut is_other = self.connection.prepare_cached(
            "SELECT 1 FROM entry
             WHERE feed = ?1 AND key = ?2 AND (title IS NOT ?4 OR link IS NOT ?5 OR published IS NOT ?3
               OR iif(packed IS NULL, body IS NOT ?6, hash IS NOT ?7))",
        )?;
        let mut update = self.connection.prepare_cached(
            "UPDATE entry SET published = ?3, title = ?4, link = ?5, body = '', packed = ?6, hash = ?7, revised = ?8
             WHERE feed = ?1 AND key = ?2",
        )?;
        // No reader sees that, so that it is no revision.
        let mut file = self.connection.prepare_cached(
            "UPDATE entry SET millis = ?3, original = ?4
             WHERE feed = ?1 AND key = ?2 AND (millis <> ?3 OR original IS NOT ?4)",
        )?;
        let mut new = 0;
        self.leave_marks(number, &document.shared)?;
        for recognised in &document.entries {
            self.leave_marks(number, &recognised.marks)?;
            met.execute(params![number, recognised.identity.0, now.timestamp()])?;
            let (Some(entry), Some(key)) = (entries.get(recognised.index), recognised.key) else { continue };
            let published = entry.published.map(|p| p.timestamp());
            let millis = entry.published.map_or(0, |p| p.timestamp_subsec_millis());
            let done = beforehand.as_mut().and_then(|all| all.0.get_mut(recognised.index)?.take());
            if recognised.is_new {
                let (hash, packed) = match done {
                    Some(done) => done,
                    None => {
                        let body = serde_json::to_string(&Body::of(entry))?;
                        (body::hash(&body), packed(&body)?)
                    }
                };
                met.execute(params![number, key.0, now.timestamp()])?;
                keep.execute(params![
                    feed,
                    key.0,
                    now.timestamp(),
                    published,
                    entry.title,
                    entry.link,
                    packed,
                    hash,
                    first_poll,
                    millis,
                    entry.original
                ])?;
                new += 1;
            } else {
                let body = serde_json::to_string(&Body::of(entry))?;
                let hash = body::hash(&body);
                if is_other.exists(params![feed, key.0, published, entry.title, entry.link, body, hash])? {
                    update.execute(params![
                        feed,
                        key.0,
                        published,
                        entry.title,
                        entry.link,
                        packed(&body)?,
                        hash,
                        now.timestamp()
                    ])?;
                }
                file.execute(params![feed, key.0, millis, entry.original])?;
            }
        }
        self.connection
            .prepare_cached("UPDATE feed_number SET is_marked = 1 WHERE number = ?1")?
            .execute(params![number])?;
        Ok(new)
    }

    /// Packs so many of the entries that an earlier version kept as they are; says how many there were.
    pub fn pack_older(&self, most: u32) -> Result<usize> {
        let mut older = self.connection.prepare_cached(
            "SELECT rowid, body FROM entry
             WHERE rowid > (SELECT packed_to FROM maintenance) AND packed IS NULL ORDER BY rowid LIMIT ?1",
        )?;
        let older = older
            .query_map(params![most], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<rusqlite::Result<Vec<(i64, String)>>>()?;
        let mut pack = self
            .connection
            .prepare_cached("UPDATE entry SET body = '', packed = ?2, hash = ?3 WHERE rowid = ?1")?;
        for (row, body) in &older {
            pack.execute(params![row, packed(body)?, body::hash(body)])?;
        }
        // What comes from now on is packed.
        let last = older.last().filter(|_| older.len() as u64 == u64::from(most)).map(|(row, _)| *row);
        self.connection
            .prepare_cached(
                "UPDATE maintenance SET packed_to = coalesce(?1, (SELECT max(rowid) FROM entry), 0)
                 WHERE packed_to IS NOT coalesce(?1, (SELECT max(rowid) FROM entry), 0)",
            )?
            .execute(params![last])?;
        Ok(older.len())
    }

    /// When a key of a feed was first seen, seconds since 1970.
    pub fn first_seen(&self, feed: &str, key: EntryKey) -> Result<Option<i64>> {
        let mut query = self.connection.prepare_cached(
            "SELECT first_seen FROM seen WHERE feed = (SELECT number FROM feed_number WHERE feed = ?1) AND key = ?2",
        )?;
        Ok(query.query_row(params![feed, key.0], |r| r.get(0)).optional()?)
    }

    /// Title and link of an entry that is still kept.
    pub fn kept_entry(&self, feed: &str, key: EntryKey) -> Result<Option<(Option<String>, Option<String>)>> {
        let mut query =
            self.connection.prepare_cached("SELECT title, link FROM entry WHERE feed = ?1 AND key = ?2")?;
        Ok(query.query_row(params![feed, key.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
    }

    /// Of a feed whose entries an older program met without marks: the entries that are still
    /// kept, and when it was last read. None for all others.
    pub fn unmarked(&self, feed: &str) -> Result<Option<(Vec<Stored>, i64)>> {
        let number = self.feed_number(feed)?;
        let mut query = self.connection.prepare_cached(
            "SELECT coalesce((SELECT coalesce(succeeded, polled) FROM feed WHERE id = ?1), 0) FROM feed_number
             WHERE number = ?2 AND is_marked = 0 AND EXISTS (SELECT 1 FROM seen WHERE feed = ?2)",
        )?;
        let Some(read) = query.query_row(params![feed, number], |r| r.get(0)).optional()? else {
            return Ok(None);
        };
        let mut query =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM entry WHERE feed = ?1"))?;
        let entries = query.query_map(params![feed], stored)?.collect::<rusqlite::Result<_>>()?;
        Ok(Some((entries, read)))
    }

    /// Whether some entry of a feed left this mark.
    pub fn has_mark(&self, feed: &str, mark: Mark) -> Result<bool> {
        let mut query = self.connection.prepare_cached(
            "SELECT 1 FROM mark WHERE feed = (SELECT number FROM feed_number WHERE feed = ?1) AND mark = ?2",
        )?;
        Ok(query.exists(params![feed, mark.0])?)
    }

    /// Adds marks to the ledger of a feed.
    pub fn mark_seen(&self, feed: &str, marks: &[Mark]) -> Result<()> {
        self.leave_marks(self.feed_number(feed)?, marks)
    }

    fn leave_marks(&self, number: i64, marks: &[Mark]) -> Result<()> {
        let mut leave =
            self.connection.prepare_cached("INSERT OR IGNORE INTO mark (feed, mark) VALUES (?1, ?2)")?;
        for mark in marks {
            leave.execute(params![number, mark.0])?;
        }
        Ok(())
    }

    /// By which `seen` and `mark` name a feed.
    fn feed_number(&self, feed: &str) -> Result<i64> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO feed_number (feed) VALUES (?1)")?
            .execute(params![feed])?;
        let mut query = self.connection.prepare_cached("SELECT number FROM feed_number WHERE feed = ?1")?;
        Ok(query.query_row(params![feed], |r| r.get(0))?)
    }

    /// The entries of a feed that no edition of the digest has carried, in the order in
    /// which they arrived.
    pub fn uncarried(&self, digest: &str, feed: &str) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry AS e
             WHERE feed = ?2
               AND NOT EXISTS (SELECT 1 FROM carried AS c WHERE c.digest = ?1 AND c.feed = ?2 AND c.key = e.key)
             ORDER BY first_seen, rowid"
        ))?;
        let entries = query.query_map(params![digest, feed], stored)?.collect::<rusqlite::Result<_>>()?;
        Ok(entries)
    }

    /// The entries of a feed that a digest's editions showed since then, and another digest, made of
    /// them, has not carried.
    pub fn shown_since(
        &self,
        digest: &str,
        other: &str,
        feed: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry AS e
             WHERE feed = ?3
               AND EXISTS (SELECT 1 FROM carried AS c JOIN edition AS d ON d.id = c.edition
                           WHERE c.digest = ?1 AND c.feed = ?3 AND c.key = e.key AND c.place = 'shown'
                             AND coalesce(d.due, d.published) > ?4)
               AND NOT EXISTS (SELECT 1 FROM carried AS c WHERE c.digest = ?2 AND c.feed = ?3 AND c.key = e.key)
             ORDER BY first_seen, rowid"
        ))?;
        let values = params![digest, other, feed, since.timestamp()];
        let entries = query.query_map(values, stored)?.collect::<rusqlite::Result<_>>()?;
        Ok(entries)
    }

    /// Whether the digest has carried all that the feed brought.
    pub fn is_all_carried(&self, digest: &str, feed: &str) -> Result<bool> {
        let mut query = self.connection.prepare_cached(
            "SELECT 1 FROM entry AS e
             WHERE feed = ?2
               AND NOT EXISTS (SELECT 1 FROM carried AS c WHERE c.digest = ?1 AND c.feed = ?2 AND c.key = e.key)",
        )?;
        Ok(!query.exists(params![digest, feed])?)
    }

    /// The entries of a feed that came back changed since the digest carried them.
    pub fn returned(&self, digest: &str, feed: &str) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(
            "SELECT e.key, e.first_seen, e.published, e.title, e.link, e.body, e.first_poll, e.packed
             FROM entry AS e JOIN story_memory AS t ON t.digest = ?1 AND t.feed = e.feed AND t.key = e.key
             WHERE e.feed = ?2 AND e.revised > t.carried_at",
        )?;
        let entries = query.query_map(params![digest, feed], stored)?.collect::<rusqlite::Result<_>>()?;
        Ok(entries)
    }

    /// All entries of a feed that are kept, as an archive lists them: the newest first.
    pub fn listed(&self, feed: &str) -> Result<Vec<ListedEntry>> {
        let mut query = self.connection.prepare_cached(
            "SELECT key, title, coalesce(published, first_seen), first_seen, revised FROM entry
             WHERE feed = ?1 ORDER BY 3 DESC, rowid DESC",
        )?;
        let rows = query.query_map(params![feed], |r| {
            Ok(ListedEntry {
                key: EntryKey(r.get(0)?),
                title: r.get(1)?,
                date: time(r.get(2)?),
                first_seen: time(r.get(3)?),
                revised: r.get::<_, Option<i64>>(4)?.map(time),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Entries as an archive writes them: with the milliseconds of their dates, and the text of the file that
    /// they came from.
    pub fn for_archive(&self, feed: &str, keys: &[EntryKey]) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, millis, original FROM entry WHERE feed = ?1 AND key = ?2"
        ))?;
        let found = keys.iter().filter_map(|key| {
            let row = query.query_row(params![feed, key.0], |r| {
                let mut kept = stored(r)?;
                let millis = chrono::Duration::milliseconds(r.get(8)?);
                kept.entry.published = kept.entry.published.map(|published| published + millis);
                kept.entry.original = r.get(9)?;
                Ok(kept)
            });
            row.optional().transpose()
        });
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The feed's last entries, carried or not, at most so many.
    pub fn latest(&self, feed: &str, most: u32) -> Result<Vec<Stored>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM entry WHERE feed = ?1 ORDER BY first_seen DESC, rowid DESC LIMIT ?2"
        ))?;
        let entries = query.query_map(params![feed, most], stored)?.collect::<rusqlite::Result<_>>()?;
        Ok(entries)
    }
}

#[cfg(test)]
impl Store {
    /// Keeps entries that are known by their keys alone.
    pub(super) fn keep_by_key(&self, feed: &str, entries: &[Entry], now: DateTime<Utc>) -> usize {
        let recognised = |(index, entry): (usize, &Entry)| crate::model::Recognised {
            index,
            is_new: self.first_seen(feed, entry.key).unwrap().is_none(),
            identity: entry.key,
            key: Some(entry.key),
            marks: Vec::new(),
        };
        let entries_recognised = entries.iter().enumerate().map(recognised).collect();
        let document = RecognisedDocument { entries: entries_recognised, ..RecognisedDocument::default() };
        self.keep(feed, entries, None, &document, now).unwrap()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn entry(key: u8, title: &str) -> Entry {
        Entry {
            title: Some(title.into()),
            content: Some("<p>…</p>".into()),
            categories: vec!["a".into()],
            ..Entry::of(EntryKey([key; 16]))
        }
    }

    #[test]
    fn an_entry_is_new_once_and_takes_its_newest_wording() {
        let store = Store::in_memory();
        assert_eq!(store.keep_by_key("c", &[entry(1, "One"), entry(2, "Two")], time(10)), 2);
        assert_eq!(store.keep_by_key("c", &[entry(1, "One, corrected"), entry(3, "Three")], time(20)), 1);
        let kept = store.uncarried("daily", "c").unwrap();
        let titles: Vec<_> = kept.iter().filter_map(|s| s.entry.title.as_deref()).collect();
        assert_eq!(titles, ["One, corrected", "Two", "Three"]);
        assert_eq!(kept[0].first_seen, time(10));
        assert_eq!(kept.iter().map(|s| s.first_poll).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(kept[0].entry.categories, ["a"]);
    }
}
