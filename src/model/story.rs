//! What happened, once, whoever reports it.

use std::collections::HashSet;
use std::fmt;

use super::Article;

/// One or more articles about the same thing, from one feed or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The article that is shown.
    pub lead: Article,
    /// It was carried before, and has changed.
    pub revised: bool,
    /// Copies and versions of it, which are not shown.
    pub merged: Vec<Tie>,
    /// The others, named under it.
    pub others: Vec<Tie>,
}

/// An article that belongs to a story, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tie {
    pub article: Article,
    pub why: Why,
}

/// Why two articles belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// They have one address.
    Url,
    /// They have one number or identifier.
    Id,
    /// So much of the shorter text is in the other, in hundredths.
    Text(u8),
    /// So much alike are they in what they are about, in hundredths.
    Story(u8),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("url"),
            Self::Id => f.write_str("id"),
            Self::Text(hundredths) => write!(f, "text {:.2}", f32::from(*hundredths) / 100.0),
            Self::Story(hundredths) => write!(f, "story {:.2}", f32::from(*hundredths) / 100.0),
        }
    }
}

/// Hashes by which articles with something in common are found without comparing all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookupKeys {
    /// One in common is reason to compare.
    pub exact: Vec<i64>,
    /// Of shingles of the text: two in common are.
    pub shingles: Vec<i64>,
}

/// An article that came back changed after an edition had carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub article: Article,
    /// What its title was, if that is another now.
    pub previous_title: Option<String>,
}

impl Story {
    /// Those that are shown or named.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        std::iter::once(&self.lead).chain(self.others.iter().map(|tie| &tie.article))
    }

    /// Those that are settled with it.
    pub fn settled(&self) -> impl Iterator<Item = &Article> {
        self.articles().chain(self.merged.iter().map(|tie| &tie.article))
    }

    /// How many feeds report it.
    pub fn outlets(&self) -> usize {
        self.settled().map(|article| article.feed.as_str()).collect::<HashSet<_>>().len()
    }
}
