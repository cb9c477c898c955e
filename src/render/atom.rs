//! Feeds of the archive, for programs (Atom, RFC 4287): of its editions, and of the articles in them.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::model::{ArchivedEdition, FoundArticle};
use crate::text::{cut, escape_xml};

/// Of an article so much is told, in display columns; the rest is with its outlet.
const SUMMARY: usize = 300;

/// A feed and where it is.
#[derive(Debug, Clone, Copy)]
pub struct AtomFeed<'a> {
    /// Where the archive is read, without a slash at its end.
    pub url: &'a str,
    pub digest: &'a str,
    pub title: &'a str,
    /// Who publishes it.
    pub author: &'a str,
    /// The last part of its address: `editions` or `articles`.
    pub name: &'a str,
}

struct Entry {
    id: String,
    title: String,
    updated: DateTime<Utc>,
    published: DateTime<Utc>,
    author: Option<String>,
    /// Where it is read, and where besides.
    link: String,
    related: Option<String>,
    summary: String,
}

/// The editions, the newest first, each with the titles of its stories.
pub fn editions(feed: AtomFeed, editions: &[(ArchivedEdition, Vec<String>)]) -> String {
    let entries = editions.iter().map(|(edition, titles)| Entry {
        id: feed.id_of(edition),
        title: edition.subject.clone(),
        updated: edition.published,
        published: edition.published,
        author: None,
        link: feed.address_of(edition),
        related: None,
        summary: titles.join(" · "),
    });
    feed.write(entries)
}

/// The articles, those of the newest edition first; each leads to its outlet.
pub fn articles(feed: AtomFeed, articles: &[FoundArticle]) -> String {
    let entries = articles.iter().map(|found| {
        let (article, edition) = (&found.article, &found.edition);
        let here = feed.address_of(edition);
        Entry {
            id: format!("{}/{}", feed.id_of(edition), found.id),
            title: article.title.clone(),
            updated: edition.published,
            published: article.published,
            author: Some(article.outlet.clone()),
            link: article.link.clone().unwrap_or_else(|| here.clone()),
            related: article.link.is_some().then_some(here),
            summary: cut(&article.text, SUMMARY),
        }
    });
    feed.write(entries)
}

impl AtomFeed<'_> {
    fn address_of(&self, edition: &ArchivedEdition) -> String {
        format!("{}/edition/{}", self.url, edition.token)
    }

    /// The same for ever (RFC 4151).
    fn id_of(&self, edition: &ArchivedEdition) -> String {
        let date = edition.published.format("%Y-%m-%d");
        format!("tag:{},{date}:{}/{}", self.host(), self.digest, edition.number)
    }

    /// In ASCII, as an authority of tags is written.
    fn host(&self) -> String {
        let url = url::Url::parse(self.url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
        host.replace(['[', ']', ':'], "")
    }

    fn write(&self, entries: impl Iterator<Item = Entry>) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        let own = format!("{}/digest/{}", self.url, self.digest);
        let entries: Vec<Entry> = entries.collect();
        let updated = entries.iter().map(|entry| entry.updated).max().unwrap_or_default();
        out.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n");
        element(&mut out, "id", &format!("{own}/{}.atom", self.name));
        element(&mut out, "title", self.title);
        element(&mut out, "updated", &time(updated));
        person(&mut out, self.author);
        link(&mut out, "self", &format!("{own}/{}.atom", self.name));
        link(&mut out, "alternate", &own);
        for entry in entries {
            out.push_str("<entry>\n");
            element(&mut out, "id", &entry.id);
            element(&mut out, "title", &entry.title);
            element(&mut out, "published", &time(entry.published));
            element(&mut out, "updated", &time(entry.updated));
            if let Some(author) = &entry.author {
                person(&mut out, author);
            }
            link(&mut out, "alternate", &entry.link);
            if let Some(related) = &entry.related {
                link(&mut out, "related", related);
            }
            if !entry.summary.is_empty() {
                element(&mut out, "summary", &entry.summary);
            }
            out.push_str("</entry>\n");
        }
        out.push_str("</feed>\n");
        out
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>"));
    // XML 1.0 has no control characters but these.
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')).collect();
    escape_xml(out, &text);
    out.push_str(&format!("</{name}>\n"));
}

fn person(out: &mut String, name: &str) {
    out.push_str("<author>");
    element(out, "name", name);
    out.push_str("</author>\n");
}

fn link(out: &mut String, relation: &str, address: &str) {
    out.push_str(&format!("<link rel=\"{relation}\" href=\""));
    escape_xml(out, address);
    out.push_str("\"/>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_told_by_subject_titles_and_address() {
        let feed = AtomFeed {
            url: "https://news.example.org/read",
            digest: "daily",
            title: "Ships & \"Sea\"",
            author: "Harbour Press",
            name: "editions",
        };
        let edition = ArchivedEdition {
            id: 7,
            digest: "daily".into(),
            title: "Daily".into(),
            number: 3,
            date: "2026-11-22T06:00:00Z".parse().unwrap(),
            published: "2026-11-22T06:00:05Z".parse().unwrap(),
            subject: "渡轮 <停航>".into(),
            stories: 2,
            token: "abc".into(),
            language: None,
        };
        let written = editions(feed, &[(edition, vec!["One".into(), "Two".into()])]);
        for part in [
            "<title>Ships &amp; &quot;Sea&quot;</title>",
            "<id>tag:news.example.org,2026-11-22:daily/3</id>",
            "<title>渡轮 &lt;停航&gt;</title>",
            "<link rel=\"alternate\" href=\"https://news.example.org/read/edition/abc\"/>",
            "<summary>One · Two</summary>",
        ] {
            assert!(written.contains(part), "{part}: {written}");
        }
    }
}
