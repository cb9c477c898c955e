//! Atom 1.0 (RFC 4287) and 0.3, feeds and lone entries.

use super::super::canonical::{Head, Item, Translated, Writer};
use super::super::markup::{Document, Element};
use super::super::{html, plain};
use super::{
    Base, ElementReader, Media, PageLinks, add_category, add_person, entries, filled, id_as_link,
    linked_enclosure,
};

pub(super) fn translate(document: &Document<'_>, base: &Base) -> Translated {
    let root = &document.root;
    let reader = ElementReader { entities: &document.entities, language: root.attribute("xml:lang") };
    let base = base.within(root);
    if root.name.local == "entry" {
        let head = Head { language: root.attribute("xml:lang"), ..Head::default() };
        let mut writer = Writer::new(&head);
        if root.complete {
            writer.entry(read_entry(root, &reader, &base));
        }
        return writer.finish();
    }
    let head = read_head(root, &reader, &base);
    let base = Base { page: head.link.as_deref().and_then(|l| url::Url::parse(l).ok()), ..base };
    let mut writer = Writer::new(&head);
    for entry in entries(root, "entry") {
        writer.entry(read_entry(entry, &reader, &base));
    }
    writer.finish()
}

/// A text construct: its kind is in its attributes, and differs between the versions.
enum Text {
    Plain(String),
    Html(String),
    Xhtml(String),
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
            "xhtml" | "application/xhtml+xml" => Self::Xhtml(unwrapped(element, &source)),
            "" | "text" | "plain" | "text/plain" if element.is_only_text() => Self::Plain(source),
            // Markup where there should be none is markup all the same.
            "" | "text" | "plain" | "text/plain" => Self::Xhtml(unwrapped(element, &source)),
            _ if kind.starts_with("text/") && !kind.ends_with("/xml") => Self::Plain(source),
            _ => Self::NotForReading,
        }
    }

    fn plain(self) -> Option<String> {
        match self {
            Self::Plain(text) => filled(plain::from_text(&text)),
            Self::Html(html) | Self::Xhtml(html) => filled(plain::from_markup(&html)),
            Self::NotForReading => None,
        }
    }

    fn html(self) -> Option<String> {
        match self {
            Self::Plain(text) => filled(html::from_plain(&text)),
            Self::Html(source) => filled(html::mended(source)),
            Self::Xhtml(source) => filled(html::mended_xhtml(source)),
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

fn read_head(root: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> Head {
    let mut head = Head { language: root.attribute("xml:lang"), ..Head::default() };
    let (mut logo, mut icon) = (None, None);
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
            ("dc" | "dcterms", "creator" | "author") => {
                add_person(&mut head.authors, reader.person(element, base));
            }
            ("" | "atom", "category") => add_category(&mut head.categories, category(element)),
            ("dc", "subject") => add_category(&mut head.categories, reader.plain(element)),
            ("" | "atom", "logo") => {
                logo = logo.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("" | "atom", "icon") => {
                icon = icon.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("itunes", "image") => {
                icon = icon.take().or_else(|| base.page_address(&element.attribute("href")?));
            }
            ("" | "atom", "rights" | "copyright") | ("dc", "rights") => {
                head.rights = head.rights.take().or_else(|| Text::read(element, reader).plain());
            }
            _ => {}
        }
    }
    head.link = links.best();
    head.image = logo.or(icon);
    head
}

fn category(element: &Element<'_>) -> Option<String> {
    let label = element.attribute("label").and_then(filled).or_else(|| element.attribute("term"));
    filled(plain::from_markup(&label?))
}

fn read_entry(entry: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> Item {
    let mut item = Item { language: entry.attribute("xml:lang"), ..Item::default() };
    let mut media = Media::default();
    let (mut origin, mut created, mut text_base, mut written) = (None, None, None, None);
    let outer = base.within(entry);
    let mut links = PageLinks::default();
    for element in entry.elements() {
        let base = &outer.within(element);
        if media.take(element, reader, base) {
            continue;
        }
        match (element.name.space, &*element.name.local) {
            ("" | "atom", "id") => item.id = item.id.take().or_else(|| reader.words(element)),
            ("" | "atom", "title") => {
                item.title = item.title.take().or_else(|| Text::read(element, reader).plain());
            }
            ("feedburner", "origlink") => {
                origin = origin.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("" | "atom", "link") if element.attribute("href").is_none() => {
                written = written.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("" | "atom", "link") => match linked_enclosure(element, base) {
                Some(enclosure) => media.enclose(Some(enclosure)),
                None => links.take(element, base),
            },
            ("" | "atom", "published" | "issued" | "pubdate") => {
                item.published = item.published.or_else(|| reader.date(element));
            }
            ("" | "atom", "created") | ("dc", "date") => {
                created = created.or_else(|| reader.date(element));
            }
            ("" | "atom", "updated" | "modified") => {
                item.updated = item.updated.or_else(|| reader.date(element));
            }
            ("" | "atom" | "itunes", "author") | ("dc" | "dcterms", "creator" | "author") => {
                add_person(&mut item.authors, reader.person(element, base));
            }
            ("" | "atom", "category") => add_category(&mut item.categories, category(element)),
            ("dc" | "dcterms", "subject") => add_category(&mut item.categories, reader.plain(element)),
            ("" | "atom", "summary") if item.summary.is_none() => {
                item.summary = Text::read(element, reader).html();
                text_base.get_or_insert_with(|| base.clone());
            }
            ("" | "atom", "content") if item.content.is_none() => {
                item.content = Text::read(element, reader).html();
                // The div inside may have a base of its own.
                let inside = element.elements().next().map_or_else(|| base.clone(), |e| base.within(e));
                text_base = Some(inside);
            }
            _ => {}
        }
    }
    item.link = origin.or_else(|| links.best()).or(written);
    item.published = item.published.or(created);
    item.base = text_base.unwrap_or_else(|| outer.clone()).url().cloned();
    item.discussion = links.replies;
    media.complete(&mut item);
    item.link = item.link.or_else(|| id_as_link(item.id.as_deref(), &outer)).or(links.related);
    item
}
