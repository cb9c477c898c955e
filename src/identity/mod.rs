//! Which entries of a document are new. What makes an entry the same one tomorrow is its guid,
//! else its link, else its content; but feeds give one guid to every item, one link to every
//! episode, new guids to old items and old guids to new ones. So each entry leaves several *marks*
//! in the ledger of what was seen (guid + link, guid + title, link + date, …), and a weak one
//! counts only as long as a single entry ever bore it.
//!
//! Pure: the ledger is asked through [`Ledger`], and what follows is a value. A wrong "new" mails
//! something twice, a wrong "known" loses it; where it is open, an entry is new.

mod facts;

use std::collections::{HashMap, HashSet};

use crate::model::{Entry, EntryKey, Mark, Recognised, RecognisedDocument, stable_link};
use facts::{Facts, folded, mark};

/// An edit keeps most of a title: fewer words in common than one of so many are another headline.
const COMMON_WORDS: usize = 4;
/// A guid that comes back this long after, with another link, title and date, is used again.
const REUSED_AFTER: i64 = 14 * 86_400;

/// What is asked of the ledger of a feed.
pub trait Ledger {
    /// What reading it may fail with.
    type Error;
    /// When a key was first seen, seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be read.
    fn first_seen(&self, key: EntryKey) -> Result<Option<i64>, Self::Error>;
    /// Whether some entry left this mark.
    ///
    /// # Errors
    /// When it cannot be read.
    fn has_mark(&self, mark: Mark) -> Result<bool, Self::Error>;
    /// Title and link of an entry that is still kept.
    ///
    /// # Errors
    /// When it cannot be read.
    fn kept(&self, key: EntryKey) -> Result<Option<Kept>, Self::Error>;
}

/// A kept entry, as far as it helps to recognise it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub title: Option<String>,
    pub link: Option<String>,
}

fn is_other_title(a: Option<&str>, b: Option<&str>) -> bool {
    let words = |title: Option<&str>| -> HashSet<String> {
        title
            .and_then(folded)
            .unwrap_or_default()
            .split(' ')
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    !a.is_empty() && !b.is_empty() && a.intersection(&b).count() * COMMON_WORDS < a.len().min(b.len())
}

/// The marks of an entry that an older program kept without any.
pub fn marks_of(entry: &Entry) -> Vec<Mark> {
    Facts::of(entry).marks()
}

type ValueOf = fn(&Facts) -> Option<&String>;

/// What can be shared: by name, and its value in an entry.
const KINDS: [(&str, ValueOf); 4] = [
    ("guid", |f| f.guid.as_ref()),
    ("page", |f| f.page.as_ref()),
    ("link", |f| f.link.as_ref()),
    ("text", |f| f.text.as_ref().filter(|_| f.guid.is_none() && f.page.is_none())),
];

fn shared_mark(kind: &str, value: &str) -> Mark {
    mark("shared", &[kind, value])
}

/// A document beside the ledger of its feed.
struct Recogniser<'a, L> {
    ledger: &'a L,
    /// How often each value stands in the document, by kind.
    counts: HashMap<(&'static str, String), usize>,
    /// Of a feed whose entries have no marks yet: when it was last read. What was published by
    /// then and is known by its key alone is not new.
    unmarked_since: Option<i64>,
}

/// Recognises the entries of a document. `unmarked_since`, see [`Recogniser`], is for the first
/// document after an older program.
///
/// # Errors
/// Those of the ledger.
pub fn recognise<L: Ledger>(
    entries: &[Entry],
    ledger: &L,
    unmarked_since: Option<i64>,
) -> Result<RecognisedDocument, L::Error> {
    let all = distinct(entries);
    let mut counts: HashMap<(&'static str, String), usize> = HashMap::new();
    for (_, facts) in &all {
        for (kind, value) in KINDS {
            if let Some(value) = value(facts) {
                *counts.entry((kind, value.clone())).or_default() += 1;
            }
        }
    }
    let recogniser = Recogniser { ledger, counts, unmarked_since };
    let mut document = RecognisedDocument::default();
    for ((kind, value), count) in &recogniser.counts {
        if *count > 1 {
            let shared = shared_mark(kind, value);
            // Said once.
            if *kind != "page" && !ledger.has_mark(shared)? {
                document.warnings.push(format!("{count} items share one {kind}"));
            }
            document.shared.push(shared);
        }
    }
    document.warnings.sort();
    document.warnings.dedup();
    let mut keys: HashMap<EntryKey, usize> = HashMap::new();
    all.iter().for_each(|(_, facts)| *keys.entry(facts.key).or_default() += 1);
    for (index, facts) in &all {
        let is_known = recogniser.is_known(facts)?;
        if !is_known {
            document.shared.extend(recogniser.shared_by_now(facts)?);
        }
        let key = if is_known {
            recogniser.renewed(facts)?
        } else {
            Some(recogniser.new_key(facts, keys.get(&facts.key) == Some(&1))?)
        };
        document.entries.push(Recognised {
            index: *index,
            is_new: !is_known,
            identity: facts.key,
            key,
            marks: facts.marks(),
        });
    }
    Ok(document)
}

/// Versions of one entry, and items that stand twice, are one: the newest (RFC 4287 4.1.1).
fn distinct(entries: &[Entry]) -> Vec<(usize, Facts)> {
    type Likeness =
        (Option<String>, Option<String>, Option<String>, Option<String>, Option<i64>, Option<String>);
    let mut places: HashMap<Likeness, usize> = HashMap::new();
    let mut all: Vec<(usize, Facts)> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let facts = Facts::of(entry);
        let is_nameless = facts.guid.is_none() && facts.link.is_none();
        let likeness = (
            facts.guid.clone(),
            facts.link.clone(),
            facts.title.clone(),
            facts.sound.clone(),
            facts.published,
            facts.text.clone().filter(|_| is_nameless),
        );
        match places.get(&likeness).and_then(|at| all.get_mut(*at)) {
            Some(same) if facts.updated > same.1.updated => *same = (index, facts),
            Some(_) => {}
            None => {
                places.insert(likeness, all.len());
                all.push((index, facts));
            }
        }
    }
    all
}

impl<L: Ledger> Recogniser<'_, L> {
    fn has(&self, mark: Mark) -> Result<bool, L::Error> {
        self.ledger.has_mark(mark)
    }

    fn is_taken(&self, key: EntryKey) -> Result<bool, L::Error> {
        Ok(self.ledger.first_seen(key)?.is_some())
    }

    /// Whether some mark of a value is there, if there is such a value.
    fn has_with(&self, kind: &str, bearer: &str, value: Option<&String>) -> Result<bool, L::Error> {
        match value {
            Some(value) => self.has(mark(kind, &[bearer, value])),
            None => Ok(false),
        }
    }

    /// Whether more than one entry bears this, in this document or ever.
    fn is_shared(&self, kind: &'static str, value: Option<&String>) -> Result<bool, L::Error> {
        let Some(value) = value else { return Ok(false) };
        let here = self.counts.get(&(kind, value.clone())).is_some_and(|count| *count > 1);
        Ok(here || self.has(shared_mark(kind, value))?)
    }

    fn is_known(&self, facts: &Facts) -> Result<bool, L::Error> {
        if self.has(facts.exact())? {
            return Ok(true);
        }
        let first_seen = self.ledger.first_seen(facts.key)?;
        match (&facts.guid, &facts.page, &facts.link) {
            (Some(guid), _, _) => self.is_known_by_guid(facts, guid, first_seen),
            (None, Some(page), Some(link)) => self.is_known_by_page(facts, page, link, first_seen),
            _ => self.is_known_by_text(facts, first_seen),
        }
    }

    /// The first document after an older program: what it had read is not new.
    fn is_adopted(&self, facts: &Facts, first_seen: Option<i64>) -> bool {
        let Some(since) = self.unmarked_since.filter(|_| first_seen.is_some()) else { return false };
        facts.published.is_none_or(|published| published <= since)
    }

    /// Whether the link alone says that it is known: while one entry bore it, and neither a sound nor
    /// both title and date speak against it.
    fn is_known_by_link(&self, facts: &Facts) -> Result<bool, L::Error> {
        let published = facts.published.map(|p| p.to_string());
        for (kind, link) in [("page", &facts.page), ("link", &facts.link)] {
            let Some(link) = link else { continue };
            if self.is_shared(kind, Some(link))? || !self.has(mark("link", &[link]))? {
                continue;
            }
            if facts.sound.is_some() && !self.has_with("link+sound", link, facts.sound.as_ref())? {
                return Ok(false);
            }
            if self.has_with("link+title", link, facts.title.as_ref())?
                || self.has_with("link+date", link, published.as_ref())?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_known_by_guid(&self, facts: &Facts, guid: &str, first_seen: Option<i64>) -> Result<bool, L::Error> {
        let published = facts.published.map(|p| p.to_string());
        if self.is_shared("guid", facts.guid.as_ref())? {
            let by_link = !self.is_shared("link", facts.link.as_ref())?
                && self.has_with("guid+link", guid, facts.link.as_ref())?;
            return Ok(by_link
                || self.has(facts.guid_link_title(guid))?
                || (facts.link.is_none() && self.has_with("guid+title", guid, facts.title.as_ref())?)
                || self.is_known_by_link(facts)?
                || self.is_adopted(facts, first_seen));
        }
        let Some(first_seen) = first_seen else { return self.is_known_by_link(facts) };
        if self.is_known_by_link(facts)? {
            return Ok(true);
        }
        let agrees = self.has_with("guid+link", guid, facts.link.as_ref())?
            || self.has_with("guid+title", guid, facts.title.as_ref())?
            || self.has_with("guid+date", guid, published.as_ref())?;
        let Some(published) = facts.published.filter(|published| *published > first_seen) else {
            return Ok(true);
        };
        if agrees || !self.has(facts.is_marked())? {
            return Ok(true);
        }
        // Link, title and date are all other, and it is newer: the guid is used again, or all of
        // it was edited.
        Ok(match self.ledger.kept(facts.key)? {
            None => false,
            Some(kept) => {
                !is_other_title(facts.title.as_deref(), kept.title.as_deref())
                    && published <= first_seen + REUSED_AFTER
            }
        })
    }

    fn is_known_by_page(
        &self,
        facts: &Facts,
        page: &str,
        full: &str,
        first_seen: Option<i64>,
    ) -> Result<bool, L::Error> {
        let is_page_shared = self.is_shared("page", facts.page.as_ref())?;
        if is_page_shared && self.is_shared("link", facts.link.as_ref())? {
            let by_title = self.has_with("link+title", full, facts.title.as_ref())?
                && (facts.sound.is_none() || self.has_with("link+sound", full, facts.sound.as_ref())?);
            return Ok(by_title || self.is_adopted(facts, first_seen));
        }
        // A fragment that is there is part of the link: one page may hold all news.
        let link = if is_page_shared || page != full { full } else { page };
        let published = facts.published.map(|p| p.to_string());
        let is_first = !self.has(mark("link", &[link]))?;
        if is_first && link != page {
            // Another fragment of an article that is known is a whim of its server's.
            let is_same = !is_page_shared
                && self.has_with("link+title", page, facts.title.as_ref())?
                && (published.is_none() || self.has_with("link+date", page, published.as_ref())?);
            return Ok(is_same || self.is_adopted(facts, first_seen));
        }
        if is_first && first_seen.is_none() {
            return Ok(false);
        }
        let by_sound = self.has_with("link+sound", link, facts.sound.as_ref())?;
        if by_sound
            || (facts.sound.is_none() && self.has_with("link+title", link, facts.title.as_ref())?)
            || self.has_with("link+date", link, published.as_ref())?
        {
            return Ok(true);
        }
        let is_newer = facts.published.is_some_and(|p| p > first_seen.unwrap_or_default());
        if !is_newer {
            return Ok(true);
        }
        let another_sound = facts.sound.is_some() && self.has(facts.is_marked())?;
        let kept = self.ledger.kept(facts.key)?;
        let another_title =
            kept.is_some_and(|kept| is_other_title(facts.title.as_deref(), kept.title.as_deref()));
        Ok(!(another_sound || another_title))
    }

    fn is_known_by_text(&self, facts: &Facts, first_seen: Option<i64>) -> Result<bool, L::Error> {
        let Some(text) = &facts.text else { return Ok(first_seen.is_some()) };
        if self.has(facts.content_mark(text))? {
            return Ok(true);
        }
        let Some(first_seen) = first_seen else { return Ok(false) };
        if self.is_shared("text", facts.text.as_ref())? {
            return Ok(self.is_adopted(facts, Some(first_seen)));
        }
        // Bulletins say the same day after day.
        Ok(facts.published.is_none_or(|published| published <= first_seen))
    }

    /// Marks that a new entry bears as one before it did.
    fn shared_by_now(&self, facts: &Facts) -> Result<Vec<Mark>, L::Error> {
        let mut shared = Vec::new();
        for (kind, link) in [("page", &facts.page), ("link", &facts.link)] {
            if let Some(link) = link
                && self.has(mark("link", &[link]))?
            {
                shared.push(shared_mark(kind, link));
            }
        }
        if self.is_taken(facts.key)? {
            match (&facts.guid, &facts.page, &facts.text) {
                (Some(guid), _, _) => shared.push(shared_mark("guid", guid)),
                (None, None, Some(text)) => shared.push(shared_mark("text", text)),
                _ => {}
            }
        }
        Ok(shared)
    }

    /// The key of a new entry: the narrowest that no other has.
    fn new_key(&self, facts: &Facts, is_only_bearer: bool) -> Result<EntryKey, L::Error> {
        if is_only_bearer && !self.is_taken(facts.key)? {
            return Ok(facts.key);
        }
        let wider = facts.wider_key();
        let is_wide_enough = !self.is_shared("link", facts.link.as_ref())? && facts.link.is_some();
        if is_wide_enough && !self.is_taken(wider)? { Ok(wider) } else { Ok(facts.exact_key()) }
    }

    /// The kept entry whose wording a known one renews.
    fn renewed(&self, facts: &Facts) -> Result<Option<EntryKey>, L::Error> {
        for key in [facts.exact_key(), facts.wider_key()] {
            if self.ledger.kept(key)?.is_some() {
                return Ok(Some(key));
            }
        }
        let Some(kept) = self.ledger.kept(facts.key)? else { return Ok(None) };
        let is_ambiguous = self.is_shared("guid", facts.guid.as_ref())?
            || (facts.guid.is_none() && self.is_shared("page", facts.page.as_ref())?)
            || (facts.page.is_none() && self.is_shared("text", facts.text.as_ref())?);
        let agrees = kept.title.as_deref().and_then(folded) == facts.title
            || (kept.link.as_deref().map(stable_link) == facts.page && facts.page.is_some());
        Ok((!is_ambiguous || agrees).then_some(facts.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A feed's ledger, in memory.
    #[derive(Default)]
    struct Memory {
        keys: HashMap<EntryKey, i64>,
        marks: HashSet<Mark>,
        kept: HashMap<EntryKey, Kept>,
    }

    impl Ledger for Memory {
        type Error = std::convert::Infallible;

        fn first_seen(&self, key: EntryKey) -> Result<Option<i64>, Self::Error> {
            Ok(self.keys.get(&key).copied())
        }

        fn has_mark(&self, mark: Mark) -> Result<bool, Self::Error> {
            Ok(self.marks.contains(&mark))
        }

        fn kept(&self, key: EntryKey) -> Result<Option<Kept>, Self::Error> {
            Ok(self.kept.get(&key).cloned())
        }
    }

    /// Reads a document on a day; the titles of its new entries.
    fn new_of(memory: &mut Memory, day: i64, entries: &[Entry]) -> Vec<String> {
        let recognised = recognise(entries, memory, None).unwrap();
        memory.marks.extend(&recognised.shared);
        let mut new = Vec::new();
        for found in recognised.entries {
            memory.marks.extend(&found.marks);
            memory.keys.entry(found.identity).or_insert(day * 86_400);
            let entry = &entries[found.index];
            if let Some(key) = found.key.filter(|_| found.is_new) {
                memory.keys.entry(key).or_insert(day * 86_400);
                let kept = Kept { title: entry.title.clone(), link: entry.link.clone() };
                assert!(memory.kept.insert(key, kept).is_none(), "two entries under one key");
                new.extend(entry.title.clone());
            }
        }
        new
    }

    fn item(guid: &str, link: &str, title: &str) -> Entry {
        Entry {
            id: Some(guid.into()),
            title: Some(title.into()),
            link: Some(link.into()),
            ..Entry::of(EntryKey(facts::hash(&[guid])))
        }
    }

    #[test]
    fn an_entry_is_new_once_whatever_is_edited() {
        let mut memory = Memory::default();
        assert_eq!(
            new_of(&mut memory, 0, &[item("1", "https://e.org/a", "Bridge closed")]),
            ["Bridge closed"]
        );
        for edited in [
            item("1", "https://e.org/a", "Bridge closed until May"),
            item("1", "https://e.org/moved", "Bridge closed"),
            item("new-guid", "https://e.org/a", "Bridge closed"),
        ] {
            assert!(new_of(&mut memory, 1, std::slice::from_ref(&edited)).is_empty(), "{edited:?}");
        }
    }

    #[test]
    fn one_guid_for_all_items_hides_none_of_them() {
        let mut memory = Memory::default();
        let first = [item("0", "https://e.org/a", "One"), item("0", "https://e.org/b", "Two")];
        assert_eq!(new_of(&mut memory, 0, &first), ["One", "Two"]);
        assert!(new_of(&mut memory, 1, &first).is_empty());
        let then = [&[item("0", "https://e.org/c", "Three")], &first[..]].concat();
        assert_eq!(new_of(&mut memory, 2, &then), ["Three"]);
    }

    #[test]
    fn one_link_for_all_items_hides_none_of_them() {
        let mut memory = Memory::default();
        let at = |guid: &str, title: &str| item(guid, "https://e.org/news", title);
        let first = [at("1", "One"), at("2", "Two")];
        assert_eq!(new_of(&mut memory, 0, &first), ["One", "Two"]);
        assert_eq!(new_of(&mut memory, 1, &[&[at("3", "Three")], &first[..]].concat()), ["Three"]);
    }

    #[test]
    fn an_item_that_stands_twice_is_one() {
        let mut memory = Memory::default();
        let once = item("1", "https://e.org/a", "One");
        assert_eq!(new_of(&mut memory, 0, &[once.clone(), once]), ["One"]);
    }
}
