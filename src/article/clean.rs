//! The one sanitiser, an allow-list: structure, emphasis, lists, tables and links stay,
//! with no attribute but the address of a link. Pictures are taken out and listed apart:
//! which of them an edition shows, and how, is not the feed's to say.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use dom_query::Document;
use url::Url;

use super::bounds::bounded;
use crate::model::Image;

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

pub(super) struct Cleaned {
    pub(super) html: String,
    /// In the order of the article, absolute, without spacers.
    pub(super) images: Vec<Image>,
}

pub(super) fn clean(html: &str, base: Option<&Url>) -> Cleaned {
    let html = bounded(html);
    let document = Document::fragment(html.as_ref());
    let images = images(&document, base);
    // In a mail a story's title is an h3; the headings inside it come below.
    for heading in document.select("h1, h2, h3").nodes() {
        heading.rename("h4");
    }
    // A block that is not on the list leaves its words, and they need their line.
    for block in document.select("div, section, article, figure, header, footer, main, aside").nodes() {
        let holds_blocks = block.children_it(false).any(|c| c.node_name().is_some_and(|n| is_block(&n)));
        if !holds_blocks {
            block.rename("p");
        }
    }
    Cleaned { html: tidy(&sanitise(&document.html_root().inner_html(), base)), images }
}

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
        .clean(html)
        .to_string()
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "figure"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "ul"
            | "ol"
            | "dl"
            | "table"
            | "blockquote"
            | "pre"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hr"
            | "img"
    )
}

/// Takes out the paragraphs that cleaning has emptied.
fn tidy(html: &str) -> String {
    let document = Document::fragment(html);
    for paragraph in document.select("p, a, h4, li").nodes() {
        let empty = paragraph.text().trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}').is_empty();
        if empty {
            paragraph.remove_from_parent();
        }
    }
    document.html_root().inner_html().trim().to_owned()
}

fn images(document: &Document, base: Option<&Url>) -> Vec<Image> {
    let mut images: Vec<Image> = Vec::new();
    for node in document.select("img").nodes() {
        let attribute = |name: &str| node.attr(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let tiny = ["width", "height"]
            .iter()
            .filter_map(|name| attribute(name)?.trim_end_matches("px").parse::<u32>().ok())
            .any(|size| size < 32);
        // A lazy image has a placeholder in `src` and its address elsewhere.
        let address = ["data-src", "data-original", "data-lazy-src", "src"].iter().find_map(|n| attribute(n));
        let url = address.filter(|_| !tiny).and_then(|a| match base {
            Some(base) => base.join(&a).ok(),
            None => Url::parse(&a).ok(),
        });
        let Some(url) = url.filter(|u| matches!(u.scheme(), "http" | "https")) else { continue };
        let image = Image { url: url.into(), alt: attribute("alt").unwrap_or_default() };
        if !images.iter().any(|i| i.url == image.url) {
            images.push(image);
        }
    }
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_stays_and_dress_goes() {
        let base = Url::parse("https://courier.example/a/1").unwrap();
        let cleaned = clean(
            "<div class=x><h2 id=t>Part</h2><p style=\"color:red\">One <a href=\"/b?x=1&amp;y=2\" target=_blank>link</a></p><p>&nbsp;</p><div>Two</div></div>",
            Some(&base),
        );
        assert_eq!(
            cleaned.html,
            "<h4>Part</h4><p>One <a href=\"https://courier.example/b?x=1&amp;y=2\">link</a></p><p>Two</p>"
        );
    }

    #[test]
    fn pictures_are_listed_without_spacers_and_placeholders() {
        let cleaned = clean(
            "<img src=\"data:image/gif;base64,R0\" data-src=\"https://p.example/1.jpg\" alt=\"One\"><img src=\"https://p.example/t.gif\" width=1 height=1><img src=\"https://p.example/1.jpg\">",
            None,
        );
        assert_eq!(cleaned.images, [Image { url: "https://p.example/1.jpg".into(), alt: "One".into() }]);
        assert_eq!(cleaned.html, "");
    }
}
