//! Bytes to entries. The only module that knows feed-rs, and the one that stands between
//! it and what people really publish: it decodes before, reads dates itself, decides what
//! makes an entry the same one tomorrow, and survives its panics.

mod dates;
mod decode;
mod identity;
mod markdown;
mod plain;

use std::panic::{AssertUnwindSafe, catch_unwind};

use url::Url;

use crate::model::{Enclosure, Entry, ParsedFeed, Person};

pub use markdown::articles;

/// Why a document is no feed, in words for the owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAFeed(String);

/// Parses a feed document.
///
/// `content_type` is the header the document came with, `base` the address it was got from.
///
/// # Errors
/// When the bytes hold no feed that can be read.
pub fn feed(bytes: &[u8], content_type: Option<&str>, base: Option<&Url>) -> Result<ParsedFeed, NotAFeed> {
    let text = decode::to_text(bytes, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(NotAFeed("the document is empty".into()));
    }
    let parser = feed_rs::parser::Builder::new()
        .base_uri(base.map(Url::as_str))
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(dates::parse)
        .build();
    // feed-rs panics on some documents; the parser is fresh, so nothing half-done survives.
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes())))
        .map_err(|_| NotAFeed("the document cannot be read as a feed".into()))?;
    match parsed {
        Ok(feed) => Ok(convert(feed, base)),
        Err(_) if looks_like_html(text) => Err(NotAFeed("this is a web page, not a feed".into())),
        Err(e) => Err(NotAFeed(e.to_string().to_lowercase())),
    }
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.chars().take(300).collect::<String>().to_lowercase();
    start.contains("<!doctype html") || start.contains("<html")
}

fn convert(feed: feed_rs::model::Feed, base: Option<&Url>) -> ParsedFeed {
    let link = page_link(&feed.links);
    let base = link.as_deref().and_then(|l| Url::parse(l).ok()).or_else(|| base.cloned());
    ParsedFeed {
        title: feed.title.as_ref().and_then(plain_text),
        subtitle: feed.description.map(|t| t.content).filter(|t| !t.trim().is_empty()),
        link,
        language: feed.language.and_then(non_empty),
        published: feed.published,
        updated: feed.updated,
        id: non_empty(feed.id),
        authors: feed.authors.into_iter().filter_map(person).collect(),
        categories: feed.categories.into_iter().filter_map(category).collect(),
        image: feed.logo.or(feed.icon).and_then(|i| non_empty(i.uri)),
        rights: feed.rights.as_ref().and_then(plain_text),
        entries: feed.entries.into_iter().map(|e| entry(e, base.as_ref())).collect(),
    }
}

fn entry(entry: feed_rs::model::Entry, base: Option<&Url>) -> Entry {
    let id = non_empty(entry.id);
    let link = page_link(&entry.links)
        .or_else(|| id.clone().filter(|id| id.starts_with("http://") || id.starts_with("https://")))
        .map(|l| absolute(&l, base));
    let enclosures = enclosures(&entry.links, &entry.media);
    let image = entry
        .media
        .iter()
        .flat_map(|m| m.thumbnails.iter().map(|t| t.image.uri.clone()))
        .next()
        .or_else(|| {
            let is_image = |e: &&Enclosure| e.media_type.as_deref().is_some_and(|t| t.starts_with("image/"));
            enclosures.iter().find(is_image).map(|e| e.url.clone())
        })
        .map(|i| absolute(&i, base));
    let summary = entry.summary.map(|t| t.content).filter(|t| !t.trim().is_empty());
    let content = entry.content.and_then(|c| c.body).filter(|t| !t.trim().is_empty());
    let title = entry.title.as_ref().and_then(plain_text);
    Entry {
        key: identity::key(
            id.as_deref(),
            link.as_deref(),
            content.as_deref().or(summary.as_deref()),
            title.as_deref(),
            entry.published,
        ),
        id,
        title,
        link,
        published: entry.published,
        updated: entry.updated,
        authors: entry.authors.into_iter().filter_map(person).collect(),
        summary,
        content,
        categories: entry.categories.into_iter().filter_map(category).collect(),
        enclosures,
        image,
        language: entry.language.and_then(non_empty),
    }
}

fn plain_text(text: &feed_rs::model::Text) -> Option<String> {
    non_empty(plain::from_markup(&text.content))
}

fn non_empty(text: String) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        None
    } else if trimmed.len() == text.len() {
        Some(text)
    } else {
        Some(trimmed.to_owned())
    }
}

fn person(person: feed_rs::model::Person) -> Option<Person> {
    let person = Person {
        name: person.name.map(|n| plain::from_markup(&n)).and_then(non_empty),
        email: person.email.and_then(non_empty),
        uri: person.uri.and_then(non_empty),
    };
    (person != Person::default()).then_some(person)
}

fn category(category: feed_rs::model::Category) -> Option<String> {
    non_empty(plain::from_markup(&category.label.unwrap_or(category.term)))
}

/// The page a person would open: `rel="alternate"`, HTML before other kinds.
fn page_link(links: &[feed_rs::model::Link]) -> Option<String> {
    let alternates = || links.iter().filter(|l| l.rel.as_deref().is_none_or(|r| r == "alternate"));
    let html = |l: &&feed_rs::model::Link| l.media_type.as_deref().is_none_or(|t| t.contains("html"));
    alternates().find(html).or_else(|| alternates().next()).and_then(|l| non_empty(l.href.clone()))
}

fn enclosures(links: &[feed_rs::model::Link], media: &[feed_rs::model::MediaObject]) -> Vec<Enclosure> {
    let linked = links.iter().filter(|l| l.rel.as_deref() == Some("enclosure")).map(|l| Enclosure {
        url: l.href.clone(),
        media_type: l.media_type.clone(),
        length: l.length,
    });
    let contents = media.iter().flat_map(|m| &m.content).filter_map(|c| {
        Some(Enclosure {
            url: c.url.as_ref()?.to_string(),
            media_type: c.content_type.as_ref().map(ToString::to_string),
            length: c.size,
        })
    });
    let mut all: Vec<Enclosure> = Vec::new();
    for enclosure in linked.chain(contents) {
        if !all.iter().any(|e| e.url == enclosure.url) {
            all.push(enclosure);
        }
    }
    all
}

fn absolute(link: &str, base: Option<&Url>) -> String {
    match base.map(|b| b.join(link)) {
        Some(Ok(url)) => url.into(),
        _ => link.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rss(items: &str) -> ParsedFeed {
        let document = format!(
            r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Courier &amp; Post</title><link>https://courier.example/</link>{items}</channel></rss>"#
        );
        feed(document.as_bytes(), None, None).unwrap()
    }

    #[test]
    fn an_item_is_read_with_its_plain_title_and_its_own_key() {
        let feed = rss(
            "<item><title>Tea &amp;amp; &lt;b&gt;toast&lt;/b&gt;</title><link>/1</link><guid>a1</guid><pubDate>Sun, 22 Nov 2026 06:40:00 +0100</pubDate></item>",
        );
        let entry = &feed.entries[0];
        assert_eq!(feed.title.as_deref(), Some("Courier & Post"));
        assert_eq!(entry.title.as_deref(), Some("Tea & toast"));
        assert_eq!(entry.link.as_deref(), Some("https://courier.example/1"));
        assert_eq!(entry.published.unwrap().to_rfc3339(), "2026-11-22T05:40:00+00:00");
    }

    #[test]
    fn an_edited_title_leaves_the_key_as_it_was() {
        let with = |title: &str, rest: &str| {
            rss(&format!("<item><title>{title}</title>{rest}</item>")).entries[0].key
        };
        for rest in [
            "<guid isPermaLink=\"false\">a1</guid>",
            "<link>https://courier.example/1</link>",
            "<description>The whole of it.</description>",
        ] {
            assert_eq!(with("One", rest), with("One, corrected", rest), "{rest}");
        }
        assert_ne!(with("One", "<guid>a1</guid>"), with("One", "<guid>a2</guid>"));
    }

    #[test]
    fn a_document_that_makes_feed_rs_panic_is_only_no_feed() {
        let mut bytes = vec![0xfe, 0xff];
        let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><rss version=\"2.0\"><channel><title>t</title></channel></rss>";
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        assert_eq!(feed(&bytes, None, None).unwrap().title.as_deref(), Some("t"));
    }

    #[test]
    fn what_is_no_feed_is_named() {
        assert_eq!(feed(b"  \n", None, None).unwrap_err().to_string(), "the document is empty");
        assert_eq!(
            feed(b"<!DOCTYPE html><html><body>Not found", None, None).unwrap_err().to_string(),
            "this is a web page, not a feed"
        );
        assert!(feed(b"hello", None, None).is_err());
    }
}
