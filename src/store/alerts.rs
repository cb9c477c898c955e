//! The table `alert`: what the owner should know, and whether they have been alerted to it.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::feeds::time;
use super::{Result, Store};

/// Something the owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub kind: &'static str,
    pub subject: String,
    pub since: DateTime<Utc>,
    pub words: String,
}

/// What the owner has not been alerted to yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub kind: String,
    pub subject: String,
    pub since: DateTime<Utc>,
    pub words: String,
    /// When it ended, if it has.
    pub ended: Option<DateTime<Utc>>,
}

impl Store {
    /// Takes note of all that is wrong now. What was wrong before and is not now is over;
    /// of what nobody was alerted to, nothing need be said, nor of kinds that are `never_over`: they
    /// only grow old.
    pub fn note_conditions(
        &self,
        conditions: &[Condition],
        never_over: &[&str],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut note = self.connection.prepare_cached(
            "INSERT INTO alert (kind, subject, since, words) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, subject) DO UPDATE SET words = ?4, ended_at = NULL
             WHERE words <> ?4 OR ended_at IS NOT NULL",
        )?;
        for condition in conditions {
            note.execute(params![
                condition.kind,
                condition.subject,
                condition.since.timestamp(),
                condition.words
            ])?;
        }
        let mut known =
            self.connection.prepare_cached("SELECT kind, subject FROM alert WHERE ended_at IS NULL")?;
        let known: Vec<(String, String)> =
            known.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let goes_on =
            |kind: &str, subject: &str| conditions.iter().any(|t| t.kind == kind && t.subject == subject);
        for (kind, subject) in known.iter().filter(|(kind, subject)| !goes_on(kind, subject)) {
            let alerted = if never_over.contains(&kind.as_str()) { "NULL" } else { "alerted_at" };
            self.connection
                .prepare_cached(&format!(
                    "UPDATE alert SET ended_at = ?3, alerted_at = {alerted} WHERE kind = ?1 AND subject = ?2"
                ))?
                .execute(params![kind, subject, now.timestamp()])?;
        }
        self.connection
            .prepare_cached("DELETE FROM alert WHERE ended_at IS NOT NULL AND alerted_at IS NULL")?
            .execute([])?;
        Ok(())
    }

    /// What the owner has to be alerted to.
    pub fn pending_alerts(&self) -> Result<Vec<Alert>> {
        let mut query = self.connection.prepare_cached(
            "SELECT kind, subject, since, words, ended_at FROM alert WHERE alerted_at IS NULL OR ended_at IS NOT NULL
             ORDER BY ended_at IS NOT NULL, since, kind, subject",
        )?;
        let row = |r: &Row<'_>| {
            Ok(Alert {
                kind: r.get(0)?,
                subject: r.get(1)?,
                since: time(r.get(2)?),
                words: r.get(3)?,
                ended: r.get::<_, Option<i64>>(4)?.map(time),
            })
        };
        Ok(query.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The owner has been alerted to this.
    pub fn mark_alerted(&self, alerts: &[Alert], now: DateTime<Utc>) -> Result<()> {
        for Alert { kind, subject, ended, .. } in alerts {
            match ended {
                Some(_) => self
                    .connection
                    .prepare_cached("DELETE FROM alert WHERE kind = ?1 AND subject = ?2")?
                    .execute(params![kind, subject])?,
                None => self
                    .connection
                    .prepare_cached("UPDATE alert SET alerted_at = ?3 WHERE kind = ?1 AND subject = ?2")?
                    .execute(params![kind, subject, now.timestamp()])?,
            };
        }
        Ok(())
    }

    /// When some process last set out to alert the owner.
    pub fn last_alert_attempt(&self) -> Result<DateTime<Utc>> {
        let mut query = self.connection.prepare_cached("SELECT last_alert_attempt FROM maintenance")?;
        Ok(query.query_row([], |r| r.get(0)).optional()?.map(time).unwrap_or_default())
    }

    /// Notes that some process sets out to alert the owner.
    pub fn set_last_alert_attempt(&self, at: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE maintenance SET last_alert_attempt = ?1")?
            .execute(params![at.timestamp()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(feed: &str, words: &str) -> Condition {
        Condition { kind: "feed", subject: feed.into(), since: time(5), words: words.into() }
    }

    #[test]
    fn the_owner_is_alerted_to_a_condition_once_and_to_its_end_once() {
        let store = Store::in_memory();
        let alerted = |conditions: &[Condition], now| -> Vec<(String, bool)> {
            store.note_conditions(conditions, &["lost"], time(now)).unwrap();
            let alerts = store.pending_alerts().unwrap();
            store.mark_alerted(&alerts, time(now)).unwrap();
            alerts.into_iter().map(|n| (n.words, n.ended.is_some())).collect()
        };
        assert_eq!(alerted(&[failing("a", "404")], 10), [("404".into(), false)]);
        assert_eq!(alerted(&[failing("a", "500")], 20), []);
        assert_eq!(alerted(&[], 30), [("500".into(), true)]);
        assert_eq!(alerted(&[], 40), []);
        assert_eq!(alerted(&[failing("a", "404")], 50), [("404".into(), false)], "it is a new condition");
        let lost = Condition { kind: "lost", ..failing("b", "1 mail") };
        assert_eq!(alerted(&[failing("a", "404"), lost], 60), [("1 mail".into(), false)]);
        assert_eq!(alerted(&[failing("a", "404")], 70), [], "what is lost is not found by waiting");
    }

    #[test]
    fn what_came_and_went_before_anybody_was_alerted_is_not_mentioned() {
        let store = Store::in_memory();
        store.note_conditions(&[failing("a", "404")], &[], time(10)).unwrap();
        store.note_conditions(&[], &[], time(20)).unwrap();
        assert_eq!(store.pending_alerts().unwrap(), []);
        // What ends and begins again before anybody was alerted to its end just goes on.
        store.note_conditions(&[failing("a", "404")], &[], time(30)).unwrap();
        store.mark_alerted(&store.pending_alerts().unwrap(), time(30)).unwrap();
        store.note_conditions(&[], &[], time(40)).unwrap();
        store.note_conditions(&[failing("a", "404")], &[], time(50)).unwrap();
        assert_eq!(store.pending_alerts().unwrap(), []);
    }
}
