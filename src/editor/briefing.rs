//! The briefing at the head of an edition: three sentences, each about one of its stories.

use super::answer::{Unusable, bare, has_its_names, is_in_language, is_plain, numbered};
use super::task::{Prompt, enclosed, key, rules};
use super::{language_name, numbers};
use crate::model::{BriefingSentence, EntryKey};
use crate::text::columns;

const VERSION: &str = "1";
/// Of a briefing.
pub const SENTENCES: usize = 3;
/// The stories that it is made of, the first of the edition.
pub const MOST_STORIES: usize = 15;
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

/// The same for the same stories in the same order.
pub fn briefing_key(sources: &[Source], language: &str, model: &str) -> [u8; 32] {
    let texts =
        sources.iter().take(MOST_STORIES).flat_map(|source| [source.title.as_str(), source.text.as_str()]);
    let words: Vec<&str> = [VERSION, model, language].into_iter().chain(texts).collect();
    key(&words)
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
    let stories = sources.iter().take(MOST_STORIES).enumerate().map(|(i, source)| {
        let text = source.text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("[{}] {}: {}", i + 1, source.title.replace('\n', " "), crate::text::cut(&text, 400))
    });
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
        let text = super::answer::one_paragraph(text, language)?;
        if columns(&text) > MOST_SENTENCE {
            return Err(Unusable::TooLong);
        }
        if sentences.iter().any(|known| known.feed == source.feed && known.key == source.key) {
            return Err(Unusable::Stories);
        }
        let whole = format!("{}\n{}", source.title, source.text);
        is_plain(&text, &whole)?;
        is_in_language(&text, &whole, language, language_of)?;
        if let Some(number) = numbers::missing((&text, Some(language)), (&whole, source.language.as_deref()))
        {
            return Err(Unusable::Number(number));
        }
        has_its_names(&text, &whole, language, source.language.as_deref())?;
        sentences.push(BriefingSentence { feed: source.feed.clone(), key: source.key, text });
    }
    match sentences.len() {
        SENTENCES => Ok(sentences),
        0..SENTENCES => Err(Unusable::TooShort),
        _ => Err(Unusable::TooLong),
    }
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
