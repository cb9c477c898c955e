//! When two addresses are the same page.

use url::Url;

/// A link without what differs from day to day and from feed to feed: scheme, fragment,
/// campaign parameters and a closing slash.
pub fn stable_link(link: &str) -> String {
    let Ok(mut url) = Url::parse(link.trim()) else { return link.trim().to_owned() };
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !matches!(name.as_ref(), "fbclid" | "gclid"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let text = url.as_str();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    text.trim_end_matches('/').to_owned()
}
