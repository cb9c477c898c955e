//! Fragments of a feed's HTML as they are, only safe: by ammonia's allow-list. For whoever
//! wants to see what a feed says; what readers get is built from [`blocks`](super::blocks).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::bounds;

const TAGS: [&str; 32] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "dl",
    "dt",
    "em",
    "figcaption",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "strong",
    "sub",
    "sup",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// Gone with everything in them; other unknown elements leave their words.
const WITH_CONTENT: [&str; 13] = [
    "button", "canvas", "embed", "form", "head", "iframe", "noscript", "object", "script", "select", "style",
    "svg", "template",
];

static ALLOWED: LazyLock<(HashSet<&str>, HashSet<&str>)> =
    LazyLock::new(|| (TAGS.into_iter().collect(), WITH_CONTENT.into_iter().collect()));

pub(super) fn sanitise(html: &str, base: Option<&Url>) -> String {
    let (tags, with_content) = &*ALLOWED;
    let safe = Builder::default()
        .tags(tags.clone())
        .clean_content_tags(with_content.clone())
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(base.map_or(UrlRelative::Deny, |b| UrlRelative::RewriteWithBase(b.clone())))
        .link_rel(None)
        .clean(&bounds::bounded(html))
        .to_string();
    without_empty_pictures(safe)
}

/// A picture whose address was not allowed shows nothing.
fn without_empty_pictures(html: String) -> String {
    if !html.contains("<img") {
        return html;
    }
    let mut out = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some((before, after)) = rest.split_once("<img") {
        out.push_str(before);
        let mut is_quoted = false;
        let end = after.find(|c| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        });
        let (attributes, following) = after.split_at(end.unwrap_or(after.len()));
        rest = following.strip_prefix('>').unwrap_or(following);
        if attributes.contains(" src=\"") {
            out.push_str("<img");
            out.push_str(attributes);
            out.push('>');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stay_with_their_size_and_words_unless_their_address_is_none() {
        let base = Url::parse("https://a.example/b/").unwrap();
        let html = "<p>x<img src=\"javascript:x()\" alt=\"a > b\">y<img class=z srcset=q onerror=e() src=../p.jpg alt=P width=9></p>";
        assert_eq!(
            sanitise(html, Some(&base)),
            "<p>xy<img src=\"https://a.example/p.jpg\" alt=\"P\" width=\"9\"></p>"
        );
    }
}
