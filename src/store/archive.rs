//! The tables `article` and `article_terms`: what editions carried, as it is listed and searched in
//! the web. FTS5 holds the terms alone, made by [`search_terms`]; the words to be shown are in
//! `article`, compressed.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use rusqlite::{OptionalExtension, Row, params};

use super::entries::{COLUMNS, Stored, stored};
use super::feeds::time;
use super::{Error, Result, Store};
use crate::model::{ArchivedArticle, ArchivedEdition, Found, FoundArticle};
use crate::text::{Query, search_terms};

const LEVEL: i32 = 6;
/// The text of an article is no longer, bytes; what says that it is, is damaged.
const MOST: usize = 16 << 20;

/// Of the articles that a query finds, so many of the newest are ranked: what is common is
/// found at once, and no query takes long.
const RANKED: u32 = 1000;
/// Beside the text: a word of the title says more.
const RANK: &str = "bm25(article_terms, 8.0, 1.0, 0.0)";

/// An article made ready to be stored and found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedArticle {
    article: ArchivedArticle,
    packed: Vec<u8>,
    title_terms: String,
    text_terms: String,
}

impl IndexedArticle {
    /// # Errors
    /// When there is no memory for it.
    pub fn new(article: ArchivedArticle) -> std::io::Result<Self> {
        let packed = zstd::bulk::compress(article.text.as_bytes(), LEVEL)?;
        let (title_terms, text_terms) = (search_terms(&article.title), search_terms(&article.text));
        Ok(Self {
            article: ArchivedArticle { text: String::new(), ..article },
            packed,
            title_terms,
            text_terms,
        })
    }
}

/// An entry that an edition showed, and what its feed says of itself.
#[derive(Debug, Clone)]
pub struct Shown {
    pub feed: String,
    pub title: Option<String>,
    pub language: Option<String>,
    pub stored: Stored,
}

/// Where to search, and which of the found to show.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub digest: Option<String>,
    /// When its edition came out.
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub offset: usize,
    pub limit: usize,
}

/// The editions of the same digest before and after one.
pub type Neighbours = (Option<ArchivedEdition>, Option<ArchivedEdition>);

const EDITION: &str = "e.id, e.digest, e.title, e.number, coalesce(e.due, e.published), e.published, e.subject, e.stories, e.token, e.language";

fn edition(row: &Row<'_>, at: usize) -> rusqlite::Result<ArchivedEdition> {
    Ok(ArchivedEdition {
        id: row.get(at)?,
        digest: row.get(at + 1)?,
        title: row.get(at + 2)?,
        number: row.get(at + 3)?,
        date: time(row.get(at + 4)?),
        published: time(row.get(at + 5)?),
        subject: row.get(at + 6)?,
        stories: usize::try_from(row.get::<_, i64>(at + 7)?).unwrap_or_default(),
        token: row.get(at + 8)?,
        language: row.get(at + 9)?,
    })
}

const ARTICLE: &str = "a.id, a.page, a.story, a.outlet, a.title, a.link, a.language, a.published, a.text";

fn article(row: &Row<'_>) -> rusqlite::Result<(i64, ArchivedArticle, Vec<u8>)> {
    let place = row.get::<_, Option<u32>>(1)?.zip(row.get(2)?);
    let article = ArchivedArticle {
        place,
        outlet: row.get(3)?,
        title: row.get(4)?,
        link: row.get(5)?,
        language: row.get(6)?,
        published: time(row.get(7)?),
        text: String::new(),
    };
    Ok((row.get(0)?, article, row.get(8)?))
}

fn unpacked(text: &[u8]) -> Result<String> {
    let text = zstd::bulk::decompress(text, MOST).map_err(|_| Error::DamagedPage)?;
    String::from_utf8(text).map_err(|_| Error::DamagedPage)
}

/// A term that no text has, for the name of a digest.
fn digest_term(digest: &str) -> String {
    HEXLOWER.encode(digest.as_bytes())
}

/// A query in the words of FTS5: each part a phrase, all of them wanted.
fn matching(query: &Query, digest: Option<&str>) -> String {
    let phrases = query.terms().into_iter().map(|terms| format!("\"{}\"", terms.join(" ")));
    let parts: Vec<_> = phrases.collect();
    let parts = format!("{{title text}} : ({})", parts.join(" AND "));
    match digest {
        Some(digest) => format!("{parts} AND digest : \"{}\"", digest_term(digest)),
        None => parts,
    }
}

impl Store {
    pub(super) fn insert_articles(
        &self,
        edition: i64,
        digest: &str,
        articles: &[IndexedArticle],
    ) -> Result<()> {
        self.insert_articles_from(None, edition, digest, articles)
    }

    /// The newest edition of these digests whose articles search does not know, with the entries that it showed and
    /// are still kept.
    pub fn unindexed(&self, digests: &[String]) -> Result<Option<(i64, Vec<Shown>)>> {
        let shown = "FROM carried AS c JOIN entry AS n ON n.feed = c.feed AND n.key = c.key
                     WHERE c.digest = e.digest AND c.edition = e.id AND c.place = 'shown'";
        let mut newest = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.digest FROM edition AS e
             WHERE e.digest IN (SELECT value FROM json_each(?1))
               AND NOT EXISTS (SELECT 1 FROM article WHERE edition = e.id) AND EXISTS (SELECT 1 {shown})
             ORDER BY e.published DESC, e.id DESC LIMIT 1"
        ))?;
        let found = newest
            .query_row(params![serde_json::to_string(digests)?], |r| {
                Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?))
            })
            .optional()?;
        let Some((edition, digest)) = found else { return Ok(None) };
        let mut entries = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, feed, (SELECT title FROM feed WHERE id = entry.feed),
               (SELECT language FROM feed WHERE id = entry.feed)
             FROM entry WHERE (feed, key) IN
               (SELECT feed, key FROM carried WHERE digest = ?1 AND edition = ?2 AND place = 'shown')
             ORDER BY first_seen DESC, rowid"
        ))?;
        let entries = entries.query_map(params![digest, edition], |r| {
            Ok(Shown { stored: stored(r)?, feed: r.get(8)?, title: r.get(9)?, language: r.get(10)? })
        })?;
        Ok(Some((edition, entries.collect::<rusqlite::Result<_>>()?)))
    }

    /// Has an older edition's articles found, behind all that are: with lower numbers.
    pub fn index_below(&self, edition: i64, articles: &[IndexedArticle]) -> Result<()> {
        let lowest: i64 =
            self.connection.query_row("SELECT coalesce(min(id), 0) FROM article", [], |r| r.get(0))?;
        let first = lowest.saturating_sub(i64::try_from(articles.len()).unwrap_or(i64::MAX));
        let mut digest = self.connection.prepare_cached("SELECT digest FROM edition WHERE id = ?1")?;
        let digest: Option<String> = digest.query_row(params![edition], |r| r.get(0)).optional()?;
        // It may have gone with age in the meantime.
        let Some(digest) = digest else { return Ok(()) };
        self.insert_articles_from(Some(first), edition, &digest, articles)
    }

    /// Numbers them from `first` on, or behind all others.
    fn insert_articles_from(
        &self,
        first: Option<i64>,
        edition: i64,
        digest: &str,
        articles: &[IndexedArticle],
    ) -> Result<()> {
        let mut id = first;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO article (id, edition, page, story, outlet, title, link, language, published, text)
             VALUES (?10, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        let mut index = self.connection.prepare_cached(
            "INSERT INTO article_terms (rowid, title, text, digest) VALUES (?1, ?2, ?3, ?4)",
        )?;
        let digest = digest_term(digest);
        for IndexedArticle { article, packed, title_terms, text_terms } in articles {
            insert.execute(params![
                edition,
                article.place.map(|(page, _)| page),
                article.place.map(|(_, story)| story),
                article.outlet,
                article.title,
                article.link,
                article.language,
                article.published.timestamp(),
                packed,
                id,
            ])?;
            let inserted = self.connection.last_insert_rowid();
            id = id.map(|id| id + 1);
            index.execute(params![inserted, title_terms, text_terms, digest])?;
        }
        Ok(())
    }

    /// The articles that hold all that is sought: the best first among the newest of them (BM25), or
    /// the newest first where a single character is sought.
    pub fn search(&self, query: &Query, search: &Search) -> Result<Found> {
        let rank = if query.is_character() { "0.0" } else { RANK };
        let is_bounded = search.from.is_some() || search.until.is_some();
        let within = if is_bounded {
            "AND EXISTS (SELECT 1 FROM article AS a JOIN edition AS e ON e.id = a.edition
                         WHERE a.id = article_terms.rowid AND e.published >= ?2 AND e.published < ?3)"
        } else {
            "AND ?2 < ?3"
        };
        let seconds = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp());
        let (first, last) = (seconds(search.from).unwrap_or(0), seconds(search.until).unwrap_or(i64::MAX));
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT rowid, {rank} FROM article_terms
             WHERE article_terms MATCH ?1 {within} ORDER BY rowid DESC LIMIT ?4"
        ))?;
        let matching = matching(query, search.digest.as_deref());
        let mut found: Vec<(i64, f64)> = select
            .query_map(params![matching, first, last, RANKED + 1], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let is_cut = found.len() > RANKED as usize;
        found.truncate(RANKED as usize);
        // Stable: the newer of two that are as good comes first.
        found.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        let shown = found.iter().skip(search.offset).take(search.limit);
        let articles = shown.filter_map(|(id, _)| self.archived_article(*id).transpose());
        Ok(Found { articles: articles.collect::<Result<_>>()?, count: found.len(), is_cut })
    }

    fn archived_article(&self, id: i64) -> Result<Option<FoundArticle>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {ARTICLE}, {EDITION} FROM article AS a JOIN edition AS e ON e.id = a.edition WHERE a.id = ?1"
        ))?;
        let row = query.query_row(params![id], |r| Ok((article(r)?, edition(r, 9)?))).optional()?;
        row.map(|((id, article, text), edition)| {
            Ok(FoundArticle { id, article: ArchivedArticle { text: unpacked(&text)?, ..article }, edition })
        })
        .transpose()
    }

    /// The newest articles of a digest, the first of its newest edition first.
    pub fn newest_articles(&self, digest: &str, most: u32) -> Result<Vec<FoundArticle>> {
        let mut query = self.connection.prepare_cached(
            "SELECT a.id FROM edition AS e JOIN article AS a ON a.edition = e.id
             WHERE e.digest = ?1 ORDER BY e.published DESC, e.id DESC, a.id LIMIT ?2",
        )?;
        let ids: Vec<i64> =
            query.query_map(params![digest, most], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
        ids.into_iter().filter_map(|id| self.archived_article(id).transpose()).collect()
    }

    /// The editions of a digest that were due in a time, the newest first.
    pub fn archived_editions(
        &self,
        digest: &str,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        most: u32,
    ) -> Result<Vec<ArchivedEdition>> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT {EDITION} FROM edition AS e WHERE e.digest = ?1 AND coalesce(e.due, e.published) >= ?2
               AND coalesce(e.due, e.published) < ?3 ORDER BY e.number DESC LIMIT ?4"
        ))?;
        let values = params![digest, from.timestamp(), until.timestamp(), most];
        let rows = query.query_map(values, |r| edition(r, 0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest editions of a digest.
    pub fn newest_editions(&self, digest: &str, most: u32) -> Result<Vec<ArchivedEdition>> {
        self.archived_editions(digest, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC, most)
    }

    /// The titles of the stories of an edition, as many as that, in their order.
    pub fn story_titles(&self, edition: i64, most: u32) -> Result<Vec<String>> {
        let mut query = self.connection.prepare_cached(
            "SELECT title FROM article WHERE edition = ?1 GROUP BY coalesce(story, id) ORDER BY min(id) LIMIT ?2",
        )?;
        let rows = query.query_map(params![edition, most], |r| r.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When the editions of a digest were due, the newest first.
    pub fn publication_times(&self, digest: &str) -> Result<Vec<DateTime<Utc>>> {
        let mut query = self.connection.prepare_cached(
            "SELECT coalesce(due, published) FROM edition WHERE digest = ?1 ORDER BY number DESC",
        )?;
        let rows = query.query_map(params![digest], |r| Ok(time(r.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The edition whose pages bear a token, and the ones before and after it.
    pub fn archived_edition(&self, token: &str) -> Result<Option<(ArchivedEdition, Neighbours)>> {
        let one = |condition: &str, values: &[&dyn rusqlite::ToSql]| {
            let sql = format!("SELECT {EDITION} FROM edition AS e WHERE {condition} LIMIT 1");
            let mut query = self.connection.prepare_cached(&sql)?;
            Ok::<_, Error>(query.query_row(values, |r| edition(r, 0)).optional()?)
        };
        let Some(id) = self.edition_of_token(token)? else { return Ok(None) };
        let Some(this) = one("e.id = ?1", &[&id])? else { return Ok(None) };
        let before =
            one("e.digest = ?1 AND e.number < ?2 ORDER BY e.number DESC", &[&this.digest, &this.number])?;
        let after = one("e.digest = ?1 AND e.number > ?2 ORDER BY e.number", &[&this.digest, &this.number])?;
        Ok(Some((this, (before, after))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::NewEdition;
    use super::*;
    use crate::model::Frozen;

    fn article(title: &str, text: &str) -> IndexedArticle {
        IndexedArticle::new(ArchivedArticle {
            place: Some((0, 1)),
            outlet: "Courier".into(),
            title: title.into(),
            link: None,
            language: None,
            published: time(0),
            text: text.into(),
        })
        .unwrap()
    }

    fn publish(store: &Store, digest: &str, at: i64, articles: Vec<IndexedArticle>) {
        let edition = NewEdition {
            digest: digest.into(),
            title: digest.into(),
            number: store.next_number(digest).unwrap(),
            due: Some(time(at)),
            stories: articles.len(),
            frozen: Frozen { subject: "s".into(), html: "h".into(), text: "t".into(), pictures: Vec::new() },
            token: format!("{digest}-{at}"),
            carried: Vec::new(),
            waiting: Vec::new(),
            language: "zh-Hans".into(),
            pages: Vec::new(),
            articles,
            memories: Vec::new(),
            book: None,
        };
        store.publish(&edition, time(at)).unwrap();
    }

    fn titles(store: &Store, query: &str, search: &Search) -> Vec<String> {
        let found = store.search(&Query::parse(query).unwrap(), search).unwrap();
        found.articles.into_iter().map(|found| found.article.title).collect()
    }

    fn anywhere() -> Search {
        Search { limit: 20, ..Search::default() }
    }

    #[test]
    fn what_is_sought_is_found_in_either_script_by_digest_and_time() {
        let store = Store::in_memory();
        publish(
            &store,
            "daily",
            100,
            vec![article("渡輪停航", "北線今日停航。"), article("Storm", "The ferry stays in.")],
        );
        publish(
            &store,
            "evening-daily",
            200,
            vec![article("天气", "风暴过后，渡轮照常。"), article("食谱", "面条。")],
        );
        let all = anywhere();
        assert_eq!(titles(&store, "渡轮", &all), ["渡輪停航", "天气"]);
        assert_eq!(titles(&store, "渡輪停航", &all), ["渡輪停航"]);
        assert_eq!(titles(&store, "FERRY storm", &all), ["Storm"]);
        assert_eq!(titles(&store, "ferr", &all), [""; 0]);
        assert_eq!(titles(&store, "渡", &all), ["天气", "渡輪停航"]);
        assert_eq!(titles(&store, "线", &all), ["渡輪停航"]);
        assert_eq!(titles(&store, "渡轮 面条", &all), [""; 0]);
        // A name is no part of another.
        let of = |digest: &str| Search { digest: Some(digest.into()), ..anywhere() };
        assert_eq!(titles(&store, "渡轮", &of("daily")), ["渡輪停航"]);
        let since = Search { from: Some(time(150)), until: Some(time(300)), ..anywhere() };
        assert_eq!(titles(&store, "渡轮", &since), ["天气"]);
        let never = Search { from: Some(time(300)), ..anywhere() };
        assert_eq!(titles(&store, "渡轮", &never), [""; 0]);
        for hostile in ["\" OR *", "title:", "NEAR(a b)", "a* -b ^c", "{x}:y", "digest", "AND"] {
            if let Some(query) = Query::parse(hostile) {
                store.search(&query, &all).unwrap();
            }
        }
    }

    #[test]
    fn what_went_with_age_is_found_no_more() {
        let store = Store::in_memory();
        publish(&store, "daily", 100, vec![article("渡轮", "停航")]);
        publish(&store, "daily", 200, vec![article("渡轮", "照常")]);
        store.prune(time(150), &[], time(200)).unwrap();
        assert_eq!(titles(&store, "渡轮", &anywhere()).len(), 1);
        assert_eq!(titles(&store, "停航", &anywhere()), [""; 0]);
        let terms: i64 = store
            .connection
            .query_row("SELECT count(*) FROM article_terms WHERE article_terms MATCH '\"停航\"'", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(terms, 0);
    }

    /// `TIDINGS_ARTICLES=100000` says how many; what it takes is printed.
    #[test]
    fn a_large_archive_is_searched_quickly() {
        let size: usize = std::env::var("TIDINGS_ARTICLES").map_or(400, |size| size.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("t.db")).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        // Words as often as in a language: the nth one has a share of 1/n (Zipf).
        let words: Vec<String> = (0..30_000)
            .map(|_| (0..2).map(|_| char::from_u32(0x4e00 + random.u32(0..3000)).unwrap()).collect())
            .collect();
        let word = |random: &mut fastrand::Rng| {
            let rank = (words.len() as f64).powf(random.f64()) as usize;
            words[rank.min(words.len()) - 1].as_str()
        };
        for edition in 0..size.div_ceil(100) {
            let articles = (0..100.min(size - edition * 100)).map(|_| {
                let title: String = (0..8).map(|_| word(&mut random)).collect();
                let sentences = (0..random.usize(10..90)).map(|_| {
                    let sentence: String = (0..random.usize(4..12)).map(|_| word(&mut random)).collect();
                    sentence + "。"
                });
                article(&title, &sentences.collect::<String>())
            });
            let articles: Vec<_> = articles.collect();
            let at = i64::try_from(edition).unwrap() * 86_400;
            store
                .transaction(|store| {
                    publish(store, "daily", at, articles);
                    Ok::<_, Error>(())
                })
                .unwrap();
        }
        let mut slowest = Vec::new();
        for (kind, most) in [("one character", 1), ("two", 2), ("four", 4), ("two of two", 5), ("eight", 8)] {
            let mut times: Vec<Duration> = (0..200)
                .map(|_| {
                    let (a, b) = (word(&mut random), word(&mut random));
                    let query = match most {
                        1 => a.chars().take(1).collect(),
                        2 => a.to_owned(),
                        5 => format!("{a} {b}"),
                        4 => format!("{a}{b}"),
                        _ => format!("{a}{b}{}{}", word(&mut random), word(&mut random)),
                    };
                    let query = Query::parse(&query).unwrap();
                    let begun = Instant::now();
                    store.search(&query, &anywhere()).unwrap();
                    begun.elapsed()
                })
                .collect();
            times.sort();
            println!("{kind}: p50 {:?}, p95 {:?}, most {:?}", times[100], times[190], times[199]);
            slowest.push(times[190]);
        }
        let bytes = |table: &str| -> i64 {
            let sql = format!("SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name LIKE '{table}'");
            store.connection.query_row(&sql, [], |r| r.get(0)).unwrap_or(0)
        };
        println!(
            "{size} articles: file {} kB, index {} kB, texts {} kB",
            store.size().unwrap() / 1000,
            bytes("article_terms%") / 1000,
            bytes("article") / 1000
        );
        assert!(slowest.iter().all(|p95| *p95 < Duration::from_secs(1)), "{slowest:?}");
    }
}
