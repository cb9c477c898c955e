//! Bytes to entries. The only module that knows feed-rs, and the one that stands between
//! it and what people really publish:
//!
//! [`decode`] makes text of the bytes, [`markup`] reads XML that no XML parser accepts,
//! [`dialects`] translate whatever it says into clean Atom ([`canonical`]), and that is what
//! feed-rs reads. [`dates`], [`people`], [`plain`] and [`html`] know how dates, authors, titles and
//! texts are spelled; [`identity`] decides what makes an entry the same one tomorrow.

mod canonical;
mod dates;
mod decode;
mod dialects;
pub mod discover;
mod html;
mod identity;
pub mod mailing_list;
pub mod markdown;
mod markup;
pub mod opml;
mod people;
mod plain;
mod references;

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};
use feed_rs::model as atom;
use url::Url;

use crate::model::{Entry, ParsedFeed, Person};
use canonical::{Beside, Translated};

pub use markdown::articles;

/// Why a document is no feed, in words for the owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAFeed(String);

/// The text of a file that is not UTF-8, and the name of the encoding that it most likely is in.
pub fn legacy_text(bytes: &[u8]) -> (String, &'static str) {
    decode::named(bytes)
}

/// Parses a feed document.
///
/// `content_type` is the header the document came with, `base` the address it was got from.
///
/// # Errors
/// When the bytes hold no feed.
pub fn feed(bytes: &[u8], content_type: Option<&str>, base: Option<&Url>) -> Result<ParsedFeed, NotAFeed> {
    let text = decode::to_text(bytes, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.is_empty() {
        return Err(NotAFeed("the document is empty".into()));
    }
    let (translated, is_cut) = if text.starts_with(['{', '[']) {
        let document =
            serde_json::from_str(text).map_err(|e| NotAFeed(format!("this is JSON with a mistake: {e}")))?;
        let translated = dialects::json::translate(&document, base)
            .ok_or_else(|| NotAFeed("this is JSON, but not a JSON Feed".into()))?;
        (translated, false)
    } else {
        let document = markup::read(text).ok_or_else(|| no_feed(text, base))?;
        (dialects::translate(&document, base), !document.root.complete)
    };
    Ok(ParsedFeed { is_cut, ..read(translated)? })
}

/// The text of a web page, whatever its encoding.
pub fn page(bytes: &[u8], content_type: Option<&str>) -> String {
    decode::to_text(bytes, content_type).into_owned()
}

fn no_feed(text: &str, base: Option<&Url>) -> NotAFeed {
    let start: String = text.chars().take(1000).collect::<String>().to_lowercase();
    if start.contains("<!doctype html") || start.contains("<html") {
        return NotAFeed(web_page(text, base));
    }
    NotAFeed(
        if start.contains("<opml") {
            "this is a list of feeds (OPML), not a feed; `tidings opml import` adds the feeds that are in it"
        } else if start.contains('<') {
            "this is a document of another kind, not a feed"
        } else {
            "this is not a feed"
        }
        .into(),
    )
}

/// A page in the place of a feed, by its title, and the feeds that it names.
fn web_page(text: &str, base: Option<&Url>) -> String {
    let title = crate::text::page_title(text).map(|title| format!(" (“{title}”)")).unwrap_or_default();
    let feeds: Vec<String> =
        discover::advertised(text, base).into_iter().take(3).map(|feed| feed.url.into()).collect();
    match feeds.as_slice() {
        [] => format!("this is a web page{title}, not a feed"),
        [feed] => format!("this is a web page{title}, not a feed; its feed is {feed}"),
        feeds => format!("this is a web page{title}, not a feed; its feeds are {}", feeds.join(", ")),
    }
}

/// What feed-rs finds in the translation, joined by name with what travelled beside it.
fn read(mut translated: Translated) -> Result<ParsedFeed, NotAFeed> {
    let parser = feed_rs::parser::Builder::new()
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(|text| DateTime::parse_from_rfc3339(text).ok().map(|d| d.to_utc()))
        .build();
    // feed-rs is known to panic on documents it has not met; the parser is fresh, so
    // nothing half-done survives.
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(translated.atom.as_bytes())));
    let feed = match parsed {
        Ok(Ok(feed)) => feed,
        Ok(Err(e)) => return Err(NotAFeed(e.to_string().to_lowercase())),
        Err(_) => return Err(NotAFeed("the document cannot be read as a feed".into())),
    };
    let mut beside = |entry: &atom::Entry| {
        let name = entry.id.trim().parse::<usize>().ok()?;
        translated.beside.get_mut(name).map(std::mem::take)
    };
    let entries =
        feed.entries.into_iter().filter_map(|e| beside(&e).map(|beside| entry(e, beside))).collect();
    Ok(ParsedFeed {
        title: feed.title.map(|t| t.content),
        subtitle: feed.description.map(|t| t.content),
        link: related(&feed.links, "alternate").map(|l| l.href.clone()),
        language: feed.language,
        published: translated.published,
        updated: feed.updated,
        id: filled(feed.id),
        authors: feed.authors.into_iter().map(person).collect(),
        categories: feed.categories.into_iter().map(|c| c.term).collect(),
        image: feed.logo.map(|i| i.uri),
        rights: feed.rights.map(|t| t.content),
        ttl: translated.ttl,
        skip_hours: translated.skip_hours,
        is_cut: false,
        entries,
    })
}

fn entry(entry: atom::Entry, beside: Beside) -> Entry {
    let Beside { id, summary, content, enclosures, seconds, discussion, base } = beside;
    let alternate = related(&entry.links, "alternate");
    let link = alternate.map(|l| l.href.clone());
    let title = entry.title.map(|t| t.content);
    let published: Option<DateTime<Utc>> = entry.published;
    Entry {
        key: identity::key(
            id.as_deref(),
            link.as_deref(),
            content.as_deref().or(summary.as_deref()),
            title.as_deref(),
            published,
        ),
        image: related(&entry.links, "preview").map(|l| l.href.clone()),
        language: alternate.and_then(|l| l.href_lang.clone()),
        enclosures,
        seconds,
        discussion,
        base: base.map(Into::into),
        id,
        title,
        link,
        published,
        updated: entry.updated,
        authors: entry.authors.into_iter().map(person).collect(),
        summary,
        content,
        categories: entry.categories.into_iter().map(|c| c.term).collect(),
        original: None,
    }
}

fn related<'a>(links: &'a [atom::Link], relation: &str) -> Option<&'a atom::Link> {
    links.iter().find(|link| link.rel.as_deref() == Some(relation))
}

fn person(person: atom::Person) -> Person {
    Person { name: person.name, email: person.email, uri: person.uri }
}

fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
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
    fn a_document_that_is_cut_off_is_known_to_be() {
        let whole = "<rss><channel><title>T</title><item><title>One</title></item></channel></rss>";
        for (end, is_cut) in [(whole.len(), false), (whole.len() - 6, true), (whole.len() - 16, true)] {
            let read = feed(&whole.as_bytes()[..end], None, None).unwrap();
            assert_eq!((read.entries.len(), read.is_cut), (1, is_cut), "{end}");
        }
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
    fn an_entry_that_is_left_out_takes_nothing_from_its_neighbours() {
        let mut writer = canonical::Writer::new(&canonical::Head::default());
        for name in ["one", "two", "three"] {
            let (id, content) = (Some(format!("guid {name}")), Some(format!("The text of {name}.")));
            let title = Some(name.to_owned());
            writer.entry(canonical::Item { id, title, content, ..canonical::Item::default() });
        }
        let mut translated = writer.finish();
        let (before, rest) = translated.atom.split_once("<entry>").unwrap();
        let (_, after) = rest.split_once("</entry>").unwrap();
        translated.atom = format!("{before}{after}");
        let entries = read(translated).unwrap().entries;
        let said: Vec<_> = entries.iter().map(|e| (e.title.as_deref(), e.content.as_deref())).collect();
        assert_eq!(
            said,
            [(Some("two"), Some("The text of two.")), (Some("three"), Some("The text of three."))]
        );
        assert_eq!(entries[0].id.as_deref(), Some("guid two"));
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
