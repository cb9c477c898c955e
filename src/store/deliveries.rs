//! The tables `delivery` and `attempt`: the outbox.
//!
//! `pending -> sending -> delivered | deferred (until next_attempt) | rejected | given up`

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, ToSql, params};

use super::feeds::time;
use super::{Result, Store};
use crate::model::{Address, Delivery, Format, Mailbox, Outcome, Verdict};

/// A delivery about to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub to: Mailbox,
    pub format: Format,
    pub message_id: String,
    /// With which the reader leaves.
    pub token: Option<String>,
}

impl ToSql for Format {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Html => "html",
            Self::Text => "text",
        }
        .into())
    }
}

impl FromSql for Format {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "html" => Ok(Self::Html),
            "text" => Ok(Self::Text),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl FromSql for Address {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|_| FromSqlError::InvalidType)
    }
}

impl Store {
    pub(super) fn queue(&self, edition: i64, deliveries: &[Queued], now: DateTime<Utc>) -> Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO delivery (edition, address, name, format, message_id, queued, next_attempt, token)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
        )?;
        for queued in deliveries {
            insert.execute(params![
                edition,
                queued.to.address.as_str(),
                queued.to.name,
                queued.format,
                queued.message_id,
                now.timestamp(),
                queued.token,
            ])?;
        }
        Ok(())
    }

    /// Deliveries that a process which died left in the middle of sending become due
    /// again, and are noted as attempts with an unknown end. Only for the holder of the
    /// lock, who knows that nobody else is sending. Says how many there were.
    pub fn reclaim(&self, now: DateTime<Utc>) -> Result<usize> {
        self.connection
            .prepare_cached(
                "INSERT INTO attempt (delivery, at, outcome, reply)
                 SELECT id, ?1, 'unknown', 'the program ended while sending' FROM delivery WHERE state = 'sending'",
            )?
            .execute(params![now.timestamp()])?;
        let left = self
            .connection
            .prepare_cached(
                "UPDATE delivery SET state = 'deferred', next_attempt = ?1 WHERE state = 'sending'",
            )?
            .execute(params![now.timestamp()])?;
        Ok(left)
    }

    /// Takes the next delivery that is due, oldest first, and marks it as being sent.
    /// `even_if_early` does not wait for back-off times; `after` is the last delivery this
    /// run has tried, so that none is tried twice in one run.
    pub fn claim(&self, now: DateTime<Utc>, even_if_early: bool, after: i64) -> Result<Option<Delivery>> {
        let mut query = self.connection.prepare_cached(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1
             WHERE id = (SELECT min(id) FROM delivery
                         WHERE state IN ('pending', 'deferred') AND (?2 OR next_attempt <= ?1) AND id > ?3)
             RETURNING id, edition, address, name, format, message_id, attempts - 1, queued, token",
        )?;
        let delivery = query
            .query_row(params![now.timestamp(), even_if_early, after], |r| {
                Ok(Delivery {
                    id: r.get(0)?,
                    edition: r.get(1)?,
                    to: Mailbox { address: r.get(2)?, name: r.get(3)? },
                    format: r.get(4)?,
                    message_id: r.get(5)?,
                    attempts: r.get(6)?,
                    queued: time(r.get(7)?),
                    token: r.get(8)?,
                })
            })
            .optional()?;
        Ok(delivery)
    }

    /// Records what an attempt came to.
    pub fn settle_delivery(
        &self,
        id: i64,
        outcome: &Outcome,
        verdict: Verdict,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let (word, reply) = match outcome {
            Outcome::Delivered(reply) => ("delivered", reply),
            Outcome::Deferred(reply) => ("deferred", reply),
            Outcome::Rejected(reply) => ("rejected", reply),
            Outcome::Unknown(reply) => ("unknown", reply),
        };
        self.connection
            .prepare_cached("INSERT INTO attempt (delivery, at, outcome, reply) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![id, now.timestamp(), word, reply])?;
        let (state, next) = match verdict {
            Verdict::Delivered => ("delivered", now),
            Verdict::Rejected => ("rejected", now),
            Verdict::Deferred(until) => ("deferred", until),
            Verdict::GivenUp => ("given up", now),
        };
        self.connection
            .prepare_cached("UPDATE delivery SET state = ?2, next_attempt = ?3 WHERE id = ?1")?
            .execute(params![id, state, next.timestamp()])?;
        Ok(())
    }

    /// The relay is not there: nobody's turn comes before `until`, except for who waits
    /// longer anyway.
    pub fn postpone(&self, until: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET next_attempt = ?1
                 WHERE state IN ('pending', 'deferred') AND next_attempt < ?1",
            )?
            .execute(params![until.timestamp()])?;
        Ok(())
    }

    /// How many deliveries were refused or given up since then.
    pub fn lost_since(&self, since: DateTime<Utc>) -> Result<usize> {
        let mut query = self.connection.prepare_cached(
            "SELECT count(*) FROM delivery WHERE state IN ('rejected', 'given up') AND next_attempt >= ?1",
        )?;
        let count: i64 = query.query_row(params![since.timestamp()], |r| r.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// How many deliveries are not settled.
    pub fn outstanding(&self) -> Result<usize> {
        let mut query = self.connection.prepare_cached(
            "SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending', 'deferred')",
        )?;
        let count: i64 = query.query_row([], |r| r.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Frozen;
    use crate::store::NewEdition;

    fn store_with_two() -> Store {
        let store = Store::in_memory();
        let to = |address: &str| Queued {
            to: address.parse().unwrap(),
            format: Format::Html,
            message_id: format!("<{address}>"),
            token: None,
        };
        let edition = NewEdition {
            digest: "daily".into(),
            title: "Daily".into(),
            number: 1,
            due: None,
            frozen: Frozen { subject: "s".into(), html: "h".into(), text: "t".into(), pictures: Vec::new() },
            token: "t".into(),
            carried: Vec::new(),
            told: Vec::new(),
            deliveries: vec![to("Ada <ada@example.org>"), to("bob@example.org")],
        };
        store.publish(&edition, time(100)).unwrap();
        store
    }

    #[test]
    fn each_delivery_is_claimed_once_and_settled_for_good() {
        let store = store_with_two();
        let ada = store.claim(time(100), false, 0).unwrap().unwrap();
        assert_eq!((ada.to.to_string().as_str(), ada.attempts), ("Ada <ada@example.org>", 0));
        let bob = store.claim(time(100), false, 0).unwrap().unwrap();
        assert_eq!(bob.to.address.as_str(), "bob@example.org");
        assert_eq!(store.claim(time(100), false, 0).unwrap(), None);
        store
            .settle_delivery(ada.id, &Outcome::Delivered("250 ok".into()), Verdict::Delivered, time(101))
            .unwrap();
        store
            .settle_delivery(
                bob.id,
                &Outcome::Deferred("450".into()),
                Verdict::Deferred(time(160)),
                time(101),
            )
            .unwrap();
        assert_eq!(store.claim(time(159), false, 0).unwrap(), None);
        assert_eq!(store.outstanding().unwrap(), 1);
        let again = store.claim(time(159), true, 0).unwrap().unwrap();
        assert_eq!((again.id, again.attempts, again.message_id), (bob.id, 1, bob.message_id));
        assert_eq!(store.claim(time(159), true, again.id).unwrap(), None);
    }

    #[test]
    fn what_a_dead_process_was_sending_becomes_due_again() {
        let store = store_with_two();
        let ada = store.claim(time(100), false, 0).unwrap().unwrap();
        assert_eq!(store.reclaim(time(200)).unwrap(), 1);
        assert_eq!(store.claim(time(200), false, 0).unwrap().unwrap().message_id, ada.message_id);
    }

    #[test]
    fn a_relay_that_is_away_postpones_everybody() {
        let store = store_with_two();
        store.postpone(time(160)).unwrap();
        assert_eq!(store.claim(time(159), false, 0).unwrap(), None);
        assert!(store.claim(time(160), false, 0).unwrap().is_some());
    }
}
