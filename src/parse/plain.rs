//! Titles and names as plain text. Feeds put markup and references into them, whether or
//! not their dialect allows it.

use std::collections::HashMap;

use super::references;

/// Elements that are markup when they stand in a title; `<3` and `a < b` are not.
const MARKUP: [&str; 30] = [
    "a", "abbr", "b", "big", "br", "cite", "code", "div", "em", "font", "i", "img", "mark", "p", "q", "s",
    "small", "span", "strong", "sub", "sup", "u", "h1", "h2", "h3", "tt", "li", "ul", "wbr", "script",
];

/// The text of a title that is HTML: no markup, references resolved once, white space
/// folded.
pub(super) fn from_markup(html: &str) -> String {
    let html = beginning(html);
    folded(&references::resolve(&strip_tags(html), &HashMap::new()))
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
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        match tag(after) {
            Some((name, following)) => {
                // `one<br>two` is two words.
                if matches!(name.as_str(), "br" | "p" | "div") {
                    out.push(' ');
                }
                rest = following;
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The name of the tag whose `<` was just passed, and what follows it.
fn tag(after: &str) -> Option<(String, &str)> {
    let inner = after.strip_prefix('/').unwrap_or(after);
    let name: String = inner.chars().take_while(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    if !MARKUP.contains(&name.as_str()) {
        return None;
    }
    let (attributes, following) = inner.split_once('>')?;
    (!attributes.contains('<')).then_some((name, following))
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
        ] {
            assert_eq!(from_markup(input), wanted, "{input}");
        }
    }
}
