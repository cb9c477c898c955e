//! The tables `standstill` and `doubt`: since when no mail leaves at all, and why; and who was
//! refused since the last that did.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store};

/// Nobody takes our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standstill {
    pub since: DateTime<Utc>,
    /// Runs in a row that found nobody.
    pub failures: u32,
    pub why: String,
}

impl Store {
    /// Notes that a run of sending found nobody.
    pub fn stand_still(&self, why: &str, now: DateTime<Utc>) -> Result<Standstill> {
        self.connection
            .prepare_cached(
                "INSERT INTO standstill (only, since, failures, why) VALUES (1, ?1, 1, ?2)
                 ON CONFLICT (only) DO UPDATE SET failures = failures + 1, why = ?2",
            )?
            .execute(params![now.timestamp(), why])?;
        Ok(self.standstill()?.unwrap_or(Standstill { since: now, failures: 1, why: why.to_owned() }))
    }

    pub fn standstill(&self) -> Result<Option<Standstill>> {
        let mut query = self.connection.prepare_cached("SELECT since, failures, why FROM standstill")?;
        let row = query.query_row([], |r| {
            Ok(Standstill { since: time(r.get(0)?), failures: r.get(1)?, why: r.get(2)? })
        });
        Ok(row.optional()?)
    }

    /// Mails leave again, or none is left to leave.
    pub fn move_on(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM standstill")?.execute([])?;
        Ok(())
    }

    /// Notes a refusal. Says how many mailboxes, and how many for what the server has against
    /// us, were refused since anybody was delivered to.
    pub fn doubt(&self, address: &str, policy: bool) -> Result<(usize, usize)> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO doubt (address, policy) VALUES (?1, ?2)")?
            .execute(params![address, policy])?;
        let mut query = self.connection.prepare_cached(
            "SELECT count(*) - coalesce(sum(policy), 0), coalesce(sum(policy), 0) FROM doubt",
        )?;
        let number = |n: i64| usize::try_from(n).unwrap_or_default();
        Ok(query.query_row([], |r| Ok((number(r.get(0)?), number(r.get(1)?))))?)
    }

    /// Somebody was delivered to: the server does not refuse everybody.
    pub fn trust(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM doubt")?.execute([])?;
        Ok(())
    }
}
