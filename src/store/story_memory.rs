//! The tables `story_memory` and `lookup_key`: what the editions of a digest carried lately, to
//! know it again.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::feeds::time;
use super::{Result, Store};
use crate::model::{EntryKey, LookupKeys};

/// An article as it was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryMemoryRow {
    pub feed: String,
    pub key: EntryKey,
    pub title: String,
    pub published: DateTime<Utc>,
    /// What it is known by, in the story stage's own form.
    pub fingerprint: Vec<u8>,
    pub keys: LookupKeys,
}

/// A key that so many articles have distinguishes none of them.
const COMMON_KEY: u32 = 64;

impl Store {
    /// What the digest carried since then that is worth comparing with any of these.
    pub fn find_stories(
        &self,
        digest: &str,
        all: &[LookupKeys],
        since: DateTime<Utc>,
    ) -> Result<Vec<StoryMemoryRow>> {
        let mut found = Vec::new();
        for keys in all {
            found.extend(self.with_keys(digest, &keys.exact)?);
            let mut by_shingle = self.with_keys(digest, &keys.shingles)?;
            by_shingle.sort_unstable();
            found.extend(
                by_shingle.windows(2).filter(|two| two.first() == two.last()).filter_map(|two| two.first()),
            );
        }
        found.sort_unstable();
        found.dedup();
        let mut query = self.connection.prepare_cached(
            "SELECT feed, key, title, published, fingerprint FROM story_memory WHERE id = ?1 AND carried_at >= ?2",
        )?;
        let mut rows = Vec::new();
        for id in found {
            rows.extend(query.query_row(params![id, since.timestamp()], row).optional()?);
        }
        Ok(rows)
    }

    /// Which stories have these keys, each as often as it has one.
    fn with_keys(&self, digest: &str, keys: &[i64]) -> Result<Vec<i64>> {
        let mut with_keys = self
            .connection
            .prepare_cached("SELECT story FROM lookup_key WHERE digest = ?1 AND hash = ?2 LIMIT ?3")?;
        let mut found = Vec::new();
        for hash in keys {
            let ids = with_keys.query_map(params![digest, hash, COMMON_KEY + 1], |r| r.get::<_, i64>(0))?;
            let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
            if ids.len() <= COMMON_KEY as usize {
                found.extend(ids);
            }
        }
        Ok(found)
    }

    /// Inserts what an edition carries, in place of what was carried under the same entry keys.
    pub fn insert_stories(&self, digest: &str, stories: &[StoryMemoryRow], now: DateTime<Utc>) -> Result<()> {
        let mut forget = self
            .connection
            .prepare_cached("DELETE FROM story_memory WHERE digest = ?1 AND feed = ?2 AND key = ?3")?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO story_memory (digest, feed, key, carried_at, published, title, fingerprint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let mut insert_key = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO lookup_key (digest, hash, story) VALUES (?1, ?2, ?3)")?;
        for row in stories {
            forget.execute(params![digest, row.feed, row.key.0])?;
            let id = insert.insert(params![
                digest,
                row.feed,
                row.key.0,
                now.timestamp(),
                row.published.timestamp(),
                row.title,
                row.fingerprint
            ])?;
            for number in row.keys.exact.iter().chain(&row.keys.shingles) {
                insert_key.execute(params![digest, number, id])?;
            }
        }
        Ok(())
    }

    /// Forgets what the digest carried before then.
    pub fn forget_stories(&self, digest: &str, before: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM story_memory WHERE digest = ?1 AND carried_at < ?2")?
            .execute(params![digest, before.timestamp()])?;
        Ok(())
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<StoryMemoryRow> {
    Ok(StoryMemoryRow {
        feed: row.get(0)?,
        key: EntryKey(row.get(1)?),
        title: row.get(2)?,
        published: time(row.get(3)?),
        fingerprint: row.get(4)?,
        keys: LookupKeys::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(key: u8, keys: &[i64]) -> StoryMemoryRow {
        StoryMemoryRow {
            feed: "c".into(),
            key: EntryKey([key; 16]),
            title: format!("{key}"),
            published: time(5),
            fingerprint: vec![key],
            keys: LookupKeys { exact: keys.to_vec(), shingles: vec![1000, 1001, 1000 + i64::from(key) * 10] },
        }
    }

    #[test]
    fn what_was_told_is_found_by_its_marks_until_it_is_forgotten() {
        let store = Store::in_memory();
        store.insert_stories("daily", &[story(1, &[10, 11]), story(2, &[11, 12])], time(100)).unwrap();
        let titles = |keys: &[i64], since| -> Vec<String> {
            let keys = LookupKeys { exact: keys.to_vec(), shingles: Vec::new() };
            store.find_stories("daily", &[keys], time(since)).unwrap().into_iter().map(|t| t.title).collect()
        };
        assert_eq!(titles(&[11], 0), ["1", "2"]);
        assert_eq!(titles(&[10, 99], 0), ["1"]);
        assert_eq!(titles(&[10], 101), [""; 0]);
        let shingles = |shingles: &[i64]| {
            let keys = LookupKeys { exact: Vec::new(), shingles: shingles.to_vec() };
            (
                store.find_stories("daily", std::slice::from_ref(&keys), time(0)).unwrap().len(),
                store.find_stories("other", &[keys], time(0)).unwrap().len(),
            )
        };
        assert_eq!(
            (shingles(&[1000]), shingles(&[1001, 1010]), shingles(&[1000, 1001])),
            ((0, 0), (1, 0), (2, 0))
        );
        // Carried again under other keys.
        store.insert_stories("daily", &[story(1, &[13])], time(200)).unwrap();
        assert_eq!((titles(&[10], 0), titles(&[13], 0)), (vec![], vec!["1".to_owned()]));
        store.forget_stories("daily", time(150)).unwrap();
        assert_eq!((titles(&[12], 0), titles(&[13], 0)), (vec![], vec!["1".to_owned()]));
    }
}
