//! The dialects feeds are written in, each translated into the canonical one.
//!
//! [`rss`] is every version of RSS, whether its items stand in the channel or beside it;
//! [`atom`] is 0.3 and 1.0; [`json`] is JSON Feed. What they share stands here: where
//! relative addresses begin, and what a title is.

pub(super) mod atom;
pub(super) mod json;
pub(super) mod rss;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use url::Url;

use super::canonical::{Item, Translated};
use super::markup::{Document, Element};
use super::{dates, html, people, plain};
use crate::model::{Enclosure, Person};

/// The entities a document declares.
type Entities = HashMap<String, String>;

/// What relative addresses are relative to.
#[derive(Debug, Clone, Default)]
struct Base {
    /// Of the innermost `xml:base` around.
    declared: Option<Url>,
    /// The feed's own page.
    page: Option<Url>,
    /// Where the document was got from.
    got_from: Option<Url>,
}

impl Base {
    fn url(&self) -> Option<&Url> {
        self.declared.as_ref().or(self.page.as_ref()).or(self.got_from.as_ref())
    }

    /// The base inside an element, which may declare its own.
    fn within(&self, element: &Element<'_>) -> Self {
        let mut base = self.clone();
        if let Some(text) = element.attribute("xml:base") {
            let outer = self.declared.as_ref().or(self.got_from.as_ref());
            let joined = outer.map_or_else(|| Url::parse(&text), |outer| outer.join(&text));
            base.declared = joined.ok().or(base.declared);
        }
        base
    }

    /// An address a reader can open, absolute. None for `javascript:` and its like.
    fn page_address(&self, text: &str) -> Option<String> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        // Escaped once more than its document asks for.
        let unescaped = text.replace("&amp;", "&").replace("&#38;", "&");
        let text = unescaped.as_str();
        let mut url = self.url().map_or_else(|| Url::parse(text), |base| base.join(text)).ok()?;
        if !url.username().is_empty() || url.password().is_some() {
            // A login that slipped into a link is not for its readers.
            url.set_username("").ok()?;
            url.set_password(None).ok()?;
            return matches!(url.scheme(), "http" | "https").then(|| url.into());
        }
        matches!(url.scheme(), "http" | "https").then(|| keep_spelling(text, url))
    }
}

/// An address that was absolute stays as it was written, whatever the URL standard would
/// make of it: it is what the reader's server expects.
fn keep_spelling(text: &str, url: Url) -> String {
    let absolute = text.starts_with("http://") || text.starts_with("https://");
    if absolute && !text.contains(char::is_whitespace) { text.to_owned() } else { url.into() }
}

/// Whatever is read with a document at hand.
struct ElementReader<'a> {
    entities: &'a Entities,
    /// Of the feed, where it says.
    language: Option<String>,
}

impl ElementReader<'_> {
    /// The words of a simple element; None where there are none.
    fn words(&self, element: &Element<'_>) -> Option<String> {
        filled(element.text(self.entities))
    }

    /// A title, name or category: read as HTML once, since that is what feeds put there.
    fn plain(&self, element: &Element<'_>) -> Option<String> {
        filled(plain::from_markup(&element.html(self.entities)))
    }

    fn html(&self, element: &Element<'_>) -> Option<String> {
        filled(html::mended(element.html(self.entities)))
    }

    fn date(&self, element: &Element<'_>) -> Option<DateTime<Utc>> {
        dates::parse(&element.text(self.entities), self.language.as_deref())
    }

    /// `<author><name/><email/><uri/></author>`, or a line that holds them all.
    fn person(&self, element: &Element<'_>, base: &Base) -> Option<Person> {
        if element.is_only_text() {
            return people::from_line(&self.plain(element)?);
        }
        let mut person = Person::default();
        for part in element.elements() {
            match &*part.name.local {
                "name" => person.name = person.name.or_else(|| self.plain(part)),
                "email" => person.email = person.email.or_else(|| self.words(part)),
                "uri" | "url" | "homepage" => {
                    person.uri = person.uri.or_else(|| base.page_address(&self.words(part)?));
                }
                _ => {}
            }
        }
        (person != Person::default()).then_some(person)
    }
}

fn filled(text: String) -> Option<String> {
    let trimmed = text.trim();
    (!trimmed.is_empty()).then(|| if trimmed.len() == text.len() { text.clone() } else { trimmed.to_owned() })
}

/// Entries of one document. The longest archives have some ten thousand.
const MOST_ENTRIES: usize = 30_000;

/// The entries of a document wherever they stand, but not one inside another.
fn entries<'e, 'a>(element: &'e Element<'a>, name: &str) -> Vec<&'e Element<'a>> {
    let mut found = Vec::new();
    add_entries(element, name, &mut found);
    if found.len() > MOST_ENTRIES {
        // The newest come first, but for archives that are written from their beginning on.
        let date = |entry: Option<&&Element<'a>>| {
            let dates = ["pubdate", "published", "updated", "date", "modified", "issued"];
            let date = entry?.elements().find(|e| dates.contains(&&*e.name.local))?;
            dates::parse(&date.text(&HashMap::new()), None)
        };
        let (first, last) = (date(found.first()), date(found.last()));
        let is_oldest_first = first.zip(last).is_some_and(|(first, last)| first < last);
        if is_oldest_first {
            found.drain(..found.len() - MOST_ENTRIES);
        } else {
            found.truncate(MOST_ENTRIES);
        }
    }
    found
}

fn add_entries<'e, 'a>(element: &'e Element<'a>, name: &str, found: &mut Vec<&'e Element<'a>>) {
    for child in element.elements() {
        if child.name.local == name && matches!(child.name.space, "" | "atom") {
            // What was cut off will be whole tomorrow.
            if child.complete {
                found.push(child);
            }
        } else {
            add_entries(child, name, found);
        }
    }
}

/// Authors, categories or enclosures of one entry: more are a mistake, or an attack.
const MOST: usize = 200;

fn add_person(people: &mut Vec<Person>, person: Option<Person>) {
    let Some(person) = person.filter(|_| people.len() < MOST) else { return };
    match people
        .iter_mut()
        .find(|p| p.name.is_some() && p.name == person.name || p.email.is_some() && p.email == person.email)
    {
        Some(known) => {
            known.name = known.name.take().or(person.name);
            known.email = known.email.take().or(person.email);
            known.uri = known.uri.take().or(person.uri);
        }
        None => people.push(person),
    }
}

fn add_category(categories: &mut Vec<String>, category: Option<String>) {
    if let Some(category) = category.filter(|c| categories.len() < MOST && !categories.contains(c)) {
        categories.push(category);
    }
}

fn add_enclosure(enclosures: &mut Vec<Enclosure>, enclosure: Option<Enclosure>) {
    if let Some(enclosure) =
        enclosure.filter(|e| enclosures.len() < MOST && !enclosures.iter().any(|o| o.url == e.url))
    {
        enclosures.push(enclosure);
    }
}

fn length(text: Option<String>) -> Option<u64> {
    text?.trim().parse().ok().filter(|n| *n > 0)
}

/// A picture, and how wide it is said to be.
struct Picture {
    url: String,
    width: Option<u32>,
}

/// A narrower picture is a face or an icon, which leads no story.
const LEAST_WIDTH: u32 = 100;
/// So wide a picture can lead a story.
const WIDE: u32 = 300;

/// What media:, itunes: and enclosures say of an entry, in RSS and Atom alike.
#[derive(Default)]
struct Media {
    thumbnails: Vec<Picture>,
    pictures: Vec<Picture>,
    enclosed_picture: Option<String>,
    itunes: Option<String>,
    title: Option<String>,
    description: Option<String>,
    /// The page where it is played.
    player: Option<String>,
    authors: Vec<Person>,
    categories: Vec<String>,
    seconds: Option<u32>,
    enclosures: Vec<Enclosure>,
}

impl Media {
    /// Adds what they say to an entry that does not say it itself.
    fn complete(self, item: &mut Item) {
        item.image = item.image.take().or_else(|| self.image().map(str::to_owned));
        item.title = item.title.take().or(self.title);
        item.link = item.link.take().or(self.player);
        if item.summary.is_none() && item.content.is_none() {
            item.summary = self.description;
        }
        let others = std::mem::replace(&mut item.authors, self.authors);
        for author in others {
            add_person(&mut item.authors, Some(author));
        }
        for category in self.categories {
            add_category(&mut item.categories, Some(category));
        }
        item.seconds = item.seconds.or(self.seconds);
        item.enclosures = self.enclosures;
    }

    fn image(&self) -> Option<&str> {
        let sized = || self.thumbnails.iter().chain(&self.pictures);
        let large = sized().find(|picture| picture.width.is_none_or(|width| width >= WIDE));
        let other = || {
            let wide_enough = sized().filter(|picture| picture.width >= Some(LEAST_WIDTH));
            wide_enough.max_by_key(|picture| picture.width)
        };
        let url = large.or_else(other).map(|picture| &picture.url);
        url.or(self.enclosed_picture.as_ref()).or(self.itunes.as_ref()).map(String::as_str)
    }

    fn enclose(&mut self, enclosure: Option<Enclosure>) {
        if let Some(picture) =
            enclosure.as_ref().filter(|e| e.media_type.as_deref().is_some_and(|t| t.starts_with("image/")))
        {
            self.enclosed_picture.get_or_insert_with(|| picture.url.clone());
        }
        add_enclosure(&mut self.enclosures, enclosure);
    }

    /// Takes an element if it is one of theirs.
    fn take(&mut self, element: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> bool {
        let address = |name: &str| base.page_address(&element.attribute(name)?);
        match (element.name.space, &*element.name.local) {
            ("media", "thumbnail") => {
                if let Some(url) = address("url").filter(|_| self.thumbnails.len() < MOST) {
                    self.thumbnails.push(Picture { url, width: width(element) });
                }
            }
            ("media", "content") => {
                let kind = element.attribute("type");
                let is_picture = element.attribute("medium").is_some_and(|m| m == "image")
                    || kind.as_deref().is_some_and(|t| t.starts_with("image/"));
                if let Some(url) = address("url") {
                    if is_picture && self.pictures.len() < MOST {
                        self.pictures.push(Picture { url: url.clone(), width: width(element) });
                    }
                    let length = length(element.attribute("filesize"));
                    add_enclosure(&mut self.enclosures, Some(Enclosure { url, media_type: kind, length }));
                }
                self.seconds = self.seconds.or_else(|| seconds(&element.attribute("duration")?));
                self.take_all(element, reader, base);
            }
            ("media", "group") => self.take_all(element, reader, base),
            ("media", "title") => self.title = self.title.take().or_else(|| reader.plain(element)),
            ("media", "description") => {
                self.description =
                    self.description.take().or_else(|| match element.attribute("type").as_deref() {
                        Some("html") => reader.html(element),
                        _ => reader.words(element).map(|words| html::from_plain(&words)),
                    });
            }
            ("media", "player") => self.player = self.player.take().or_else(|| address("url")),
            ("media", "credit") if element.attribute("role").is_some_and(|role| role == "author") => {
                add_person(&mut self.authors, reader.person(element, base));
            }
            ("media", "category") => add_category(&mut self.categories, reader.plain(element)),
            ("itunes", "category") => {
                add_category(&mut self.categories, element.attribute("text").and_then(filled));
            }
            ("itunes", "image") => {
                let stated = || address("href").or_else(|| address("url"));
                let written = || base.page_address(&reader.words(element)?);
                self.itunes = self.itunes.take().or_else(stated).or_else(written);
            }
            ("itunes", "duration") => {
                self.seconds = reader.words(element).and_then(|words| seconds(&words)).or(self.seconds);
            }
            _ => return false,
        }
        true
    }

    fn take_all(&mut self, element: &Element<'_>, reader: &ElementReader<'_>, base: &Base) {
        for child in element.elements() {
            self.take(child, reader, base);
        }
    }
}

/// How wide a picture is said to be; of one that says but how high it is, that.
fn width(element: &Element<'_>) -> Option<u32> {
    let number = |name: &str| element.attribute(name)?.trim().trim_end_matches("px").parse().ok();
    number("width").or_else(|| number("height"))
}

/// A length of time: `1:02:03`, `62:03`, or seconds.
fn seconds(text: &str) -> Option<u32> {
    let mut total = 0_u32;
    for part in text.trim().split(':') {
        let whole = part.split('.').next().unwrap_or(part);
        total = total.checked_mul(60)?.checked_add(whole.trim().parse().ok()?)?;
    }
    (1..=7 * 86_400).contains(&total).then_some(total)
}

/// What a link leads to. The registered relations are also spelled as addresses
/// (RFC 4287 4.2.7.2).
fn relation(element: &Element<'_>) -> String {
    let relation = element.attribute("rel").unwrap_or_default().to_ascii_lowercase();
    relation.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The links of Atom's kind: a page of HTML before other kinds, the first before the others; and
/// pages that are not the entry's own, for an entry that has none.
#[derive(Default)]
struct PageLinks {
    html: Option<String>,
    other: Option<String>,
    /// What it is about.
    related: Option<String>,
    /// Where it is talked about.
    replies: Option<String>,
}

impl PageLinks {
    fn take(&mut self, element: &Element<'_>, base: &Base) {
        let Some(address) = element.attribute("href").and_then(|h| base.page_address(&h)) else { return };
        let kind = element.attribute("type").unwrap_or_default();
        let is_page = kind.is_empty() || kind.contains("html");
        let slot = match relation(element).as_str() {
            "" | "alternate" if is_page => &mut self.html,
            "" | "alternate" => &mut self.other,
            "related" | "via" if is_page => &mut self.related,
            "replies" if is_page => &mut self.replies,
            _ => return,
        };
        slot.get_or_insert(address);
    }

    fn best(&self) -> Option<String> {
        self.html.clone().or_else(|| self.other.clone())
    }
}

/// An id that is the address of a page.
fn id_as_link(id: Option<&str>, base: &Base) -> Option<String> {
    base.page_address(id.filter(|id| id.starts_with("http://") || id.starts_with("https://"))?)
}

/// `<link rel="enclosure">`
fn linked_enclosure(element: &Element<'_>, base: &Base) -> Option<Enclosure> {
    if relation(element) != "enclosure" {
        return None;
    }
    Some(Enclosure {
        url: base.page_address(&element.attribute("href")?)?,
        media_type: element.attribute("type").and_then(filled),
        length: length(element.attribute("length")),
    })
}

/// Translates a document by the name of its root.
pub(super) fn translate(document: &Document<'_>, got_from: Option<&Url>) -> Translated {
    let base = Base { got_from: got_from.cloned(), ..Base::default() };
    match &*document.root.name.local {
        "feed" | "entry" => atom::translate(document, &base),
        _ => rss::translate(document, &base),
    }
}
