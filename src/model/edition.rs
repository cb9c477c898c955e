//! One dated, numbered instance of a digest.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::{Content, EntryKey, Images, Story, Update};

/// How much of a story the edition prints. The order is the one in which a long
/// edition shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Title,
    Excerpt,
    Full,
}

impl Form {
    /// What a feed's owner asks for.
    pub fn of(content: Content) -> Self {
        match content {
            Content::Title => Self::Title,
            Content::Excerpt => Self::Excerpt,
            Content::Full | Content::Fetch => Self::Full,
        }
    }
}

/// A story and the room it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Shared: fitting an edition into a mail tries it in many ways.
    pub story: Arc<Story>,
    pub form: Form,
}

/// A part of an edition: the stories of feeds that name the same section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// None for the feeds that name no section.
    pub title: Option<String>,
    pub stories: Vec<Placed>,
}

/// An edition composed, not yet rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    pub digest: String,
    pub title: String,
    pub number: i64,
    pub due: DateTime<Utc>,
    pub zone: Tz,
    /// Words of the frame.
    pub language: String,
    pub images: Images,
    pub sections: Vec<Section>,
    /// When it was published, if that was long after it was due.
    pub late: Option<DateTime<Utc>>,
    /// Stories for which the mail has no room; named nowhere but counted.
    pub left_out: Vec<Arc<Story>>,
    /// What earlier editions carried and has changed since.
    pub updated: Vec<Update>,
    /// What is most important, in a few sentences.
    pub briefing: Option<Briefing>,
    /// The model that wrote into it, if one did.
    pub written_by: Option<String>,
}

/// The sentences at the head of an edition, by a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Briefing {
    /// BCP 47.
    pub language: String,
    pub sentences: Vec<BriefingSentence>,
}

/// A sentence on one of the stories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BriefingSentence {
    pub text: String,
    /// Of the story's lead.
    pub feed: String,
    pub key: EntryKey,
}

/// How many entries an edition passes over for good, by the keys that say so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct NotShown {
    /// `include`, `exclude`, `max_age`
    pub filtered: usize,
    pub beyond_first_run: usize,
    pub beyond_max_items: usize,
}

/// The owner's mark, a JPEG on the colour of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// The first part of its Content-ID.
    pub name: String,
    pub bytes: Vec<u8>,
    /// As it is shown, pixels of CSS.
    pub width: u32,
    pub height: u32,
}

/// A picture that travels in the mail, a JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its Content-ID, without brackets (RFC 2392).
    pub id: String,
    pub bytes: Vec<u8>,
}

/// An edition as a book for e-readers (EPUB), and the short mail that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// Of its file.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Of the mail.
    pub text: String,
}

impl Edition {
    /// All stories, in the order in which they are shown.
    pub fn stories(&self) -> impl Iterator<Item = &Placed> {
        self.sections.iter().flat_map(|s| &s.stories)
    }

    /// How much of its stories it prints.
    pub fn extent(&self) -> Extent {
        let mut extent = Extent { left_out: self.left_out.len(), ..Extent::default() };
        for placed in self.stories() {
            let lead = &placed.story.lead;
            extent.stories += 1;
            extent.shortened += usize::from(placed.form < Form::of(lead.content));
            match placed.form {
                Form::Full => extent.whole += 1,
                Form::Excerpt if !lead.excerpt.is_empty() => extent.excerpts += 1,
                Form::Excerpt | Form::Title => extent.titles += 1,
            }
        }
        extent
    }

    /// The same edition of these sections alone.
    pub fn of_sections(&self, sections: Vec<Section>) -> Self {
        Self {
            sections,
            left_out: Vec::new(),
            updated: Vec::new(),
            briefing: None,
            written_by: self.written_by.clone(),
            digest: self.digest.clone(),
            title: self.title.clone(),
            language: self.language.clone(),
            ..*self
        }
    }

    /// Whether it has no story, not even one without room.
    pub fn is_empty(&self) -> bool {
        self.stories().next().is_none() && self.left_out.is_empty()
    }
}

/// How many stories an edition prints, and how much of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Extent {
    pub stories: usize,
    pub whole: usize,
    pub excerpts: usize,
    pub titles: usize,
    /// Of the excerpts and titles, those whose feeds ask for more.
    pub shortened: usize,
    /// Stories besides, for which the mail has no room.
    pub left_out: usize,
}

/// An edition as it was rendered, once and for all its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    pub subject: String,
    pub html: String,
    pub text: String,
    pub pictures: Vec<Embedded>,
}
