//! Articles to stories: what two feeds report about one page is told once.
//!
//! Pure. Two articles are one story when they are the same page.

use std::collections::HashMap;

use crate::model::{Article, Story, stable_link};

/// Gathers articles into stories. The first article of a story leads it, so the caller's
/// order decides which feed is shown.
pub fn tell_apart(articles: Vec<Article>) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut by_address: HashMap<String, usize> = HashMap::new();
    for article in articles {
        let address = article.link.as_deref().map(stable_link);
        let known = address.as_ref().and_then(|a| by_address.get(a)).and_then(|&i| stories.get_mut(i));
        if let Some(story) = known {
            // An outlet that lists its page twice has not covered it twice.
            if story.articles().all(|known| known.feed != article.feed) {
                story.others.push(article);
            }
            continue;
        }
        if let Some(address) = address {
            by_address.insert(address, stories.len());
        }
        stories.push(Story { lead: article, others: Vec::new() });
    }
    stories
}
