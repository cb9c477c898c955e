//! Bounds on hostile HTML, by one linear scan. The parsers behind us take quadratic time
//! on deep nesting (twenty thousand `<div>` cost seconds), so they are never shown any.

use std::borrow::Cow;

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

/// The same HTML, cut at a length, with the tags beyond a depth left out.
pub(super) fn bounded(html: &str) -> Cow<'_, str> {
    let html = html.split_at(end(html)).0;
    if deepest(html) <= MAX_DEPTH { Cow::Borrowed(html) } else { Cow::Owned(flattened(html)) }
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

/// An upper bound on the nesting: end tags that do not match are not counted as closing.
fn deepest(html: &str) -> usize {
    let mut depth = 0usize;
    let mut deepest = 0;
    for tag in tags(html) {
        match tag.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Other => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn flattened(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut depth = 0usize;
    let mut rest = html;
    let mut dropped = 0;
    for tag in tags(html) {
        let Some((before, after)) = rest.split_at_checked(tag.start.saturating_sub(dropped)) else { break };
        let Some((this, after)) = after.split_at_checked(tag.length) else { break };
        out.push_str(before);
        dropped = tag.start + tag.length;
        rest = after;
        match tag.kind {
            Kind::Open => depth += 1,
            Kind::Close => {
                if depth <= MAX_DEPTH {
                    out.push_str(this);
                }
                depth = depth.saturating_sub(1);
                continue;
            }
            Kind::Other => {}
        }
        if depth <= MAX_DEPTH {
            out.push_str(this);
        }
    }
    out.push_str(rest);
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Open,
    Close,
    /// Flat elements, comments, declarations.
    Other,
}

struct Tag {
    kind: Kind,
    start: usize,
    length: usize,
}

fn tags(html: &str) -> impl Iterator<Item = Tag> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + html.get(from..)?.find('<')?;
        let inside = html.get(start + 1..)?;
        let length = inside.find('>').map_or(html.len() - start, |end| end + 2);
        from = start + length;
        let name = |text: &str| -> String {
            text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
        };
        let kind = match inside.chars().next() {
            Some('/') if FLAT.contains(&name(inside.get(1..)?).as_str()) => Kind::Other,
            Some('/') => Kind::Close,
            Some(c) if c.is_ascii_alphabetic() && !FLAT.contains(&name(inside).as_str()) => Kind::Open,
            _ => Kind::Other,
        };
        Some(Tag { kind, start, length })
    })
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

    #[test]
    fn a_nesting_bomb_keeps_its_words() {
        let html = format!("{}<p>words</p>{}tail", "<div>".repeat(20_000), "</div>".repeat(20_000));
        let bounded = bounded(&html);
        assert!(bounded.contains("words") && bounded.ends_with("tail"));
        assert!(deepest(&bounded) <= MAX_DEPTH);
        assert_eq!(bounded.matches("<div>").count(), bounded.matches("</div>").count());
    }
}
