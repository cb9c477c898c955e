//! Bounds on hostile HTML, by one linear scan. The parsers behind us take quadratic time
//! on deep nesting (twenty thousand `<div>` cost seconds), so they are never shown any.

use std::borrow::Cow;
use std::collections::HashMap;

/// Beyond this an article is a book, or an attack.
const MAX_BYTES: usize = 2_000_000;
/// html5ever writes text in time quadratic in the ampersands and no-break spaces of a run.
const MAX_REFERENCES: usize = 20_000;
/// Real articles nest a dozen deep.
const MAX_DEPTH: usize = 100;

/// Elements that hold nothing, and those that close themselves when the next of their kind
/// begins: old pages have thousands of `<p>` and no `</p>`.
const FLAT: [&str; 22] = [
    "p", "li", "td", "th", "tr", "dt", "dd", "option", "area", "base", "br", "col", "embed", "hr", "img",
    "input", "link", "meta", "param", "source", "track", "wbr",
];

/// Elements in a table outside its cells. HTML moves each of them in front of the table (WHATWG
/// HTML 13.2.6.1), past all that were moved there before.
const MAX_MISPLACED: usize = 1_000;

/// Tags of one article, end tags included: each becomes nodes of a tree, and a web page that real
/// people wrote has some thousands.
const MAX_TAGS: usize = 40_000;

/// Attributes of one tag: html5ever compares each with all before it.
const MAX_ATTRIBUTES: usize = 64;

/// The same HTML, cut at a length, without the tags beyond a depth or a number and the attributes
/// beyond a number.
pub(super) fn bounded(html: &str) -> Cow<'_, str> {
    let html = html.split_at(end(html)).0;
    let (mut depth, mut tables) = (Depth::default(), Tables::default());
    let is_modest = tags(html).enumerate().all(|(n, tag)| {
        n < MAX_TAGS
            && depth.step(&tag) <= MAX_DEPTH
            && tables.step(&tag) <= MAX_MISPLACED
            && tag.surplus.is_none()
    });
    if is_modest { Cow::Borrowed(html) } else { Cow::Owned(flattened(html)) }
}

/// Where to stop reading.
fn end(html: &str) -> usize {
    let mut references = html.match_indices(['&', '\u{a0}']).map(|(at, _)| at);
    let mut end = references.nth(MAX_REFERENCES).unwrap_or(html.len()).min(MAX_BYTES);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// An upper bound on the nesting: an end tag closes something only if something of its name is
/// open.
#[derive(Default)]
struct Depth {
    depth: usize,
    open: HashMap<String, usize>,
}

impl Depth {
    /// The depth at this tag, itself included.
    fn step(&mut self, tag: &Tag<'_>) -> usize {
        match tag.kind {
            Kind::Open => {
                *self.open.entry(tag.name()).or_default() += 1;
                self.depth += 1;
                self.depth
            }
            Kind::Close => {
                let before = self.depth;
                if let Some(open) = self.open.get_mut(&tag.name()).filter(|open| **open > 0) {
                    *open -= 1;
                    self.depth = self.depth.saturating_sub(1);
                }
                before
            }
            Kind::Other => self.depth,
        }
    }
}

/// Which tables are open, each with whether one of its cells is.
#[derive(Default)]
struct Tables {
    open: Vec<bool>,
    misplaced: usize,
}

impl Tables {
    fn set_cell(&mut self, is_open: bool) {
        if let Some(cell) = self.open.last_mut() {
            *cell = is_open;
        }
    }

    /// How many elements were misplaced so far; 0 for a tag that is in its place.
    fn step(&mut self, tag: &Tag<'_>) -> usize {
        let is_end = tag.text.starts_with("</");
        let name = tag.name();
        match (name.as_str(), is_end) {
            ("table", false) => self.open.push(false),
            ("table", true) => drop(self.open.pop()),
            ("td" | "th" | "caption", false) => self.set_cell(true),
            ("tr" | "tbody" | "thead" | "tfoot" | "td" | "th" | "caption", _) => {
                self.set_cell(false);
            }
            (_, false) if self.open.last() == Some(&false) && !name.is_empty() => {
                self.misplaced += 1;
                return self.misplaced;
            }
            _ => {}
        }
        0
    }
}

fn flattened(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let (mut depth, mut tables) = (Depth::default(), Tables::default());
    let mut from = 0;
    for (n, tag) in tags(html).enumerate() {
        let Some(before) = html.get(from..tag.start) else { break };
        out.push_str(before);
        from = tag.start + tag.length;
        let (depth, misplaced) = (depth.step(&tag), tables.step(&tag));
        if n >= MAX_TAGS || depth > MAX_DEPTH || misplaced > MAX_MISPLACED {
            continue;
        }
        match tag.surplus.and_then(|at| tag.text.get(..at)) {
            Some(kept) => {
                out.push_str(kept);
                out.push('>');
            }
            None => out.push_str(tag.text),
        }
    }
    out.push_str(html.get(from..).unwrap_or_default());
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Open,
    Close,
    /// Flat elements, comments, declarations.
    Other,
}

struct Tag<'a> {
    kind: Kind,
    start: usize,
    length: usize,
    /// All of it, from `<` to `>`.
    text: &'a str,
    /// Where the attributes begin that are too many.
    surplus: Option<usize>,
}

impl Tag<'_> {
    /// In small letters.
    fn name(&self) -> String {
        name(self.text.trim_start_matches(['<', '/']))
    }
}

fn name(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut from = 0;
    let mut raw = RawText::new(html);
    std::iter::from_fn(move || {
        let start = from + html.get(from..)?.find('<')?;
        let rest = html.get(start..raw.end_at(start))?;
        let inside = rest.get(1..)?;
        let is_tag =
            inside.strip_prefix('/').unwrap_or(inside).starts_with(|c: char| c.is_ascii_alphabetic());
        let (length, surplus) = match inside.chars().next() {
            _ if is_tag => extent(rest),
            // Comments, and what is read as one.
            Some('!' | '?' | '/') => (rest.find('>').map_or(rest.len(), |end| end + 1), None),
            // A `<` that means itself; what follows it may be a tag (WHATWG HTML 13.2.5.6).
            _ => (1, None),
        };
        from = start + length;
        let kind = match inside.chars().next() {
            Some('/') if FLAT.contains(&name(inside.get(1..)?).as_str()) => Kind::Other,
            Some('/') => Kind::Close,
            Some(c) if c.is_ascii_alphabetic() && !FLAT.contains(&name(inside).as_str()) => Kind::Open,
            _ => Kind::Other,
        };
        if is_tag && !inside.starts_with('/') {
            raw.begin(&name(inside), from);
        }
        Some(Tag { kind, start, length, text: rest.get(..length)?, surplus })
    })
}

/// Elements whose content is text up to their end tag (WHATWG HTML 13.2.5.2 and on).
const RAW: [&str; 9] =
    ["iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"];

/// Where raw text ends. What looks like a tag in it is looked at all the same, since in SVG some of
/// it is one; but a quotation mark in it hides nothing that follows it.
struct RawText {
    html: String,
    end: usize,
    /// Elements that end nowhere any more.
    endless: Vec<String>,
}

impl RawText {
    fn new(html: &str) -> Self {
        Self { html: html.to_ascii_lowercase(), end: 0, endless: Vec::new() }
    }

    /// An element begins; its content, at `from`.
    fn begin(&mut self, name: &str, from: usize) {
        if from < self.end || !RAW.contains(&name) || self.endless.iter().any(|endless| endless == name) {
            return;
        }
        match self.html.get(from..).and_then(|rest| rest.find(&format!("</{name}"))) {
            Some(length) => self.end = from + length,
            None => self.endless.push(name.to_owned()),
        }
    }

    /// How far a tag can reach that begins at `start`.
    fn end_at(&self, start: usize) -> usize {
        if start < self.end { self.end } else { self.html.len() }
    }
}

/// How long a tag is, and where its surplus attributes begin, as HTML's tokenizer reads it
/// (WHATWG HTML 13.2.5.32 and on): a `>` within quotes does not end it.
fn extent(tag: &str) -> (usize, Option<usize>) {
    #[derive(PartialEq)]
    enum At {
        Between,
        Name,
        AfterName,
        BeforeValue,
        Value(Option<u8>),
    }
    let mut at = At::Name;
    let (mut attributes, mut surplus) = (0, None);
    for (i, byte) in tag.bytes().enumerate().skip(1) {
        let is_blank = byte.is_ascii_whitespace();
        at = match (at, byte) {
            (At::Value(Some(quote)), _) if byte == quote => At::Between,
            (At::Value(Some(quote)), _) => At::Value(Some(quote)),
            (_, b'>') => return (i + 1, surplus),
            (At::Value(None), _) if !is_blank => At::Value(None),
            (At::BeforeValue, b'"' | b'\'') => At::Value(Some(byte)),
            (At::BeforeValue, _) if is_blank => At::BeforeValue,
            (At::BeforeValue, _) => At::Value(None),
            (At::Name | At::AfterName, b'=') if attributes > 0 => At::BeforeValue,
            (At::Name, _) if !is_blank && byte != b'/' => At::Name,
            (At::Name | At::AfterName, _) if is_blank => At::AfterName,
            (_, _) if is_blank || byte == b'/' => At::Between,
            // A name begins.
            (_, _) => {
                attributes += 1;
                if attributes == MAX_ATTRIBUTES + 1 {
                    surplus = Some(i);
                }
                At::Name
            }
        };
    }
    (tag.len(), surplus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_article_passes_untouched() {
        for html in ["<div><p>One<br>two</p><img src=x><p>three</div>".to_owned(), "<p>old page".repeat(500)]
        {
            assert_eq!(bounded(&html), html);
        }
    }

    fn deepest(html: &str) -> usize {
        let mut depth = Depth::default();
        tags(html).map(|tag| depth.step(&tag)).max().unwrap_or_default()
    }

    #[test]
    fn a_nesting_bomb_keeps_its_words() {
        let html = format!("{}<p>words</p>{}tail", "<div>".repeat(15_000), "</div>".repeat(15_000));
        let bounded = bounded(&html);
        assert!(bounded.contains("words") && bounded.ends_with("tail"));
        assert!(deepest(&bounded) <= MAX_DEPTH);
        assert_eq!(bounded.matches("<div>").count(), bounded.matches("</div>").count());
    }

    #[test]
    fn a_crowd_between_the_cells_of_a_table_keeps_its_words() {
        let html = format!("<table>{}<tr><td><b>cell</b></table>tail", "<b>x</b>".repeat(5_000));
        let bounded = bounded(&html);
        assert_eq!(
            (bounded.matches("<b>").count(), bounded.matches('x').count()),
            (MAX_MISPLACED + 1, 5_000)
        );
        assert!(bounded.contains("<td><b>cell") && bounded.ends_with("tail"));
    }

    #[test]
    fn end_tags_of_what_is_not_open_close_nothing() {
        let html = format!("{}words", "<b class=1></i>".repeat(20_000));
        let bounded = bounded(&html);
        assert!(bounded.matches("<b ").count() <= MAX_DEPTH && bounded.ends_with("words"));
    }

    #[test]
    fn a_tag_of_many_attributes_keeps_the_first() {
        let attributes: Vec<String> = (0..1000).map(|n| format!("a{n}=\"1>\"")).collect();
        let html = format!("<p title='a > b' {}>words</p>", attributes.join(" "));
        let bounded = bounded(&html);
        assert!(bounded.starts_with("<p title='a > b' a0=") && bounded.ends_with(">words</p>"), "{bounded}");
        assert_eq!(bounded.matches("=\"1>\"").count(), MAX_ATTRIBUTES - 1);
    }

    #[test]
    fn a_sign_before_a_tag_does_not_hide_it() {
        let attributes: Vec<String> = (0..1000).map(|n| format!("a{n}=\"1\"")).collect();
        for before in
            ["<", "< ", "<1", "<//x a=\">", "a < b ", "<script><a b=\"</script>", "<TITLE><a b='</title>"]
        {
            let html = format!("{before}<div {}>words</div>", attributes.join(" "));
            assert!(bounded(&html).matches("=\"1\"").count() <= MAX_ATTRIBUTES, "{before}");
        }
    }

    #[test]
    fn a_tag_ends_where_browsers_end_it() {
        for (tag, length) in [
            ("<p>x", 3),
            ("<p a=b>x", 7),
            ("<p a='>'>x", 9),
            ("<p a=\"'>\" b>x", 12),
            ("<p a = '>' />x", 13),
            ("<p a=b'>x", 8),
            ("<a href=x/>y", 11),
            ("<p \"'>x", 6),
            ("<p a='x", 7),
        ] {
            assert_eq!(extent(tag).0, length, "{tag}");
        }
    }
}
