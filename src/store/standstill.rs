//! The table `standstill`: since when no mail leaves at all, and why.

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

    /// Mails leave again.
    pub fn move_on(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM standstill")?.execute([])?;
        Ok(())
    }
}
