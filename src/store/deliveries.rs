//! The tables `delivery` and `attempt`: the outbox.
//!
//! ```text
//! pending -> sending -> delivered -> bounced
//!               |-> deferred (until next_attempt) -> sending
//!               |-> unknown (held for a person) | rejected | given up
//! whatever waits may be dropped: by a person, or since its reader left
//! ```

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, Row, ToSql, named_params, params};

use super::feeds::time;
use super::{Result, Store};
use crate::model::{Address, Delivery, Enhanced, Format, Mailbox, OnUnknown, Outcome, State, Verdict};

/// The conditions of the partial indexes, for queries that are to use them.
const OPEN: &str = "state IN ('pending', 'sending', 'deferred', 'unknown')";
const LOST: &str = "state IN ('rejected', 'given up', 'bounced')";

/// A delivery about to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub to: Mailbox,
    pub format: Format,
    pub message_id: String,
    /// With which the reader leaves.
    pub token: String,
    /// In the envelope sender, if some address takes bounces.
    pub bounce: Option<String>,
}

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

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.word().into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::from_word(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl FromSql for Address {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|_| FromSqlError::InvalidType)
    }
}

impl Store {
    /// Queues an edition's copy for a mailbox.
    pub fn queue(&self, edition: i64, queued: &Queued, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO delivery (edition, address, name, format, message_id, queued, next_attempt, token, bounce)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)",
            )?
            .execute(params![
                edition,
                queued.to.address.as_str(),
                queued.to.name,
                queued.format,
                queued.message_id,
                now.timestamp(),
                queued.token,
                queued.bounce,
            ])?;
        Ok(())
    }

    /// Queues an edition's copy for a mailbox once more. One that never arrived goes out
    /// under its old Message-ID; one that did, under the new one, as a mail of its own.
    pub fn queue_again(&self, edition: i64, queued: &Queued, now: DateTime<Utc>) -> Result<()> {
        let again = self
            .connection
            .prepare_cached(
                "UPDATE delivery SET
                   message_id = CASE WHEN state IN ('delivered', 'bounced') THEN ?3 ELSE message_id END,
                   name = ?4, format = ?5, token = ?6, bounce = ?7,
                   state = 'pending', queued = ?8, next_attempt = ?8, attempts = 0
                 WHERE edition = ?1 AND address = ?2 COLLATE NOCASE AND state <> 'sending'",
            )?
            .execute(params![
                edition,
                queued.to.address.as_str(),
                queued.message_id,
                queued.to.name,
                queued.format,
                queued.token,
                queued.bounce,
                now.timestamp(),
            ])?;
        let mut is_sending = self
            .connection
            .prepare_cached("SELECT 1 FROM delivery WHERE edition = ?1 AND address = ?2 COLLATE NOCASE")?;
        if again == 0 && !is_sending.exists(params![edition, queued.to.address.as_str()])? {
            self.queue(edition, queued, now)?;
        }
        Ok(())
    }

    /// Deliveries that a process which died left in the middle of sending: nobody knows
    /// whether their mails arrived, which is noted, and `on_unknown` says what follows. Only
    /// for the holder of the lock, who knows that nobody else is sending. Says how many.
    pub fn reclaim(&self, now: DateTime<Utc>, on_unknown: OnUnknown) -> Result<usize> {
        self.connection
            .prepare_cached(&format!(
                "INSERT INTO attempt (delivery, at, outcome, reply)
                 SELECT id, ?1, 'unknown', 'the program ended while sending' FROM delivery
                 WHERE {OPEN} AND state = 'sending'",
            ))?
            .execute(params![now.timestamp()])?;
        let state = match on_unknown {
            OnUnknown::Resend => State::Deferred,
            OnUnknown::Hold => State::Unknown,
        };
        let left = self
            .connection
            .prepare_cached(&format!(
                "UPDATE delivery SET state = ?2, next_attempt = ?1 WHERE {OPEN} AND state = 'sending'"
            ))?
            .execute(params![now.timestamp(), state])?;
        if left > 0 {
            self.drop_unwanted(&format!("{OPEN} AND ?1 IS NULL"), None, now)?;
        }
        Ok(left)
    }

    /// Whatever waits is due now: a person says so.
    pub fn hasten(&self, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET next_attempt = ?1
                 WHERE state IN ('pending', 'deferred') AND next_attempt > ?1",
            )?
            .execute(params![now.timestamp()])?;
        Ok(())
    }

    /// How many deliveries are due.
    pub fn due(&self, now: DateTime<Utc>) -> Result<usize> {
        self.count(
            &format!(
                "SELECT count(*) FROM delivery WHERE {OPEN} AND state IN ('pending', 'deferred') AND next_attempt <= ?1"
            ),
            now,
        )
    }

    /// Takes the next delivery that is due and marks it as being sent: of those tried
    /// least, the oldest.
    pub fn claim(&self, due: DateTime<Utc>) -> Result<Option<Delivery>> {
        let mut query = self.connection.prepare_cached(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1
             WHERE id = (SELECT id FROM delivery
                         WHERE state IN ('pending', 'deferred') AND next_attempt <= ?1
                         ORDER BY attempts, id LIMIT 1)
             RETURNING id, edition, address, name, format, message_id, attempts - 1, queued, token, bounce",
        )?;
        let delivery = query
            .query_row(params![due.timestamp()], |r| {
                Ok(Delivery {
                    id: r.get(0)?,
                    edition: r.get(1)?,
                    to: Mailbox { address: r.get(2)?, name: r.get(3)? },
                    format: r.get(4)?,
                    message_id: r.get(5)?,
                    attempts: r.get(6)?,
                    queued: time(r.get(7)?),
                    token: r.get(8)?,
                    bounce: r.get(9)?,
                })
            })
            .optional()?;
        Ok(delivery)
    }

    /// Puts a claimed delivery back: nobody was there to take it. It has had its turn, so that
    /// another is the next to find out whether somebody is.
    pub fn put_back(&self, id: i64, why: &str, now: DateTime<Utc>) -> Result<()> {
        self.note_attempt(id, "deferred", why, now)?;
        self.set_state(id, State::Deferred, now)?;
        self.drop_unwanted("id = ?1", Some(id), now)
    }

    /// The time of whatever waits begins now: it could not leave before, through no fault of
    /// its recipients.
    pub fn start_over(&self, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET queued = ?1 WHERE state IN ('pending', 'deferred') AND queued < ?1",
            )?
            .execute(params![now.timestamp()])?;
        Ok(())
    }

    /// Records what an attempt came to.
    pub fn settle_delivery(
        &self,
        id: i64,
        outcome: &Outcome,
        verdict: Verdict,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let word = match outcome {
            Outcome::Delivered(_) => "delivered",
            Outcome::Deferred(_) => "deferred",
            Outcome::Rejected(..) => "rejected",
            Outcome::Unknown(_) => "unknown",
        };
        self.note_attempt(id, word, outcome.reply(), now)?;
        let (state, next) = match verdict {
            Verdict::Delivered => (State::Delivered, now),
            Verdict::Rejected => (State::Rejected, now),
            Verdict::Deferred(until) => (State::Deferred, until),
            Verdict::GivenUp => (State::GivenUp, now),
            Verdict::Held => (State::Unknown, now),
        };
        self.set_state(id, state, next)?;
        if matches!(state, State::Deferred | State::Unknown) {
            self.drop_unwanted("id = ?1", Some(id), now)?;
        }
        Ok(())
    }

    /// Readers may have left, or been suspended, while their mails were being sent.
    fn drop_unwanted(&self, condition: &str, id: Option<i64>, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET state = 'dropped', next_attempt = ?2
                 WHERE {condition} AND state IN ('pending', 'deferred', 'unknown')
                   AND (EXISTS (SELECT 1 FROM subscription AS s WHERE s.token = delivery.token AND left_at IS NOT NULL)
                        OR EXISTS (SELECT 1 FROM suspension AS s WHERE s.address = delivery.address))"
            ))?
            .execute(params![id, now.timestamp()])?;
        Ok(())
    }

    fn note_attempt(&self, id: i64, outcome: &str, reply: &str, now: DateTime<Utc>) -> Result<()> {
        let status = Enhanced::find(reply).map(|status| status.to_string());
        self.connection
            .prepare_cached(
                "INSERT INTO attempt (delivery, at, outcome, status, reply) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![id, now.timestamp(), outcome, status, reply])?;
        Ok(())
    }

    fn set_state(&self, id: i64, state: State, at: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE delivery SET state = ?2, next_attempt = ?3 WHERE id = ?1")?
            .execute(params![id, state, at.timestamp()])?;
        Ok(())
    }

    /// A delivery that was put off with reserve, at its so many-th attempt, is rejected after
    /// all. False when it has gone on since: it was tried again, or dropped.
    pub fn reject(&self, id: i64, attempts: u32, now: DateTime<Utc>) -> Result<bool> {
        let rejected = self
            .connection
            .prepare_cached(
                "UPDATE delivery SET state = 'rejected', next_attempt = ?3
                 WHERE id = ?1 AND state = 'deferred' AND attempts = ?2",
            )?
            .execute(params![id, attempts, now.timestamp()])?;
        Ok(rejected == 1)
    }

    /// The delivery that bears this bounce token.
    pub fn delivery_by_bounce(&self, token: &str) -> Result<Option<DeliveryRow>> {
        self.one_delivery("d.bounce = ?1", token)
    }

    /// The delivery of this Message-ID, brackets and all.
    pub fn delivery_by_message_id(&self, id: &str) -> Result<Option<DeliveryRow>> {
        self.one_delivery("d.message_id = ?1", id)
    }

    /// It was taken, and came back.
    pub fn bounced(&self, id: i64, reply: &str, now: DateTime<Utc>) -> Result<()> {
        self.note_attempt(id, "bounced", reply, now)?;
        self.set_state(id, State::Bounced, now)
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

    /// Gives up what was queued before then and still waits; says what that was.
    pub fn give_up(
        &self,
        queued_before: DateTime<Utc>,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<DeliveryRow>> {
        let late = self.deliveries(
            "d.id IN (SELECT id FROM delivery WHERE state IN ('pending', 'deferred') AND queued <= ?1)",
            params![queued_before.timestamp()],
        )?;
        for delivery in &late {
            self.note_attempt(delivery.id, "deferred", why, now)?;
            self.set_state(delivery.id, State::GivenUp, now)?;
        }
        Ok(late)
    }

    /// Makes the deliveries that a person names due again, with the whole time to try.
    /// A rejected one is final. Says how many.
    pub fn retry(&self, selection: &Selection, now: DateTime<Utc>) -> Result<usize> {
        let (condition, name) = match selection {
            Selection::Outstanding => ("state IN ('pending', 'deferred')", String::new()),
            Selection::Named(name) => (
                "state IN ('pending', 'deferred', 'unknown', 'given up')
                 AND (CAST(id AS TEXT) = :name OR address = :name COLLATE NOCASE)",
                name.clone(),
            ),
        };
        let sql = format!(
            "UPDATE delivery SET
               queued = iif(state IN ('pending', 'deferred'), queued, :now),
               state = iif(state = 'pending', 'pending', 'deferred'), next_attempt = :now
             WHERE {condition} AND :name IS NOT NULL"
        );
        let count = self
            .connection
            .prepare_cached(&sql)?
            .execute(named_params! { ":now": now.timestamp(), ":name": name })?;
        Ok(count)
    }

    /// Takes what waits out of the outbox, for good; and what is named from the list of what
    /// was lost. Says how many.
    pub fn drop_deliveries(&self, selection: &Selection, now: DateTime<Utc>) -> Result<usize> {
        let (condition, name) = match selection {
            Selection::Outstanding => ("state IN ('pending', 'deferred', 'unknown')", String::new()),
            Selection::Named(name) => (
                "state IN ('pending', 'deferred', 'unknown', 'rejected', 'given up', 'bounced')
                 AND (CAST(id AS TEXT) = :name OR address = :name COLLATE NOCASE)",
                name.clone(),
            ),
        };
        let sql = format!(
            "UPDATE delivery SET state = 'dropped', next_attempt = :now
             WHERE {condition} AND :name IS NOT NULL"
        );
        let count = self
            .connection
            .prepare_cached(&sql)?
            .execute(named_params! { ":now": now.timestamp(), ":name": name })?;
        Ok(count)
    }

    /// What is not settled, or was lost since then, the oldest first.
    pub fn unsettled(&self, lost_since: DateTime<Utc>) -> Result<Vec<DeliveryRow>> {
        self.deliveries(
            &format!(
                "d.id IN (SELECT id FROM delivery WHERE {OPEN}
                          UNION ALL SELECT id FROM delivery WHERE {LOST} AND next_attempt >= ?1)"
            ),
            params![lost_since.timestamp()],
        )
    }

    /// Every delivery of an edition.
    pub fn deliveries_of(&self, edition: i64) -> Result<Vec<DeliveryRow>> {
        self.deliveries("d.edition = ?1", params![edition])
    }

    fn one_delivery(&self, condition: &str, value: &str) -> Result<Option<DeliveryRow>> {
        Ok(self.deliveries(condition, params![value])?.pop())
    }

    fn deliveries(&self, condition: &str, values: impl rusqlite::Params) -> Result<Vec<DeliveryRow>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT d.id, d.edition, e.digest, e.number, d.address, d.state, d.attempts, d.queued, d.next_attempt,
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
            "SELECT state, count(*) FROM delivery WHERE {OPEN} GROUP BY state
             UNION ALL SELECT state, count(*) FROM delivery WHERE {LOST} GROUP BY state"
        ))?;
        let rows = query
            .query_map([], |r| Ok((r.get(0)?, usize::try_from(r.get::<_, i64>(1)?).unwrap_or_default())))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many deliveries were refused, given up or came back since then.
    pub fn lost_since(&self, since: DateTime<Utc>) -> Result<usize> {
        self.count(&format!("SELECT count(*) FROM delivery WHERE {LOST} AND next_attempt >= ?1"), since)
    }

    /// Whether anybody but this address got a mail since then, of an edition of that week.
    pub fn others_got_mail_since(&self, address: &str, since: DateTime<Utc>) -> Result<bool> {
        let week = since - chrono::Duration::days(7);
        let mut query = self.connection.prepare_cached(
            "SELECT 1 FROM delivery WHERE edition IN (SELECT id FROM edition WHERE published >= ?3)
               AND state = 'delivered' AND next_attempt >= ?1 AND address <> ?2 COLLATE NOCASE
             LIMIT 1",
        )?;
        Ok(query.exists(params![since.timestamp(), address, week.timestamp()])?)
    }

    /// How many deliveries wait, and will be tried without anybody's doing.
    pub fn outstanding(&self) -> Result<usize> {
        let mut query = self
            .connection
            .prepare_cached(&format!("SELECT count(*) FROM delivery WHERE {OPEN} AND state <> 'unknown'",))?;
        let count: i64 = query.query_row([], |r| r.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    fn count(&self, sql: &str, time: DateTime<Utc>) -> Result<usize> {
        let count: i64 =
            self.connection.prepare_cached(sql)?.query_row(params![time.timestamp()], |r| r.get(0))?;
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
            token: format!("leave-{address}"),
            bounce: Some(format!("bounce-{address}")),
        };
        let edition = NewEdition {
            digest: "daily".into(),
            title: "Daily".into(),
            number: 1,
            due: None,
            stories: 1,
            frozen: Frozen { subject: "s".into(), html: "h".into(), text: "t".into(), pictures: Vec::new() },
            token: "t".into(),
            carried: Vec::new(),
            told: Vec::new(),
        };
        store.publish(&edition, time(100)).unwrap();
        for address in ["Ada <ada@example.org>", "bob@example.org"] {
            store.queue(1, &to(address), time(100)).unwrap();
        }
        store
    }

    #[test]
    fn each_delivery_is_claimed_once_and_settled_for_good() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        assert_eq!((ada.to.to_string().as_str(), ada.attempts), ("Ada <ada@example.org>", 0));
        let bob = store.claim(time(100)).unwrap().unwrap();
        assert_eq!(bob.to.address.as_str(), "bob@example.org");
        assert_eq!(store.claim(time(100)).unwrap(), None);
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
        assert_eq!(store.claim(time(159)).unwrap(), None);
        assert_eq!(store.outstanding().unwrap(), 1);
        store.hasten(time(159)).unwrap();
        let again = store.claim(time(159)).unwrap().unwrap();
        assert_eq!((again.id, again.attempts, again.message_id), (bob.id, 1, bob.message_id));
        assert_eq!(store.claim(time(159)).unwrap(), None);
        store.put_back(again.id, "nobody there", time(159)).unwrap();
        assert!(!store.reject(again.id, 1, time(159)).unwrap(), "it has been tried since");
        assert!(store.reject(again.id, 2, time(159)).unwrap());
    }

    #[test]
    fn what_a_dead_process_was_sending_becomes_due_again() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        assert_eq!(store.reclaim(time(200), OnUnknown::Resend).unwrap(), 1);
        store.claim(time(200)).unwrap().unwrap();
        assert_eq!(store.claim(time(200)).unwrap().unwrap().message_id, ada.message_id);
    }

    #[test]
    fn a_relay_that_is_away_postpones_everybody() {
        let store = store_with_two();
        store.postpone(time(160)).unwrap();
        assert_eq!(store.claim(time(159)).unwrap(), None);
        assert!(store.claim(time(160)).unwrap().is_some());
    }

    #[test]
    fn what_nobody_knows_of_is_held_for_a_person_who_wants_that() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        store.reclaim(time(200), OnUnknown::Hold).unwrap();
        let bob = store.claim(time(200)).unwrap().unwrap();
        assert_ne!(bob.id, ada.id);
        assert_eq!(store.claim(time(10_000)).unwrap(), None);
        assert_eq!(store.retry(&Selection::Outstanding, time(300)).unwrap(), 0);
        assert_eq!(store.retry(&Selection::Named(ada.id.to_string()), time(300)).unwrap(), 1);
        assert_eq!(store.claim(time(300)).unwrap().unwrap().id, ada.id);
    }

    #[test]
    fn who_leaves_while_a_mail_is_on_its_way_gets_no_second_attempt() {
        let store = store_with_two();
        store.token("daily", "ada@example.org", "leave-Ada <ada@example.org>").unwrap();
        let ada = store.claim(time(100)).unwrap().unwrap();
        store.leave("leave-Ada <ada@example.org>", time(100)).unwrap();
        store.suspend("bob@example.org", "by hand", time(100)).unwrap();
        let later = Outcome::Deferred("450 later".into());
        store.settle_delivery(ada.id, &later, Verdict::Deferred(time(160)), time(101)).unwrap();
        assert_eq!(store.outstanding().unwrap(), 0);
        assert_eq!(store.claim(time(10_000)).unwrap(), None);
    }

    #[test]
    fn who_leaves_before_a_crash_is_cleared_up_gets_no_mail_after_it() {
        let store = store_with_two();
        store.claim(time(100)).unwrap().unwrap();
        store.suspend("ada@example.org", "by hand", time(100)).unwrap();
        assert_eq!(store.reclaim(time(200), OnUnknown::Resend).unwrap(), 1);
        let bob = store.claim(time(300)).unwrap().unwrap();
        assert_eq!(bob.to.address.as_str(), "bob@example.org");
        store.suspend("bob@example.org", "by hand", time(300)).unwrap();
        store.put_back(bob.id, "nobody there", time(300)).unwrap();
        assert_eq!(store.outstanding().unwrap(), 0);
    }

    #[test]
    fn who_is_always_put_off_holds_up_nobody() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        let later = Outcome::Deferred("450 4.2.1 later".into());
        store.settle_delivery(ada.id, &later, Verdict::Deferred(time(160)), time(100)).unwrap();
        assert_eq!(store.claim(time(500)).unwrap().unwrap().to.address.as_str(), "bob@example.org");
        let unsettled = store.unsettled(time(0)).unwrap();
        assert_eq!(unsettled[0].reply.as_deref(), Some("450 4.2.1 later"));
        assert_eq!((unsettled[0].state, unsettled[1].state), (State::Deferred, State::Sending));
    }

    #[test]
    fn an_edition_sent_again_is_a_new_mail_only_for_who_has_it() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        let got = Outcome::Delivered("250".into());
        store.settle_delivery(ada.id, &got, Verdict::Delivered, time(100)).unwrap();
        for address in ["ada@example.org", "bob@example.org", "new@example.org"] {
            let queued = Queued {
                to: address.parse().unwrap(),
                format: Format::Html,
                message_id: format!("<again-{address}>"),
                token: "t".into(),
                bounce: None,
            };
            store.queue_again(1, &queued, time(200)).unwrap();
        }
        let mut ids = Vec::new();
        while let Some(delivery) = store.claim(time(200)).unwrap() {
            ids.push(delivery.message_id);
        }
        assert_eq!(ids, ["<again-ada@example.org>", "<bob@example.org>", "<again-new@example.org>"]);
    }
}
