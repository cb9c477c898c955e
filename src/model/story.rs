//! What happened, once, whoever reports it.

use super::Article;

/// One or more articles about the same thing, from one feed or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The article that is shown.
    pub lead: Article,
    /// The others, named under it.
    pub others: Vec<Article>,
}

impl Story {
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        std::iter::once(&self.lead).chain(&self.others)
    }
}
