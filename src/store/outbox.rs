//! The outbox as a person sees it: what waits, what is held, what was lost; and what a person
//! decides about it.

use chrono::{DateTime, Utc};
use rusqlite::{Row, params};

use super::deliveries::{LOST, OPEN, RECALLABLE, WAITING};
use super::feeds::time;
use super::{Result, Store};
use crate::model::State;

/// A delivery as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: i64,
    pub edition: i64,
    pub digest: String,
    pub number: i64,
    pub address: String,
    pub state: State,
    pub attempts: u32,
    pub queued: DateTime<Utc>,
    /// When it is tried next, or was settled.
    pub at: DateTime<Utc>,
    /// What came of the last attempt.
    pub reply: Option<String>,
}

/// Which deliveries a person means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All that are outstanding.
    Outstanding,
    /// One by its number, or all to one address, that have not arrived.
    Named(String),
}

const NAMED: &str = "(CAST(id AS TEXT) = ?2 OR address = ?2 COLLATE NOCASE)";

impl Store {
    /// Makes the deliveries that a person names due again; what was held or given up has the whole
    /// time to try. A rejected one is final. Says how many.
    pub fn retry(&self, selection: &Selection, now: DateTime<Utc>) -> Result<usize> {
        let due =
            "state = iif(state = 'pending', 'pending', 'deferred'), next_attempt = ?1, settled_at = NULL";
        let restart = format!("retry_from = iif({}, retry_from, ?1)", *WAITING);
        let anew = format!("attempts = iif({}, attempts, 0)", *WAITING);
        self.of(
            selection,
            now,
            &format!("UPDATE delivery SET {due} WHERE {}", *WAITING),
            &format!(
                "UPDATE delivery SET {restart}, {anew}, {due} WHERE ({} OR state = 'given up') AND {NAMED}",
                *RECALLABLE
            ),
        )
    }

    /// Takes what waits out of the outbox, for good; and what is named from the list of what
    /// was lost. Says how many.
    pub fn drop_deliveries(&self, selection: &Selection, now: DateTime<Utc>) -> Result<usize> {
        let dropped = "UPDATE delivery SET state = 'dropped', settled_at = ?1 WHERE";
        self.of(
            selection,
            now,
            &format!("{dropped} {}", *RECALLABLE),
            &format!("{dropped} ({} OR {}) AND {NAMED}", *RECALLABLE, *LOST),
        )
    }

    fn of(&self, selection: &Selection, now: DateTime<Utc>, outstanding: &str, named: &str) -> Result<usize> {
        let now = now.timestamp();
        Ok(match selection {
            Selection::Outstanding => self.connection.prepare_cached(outstanding)?.execute(params![now])?,
            Selection::Named(name) => self.connection.prepare_cached(named)?.execute(params![now, name])?,
        })
    }

    /// What is not settled, or was lost since then, the oldest first.
    pub fn unsettled(&self, lost_since: DateTime<Utc>) -> Result<Vec<DeliveryRow>> {
        self.deliveries(
            &format!(
                "d.id IN (SELECT id FROM delivery WHERE {}
                          UNION ALL SELECT id FROM delivery WHERE {} AND settled_at >= ?1)",
                *OPEN, *LOST
            ),
            params![lost_since.timestamp()],
        )
    }

    /// Every delivery of an edition.
    pub fn deliveries_of(&self, edition: i64) -> Result<Vec<DeliveryRow>> {
        self.deliveries("d.edition = ?1", params![edition])
    }

    pub(super) fn one_delivery(&self, condition: &str, value: &str) -> Result<Option<DeliveryRow>> {
        Ok(self.deliveries(condition, params![value])?.pop())
    }

    pub(super) fn deliveries(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<DeliveryRow>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT d.id, d.edition, e.digest, e.number, d.address, d.state, d.attempts, d.queued,
               coalesce(d.settled_at, d.next_attempt),
               (SELECT reply FROM attempt WHERE delivery = d.id ORDER BY id DESC LIMIT 1)
             FROM delivery AS d JOIN edition AS e ON e.id = d.edition WHERE {condition} ORDER BY d.id"
        ))?;
        let row = |r: &Row<'_>| {
            Ok(DeliveryRow {
                id: r.get(0)?,
                edition: r.get(1)?,
                digest: r.get(2)?,
                number: r.get(3)?,
                address: r.get(4)?,
                state: r.get(5)?,
                attempts: r.get(6)?,
                queued: time(r.get(7)?),
                at: time(r.get(8)?),
                reply: r.get(9)?,
            })
        };
        Ok(query.query_map(values, row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// How many deliveries are in each of the states that are of interest: waiting, held, or
    /// lost.
    pub fn delivery_counts(&self) -> Result<Vec<(State, usize)>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT state, count(*) FROM delivery WHERE {} GROUP BY state
             UNION ALL SELECT state, count(*) FROM delivery WHERE {} GROUP BY state",
            *OPEN, *LOST
        ))?;
        let rows = query
            .query_map([], |r| Ok((r.get(0)?, usize::try_from(r.get::<_, i64>(1)?).unwrap_or_default())))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many deliveries were refused, given up or came back since then.
    pub fn lost_since(&self, since: DateTime<Utc>) -> Result<usize> {
        self.count(&format!("SELECT count(*) FROM delivery WHERE {} AND settled_at >= ?1", *LOST), since)
    }

    /// Whether anybody but this address got a mail since then, of an edition of that week.
    pub fn others_got_mail_since(&self, address: &str, since: DateTime<Utc>) -> Result<bool> {
        let week = since - chrono::Duration::days(7);
        let mut query = self.connection.prepare_cached(
            "SELECT 1 FROM delivery WHERE edition IN (SELECT id FROM edition WHERE published >= ?3)
               AND state = 'delivered' AND settled_at >= ?1 AND address <> ?2 COLLATE NOCASE
             LIMIT 1",
        )?;
        Ok(query.exists(params![since.timestamp(), address, week.timestamp()])?)
    }

    /// How many deliveries wait, and will be tried without anybody's doing.
    pub fn outstanding(&self) -> Result<usize> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT count(*) FROM delivery WHERE {} AND state <> 'unknown'",
            *OPEN
        ))?;
        let count: i64 = query.query_row([], |r| r.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    pub(super) fn count(&self, sql: &str, time: DateTime<Utc>) -> Result<usize> {
        let count: i64 =
            self.connection.prepare_cached(sql)?.query_row(params![time.timestamp()], |r| r.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}
