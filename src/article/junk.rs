//! What a page holds besides its article: what runs, what is hidden, what is sold. Told by
//! the markup alone; what only its words betray is [`boilerplate`](super::boilerplate).

use dom_query::NodeRef;

use crate::text::columns;

/// Gone with everything in them.
const ELEMENTS: [&str; 22] = [
    "applet", "area", "base", "button", "canvas", "dialog", "frame", "frameset", "head", "input", "link",
    "map", "meta", "noembed", "noframes", "script", "select", "style", "svg", "template", "textarea",
    "title",
];

/// Class names, or beginnings of them up to a `-` or `_`, that mean one thing wherever
/// they are met.
const CLASSES: [&str; 33] = [
    // for screen readers only
    "visually-hidden",
    "visuallyhidden",
    "visuallyhiddentext",
    "sr-only",
    "screen-reader-text",
    "screenreader",
    "noprint",
    "no-print",
    "print-hidden",
    // advertisements
    "adsbygoogle",
    "advert",
    "advertisement",
    "ad-container",
    "adcontainer",
    "ad-slot",
    "google-auto-placed",
    "outbrain",
    "taboola",
    "sponsored-content",
    // share buttons and what follows the article
    "addtoany",
    "sharedaddy",
    "sd-sharing",
    "social-share",
    "social-sharing",
    "share-buttons",
    "share-bar",
    "sharebar",
    "feedflare",
    "jp-relatedposts",
    "yarpp",
    "newsletter-signup",
    "lazyload-placeholder",
    "mw-editsection",
];

/// What stands beside code and is only its line numbers.
const GUTTERS: [&str; 13] = [
    "gutter",
    "lineno",
    "linenos",
    "linenodiv",
    "line-number",
    "line-numbers",
    "linenumber",
    "linenumbers",
    "lnt",
    "lntd",
    "rouge-gutter",
    "hljs-ln-numbers",
    "blob-num",
];

/// The head of an article on a page: who wrote it, when, under which headings.
const DETAILS: [&str; 20] = [
    "article-info",
    "article-meta",
    "byline",
    "cat-links",
    "entry-byline",
    "entry-header-menu",
    "entry-meta",
    "field-name-field-tags",
    "meta",
    "post-byline",
    "post-categories",
    "post-date",
    "post-info",
    "post-meta",
    "post-tags",
    "posted-on",
    "submitted",
    "tag-link",
    "tag-links",
    "tags-links",
];
/// No head of an article is longer.
const DETAILS_COLUMNS: usize = 160;

/// So much of a text without a link is the article's, whatever box it stands in.
const PROSE_COLUMNS: usize = 120;

/// Fewer characters in a form are its labels.
const LEAST_FORM: usize = 300;

/// Attributes whose presence marks a page's own advertising.
const ATTRIBUTES: [&str; 3] = ["data-ad-slot", "data-selfpromo-newsletter", "data-selfpromo-app"];

pub(super) fn is_junk(node: &NodeRef<'_>, name: &str) -> bool {
    if ELEMENTS.contains(&name) || name.starts_with("share-") {
        return true;
    }
    if node.has_attr("hidden") || is_gutter(node) || is_details(node) {
        return true;
    }
    if ATTRIBUTES.iter().any(|attribute| node.has_attr(attribute)) {
        return !is_prose(node);
    }
    let is = |attribute: &str, value: &str| {
        node.attr(attribute).is_some_and(|v| v.trim().eq_ignore_ascii_case(value))
    };
    // A drop cap is hidden from those who listen, who are told the whole word elsewhere.
    if is("aria-hidden", "true") && !matches!(name, "img" | "picture") && node.text().chars().count() != 1 {
        return true;
    }
    // Some pages stand in a form from end to end; others ask for an address.
    if name == "form" && node.text().chars().count() < LEAST_FORM {
        return true;
    }
    if is("data-e2e", "advertisement") || is("role", "presentation") && name == "hr" {
        return true;
    }
    let hidden = node.attr("style").is_some_and(|style| {
        let style: String =
            style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        style.contains("display:none") || style.contains("visibility:hidden")
    });
    hidden
        || has_class(node, &CLASSES) && !is_prose(node)
        || (name == "time" && node.text().chars().count() < 30 && is_relative_time(&node.text()))
}

/// Whether an element is the line numbers of code: by its name, and since it holds nothing else.
pub(super) fn is_gutter(node: &NodeRef<'_>) -> bool {
    (has_class(node, &GUTTERS) || node.has_attr("data-line-number"))
        && node.text().chars().all(|c| c.is_ascii_digit() || c.is_whitespace())
}

fn is_details(node: &NodeRef<'_>) -> bool {
    if !has_class(node, &DETAILS) {
        return false;
    }
    let text = node.text();
    let text = text.trim();
    columns(text) <= DETAILS_COLUMNS && !ends_a_sentence(text)
}

/// Sentences without a link, a button or a field: what sells nothing.
fn is_prose(node: &NodeRef<'_>) -> bool {
    let text = node.text();
    let is_bait = |n: &NodeRef<'_>| ["a", "button", "form", "input"].iter().any(|name| n.has_name(name));
    columns(text.trim()) >= PROSE_COLUMNS
        && ends_a_sentence(text.trim())
        && !node.descendants_it().any(|n| is_bait(&n))
}

fn ends_a_sentence(text: &str) -> bool {
    text.ends_with(['.', '!', '?', '…', '。', '！', '？', '”', '」', '』', '»', '؟'])
}

/// Small print: captions, credits. `NestedGridItemChild` is what the BBC hangs under a picture.
pub(super) fn is_small_print(node: &NodeRef<'_>, name: &str) -> bool {
    matches!(name, "small" | "figcaption")
        || classes(node).any(|class| {
            class.contains("caption")
                || class.contains("nestedgriditemchild")
                || begins(&class, "credit")
                || begins(&class, "copyright")
        })
}

fn has_class(node: &NodeRef<'_>, known: &[&str]) -> bool {
    classes(node).any(|class| known.iter().any(|known| begins(&class, known)))
}

fn classes(node: &NodeRef<'_>) -> impl Iterator<Item = String> + use<> {
    let class = node.attr("class").unwrap_or_default().to_ascii_lowercase();
    class.split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter()
}

/// Whether a class is the known one, or the known one and more after a `-` or `_`.
fn begins(class: &str, known: &str) -> bool {
    class.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// "19 minutes ago" was true when the page was fetched.
fn is_relative_time(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let counted = text.chars().any(|c| c.is_ascii_digit());
    let ago = ["前", "ago", "il y a", "vor ", "hace ", "há ", "fa", "назад", "전"];
    counted && ago.iter().any(|word| text.starts_with(word) || text.ends_with(word))
}
