//! An entry made readable.

use chrono::{DateTime, Utc};

use super::{Content, EntryKey};

/// A picture by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub url: String,
    pub alt: String,
    /// What the page says under it; empty when it says nothing.
    pub caption: String,
}

/// Which of its pictures an article is shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Images {
    None,
    /// The one that leads it.
    First,
    /// Those in its text besides.
    All,
    /// The one that leads it, carried in the mail itself.
    Embed,
}

/// What a file that comes with an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediumKind {
    Sound,
    Film,
    /// A document, an archive.
    File,
}

/// A file that comes with an article, pictures aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    pub kind: MediumKind,
    pub url: String,
    /// How long it is, where the feed says.
    pub seconds: Option<u32>,
}

/// An entry made readable: everything in it is safe to print in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    pub feed: String,
    /// The name readers know the feed by.
    pub outlet: String,
    pub key: EntryKey,
    /// As its feed has it.
    pub guid: Option<String>,
    /// The address of the first file that comes with it.
    pub enclosure: Option<String>,
    /// What can be heard, watched or opened besides.
    pub media: Vec<Medium>,
    /// The page where readers talk about it.
    pub discussion: Option<String>,
    pub title: String,
    pub link: Option<String>,
    /// When it came out; when we first saw it, if the feed does not say.
    pub published: DateTime<Utc>,
    /// BCP 47; Chinese is `zh-Hans` and `zh-Hant`.
    pub language: Option<String>,
    /// Sanitised.
    pub html: String,
    pub text: String,
    pub excerpt: String,
    pub image: Option<Image>,
    /// At least one.
    pub minutes: usize,
    pub section: Option<String>,
    pub content: Content,
}
