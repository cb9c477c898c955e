//! Where the feeds of a web page are: in its head, at the addresses that known sites use, and at those
//! that many use. A look at its tags, not a reading of the page.

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

/// The feeds in a `Link` header (RFC 8288).
pub fn in_link_header(header: &str, base: &Url) -> Vec<Url> {
    // A comma may stand in an address, but there it is not followed by `<`.
    let links = header.split(", <").flat_map(|part| part.split(",<"));
    let feed = |link: &str| {
        let (address, parameters) = link.trim().trim_start_matches('<').split_once('>')?;
        let parameters = parameters.to_ascii_lowercase();
        let is_feed = parameters.contains("alternate")
            && ["rss+xml", "atom+xml", "feed+json"].iter().any(|kind| parameters.contains(kind));
        is_feed.then(|| base.join(address).ok()).flatten()
    };
    links.filter_map(feed).collect()
}

/// The feeds of sites that are known, by the address of a page of theirs.
pub fn of_known_site(page: &Url) -> Vec<Url> {
    let Some(host) = page.host_str() else { return Vec::new() };
    let host = host.strip_prefix("www.").unwrap_or(host);
    let path: Vec<&str> =
        page.path_segments().map(|parts| parts.filter(|part| !part.is_empty()).collect()).unwrap_or_default();
    let subdomain_of =
        |domain: &str| host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')).is_some();
    let found: Vec<String> = match (host, path.as_slice()) {
        ("youtube.com" | "m.youtube.com", ["channel", id, ..]) => {
            vec![format!("https://www.youtube.com/feeds/videos.xml?channel_id={id}")]
        }
        ("youtube.com" | "m.youtube.com", ["playlist"]) => page
            .query_pairs()
            .filter(|(name, _)| name == "list")
            .map(|(_, id)| format!("https://www.youtube.com/feeds/videos.xml?playlist_id={id}"))
            .collect(),
        ("reddit.com" | "old.reddit.com" | "new.reddit.com", ["r" | "user" | "u", name, ..]) => {
            let kind = if path.first() == Some(&"r") { "r" } else { "user" };
            vec![format!("https://www.reddit.com/{kind}/{name}/.rss")]
        }
        ("github.com", [owner, repository, "commits", branch, ..]) => {
            vec![format!("https://github.com/{owner}/{repository}/commits/{branch}.atom")]
        }
        ("github.com", [owner, repository, "tags", ..]) => {
            vec![format!("https://github.com/{owner}/{repository}/tags.atom")]
        }
        ("github.com", [owner, repository, ..]) => vec![
            format!("https://github.com/{owner}/{repository}/releases.atom"),
            format!("https://github.com/{owner}/{repository}/tags.atom"),
        ],
        ("github.com", [owner]) => vec![format!("https://github.com/{owner}.atom")],
        ("bsky.app", ["profile", name, ..]) => vec![format!("https://bsky.app/profile/{name}/rss")],
        ("medium.com", [name, ..]) => vec![format!("https://medium.com/feed/{name}")],
        ("news.ycombinator.com", _) => vec!["https://news.ycombinator.com/rss".into()],
        ("lobste.rs", _) => vec!["https://lobste.rs/rss".into()],
        ("dev.to", [name, ..]) => vec![format!("https://dev.to/feed/{name}")],
        ("stackoverflow.com", ["questions", "tagged", tag, ..]) => {
            vec![format!("https://stackoverflow.com/feeds/tag/{tag}")]
        }
        ("arxiv.org", ["list", category, ..]) => vec![format!("https://rss.arxiv.org/rss/{category}")],
        ("pypi.org", ["project", name, ..]) => {
            vec![format!("https://pypi.org/rss/project/{name}/releases.xml")]
        }
        ("gitlab.com", [owner, repository, ..]) => {
            vec![format!("https://gitlab.com/{owner}/{repository}/-/tags?format=atom")]
        }
        ("vimeo.com", [name]) => vec![format!("https://vimeo.com/{name}/videos/rss")],
        (_, []) if subdomain_of("medium.com") => vec![format!("https://{host}/feed")],
        _ if subdomain_of("substack.com") => vec![format!("https://{host}/feed")],
        _ if subdomain_of("tumblr.com") => vec![format!("https://{host}/rss")],
        _ if subdomain_of("blogspot.com") => vec![format!("https://{host}/feeds/posts/default")],
        _ if subdomain_of("wordpress.com") => vec![format!("https://{host}/feed/")],
        // Mastodon, and what speaks as it does.
        (_, [name]) if name.starts_with('@') && name.len() > 1 => vec![format!("https://{host}/{name}.rss")],
        _ => Vec::new(),
    };
    found.iter().filter_map(|url| Url::parse(url).ok()).collect()
}

/// Where many sites have their feed, the likeliest first: below the page, then at the root.
pub fn usual_places(page: &Url) -> Vec<Url> {
    const NAMES: [&str; 9] = [
        "feed",
        "rss",
        "feed.xml",
        "rss.xml",
        "atom.xml",
        "index.xml",
        "feed/",
        "feeds/all.atom.xml",
        "blog/feed",
    ];
    let mut folder = page.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    if !folder.path().ends_with('/') {
        let path = format!("{}/", folder.path());
        folder.set_path(&path);
    }
    let mut places: Vec<Url> = Vec::new();
    let names = |base: &Url| NAMES.iter().filter_map(|name| base.join(name).ok()).collect::<Vec<_>>();
    let root = page.join("/").ok();
    let below = if folder.path() == "/" { Vec::new() } else { names(&folder).into_iter().take(4).collect() };
    for place in below.into_iter().chain(root.iter().flat_map(names)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
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

    #[test]
    fn a_header_names_feeds_too() {
        let base = Url::parse("https://harbour.example/news/").unwrap();
        let header = r#"<https://harbour.example/wp-json/>; rel="https://api.w.org/", </feed,all>; rel="alternate"; type="application/rss+xml",<atom.xml>;rel=alternate;type=application/atom+xml"#;
        let found: Vec<String> = in_link_header(header, &base).into_iter().map(Into::into).collect();
        assert_eq!(found, ["https://harbour.example/feed,all", "https://harbour.example/news/atom.xml"]);
    }

    #[test]
    fn known_sites_have_their_feeds_where_they_always_are() {
        for (page, feed) in [
            (
                "https://www.youtube.com/channel/UC123",
                "https://www.youtube.com/feeds/videos.xml?channel_id=UC123",
            ),
            (
                "https://www.youtube.com/playlist?list=PL9",
                "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
            ),
            ("https://old.reddit.com/r/rust/top", "https://www.reddit.com/r/rust/.rss"),
            ("https://github.com/rust-lang/rust", "https://github.com/rust-lang/rust/releases.atom"),
            (
                "https://github.com/rust-lang/rust/commits/master",
                "https://github.com/rust-lang/rust/commits/master.atom",
            ),
            ("https://bsky.app/profile/harbour.example", "https://bsky.app/profile/harbour.example/rss"),
            ("https://medium.com/@harbour/a-post", "https://medium.com/feed/@harbour"),
            ("https://harbour.substack.com/p/tides", "https://harbour.substack.com/feed"),
            ("https://social.example/@harbour", "https://social.example/@harbour.rss"),
            ("https://news.ycombinator.com/", "https://news.ycombinator.com/rss"),
            ("https://harbour.tumblr.com/archive", "https://harbour.tumblr.com/rss"),
            ("https://harbour.wordpress.com/about", "https://harbour.wordpress.com/feed/"),
            ("https://lobste.rs/newest", "https://lobste.rs/rss"),
            ("https://dev.to/harbour", "https://dev.to/feed/harbour"),
            ("https://stackoverflow.com/questions/tagged/rust", "https://stackoverflow.com/feeds/tag/rust"),
            ("https://arxiv.org/list/cs.AI/recent", "https://rss.arxiv.org/rss/cs.AI"),
            ("https://pypi.org/project/requests/", "https://pypi.org/rss/project/requests/releases.xml"),
            ("https://gitlab.com/harbour/tides", "https://gitlab.com/harbour/tides/-/tags?format=atom"),
            ("https://vimeo.com/harbour", "https://vimeo.com/harbour/videos/rss"),
            ("https://www.reddit.com/user/harbour", "https://www.reddit.com/user/harbour/.rss"),
            ("https://harbour.blogspot.com/2026/11/", "https://harbour.blogspot.com/feeds/posts/default"),
        ] {
            let found = of_known_site(&Url::parse(page).unwrap());
            assert_eq!(found.first().map(Url::as_str), Some(feed), "{page}");
        }
        assert!(of_known_site(&Url::parse("https://harbour.example/news").unwrap()).is_empty());
    }

    #[test]
    fn a_feed_is_looked_for_below_the_page_and_at_the_root() {
        let places: Vec<String> = usual_places(&Url::parse("https://harbour.example/blog/?p=1").unwrap())
            .into_iter()
            .map(Into::into)
            .collect();
        assert_eq!(places.first().map(String::as_str), Some("https://harbour.example/blog/feed"));
        assert!(
            places.contains(&"https://harbour.example/atom.xml".to_owned()) && places.len() < 16,
            "{places:?}"
        );
    }
}
