//! What there is to recognise an entry by, and the marks and keys that follow from it.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::model::{Entry, EntryKey, Mark, link_fragment, stable_link};

/// What there is to recognise an entry by.
pub(super) struct Facts {
    pub(super) key: EntryKey,
    pub(super) guid: Option<String>,
    /// The link without its fragment, and with it.
    pub(super) page: Option<String>,
    pub(super) link: Option<String>,
    /// In small letters, without punctuation.
    pub(super) title: Option<String>,
    pub(super) text: Option<String>,
    pub(super) published: Option<i64>,
    pub(super) sound: Option<String>,
    pub(super) updated: i64,
}

/// The beginning of the SHA-256 of the parts.
pub(super) fn hash<const N: usize>(parts: &[&str]) -> [u8; N] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut beginning = [0; N];
    for (to, from) in beginning.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    beginning
}

/// A mark of this kind. The kind stands in front, so that none can be taken for another.
pub(super) fn mark(kind: &str, parts: &[&str]) -> Mark {
    Mark(i64::from_be_bytes(hash(&[&["mark", kind], parts].concat())))
}

pub(super) fn folded(title: &str) -> Option<String> {
    let lower = title.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

impl Facts {
    pub(super) fn of(entry: &Entry) -> Self {
        let trimmed = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned)
        };
        let page = entry.link.as_deref().map(stable_link);
        let link = entry.link.as_deref().map(|link| {
            let fragment = link_fragment(link).map(|fragment| format!("#{fragment}"));
            format!("{}{}", stable_link(link), fragment.unwrap_or_default())
        });
        let published = entry.published.map(|p| p.timestamp());
        Self {
            key: entry.key,
            guid: trimmed(&entry.id),
            page,
            link,
            title: entry.title.as_deref().and_then(folded),
            text: trimmed(&entry.content).or_else(|| trimmed(&entry.summary)),
            published,
            sound: entry.enclosures.first().map(|e| e.url.clone()),
            updated: entry.updated.map(|u| u.timestamp()).or(published).unwrap_or_default(),
        }
    }

    fn published(&self) -> String {
        self.published.map(|p| p.to_string()).unwrap_or_default()
    }

    /// All of it together.
    fn whole(&self) -> [String; 6] {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            or_none(&self.guid),
            or_none(&self.link),
            or_none(&self.title),
            self.published(),
            or_none(&self.sound),
            or_none(&self.text),
        ]
    }

    pub(super) fn exact(&self) -> Mark {
        mark("exact", &self.whole().each_ref().map(String::as_str))
    }

    /// The key under which an entry is kept that shares both guid and link with others.
    pub(super) fn exact_key(&self) -> EntryKey {
        EntryKey(hash(&self.whole().each_ref().map(String::as_str)))
    }

    /// The key under which an entry is kept whose guid others bear too.
    pub(super) fn wider_key(&self) -> EntryKey {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
        EntryKey(hash(&["id+link", &or_none(&self.guid), &or_none(&self.link)]))
    }

    pub(super) fn guid_link_title(&self, guid: &str) -> Mark {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_default();
        mark(
            "guid+link+title+sound",
            &[guid, &or_none(&self.link), &or_none(&self.title), &or_none(&self.sound)],
        )
    }

    pub(super) fn content_mark(&self, text: &str) -> Mark {
        mark("text+date+sound", &[text, &self.published(), self.sound.as_deref().unwrap_or_default()])
    }

    pub(super) fn is_marked(&self) -> Mark {
        mark("marked", &[&format!("{:?}", self.key)])
    }

    /// What it leaves in the ledger besides its key.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let mut marks = vec![self.exact(), self.is_marked()];
        let published = self.published.map(|p| p.to_string());
        if let Some(guid) = &self.guid {
            for (kind, value) in
                [("guid+link", &self.link), ("guid+title", &self.title), ("guid+date", &published)]
            {
                marks.extend(value.as_ref().map(|value| mark(kind, &[guid, value])));
            }
            marks.push(self.guid_link_title(guid));
        }
        let links: HashSet<&String> = self.page.iter().chain(&self.link).collect();
        for link in links {
            marks.push(mark("link", &[link]));
            for (kind, value) in
                [("link+title", &self.title), ("link+date", &published), ("link+sound", &self.sound)]
            {
                marks.extend(value.as_ref().map(|value| mark(kind, &[link, value])));
            }
        }
        marks.extend(self.text.as_ref().map(|text| self.content_mark(text)));
        marks
    }
}
