//! Times that lie in the future, since the machine's clock was ahead when they were written: a
//! computer without a battery for its clock, a virtual machine that woke up. Nothing may wait for
//! them.

use chrono::{DateTime, Duration, Utc};
use rusqlite::params;

use super::deliveries::WAITING;
use super::{Result, Store};

/// Clocks are put right by seconds all the time.
const TOLERANCE: Duration = Duration::minutes(5);
/// No mail waits longer than this for its next attempt.
const LONGEST_RETRY: Duration = Duration::hours(2);

/// Whether a delivery was queued or last tried after ?1.
const NOTED_AHEAD: &str =
    "max(queued, coalesce((SELECT max(at) FROM attempt WHERE attempt.delivery = delivery.id), 0)) > ?1";

impl Store {
    /// Puts times that lie in the future, where no rule can have put them, back to now. Says
    /// whether there were any.
    pub fn correct_future_times(&self, now: DateTime<Utc>) -> Result<bool> {
        let latest = (now + TOLERANCE).timestamp();
        let latest_retry = (now + LONGEST_RETRY).timestamp();
        let is_ahead = |sql: &str, latest: i64| {
            Ok::<_, super::Error>(self.connection.prepare_cached(sql)?.exists(params![latest])?)
        };
        // Small tables, or an index: this is asked once a minute.
        let found = is_ahead("SELECT 1 FROM digest WHERE settled > ?1", latest)?
            || is_ahead("SELECT 1 FROM feed WHERE polled > ?1", latest)?
            || is_ahead(
                &format!("SELECT 1 FROM delivery WHERE {} AND next_attempt > ?1", *WAITING),
                latest_retry,
            )?
            || is_ahead(
                &format!(
                    "SELECT 1 FROM (SELECT * FROM delivery WHERE {} ORDER BY next_attempt DESC LIMIT 1) AS delivery
                     WHERE next_attempt > ?1 AND {NOTED_AHEAD}",
                    *WAITING
                ),
                latest,
            )?;
        if !found {
            return Ok(false);
        }
        self.connection.execute(
            &format!(
                "UPDATE delivery SET next_attempt = ?2
                 WHERE next_attempt > ?3 OR (next_attempt > ?1 AND {NOTED_AHEAD})"
            ),
            params![latest, now.timestamp(), latest_retry],
        )?;
        let now = now.timestamp();
        for sql in [
            // What was seen to before counts; what was due since is made up for.
            "UPDATE digest SET settled = coalesce(
               (SELECT max(due) FROM edition WHERE edition.digest = digest.id AND due <= ?1), ?1 - 86400)
             WHERE settled > ?2",
            // It went out by the wrong clock; that day has its own to come. One that was only some
            // minutes early was that day's.
            "UPDATE edition SET due = NULL WHERE due > max(?1 + 3600, ?2)",
            "UPDATE joined SET since = ?1 WHERE since > ?2",
            "UPDATE feed SET next_poll = ?1, hold_until = NULL WHERE polled > ?2",
            "UPDATE feed SET succeeded = ?1 WHERE succeeded > ?2",
            "UPDATE feed SET failing_since = ?1 WHERE failing_since > ?2",
            // Not polled just now, whatever the clock said.
            "UPDATE feed SET polled = ?1 - 86400 WHERE polled > ?2",
            "UPDATE seen SET first_seen = ?1 WHERE first_seen > ?2",
            "UPDATE entry SET first_seen = ?1 WHERE first_seen > ?2",
            "UPDATE entry SET revised = ?1 WHERE revised > ?2",
            "UPDATE story_memory SET carried_at = ?1 WHERE carried_at > ?2",
            "UPDATE edition SET published = ?1 WHERE published > ?2",
            "UPDATE delivery SET queued = ?1 WHERE queued > ?2",
            "UPDATE delivery SET retry_from = ?1 WHERE retry_from > ?2",
            "UPDATE delivery SET settled_at = ?1 WHERE settled_at > ?2",
            "UPDATE attempt SET at = ?1 WHERE at > ?2",
            "UPDATE relay_outage SET since = ?1 WHERE since > ?2",
            "UPDATE soft_bounce SET at = ?1 WHERE at > ?2",
            "UPDATE alert SET since = ?1 WHERE since > ?2",
            "UPDATE maintenance SET pruned_at = ?1 WHERE pruned_at > ?2",
            "UPDATE maintenance SET last_alert_attempt = 0 WHERE last_alert_attempt > ?2",
        ] {
            self.connection.execute(sql, params![now, latest])?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::feeds::time;
    use super::super::{Next, Poll};
    use super::*;

    /// Editions of "daily", numbered from 1, by when they were due and when they came out.
    fn publish(store: &Store, times: &[(i64, i64)]) {
        for (number, (due, published)) in (1..).zip(times) {
            store
                .connection
                .execute(
                    "INSERT INTO edition (id, digest, number, due, published, title, subject, html, text, token, stories)
                     VALUES (?1, 'daily', ?1, ?2, ?3, 't', 's', 'h', 't', ?1, 1)",
                    params![number, due, published],
                )
                .unwrap();
        }
    }

    #[test]
    fn a_clock_that_was_ahead_holds_nothing_up() {
        let store = Store::in_memory();
        let year = 365 * 86_400;
        store.join("daily", &["c".into()], time(year)).unwrap();
        let next = Next { poll: time(year + 3600), hold_until: Some(time(year + 7200)), moved: None };
        store.polled("c", "feed.xml", time(year), &next, &Poll::Failed("429".into())).unwrap();
        assert!(store.correct_future_times(time(1_000_000)).unwrap());
        let feed = store.feed("c", "feed.xml").unwrap().unwrap();
        assert_eq!((feed.next_poll, feed.hold_until), (time(1_000_000), None));
        assert!(feed.polled.unwrap() < time(1_000_000));
        assert_eq!(store.settled("daily").unwrap(), Some(time(1_000_000 - 86_400)), "today's may be missing");
        assert_eq!(store.joined("daily", "c").unwrap(), Some(time(1_000_000)), "no entry is backlog for it");
        assert!(!store.correct_future_times(time(1_000_000)).unwrap());
    }

    #[test]
    fn an_edition_of_today_is_made_up_for_when_the_clock_was_ahead_of_it() {
        let store = Store::in_memory();
        store.join("daily", &["c".into()], time(100)).unwrap();
        publish(&store, &[(500, 500)]);
        store.connection.execute_batch("UPDATE digest SET settled = 90000").unwrap();
        assert!(store.correct_future_times(time(2000)).unwrap());
        assert_eq!(store.settled("daily").unwrap(), Some(time(500)));
    }

    #[test]
    fn an_edition_that_went_out_by_a_wrong_clock_does_not_take_the_place_of_that_days() {
        let store = Store::in_memory();
        store.join("daily", &["c".into()], time(100)).unwrap();
        publish(&store, &[(90000, 90000), (4000, 90001)]);
        store.connection.execute_batch("UPDATE digest SET settled = 90000").unwrap();
        assert!(store.correct_future_times(time(2000)).unwrap());
        let due: Vec<Option<i64>> = store
            .connection
            .prepare("SELECT due FROM edition ORDER BY id")
            .and_then(|mut rows| rows.query_map([], |r| r.get(0))?.collect())
            .unwrap();
        assert_eq!(due, [None, Some(4000)], "half an hour early is that day's");
    }

    #[test]
    fn a_mail_that_was_tried_by_a_clock_that_was_ahead_does_not_wait_for_it() {
        let store = Store::in_memory();
        publish(&store, &[(500, 500)]);
        store
            .connection
            .execute_batch(
                "INSERT INTO delivery (id, edition, address, format, message_id, queued, retry_from, next_attempt, attempts, state)
                 VALUES (1, 1, 'a@b.c', 'html', '<1>', 500, 500, 9000, 1, 'deferred');
                 INSERT INTO attempt (delivery, at, outcome, reply) VALUES (1, 5400, 'deferred', '450 later');",
            )
            .unwrap();
        assert!(!store.correct_future_times(time(5200)).unwrap());
        assert!(store.correct_future_times(time(3000)).unwrap());
        assert_eq!(store.due(time(3000)).unwrap(), 1);
        let tried: i64 = store.connection.query_row("SELECT at FROM attempt", [], |r| r.get(0)).unwrap();
        assert_eq!(tried, 3000);
    }

    #[test]
    fn times_that_a_rule_put_ahead_stay() {
        let store = Store::in_memory();
        store.join("daily", &["c".into()], time(100)).unwrap();
        let month = Next { poll: time(30 * 86_400), hold_until: Some(time(30 * 86_400)), moved: None };
        store.polled("c", "feed.xml", time(100), &month, &Poll::Failed("410".into())).unwrap();
        assert!(!store.correct_future_times(time(100)).unwrap());
        assert!(!store.correct_future_times(time(100 - 60)).unwrap(), "clocks are set by seconds");
        assert!(store.correct_future_times(time(100 - 3600)).unwrap(), "an hour is no matter of seconds");
    }
}
