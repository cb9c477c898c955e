//! What a language model writes into an edition: summaries, translations, a briefing at its head. Pure:
//! [`task`] says what is asked, [`protocol`] in which words of the wire, [`answer`] what of the answers can
//! be used. Articles are data here, never instructions: whatever stands in one, all that can come of it is
//! plain text in that article's own place, without addresses, of a length that fits, in the language asked
//! for, and with no [number](numbers) or [name](names) that the article does not have.

mod answer;
mod briefing;
mod names;
mod numbers;
pub mod protocol;
mod task;

pub use answer::{Unusable, check};
pub use briefing::{
    MOST_STORIES as BRIEFED, SENTENCES, Source, briefing_key, briefing_prompt, check_briefing, still_holds,
};
pub use task::{Kind, Part, Prompt, Task, apply, parts};

/// Which articles get a summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Summaries {
    Never,
    /// Those of more than [`LONG`] columns.
    #[default]
    Long,
    All,
}

/// How much of articles in other languages is translated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Translation {
    Never,
    #[default]
    Titles,
    /// Titles, and what is shown of articles that are not shown whole.
    Excerpts,
    /// Whole articles, where they are shown whole.
    Full,
}

/// So wide a text is long, in display columns.
pub const LONG: usize = 1500;
/// Less is read faster than its summary.
pub const LEAST: usize = 400;

/// What is wanted for an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wishes {
    pub summaries: Summaries,
    pub translation: Translation,
    /// In which language, BCP 47.
    pub language: String,
}

/// Whether two tags are of one language; Chinese is one, in both its scripts.
pub fn is_same_language(a: &str, b: &str) -> bool {
    primary(a) == primary(b)
}

/// Whether a tag means Chinese in Traditional characters.
fn is_traditional(tag: &str) -> bool {
    primary(tag) == "zh" && tag.split('-').any(|part| matches!(part, "Hant" | "TW" | "HK" | "MO"))
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// A language by its name, as a model knows it; by its tag where that is not here.
fn language_name(tag: &str) -> String {
    let name = match tag {
        tag if is_traditional(tag) => "Traditional Chinese",
        tag => match primary(tag) {
            "ar" => "Arabic",
            "de" => "German",
            "en" => "English",
            "es" => "Spanish",
            "fr" => "French",
            "it" => "Italian",
            "ja" => "Japanese",
            "ko" => "Korean",
            "nl" => "Dutch",
            "pl" => "Polish",
            "pt" => "Portuguese",
            "ru" => "Russian",
            "tr" => "Turkish",
            "uk" => "Ukrainian",
            "vi" => "Vietnamese",
            "zh" => "Simplified Chinese",
            _ => return format!("the language with the tag {tag}"),
        },
    };
    name.to_owned()
}
