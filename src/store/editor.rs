//! The tables `editor_answer`, `briefing`, `editor_use` and `editor_outage`: what a language model wrote and
//! is not asked again, what it was asked for each edition, and since when it does not answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::feeds::time;
use super::{Result, Store};
use crate::model::{BriefingSentence, EntryKey};

/// By which an answer is kept.
pub type AnswerKey = [u8; 32];

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptAnswer {
    Usable(String),
    /// Why not.
    Unusable(String),
}

/// What the model was asked for an edition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EditorUse {
    pub requests: u64,
    pub tokens: u64,
    /// Answers that could not be used.
    pub unusable: u64,
    /// Since when no more is asked, as its budget is spent.
    pub spent: Option<DateTime<Utc>>,
}

/// The model does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorOutage {
    pub since: DateTime<Utc>,
    /// Attempts in a row.
    pub failures: u32,
    pub why: String,
    /// When it is asked again.
    pub retry: DateTime<Utc>,
}

/// Of a row that begins with its text and why it has none.
fn answer(row: &Row<'_>) -> rusqlite::Result<KeptAnswer> {
    Ok(match row.get(0)? {
        Some(text) => KeptAnswer::Usable(text),
        None => KeptAnswer::Unusable(row.get(1)?),
    })
}

impl Store {
    /// Those of the answers that are known.
    pub fn editor_answers(&self, keys: &[AnswerKey]) -> Result<HashMap<AnswerKey, KeptAnswer>> {
        let mut query =
            self.connection.prepare_cached("SELECT text, why FROM editor_answer WHERE key = ?1")?;
        let mut known = HashMap::new();
        for key in keys {
            let row = query.query_row(params![key], answer);
            known.extend(row.optional()?.map(|answer| (*key, answer)));
        }
        Ok(known)
    }

    /// Keeps an answer, so that it is asked for once.
    pub fn keep_editor_answer(&self, key: &AnswerKey, answer: &KeptAnswer, now: DateTime<Utc>) -> Result<()> {
        let (text, why) = match answer {
            KeptAnswer::Usable(text) => (Some(text), None),
            KeptAnswer::Unusable(why) => (None, Some(why)),
        };
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO editor_answer (key, text, why, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![key, text, why, now.timestamp()])?;
        Ok(())
    }

    /// The briefing that was last written for an edition, and the key of what it was made of.
    pub fn briefing(&self, digest: &str, number: i64) -> Result<Option<(AnswerKey, Vec<BriefingSentence>)>> {
        let mut query = self.connection.prepare_cached(
            "SELECT key, feed, entry, text FROM briefing WHERE digest = ?1 AND number = ?2 ORDER BY place",
        )?;
        let rows = query.query_map(params![digest, number], |r| {
            Ok((r.get(0)?, BriefingSentence { feed: r.get(1)?, key: EntryKey(r.get(2)?), text: r.get(3)? }))
        })?;
        let rows: Vec<(AnswerKey, BriefingSentence)> = rows.collect::<rusqlite::Result<_>>()?;
        let key = rows.first().map(|(key, _)| *key);
        Ok(key.map(|key| (key, rows.into_iter().map(|(_, sentence)| sentence).collect())))
    }

    /// Keeps the briefing of an edition in place of an earlier one.
    pub fn keep_briefing(
        &self,
        (digest, number): (&str, i64),
        key: &AnswerKey,
        sentences: &[BriefingSentence],
    ) -> Result<()> {
        self.connection
            .prepare_cached("DELETE FROM briefing WHERE digest = ?1 AND number = ?2")?
            .execute(params![digest, number])?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO briefing (digest, number, place, key, feed, entry, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for (place, sentence) in (0i64..).zip(sentences) {
            let BriefingSentence { feed, key: entry, text } = sentence;
            insert.execute(params![digest, number, place, key, feed, entry.0, text])?;
        }
        Ok(())
    }

    /// What was asked for an edition so far.
    pub fn editor_use(&self, digest: &str, number: i64) -> Result<EditorUse> {
        let mut query = self.connection.prepare_cached(
            "SELECT requests, tokens, unusable, spent_at FROM editor_use WHERE digest = ?1 AND number = ?2",
        )?;
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        let row = query.query_row(params![digest, number], |r| {
            Ok(EditorUse {
                requests: count(r.get(0)?),
                tokens: count(r.get(1)?),
                unusable: count(r.get(2)?),
                spent: r.get::<_, Option<i64>>(3)?.map(time),
            })
        });
        Ok(row.optional()?.unwrap_or_default())
    }

    /// Counts a request and what came of it.
    pub fn count_editor_use(&self, digest: &str, number: i64, tokens: u64, is_usable: bool) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO editor_use (digest, number, requests, tokens, unusable) VALUES (?1, ?2, 1, ?3, ?4)
                 ON CONFLICT (digest, number) DO UPDATE
                 SET requests = requests + 1, tokens = tokens + ?3, unusable = unusable + ?4",
            )?
            .execute(params![digest, number, i64::try_from(tokens).unwrap_or(i64::MAX), !is_usable])?;
        Ok(())
    }

    /// Notes that the budget of an edition is spent.
    pub fn note_editor_spent(&self, digest: &str, number: i64, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO editor_use (digest, number, requests, tokens, unusable, spent_at)
                 VALUES (?1, ?2, 0, 0, 0, ?3)
                 ON CONFLICT (digest, number) DO UPDATE SET spent_at = coalesce(spent_at, ?3)",
            )?
            .execute(params![digest, number, now.timestamp()])?;
        Ok(())
    }

    /// Editions whose budget was spent since then.
    pub fn editor_spent(&self, since: DateTime<Utc>) -> Result<Vec<(String, i64, DateTime<Utc>)>> {
        let mut query = self.connection.prepare_cached(
            "SELECT digest, number, spent_at FROM editor_use WHERE spent_at >= ?1 ORDER BY spent_at",
        )?;
        let rows =
            query.query_map(params![since.timestamp()], |r| Ok((r.get(0)?, r.get(1)?, time(r.get(2)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The outage, if there is one.
    pub fn editor_outage(&self) -> Result<Option<EditorOutage>> {
        let mut query =
            self.connection.prepare_cached("SELECT since, failures, why, retry_at FROM editor_outage")?;
        let row = query.query_row([], |r| {
            Ok(EditorOutage {
                since: time(r.get(0)?),
                failures: r.get(1)?,
                why: r.get(2)?,
                retry: time(r.get(3)?),
            })
        });
        Ok(row.optional()?)
    }

    /// Notes that the model did not answer, and when it is asked again.
    pub fn record_editor_outage(&self, why: &str, retry: DateTime<Utc>, now: DateTime<Utc>) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO editor_outage (only, since, failures, why, retry_at) VALUES (1, ?1, 1, ?2, ?3)
                 ON CONFLICT (only) DO UPDATE SET failures = failures + 1, why = ?2, retry_at = ?3",
            )?
            .execute(params![now.timestamp(), why, retry.timestamp()])?;
        Ok(())
    }

    /// It answers again.
    pub fn end_editor_outage(&self) -> Result<()> {
        self.connection.prepare_cached("DELETE FROM editor_outage")?.execute([])?;
        Ok(())
    }

    /// The answers that were kept since then.
    pub fn editor_answers_since(&self, since: DateTime<Utc>) -> Result<Vec<(AnswerKey, KeptAnswer)>> {
        let mut query =
            self.connection.prepare_cached("SELECT text, why, key FROM editor_answer WHERE at >= ?1")?;
        let rows = query.query_map(params![since.timestamp()], |r| Ok((r.get(2)?, answer(r)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_with_what_it_is_good_for() {
        let store = Store::in_memory();
        let good = KeptAnswer::Usable("渡轮".into());
        let bad = KeptAnswer::Unusable("it is empty".into());
        store.keep_editor_answer(&[1; 32], &good, time(10)).unwrap();
        store.keep_editor_answer(&[2; 32], &bad, time(10)).unwrap();
        let known = store.editor_answers(&[[1; 32], [2; 32], [3; 32]]).unwrap();
        assert_eq!((known.get(&[1; 32]), known.get(&[2; 32]), known.len()), (Some(&good), Some(&bad), 2));
    }

    #[test]
    fn a_briefing_is_that_of_the_latest_stories() {
        let store = Store::in_memory();
        let sentence =
            |text: &str| BriefingSentence { feed: "f".into(), key: EntryKey([7; 16]), text: text.into() };
        store.keep_briefing(("daily", 1), &[1; 32], &[sentence("a"), sentence("b")]).unwrap();
        store.keep_briefing(("daily", 1), &[2; 32], &[sentence("c")]).unwrap();
        assert_eq!(store.briefing("daily", 1).unwrap(), Some(([2; 32], vec![sentence("c")])));
        assert_eq!(store.briefing("daily", 2).unwrap(), None);
    }

    #[test]
    fn what_is_asked_for_an_edition_adds_up() {
        let store = Store::in_memory();
        store.count_editor_use("daily", 1, 100, true).unwrap();
        store.count_editor_use("daily", 1, 50, false).unwrap();
        store.note_editor_spent("daily", 1, time(10)).unwrap();
        store.note_editor_spent("daily", 1, time(20)).unwrap();
        let used = store.editor_use("daily", 1).unwrap();
        assert_eq!(used, EditorUse { requests: 2, tokens: 150, unusable: 1, spent: Some(time(10)) });
        assert_eq!(store.editor_spent(time(5)).unwrap(), [("daily".to_owned(), 1, time(10))]);
    }
}
