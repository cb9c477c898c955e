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
/// Those of [`DETAILS`] that stand at its end as well.
const LABELS: [&str; 8] = [
    "cat-links",
    "entry-meta",
    "field-name-field-tags",
    "post-categories",
    "post-tags",
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
    if let Some(number) = node.attr("data-line-number") {
        let text = node.text();
        return text.trim().is_empty() || text.trim() == number.trim();
    }
    has_class(node, &GUTTERS)
        // Some say so of the whole of the code, and mean that it has some.
        && !["pre", "code"].iter().any(|name| node.has_name(name))
        && node.text().chars().all(|c| c.is_ascii_digit() || c.is_whitespace())
        && is_beside_code(node)
}

/// Whether an element is of a listing, not of a table of data or a sentence.
fn is_beside_code(node: &NodeRef<'_>) -> bool {
    let is_code = |n: &NodeRef<'_>| {
        n.has_name("pre")
            || n.has_name("code")
            || classes(n).any(|class| {
                ["highlight", "code", "rouge", "chroma", "syntax", "hljs"]
                    .iter()
                    .any(|name| class.contains(name))
            })
    };
    node.descendants_it().take(8).any(|n| is_code(&n)) || node.ancestors_it(Some(8)).any(|n| is_code(&n))
}

fn is_details(node: &NodeRef<'_>) -> bool {
    if !has_class(node, &DETAILS) {
        return false;
    }
    let is_content = ["pre", "code", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption"]
        .iter()
        .any(|name| node.has_name(name));
    // Joomla lists them under its "Details"; other lists of terms are the article's.
    if is_content || node.has_name("dl") && !has_class(node, &["article-info"]) {
        return false;
    }
    // What stands inside one of these is a part of it.
    let holds = |n: &NodeRef<'_>| {
        ["p", "pre", "code", "figure", "blockquote", "dl", "td"].iter().any(|name| n.has_name(name))
    };
    if node.ancestors_it(Some(12)).any(|n| holds(&n)) {
        return false;
    }
    let Some(text) = short_text(node, DETAILS_COLUMNS) else { return false };
    let text = text.trim();
    !ends_a_sentence(text) && (has_class(node, &LABELS) || !follows_prose(node))
}

/// The text of an element that has no more columns than these.
fn short_text(node: &NodeRef<'_>, most: usize) -> Option<String> {
    let mut text = String::new();
    for part in node.descendants_it().filter(NodeRef::is_text) {
        for c in part.text().chars() {
            // White space counts once.
            if !(c.is_whitespace() && text.ends_with(char::is_whitespace)) {
                text.push(c);
            }
        }
        if text.len() > most && columns(text.trim_end()) > most {
            return None;
        }
    }
    Some(text)
}

/// How far back prose is looked for: so many elements before it, and before each that it stands in.
const NEAR: usize = 40;

/// Whether the article has begun before an element. Then the element is a part of it.
fn follows_prose(node: &NodeRef<'_>) -> bool {
    std::iter::once(*node).chain(node.ancestors_it(Some(4))).any(|n| {
        let before = std::iter::successors(n.prev_element_sibling(), NodeRef::prev_element_sibling);
        let mut before = before.take(NEAR).filter(|n| n.has_name("p"));
        before.any(|n| short_text(&n, PROSE_COLUMNS / 2).is_none())
    })
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

#[cfg(test)]
mod tests {
    use super::super::{build::build, plain};

    fn text(html: &str) -> String {
        plain::text(&build(html, None, &[]))
    }

    #[test]
    fn the_head_of_an_article_is_not_what_stands_in_the_midst_of_it() {
        for html in [
            "<p>I have loved <a class=tag-link href=/r>Rust</a> for years.</p>",
            "<p>It was <span class=posted-on>nailed to the door: Rust</span>.</p>",
            "<pre><code><span class=\"meta function js\">function Rust(a, b)</span> {}</code></pre>",
            "<dl class=meta><dt>ISBN<dd>Rust 978</dl>",
            "<h2 class=meta>Rust in the harbour</h2><p>Words.</p>",
            "<figure><img src=https://p.example/a.jpg><figcaption class=meta>Rust at dawn</figcaption></figure>",
            "<blockquote><p>Nothing lasts.</p><p class=byline>Rust Holm</p></blockquote>",
            "<p>The ferry that was built in the north sails again after a long winter in the yard.</p><div class=meta>Rust: 12 m · 1938</div>",
        ] {
            assert!(text(html).contains("Rust"), "{html}: {}", text(html));
        }
        let html = "<div class=post-meta>By Rust Holm · 3 May</div><p>The ferry sails again.</p>";
        assert!(!text(html).contains("Rust"), "{}", text(html));
    }

    #[test]
    fn numbers_beside_code_go_and_other_numbers_stay() {
        for html in [
            "<pre class=\"line-numbers language-none\"><code>412</code></pre>",
            "<table><tr><td>Depth</td><td class=gutter>412</td></tr></table>",
            "<p>Chapter <span class=line-number>412</span> begins.</p>",
            "<pre><code><span data-line-number=1>412</span></code></pre>",
        ] {
            assert!(text(html).contains("412"), "{html}: {}", text(html));
        }
        for html in [
            "<pre><code><span class=lineno>412</span>let a = 1;</code></pre>",
            "<table class=highlight><tr><td class=gutter>412</td><td><pre>let a = 1;</pre></td></tr></table>",
            "<table class=js-file><tr><td class=blob-num data-line-number=412></td><td class=blob-code>let a = 1;</td></tr></table>",
        ] {
            assert!(
                !text(html).contains("412") && text(html).contains("let a = 1;"),
                "{html}: {}",
                text(html)
            );
        }
    }
}
