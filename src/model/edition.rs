//! One dated, numbered instance of a digest.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Images, Story, Update};

/// How much of a story the edition prints. The order is the one in which a long
/// edition shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Title,
    Excerpt,
    Full,
}

/// A story and the room it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub story: Story,
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
    /// Stories for which there was no room; named nowhere but counted.
    pub left_out: Vec<Story>,
    /// What earlier editions carried and has changed since.
    pub updated: Vec<Update>,
}

/// A picture that travels in the mail, a JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its Content-ID, without brackets (RFC 2392).
    pub id: String,
    pub bytes: Vec<u8>,
}

impl Edition {
    /// All stories, in the order in which they are shown.
    pub fn stories(&self) -> impl Iterator<Item = &Placed> {
        self.sections.iter().flat_map(|s| &s.stories)
    }

    /// Whether it has no story, not even one without room.
    pub fn is_empty(&self) -> bool {
        self.stories().next().is_none() && self.left_out.is_empty()
    }
}

/// An edition as it was rendered, once and for all its recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    pub subject: String,
    pub html: String,
    pub text: String,
    pub pictures: Vec<Embedded>,
}
