//! JSON Feed 1.0 and 1.1, and what is nearly that: numbers for ids, missing titles,
//! nulls, attachments without a type.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use url::Url;

use super::super::canonical::{Head, Item, Translated, Writer};
use super::super::{dates, decode, html, plain};
use super::{Base, MOST_ENTRIES, add_category, add_enclosure, add_person, filled, id_as_link};
use crate::model::{Enclosure, Person};

type Object = Map<String, Value>;

/// A JSON document as far as feeds go: an object, of whose items no more are kept than
/// anybody reads.
#[derive(Deserialize)]
pub(in crate::parse) struct Document {
    items: Option<Items>,
    #[serde(flatten)]
    feed: Object,
}

struct Items(Vec<Value>);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct First;
        impl<'de> Visitor<'de> for First {
            type Value = Items;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array of items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Items, A::Error> {
                let mut first = Vec::new();
                while first.len() < MOST_ENTRIES {
                    let Some(item) = items.next_element()? else { return Ok(Items(first)) };
                    first.push(item);
                }
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Items(first))
            }
        }
        deserializer.deserialize_seq(First)
    }
}

/// None when the document is JSON but no feed.
pub(in crate::parse) fn translate(document: &Document, got_from: Option<&Url>) -> Option<Translated> {
    let feed = &document.feed;
    let items = document.items.as_ref().map(|items| &items.0);
    let version = string(feed, "version").unwrap_or_default();
    let is_feed = version.contains("jsonfeed.org") || (items.is_some() && feed.contains_key("title"));
    if !is_feed {
        return None;
    }
    let base = Base { got_from: got_from.cloned(), ..Base::default() };
    let link = address(feed, "home_page_url", &base);
    let base = Base { page: link.as_deref().and_then(|l| Url::parse(l).ok()), ..base };
    let head = Head {
        title: line(feed, "title"),
        subtitle: string(feed, "description").map(|d| html::from_plain(&d)),
        link,
        language: string(feed, "language"),
        authors: authors(feed, &base),
        image: address(feed, "icon", &base).or_else(|| address(feed, "favicon", &base)),
        ..Head::default()
    };
    let mut writer = Writer::new(&head);
    for item in items.into_iter().flatten().filter_map(Value::as_object) {
        writer.entry(read_item(item, &base, head.language.as_deref()));
    }
    Some(writer.finish())
}

fn read_item(item: &Object, base: &Base, language: Option<&str>) -> Item {
    let id = string(item, "id");
    let link = address(item, "url", base)
        .or_else(|| address(item, "external_url", base))
        .or_else(|| id_as_link(id.as_deref(), base));
    let content = string(item, "content_html")
        .map(html::mended)
        .or_else(|| string(item, "content_text").map(|text| html::from_plain(&text)));
    let date = |key: &str| string(item, key).and_then(|d| dates::parse(&d, language));
    let mut categories = Vec::new();
    for tag in item.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        add_category(&mut categories, filled(plain::from_text(&decode::legible(tag))));
    }
    let mut enclosures: Vec<Enclosure> = Vec::new();
    let mut seconds = None;
    let attachments = item.get("attachments").and_then(Value::as_array);
    for attachment in attachments.into_iter().flatten().filter_map(Value::as_object) {
        let enclosure = address(attachment, "url", base).map(|url| Enclosure {
            url,
            media_type: string(attachment, "mime_type"),
            length: attachment.get("size_in_bytes").and_then(Value::as_u64).filter(|n| *n > 0),
        });
        add_enclosure(&mut enclosures, enclosure);
        seconds = seconds.or_else(|| super::seconds(&string(attachment, "duration_in_seconds")?));
    }
    let picture =
        enclosures.iter().find(|e| e.media_type.as_deref().is_some_and(|t| t.starts_with("image/")));
    let image = address(item, "image", base)
        .or_else(|| address(item, "banner_image", base))
        .or_else(|| picture.map(|p| p.url.clone()));
    Item {
        id,
        title: line(item, "title"),
        link,
        language: string(item, "language"),
        published: date("date_published"),
        updated: date("date_modified"),
        authors: authors(item, base),
        categories,
        summary: string(item, "summary").map(|s| html::from_plain(&s)),
        content,
        enclosures,
        seconds,
        discussion: None,
        image,
        base: base.url().cloned(),
    }
}

/// A string, or a number in its place.
fn string(object: &Object, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) => filled(decode::legible(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// JSON Feed's titles are plain text, and are published with HTML's references all the same.
fn line(object: &Object, key: &str) -> Option<String> {
    filled(plain::from_text(&string(object, key)?))
}

fn address(object: &Object, key: &str, base: &Base) -> Option<String> {
    base.page_address(&string(object, key)?)
}

/// `authors` of 1.1, `author` of 1.0: an object, or just a name.
fn authors(object: &Object, base: &Base) -> Vec<Person> {
    let several = object.get("authors").and_then(Value::as_array).into_iter().flatten();
    let mut people = Vec::new();
    for author in several.chain(object.get("author")) {
        let person = match author {
            Value::String(name) => {
                Person { name: filled(plain::from_text(&decode::legible(name))), ..Person::default() }
            }
            Value::Object(author) => {
                Person { name: line(author, "name"), email: None, uri: address(author, "url", base) }
            }
            _ => continue,
        };
        add_person(&mut people, Some(person).filter(|p| *p != Person::default()));
    }
    people
}
