//! The tables `relay_outage` and `held_rejection`: since when no mail leaves at all, and why; and
//! who was rejected since the last mail that was delivered to anybody.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::feeds::time;
use super::{Result, Store};

/// Nobody takes our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayOutage {
    pub since: DateTime<Utc>,
    /// Rounds of sending in a row that found nobody.
    pub failures: u32,
    pub why: String,
}

impl Store {
    /// Notes that a round of sending found nobody.
    pub fn record_relay_outage(&self, why: &str, now: DateTime<Utc>) -> Result<RelayOutage> {
        self.connection
            .prepare_cached(
                "INSERT INTO relay_outage (only, since, failures, why) VALUES (1, ?1, 1, ?2)
                 ON CONFLICT (only) DO UPDATE SET failures = failures + 1, why = ?2",
            )?
            .execute(params![now.timestamp(), why])?;
        Ok(self.relay_outage()?.unwrap_or(RelayOutage { since: now, failures: 1, why: why.to_owned() }))
    }

    /// The outage, if there is one.
    pub fn relay_outage(&self) -> Result<Option<RelayOutage>> {
        let mut query = self.connection.prepare_cached("SELECT since, failures, why FROM relay_outage")?;
        let row = query.query_row([], |r| {
            Ok(RelayOutage { since: time(r.get(0)?), failures: r.get(1)?, why: r.get(2)? })
        });
        Ok(row.optional()?)
    }

    /// Mails leave again, or none is left to leave.
    pub fn end_relay_outage(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM relay_outage")?.execute([])?;
        Ok(())
    }

    /// Notes a rejection that is held; `is_policy`: it is us that the server minds.
    pub fn hold_rejection(&self, address: &str, is_policy: bool) -> Result<()> {
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO held_rejection (address, is_policy) VALUES (?1, ?2)")?
            .execute(params![address, is_policy])?;
        Ok(())
    }

    /// How many addresses were rejected since anybody was delivered to: for their mailboxes, and
    /// for what the server has against us.
    pub fn held_rejections(&self) -> Result<(usize, usize)> {
        let mut query = self.connection.prepare_cached(
            "SELECT count(*) - coalesce(sum(is_policy), 0), coalesce(sum(is_policy), 0) FROM held_rejection",
        )?;
        let number = |n: i64| usize::try_from(n).unwrap_or_default();
        Ok(query.query_row([], |r| Ok((number(r.get(0)?), number(r.get(1)?))))?)
    }

    /// Somebody was delivered to: the server does not reject everybody.
    pub fn clear_held_rejections(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM held_rejection")?.execute([])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_counted_from_its_beginning_until_it_ends() {
        let store = Store::in_memory();
        store.record_relay_outage("cannot connect", time(10)).unwrap();
        let outage = store.record_relay_outage("wrong password", time(20)).unwrap();
        assert_eq!(outage, RelayOutage { since: time(10), failures: 2, why: "wrong password".into() });
        store.end_relay_outage().unwrap();
        assert_eq!(store.relay_outage().unwrap(), None);
    }

    #[test]
    fn held_rejections_are_counted_by_address_until_somebody_gets_a_mail() {
        let store = Store::in_memory();
        store.hold_rejection("ada@example.org", false).unwrap();
        store.hold_rejection("Ada@Example.org", false).unwrap();
        store.hold_rejection("bob@example.org", true).unwrap();
        assert_eq!(store.held_rejections().unwrap(), (1, 1));
        store.clear_held_rejections().unwrap();
        assert_eq!(store.held_rejections().unwrap(), (0, 0));
    }
}
