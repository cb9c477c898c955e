//! The one document that feed-rs is shown: Atom 1.0, UTF-8, every address absolute, every
//! date in RFC 3339, every text marked as what it is.
//!
//! feed-rs reads clean Atom faithfully, and other dialects with losses: an RSS enclosure
//! beside a `media:content`, all but one author, a feed whole for one odd attribute. So the
//! [`dialects`](super::dialects) are translated into its best language first. Long texts and files need
//! no reading: they travel beside the document, and each entry is known by a name of ours, so that
//! an entry that feed-rs leaves out takes nothing from its neighbours.

use chrono::{DateTime, SecondsFormat, Utc};
use url::Url;

use crate::model::{Enclosure, Person};
use crate::text::escape_xml;

/// A longer title is a mistake of the feed's.
const LONGEST_LINE: usize = 2_000;
/// A longer text is an attack, and is cut.
const LONGEST_TEXT: usize = 4_000_000;

/// What a document says of the feed itself, in Atom's terms.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: Option<String>,
    /// Plain text, like all names and categories.
    pub(super) title: Option<String>,
    /// HTML
    pub(super) subtitle: Option<String>,
    pub(super) link: Option<String>,
    pub(super) language: Option<String>,
    /// Atom has no element for it.
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) updated: Option<DateTime<Utc>>,
    pub(super) authors: Vec<Person>,
    pub(super) categories: Vec<String>,
    pub(super) image: Option<String>,
    pub(super) rights: Option<String>,
    /// Minutes.
    pub(super) ttl: Option<u32>,
    /// Bit 0 is the hour after midnight, UTC.
    pub(super) skip_hours: u32,
}

/// An entry in Atom's terms.
#[derive(Debug, Default)]
pub(super) struct Item {
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) link: Option<String>,
    pub(super) language: Option<String>,
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) updated: Option<DateTime<Utc>>,
    pub(super) authors: Vec<Person>,
    pub(super) categories: Vec<String>,
    /// HTML
    pub(super) summary: Option<String>,
    /// HTML
    pub(super) content: Option<String>,
    pub(super) enclosures: Vec<Enclosure>,
    /// How long its sound or film is.
    pub(super) seconds: Option<u32>,
    /// Where it is talked about.
    pub(super) discussion: Option<String>,
    pub(super) image: Option<String>,
    /// What the addresses in its texts are relative to.
    pub(super) base: Option<Url>,
}

/// A translated feed, and beside it what need not be read again.
pub(super) struct Translated {
    pub(super) atom: String,
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) ttl: Option<u32>,
    pub(super) skip_hours: u32,
    /// The entry whose id in the document is `n` is at `n`.
    pub(super) beside: Vec<Beside>,
}

/// What travels beside an entry.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) id: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) content: Option<String>,
    pub(super) enclosures: Vec<Enclosure>,
    pub(super) seconds: Option<u32>,
    pub(super) discussion: Option<String>,
    pub(super) base: Option<Url>,
}

/// Writes the translation, from its head to its end.
pub(super) struct Writer {
    out: String,
    translated: Translated,
}

impl Writer {
    pub(super) fn new(head: &Head) -> Self {
        let out = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"",
        );
        let translated = Translated {
            atom: String::new(),
            published: head.published,
            ttl: head.ttl,
            skip_hours: head.skip_hours,
            beside: Vec::new(),
        };
        let mut writer = Self { out, translated };
        if let Some(language) = &head.language {
            attribute(&mut writer.out, "xml:lang", language);
        }
        writer.out.push_str(">\n");
        writer.line("id", head.id.as_deref());
        writer.line("title", head.title.as_deref());
        writer.html("subtitle", head.subtitle.as_deref());
        writer.link("alternate", head.link.as_deref(), None);
        writer.date("updated", head.updated);
        head.authors.iter().for_each(|p| writer.person(p));
        head.categories.iter().for_each(|c| writer.category(c));
        writer.line("logo", head.image.as_deref());
        writer.line("rights", head.rights.as_deref());
        writer
    }

    pub(super) fn entry(&mut self, item: Item) {
        self.out.push_str(&format!("<entry>\n<id>{}</id>\n", self.translated.beside.len()));
        self.line("title", item.title.as_deref());
        self.link("alternate", item.link.as_deref(), item.language.as_deref());
        self.date("published", item.published);
        self.date("updated", item.updated);
        item.authors.iter().for_each(|p| self.person(p));
        item.categories.iter().for_each(|c| self.category(c));
        self.link("preview", item.image.as_deref(), None);
        self.out.push_str("</entry>\n");
        self.translated.beside.push(Beside {
            id: item.id.and_then(|id| bounded(id, LONGEST_LINE)),
            summary: item.summary.and_then(|html| bounded(html, LONGEST_TEXT)),
            content: item.content.and_then(|html| bounded(html, LONGEST_TEXT)),
            discussion: item.discussion.filter(|address| Some(address) != item.link.as_ref()),
            enclosures: item.enclosures,
            seconds: item.seconds,
            base: item.base,
        });
    }

    pub(super) fn finish(mut self) -> Translated {
        self.out.push_str("</feed>\n");
        Translated { atom: self.out, ..self.translated }
    }

    /// A single line of plain text.
    fn line(&mut self, element: &str, text: Option<&str>) {
        let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return };
        self.out.push_str(&format!("<{element}>"));
        escape_xml(&mut self.out, cut(text, LONGEST_LINE));
        self.out.push_str(&format!("</{element}>\n"));
    }

    /// A text of HTML.
    fn html(&mut self, element: &str, html: Option<&str>) {
        let Some(html) = html.map(str::trim).filter(|t| !t.is_empty()) else { return };
        self.out.push_str(&format!("<{element} type=\"html\">"));
        escape_xml(&mut self.out, cut(html, LONGEST_TEXT));
        self.out.push_str(&format!("</{element}>\n"));
    }

    fn date(&mut self, element: &str, date: Option<DateTime<Utc>>) {
        let text = date.map(|d| d.to_rfc3339_opts(SecondsFormat::Secs, true));
        self.line(element, text.as_deref());
    }

    fn link(&mut self, relation: &str, address: Option<&str>, language: Option<&str>) {
        let Some(address) = address else { return };
        self.out.push_str("<link");
        attribute(&mut self.out, "rel", relation);
        attribute(&mut self.out, "href", address);
        if let Some(language) = language {
            attribute(&mut self.out, "hreflang", language);
        }
        self.out.push_str("/>\n");
    }

    fn person(&mut self, person: &Person) {
        self.out.push_str("<author>");
        self.line("name", person.name.as_deref());
        self.line("email", person.email.as_deref());
        self.line("uri", person.uri.as_deref());
        self.out.push_str("</author>\n");
    }

    fn category(&mut self, name: &str) {
        self.out.push_str("<category");
        attribute(&mut self.out, "term", cut(name, LONGEST_LINE));
        self.out.push_str("/>\n");
    }
}

/// A text without blanks around it, at most so many bytes; None when nothing is left.
fn bounded(mut text: String, most: usize) -> Option<String> {
    let trimmed = cut(text.trim(), most);
    if trimmed.len() != text.len() {
        text = trimmed.to_owned();
    }
    (!text.is_empty()).then_some(text)
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_xml(out, value);
    out.push('"');
}

/// At most so many bytes, whole characters.
fn cut(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at(end).0
}
