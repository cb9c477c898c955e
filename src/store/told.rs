//! The tables `told` and `mark`: what the editions of a digest told, to know it again.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::feeds::time;
use super::{Result, Store};
use crate::model::{EntryKey, Marks};

/// An article as it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    pub feed: String,
    pub key: EntryKey,
    pub title: String,
    pub published: DateTime<Utc>,
    /// What it is known by, in the story stage's own form.
    pub signature: Vec<u8>,
    pub marks: Marks,
}

/// A mark that so many articles bear distinguishes none of them.
const COMMON_MARK: u32 = 64;

impl Store {
    /// What the digest told since then that is worth comparing with any of these.
    pub fn recall(&self, digest: &str, all: &[Marks], since: DateTime<Utc>) -> Result<Vec<ToldRow>> {
        let mut found = Vec::new();
        for marks in all {
            found.extend(self.bearers(digest, &marks.exact)?);
            let mut banded = self.bearers(digest, &marks.bands)?;
            banded.sort_unstable();
            found.extend(
                banded.windows(2).filter(|two| two.first() == two.last()).filter_map(|two| two.first()),
            );
        }
        found.sort_unstable();
        found.dedup();
        let mut told = self.connection.prepare_cached(
            "SELECT feed, key, title, published, signature FROM told WHERE id = ?1 AND at >= ?2",
        )?;
        let mut rows = Vec::new();
        for id in found {
            rows.extend(told.query_row(params![id, since.timestamp()], row).optional()?);
        }
        Ok(rows)
    }

    /// Who bears these marks, each as often as it bears one.
    fn bearers(&self, digest: &str, marks: &[i64]) -> Result<Vec<i64>> {
        let mut bearers = self
            .connection
            .prepare_cached("SELECT told FROM mark WHERE digest = ?1 AND mark = ?2 LIMIT ?3")?;
        let mut found = Vec::new();
        for mark in marks {
            let ids = bearers.query_map(params![digest, mark, COMMON_MARK + 1], |r| r.get::<_, i64>(0))?;
            let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
            if ids.len() <= COMMON_MARK as usize {
                found.extend(ids);
            }
        }
        Ok(found)
    }

    /// Remembers what an edition tells, in place of what it told under the same keys before.
    pub fn remember(&self, digest: &str, told: &[ToldRow], now: DateTime<Utc>) -> Result<()> {
        let mut forget = self
            .connection
            .prepare_cached("DELETE FROM told WHERE digest = ?1 AND feed = ?2 AND key = ?3")?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO told (digest, feed, key, at, published, title, signature) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let mut mark = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO mark (digest, mark, told) VALUES (?1, ?2, ?3)")?;
        for row in told {
            forget.execute(params![digest, row.feed, row.key.0])?;
            let id = insert.insert(params![
                digest,
                row.feed,
                row.key.0,
                now.timestamp(),
                row.published.timestamp(),
                row.title,
                row.signature
            ])?;
            for number in row.marks.exact.iter().chain(&row.marks.bands) {
                mark.execute(params![digest, number, id])?;
            }
        }
        Ok(())
    }

    /// Forgets what the digest told before then.
    pub fn forget(&self, digest: &str, before: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM told WHERE digest = ?1 AND at < ?2")?
            .execute(params![digest, before.timestamp()])?;
        Ok(())
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<ToldRow> {
    Ok(ToldRow {
        feed: row.get(0)?,
        key: EntryKey(row.get(1)?),
        title: row.get(2)?,
        published: time(row.get(3)?),
        signature: row.get(4)?,
        marks: Marks::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(key: u8, marks: &[i64]) -> ToldRow {
        ToldRow {
            feed: "c".into(),
            key: EntryKey([key; 16]),
            title: format!("{key}"),
            published: time(5),
            signature: vec![key],
            marks: Marks { exact: marks.to_vec(), bands: vec![1000, 1001, 1000 + i64::from(key) * 10] },
        }
    }

    #[test]
    fn what_was_told_is_found_by_its_marks_until_it_is_forgotten() {
        let store = Store::in_memory();
        store.remember("daily", &[told(1, &[10, 11]), told(2, &[11, 12])], time(100)).unwrap();
        let titles = |marks: &[i64], since| -> Vec<String> {
            let marks = Marks { exact: marks.to_vec(), bands: Vec::new() };
            store.recall("daily", &[marks], time(since)).unwrap().into_iter().map(|t| t.title).collect()
        };
        assert_eq!(titles(&[11], 0), ["1", "2"]);
        assert_eq!(titles(&[10, 99], 0), ["1"]);
        assert_eq!(titles(&[10], 101), [""; 0]);
        let bands = |bands: &[i64]| {
            let marks = Marks { exact: Vec::new(), bands: bands.to_vec() };
            (
                store.recall("daily", std::slice::from_ref(&marks), time(0)).unwrap().len(),
                store.recall("other", &[marks], time(0)).unwrap().len(),
            )
        };
        assert_eq!((bands(&[1000]), bands(&[1001, 1010]), bands(&[1000, 1001])), ((0, 0), (1, 0), (2, 0)));
        // Told again under other marks.
        store.remember("daily", &[told(1, &[13])], time(200)).unwrap();
        assert_eq!((titles(&[10], 0), titles(&[13], 0)), (vec![], vec!["1".to_owned()]));
        store.forget("daily", time(150)).unwrap();
        assert_eq!((titles(&[12], 0), titles(&[13], 0)), (vec![], vec!["1".to_owned()]));
    }
}
