//! The article on a web page, found by its density of words, for feeds that give only a
//! beginning.

use dom_smoothie::{Config, Readability};
use url::Url;

use super::bounds;

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
    let html = bounds::bounded(html);
    let config = Config { max_elements_to_parse: 20_000, ..Config::default() };
    let mut readability = Readability::new(html.as_ref(), Some(address.as_str()), Some(config)).ok()?;
    let article = readability.parse().ok()?;
    Some(Page { html: article.content.to_string(), image: article.image })
}
