//! What the archive in the web lists and finds.

use chrono::{DateTime, Utc};

/// An article as an edition shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedArticle {
    /// The page of the edition that shows its story, and the number of that in it, from 1.
    pub place: Option<(u32, u32)>,
    pub outlet: String,
    pub title: String,
    pub link: Option<String>,
    pub language: Option<String>,
    pub published: DateTime<Utc>,
    pub text: String,
}

/// An article, and the edition that showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArticle {
    pub id: i64,
    pub article: ArchivedArticle,
    pub edition: ArchivedEdition,
}

/// An edition as the archive lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedEdition {
    pub id: i64,
    pub digest: String,
    pub title: String,
    pub number: i64,
    /// When it was due, or came out if a person asked for it.
    pub date: DateTime<Utc>,
    pub published: DateTime<Utc>,
    pub subject: String,
    pub stories: usize,
    pub token: String,
    /// Of its frame, where that was kept.
    pub language: Option<String>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub articles: Vec<FoundArticle>,
    pub count: usize,
    /// Whether there are more that were not looked at.
    pub is_cut: bool,
}
