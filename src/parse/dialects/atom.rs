//! Atom 1.0 (RFC 4287) and 0.3, feeds and lone entries.

use chrono::{DateTime, Utc};

use super::super::canonical::{Translated, Writer};
use super::super::markup::{Document, Element};
use super::super::plain;
use super::{
    Base, ElementReader, Media, PageLinks, add_category, add_person, entries, escaped, filled,
    linked_enclosure,
};
use crate::model::Person;

pub(super) fn translate(document: &Document<'_>, base: &Base) -> Translated {
    let reader = ElementReader { entities: &document.entities };
    let root = &document.root;
    let base = base.within(root);
    if root.name.local == "entry" {
        let mut writer = Writer::new(root.attribute("xml:lang").as_deref());
        if root.complete {
            Item::read(root, &reader, &base).write(&mut writer);
        }
        return writer.finish();
    }
    let head = Head::read(root, &reader, &base);
    let base = Base { page: head.link.as_deref().and_then(|l| url::Url::parse(l).ok()), ..base };
    let mut writer = Writer::new(root.attribute("xml:lang").as_deref());
    head.write(&mut writer);
    for entry in entries(root, "entry") {
        Item::read(entry, &reader, &base).write(&mut writer);
    }
    writer.finish()
}

/// A text construct: its kind is in its attributes, and differs between the versions.
enum Text {
    Plain(String),
    Html(String),
    /// A picture, an XML document, something elsewhere.
    NotForReading,
}

impl Text {
    fn read(element: &Element<'_>, reader: &ElementReader<'_>) -> Self {
        let kind = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
        if element.attribute("src").is_some() {
            return Self::NotForReading;
        }
        let source = if mode == "base64" {
            let text: String = element.text(reader.entities).split_whitespace().collect();
            let decoded = data_encoding::BASE64.decode(text.as_bytes()).unwrap_or_default();
            String::from_utf8_lossy(&decoded).into_owned()
        } else {
            element.html(reader.entities)
        };
        match kind.as_str() {
            "html" | "text/html" => Self::Html(source),
            "xhtml" | "application/xhtml+xml" => Self::Html(unwrapped(element, &source)),
            "" | "text" | "plain" | "text/plain" if element.is_only_text() => Self::Plain(source),
            // Markup where there should be none is markup all the same.
            "" | "text" | "plain" | "text/plain" => Self::Html(unwrapped(element, &source)),
            _ if kind.starts_with("text/") && !kind.ends_with("/xml") => Self::Plain(source),
            _ => Self::NotForReading,
        }
    }

    fn plain(self) -> Option<String> {
        match self {
            Self::Plain(text) => filled(plain::folded(&text)),
            Self::Html(html) => filled(plain::from_markup(&html)),
            Self::NotForReading => None,
        }
    }

    fn html(self) -> Option<String> {
        match self {
            Self::Plain(text) => filled(escaped(&text)),
            Self::Html(html) => filled(html),
            Self::NotForReading => None,
        }
    }
}

/// The content of the `div` that XHTML is wrapped in.
fn unwrapped(element: &Element<'_>, source: &str) -> String {
    let mut inside = element.elements();
    match (inside.next(), inside.next()) {
        (Some(div), None) if div.name.local == "div" => div.markup(),
        _ => source.to_owned(),
    }
}

#[derive(Default)]
struct Head {
    id: Option<String>,
    title: Option<String>,
    subtitle: Option<String>,
    link: Option<String>,
    updated: Option<DateTime<Utc>>,
    published: Option<DateTime<Utc>>,
    authors: Vec<Person>,
    categories: Vec<String>,
    logo: Option<String>,
    icon: Option<String>,
    rights: Option<String>,
}

impl Head {
    fn read(root: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> Self {
        let mut head = Self::default();
        let mut links = PageLinks::default();
        for element in root.elements() {
            let base = &base.within(element);
            match (element.name.space, &*element.name.local) {
                ("" | "atom", "id") => head.id = head.id.take().or_else(|| reader.words(element)),
                ("" | "atom", "title") => {
                    head.title = head.title.take().or_else(|| Text::read(element, reader).plain());
                }
                ("" | "atom", "subtitle" | "tagline" | "info") => {
                    head.subtitle = head.subtitle.take().or_else(|| Text::read(element, reader).html());
                }
                ("" | "atom", "link") => links.take(element, base),
                ("" | "atom", "updated" | "modified") => {
                    head.updated = head.updated.or_else(|| reader.date(element));
                }
                ("" | "atom", "published" | "issued" | "created") => {
                    head.published = head.published.or_else(|| reader.date(element));
                }
                ("" | "atom" | "itunes", "author") => {
                    add_person(&mut head.authors, reader.person(element, base));
                }
                ("dc", "creator") => add_person(&mut head.authors, reader.person(element, base)),
                ("" | "atom", "category") => add_category(&mut head.categories, category(element)),
                ("dc", "subject") => add_category(&mut head.categories, reader.plain(element)),
                ("" | "atom", "logo") => {
                    head.logo = head.logo.take().or_else(|| base.page_address(&reader.words(element)?));
                }
                ("" | "atom", "icon") => {
                    head.icon = head.icon.take().or_else(|| base.page_address(&reader.words(element)?));
                }
                ("itunes", "image") => {
                    head.icon = head.icon.take().or_else(|| base.page_address(&element.attribute("href")?));
                }
                ("" | "atom", "rights" | "copyright") | ("dc", "rights") => {
                    head.rights = head.rights.take().or_else(|| Text::read(element, reader).plain());
                }
                _ => {}
            }
        }
        head.link = links.best();
        head
    }

    fn write(&self, writer: &mut Writer) {
        writer.line("id", self.id.as_deref());
        writer.line("title", self.title.as_deref());
        writer.html("subtitle", self.subtitle.as_deref());
        writer.link("alternate", self.link.as_deref(), None);
        writer.date("updated", self.updated);
        writer.feed_published(self.published);
        self.authors.iter().for_each(|p| writer.person(p));
        self.categories.iter().for_each(|c| writer.category(c));
        writer.line("logo", self.logo.as_deref().or(self.icon.as_deref()));
        writer.line("rights", self.rights.as_deref());
    }
}

fn category(element: &Element<'_>) -> Option<String> {
    let label = element.attribute("label").and_then(filled).or_else(|| element.attribute("term"));
    filled(plain::from_markup(&label?))
}

#[derive(Default)]
struct Item {
    base: Base,
    text_base: Option<Base>,
    id: Option<String>,
    title: Option<String>,
    link: Option<String>,
    origin: Option<String>,
    language: Option<String>,
    published: Option<DateTime<Utc>>,
    created: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    authors: Vec<Person>,
    categories: Vec<String>,
    summary: Option<String>,
    content: Option<String>,
    media: Media,
}

impl Item {
    fn read(entry: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> Self {
        let mut item =
            Self { base: base.within(entry), language: entry.attribute("xml:lang"), ..Self::default() };
        let mut links = PageLinks::default();
        for element in entry.elements() {
            let base = &item.base.within(element);
            if item.media.take(element, reader, base) {
                continue;
            }
            match (element.name.space, &*element.name.local) {
                ("" | "atom", "id") => item.id = item.id.take().or_else(|| reader.words(element)),
                ("" | "atom", "title") => {
                    item.title = item.title.take().or_else(|| Text::read(element, reader).plain());
                }
                ("feedburner", "origlink") => {
                    item.origin = item.origin.take().or_else(|| base.page_address(&reader.words(element)?));
                }
                ("" | "atom", "link") => match linked_enclosure(element, base) {
                    Some(enclosure) => item.media.enclose(Some(enclosure)),
                    None => links.take(element, base),
                },
                ("" | "atom", "published" | "issued" | "pubdate") => {
                    item.published = item.published.or_else(|| reader.date(element));
                }
                ("" | "atom", "created") | ("dc", "date") => {
                    item.created = item.created.or_else(|| reader.date(element));
                }
                ("" | "atom", "updated" | "modified") => {
                    item.updated = item.updated.or_else(|| reader.date(element));
                }
                ("" | "atom" | "itunes", "author") | ("dc", "creator") => {
                    add_person(&mut item.authors, reader.person(element, base));
                }
                ("" | "atom", "category") => add_category(&mut item.categories, category(element)),
                ("dc", "subject") => add_category(&mut item.categories, reader.plain(element)),
                ("" | "atom", "summary") if item.summary.is_none() => {
                    item.summary = Text::read(element, reader).html();
                    item.text_base.get_or_insert_with(|| base.clone());
                }
                ("" | "atom", "content") if item.content.is_none() => {
                    item.content = Text::read(element, reader).html();
                    // The div inside may have a base of its own.
                    let inside = element.elements().next().map_or_else(|| base.clone(), |e| base.within(e));
                    item.text_base = Some(inside);
                }
                _ => {}
            }
        }
        item.link = item.origin.take().or_else(|| links.best());
        item
    }

    fn write(&self, writer: &mut Writer) {
        let summary = match (&self.summary, &self.content) {
            (None, None) => &self.media.description,
            (summary, _) => summary,
        };
        writer.begin_entry(self.text_base.as_ref().unwrap_or(&self.base).url().cloned());
        writer.line("id", self.id.as_deref());
        writer.line("title", self.title.as_deref().or(self.media.title.as_deref()));
        writer.link("alternate", self.link.as_deref(), self.language.as_deref());
        writer.date("published", self.published.or(self.created));
        writer.date("updated", self.updated);
        self.authors.iter().for_each(|p| writer.person(p));
        self.categories.iter().for_each(|c| writer.category(c));
        writer.html("summary", summary.as_deref());
        writer.html("content", self.content.as_deref());
        self.media.enclosures.iter().for_each(|e| writer.enclosure(e));
        writer.link("preview", self.media.image(), None);
        writer.end_entry();
    }
}
