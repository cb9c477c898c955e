//! What a page holds besides its article: what runs, what is hidden, what is sold. Told by
//! the markup alone; what only its words betray is [`boilerplate`](super::boilerplate).

use dom_query::NodeRef;

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

/// Fewer characters in a form are its labels.
const LEAST_FORM: usize = 300;

/// Attributes whose presence marks a page's own advertising.
const ATTRIBUTES: [&str; 4] = ["hidden", "data-ad-slot", "data-selfpromo-newsletter", "data-selfpromo-app"];

pub(super) fn is_junk(node: &NodeRef<'_>, name: &str) -> bool {
    if ELEMENTS.contains(&name) || name.starts_with("share-") {
        return true;
    }
    if ATTRIBUTES.iter().any(|attribute| node.has_attr(attribute)) {
        return true;
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
        || classes(node).any(|class| CLASSES.iter().any(|known| begins(&class, known)))
        || (name == "time" && node.text().chars().count() < 30 && is_relative_time(&node.text()))
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
