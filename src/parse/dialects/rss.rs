//! RSS 0.90 to 2.0, and RDF. The versions differ in where the items stand and in what
//! they may hold; all of it is looked for in all of them.

use chrono::{DateTime, Utc};

use super::super::canonical::{Head, Item, Translated, Writer};
use super::super::markup::{Document, Element};
use super::super::{html, people, plain};
use super::{Base, ElementReader, Media, PageLinks, add_category, add_person, entries, filled, id_as_link};
use crate::model::Enclosure;

pub(super) fn translate(document: &Document<'_>, base: &Base) -> Translated {
    let root = &document.root;
    let base = base.within(root);
    let channel = root.elements().find(|e| e.name.local == "channel").unwrap_or(root);
    let mut reader = ElementReader { entities: &document.entities, language: None };
    reader.language = language(channel, &reader).or_else(|| root.attribute("xml:lang"));
    let base = base.within(channel);
    let mut channel_head = ChannelReader::default();
    channel_head.read(root, &reader, &base);
    if !std::ptr::eq(channel, root) {
        channel_head.read(channel, &reader, &base);
        channel_head.head.id = channel_head.head.id.take().or_else(|| channel.about());
    }
    let head = channel_head.finish();
    let base = Base { page: head.link.as_deref().and_then(|l| url::Url::parse(l).ok()), ..base };
    let mut writer = Writer::new(&head);
    for item in entries(root, "item") {
        writer.entry(read_item(item, &reader, &base));
    }
    writer.finish()
}

/// Wherever in the channel it stands: dates before it are in it, too.
fn language(channel: &Element<'_>, reader: &ElementReader<'_>) -> Option<String> {
    let named = channel.elements().find(|e| e.is("", "language") || e.is("dc", "language"));
    named.and_then(|element| reader.words(element)).or_else(|| channel.attribute("xml:lang"))
}

/// What stands in the channel beside its items.
#[derive(Default)]
struct ChannelReader {
    head: Head,
    /// Second choices.
    dc_title: Option<String>,
    other_subtitle: Option<String>,
    other_image: Option<String>,
    keywords: Option<String>,
    links: PageLinks,
}

impl ChannelReader {
    fn read(&mut self, channel: &Element<'_>, reader: &ElementReader<'_>, base: &Base) {
        self.head.language = self.head.language.take().or_else(|| channel.attribute("xml:lang"));
        for element in channel.elements() {
            let base = &base.within(element);
            match (element.name.space, &*element.name.local) {
                ("", "title") => self.head.title = self.head.title.take().or_else(|| reader.plain(element)),
                ("dc", "title") => self.dc_title = self.dc_title.take().or_else(|| reader.plain(element)),
                ("", "description" | "tagline") => {
                    self.head.subtitle = self.head.subtitle.take().or_else(|| reader.html(element));
                }
                ("dc" | "itunes", "description" | "summary" | "subtitle") | ("atom", "subtitle") => {
                    self.other_subtitle = self.other_subtitle.take().or_else(|| reader.html(element));
                }
                ("", "link") if element.attribute("href").is_none() => {
                    self.head.link =
                        self.head.link.take().or_else(|| base.page_address(&reader.words(element)?));
                }
                ("" | "atom", "link") => self.links.take(element, base),
                ("" | "dc", "language") => {
                    self.head.language = self.head.language.take().or_else(|| reader.words(element));
                }
                ("", "pubdate")
                | ("dc", "date")
                | ("atom", "published")
                | ("dcterms", "created" | "issued") => {
                    self.head.published = self.head.published.or_else(|| reader.date(element));
                }
                ("", "lastbuilddate") | ("atom", "updated") | ("dcterms", "modified") => {
                    self.head.updated = self.head.updated.or_else(|| reader.date(element));
                }
                ("atom", "id") => self.head.id = self.head.id.take().or_else(|| reader.words(element)),
                ("", "managingeditor" | "author") | ("atom" | "itunes", "author") => {
                    add_person(&mut self.head.authors, reader.person(element, base));
                }
                ("dc" | "dcterms", "creator" | "author") => {
                    add_person(
                        &mut self.head.authors,
                        reader.plain(element).and_then(|l| people::from_line(&l)),
                    );
                }
                ("", "category") | ("dc", "subject") => {
                    add_category(&mut self.head.categories, reader.plain(element));
                }
                ("", "ttl") => self.head.ttl = self.head.ttl.or_else(|| reader.words(element)?.parse().ok()),
                ("", "skiphours") => {
                    let hours = element.elements().filter_map(|e| reader.words(e)?.parse::<u32>().ok());
                    // RSS 0.91 counts to 24.
                    self.head.skip_hours = hours.filter(|h| *h <= 24).fold(0, |all, h| all | 1 << (h % 24));
                }
                ("itunes", "category") => podcast_categories(element, &mut self.head.categories),
                ("itunes", "keywords") => {
                    self.keywords = self.keywords.take().or_else(|| reader.words(element));
                }
                ("", "image") => {
                    let url = element.elements().find(|e| e.name.local == "url");
                    let url = url.and_then(|e| reader.words(e)).or_else(|| element.attribute("href"));
                    self.head.image = self.head.image.take().or_else(|| base.page_address(&url?));
                }
                ("itunes", "image") => {
                    self.other_image =
                        self.other_image.take().or_else(|| base.page_address(&element.attribute("href")?));
                }
                ("", "copyright") | ("dc", "rights") | ("atom", "rights") => {
                    self.head.rights = self.head.rights.take().or_else(|| reader.plain(element));
                }
                _ => {}
            }
        }
    }

    fn finish(self) -> Head {
        let mut head = self.head;
        head.title = head.title.or(self.dc_title);
        head.subtitle = head.subtitle.or(self.other_subtitle);
        head.link = head.link.or_else(|| self.links.best());
        head.image = head.image.or(self.other_image);
        if head.categories.is_empty() {
            for word in self.keywords.iter().flat_map(|words| words.split(',')) {
                add_category(&mut head.categories, filled(plain::from_markup(word)));
            }
        }
        head
    }
}

fn podcast_categories(element: &Element<'_>, categories: &mut Vec<String>) {
    add_category(categories, element.attribute("text").and_then(filled));
    for inner in element.elements().filter(|e| e.is("itunes", "category")) {
        podcast_categories(inner, categories);
    }
}

/// What an item says of its guid.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Permalink {
    #[default]
    Unsaid,
    Yes,
    No,
}

/// An item, and the second choices for what it lacks.
#[derive(Default)]
struct ItemReader {
    item: Item,
    guid: Permalink,
    dc_title: Option<String>,
    origin: Option<String>,
    link: Option<String>,
    links: PageLinks,
    dc_date: Option<DateTime<Utc>>,
    discussion: Option<String>,
    image: Option<String>,
    other_description: Option<String>,
    media: Media,
    /// Of the element that holds the text.
    text_base: Option<Base>,
}

fn read_item(element: &Element<'_>, reader: &ElementReader<'_>, base: &Base) -> Item {
    let base = base.within(element);
    let mut found = ItemReader::default();
    found.item.id = element.about();
    found.item.language = element.attribute("xml:lang");
    for child in element.elements() {
        found.read(child, reader, &base.within(child));
    }
    let mut item = found.item;
    item.link = found.origin.or(found.link).or_else(|| found.links.best());
    if item.link.is_none() {
        item.link = match (&item.id, found.guid) {
            // A path too, when the item says so.
            (Some(guid), Permalink::Yes) if !guid.contains(char::is_whitespace) => base.page_address(guid),
            (id, Permalink::Unsaid) => id_as_link(id.as_deref(), &base),
            _ => None,
        };
    }
    item.discussion = found.discussion.or(found.links.replies);
    item.title = item.title.or(found.dc_title);
    item.published = item.published.or(found.dc_date);
    item.summary = item.summary.or(found.other_description);
    item.base = found.text_base.unwrap_or(base).url().cloned();
    found.media.complete(&mut item);
    item.image = item.image.or(found.image);
    item.link = item.link.or(found.links.related);
    item
}

/// Plain text by its standard; markup as often as not.
fn podcast_summary(element: &Element<'_>, reader: &ElementReader<'_>) -> Option<String> {
    let text = reader.words(element)?;
    if text.contains(['<', '&']) { reader.html(element) } else { Some(html::from_plain(&text)) }
}

impl ItemReader {
    fn read(&mut self, element: &Element<'_>, reader: &ElementReader<'_>, base: &Base) {
        if self.media.take(element, reader, base) {
            return;
        }
        match (element.name.space, &*element.name.local) {
            ("", "guid") => {
                if let Some(guid) = reader.words(element) {
                    self.guid = match element.attribute("ispermalink") {
                        Some(says) if says.eq_ignore_ascii_case("true") => Permalink::Yes,
                        Some(says) if says.eq_ignore_ascii_case("false") => Permalink::No,
                        _ => Permalink::Unsaid,
                    };
                    self.item.id = Some(guid);
                }
            }
            ("atom", "id") => self.item.id = self.item.id.take().or_else(|| reader.words(element)),
            ("", "title") => self.item.title = self.item.title.take().or_else(|| reader.plain(element)),
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
                self.item.published = self.item.published.or_else(|| reader.date(element));
            }
            ("dc", "date") | ("dcterms", "created" | "issued" | "available") => {
                self.dc_date = self.dc_date.or_else(|| reader.date(element));
            }
            ("", "updated" | "modified") | ("atom", "updated") | ("dcterms", "modified") => {
                self.item.updated = self.item.updated.or_else(|| reader.date(element));
            }
            ("", "author") | ("atom" | "itunes", "author") => {
                add_person(&mut self.item.authors, reader.person(element, base));
            }
            ("dc" | "dcterms", "creator" | "author") => {
                add_person(&mut self.item.authors, reader.plain(element).and_then(|l| people::from_line(&l)));
            }
            ("", "category") | ("dc" | "dcterms", "subject") => {
                let name = reader.plain(element).or_else(|| element.attribute("term"));
                add_category(&mut self.item.categories, name);
            }
            ("atom", "category") => {
                let name = element.attribute("label").and_then(filled).or_else(|| element.attribute("term"));
                add_category(&mut self.item.categories, name.and_then(filled));
            }
            ("", "description" | "summary") if self.item.summary.is_none() => {
                self.item.summary = reader.html(element);
                self.text_base.get_or_insert_with(|| base.clone());
            }
            ("itunes", "summary") if element.is_only_text() => {
                self.other_description =
                    self.other_description.take().or_else(|| podcast_summary(element, reader));
            }
            ("dc", "description") | ("itunes" | "atom", "summary") => {
                self.other_description = self.other_description.take().or_else(|| reader.html(element));
            }
            ("", "comments") => {
                self.discussion =
                    self.discussion.take().or_else(|| base.page_address(&reader.words(element)?));
            }
            ("", "image") => {
                let url = element.elements().find(|e| e.name.local == "url").unwrap_or(element);
                let url = reader.words(url).or_else(|| element.attribute("href"));
                self.image = self.image.take().or_else(|| base.page_address(&url?));
            }
            ("content", "encoded") | ("", "fulltext" | "content") | ("atom", "content")
                if self.item.content.is_none() =>
            {
                self.item.content = reader.html(element);
                self.text_base = Some(base.clone());
            }
            ("xhtml", "body" | "div") | ("", "body") if self.item.content.is_none() => {
                self.item.content = filled(html::mended_xhtml(element.markup()));
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
            ("dc", "language") => {
                self.item.language = self.item.language.take().or_else(|| reader.words(element));
            }
            _ => {}
        }
    }
}
