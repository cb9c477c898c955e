//! Which entries of a feed its owner wants at all.

use regex::Regex;

use super::boilerplate::{EntryFacts, RepeatedBlocks};
use super::{Rules, cleaned};
use crate::model::Entry;

/// Regular expressions on title, authors, categories and text.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// At least one must match, if there are any.
    pub include: Vec<Regex>,
    /// None may match.
    pub exclude: Vec<Regex>,
}

impl Filter {
    /// Whether the owner wants this entry: it matches some of `include`, if there are any, and
    /// none of `exclude`.
    pub fn admits(&self, entry: &Entry) -> bool {
        if self.include.is_empty() && self.exclude.is_empty() {
            return true;
        }
        let mut lines: Vec<String> = entry.title.iter().cloned().collect();
        lines.extend(entry.authors.iter().filter_map(|author| author.name.clone()));
        lines.extend(entry.categories.iter().cloned());
        for html in [&entry.summary, &entry.content].into_iter().flatten() {
            let blocks =
                cleaned(html, None, Rules::default(), &EntryFacts::default(), &RepeatedBlocks::default());
            lines.push(super::plain::text(&blocks));
        }
        let text = lines.join("\n");
        (self.include.is_empty() || self.include.iter().any(|r| r.is_match(&text)))
            && !self.exclude.iter().any(|r| r.is_match(&text))
    }
}
