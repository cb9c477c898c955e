//! An entry made readable: its HTML cleaned, its text and excerpt taken from that, its
//! picture and language found. What leaves this module is safe to print in a mail.

mod bounds;
mod clean;
mod excerpt;
mod language;
mod text;

use chrono::{DateTime, Utc};
use url::Url;

use crate::model::{Article, Entry, Feed, Image};

/// A summary shorter than this many columns says less than the article's own lead.
const LEAST_SUMMARY: usize = 40;

/// Makes an article of an entry. `outlet` is the feed's own title, `language` what the
/// feed declares, `seen` when we first saw the entry.
pub fn read(
    entry: &Entry,
    feed: &Feed,
    outlet: Option<&str>,
    language: Option<&str>,
    seen: DateTime<Utc>,
) -> Article {
    let base = entry.base.as_deref().or(entry.link.as_deref()).and_then(|l| Url::parse(l).ok());
    let body = entry.content.as_deref().or(entry.summary.as_deref()).unwrap_or_default();
    let cleaned = clean::clean(body, base.as_ref());
    let text = text::paragraphs(&cleaned.html);
    let lead = lead(entry, &text, base.as_ref());
    let whole = text::joined(&text);
    let declared = entry.language.as_deref().or(language);
    let first_words = Some(excerpt::cut(&whole, 80)).filter(|words| !words.is_empty());
    let title = entry.title.clone().or(first_words).or(entry.link.clone()).unwrap_or_else(|| "…".into());
    let language = language::of(&format!("{title}\n{whole}"), declared);
    Article {
        feed: feed.id.clone(),
        outlet: feed.name.clone().or_else(|| outlet.map(str::to_owned)).unwrap_or_else(|| feed.nameless()),
        key: entry.key,
        title: visible(&title),
        link: entry.link.clone().filter(|l| l.starts_with("http://") || l.starts_with("https://")),
        // A date in the future is a mistake of the feed, and would lead every edition until then.
        published: entry.published.map_or(seen, |p| p.min(seen)),
        language,
        minutes: text::minutes(&whole),
        excerpt: excerpt::cut(&lead, feed.excerpt),
        image: image(entry, cleaned.images),
        html: cleaned.html,
        text: whole,
        section: feed.section.clone(),
        content: feed.content,
    }
}

/// A feed's fragment of HTML made safe: nothing that runs, absolute addresses.
pub fn sanitise(html: &str, base: Option<&Url>) -> String {
    clean::sanitise(&bounds::bounded(html), base)
}

/// The beginning of `text`, whole sentences where they fit, never wider than `columns`.
pub fn excerpt(text: &str, columns: usize) -> String {
    excerpt::cut(text, columns)
}

/// What the excerpt is taken from: the feed's summary where there is a real one beside
/// the full text, else the article's own paragraphs.
fn lead(entry: &Entry, body: &[text::Paragraph], base: Option<&Url>) -> String {
    if let (Some(summary), Some(_)) = (&entry.summary, &entry.content) {
        let summary = text::joined(&text::paragraphs(&clean::clean(summary, base).html));
        let cut_off = summary.ends_with('…') || summary.ends_with("...") || summary.ends_with("[…]");
        if excerpt::columns(&summary) >= LEAST_SUMMARY && !cut_off {
            return summary;
        }
    }
    text::running(body)
}

/// The feed's own choice, else the first picture of the article.
fn image(entry: &Entry, images: Vec<Image>) -> Option<Image> {
    let chosen = entry
        .image
        .as_ref()
        .filter(|url| url.starts_with("http"))
        .map(|url| Image { url: url.clone(), alt: String::new() });
    chosen.or_else(|| images.into_iter().next())
}

/// Text without what would disturb its surroundings: control characters and the marks
/// that reverse the direction of everything after them.
fn visible(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffd}')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, EntryKey, Source};

    fn feed() -> Feed {
        Feed {
            id: "courier".into(),
            name: None,
            source: Source::File("courier.xml".into()),
            section: None,
            first_run: 5,
            max_items: 12,
            content: Content::Excerpt,
            excerpt: 60,
        }
    }

    fn entry(content: &str) -> Entry {
        Entry {
            key: EntryKey([0; 16]),
            id: None,
            title: Some("A title".into()),
            link: Some("https://courier.example/1".into()),
            published: None,
            updated: None,
            authors: Vec::new(),
            summary: None,
            content: Some(content.into()),
            categories: Vec::new(),
            enclosures: Vec::new(),
            image: None,
            language: None,
            base: None,
        }
    }

    #[test]
    fn a_full_text_article_in_the_shape_of_the_archive_reads_well() {
        let html = "<div><i><br>2026-11-21T10:55:35.311Z</i></div><img src=\"/p/1.jpg\" width=\"100%\" alt=\"渡轮\">\
            <div><small>清晨的渡口</small></div><p>（示例通讯社）渡轮公司周四表示，北线将提前一周改为冬季班次，乘客需改乘八点十五分的一班。</p>\
            <p>过去七个早晨有四个因大雾停航。</p>";
        let article = read(&entry(html), &feed(), Some("港口邮报"), None, DateTime::UNIX_EPOCH);
        assert_eq!(article.outlet, "港口邮报");
        assert!(article.excerpt.starts_with("（示例通讯社）渡轮公司"), "{}", article.excerpt);
        assert_eq!(article.language.as_deref(), Some("zh-Hans"));
        assert_eq!(
            article.image,
            Some(Image { url: "https://courier.example/p/1.jpg".into(), alt: "渡轮".into() })
        );
    }

    #[test]
    fn nothing_hostile_is_left() {
        let html = "<p onclick=\"x()\">Text <script>alert(1)</script><a href=\"javascript:x()\">link</a></p><iframe src=\"https://evil.example\"></iframe><form><input></form>";
        let article = read(&entry(html), &feed(), None, None, DateTime::UNIX_EPOCH);
        assert_eq!(article.html, "<p>Text <a>link</a></p>");
    }

    #[test]
    fn a_date_in_the_future_becomes_the_time_of_arrival() {
        let mut entry = entry("<p>Text</p>");
        entry.published = Some("2099-01-01T00:00:00Z".parse().unwrap());
        let seen = "2026-11-22T06:00:00Z".parse().unwrap();
        assert_eq!(read(&entry, &feed(), None, None, seen).published, seen);
    }
}
