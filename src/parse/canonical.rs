//! The one document that feed-rs is shown: Atom 1.0, UTF-8, every address absolute, every
//! date in RFC 3339, every text marked as what it is.
//!
//! feed-rs reads clean Atom faithfully, and other dialects with losses: an RSS enclosure
//! beside a `media:content`, all but one author, a feed whole for one odd attribute. So the
//! [`dialects`](super::dialects) are translated into its best language first.

use chrono::{DateTime, SecondsFormat, Utc};
use url::Url;

use crate::model::{Enclosure, Person};
use crate::text::escape_xml;

/// A longer title is a mistake of the feed's.
const LONGEST_LINE: usize = 2_000;
/// A longer text is an attack, and is cut.
const LONGEST_TEXT: usize = 4_000_000;

/// A translated feed, and beside it what Atom has no room for.
pub(super) struct Translated {
    pub(super) atom: String,
    pub(super) published: Option<DateTime<Utc>>,
    pub(super) ttl: Option<u32>,
    pub(super) skip_hours: u32,
    /// For each entry, what the addresses in its text are relative to.
    pub(super) bases: Vec<Option<Url>>,
}

/// Writes the translation, from its head to its end.
pub(super) struct Writer {
    out: String,
    published: Option<DateTime<Utc>>,
    ttl: Option<u32>,
    skip_hours: u32,
    bases: Vec<Option<Url>>,
}

impl Writer {
    pub(super) fn new(language: Option<&str>) -> Self {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"",
        );
        if let Some(language) = language {
            attribute(&mut out, "xml:lang", language);
        }
        out.push_str(">\n");
        Self { out, published: None, ttl: None, skip_hours: 0, bases: Vec::new() }
    }

    /// A single line of plain text.
    pub(super) fn line(&mut self, element: &str, text: Option<&str>) {
        let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return };
        self.out.push_str(&format!("<{element}>"));
        escape_xml(&mut self.out, cut(text, LONGEST_LINE));
        self.out.push_str(&format!("</{element}>\n"));
    }

    /// A text of HTML.
    pub(super) fn html(&mut self, element: &str, html: Option<&str>) {
        let Some(html) = html.map(str::trim).filter(|t| !t.is_empty()) else { return };
        self.out.push_str(&format!("<{element} type=\"html\">"));
        escape_xml(&mut self.out, cut(html, LONGEST_TEXT));
        self.out.push_str(&format!("</{element}>\n"));
    }

    pub(super) fn date(&mut self, element: &str, date: Option<DateTime<Utc>>) {
        let text = date.map(|d| d.to_rfc3339_opts(SecondsFormat::Secs, true));
        self.line(element, text.as_deref());
    }

    /// The feed's own date of publication, for which Atom has no element.
    pub(super) fn feed_published(&mut self, date: Option<DateTime<Utc>>) {
        self.published = date;
    }

    /// How often the feed wants to be asked.
    pub(super) fn pace(&mut self, ttl: Option<u32>, skip_hours: u32) {
        self.ttl = ttl;
        self.skip_hours = skip_hours;
    }

    pub(super) fn link(&mut self, relation: &str, address: Option<&str>, language: Option<&str>) {
        let Some(address) = address else { return };
        self.out.push_str("<link");
        attribute(&mut self.out, "rel", relation);
        attribute(&mut self.out, "href", address);
        if let Some(language) = language {
            attribute(&mut self.out, "hreflang", language);
        }
        self.out.push_str("/>\n");
    }

    pub(super) fn enclosure(&mut self, enclosure: &Enclosure) {
        self.out.push_str("<link rel=\"enclosure\"");
        attribute(&mut self.out, "href", &enclosure.url);
        if let Some(kind) = &enclosure.media_type {
            attribute(&mut self.out, "type", kind);
        }
        if let Some(length) = enclosure.length {
            attribute(&mut self.out, "length", &length.to_string());
        }
        self.out.push_str("/>\n");
    }

    pub(super) fn person(&mut self, person: &Person) {
        self.out.push_str("<author>");
        self.line("name", person.name.as_deref());
        self.line("email", person.email.as_deref());
        self.line("uri", person.uri.as_deref());
        self.out.push_str("</author>\n");
    }

    pub(super) fn category(&mut self, name: &str) {
        self.out.push_str("<category");
        attribute(&mut self.out, "term", cut(name, LONGEST_LINE));
        self.out.push_str("/>\n");
    }

    /// Begins an entry whose text has addresses relative to `base`.
    pub(super) fn begin_entry(&mut self, base: Option<Url>) {
        self.bases.push(base);
        self.out.push_str("<entry>\n");
    }

    pub(super) fn end_entry(&mut self) {
        self.out.push_str("</entry>\n");
    }

    pub(super) fn finish(mut self) -> Translated {
        self.out.push_str("</feed>\n");
        Translated {
            atom: self.out,
            published: self.published,
            ttl: self.ttl,
            skip_hours: self.skip_hours,
            bases: self.bases,
        }
    }
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
