//! The tables `delivery` and `attempt`: the outbox, as sending works on it. How a person sees
//! it is in [`outbox`](super::outbox).
//!
//! ```text
//! pending -> sending -> delivered -> bounced
//!               |-> deferred (until next_attempt) -> sending
//!               |-> unknown (held for a person) | rejected | given up
//! whatever waits may be dropped: by a person, or since its reader left
//! ```

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{OptionalExtension, ToSql, params};

use super::feeds::time;
use super::outbox::DeliveryRow;
use super::{Result, Store};
use crate::model::{Address, Decision, Delivery, Diagnostic, Format, Mailbox, Outcome, OutcomeKind, State};

/// `state IN (…)`, by the very words of the partial indexes, so that queries use them.
fn state_in(states: &[State]) -> String {
    let words: Vec<String> = states.iter().map(|state| format!("'{}'", state.word())).collect();
    format!("state IN ({})", words.join(", "))
}

pub(super) static WAITING: LazyLock<String> = LazyLock::new(|| state_in(&State::WAITING));
pub(super) static RECALLABLE: LazyLock<String> = LazyLock::new(|| state_in(&State::RECALLABLE));
pub(super) static OPEN: LazyLock<String> = LazyLock::new(|| state_in(&State::OPEN));
pub(super) static LOST: LazyLock<String> = LazyLock::new(|| state_in(&State::LOST));

/// How many deliveries an earlier run had left in the middle of sending, by what follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reclaimed {
    pub tried_again: usize,
    pub held: usize,
}

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

impl ToSql for Format {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Epub => "epub",
        }
        .into())
    }
}

impl FromSql for Format {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "html" => Ok(Self::Html),
            "text" => Ok(Self::Text),
            "epub" => Ok(Self::Epub),
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
        value.as_str()?.parse().map_err(|_| FromSqlError::InvalidType)
    }
}

impl ToSql for OutcomeKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.word().into())
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
                "INSERT INTO delivery
                   (edition, address, name, format, message_id, queued, retry_from, next_attempt, token, bounce)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?7, ?8)",
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
                   name = ?4, format = ?5, token = ?6, bounce = ?7, state = 'pending',
                   queued = ?8, retry_from = ?8, next_attempt = ?8, settled_at = NULL, attempts = 0
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
    /// whether their mails arrived, which is noted. `decide` says what follows, by how many attempts
    /// ended so. Only for the holder of the lock, who knows that nobody else is sending.
    pub fn reclaim(&self, now: DateTime<Utc>, decide: impl Fn(u32) -> Decision) -> Result<Reclaimed> {
        let mut left = self
            .connection
            .prepare_cached(&format!("SELECT id FROM delivery WHERE {} AND state = 'sending'", *OPEN))?;
        let left: Vec<i64> = left.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mut reclaimed = Reclaimed::default();
        for id in left {
            let interrupted = Diagnostic::Local("the program ended while sending".into());
            self.note_attempt(id, OutcomeKind::Unknown, &interrupted, now)?;
            let decision = decide(self.unknown_attempts(id)?);
            if decision == Decision::Hold {
                reclaimed.held += 1;
            } else {
                reclaimed.tried_again += 1;
            }
            self.follow(id, decision, now)?;
        }
        Ok(reclaimed)
    }

    /// Whatever waits is due now: a person says so.
    pub fn make_due(&self, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET next_attempt = ?1 WHERE {} AND next_attempt > ?1",
                *WAITING
            ))?
            .execute(params![now.timestamp()])?;
        Ok(())
    }

    /// Since when the delivery that is due the longest has waited.
    pub fn oldest_due(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT min(next_attempt) FROM delivery WHERE {} AND {} AND next_attempt <= ?1",
            *OPEN, *WAITING
        ))?;
        let oldest: Option<i64> = query.query_row(params![now.timestamp()], |r| r.get(0))?;
        Ok(oldest.map(time))
    }

    /// How many deliveries are due.
    pub fn due(&self, now: DateTime<Utc>) -> Result<usize> {
        self.count(
            &format!("SELECT count(*) FROM delivery WHERE {} AND {} AND next_attempt <= ?1", *OPEN, *WAITING),
            now,
        )
    }

    /// Takes the next delivery that is due and marks it as being sent: of those tried
    /// least, the oldest.
    pub fn claim(&self, due: DateTime<Utc>) -> Result<Option<Delivery>> {
        let mut query = self.connection.prepare_cached(&format!(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1
             WHERE id = (SELECT id FROM delivery WHERE {} AND next_attempt <= ?1 ORDER BY attempts, id LIMIT 1)
             RETURNING id, edition, address, name, format, message_id, attempts - 1, retry_from, token, bounce",
            *WAITING
        ))?;
        let delivery = query
            .query_row(params![due.timestamp()], |r| {
                Ok(Delivery {
                    id: r.get(0)?,
                    edition: r.get(1)?,
                    to: Mailbox { address: r.get(2)?, name: r.get(3)? },
                    format: r.get(4)?,
                    message_id: r.get(5)?,
                    attempts: r.get(6)?,
                    unknown_attempts: 0,
                    retry_from: time(r.get(7)?),
                    token: r.get(8)?,
                    bounce: r.get(9)?,
                })
            })
            .optional()?;
        let Some(mut delivery) = delivery else { return Ok(None) };
        if delivery.attempts > 0 {
            delivery.unknown_attempts = self.unknown_attempts(delivery.id)?;
        }
        Ok(Some(delivery))
    }

    /// How many of a delivery's attempts ended with nobody knowing whether it arrived. What a
    /// person wants tried again starts anew, as its attempts are counted anew.
    fn unknown_attempts(&self, id: i64) -> Result<u32> {
        let mut query = self.connection.prepare_cached(
            "SELECT outcome FROM attempt
             WHERE delivery = ?1 ORDER BY id DESC LIMIT (SELECT attempts FROM delivery WHERE id = ?1)",
        )?;
        let outcomes = query.query_map(params![id], |r| r.get::<_, String>(0))?;
        let outcomes = outcomes.collect::<rusqlite::Result<Vec<_>>>()?;
        let unknown = outcomes.iter().filter(|outcome| outcome.parse() == Ok(OutcomeKind::Unknown)).count();
        Ok(u32::try_from(unknown).unwrap_or(u32::MAX))
    }

    /// Gives a claimed delivery back that was not tried after all.
    pub fn release(&self, id: i64, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = iif(attempts > 1, 'deferred', 'pending'), attempts = attempts - 1
                 WHERE id = ?1",
            )?
            .execute(params![id])?;
        self.drop_if_unwanted(id, now)
    }

    /// Gives a claimed delivery back: nobody was there to take it. It has had its turn, so that
    /// another is the next to find out whether somebody is; and is due again at `due`.
    pub fn release_after(&self, id: i64, why: &str, now: DateTime<Utc>, due: DateTime<Utc>) -> Result<()> {
        self.note_attempt(id, OutcomeKind::Deferred, &Diagnostic::Local(why.into()), now)?;
        self.retry_at(id, due)?;
        self.drop_if_unwanted(id, now)
    }

    /// The time of whatever waits begins now: it could not leave before, through no fault of
    /// its recipients.
    pub fn restart_retry_window(&self, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET retry_from = ?1 WHERE {} AND retry_from < ?1",
                *WAITING
            ))?
            .execute(params![now.timestamp()])?;
        Ok(())
    }

    /// Records what an attempt came to.
    pub fn settle_delivery(
        &self,
        id: i64,
        outcome: &Outcome,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.note_attempt(id, outcome.kind(), outcome.diagnostic(), now)?;
        self.follow(id, decision, now)
    }

    fn follow(&self, id: i64, decision: Decision, now: DateTime<Utc>) -> Result<()> {
        match decision {
            Decision::Delivered => self.set_settled(id, State::Delivered, now),
            Decision::Rejected => self.set_settled(id, State::Rejected, now),
            Decision::GiveUp => self.set_settled(id, State::GivenUp, now),
            Decision::RetryAt(at) => {
                self.retry_at(id, at)?;
                self.drop_if_unwanted(id, now)
            }
            Decision::Hold => {
                self.set_settled(id, State::Unknown, now)?;
                self.drop_if_unwanted(id, now)
            }
        }
    }

    /// Readers may have left, paused or been suppressed, while their mails were being sent.
    fn drop_if_unwanted(&self, id: i64, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET state = 'dropped', settled_at = ?2
                 WHERE id = ?1 AND {}
                   AND (EXISTS (SELECT 1 FROM subscription AS s WHERE s.token = delivery.token AND left_at IS NOT NULL)
                        OR EXISTS (SELECT 1 FROM suppression AS s WHERE s.address = delivery.address)
                        OR EXISTS (SELECT 1 FROM preference AS p
                                   WHERE p.address = delivery.address AND p.paused_until > ?2))",
                *RECALLABLE
            ))?
            .execute(params![id, now.timestamp()])?;
        Ok(())
    }

    fn note_attempt(
        &self,
        id: i64,
        outcome: OutcomeKind,
        diagnostic: &Diagnostic,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let status = diagnostic.enhanced().map(|status| status.to_string());
        self.connection
            .prepare_cached(
                // Nothing is noted of somebody who was forgotten meanwhile.
                "INSERT INTO attempt (delivery, at, outcome, status, reply, code)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM delivery WHERE id = ?1 AND state <> 'dropped'",
            )?
            .execute(params![
                id,
                now.timestamp(),
                outcome,
                status,
                diagnostic.to_string(),
                diagnostic.code()
            ])?;
        Ok(())
    }

    fn set_settled(&self, id: i64, state: State, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE delivery SET state = ?2, settled_at = ?3 WHERE id = ?1 AND state <> 'dropped'",
            )?
            .execute(params![id, state, now.timestamp()])?;
        Ok(())
    }

    fn retry_at(&self, id: i64, at: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE delivery SET state = 'deferred', next_attempt = ?2 WHERE id = ?1 AND state <> 'dropped'")?
            .execute(params![id, at.timestamp()])?;
        Ok(())
    }

    /// A delivery whose rejection was held is rejected after all; `attempts` is how many it had
    /// then. False when it has gone on since: it was tried again, or dropped.
    pub fn reject(&self, id: i64, attempts: u32, now: DateTime<Utc>) -> Result<bool> {
        let rejected = self
            .connection
            .prepare_cached(
                "UPDATE delivery SET state = 'rejected', settled_at = ?3
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
    pub fn record_returned(&self, id: i64, why: &str, now: DateTime<Utc>) -> Result<()> {
        self.note_attempt(id, OutcomeKind::Bounced, &Diagnostic::Local(why.into()), now)?;
        self.set_settled(id, State::Bounced, now)
    }

    /// The relay is not there: nobody's turn comes before `until`, except for who waits
    /// longer anyway.
    pub fn postpone(&self, until: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(&format!(
                "UPDATE delivery SET next_attempt = ?1 WHERE {} AND next_attempt < ?1",
                *WAITING
            ))?
            .execute(params![until.timestamp()])?;
        Ok(())
    }

    /// Gives up what still waits of what is tried since before then; says what that was.
    pub fn give_up(
        &self,
        retried_since: DateTime<Utc>,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<DeliveryRow>> {
        let late = self.deliveries(
            &format!("d.id IN (SELECT id FROM delivery WHERE {} AND retry_from <= ?1)", *WAITING),
            params![retried_since.timestamp()],
        )?;
        for delivery in &late {
            // What may have arrived is not given up for lost.
            let may_have_arrived = self.unknown_attempts(delivery.id)? > 0;
            let state = if may_have_arrived { State::Unknown } else { State::GivenUp };
            self.note_attempt(delivery.id, OutcomeKind::Deferred, &Diagnostic::Local(why.into()), now)?;
            self.set_settled(delivery.id, state, now)?;
        }
        Ok(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Frozen, Reply};
    use crate::store::{NewEdition, Selection};

    fn resend(now: i64) -> impl Fn(u32) -> Decision {
        move |_| Decision::RetryAt(time(now))
    }

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
            waiting: Vec::new(),
            language: "en".into(),
            pages: Vec::new(),
            articles: Vec::new(),
            memories: Vec::new(),
            book: None,
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
            .settle_delivery(
                ada.id,
                &Outcome::Delivered(Reply::new(250, "ok").into()),
                Decision::Delivered,
                time(101),
            )
            .unwrap();
        store
            .settle_delivery(
                bob.id,
                &Outcome::Deferred(Reply::new(450, "").into()),
                Decision::RetryAt(time(160)),
                time(101),
            )
            .unwrap();
        assert_eq!(store.claim(time(159)).unwrap(), None);
        assert_eq!(store.outstanding().unwrap(), 1);
        store.make_due(time(159)).unwrap();
        let again = store.claim(time(159)).unwrap().unwrap();
        assert_eq!((again.id, again.attempts, again.message_id), (bob.id, 1, bob.message_id));
        assert_eq!(store.claim(time(159)).unwrap(), None);
        store.release_after(again.id, "nobody there", time(159), time(159)).unwrap();
        assert!(!store.reject(again.id, 1, time(159)).unwrap(), "it has been tried since");
        assert!(store.reject(again.id, 2, time(159)).unwrap());
    }

    #[test]
    fn what_a_dead_process_was_sending_becomes_due_again() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        assert_eq!(store.reclaim(time(200), resend(200)).unwrap().tried_again, 1);
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
        assert_eq!(store.reclaim(time(200), |_| Decision::Hold).unwrap().held, 1);
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
        store.suppress("bob@example.org", "by hand", time(100)).unwrap();
        let later = Outcome::Deferred(Reply::new(450, "later").into());
        store.settle_delivery(ada.id, &later, Decision::RetryAt(time(160)), time(101)).unwrap();
        assert_eq!(store.outstanding().unwrap(), 0);
        assert_eq!(store.claim(time(10_000)).unwrap(), None);
    }

    #[test]
    fn who_leaves_before_a_crash_is_cleared_up_gets_no_mail_after_it() {
        let store = store_with_two();
        store.claim(time(100)).unwrap().unwrap();
        store.suppress("ada@example.org", "by hand", time(100)).unwrap();
        assert_eq!(store.reclaim(time(200), resend(200)).unwrap().tried_again, 1);
        let bob = store.claim(time(300)).unwrap().unwrap();
        assert_eq!(bob.to.address.as_str(), "bob@example.org");
        store.suppress("bob@example.org", "by hand", time(300)).unwrap();
        store.release_after(bob.id, "nobody there", time(300), time(300)).unwrap();
        assert_eq!(store.outstanding().unwrap(), 0);
    }

    #[test]
    fn who_is_always_put_off_holds_up_nobody() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        let later = Outcome::Deferred(Reply::new(450, "4.2.1 later").into());
        store.settle_delivery(ada.id, &later, Decision::RetryAt(time(160)), time(100)).unwrap();
        assert_eq!(store.claim(time(500)).unwrap().unwrap().to.address.as_str(), "bob@example.org");
        let unsettled = store.unsettled(time(0)).unwrap();
        assert_eq!(unsettled[0].reply.as_deref(), Some("450 4.2.1 later"));
        assert_eq!((unsettled[0].state, unsettled[1].state), (State::Deferred, State::Sending));
    }

    #[test]
    fn an_edition_sent_again_is_a_new_mail_only_for_who_has_it() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        let got = Outcome::Delivered(Reply::new(250, "").into());
        store.settle_delivery(ada.id, &got, Decision::Delivered, time(100)).unwrap();
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

    #[test]
    fn what_was_not_tried_after_all_is_as_it_was() {
        let store = store_with_two();
        let ada = store.claim(time(100)).unwrap().unwrap();
        store.release(ada.id, time(100)).unwrap();
        let again = store.claim(time(100)).unwrap().unwrap();
        assert_eq!(again, ada);
        assert_eq!(store.unsettled(time(0)).unwrap()[0].reply, None);
    }

    #[test]
    fn attempts_of_unknown_end_are_counted_until_a_person_starts_anew() {
        let store = store_with_two();
        let unknown = Outcome::Unknown(Diagnostic::Local("the line broke".into()));
        for counted in 0..3 {
            let ada = store.claim(time(100)).unwrap().unwrap();
            assert_eq!((ada.id, ada.unknown_attempts), (1, counted));
            store.settle_delivery(ada.id, &unknown, Decision::RetryAt(time(100)), time(100)).unwrap();
            // The other has had as many turns, so that ada is the next.
            let bob = store.claim(time(100)).unwrap().unwrap();
            store.release_after(bob.id, "nobody there", time(100), time(100)).unwrap();
            store.restart_retry_window(time(100)).unwrap();
        }
        store.settle_delivery(1, &unknown, Decision::Hold, time(100)).unwrap();
        store.drop_deliveries(&Selection::Named("bob@example.org".into()), time(100)).unwrap();
        assert_eq!(store.claim(time(1000)).unwrap(), None);
        assert_eq!(store.retry(&Selection::Named("1".into()), time(200)).unwrap(), 1);
        assert_eq!(store.claim(time(200)).unwrap().unwrap().unknown_attempts, 0);
    }

    #[test]
    fn interruptions_are_counted() {
        let store = store_with_two();
        store.suppress("bob@example.org", "by hand", time(100)).unwrap();
        for interrupted in 1..=3 {
            assert_eq!(store.claim(time(1000)).unwrap().unwrap().id, 1);
            let decide = |unknown| {
                assert_eq!(unknown, interrupted);
                Decision::RetryAt(time(1000))
            };
            assert_eq!(store.reclaim(time(1000), decide).unwrap().tried_again, 1);
        }
    }

    #[test]
    fn state_lists_are_spelled_as_in_the_indexes_that_they_use() {
        let store = Store::in_memory();
        let sql = |index: &str| -> String {
            let mut query =
                store.connection.prepare("SELECT sql FROM sqlite_schema WHERE name = ?1").unwrap();
            query.query_row(params![index], |r| r.get(0)).unwrap()
        };
        for (index, states) in
            [("delivery_waiting", &WAITING), ("delivery_open", &OPEN), ("delivery_lost", &LOST)]
        {
            assert!(sql(index).ends_with(states.as_str()), "{index}");
        }
    }
}
