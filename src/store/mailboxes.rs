//! The tables `suspension` and `setback`: mailboxes that are not written to, and those
//! that may become such.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store};

/// A mailbox that gets nothing until its owner says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    pub address: String,
    pub since: DateTime<Utc>,
    pub why: String,
}

impl Store {
    /// Writes no more to a mailbox, and takes what waits for it out of the outbox. Says
    /// whether that is news.
    pub fn suspend(&self, address: &str, why: &str, now: DateTime<Utc>) -> Result<bool> {
        let added = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO suspension (address, since, why) VALUES (?1, ?2, ?3)")?
            .execute(params![address, now.timestamp(), why])?;
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = 'dropped', next_attempt = ?2
                 WHERE address = ?1 COLLATE NOCASE AND state IN ('pending', 'deferred', 'unknown')",
            )?
            .execute(params![address, now.timestamp()])?;
        Ok(added == 1)
    }

    /// Why a mailbox is not written to, if it is not.
    pub fn suspension(&self, address: &str) -> Result<Option<Suspension>> {
        let mut query = self
            .connection
            .prepare_cached("SELECT address, since, why FROM suspension WHERE address = ?1")?;
        Ok(query.query_row(params![address], suspension).optional()?)
    }

    /// Every mailbox that is not written to.
    pub fn suspensions(&self) -> Result<Vec<Suspension>> {
        let mut query =
            self.connection.prepare_cached("SELECT address, since, why FROM suspension ORDER BY address")?;
        Ok(query.query_map([], suspension)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes to a mailbox again, which starts with a clean slate. Says whether it was
    /// suspended.
    pub fn unsuspend(&self, address: &str) -> Result<bool> {
        self.connection
            .prepare_cached("DELETE FROM setback WHERE address = ?1")?
            .execute(params![address])?;
        let removed = self
            .connection
            .prepare_cached("DELETE FROM suspension WHERE address = ?1")?
            .execute(params![address])?;
        Ok(removed == 1)
    }

    /// Notes a failure that may pass. Says when such failures came since then, the oldest
    /// first, this one included.
    pub fn setback(
        &self,
        address: &str,
        reply: &str,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO setback (address, at, reply) VALUES (?1, ?2, ?3)")?
            .execute(params![address, now.timestamp(), reply])?;
        let mut query = self
            .connection
            .prepare_cached("SELECT at FROM setback WHERE address = ?1 AND at >= ?2 ORDER BY at")?;
        let times = query.query_map(params![address, since.timestamp()], |r| Ok(time(r.get(0)?)))?;
        Ok(times.collect::<rusqlite::Result<_>>()?)
    }
}

fn suspension(row: &rusqlite::Row<'_>) -> rusqlite::Result<Suspension> {
    Ok(Suspension { address: row.get(0)?, since: time(row.get(1)?), why: row.get(2)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_suspended_once_and_resumes_with_a_clean_slate() {
        let store = Store::in_memory();
        let setback =
            |at| store.setback("Ada@example.org", "552 5.2.2 full", time(0), time(at)).unwrap().len();
        assert_eq!((setback(10), setback(20)), (1, 2));
        assert!(store.suspend("ada@example.org", "550 5.1.1", time(30)).unwrap());
        assert!(!store.suspend("ADA@example.org", "550 5.1.1", time(40)).unwrap());
        assert_eq!(store.suspension("Ada@Example.org").unwrap().unwrap().since, time(30));
        assert!(store.unsuspend("ada@example.org").unwrap());
        assert_eq!(store.suspensions().unwrap(), []);
        assert_eq!(setback(50), 1);
    }
}
