//! A folder of articles, one file each, read as a feed. Each file holds
//!
//! ```text
//! <!--1695296824000-->
//! [title](https://example.org/article)
//! ------
//!
//! <p>The article's HTML.</p>
//! ```
//!
//! where the number is the time of publication in milliseconds since 1970. A file's name
//! is no identity: archives number their files anew.

use chrono::DateTime;

use super::{decode, identity, plain};
use crate::model::{ArticleFile, Entry, ParsedFeed};

/// Reads the files that are articles; the names of the others come second.
pub fn articles(files: &[ArticleFile]) -> (ParsedFeed, Vec<String>) {
    let mut feed = ParsedFeed::default();
    let mut others = Vec::new();
    for file in files {
        match article(&decode::to_text(&file.bytes, None)) {
            Some(entry) => feed.entries.push(entry),
            None => others.push(file.name.clone()),
        }
    }
    (feed, others)
}

fn article(text: &str) -> Option<Entry> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let (millis, rest) = text.strip_prefix("<!--")?.split_once("-->")?;
    let published = DateTime::from_timestamp_millis(millis.trim().parse().ok()?)?;
    let (heading, rest) = rest.trim_start().split_once('\n')?;
    // The title may hold `](` itself; the address cannot.
    let (title, link) = heading.trim().strip_prefix('[')?.strip_suffix(')')?.rsplit_once("](")?;
    let (rule, body) = rest.split_once('\n').unwrap_or((rest, ""));
    if rule.trim().len() < 3 || rule.trim().chars().any(|c| c != '-') {
        return None;
    }
    let link = Some(link.trim().to_owned()).filter(|l| !l.is_empty());
    let content = Some(body.trim().to_owned()).filter(|b| !b.is_empty());
    let title = Some(plain::from_markup(title)).filter(|t| !t.is_empty());
    let key = identity::key(None, link.as_deref(), content.as_deref(), title.as_deref(), Some(published));
    Some(Entry { base: link.clone(), title, link, published: Some(published), content, ..Entry::of(key) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> ArticleFile {
        ArticleFile { name: name.into(), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn an_article_file_is_an_entry_and_another_file_is_not() {
        let (feed, others) = articles(&[
            file(
                "1.md",
                "<!--1695296824000-->\n[渡轮 [图集](更新)](https://harbour.example/a%20b)\n------\n\n<p>正文。</p>\n",
            ),
            file("README.md", "# An archive\n"),
        ]);
        let entry = &feed.entries[0];
        assert_eq!(entry.title.as_deref(), Some("渡轮 [图集](更新)"));
        assert_eq!(entry.link.as_deref(), Some("https://harbour.example/a%20b"));
        assert_eq!(entry.content.as_deref(), Some("<p>正文。</p>"));
        assert_eq!(entry.published.unwrap().timestamp_millis(), 1_695_296_824_000);
        assert_eq!(others, ["README.md"]);
    }
}
