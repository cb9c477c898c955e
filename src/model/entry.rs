//! One item of a feed as parsed, before anything is made of it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What makes an entry the same one tomorrow. How it is chosen is in `parse::identity`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub [u8; 16]);

impl fmt::Debug for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// An author, as far as the feed names them: at least one of the three.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
    pub uri: Option<String>,
}

/// A file that comes with an entry (RSS `<enclosure>`, Atom `rel="enclosure"`, Media RSS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    pub url: String,
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Bytes.
    pub length: Option<u64>,
}

/// One item of a feed (Atom's word; RSS says item).
///
/// `title` and the names are plain text. `summary` and `content` are HTML as the feed
/// gave it: hostile until the article stage has cleaned it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    #[serde(skip)]
    pub key: EntryKey,
    pub id: Option<String>,
    pub title: Option<String>,
    pub link: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
    pub authors: Vec<Person>,
    pub summary: Option<String>,
    pub content: Option<String>,
    pub categories: Vec<String>,
    pub enclosures: Vec<Enclosure>,
    /// How long its sound or film is.
    #[serde(skip)]
    pub seconds: Option<u32>,
    /// The page where readers talk about it (RSS `<comments>`, Atom `rel="replies"`).
    #[serde(skip)]
    pub discussion: Option<String>,
    pub image: Option<String>,
    #[serde(skip)]
    pub language: Option<String>,
    /// What the relative addresses in its texts are relative to.
    #[serde(skip)]
    pub base: Option<String>,
    /// The text of the article's file, where it is not as we would write it.
    #[serde(skip)]
    pub original: Option<String>,
}

impl Entry {
    /// One of which only its key is known.
    pub fn of(key: EntryKey) -> Self {
        Self {
            key,
            id: None,
            title: None,
            link: None,
            published: None,
            updated: None,
            authors: Vec::new(),
            summary: None,
            content: None,
            categories: Vec::new(),
            enclosures: Vec::new(),
            seconds: None,
            discussion: None,
            image: None,
            language: None,
            base: None,
            original: None,
        }
    }

    /// When it came out; when it last changed, where the feed says but that.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.published.or(self.updated)
    }
}

/// A feed document, parsed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ParsedFeed {
    pub title: Option<String>,
    pub subtitle: Option<String>,
    pub link: Option<String>,
    pub language: Option<String>,
    pub published: Option<DateTime<Utc>>,
    pub updated: Option<DateTime<Utc>>,
    pub id: Option<String>,
    pub authors: Vec<Person>,
    pub categories: Vec<String>,
    pub image: Option<String>,
    pub rights: Option<String>,
    /// How long the feed says that it need not be asked again, minutes.
    #[serde(skip)]
    pub ttl: Option<u32>,
    /// The hours of the day, UTC, at which it wants not to be asked: bit 0 is midnight's.
    #[serde(skip)]
    pub skip_hours: u32,
    /// Whether the document ends before it should. It may be whole the next time, under the same
    /// ETag.
    #[serde(skip)]
    pub is_cut: bool,
    #[serde(skip)]
    pub entries: Vec<Entry>,
}
