//! HTML as feeds deliver it: escaped once too often, with mail addresses and mathematics between
//! angle brackets, or plain text in its place. What leaves this module is HTML that means what its
//! author saw.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::references;
use crate::model::Address;
use crate::text::{columns, escape_xml, is_cjk};

/// Elements without an end.
const VOID: [&str; 4] = ["br", "hr", "img", "wbr"];
/// With which an article begins that was escaped once too often.
const OPENING: [&str; 26] = [
    "a",
    "article",
    "b",
    "blockquote",
    "br",
    "center",
    "div",
    "em",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "i",
    "iframe",
    "img",
    "ol",
    "p",
    "pre",
    "section",
    "span",
    "strong",
    "ul",
];
/// The elements of HTML, with those that were once.
const ELEMENTS: &str = "a abbr acronym address applet area article aside audio b base basefont bdi bdo big \
    blink blockquote body br button canvas caption center cite code col colgroup data datalist dd del details \
    dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 \
    h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee math \
    menu meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture \
    plaintext pre progress q rb rp rt rtc ruby s samp script search section select slot small source span \
    strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr \
    track tt u ul var video wbr xmp";

/// Lines of plain text that were broken where they became too long have about so many columns.
const WRAPPED: std::ops::RangeInclusive<usize> = 55..=90;

/// Elements of HTML that have no content, and so no end tag.
const EMPTY: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements that swallow what follows when they are not closed.
const SWALLOWING: [&str; 12] = [
    "audio", "canvas", "iframe", "noscript", "object", "script", "select", "style", "svg", "textarea",
    "title", "video",
];

/// HTML as its author saw it.
pub(super) fn mended(html: String) -> String {
    let html = unescaped_twice(html);
    // In HTML a slash closes nothing; its authors mean it to, and see that it must for these.
    let html = with_end_tags(html, |name| SWALLOWING.contains(&name));
    let html = with_typed_brackets(html);
    if html.contains('<') || !has_blank_line(&html) {
        return html;
    }
    // Words without a single tag: an empty line is all that can part them.
    html.split_inclusive('\n')
        .collect::<Vec<_>>()
        .split(|line| line.trim().is_empty())
        .map(|lines| lines.concat())
        .filter(|paragraph| !paragraph.trim().is_empty())
        .map(|paragraph| format!("<p>{}</p>", paragraph.trim()))
        .collect()
}

/// The same of XHTML, where every element may close itself.
pub(super) fn mended_xhtml(html: String) -> String {
    mended(with_end_tags(html, |name| !EMPTY.contains(&name)))
}

/// Gives those of the elements that close themselves (`<iframe/>`) an end tag.
fn with_end_tags(html: String, wanted: impl Fn(&str) -> bool) -> String {
    if !html.contains("/>") {
        return html;
    }
    let mut out = String::with_capacity(html.len() + 16);
    let mut rest = html.as_str();
    let mut endless = 0;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let is_tag = endless < MOST_ENDLESS
            && tag.get(1..).is_some_and(|t| t.starts_with(|c: char| c.is_ascii_alphabetic()));
        let Some(end) = is_tag.then(|| end_of_tag(tag)).flatten() else {
            endless += usize::from(is_tag);
            out.push('<');
            rest = tag.strip_prefix('<').unwrap_or_default();
            continue;
        };
        let (tag, following) = tag.split_at(end);
        let name: String =
            tag.chars().skip(1).take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '-')).collect();
        match tag.strip_suffix("/>") {
            Some(open) if wanted(&name.to_ascii_lowercase()) => {
                out.push_str(&format!("{open}></{name}>"));
            }
            _ => out.push_str(tag),
        }
        rest = following;
    }
    out.push_str(rest);
    out
}

/// Tags without an end whose end is looked for: each search goes to the end of the text.
const MOST_ENDLESS: usize = 50;

/// Where a tag ends: at the `>` that is in none of its attributes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in tag.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && before == '=' => quote = Some(c),
            None if c == '>' => return Some(at + 1),
            None => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    None
}

/// Plain text as HTML: an empty line parts paragraphs, and lines stay lines, unless they were
/// broken to a width.
pub(super) fn from_plain(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::new();
    if !text.contains('\n') {
        escape_xml(&mut out, &text);
        return out;
    }
    let lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    for paragraph in lines.split(|line| line.is_empty()).filter(|paragraph| !paragraph.is_empty()) {
        let (_, before_last) = paragraph.split_last().unwrap_or((&"", &[]));
        let is_wrapped = before_last.len() > 1
            && before_last.iter().all(|l| WRAPPED.contains(&columns(l)))
            && reads_on(paragraph);
        out.push_str("<p>");
        for (i, line) in paragraph.iter().enumerate() {
            if i > 0 {
                out.push_str(if is_wrapped { " " } else { "<br>" });
            }
            escape_xml(&mut out, line);
        }
        out.push_str("</p>");
    }
    out
}

/// Whether these may be lines of one text: none begins like an item of a list, and not each begins
/// with a capital, as in verse. Scripts without blanks are not wrapped between words.
fn reads_on(lines: &[&str]) -> bool {
    let is_item = |line: &&str| {
        line.starts_with(|c: char| c.is_ascii_digit() || "-–—*•·>→".contains(c)) || line.contains("://")
    };
    let goes_on = |line: &&str| line.starts_with(char::is_lowercase);
    !lines.iter().any(is_item)
        && lines.iter().skip(1).any(goes_on)
        && !lines.iter().any(|line| line.chars().any(is_cjk))
}

fn has_blank_line(text: &str) -> bool {
    text.trim().lines().any(|line| line.trim().is_empty())
}

/// HTML that was escaped twice: nothing in it is markup but pictures and line breaks, and it
/// begins with the characters of a tag.
fn unescaped_twice(html: String) -> String {
    let Some((before, after)) = html.split_once("&lt;") else { return html };
    let name = name_of(after);
    let has_end = || html.to_ascii_lowercase().contains(&format!("&lt;/{name}&gt;"));
    let is_tag = OPENING.contains(&name.as_str()) && (VOID.contains(&name.as_str()) || has_end());
    let only_void = |html: &str| tags(html).all(|tag| VOID.contains(&name_of(tag).as_str()));
    let is_empty =
        before.split('<').all(|part| part.rsplit('>').next().unwrap_or_default().trim().is_empty());
    if is_tag && is_empty && only_void(&html) {
        references::resolve(&html, &HashMap::new()).into_owned()
    } else {
        html
    }
}

/// What follows each `<` that begins a tag.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/'))
}

fn name_of(tag: &str) -> String {
    let name = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).take(20);
    name.collect::<String>().to_ascii_lowercase()
}

/// `<https://a.example/>`, `<ada@example.org>`, `$a<b$` and `List<Boat>` are what their author
/// typed, not tags.
fn with_typed_brackets(html: String) -> String {
    if !html.contains('<') {
        return html;
    }
    let mut ends = None;
    let mut out = String::with_capacity(html.len());
    let mut rest = html.as_str();
    let mut is_changed = false;
    let mut endless = 0;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        let after = tag.strip_prefix('<').unwrap_or_default();
        out.push_str(before);
        match typed(after, out.chars().next_back(), || ends.get_or_insert_with(|| end_tags(&html)).clone()) {
            Typed::Tag => {
                let is_open = endless < MOST_ENDLESS && after.starts_with(|c: char| c.is_ascii_alphabetic());
                // Its attributes hold what they hold.
                if let Some((tag, following)) =
                    is_open.then(|| end_of_tag(tag)).flatten().map(|end| tag.split_at(end))
                {
                    out.push_str(tag);
                    rest = following;
                    continue;
                }
                endless += usize::from(is_open);
                out.push('<');
            }
            Typed::Bracket => {
                out.push_str("&lt;");
                is_changed = true;
            }
            Typed::Address { target, words } => {
                let mut link = String::from("&lt;<a href=\"");
                escape_xml(&mut link, &target);
                link.push_str("\">");
                escape_xml(&mut link, words);
                link.push_str("</a>&gt;");
                out.push_str(&link);
                rest = after.get(words.len() + 1..).unwrap_or_default();
                is_changed = true;
                continue;
            }
        }
        rest = after;
    }
    if !is_changed {
        return html;
    }
    out.push_str(rest);
    out
}

/// What a `<` stands for.
enum Typed<'a> {
    Tag,
    /// Itself.
    Bracket,
    /// An address between brackets.
    Address {
        target: String,
        words: &'a str,
    },
}

fn typed<'a>(
    after: &'a str,
    before: Option<char>,
    ends: impl FnOnce() -> std::sync::Arc<HashSet<String>>,
) -> Typed<'a> {
    if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Typed::Tag;
    }
    let stop = |c: char| c.is_whitespace() || matches!(c, '>' | '<' | '"');
    // No address is longer.
    let word = after.char_indices().take(2000).find(|(_, c)| stop(*c));
    let Some((end, stopped_at)) = word else { return Typed::Tag };
    let word = after.split_at(end).0;
    if stopped_at == '>' {
        if word.starts_with("http://") || word.starts_with("https://") {
            return Typed::Address { target: word.to_owned(), words: word };
        }
        if word.contains('@') && word.parse::<Address>().is_ok() {
            return Typed::Address { target: format!("mailto:{word}"), words: word };
        }
    }
    let name = word.split('/').next().unwrap_or(word);
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.' | '=')) {
        return Typed::Bracket;
    }
    static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| ELEMENTS.split_whitespace().collect());
    let name = name.to_ascii_lowercase();
    let is_parameter = stopped_at == '>'
        && before.is_some_and(char::is_alphanumeric)
        && name == word.to_ascii_lowercase()
        && !KNOWN.contains(name.as_str());
    if is_parameter && !ends().contains(&name) { Typed::Bracket } else { Typed::Tag }
}

fn end_tags(html: &str) -> std::sync::Arc<HashSet<String>> {
    let names = html.split("</").skip(1).map(|rest| {
        rest.chars().take(64).take_while(|c| !c.is_whitespace() && *c != '>').collect::<String>()
    });
    std::sync::Arc::new(names.map(|name| name.to_ascii_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_escaped_once_too_often_is_markup_and_a_lesson_about_tags_is_not() {
        for (html, wanted) in [
            ("&lt;p&gt;Ferry &lt;b&gt;now&lt;/b&gt;.&lt;/p&gt;", "<p>Ferry <b>now</b>.</p>"),
            ("<br> &lt;p&gt;Lights.&lt;/p&gt;", "<br> <p>Lights.</p>"),
            ("&lt;p&gt;A &#34;word&#34;.&lt;/p&gt;<img src=\"x\">", "<p>A \"word\".</p><img src=\"x\">"),
            ("Write &lt;b&gt; where a word is loud.", "Write &lt;b&gt; where a word is loud."),
            ("&lt;p&gt; begins a paragraph.", "&lt;p&gt; begins a paragraph."),
            ("<p>&lt;p&gt;x&lt;/p&gt; is it.</p>", "<p>&lt;p&gt;x&lt;/p&gt; is it.</p>"),
        ] {
            assert_eq!(mended(html.into()), wanted);
        }
    }

    #[test]
    fn an_element_that_closes_itself_is_closed() {
        assert_eq!(
            mended("<p>a</p><iframe src=\"x\" /><p>b<br/></p><b/>".into()),
            "<p>a</p><iframe src=\"x\" ></iframe><p>b<br/></p><b/>"
        );
        assert_eq!(
            mended_xhtml("<div class=\"a > b\"/><img src='x'/><p>c</p><script src='y'/>".into()),
            "<div class=\"a > b\"></div><img src='x'/><p>c</p><script src='y'></script>"
        );
    }

    #[test]
    fn what_its_author_typed_between_brackets_is_no_tag() {
        for (html, wanted) in [
            (
                "Ropes <https://a.example/?a=1&b=2> here",
                "Ropes &lt;<a href=\"https://a.example/?a=1&amp;b=2\">https://a.example/?a=1&amp;b=2</a>&gt; here",
            ),
            ("Ida <ida@a.example>", "Ida &lt;<a href=\"mailto:ida@a.example\">ida@a.example</a>&gt;"),
            ("if $a<b$ and $p<q$, $x>0$", "if $a&lt;b$ and $p&lt;q$, $x>0$"),
            ("a Map<String, Integer> or List<Boat>", "a Map&lt;String, Integer> or List&lt;Boat>"),
            ("x<br>y<o:p></o:p><g-emoji>z</g-emoji>", "x<br>y<o:p></o:p><g-emoji>z</g-emoji>"),
            ("one<blip>two</blip><a href=/x>b</a>", "one<blip>two</blip><a href=/x>b</a>"),
        ] {
            assert_eq!(mended(html.into()), wanted);
        }
    }

    #[test]
    fn plain_text_keeps_its_paragraphs_and_lines_but_not_its_width() {
        assert_eq!(from_plain("One & two."), "One &amp; two.");
        assert_eq!(from_plain("One.\n\nTwo,\r\nthree."), "<p>One.</p><p>Two,<br>three.</p>");
        let wrapped = format!("{}\n{}\nthe end.", "word ".repeat(14).trim(), "more ".repeat(14).trim());
        assert!(!from_plain(&wrapped).contains("<br>"));
        assert_eq!(mended("One.\nStill one.\n\nTwo.".into()), "<p>One.\nStill one.</p><p>Two.</p>");
    }

    #[test]
    fn what_stands_in_an_attribute_stays_there() {
        for html in [
            "<img alt=\"Photo by Jan <jan@x.example>\" src=\"a.jpg\">",
            "<a href=\"mailto:Jan <jan@x.example>\">Jan</a>",
        ] {
            assert_eq!(mended(html.into()), html);
        }
    }

    #[test]
    fn tags_that_never_end_are_not_searched_through_again_and_again() {
        let started = std::time::Instant::now();
        for tag in ["<a", "<a b=c ", "<a b=\""] {
            assert!(mended(format!("<br/>{}", tag.repeat(20_000))).contains(tag));
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn lists_verse_and_addresses_in_plain_text_keep_their_lines() {
        for lines in [
            ["- the ferry sails again after a long winter that it lay in the yard"; 4],
            ["00:00 the ferry sails again after a long winter that it lay in the yard"; 4],
            ["https://courier.example/the-ferry-sails-again-after-a-long-winter-in-the-yard"; 4],
            ["The ferry sails again upon the tide, and all the harbour sings of it"; 4],
            ["長い冬が終わり、北の港で建造された連絡船がふたたび航海に出る朝を人々は待っていた。"; 4],
        ] {
            assert_eq!(from_plain(&lines.join("\n")).matches("<br>").count(), 3, "{lines:?}");
        }
        let prose = ["the ferry sails again after a long winter that it lay in the yard"; 4].join("\n");
        assert!(!from_plain(&prose).contains("<br>"));
    }
}
