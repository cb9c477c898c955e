//! Words that every text of their language is full of.

use std::collections::HashSet;
use std::sync::LazyLock;

use stop_words::Language;

const LANGUAGES: [Language; 12] = [
    Language::Arabic,
    Language::Chinese,
    Language::Dutch,
    Language::English,
    Language::French,
    Language::German,
    Language::Italian,
    Language::Japanese,
    Language::Korean,
    Language::Portuguese,
    Language::Russian,
    Language::Spanish,
];

/// All of them, in small letters.
pub fn stop_words() -> impl Iterator<Item = &'static str> {
    LANGUAGES.into_iter().flat_map(|language| stop_words::get(language).iter().copied())
}

static ALL: LazyLock<HashSet<&'static str>> = LazyLock::new(|| stop_words().collect());

/// Whether a word in small letters is one, in any of the languages.
pub fn is_stop_word(word: &str) -> bool {
    ALL.contains(word)
}
