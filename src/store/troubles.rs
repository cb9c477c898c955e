//! The table `trouble`: what the owner should know, and has or has not been told.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::feeds::time;
use super::{Result, Store};

/// Something the owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub kind: &'static str,
    pub subject: String,
    pub since: DateTime<Utc>,
    pub words: String,
}

/// What the owner has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub kind: String,
    pub subject: String,
    pub since: DateTime<Utc>,
    pub words: String,
    /// When it ended, if it has.
    pub over: Option<DateTime<Utc>>,
}

impl Store {
    /// Takes note of all that is wrong now. What was wrong before and is not now is over;
    /// of what nobody was told, nothing need be said, nor of kinds that are `for_good`: they
    /// only grow old.
    pub fn note_troubles(&self, troubles: &[Trouble], for_good: &[&str], now: DateTime<Utc>) -> Result<()> {
        let mut note = self.connection.prepare_cached(
            "INSERT INTO trouble (kind, subject, since, words) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, subject) DO UPDATE SET words = ?4, over = NULL
             WHERE words <> ?4 OR over IS NOT NULL",
        )?;
        for trouble in troubles {
            note.execute(params![trouble.kind, trouble.subject, trouble.since.timestamp(), trouble.words])?;
        }
        let mut known =
            self.connection.prepare_cached("SELECT kind, subject FROM trouble WHERE over IS NULL")?;
        let known: Vec<(String, String)> =
            known.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
        let goes_on =
            |kind: &str, subject: &str| troubles.iter().any(|t| t.kind == kind && t.subject == subject);
        for (kind, subject) in known.iter().filter(|(kind, subject)| !goes_on(kind, subject)) {
            let told = if for_good.contains(&kind.as_str()) { "NULL" } else { "told" };
            self.connection
                .prepare_cached(&format!(
                    "UPDATE trouble SET over = ?3, told = {told} WHERE kind = ?1 AND subject = ?2"
                ))?
                .execute(params![kind, subject, now.timestamp()])?;
        }
        self.connection
            .prepare_cached("DELETE FROM trouble WHERE over IS NOT NULL AND told IS NULL")?
            .execute([])?;
        Ok(())
    }

    /// What the owner has to be told.
    pub fn news(&self) -> Result<Vec<News>> {
        let mut query = self.connection.prepare_cached(
            "SELECT kind, subject, since, words, over FROM trouble WHERE told IS NULL OR over IS NOT NULL
             ORDER BY over IS NOT NULL, since, kind, subject",
        )?;
        let row = |r: &Row<'_>| {
            Ok(News {
                kind: r.get(0)?,
                subject: r.get(1)?,
                since: time(r.get(2)?),
                words: r.get(3)?,
                over: r.get::<_, Option<i64>>(4)?.map(time),
            })
        };
        Ok(query.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The owner has been told this.
    pub fn told(&self, news: &[News], now: DateTime<Utc>) -> Result<()> {
        for News { kind, subject, over, .. } in news {
            let sql = match over {
                Some(_) => "DELETE FROM trouble WHERE kind = ?1 AND subject = ?2 AND ?3 IS NOT NULL",
                None => "UPDATE trouble SET told = ?3 WHERE kind = ?1 AND subject = ?2",
            };
            self.connection.prepare_cached(sql)?.execute(params![kind, subject, now.timestamp()])?;
        }
        Ok(())
    }

    /// When some process last set out to tell the owner.
    pub fn mute(&self) -> Result<DateTime<Utc>> {
        let mut query = self.connection.prepare_cached("SELECT mute FROM upkeep")?;
        Ok(query.query_row([], |r| r.get(0)).optional()?.map(time).unwrap_or_default())
    }

    pub fn set_mute(&self, at: DateTime<Utc>) -> Result<()> {
        self.connection.prepare_cached("UPDATE upkeep SET mute = ?1")?.execute(params![at.timestamp()])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(feed: &str, words: &str) -> Trouble {
        Trouble { kind: "feed", subject: feed.into(), since: time(5), words: words.into() }
    }

    #[test]
    fn a_trouble_is_told_once_and_its_end_once() {
        let store = Store::in_memory();
        let news = |troubles: &[Trouble], now| -> Vec<(String, bool)> {
            store.note_troubles(troubles, &["lost"], time(now)).unwrap();
            let news = store.news().unwrap();
            store.told(&news, time(now)).unwrap();
            news.into_iter().map(|n| (n.words, n.over.is_some())).collect()
        };
        assert_eq!(news(&[failing("a", "404")], 10), [("404".into(), false)]);
        assert_eq!(news(&[failing("a", "500")], 20), []);
        assert_eq!(news(&[], 30), [("500".into(), true)]);
        assert_eq!(news(&[], 40), []);
        assert_eq!(news(&[failing("a", "404")], 50), [("404".into(), false)], "it is a new trouble");
        let lost = Trouble { kind: "lost", ..failing("b", "1 mail") };
        assert_eq!(news(&[failing("a", "404"), lost], 60), [("1 mail".into(), false)]);
        assert_eq!(news(&[failing("a", "404")], 70), [], "what is lost is not found by waiting");
    }

    #[test]
    fn what_came_and_went_before_anybody_was_told_is_not_told() {
        let store = Store::in_memory();
        store.note_troubles(&[failing("a", "404")], &[], time(10)).unwrap();
        store.note_troubles(&[], &[], time(20)).unwrap();
        assert_eq!(store.news().unwrap(), []);
        // What ends and begins again before its end was told just goes on.
        store.note_troubles(&[failing("a", "404")], &[], time(30)).unwrap();
        store.told(&store.news().unwrap(), time(30)).unwrap();
        store.note_troubles(&[], &[], time(40)).unwrap();
        store.note_troubles(&[failing("a", "404")], &[], time(50)).unwrap();
        assert_eq!(store.news().unwrap(), []);
    }
}
