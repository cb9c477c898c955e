//! Articles to stories: what two feeds report about one page is told once.
//!
//! Pure. Two articles are one when they have the same address, less what differs from
//! feed to feed: scheme, fragment, campaign parameters, a closing slash.

use std::collections::HashMap;

use url::Url;

use crate::model::{Article, Story};

/// Gathers articles into stories. The first article of a story leads it, so the caller's
/// order decides which feed is shown.
pub fn tell_apart(articles: Vec<Article>) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut by_address: HashMap<String, usize> = HashMap::new();
    for article in articles {
        let address = article.link.as_deref().map(address);
        let known = address.as_ref().and_then(|a| by_address.get(a)).and_then(|&i| stories.get_mut(i));
        if let Some(story) = known {
            story.others.push(article);
            continue;
        }
        if let Some(address) = address {
            by_address.insert(address, stories.len());
        }
        stories.push(Story { lead: article, others: Vec::new() });
    }
    stories
}

fn address(link: &str) -> String {
    let Ok(mut url) = Url::parse(link) else { return link.to_owned() };
    url.set_fragment(None);
    let mut kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_"))
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .collect();
    kept.sort();
    let query = kept.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("&");
    let host = url.host_str().unwrap_or_default();
    format!("{host}{}?{query}", url.path().trim_end_matches('/'))
}
