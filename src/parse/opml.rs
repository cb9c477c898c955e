//! Lists of feeds (OPML 2.0, <http://opml.org/spec2.opml>), as feed readers export them: folders in
//! folders, `text` without `title`, attributes in other letters, references that are not XML's, ends
//! that are missing. Reading takes whatever outlines there are, in their order.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::{escape_xml, one_line};

/// A longer list is none.
const MOST: usize = 20_000;
/// Between the names of folders that lie in each other.
const WITHIN: &str = " / ";

static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)<!--.*?-->").ok());
static OUTLINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)<(/?)outline\b((?:[^>"']|"[^"]*"|'[^']*')*)>"#).ok());
static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?is)([a-z:_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')"#).ok());

/// A feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    pub url: String,
    pub title: Option<String>,
    /// Its folder; of one in another, both names.
    pub folder: Option<String>,
}

/// The feeds of a list, each once, where it first stands. None for what is no list.
pub fn read(text: &str) -> Option<Vec<Outline>> {
    let text = COMMENT.as_ref()?.replace_all(text, "");
    if !text.to_ascii_lowercase().contains("<opml") {
        return None;
    }
    let mut feeds: Vec<Outline> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    // What is open: folders by their names, feeds by none.
    let mut open: Vec<Option<String>> = Vec::new();
    for tag in OUTLINE.as_ref()?.captures_iter(&text) {
        let is_end = tag.get(1).is_some_and(|slash| !slash.is_empty());
        let inside = tag.get(2).map_or("", |inside| inside.as_str());
        if is_end {
            open.pop();
            continue;
        }
        // A feed holds nothing: its end is missing.
        if open.last() == Some(&None) {
            open.pop();
        }
        let value = |name: &str| attribute(inside, name);
        let title = value("title").or_else(|| value("text"));
        let is_closed = inside.trim_end().ends_with('/');
        match value("xmlurl") {
            Some(url) => {
                let folders: Vec<&str> = open.iter().flatten().map(String::as_str).collect();
                let folder = match folders.as_slice() {
                    [] => value("category").and_then(|category| {
                        let first = category.split(',').next()?.trim().trim_matches('/').replace('/', WITHIN);
                        Some(first).filter(|first| !first.is_empty())
                    }),
                    folders => Some(folders.join(WITHIN)),
                };
                if seen.insert(url.clone()) && feeds.len() < MOST {
                    feeds.push(Outline { url, title, folder });
                }
                if !is_closed {
                    open.push(None);
                }
            }
            None if !is_closed => open
                .push(Some(title.unwrap_or_default()).filter(|title| !title.is_empty()).or(Some("…".into()))),
            None => {}
        }
    }
    Some(feeds)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let found = ATTRIBUTE
        .as_ref()?
        .captures_iter(tag)
        .find(|found| found.get(1).is_some_and(|found| found.as_str().eq_ignore_ascii_case(name)))?;
    let value = (2..=3).find_map(|group| found.get(group))?.as_str();
    one_line(&htmlize::unescape(value), 2000).filter(|value| !value.is_empty())
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape_xml(&mut out, text);
    out
}

/// A list that every reader takes.
pub fn write(title: &str, feeds: &[Outline]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>{}</title></head>\n  <body>\n",
        escaped(title)
    );
    let mut folders: Vec<&str> = Vec::new();
    for folder in feeds.iter().filter_map(|feed| feed.folder.as_deref()) {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let line = |feed: &Outline, indent: &str| {
        let title = escaped(feed.title.as_deref().unwrap_or(&feed.url));
        let url = escaped(&feed.url);
        format!("{indent}<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"/>\n")
    };
    for feed in feeds.iter().filter(|feed| feed.folder.is_none()) {
        out.push_str(&line(feed, "    "));
    }
    for folder in folders {
        let name = escaped(folder);
        out.push_str(&format!("    <outline text=\"{name}\" title=\"{name}\">\n"));
        for feed in feeds.iter().filter(|feed| feed.folder.as_deref() == Some(folder)) {
            out.push_str(&line(feed, "      "));
        }
        out.push_str("    </outline>\n");
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_readers_write_them() {
        let list = r#"<?xml version="1.0"?><opml version="1.1"><head><title>x</title></head><body>
            <!-- <outline xmlUrl="https://gone.example/feed"/> -->
            <outline text="Loose &amp; free" type="rss" xmlUrl="https://a.example/feed?x=1&amp;y=2" htmlUrl="https://a.example/"/>
            <outline text='News'><outline title="Post" text="ignored" xmlurl="https://b.example/feed"></outline>
              <outline text="Local"><outline text="Harbour &eacute;" xmlUrl='https://c.example/feed'/></outline>
              <outline text="No end" xmlUrl="https://d.example/feed">
              <outline text="After" xmlUrl="https://e.example/feed"/></outline>
            <outline text="By category" category="/Tech/Rust,/Other" xmlUrl="https://f.example/feed"/>
            <outline text="Twice" xmlUrl="https://b.example/feed"/>
            <outline text="a > b" xmlUrl="https://g.example/feed"/>"#;
        let found: Vec<_> =
            read(list).unwrap().into_iter().map(|o| (o.url, o.title.unwrap(), o.folder)).collect();
        let folder = |name: &str| Some(name.to_owned());
        let expected = [
            ("https://a.example/feed?x=1&y=2", "Loose & free", None),
            ("https://b.example/feed", "Post", folder("News")),
            ("https://c.example/feed", "Harbour é", folder("News / Local")),
            ("https://d.example/feed", "No end", folder("News")),
            ("https://e.example/feed", "After", folder("News")),
            ("https://f.example/feed", "By category", folder("Tech / Rust")),
            ("https://g.example/feed", "a > b", None),
        ];
        assert_eq!(found, expected.map(|(url, title, folder)| (url.to_owned(), title.to_owned(), folder)));
        assert_eq!(read("<rss/>"), None);
    }

    /// Lists in the shapes of seven readers, each of one feed in a folder.
    #[test]
    fn the_lists_of_other_readers_are_read() {
        for (reader, inside) in [
            (
                "Miniflux",
                r#"<outline text="Tech"><outline title="A" text="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example" description="" type="rss"></outline></outline>"#,
            ),
            (
                "FreshRSS",
                r#"<outline text="Tech"><outline text="A" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/" description="a &gt; b" frss:priority="feed"/></outline>"#,
            ),
            (
                "Feedly",
                r#"<outline text="Tech" title="Tech"><outline type="rss" text="A" title="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example"/></outline>"#,
            ),
            (
                "Inoreader",
                r#"<outline text="Tech" title="Tech"><outline text="A" title="A" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example"/></outline><outline text="Again" title="Again"><outline text="A" title="A" type="rss" xmlUrl="https://a.example/feed"/></outline>"#,
            ),
            (
                "NetNewsWire",
                "<!-- OPML generated by NetNewsWire -->\n<outline text=\"Tech\" title=\"Tech\">\n\t<outline text=\"A\" title=\"A\" description=\"\" type=\"rss\" version=\"RSS\" htmlUrl=\"https://a.example\" xmlUrl=\"https://a.example/feed\"/>\n</outline>",
            ),
            (
                "Tiny Tiny RSS",
                r#"<outline text="Tech"><outline type="rss" text="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example" ttrssSortOrder="0"/></outline><outline text="tt-rss-prefs" schema-version="1"><outline pref-name="ENABLE" value="true"/></outline>"#,
            ),
            (
                "Thunderbird",
                r#"<outline title="Tech" text="Tech"><outline type="rss" title="A" text="A" version="RSS" fz:quickMode="false" fz:options="{&quot;version&quot;:2,&quot;a>b&quot;:1}" xmlUrl="https://a.example/feed" htmlUrl="https://a.example"/></outline>"#,
            ),
        ] {
            let list = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\" xmlns:frss=\"x\" xmlns:fz=\"urn:forumzilla:\"><head><title>{reader}</title></head><body>{inside}</body></opml>"
            );
            let one = Outline {
                url: "https://a.example/feed".into(),
                title: Some("A".into()),
                folder: Some("Tech".into()),
            };
            assert_eq!(read(&list).unwrap(), [one], "{reader}");
        }
    }

    #[test]
    fn what_was_written_is_read_the_same() {
        let feed = |n: u32, folder: Option<&str>| Outline {
            url: format!("https://a.example/{n}?a=1&b=2"),
            title: Some(format!("Title \"{n}\" <b> & 中文")),
            folder: folder.map(str::to_owned),
        };
        let feeds = [feed(1, None), feed(2, Some("News")), feed(3, Some("News")), feed(4, Some("中文 / 港"))];
        assert_eq!(read(&write("Morning", &feeds)).unwrap(), feeds);
    }
}
