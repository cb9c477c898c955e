//! RSS 0.90 to 2.0, and RDF. The versions differ in where the items stand and in what
//! they may hold; all of it is looked for in all of them.

use chrono::{DateTime, Utc};

use super::super::canonical::{Translated, Writer};
use super::super::markup::{Document, Element};
use super::super::people;
use super::{Base, ElementReader, Media, PageLinks, add_category, add_person, entries, filled};
use crate::model::{Enclosure, Person};

pub(super) fn translate(document: &Document<'_>, base: &Base) -> Translated {
    let reader = ElementReader { entities: &document.entities };
    let root = &document.root;
    let base = base.within(root);
    let channel = root.elements().find(|e| e.name.local == "channel").unwrap_or(root);
    let base = base.within(channel);
    let mut head = Head::default();
    head.read(root, &reader, &base);
    if !std::ptr::eq(channel, root) {
        head.read(channel, &reader, &base);
        head.id = head.id.or_else(|| channel.about());
    }
    let link = head.link.clone().or_else(|| head.links.html.clone()).or_else(|| head.links.other.clone());
    let base = Base { page: link.as_deref().and_then(|l| url::Url::parse(l).ok()), ..base };
    let mut writer = Writer::new(head.language.as_deref());
    head.write(link.as_deref(), &mut writer);
    for item in entries(root, "item") {
        write_item(item, &reader, &base, &mut writer);
    }
    writer.finish()
}

/// What stands in the channel beside its items.
#[derive(Default)]
struct Head {
    title: Option<String>,
    dc_title: Option<String>,
    subtitle: Option<String>,
    other_subtitle: Option<String>,
    link: Option<String>,
    links: PageLinks,
    language: Option<String>,
    published: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    id: Option<String>,
    authors: Vec<Person>,
    categories: Vec<String>,
    image: Option<String>,
    other_image: Option<String>,
    rights: Option<String>,
    ttl: Option<u32>,
    skip_hours: u32,
}

impl Head {
    fn read(&mut self, channel: &Element<'_>, reader: &ElementReader<'_>, base: &Base) {
        self.language = self.language.take().or_else(|| channel.attribute("xml:lang"));
        for element in channel.elements() {
            let base = &base.within(element);
            match (element.name.space, &*element.name.local) {
                ("", "title") => self.title = self.title.take().or_else(|| reader.plain(element)),
                ("dc", "title") => self.dc_title = self.dc_title.take().or_else(|| reader.plain(element)),
                ("", "description" | "tagline") => {
                    self.subtitle = self.subtitle.take().or_else(|| reader.html(element));
                }
                ("dc" | "itunes", "description" | "summary" | "subtitle") | ("atom", "subtitle") => {
                    self.other_subtitle = self.other_subtitle.take().or_else(|| reader.html(element));
                }
                ("", "link") if element.attribute("href").is_none() => {
                    self.link = self.link.take().or_else(|| base.page_address(&reader.words(element)?));
                }
                ("" | "atom", "link") => self.links.take(element, base),
                ("" | "dc", "language") => {
                    self.language = self.language.take().or_else(|| reader.words(element));
                }
                ("", "pubdate")
                | ("dc", "date")
                | ("atom", "published")
                | ("dcterms", "created" | "issued") => {
                    self.published = self.published.or_else(|| reader.date(element));
                }
                ("", "lastbuilddate") | ("atom", "updated") | ("dcterms", "modified") => {
                    self.updated = self.updated.or_else(|| reader.date(element));
                }
                ("atom", "id") => self.id = self.id.take().or_else(|| reader.words(element)),
                ("", "managingeditor" | "author") | ("atom" | "itunes", "author") => {
                    add_person(&mut self.authors, reader.person(element, base));
                }
                ("dc", "creator") => {
                    add_person(&mut self.authors, reader.plain(element).and_then(|l| people::from_line(&l)));
                }
                ("", "category") | ("dc", "subject") => {
                    add_category(&mut self.categories, reader.plain(element));
                }
                ("", "ttl") => self.ttl = self.ttl.or_else(|| reader.words(element)?.parse().ok()),
                ("", "skiphours") => {
                    let hours = element.elements().filter_map(|e| reader.words(e)?.parse::<u32>().ok());
                    // RSS 0.91 counts to 24.
                    self.skip_hours = hours.filter(|h| *h <= 24).fold(0, |all, h| all | 1 << (h % 24));
                }
                ("itunes", "category") => podcast_categories(element, &mut self.categories),
                ("", "image") => {
                    let url = element.elements().find(|e| e.name.local == "url");
                    let url = url.and_then(|e| reader.words(e)).or_else(|| element.attribute("href"));
                    self.image = self.image.take().or_else(|| base.page_address(&url?));
                }
                ("itunes", "image") => {
                    self.other_image =
                        self.other_image.take().or_else(|| base.page_address(&element.attribute("href")?));
                }
                ("", "copyright") | ("dc", "rights") | ("atom", "rights") => {
                    self.rights = self.rights.take().or_else(|| reader.plain(element));
                }
                _ => {}
            }
        }
    }

    fn write(&self, link: Option<&str>, writer: &mut Writer) {
        writer.line("id", self.id.as_deref());
        writer.line("title", self.title.as_deref().or(self.dc_title.as_deref()));
        writer.html("subtitle", self.subtitle.as_deref().or(self.other_subtitle.as_deref()));
        writer.link("alternate", link, None);
        writer.date("updated", self.updated);
        writer.feed_published(self.published);
        writer.pace(self.ttl, self.skip_hours);
        self.authors.iter().for_each(|p| writer.person(p));
        self.categories.iter().for_each(|c| writer.category(c));
        writer.line("logo", self.image.as_deref().or(self.other_image.as_deref()));
        writer.line("rights", self.rights.as_deref());
    }
}

fn podcast_categories(element: &Element<'_>, categories: &mut Vec<String>) {
    add_category(categories, element.attribute("text").and_then(filled));
    for inner in element.elements().filter(|e| e.is("itunes", "category")) {
        podcast_categories(inner, categories);
    }
}

#[derive(Default)]
struct Item {
    guid: Option<String>,
    guid_is_link: bool,
    title: Option<String>,
    dc_title: Option<String>,
    origin: Option<String>,
    link: Option<String>,
    links: PageLinks,
    published: Option<DateTime<Utc>>,
    dc_date: Option<DateTime<Utc>>,
    updated: Option<DateTime<Utc>>,
    authors: Vec<Person>,
    categories: Vec<String>,
    description: Option<String>,
    other_description: Option<String>,
    content: Option<String>,
    language: Option<String>,
    media: Media,
    /// Of the element that holds the text.
    text_base: Option<Base>,
}

fn write_item(element: &Element<'_>, reader: &ElementReader<'_>, base: &Base, writer: &mut Writer) {
    let base = base.within(element);
    let mut item = Item { guid: element.about(), ..Item::default() };
    item.language = element.attribute("xml:lang");
    for child in element.elements() {
        item.read(child, reader, &base.within(child));
    }
    let guid_link = item
        .guid
        .as_deref()
        .filter(|g| item.guid_is_link && (g.starts_with("http://") || g.starts_with("https://")));
    let link = item.origin.clone().or(item.link.clone()).or(std::mem::take(&mut item.links).best());
    let link = link.or_else(|| base.page_address(guid_link?));
    let summary = item.description.or(item.other_description);
    let summary =
        if summary.is_none() && item.content.is_none() { item.media.description.clone() } else { summary };
    writer.begin_entry(item.text_base.as_ref().unwrap_or(&base).url().cloned());
    writer.line("id", item.guid.as_deref());
    writer.line("title", item.title.as_deref().or(item.dc_title.as_deref()).or(item.media.title.as_deref()));
    writer.link("alternate", link.as_deref(), item.language.as_deref());
    writer.date("published", item.published.or(item.dc_date));
    writer.date("updated", item.updated);
    item.authors.iter().for_each(|p| writer.person(p));
    item.categories.iter().for_each(|c| writer.category(c));
    writer.html("summary", summary.as_deref());
    writer.html("content", item.content.as_deref());
    item.media.enclosures.iter().for_each(|e| writer.enclosure(e));
    writer.link("preview", item.media.image(), None);
    writer.end_entry();
}

impl Item {
    fn read(&mut self, element: &Element<'_>, reader: &ElementReader<'_>, base: &Base) {
        if self.media.take(element, reader, base) {
            return;
        }
        match (element.name.space, &*element.name.local) {
            ("", "guid") => {
                if let Some(guid) = reader.words(element) {
                    let says = element.attribute("ispermalink").unwrap_or_default();
                    self.guid_is_link = !says.eq_ignore_ascii_case("false");
                    self.guid = Some(guid);
                }
            }
            ("atom", "id") => self.guid = self.guid.take().or_else(|| reader.words(element)),
            ("", "title") => self.title = self.title.take().or_else(|| reader.plain(element)),
            ("dc" | "atom", "title") => {
                self.dc_title = self.dc_title.take().or_else(|| reader.plain(element));
            }
            ("feedburner", "origlink") => {
                self.origin = self.origin.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("", "link") if element.attribute("href").is_none() => {
                self.link = self.link.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("" | "atom", "link") => match super::linked_enclosure(element, base) {
                Some(enclosure) => self.media.enclose(Some(enclosure)),
                None => self.links.take(element, base),
            },
            ("", "pubdate" | "published" | "date") | ("atom", "published") => {
                self.published = self.published.or_else(|| reader.date(element));
            }
            ("dc", "date") | ("dcterms", "created" | "issued" | "available") => {
                self.dc_date = self.dc_date.or_else(|| reader.date(element));
            }
            ("", "updated" | "modified") | ("atom", "updated") | ("dcterms", "modified") => {
                self.updated = self.updated.or_else(|| reader.date(element));
            }
            ("", "author") | ("atom" | "itunes", "author") => {
                add_person(&mut self.authors, reader.person(element, base));
            }
            ("dc", "creator") => {
                add_person(&mut self.authors, reader.plain(element).and_then(|l| people::from_line(&l)));
            }
            ("", "category") | ("dc", "subject") => {
                let name = reader.plain(element).or_else(|| element.attribute("term"));
                add_category(&mut self.categories, name);
            }
            ("atom", "category") => {
                let name = element.attribute("label").and_then(filled).or_else(|| element.attribute("term"));
                add_category(&mut self.categories, name.and_then(filled));
            }
            ("", "description" | "summary") if self.description.is_none() => {
                self.description = reader.html(element);
                self.text_base.get_or_insert_with(|| base.clone());
            }
            ("dc", "description") | ("itunes" | "atom", "summary") => {
                self.other_description = self.other_description.take().or_else(|| reader.html(element));
            }
            ("content", "encoded") | ("", "fulltext" | "content") | ("atom", "content")
                if self.content.is_none() =>
            {
                self.content = reader.html(element);
                self.text_base = Some(base.clone());
            }
            ("xhtml", "body" | "div") | ("", "body") if self.content.is_none() => {
                self.content = filled(element.markup());
                self.text_base = Some(base.clone());
            }
            ("", "enclosure") => {
                let url = element.attribute("url").or_else(|| element.attribute("href"));
                let enclosure = url.and_then(|u| base.page_address(&u)).map(|url| Enclosure {
                    url,
                    media_type: element.attribute("type").and_then(filled),
                    length: super::length(element.attribute("length")),
                });
                self.media.enclose(enclosure);
            }
            ("dc", "language") => self.language = self.language.take().or_else(|| reader.words(element)),
            _ => {}
        }
    }
}
