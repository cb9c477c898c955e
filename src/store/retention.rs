//! What goes with age, and the file's size. What was ever seen stays known: an old
//! entry that comes back must not be new.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::deliveries::OPEN;
use super::feeds::time;
use super::{Result, Store};

/// Pages of 4 kB given back to the disk at once, so that nobody waits long.
const GIVE_BACK: u32 = 2000;

/// A book is large, and nobody asks for one after so many days, seconds.
const BOOKS: i64 = 30 * 86_400;

/// Taking an article out of the index takes its time, and nobody else can write meanwhile.
const EDITIONS_AT_ONCE: usize = 20;

impl Store {
    /// When the old was last cleared away.
    pub fn pruned(&self) -> Result<DateTime<Utc>> {
        Ok(self.connection.query_row("SELECT pruned_at FROM maintenance", [], |r| Ok(time(r.get(0)?)))?)
    }

    /// Clears away what is older than `before`: editions with their deliveries and
    /// attempts, entries that every digest of their feed has carried, fetched pages. `digests`
    /// are those that exist, each with its feeds: what one of them has still to carry stays
    /// however old it is. Says how many entries and editions went.
    pub fn prune(
        &self,
        before: DateTime<Utc>,
        digests: &[(String, Vec<String>)],
        now: DateTime<Utc>,
    ) -> Result<(usize, usize)> {
        let before = before.timestamp();
        // The newest edition of a digest keeps its number.
        let mut old = self.connection.prepare_cached(&format!(
            "SELECT id FROM edition AS e WHERE published < ?1
               AND EXISTS (SELECT 1 FROM edition WHERE digest = e.digest AND number > e.number)
               AND NOT EXISTS (SELECT 1 FROM delivery WHERE edition = e.id
                               AND {})
             ORDER BY id LIMIT {EDITIONS_AT_ONCE}",
            *OPEN
        ))?;
        let old: Vec<i64> = old.query_map(params![before], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut entries = 0;
        let mut feeds =
            self.connection.prepare_cached("SELECT DISTINCT feed FROM entry WHERE first_seen < ?1")?;
        let feeds: Vec<String> =
            feeds.query_map(params![before], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        for feed in feeds {
            let readers = digests.iter().filter(|(_, feeds)| feeds.contains(&feed));
            let readers: Vec<&str> = readers.map(|(digest, _)| digest.as_str()).collect();
            entries += self
                .connection
                .prepare_cached(
                    "DELETE FROM entry WHERE feed = ?1 AND first_seen < ?2
                       AND NOT EXISTS (SELECT 1 FROM json_each(?3) AS reader WHERE NOT EXISTS
                         (SELECT 1 FROM carried WHERE digest = reader.value AND feed = entry.feed AND key = entry.key))",
                )?
                .execute(params![feed, before, serde_json::to_string(&readers)?])?;
        }
        for edition in &old {
            for sql in ["DELETE FROM delivery WHERE edition = ?1", "DELETE FROM edition WHERE id = ?1"] {
                self.connection.prepare_cached(sql)?.execute(params![edition])?;
            }
        }
        self.connection
            .prepare_cached(
                "DELETE FROM carried WHERE NOT EXISTS
                   (SELECT 1 FROM entry WHERE feed = carried.feed AND key = carried.key)",
            )?
            .execute([])?;
        self.connection.prepare_cached("DELETE FROM page WHERE fetched < ?1")?.execute(params![before])?;
        self.connection
            .prepare_cached("DELETE FROM editor_answer WHERE at < ?1")?
            .execute(params![before])?;
        for table in ["briefing", "editor_use"] {
            let sql = format!(
                "DELETE FROM {table} WHERE number < (SELECT min(number) FROM edition WHERE digest = {table}.digest)"
            );
            self.connection.prepare_cached(&sql)?.execute([])?;
        }
        self.connection.prepare_cached("DELETE FROM soft_bounce WHERE at < ?1")?.execute(params![before])?;
        self.connection
            .prepare_cached(&format!(
                "DELETE FROM book WHERE edition IN (SELECT id FROM edition WHERE published < ?1)
                   AND NOT EXISTS (SELECT 1 FROM delivery WHERE edition = book.edition AND {})",
                *OPEN
            ))?
            .execute(params![now.timestamp() - BOOKS])?;
        // Else it goes on the next time.
        if old.len() < EDITIONS_AT_ONCE {
            self.connection
                .prepare_cached("UPDATE maintenance SET pruned_at = ?1")?
                .execute(params![now.timestamp()])?;
        }
        Ok((entries, old.len()))
    }

    /// Gives room that is free within the file back to the disk. Outside a transaction.
    pub fn shrink(&self) -> Result<()> {
        let mut give_back = self.connection.prepare(&format!("PRAGMA incremental_vacuum({GIVE_BACK})"))?;
        let mut rows = give_back.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Bytes of the file.
    pub fn size(&self) -> Result<i64> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |r| r.get::<_, i64>(0));
        Ok(pragma("page_count")? * pragma("page_size")?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::entry;
    use super::super::{Carried, NewEdition, Placement};
    use super::*;
    use crate::model::{EntryKey, Frozen};

    fn carry(store: &Store, digest: &str, key: u8, at: i64) {
        let edition = NewEdition {
            digest: digest.into(),
            title: "t".into(),
            number: store.next_number(digest).unwrap(),
            due: Some(time(at)),
            stories: 1,
            frozen: Frozen { subject: "s".into(), html: "h".into(), text: "t".into(), pictures: Vec::new() },
            token: format!("{digest}{key}"),
            carried: vec![Carried {
                feed: "c".into(),
                key: EntryKey([key; 16]),
                placement: Placement::Shown,
            }],
            waiting: Vec::new(),
            language: "en".into(),
            pages: Vec::new(),
            articles: Vec::new(),
            memories: Vec::new(),
            book: None,
        };
        store.publish(&edition, time(at)).unwrap();
    }

    #[test]
    fn the_old_goes_when_every_digest_has_carried_it_and_never_comes_back_as_new() {
        let store = Store::in_memory();
        let entries = [entry(1, "One"), entry(2, "Two")];
        store.keep_by_key("c", &entries, time(10));
        for (key, at) in [(1, 20), (2, 30)] {
            carry(&store, "daily", key, at);
        }
        carry(&store, "yearly", 1, 40);
        let digests = ["daily", "yearly"].map(|d| (d.to_owned(), vec!["c".to_owned()]));
        assert_eq!(store.prune(time(100), &digests, time(200)).unwrap(), (1, 1));
        // What the year's digest has still to carry is not new to the daily one.
        assert_eq!(store.uncarried("yearly", "c").unwrap().len(), 1);
        assert_eq!(store.uncarried("daily", "c").unwrap(), []);
        carry(&store, "yearly", 2, 50);
        assert_eq!(store.prune(time(100), &digests, time(200)).unwrap(), (1, 1));
        assert_eq!(store.keep_by_key("c", &entries, time(300)), 0, "they were seen");
        assert_eq!(store.uncarried("daily", "c").unwrap(), []);
        assert_eq!((store.next_number("daily").unwrap(), store.pruned().unwrap()), (3, time(200)));
    }
}
