//! The briefing at the head of an edition: three sentences, each about one of its stories.

use super::answer::{Unusable, bare, has_its_names, is_in_language, is_plain, numbered, one_paragraph};
use super::task::{Prompt, enclosed, key, rules};
use super::{language_name, numbers};
use crate::model::{BriefingSentence, EntryKey};
use crate::text::columns;

const VERSION: &str = "1";
/// Of a briefing.
pub const SENTENCES: usize = 3;
/// The stories that it is made of, the first of the edition.
pub const MOST_STORIES: usize = 15;
/// So much of each is told, in display columns.
const BEGINNING: usize = 400;
/// A sentence is no wider, in display columns.
const MOST_SENTENCE: usize = 220;

/// A story that a briefing may speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub feed: String,
    pub key: EntryKey,
    pub language: Option<String>,
    pub title: String,
    /// What is known of it.
    pub text: String,
}

impl Source {
    fn is_of(&self, sentence: &BriefingSentence) -> bool {
        self.feed == sentence.feed && self.key == sentence.key
    }
}

/// The same for the same stories in the same order.
pub fn briefing_key(sources: &[Source], language: &str, model: &str) -> [u8; 32] {
    let stories = sources.iter().take(MOST_STORIES);
    let stories: Vec<String> =
        stories.map(|source| format!("{}\0{:?}\0{}", source.feed, source.key, beginning(source))).collect();
    let words = [VERSION, model, language].into_iter().chain(stories.iter().map(String::as_str));
    key(&words.collect::<Vec<_>>())
}

/// What is said of a story.
fn beginning(source: &Source) -> String {
    format!("{}: {}", source.title.replace('\n', " "), crate::text::cut(&source.text, BEGINNING))
}

/// What is said to the model.
pub fn briefing_prompt(sources: &[Source], language: &str) -> Prompt {
    let language = language_name(language);
    let system = format!(
        "You write the briefing at the head of a newspaper in {language}: the {SENTENCES} most important of the numbered stories, \
         a short sober sentence on each. Write {SENTENCES} lines; begin each with the number of its story in square \
         brackets, such as [4]. {}",
        rules()
    );
    let stories = sources.iter().take(MOST_STORIES).enumerate();
    let stories = stories.map(|(i, source)| format!("[{}] {}", i + 1, beginning(source)));
    let stories: Vec<String> = stories.collect();
    Prompt { system, user: enclosed(&stories.join("\n")), max_tokens: 3_000 }
}

/// The sentences of a briefing that can be used.
///
/// # Errors
/// Why it cannot.
pub fn check_briefing(
    sources: &[Source],
    answer: &str,
    language: &str,
    language_of: fn(&str) -> Option<String>,
) -> Result<Vec<BriefingSentence>, Unusable> {
    let answer = bare(answer);
    let lines: Vec<&str> = answer.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return Err(Unusable::Empty);
    }
    let mut sentences: Vec<BriefingSentence> = Vec::new();
    for line in &lines {
        let (number, text) = numbered(line).ok_or(Unusable::Stories)?;
        let source = number.checked_sub(1).filter(|i| *i < MOST_STORIES).and_then(|i| sources.get(i));
        let source = source.ok_or(Unusable::Stories)?;
        if sentences.iter().any(|known| source.is_of(known)) {
            return Err(Unusable::Stories);
        }
        let text = one_paragraph(text, &source.title, language)?;
        check_sentence(source, &text, language, language_of)?;
        sentences.push(BriefingSentence { feed: source.feed.clone(), key: source.key, text });
    }
    match sentences.len() {
        SENTENCES => Ok(sentences),
        0..SENTENCES => Err(Unusable::TooShort),
        _ => Err(Unusable::TooLong),
    }
}

/// Whether sentences that were written before can be used with what their stories are now.
pub fn still_holds(
    sentences: &[BriefingSentence],
    sources: &[Source],
    language: &str,
    language_of: fn(&str) -> Option<String>,
) -> bool {
    sentences.iter().all(|sentence| {
        let source = sources.iter().find(|source| source.is_of(sentence));
        source.is_some_and(|source| check_sentence(source, &sentence.text, language, language_of).is_ok())
    })
}

fn check_sentence(
    source: &Source,
    text: &str,
    language: &str,
    language_of: fn(&str) -> Option<String>,
) -> Result<(), Unusable> {
    if columns(text) > MOST_SENTENCE {
        return Err(Unusable::TooLong);
    }
    let whole = format!("{}\n{}", source.title, source.text);
    is_plain(text, &whole)?;
    is_in_language(text, &whole, language, language_of)?;
    if let Some(number) = numbers::missing((text, Some(language)), (&whole, source.language.as_deref())) {
        return Err(Unusable::Number(number));
    }
    has_its_names(text, &whole, language, source.language.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Vec<Source> {
        let source = |n: u8, title: &str, text: &str| Source {
            feed: "post".into(),
            key: EntryKey([n; 16]),
            language: Some("en".into()),
            title: title.into(),
            text: text.into(),
        };
        vec![
            source(1, "Ferries stop", "All 12 ferries stopped in fog."),
            source(2, "Vote tonight", "Parliament votes on the budget."),
            source(3, "Rain ahead", "Rain is forecast for the coast."),
            source(4, "Cup won", "The team won 3-2."),
        ]
    }

    #[test]
    fn each_sentence_speaks_of_one_story() {
        let check = |answer: &str| check_briefing(&sources(), answer, "zh-Hans", |_| None);
        let good = "[1] 12艘渡轮因雾停航。\n[2] 议会今晚表决预算。\n[4] 球队3比2获胜。";
        let sentences = check(good).unwrap();
        assert_eq!(sentences.iter().map(|s| s.key.0[0]).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(sentences[2].text, "球队3比2获胜。");
        for (answer, expected) in [
            ("", Unusable::Empty),
            ("12艘渡轮因雾停航。", Unusable::Stories),
            ("[9] 渡轮停航。\n[2] 议会表决。\n[3] 有雨。", Unusable::Stories),
            ("[1] 渡轮停航。\n[1] 议会表决。\n[3] 有雨。", Unusable::Stories),
            ("[1] 渡轮停航。\n[2] 议会表决。", Unusable::TooShort),
            // A number of another story.
            ("[1] 渡轮停航。\n[2] 议会以12票表决。\n[3] 有雨。", Unusable::Number("12".into())),
            ("[1] 渡轮停航，见 evil.example。\n[2] 议会表决。\n[3] 有雨。", Unusable::Markup),
        ] {
            assert_eq!(check(answer), Err(expected), "{answer}");
        }
    }
}
