//! Fragments of a feed's HTML as they are, only safe: by ammonia's allow-list. For whoever
//! wants to see what a feed says; what readers get is built from [`blocks`](super::blocks).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::bounds;

const TAGS: [&str; 31] = [
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
    Builder::default()
        .tags(tags.clone())
        .clean_content_tags(with_content.clone())
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(base.map_or(UrlRelative::Deny, |b| UrlRelative::RewriteWithBase(b.clone())))
        .link_rel(None)
        .clean(&bounds::bounded(html))
        .to_string()
}
