//! The table `waiting`: entries that were chosen for an edition whose mail had no room for them.
//! The next edition takes them up behind newer news, whatever its feed's limits are by then.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::feeds::time;
use super::{Result, Store};
use crate::model::EntryKey;

/// How long an entry has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// When the first edition was due that had no room for it.
    pub since: DateTime<Utc>,
    /// So many had none.
    pub editions: u32,
}

impl Store {
    /// The entries of a feed that wait for room in a digest.
    pub fn waiting(&self, digest: &str, feed: &str) -> Result<HashMap<EntryKey, Waiting>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT key, since, editions FROM waiting WHERE digest = ?1 AND feed = ?2")?;
        let rows = query.query_map(params![digest, feed], |r| {
            Ok((EntryKey(r.get(0)?), Waiting { since: time(r.get(1)?), editions: r.get(2)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Has entries wait since the edition that had no room for them. Those that wait already have
    /// done so since they began to.
    pub(super) fn wait(
        &self,
        digest: &str,
        entries: &[(String, EntryKey)],
        since: DateTime<Utc>,
    ) -> Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO waiting (digest, feed, key, since, editions) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (digest, feed, key) DO UPDATE SET editions = editions + 1",
        )?;
        for (feed, key) in entries {
            insert.execute(params![digest, feed, key.0, since.timestamp()])?;
        }
        Ok(())
    }

    /// Those that an edition has carried, or that are gone, wait no more.
    pub(super) fn end_waiting(&self) -> Result<()> {
        self.connection
            .prepare_cached(
                "DELETE FROM waiting AS w
                 WHERE EXISTS (SELECT 1 FROM carried AS c WHERE c.digest = w.digest AND c.feed = w.feed AND c.key = w.key)
                    OR NOT EXISTS (SELECT 1 FROM entry AS e WHERE e.feed = w.feed AND e.key = w.key)",
            )?
            .execute([])?;
        Ok(())
    }
}
