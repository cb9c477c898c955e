//! An entry made readable: its HTML cleaned, its text and excerpt taken from that, its
//! picture and language found. What leaves this module is safe to print in a mail.
//!
//! The HTML is [read](build) into [`blocks`], [stripped](boilerplate) of what is not the
//! article, and [written](write) again.

mod blocks;
mod boilerplate;
mod bounds;
mod build;
mod excerpt;
mod filter;
mod formula;
mod fragment;
mod junk;
mod language;
mod links;
mod media;
mod page;
mod pictures;
mod plain;
mod players;
#[cfg(test)]
mod properties;
mod segments;
mod write;

use chrono::{DateTime, Utc};
use url::Url;

use crate::model::{Article, Content, Entry, Feed, Image, Images};
use crate::text::{is_bidi_control, is_cjk};
use blocks::Block;
use boilerplate::{EntryFacts, RepeatedBlocks};

pub use build::is_selector;
pub use filter::Filter;
pub use language::among as language_among;
pub use page::{Page, extract};
pub use segments::{replace_segments, segments};

/// A summary shorter than this many columns says less than the article's own lead.
const LEAST_SUMMARY: usize = 40;
/// Fewer columns of its own words do not tell an article's language.
const LEAST_OWN: usize = 120;
/// Cleaning is repeated while it finds something, since what one rule takes away may lay
/// bare what another looks for.
const MOST_ROUNDS: usize = 6;

/// What the owner wants taken out of a feed's articles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// CSS selectors.
    pub remove: &'a [String],
    /// Where the article ends: this text, and what follows, is none of it.
    pub cut_after: Option<&'a str>,
}

impl<'a> Rules<'a> {
    /// The rules that a feed's settings make.
    pub fn of(feed: &'a Feed) -> Self {
        Self { remove: &feed.remove, cut_after: feed.cut_after.as_deref() }
    }
}

/// What a feed puts before and after all its articles, learnt from some of them.
#[derive(Debug, Clone, Default)]
pub struct FeedBoilerplate(RepeatedBlocks);

impl FeedBoilerplate {
    /// What recurs at the ends of these entries of one feed.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>, rules: Rules<'_>) -> Self {
        let texts: Vec<(&Entry, &str)> = entries
            .into_iter()
            .filter_map(|entry| {
                entry.content.as_deref().or(entry.summary.as_deref()).map(|html| (entry, html))
            })
            .collect();
        // Most feeds repeat nothing, and cleaning costs.
        if !boilerplate::may_repeat(texts.iter().map(|(_, html)| *html)) {
            return Self::default();
        }
        let articles: Vec<Vec<Block>> = texts
            .into_iter()
            .map(|(entry, html)| {
                cleaned(html, base(entry).as_ref(), rules, &known(entry), &RepeatedBlocks::default())
            })
            .collect();
        Self(RepeatedBlocks::of(&articles))
    }
}

/// An entry's body, cleaned: what `read` makes an article of.
pub struct Readable {
    blocks: Vec<Block>,
    pub image: Option<Image>,
    pub language: Option<String>,
    pub text: String,
    /// At least one.
    pub minutes: usize,
    summary: Option<String>,
}

impl Readable {
    /// The whole of it, every picture in its place.
    pub fn html(&self) -> String {
        write::html(&self.blocks)
    }

    /// The article's lead, never wider than `columns`.
    pub fn excerpt(&self, columns: usize) -> String {
        match &self.summary {
            Some(summary) => crate::text::cut(summary, columns),
            None => crate::text::cut(&excerpt::lead(&self.blocks, columns), columns),
        }
    }

    /// As an edition shows it, which has the leading picture elsewhere.
    fn shown(&self, images: Images) -> Vec<Block> {
        let mut blocks = self.blocks.clone();
        let lead = self.image.as_ref().map(|image| pictures::identity(&image.url));
        pictures::drop_if(&mut blocks, &|picture| {
            images != Images::All || lead.as_ref() == Some(&pictures::identity(&picture.url))
        });
        blocks
    }
}

/// Cleans an entry. `language` is what its feed declares.
pub fn clean(
    entry: &Entry,
    rules: Rules<'_>,
    boilerplate: &FeedBoilerplate,
    language: Option<&str>,
) -> Readable {
    let base = base(entry);
    let known = known(entry);
    let clean = |html: &str| cleaned(html, base.as_ref(), rules, &known, &boilerplate.0);
    let content = entry.content.as_deref().map(clean);
    let summary = entry.summary.as_deref().map(clean);
    // A feed's `content` may hold less than its summary: a picture, a link.
    let (blocks, summary) = match (content, summary) {
        (Some(content), Some(summary)) if says_something(&content) || !says_something(&summary) => {
            let words = real_summary(&summary, &content);
            (content, words)
        }
        (Some(content), None) => (content, None),
        (_, summary) => (summary.unwrap_or_default(), None),
    };
    let text = plain::text(&blocks);
    let image = image(entry, &blocks, base.as_ref());
    // Its own words: what it quotes may be in any language.
    let own: Vec<String> = plain::prose(&blocks).map(|line| blocks::text(line)).collect();
    let own = own.join("\n");
    let own = if crate::text::columns(&own) < LEAST_OWN { text.clone() } else { own };
    let sample = format!("{}\n{own}", entry.title.as_deref().unwrap_or_default());
    let language = language::of(&sample, entry.language.as_deref().or(language));
    Readable { image, language, minutes: plain::minutes(&text), summary, text, blocks }
}

/// Makes an article of an entry. `outlet` is the feed's own title, `language` what the
/// feed declares, `seen` when we first saw the entry.
pub fn read(
    entry: &Entry,
    feed: &Feed,
    outlet: Option<&str>,
    language: Option<&str>,
    boilerplate: &FeedBoilerplate,
    images: Images,
    seen: DateTime<Utc>,
) -> Article {
    let readable = clean(entry, Rules::of(feed), boilerplate, language);
    // Only a mail that carries its pictures can show one that is written into the feed.
    let inline = (images == Images::Embed).then(|| pictures::inline(entry));
    let mut shown = readable.shown(images);
    let mut excerpt = readable.excerpt(feed.excerpt);
    let own_title = entry.title.as_deref().filter(|title| !is_cut_off_beginning(title, &readable.text));
    let title = match own_title {
        Some(title) => title.to_owned(),
        None => {
            let (title, rest) = title_and_rest(&readable.text);
            // Its words are read once.
            excerpt = crate::text::cut(&rest, feed.excerpt);
            // Where they lead is not in the title.
            if rest.is_empty() && !write::html(&shown).contains("<a ") {
                shown.retain(|block| matches!(block, Block::Figure(..)));
            }
            Some(title).filter(|title| !title.is_empty()).or(entry.link.clone()).unwrap_or_else(|| "…".into())
        }
    };
    Article {
        feed: feed.id.clone(),
        outlet: feed.name.clone().or_else(|| outlet.map(visible)).unwrap_or_else(|| feed.nameless()),
        key: entry.key,
        guid: entry.id.clone(),
        enclosure: entry.enclosures.first().map(|enclosure| enclosure.url.clone()),
        media: media::of(entry, base(entry).as_ref()),
        discussion: entry.discussion.as_deref().and_then(|l| links::absolute(l, None)).map(Into::into),
        title: visible(&title),
        link: entry.link.as_deref().and_then(|l| links::absolute(l, None)).map(Into::into),
        // A date in the future is a mistake of the feed, and would lead every edition until then.
        published: entry.date().map_or(seen, |date| date.min(seen)),
        excerpt,
        html: write::html(&shown),
        text: plain::text(&shown),
        printed: matches!(feed.content, Content::Full | Content::Fetch)
            .then(|| plain::printed(&shown))
            .flatten(),
        language: readable.language,
        minutes: readable.minutes,
        image: readable.image.or_else(|| inline.flatten()),
        section: feed.section.clone(),
        content: feed.content,
        by_machine: None,
    }
}

/// The width of a title that is made of an article's first words.
const TITLE_COLUMNS: usize = 80;

/// A title for a text that has none, and what follows it: its first sentences, or the beginning
/// of the first.
fn title_and_rest(text: &str) -> (String, String) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = crate::text::cut(&text, TITLE_COLUMNS);
    match text.strip_prefix(title.as_str()) {
        Some(rest) => (title, rest.trim_start().to_owned()),
        // Cut off in a sentence, where the rest goes on.
        None => {
            let kept = title.trim_end_matches('…');
            let rest = text.strip_prefix(kept).unwrap_or_default().trim_start();
            let rest = rest.trim_start_matches(|c: char| {
                c.is_whitespace() || matches!(c, ',' | ';' | '，' | '、' | '；')
            });
            (title, format!("…{rest}"))
        }
    }
}

/// Whether a title is but the text's first words, cut off by a program.
fn is_cut_off_beginning(title: &str, text: &str) -> bool {
    let kept = title.trim_end().strip_suffix('…').or_else(|| title.trim_end().strip_suffix("..."));
    let squeezed = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let beginning: String = text.chars().take(title.chars().count() * 2).collect();
    kept.is_some_and(|kept| {
        let kept = squeezed(kept);
        kept.chars().count() >= 10 && squeezed(&beginning).starts_with(&kept)
    })
}

/// The language of a text, if that can be told.
pub fn language_of(text: &str) -> Option<String> {
    language::of(text, None)
}

/// A feed's fragment of HTML made safe and otherwise left alone.
pub fn sanitise(html: &str, base: Option<&Url>) -> String {
    fragment::sanitise(html, base)
}

/// Fewer columns of letters on a page are an invitation to subscribe.
const LEAST_PAGE: usize = 300;

/// Whether a page's article holds what the feed gave of it, and more.
pub fn says_more(html: &str, entry: &Entry) -> bool {
    let text = |html: &str| {
        let blocks =
            cleaned(html, None, Rules::default(), &EntryFacts::default(), &RepeatedBlocks::default());
        plain::text(&blocks)
    };
    // A Han character says as much as two letters and a half.
    let letters = |text: &str| {
        let weight = |c: char| if is_cjk(c) { 5 } else { 2 };
        text.chars().filter(|c| c.is_alphanumeric()).map(weight).sum::<usize>() / 2
    };
    let (page, own) = (text(html), [&entry.content, &entry.summary].into_iter().flatten().map(|h| text(h)));
    let own = own.max_by_key(|text| letters(text)).unwrap_or_default();
    letters(&page) >= LEAST_PAGE.max(letters(&own))
}

fn base(entry: &Entry) -> Option<Url> {
    entry.base.as_deref().or(entry.link.as_deref()).and_then(|l| Url::parse(l).ok())
}

fn known(entry: &Entry) -> EntryFacts<'_> {
    EntryFacts {
        title: entry.title.as_deref(),
        authors: entry.authors.iter().filter_map(|author| author.name.as_deref()).collect(),
        site: entry
            .link
            .as_deref()
            .and_then(|link| link.split_once("://")?.1.split(['/', '?', '#', ':']).next()),
    }
}

fn cleaned(
    html: &str,
    base: Option<&Url>,
    rules: Rules<'_>,
    known: &EntryFacts<'_>,
    repeated: &RepeatedBlocks,
) -> Vec<Block> {
    let mut all = build::build(html, base, rules.remove);
    if let Some(text) = rules.cut_after {
        boilerplate::cut_after(&mut all, text);
    }
    let mut stripped = all.clone();
    strip(&mut stripped, known, repeated);
    // What comes back in every article and is all there is, is the article.
    if !says_something(&stripped) && *repeated != RepeatedBlocks::default() {
        stripped = all;
        strip(&mut stripped, known, &RepeatedBlocks::default());
    }
    blocks::finish(&mut stripped);
    stripped
}

fn strip(all: &mut Vec<Block>, known: &EntryFacts<'_>, repeated: &RepeatedBlocks) {
    for _ in 0..MOST_ROUNDS {
        let before = all.clone();
        boilerplate::strip(all, known, repeated);
        pictures::settle(all);
        if *all == before {
            break;
        }
    }
}

fn says_something(all: &[Block]) -> bool {
    plain::prose(all).any(|line| !blocks::is_blank(line))
}

/// The summary's words, where it is a summary: neither too short, nor the beginning of the
/// article cut off.
fn real_summary(summary: &[Block], content: &[Block]) -> Option<String> {
    let words = excerpt::lead(summary, usize::MAX);
    let words = excerpt::without_age(&words).to_owned();
    let cut_off = ["…", "...", "[…]", "[...]", "……"].iter().any(|end| words.trim_end().ends_with(end));
    let letters =
        |text: &str, most: usize| text.chars().filter(|c| c.is_alphanumeric()).take(most).collect::<String>();
    let repeats = letters(&plain::text(content), 60).starts_with(&letters(&words, 60))
        || repeats_a_beginning(&letters(&words, usize::MAX), content);
    (crate::text::columns(&words) >= LEAST_SUMMARY && !cut_off && !repeats).then_some(words)
}

/// Letters of a paragraph that tell it from others.
const ANCHOR: usize = 16;

/// Whether a summary is the article's own beginning, flattened by a program: after a date, a byline
/// or a caption, it goes on as one of the first paragraphs does.
fn repeats_a_beginning(summary: &str, content: &[Block]) -> bool {
    let squeezed = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let prose: Vec<String> =
        plain::prose(content).take(4).map(|line| squeezed(&blocks::text(line))).collect();
    prose.iter().enumerate().take(2).any(|(i, first)| {
        let anchor: String = first.chars().take(ANCHOR).collect();
        let Some((_, rest)) = summary.split_once(&anchor).filter(|_| anchor.chars().count() == ANCHOR) else {
            return false;
        };
        let following: String = prose.iter().skip(i).flat_map(|line| line.chars()).skip(ANCHOR).collect();
        // A word may be cut off at the end.
        let length = rest.chars().count().min(following.chars().count()).min(40);
        rest.chars().take(length).eq(following.chars().take(length))
    })
}

/// The feed's own choice, else the first picture of the article.
fn image(entry: &Entry, all: &[Block], base: Option<&Url>) -> Option<Image> {
    let first = pictures::first(all);
    let chosen = entry.image.as_deref().and_then(|url| links::absolute(url, base)).map(String::from);
    let is_first = |url: &String| {
        first.is_some_and(|(picture, _)| pictures::identity(url) == pictures::identity(&picture.url))
    };
    match (chosen, first) {
        (Some(url), first) if first.is_none() || !is_first(&url) => {
            Some(Image { url, alt: String::new(), caption: String::new(), width: None })
        }
        (_, Some((picture, caption))) => Some(Image {
            url: picture.url.clone(),
            alt: picture.alt.clone(),
            caption: blocks::text(caption).replace('\n', " "),
            width: picture.width,
        }),
        (_, None) => None,
    }
}

/// A line without what would disturb its surroundings: control characters, runs of blanks,
/// and the marks that reverse the direction of everything after them.
pub fn visible(text: &str) -> String {
    let line = vec![blocks::Span { text: text.replace(['\n', '\r', '\t'], " "), ..blocks::Span::default() }];
    let mut is_flag = false;
    let is_shown = |c: &char| {
        // Tag characters are unseen letters, but for the flags of England, Scotland and Wales.
        let is_tag = matches!(c, '\u{e0000}'..='\u{e007f}');
        is_flag = *c == '\u{1f3f4}' || (is_flag && is_tag);
        !(c.is_control() || is_bidi_control(*c) || *c == '\u{fffd}' || (is_tag && !is_flag))
    };
    blocks::text(&blocks::tidy(line)).chars().filter(is_shown).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{EntryKey, Source};

    #[test]
    fn what_turns_a_title_around_or_hides_in_it_is_dropped_and_flags_stay() {
        assert_eq!(visible("a\u{202e}b\u{200e}c\u{61c}d\u{e0041}\u{e0042}e"), "abcde");
        let wales = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";
        assert_eq!(visible(wales), wales);
    }

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
            remove: Vec::new(),
            cut_after: None,
            max_age: None,
        }
    }

    pub(super) fn read_entry(entry: &Entry, outlet: Option<&str>, seen: DateTime<Utc>) -> Article {
        read(entry, &feed(), outlet, None, &FeedBoilerplate::default(), Images::First, seen)
    }

    fn entry(content: &str) -> Entry {
        Entry {
            title: Some("A title".into()),
            link: Some("https://courier.example/1".into()),
            content: Some(content.into()),
            ..Entry::of(EntryKey([0; 16]))
        }
    }

    #[test]
    fn a_full_text_article_in_the_shape_of_the_archive_reads_well() {
        let html = "<div><i><br>2026-11-21T10:55:35.311Z</i></div><img src=\"/p/1.jpg\" width=\"100%\" alt=\"渡轮\">\
            <div><small>清晨的渡口</small></div><p>（示例通讯社）渡轮公司周四表示，北线将提前一周改为冬季班次，乘客需改乘八点十五分的一班。</p>\
            <p>过去七个早晨有四个因大雾停航。</p>";
        let article = read_entry(&entry(html), Some("港口邮报"), DateTime::UNIX_EPOCH);
        assert_eq!(article.outlet, "港口邮报");
        assert!(article.excerpt.starts_with("渡轮公司周四表示"), "{}", article.excerpt);
        assert_eq!(article.language.as_deref(), Some("zh-Hans"));
        assert_eq!(
            article.image,
            Some(Image {
                url: "https://courier.example/p/1.jpg".into(),
                alt: "渡轮".into(),
                caption: "清晨的渡口".into(),
                width: None,
            })
        );
    }

    #[test]
    fn nothing_hostile_is_left() {
        let html = "<p onclick=\"x()\">Text <script>alert(1)</script><a href=\"javascript:x()\">link</a></p><iframe src=\"https://evil.example\"></iframe><form><input></form>";
        let article = read_entry(&entry(html), None, DateTime::UNIX_EPOCH);
        assert_eq!(article.html, "<p>Text link</p>");
    }

    #[test]
    fn a_date_in_the_future_becomes_the_time_of_arrival() {
        let mut entry = entry("<p>Text</p>");
        entry.published = Some("2099-01-01T00:00:00Z".parse().unwrap());
        let seen = "2026-11-22T06:00:00Z".parse().unwrap();
        assert_eq!(read_entry(&entry, None, seen).published, seen);
    }
}
