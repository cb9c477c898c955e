//! The article on a web page, found by its density of words, for feeds that give only a
//! beginning.

use dom_query::Document;
use dom_smoothie::{Config, Readability};
use url::Url;

use super::bounds;
use crate::text::columns;

/// What a page holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The article, not cleaned.
    pub html: String,
    /// The picture the page gives to those who link to it.
    pub image: Option<String>,
}

/// Finds the article of a page. None when there is none to be found.
pub fn extract(html: &str, address: &Url) -> Option<Page> {
    let html = with_linked_paragraphs(&bounds::bounded(html));
    let config = Config { max_elements_to_parse: 20_000, ..Config::default() };
    let mut readability = Readability::new(html.as_str(), Some(address.as_str()), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    let html =
        article.content.replace(&format!("<{LINKED} "), "<a ").replace(&format!("</{LINKED}>"), "</a>");
    Some(Page { html, image: article.image })
}

/// What a paragraph's link is called while the article is looked for.
const LINKED: &str = "linked-sentence";
/// A shorter paragraph that is a link from end to end is a teaser.
const LEAST_LINKED: usize = 40;

/// The page with the links of paragraphs that are one link from end to end under another name:
/// words under a link speak against an article, and some link whole sentences of theirs.
fn with_linked_paragraphs(html: &str) -> String {
    let document = Document::from(html);
    for link in document.select("p > a[href]").nodes() {
        let Some(paragraph) = link.parent() else { continue };
        let text = link.text();
        let is_sentence = columns(text.trim()) >= LEAST_LINKED
            && text.trim_end().ends_with(['.', '!', '?', '…', '。', '！', '？', '”', '」', '»']);
        let is_all = paragraph.text().trim() == text.trim();
        let is_listed =
            paragraph.ancestors_it(None).any(|a| ["li", "nav", "aside"].iter().any(|n| a.has_name(n)));
        if is_sentence && is_all && !is_listed {
            link.rename(LINKED);
        }
    }
    document.html().to_string()
}
