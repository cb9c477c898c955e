//! An entry made readable.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Content, EntryKey};

/// A picture by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub url: String,
    pub alt: String,
    /// What the page says under it; empty when it says nothing.
    pub caption: String,
    /// Pixels, as far as they are known; of a wide one, at least as many as a mail is wide.
    pub width: Option<u32>,
}

/// How a picture is shown beside its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PictureShape {
    /// Over the first story, as wide as the mail.
    Lead,
    /// Over the story that opens a section, or over a whole article.
    Large,
    /// Small, beside an excerpt.
    Row,
}

impl PictureShape {
    /// Pixels: a narrower picture would be blown up.
    fn least_width(self) -> u32 {
        match self {
            Self::Lead => 480,
            Self::Large => 400,
            Self::Row => 96,
        }
    }

    /// Whether a picture so wide can be shown so.
    pub fn takes(self, width: u32) -> bool {
        width >= self.least_width()
    }
}

impl Image {
    /// Whether it is not known to be too small for its place.
    pub fn suits(&self, shape: PictureShape) -> bool {
        self.width.is_none_or(|width| shape.takes(width))
    }
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
    /// The text as a mail of plain text prints all of it, if that is not the text itself.
    pub printed: Option<String>,
    pub excerpt: String,
    pub image: Option<Image>,
    /// At least one.
    pub minutes: usize,
    pub section: Option<String>,
    pub content: Content,
    /// What of it a machine wrote, in place of what its feed has.
    pub by_machine: Option<ByMachine>,
}

/// The mark of what a machine wrote.
pub const MACHINE_MARK: char = '※';

/// What of an article a machine wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByMachine {
    /// Of its words, BCP 47.
    pub language: String,
    /// As the feed has it, where the title is a translation.
    pub original_title: Option<String>,
    pub excerpt: Option<MachineExcerpt>,
    /// Whether the body is a translation.
    pub has_body: bool,
}

/// What stands in place of an excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineExcerpt {
    Summary,
    Translation,
}

impl Article {
    /// The language of its title as it is shown.
    pub fn language_of_title(&self) -> Option<&str> {
        let by_machine = self.by_machine.as_ref().filter(|by| by.original_title.is_some());
        by_machine.map(|by| by.language.as_str()).or(self.language.as_deref())
    }

    /// The language of its excerpt as it is shown.
    pub fn language_of_excerpt(&self) -> Option<&str> {
        let by_machine = self.by_machine.as_ref().filter(|by| by.excerpt.is_some());
        by_machine.map(|by| by.language.as_str()).or(self.language.as_deref())
    }

    /// The language of its body as it is shown.
    pub fn language_of_body(&self) -> Option<&str> {
        let by_machine = self.by_machine.as_ref().filter(|by| by.has_body);
        by_machine.map(|by| by.language.as_str()).or(self.language.as_deref())
    }

    /// A summary by a machine, where it has one.
    pub fn summary(&self) -> Option<&str> {
        let by_machine = self.by_machine.as_ref();
        let is_summary = by_machine.is_some_and(|by| by.excerpt == Some(MachineExcerpt::Summary));
        is_summary.then_some(self.excerpt.as_str())
    }
}
