//! The tables `edition` and `carried`: what was published, and in which edition each
//! entry went.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::archive::IndexedArticle;
use super::deliveries::{LOST, OPEN};
use super::edition_pages::EditionPage;
use super::editor::EditorUse;
use super::feeds::time;
use super::story_memory::StoryMemoryRow;
use super::{Result, Store, tokens};
use crate::model::{Book, Embedded, EntryKey, Frozen};

/// What became of an entry in an edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    Shown,
    /// It is a copy of what is shown or was carried before.
    Merged,
    /// There was no room for it in any mail of a week.
    LeftOut,
    /// Backlog, or beyond the feed's share.
    PassedOver,
}

/// An entry that an edition settles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub feed: String,
    pub key: EntryKey,
    pub placement: Placement,
}

/// An edition about to be published.
#[derive(Debug, Clone)]
pub struct NewEdition {
    pub digest: String,
    pub title: String,
    pub number: i64,
    /// None when a person asked for it.
    pub due: Option<DateTime<Utc>>,
    pub stories: usize,
    pub frozen: Frozen,
    /// By which its page in the web is found.
    pub token: String,
    pub carried: Vec<Carried>,
    /// Entries, by their feeds, that wait for the next one.
    pub waiting: Vec<(String, EntryKey)>,
    /// The language of its frame.
    pub language: String,
    /// Its pages in the web, if it has any.
    pub pages: Vec<EditionPage>,
    /// What it shows, to be found in a public archive.
    pub articles: Vec<IndexedArticle>,
    /// To know it again.
    pub memories: Vec<StoryMemoryRow>,
    /// The same for e-readers.
    pub book: Option<Book>,
}

/// A published edition, as its copies need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEdition {
    pub digest: String,
    pub title: String,
    pub published: DateTime<Utc>,
    pub frozen: Frozen,
}

/// A published edition as a person sees it, and what became of its mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionRow {
    pub id: i64,
    pub digest: String,
    pub number: i64,
    pub subject: String,
    pub due: Option<DateTime<Utc>>,
    pub published: DateTime<Utc>,
    pub stories: usize,
    /// Entries that it passed over for good, after they had waited for room for a week.
    pub left_out: usize,
    pub delivered: usize,
    pub waiting: usize,
    /// Rejected, given up or come back.
    pub lost: usize,
    /// Left to a person, since nobody knows whether they arrived.
    pub held: usize,
    /// What the editor was asked for it.
    pub editor: EditorUse,
}

/// What came of publishing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is in the outbox.
    Edition(i64),
    /// Another process published in the meantime: the number, the due time or some of the
    /// entries are taken. Nothing was written.
    Overtaken,
}

impl Store {
    /// The number the digest's next edition bears.
    pub fn next_number(&self, digest: &str) -> Result<i64> {
        let mut query = self
            .connection
            .prepare_cached("SELECT coalesce(max(number), 0) + 1 FROM edition WHERE digest = ?1")?;
        Ok(query.query_row(params![digest], |r| r.get(0))?)
    }

    /// The book of an edition, while it is kept.
    pub fn book(&self, edition: i64) -> Result<Option<Book>> {
        let mut query =
            self.connection.prepare_cached("SELECT name, bytes, text FROM book WHERE edition = ?1")?;
        let book = query
            .query_row(params![edition], |r| Ok(Book { name: r.get(0)?, bytes: r.get(1)?, text: r.get(2)? }));
        Ok(book.optional()?)
    }

    /// Writes an edition and its entries. To be called within one transaction with the
    /// queueing of its deliveries, and whatever else must happen or not happen with it.
    pub fn publish(&self, edition: &NewEdition, now: DateTime<Utc>) -> Result<Published> {
        if self.is_overtaken(edition)? {
            return Ok(Published::Overtaken);
        }
        let left_out = edition.carried.iter().filter(|carried| carried.placement == Placement::LeftOut);
        self.connection
            .prepare_cached(
                "INSERT INTO edition (digest, number, due, published, title, subject, html, text, token, stories, left_out, language)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                edition.digest,
                edition.number,
                edition.due.map(|d| d.timestamp()),
                now.timestamp(),
                edition.title,
                edition.frozen.subject,
                edition.frozen.html,
                edition.frozen.text,
                edition.token,
                i64::try_from(edition.stories).unwrap_or_default(),
                i64::try_from(left_out.count()).unwrap_or_default(),
                edition.language,
            ])?;
        let id = self.connection.last_insert_rowid();
        let mut picture = self
            .connection
            .prepare_cached("INSERT INTO edition_picture (edition, id, bytes) VALUES (?1, ?2, ?3)")?;
        if let Some(Book { name, bytes, text }) = &edition.book {
            self.connection
                .prepare_cached("INSERT INTO book (edition, name, text, bytes) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![id, name, text, bytes])?;
        }
        for embedded in &edition.frozen.pictures {
            picture.execute(params![id, embedded.id, embedded.bytes])?;
        }
        self.insert_pages(id, &edition.pages)?;
        self.insert_articles(id, &edition.digest, &edition.articles)?;
        self.carry(&edition.digest, id, &edition.carried)?;
        self.wait(&edition.digest, &edition.waiting, edition.due.unwrap_or(now))?;
        self.end_waiting()?;
        self.insert_stories(&edition.digest, &edition.memories, now)?;
        Ok(Published::Edition(id))
    }

    fn carry(&self, digest: &str, edition: i64, all: &[Carried]) -> Result<()> {
        let mut carry = self.connection.prepare_cached(
            "INSERT INTO carried (digest, feed, key, edition, place) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for carried in all {
            let placement = match carried.placement {
                Placement::Shown => "shown",
                Placement::Merged => "merged",
                Placement::LeftOut => "left out",
                Placement::PassedOver => "passed over",
            };
            carry.execute(params![digest, carried.feed, carried.key.0, edition, placement])?;
        }
        Ok(())
    }

    /// Settles entries of which nothing is shown, since all of them were carried before: the
    /// newest edition has carried them. Does nothing when another process was quicker.
    pub fn settle_copies(
        &self,
        digest: &str,
        carried: &[Carried],
        memories: &[StoryMemoryRow],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut newest = self.connection.prepare_cached("SELECT max(id) FROM edition WHERE digest = ?1")?;
        let Some(edition) = newest.query_row(params![digest], |r| r.get::<_, Option<i64>>(0))? else {
            return Ok(());
        };
        if self.is_carried(digest, carried)? {
            return Ok(());
        }
        self.carry(digest, edition, carried)?;
        self.end_waiting()?;
        self.insert_stories(digest, memories, now)
    }

    fn is_overtaken(&self, edition: &NewEdition) -> Result<bool> {
        let mut taken = self
            .connection
            .prepare_cached("SELECT 1 FROM edition WHERE digest = ?1 AND (due = ?2 OR number = ?3)")?;
        if taken.exists(params![edition.digest, edition.due.map(|d| d.timestamp()), edition.number])? {
            return Ok(true);
        }
        self.is_carried(&edition.digest, &edition.carried)
    }

    /// Whether any of these entries is in an edition already.
    fn is_carried(&self, digest: &str, entries: &[Carried]) -> Result<bool> {
        let mut carried = self
            .connection
            .prepare_cached("SELECT 1 FROM carried WHERE digest = ?1 AND feed = ?2 AND key = ?3")?;
        for entry in entries {
            if carried.exists(params![digest, entry.feed, entry.key.0])? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The last editions, of one digest or all, the newest first.
    pub fn editions(&self, digest: Option<&str>, most: u32) -> Result<Vec<EditionRow>> {
        self.edition_rows(
            "(?1 IS NULL OR digest = ?1) ORDER BY published DESC, e.id DESC LIMIT ?2",
            params![digest, most],
        )
    }

    /// The editions of a digest since then that a mailbox was not sent, the oldest first.
    pub fn editions_missed_by(
        &self,
        digest: &str,
        address: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<EditionRow>> {
        self.edition_rows(
            "digest = ?1 AND published > ?3 AND NOT EXISTS
               (SELECT 1 FROM delivery WHERE edition = e.id AND address = ?2 COLLATE NOCASE AND state <> 'dropped')
             ORDER BY e.id",
            params![digest, address, since.timestamp()],
        )
    }

    /// The editions of which some mails wait, or, if they came out since then, were lost; the
    /// oldest first.
    pub fn editions_with_undelivered(&self, since: DateTime<Utc>) -> Result<Vec<EditionRow>> {
        self.edition_rows(
            &format!(
                "e.id IN (SELECT edition FROM delivery WHERE {})
                   OR (published >= ?1 AND e.id IN (SELECT edition FROM delivery WHERE {}))
                 ORDER BY e.id",
                *OPEN, *LOST
            ),
            params![since.timestamp()],
        )
    }

    /// The editions that came out since then and passed something over for want of room, the
    /// oldest first.
    pub fn editions_with_left_out(&self, since: DateTime<Utc>) -> Result<Vec<EditionRow>> {
        self.edition_rows("published >= ?1 AND left_out > 0 ORDER BY e.id", params![since.timestamp()])
    }

    /// The edition of this number.
    pub fn edition_named(&self, digest: &str, number: i64) -> Result<Option<EditionRow>> {
        Ok(self.edition_rows("digest = ?1 AND number = ?2", params![digest, number])?.pop())
    }

    fn edition_rows(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<EditionRow>> {
        let count =
            |condition: &str| format!("(SELECT count(*) FROM delivery WHERE edition = e.id AND {condition})");
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT e.id, digest, number, subject, due, published, stories, left_out, {}, {}, {}, {}
             FROM edition AS e WHERE {condition}",
            count("state = 'delivered'"),
            count(&format!("{} AND state <> 'unknown'", *OPEN)),
            count(&LOST),
            count("state = 'unknown'"),
        ))?;
        let number = |n: i64| usize::try_from(n).unwrap_or_default();
        let rows = query.query_map(values, |r| {
            Ok(EditionRow {
                id: r.get(0)?,
                digest: r.get(1)?,
                number: r.get(2)?,
                subject: r.get(3)?,
                due: r.get::<_, Option<i64>>(4)?.map(time),
                published: time(r.get(5)?),
                stories: number(r.get(6)?),
                left_out: number(r.get(7)?),
                delivered: number(r.get(8)?),
                waiting: number(r.get(9)?),
                lost: number(r.get(10)?),
                held: number(r.get(11)?),
                editor: EditorUse::default(),
            })
        })?;
        let mut rows: Vec<EditionRow> = rows.collect::<rusqlite::Result<_>>()?;
        for row in &mut rows {
            row.editor = self.editor_use(&row.digest, row.number)?;
        }
        Ok(rows)
    }

    /// When a digest last appeared, and under which number.
    pub fn newest_edition(&self, digest: &str) -> Result<Option<(i64, DateTime<Utc>)>> {
        let mut query = self.connection.prepare_cached(
            "SELECT number, published FROM edition WHERE digest = ?1 ORDER BY number DESC LIMIT 1",
        )?;
        Ok(query.query_row(params![digest], |r| Ok((r.get(0)?, time(r.get(1)?)))).optional()?)
    }

    /// Has it be as before the digest's last edition came out, and nothing has come since; says when
    /// that was due, or published where a person asked for it. For a copy of the database, in which
    /// the edition is made again.
    pub fn unpublish_last(&self, digest: &str) -> Result<Option<DateTime<Utc>>> {
        let mut last = self.connection.prepare_cached(
            "SELECT id, due, published FROM edition WHERE digest = ?1 ORDER BY number DESC LIMIT 1",
        )?;
        let row = |r: &rusqlite::Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?));
        let found: Option<(i64, Option<i64>, i64)> = last.query_row(params![digest], row).optional()?;
        let Some((edition, due, published)) = found else { return Ok(None) };
        for sql in [
            "DELETE FROM story_memory WHERE digest = ?1 AND (feed, key) IN
               (SELECT feed, key FROM carried WHERE digest = ?1 AND edition = ?2)",
            // What was passed over stays so.
            "DELETE FROM carried WHERE digest = ?1 AND edition = ?2 AND place <> 'passed over'",
            "DELETE FROM delivery WHERE edition = ?2 AND ?1 IS NOT NULL",
            "DELETE FROM edition WHERE digest = ?1 AND id = ?2",
        ] {
            self.connection.prepare_cached(sql)?.execute(params![digest, edition])?;
        }
        self.connection.prepare_cached("DELETE FROM waiting WHERE digest = ?1")?.execute(params![digest])?;
        self.connection
            .prepare_cached("DELETE FROM entry WHERE first_seen > ?1")?
            .execute(params![published])?;
        Ok(Some(time(due.unwrap_or(published))))
    }

    /// The edition whose page bears this token.
    pub fn edition_by_token(&self, token: &str) -> Result<Option<PublishedEdition>> {
        match self.edition_of_token(token)? {
            Some(id) => self.edition(id),
            None => Ok(None),
        }
    }

    pub(super) fn edition_of_token(&self, token: &str) -> Result<Option<i64>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT token, id FROM edition WHERE token >= ?1 AND token < ?2")?;
        tokens::find(token, |first, end| {
            query.query_map(params![first, end], |r| Ok((r.get(0)?, r.get(1)?)))?.collect()
        })
    }

    /// What the copies of an edition are made from.
    pub fn edition(&self, id: i64) -> Result<Option<PublishedEdition>> {
        let mut pictures = self
            .connection
            .prepare_cached("SELECT id, bytes FROM edition_picture WHERE edition = ?1 ORDER BY rowid")?;
        let pictures = pictures
            .query_map(params![id], |r| Ok(Embedded { id: r.get(0)?, bytes: r.get(1)? }))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut query = self.connection.prepare_cached(
            "SELECT digest, title, published, subject, html, text FROM edition WHERE id = ?1",
        )?;
        let row = query
            .query_row(params![id], |r| {
                Ok(PublishedEdition {
                    digest: r.get(0)?,
                    title: r.get(1)?,
                    published: time(r.get(2)?),
                    frozen: Frozen { subject: r.get(3)?, html: r.get(4)?, text: r.get(5)?, pictures },
                })
            })
            .optional()?;
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::*;

    fn edition(number: i64, due: i64, keys: &[u8]) -> NewEdition {
        NewEdition {
            digest: "daily".into(),
            title: "Daily".into(),
            number,
            due: Some(time(due)),
            stories: 1,
            frozen: Frozen { subject: "s".into(), html: "h".into(), text: "t".into(), pictures: Vec::new() },
            token: number.to_string(),
            carried: keys
                .iter()
                .map(|k| Carried { feed: "c".into(), key: EntryKey([*k; 16]), placement: Placement::Shown })
                .collect(),
            waiting: Vec::new(),
            language: "en".into(),
            pages: Vec::new(),
            articles: Vec::new(),
            memories: Vec::new(),
            book: None,
        }
    }

    #[test]
    fn no_entry_is_carried_twice_and_no_due_time_published_twice() {
        let store = Store::in_memory();
        store.keep_by_key("c", &[entry(1, "One"), entry(2, "Two")], time(10));
        assert_eq!(store.publish(&edition(1, 100, &[1]), time(100)).unwrap(), Published::Edition(1));
        assert_eq!(store.publish(&edition(2, 200, &[1, 2]), time(200)).unwrap(), Published::Overtaken);
        assert_eq!(store.publish(&edition(2, 100, &[2]), time(200)).unwrap(), Published::Overtaken);
        assert_eq!(store.uncarried("daily", "c").unwrap().len(), 1);
        assert_eq!(store.uncarried("other", "c").unwrap().len(), 2);
        assert_eq!(store.next_number("daily").unwrap(), 2);
    }
}
