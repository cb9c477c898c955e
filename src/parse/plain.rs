//! Titles and names as plain text. Feeds put markup and references into them, whether or
//! not their dialect allows it.

use std::collections::HashMap;

use super::references;

/// Elements that are markup in a title when they have their end there, or attributes: `<b>` alone
/// is what the title is about, and `a < b` too.
const MARKUP: [&str; 31] = [
    "a", "abbr", "b", "big", "center", "cite", "code", "div", "em", "font", "i", "kbd", "mark", "p", "q",
    "s", "small", "span", "strike", "strong", "sub", "sup", "time", "u", "h1", "h2", "h3", "tt", "li", "ul",
    "ol",
];
/// They go with what is in them.
const HIDDEN: [&str; 12] = [
    "audio", "canvas", "iframe", "noscript", "object", "script", "select", "style", "svg", "template",
    "textarea", "video",
];
/// Elements without an end, which are markup when they have attributes.
const REPLACED: [&str; 4] = ["embed", "img", "input", "source"];
/// Elements without an end, which are markup always.
const BREAKS: [&str; 3] = ["br", "hr", "wbr"];

/// The text of a title that is HTML: no markup, references resolved once, white space
/// folded.
pub(super) fn from_markup(html: &str) -> String {
    let html = beginning(html);
    folded(&references::resolve(&strip_tags(html), &HashMap::new()))
}

/// The text of a title that is said to be plain. Many are HTML's text all the same, with its
/// references.
pub(super) fn from_text(text: &str) -> String {
    folded(&references::resolve(beginning(text), &HashMap::new()))
}

/// No line of a feed is longer than this but by mistake.
const LONGEST: usize = 16_000;

fn beginning(text: &str) -> &str {
    let mut end = LONGEST.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at(end).0
}

/// White space of every kind folded into single blanks; control characters dropped.
pub(super) fn folded(text: &str) -> String {
    let text = beginning(text);
    let clean: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control()).collect();
    clean.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Elements that are open, and may close.
    let mut open: Vec<String> = Vec::new();
    let ends = last_ends(text);
    let has_end = |name: &str, after: &str| ends.get(name).is_some_and(|at| *at + after.len() >= text.len());
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let Some(tag) = Tag::read(after) else {
            out.push('<');
            rest = after;
            continue;
        };
        let name = tag.name.as_str();
        let following = if tag.is_end {
            let at = open.iter().rposition(|o| o == name);
            at.map(|at| {
                open.truncate(at);
                tag.following
            })
        } else if BREAKS.contains(&name) || (REPLACED.contains(&name) && tag.has_attributes) {
            Some(tag.following)
        } else if HIDDEN.contains(&name) {
            let end = has_end(name, after).then(|| behind_end(tag.following, name)).flatten();
            end.or(tag.closes_itself.then_some(tag.following))
        } else if MARKUP.contains(&name) && (tag.closes_itself || tag.has_attributes || has_end(name, after))
        {
            if !tag.closes_itself {
                open.push(tag.name.clone());
            }
            Some(tag.following)
        } else {
            None
        };
        // `one<br>two` is two words.
        if following.is_some() && matches!(name, "br" | "p" | "div" | "li") {
            out.push(' ');
        }
        if following.is_none() {
            out.push('<');
        }
        rest = following.unwrap_or(after);
    }
    out.push_str(rest);
    out
}

/// A tag, after its `<`.
struct Tag<'a> {
    name: String,
    is_end: bool,
    /// `name=`: words alone may be those of a sentence.
    has_attributes: bool,
    closes_itself: bool,
    following: &'a str,
}

impl<'a> Tag<'a> {
    fn read(after: &'a str) -> Option<Self> {
        let inner = after.strip_prefix('/').unwrap_or(after);
        let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
        let (inside, following) = inner.split_once('>')?;
        let attributes = inside.get(name.len()..)?;
        let is_plain = attributes.trim().trim_end_matches('/').is_empty();
        let has_attributes = attributes.starts_with(char::is_whitespace) && attributes.contains('=');
        if name.is_empty() || attributes.contains('<') || !(is_plain || has_attributes) {
            return None;
        }
        Some(Self {
            name: name.to_ascii_lowercase(),
            is_end: inner.len() != after.len(),
            has_attributes,
            closes_itself: attributes.ends_with('/'),
            following,
        })
    }
}

/// Where the last end of each element begins.
fn last_ends(text: &str) -> HashMap<String, usize> {
    let ends = text.match_indices("</").map(|(at, _)| {
        let rest = text.get(at + 2..).unwrap_or_default();
        let name = rest.chars().take(20).take_while(char::is_ascii_alphanumeric).collect::<String>();
        (name.to_ascii_lowercase(), at)
    });
    ends.collect()
}

/// What follows the end of this element.
fn behind_end<'a>(following: &'a str, name: &str) -> Option<&'a str> {
    following.match_indices("</").find_map(|(at, _)| {
        let end = following.get(at + 2..)?;
        let is_its = end.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name));
        if is_its { end.get(name.len()..)?.trim_start().strip_prefix('>') } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::from_markup;

    #[test]
    fn markup_goes_and_mathematics_stays() {
        for (input, wanted) in [
            ("Tea &amp; toast", "Tea & toast"),
            ("Tea &amp;amp; toast", "Tea &amp; toast"),
            ("A&nbsp;B", "A B"),
            ("<b>Bold</b> move", "Bold move"),
            ("&lt;i&gt; is a tag", "<i> is a tag"),
            ("H<sub>2</sub>O", "H2O"),
            ("one<br/>two", "one two"),
            ("if a < b and c > d", "if a < b and c > d"),
            ("I <3 feeds", "I <3 feeds"),
            ("Vec<T> explained", "Vec<T> explained"),
            ("  多\u{a0}\u{a0}行\n标题 ", "多 行 标题"),
            ("What <script> does", "What <script> does"),
            ("<p> or <div>?", "<p> or <div>?"),
            ("Prefer <b> to <strong>", "Prefer <b> to <strong>"),
            ("Where x<a or a>y holds", "Where x<a or a>y holds"),
            ("A map<iframe src='x'></iframe> for all", "A map for all"),
            ("<span class=x>Storm</span> <B>warning</B>", "Storm warning"),
            ("Map <img src=x.png> of it", "Map of it"),
            ("<i>Queen <b>Mary</i></b>", "Queen Mary</b>"),
        ] {
            assert_eq!(from_markup(input), wanted, "{input}");
        }
    }
}
