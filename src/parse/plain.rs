//! Titles and names as plain text. Feeds put markup and references into them, once or
//! twice escaped, and do not say so reliably.

/// Elements that are markup when they stand in a title; `<3` and `a < b` are not.
const MARKUP: [&str; 22] = [
    "a", "abbr", "b", "big", "br", "cite", "code", "div", "em", "font", "i", "img", "mark", "p", "q", "s",
    "small", "span", "strong", "sub", "sup", "u",
];

/// The text of a title: no markup, no references, white space folded.
pub(super) fn from_markup(text: &str) -> String {
    let mut text = text.to_owned();
    // Escaped twice is common (`&amp;amp;`), three times is a joke.
    for _ in 0..2 {
        let once = htmlize::unescape(strip_tags(&text)).into_owned();
        if once == text {
            break;
        }
        text = once;
    }
    fold_space(&strip_tags(&text))
}

/// White space of every kind folded into single blanks; control characters dropped.
fn fold_space(text: &str) -> String {
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
            ("Tea &amp;amp; toast", "Tea & toast"),
            ("A&nbsp;B", "A B"),
            ("<b>Bold</b> move", "Bold move"),
            ("&lt;i&gt;Moby-Dick&lt;/i&gt; at sea", "Moby-Dick at sea"),
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
