//! The feeds that a web page's head advertises. A look at its tags, not a reading of the page.

use std::sync::LazyLock;

use regex::Regex;
use url::Url;

use crate::text::head;

/// A head lies in so much of a page.
const HEAD: usize = 256 * 1024;
/// Nobody chooses among more.
const MOST: usize = 50;

static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<link\b[^>]{0,2000}>").ok());
static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)([a-z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))"#).ok());
static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->").ok());

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertised {
    pub url: Url,
    pub title: Option<String>,
}

/// The feeds in a page's head (`<link rel="alternate">`), in its order. Without a base, only those
/// with whole addresses.
pub fn advertised(page: &str, base: Option<&Url>) -> Vec<Advertised> {
    let (Some(link), Some(comment)) = (LINK.as_ref(), COMMENT.as_ref()) else { return Vec::new() };
    let head = comment.replace_all(head(page, HEAD), "");
    let mut feeds: Vec<Advertised> = Vec::new();
    for tag in link.find_iter(&head) {
        let attributes = attributes(tag.as_str());
        let value = |name: &str| attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let is_alternate = value("rel").is_some_and(|rel| {
            rel.split_whitespace()
                .any(|token| token.eq_ignore_ascii_case("alternate") || token.eq_ignore_ascii_case("feed"))
        });
        let kind = value("type").unwrap_or_default().to_ascii_lowercase();
        let is_feed = ["rss", "atom", "rdf", "feed+json"].iter().any(|known| kind.contains(known))
            || matches!(
                kind.split(';').next().unwrap_or_default().trim(),
                "text/xml" | "application/xml" | "application/json"
            );
        if !(is_alternate && is_feed) {
            continue;
        }
        let Some(href) = value("href") else { continue };
        let url = match base {
            Some(base) => base.join(href),
            None => Url::parse(href),
        };
        let Ok(url) = url else { continue };
        // WordPress offers its interface for programs in the same way.
        let is_interface = kind.contains("application/json") && url.path().contains("wp-json");
        if !matches!(url.scheme(), "http" | "https")
            || is_interface
            || feeds.iter().any(|known| known.url == url)
        {
            continue;
        }
        feeds.push(Advertised {
            url,
            title: value("title").map(str::to_owned).filter(|title| !title.is_empty()),
        });
        if feeds.len() == MOST {
            break;
        }
    }
    feeds
}

fn attributes(tag: &str) -> Vec<(String, String)> {
    let Some(attribute) = ATTRIBUTE.as_ref() else { return Vec::new() };
    let pairs = attribute.captures_iter(tag).filter_map(|found| {
        let name = found.get(1)?.as_str().to_ascii_lowercase();
        let value = (2..=4).find_map(|group| found.get(group))?.as_str();
        Some((name, htmlize::unescape(value.trim()).into_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feeds_that_a_page_advertises_are_found_whatever_its_quoting() {
        let page = r#"<html><head><title>Harbour &amp; Sea</title>
            <!-- <link rel="alternate" type="application/rss+xml" href="/old.xml"> -->
            <LINK REL='alternate' TYPE='application/rss+xml' TITLE='News' HREF='/feed?a=1&amp;b=2'>
            <link href=https://other.example/atom.xml rel=alternate type=application/atom+xml>
            <link rel="alternate" hreflang="de" href="/de/">
            <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">
            <link rel="stylesheet" type="text/css" href="/a.css">"#;
        let base = Url::parse("https://harbour.example/news/").unwrap();
        let found: Vec<String> =
            advertised(page, Some(&base)).into_iter().map(|feed| feed.url.into()).collect();
        assert_eq!(found, ["https://harbour.example/feed?a=1&b=2", "https://other.example/atom.xml"]);
        assert_eq!(advertised(page, None).len(), 1);
    }
}
