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

use chrono::{DateTime, Utc};

use super::{decode, identity, plain};
use crate::model::{ArticleFile, Entry, ParsedFeed};
use crate::text::escape_html;

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

fn article(whole: &str) -> Option<Entry> {
    let text = whole.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let (_, rest) = text.split_once("-->")?;
    let published = date(text)?;
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
    let entry =
        Entry { base: link.clone(), title, link, published: Some(published), content, ..Entry::of(key) };
    let original = (written(&entry, published) != whole).then(|| whole.to_owned());
    Some(Entry { original, ..entry })
}

/// When an article was published, by the beginning of its file; none if that is not of this form.
pub fn published(head: &[u8]) -> Option<DateTime<Utc>> {
    date(decode::to_text(head, None).trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}'))
}

fn date(text: &str) -> Option<DateTime<Utc>> {
    let (millis, _) = text.strip_prefix("<!--")?.split_once("-->")?;
    DateTime::from_timestamp_millis(millis.trim().parse().ok()?)
}

/// An article as a file of that form; `published` stands for a date that the entry has not.
pub fn written(entry: &Entry, published: DateTime<Utc>) -> String {
    let millis = entry.published.unwrap_or(published).timestamp_millis();
    let title = heading(entry.title.as_deref().unwrap_or_default());
    // Where it begins is told by these two.
    let link = entry.link.as_deref().unwrap_or_default().replace("](", "%5D(");
    let body = entry.content.as_ref().or(entry.summary.as_ref()).map_or("", |body| body.trim());
    let end = if body.is_empty() { "" } else { "\n" };
    format!("<!--{millis}-->\n[{title}]({link})\n------\n\n{body}{end}")
}

/// A title on one line, as it is read again.
pub fn heading(title: &str) -> String {
    let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain::from_markup(&line) == line {
        return line;
    }
    let mut escaped = String::new();
    escape_html(&mut escaped, &line);
    escaped
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

    #[test]
    fn an_address_that_looks_like_the_end_of_a_title_is_read_again() {
        let entry = Entry {
            title: Some("a ](b".into()),
            link: Some("https://harbour.example/d](e".into()),
            ..Entry::of(crate::model::EntryKey([0; 16]))
        };
        let again = article(&written(&entry, DateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(
            (again.title.as_deref(), again.link.as_deref()),
            (Some("a ](b"), Some("https://harbour.example/d%5D(e"))
        );
    }

    #[test]
    fn what_is_written_is_read_again_the_same() {
        for text in [
            "<!--1695296824123-->\n[A & B < C](https://harbour.example/a)\n------\n\n<p>One.</p>\n\n<p>Two.</p>\n",
            "<!--1695296824000-->\n[渡轮 [图集](更新)](https://harbour.example/a(b))\n------\n\n<p>正文。</p>",
            "<!--0-->\n[](https://harbour.example/)\n------\n\n",
            "\u{feff}<!-- 5 -->\r\n[ x ](https://harbour.example/)\r\n-----\r\n<p>Other ends.</p>\r\n",
            "<!--1-->\n[AT&amp;T &lt;b&gt;](https://harbour.example/)\n------\n\n<p>x</p>\n",
        ] {
            let entry = article(text).unwrap();
            let again = entry.original.clone().unwrap_or_else(|| written(&entry, DateTime::UNIX_EPOCH));
            assert_eq!(again, text);
        }
        let usual = "<!--1695296824123-->\n[Title](https://harbour.example/a)\n------\n\n<p>One.</p>\n";
        assert_eq!(article(usual).unwrap().original, None);
    }
}
