//! Whether an answer can be used, and as what. What cannot is not mended: the article goes out as it is.

use super::task::{Kind, Task};
use super::{is_same_language, is_traditional, names, numbers, primary};
use crate::text::{columns, is_bidi_control, is_cjk, is_han, simplified};

/// A summary is no wider, in display columns.
const MOST_SUMMARY: usize = 700;
/// Fewer letters may be a name.
const LEAST_LETTERS: usize = 8;
/// A headline is no wider.
const SHORT: usize = 60;
/// Fewer columns do not tell a language by its words.
const LEAST_TOLD: usize = 160;

/// Why an answer is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("it is empty")]
    Empty,
    #[error("it declines")]
    Declined,
    #[error("it is cut off")]
    CutOff,
    #[error("it is too long")]
    TooLong,
    #[error("it is too short")]
    TooShort,
    #[error("it is not in the language asked for")]
    Language,
    #[error("it has markup or an address in it")]
    Markup,
    #[error("its lines are not those of the text")]
    Lines,
    #[error("the article does not have the number {0}")]
    Number(String),
    #[error("it lacks the number {0}")]
    NumberLost(String),
    #[error("the article does not have the name {0}")]
    Name(String),
    #[error("its sentences do not name their stories")]
    Stories,
}

/// What of a model's answer is used. `language_of` says in which language a text is, if that can be told.
///
/// # Errors
/// Why nothing is.
pub fn check(task: &Task, answer: &str, language_of: fn(&str) -> Option<String>) -> Result<String, Unusable> {
    if task.kind == Kind::Body {
        return check_body(task, answer, language_of);
    }
    let source = match task.kind {
        Kind::Title => &task.title,
        Kind::Excerpt | Kind::Summary | Kind::Body => &task.text,
    };
    let text = one_paragraph(answer, source, &task.language)?;
    let (own, width) = (columns(&text), columns(source));
    if task.kind == Kind::Summary {
        if own > MOST_SUMMARY.min(width) {
            return Err(Unusable::TooLong);
        }
    } else {
        is_as_long(own, width)?;
    }
    let whole = format!("{}\n{}", task.title, source);
    is_plain(&text, &whole)?;
    is_in_language(&text, source, &task.language, language_of)?;
    let from = task.from.as_deref();
    if let Some(number) = numbers::missing((&text, Some(&task.language)), (&whole, from)) {
        return Err(Unusable::Number(number));
    }
    // Where two languages share their letters, translated names are others.
    if task.kind == Kind::Summary || is_its_letter(&task.language).is_some() {
        has_its_names(&text, &whole, &task.language, from)?;
    }
    if task.kind != Kind::Summary
        && let Some(number) = numbers::missing_figures((source, from), (&text, Some(&task.language)))
    {
        return Err(Unusable::NumberLost(number));
    }
    Ok(text)
}

pub(super) fn has_its_names(
    text: &str,
    source: &str,
    language: &str,
    from: Option<&str>,
) -> Result<(), Unusable> {
    let is_same = from.is_none_or(|from| is_same_language(from, language));
    match names::unknown(text, source, is_same, primary(language) == "de") {
        Some(name) => Err(Unusable::Name(name)),
        None => Ok(()),
    }
}

/// A translation is about as long as its text; Chinese is read half as wide.
fn is_as_long(own: usize, source: usize) -> Result<(), Unusable> {
    if own > source * 3 + 40 {
        return Err(Unusable::TooLong);
    }
    if own * 6 < source.saturating_sub(40) {
        return Err(Unusable::TooShort);
    }
    Ok(())
}

/// An answer as one paragraph of plain text. Where the source has a colon, what stands before one is part of it.
pub(super) fn one_paragraph(answer: &str, source: &str, language: &str) -> Result<String, Unusable> {
    let lines = bare(answer);
    let text = lines.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = if source.contains([':', '：']) { text.as_str() } else { unlabelled(&text) };
    let text = unquoted(text).trim().trim_start_matches(['※', '#', '*', '-', '•']).trim();
    if APOLOGIES.iter().any(|sorry| text.to_lowercase().starts_with(sorry)) {
        return Err(Unusable::Declined);
    }
    let text = without_marks(text).ok_or(Unusable::Markup)?;
    if text.is_empty() {
        return Err(Unusable::Empty);
    }
    Ok(in_script(text, language))
}

/// How models begin that do not do as they are asked.
const APOLOGIES: [&str; 10] = [
    "抱歉",
    "对不起",
    "對不起",
    "很抱歉",
    "i'm sorry",
    "i’m sorry",
    "i am sorry",
    "i cannot",
    "i can't",
    "es tut mir leid",
];

/// Without what models put around what they were asked for: their thoughts, our own marks, a fence, stars.
pub(super) fn bare(answer: &str) -> String {
    let thought = match answer.rsplit_once("</think>") {
        Some((_, said)) => said,
        None => answer,
    };
    let thought = thought.trim();
    let thought = thought.strip_prefix("<text>").unwrap_or(thought);
    let thought = thought.strip_suffix("</text>").unwrap_or(thought);
    let lines = thought.lines().map(str::trim).filter(|line| !line.starts_with("```"));
    let text = lines.collect::<Vec<_>>().join("\n").replace("**", "");
    let spaced = text.chars().map(|c| if c == '\t' { ' ' } else { c });
    let is_unseen = |c: char| {
        c.is_control()
            || is_bidi_control(c)
            || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    spaced.filter(|c| *c == '\n' || !is_unseen(*c)).collect()
}

/// "Here is the translation", in display columns.
const WIDEST_LABEL: usize = 32;

/// Without words that say what follows.
fn unlabelled(text: &str) -> &str {
    const LABELS: [&str; 14] = [
        "summary",
        "translation",
        "title",
        "headline",
        "zusammenfassung",
        "übersetzung",
        "titel",
        "摘要",
        "總結",
        "总结",
        "翻译",
        "译文",
        "标题",
        "要約",
    ];
    let is_label = |label: &str| {
        let label = label.trim().to_lowercase();
        columns(&label) <= WIDEST_LABEL && LABELS.iter().any(|known| label.contains(known))
    };
    let labelled = text.split_once([':', '：']).filter(|(label, _)| is_label(label));
    labelled.map_or(text, |(_, rest)| rest.trim())
}

/// Without quotation marks around all of it.
fn unquoted(text: &str) -> &str {
    const MARKS: [(char, char); 4] = [('"', '"'), ('“', '”'), ('「', '」'), ('„', '“')];
    let inside = MARKS.iter().find_map(|(open, close)| {
        let inside = text.strip_prefix(*open)?.strip_suffix(*close)?;
        (!inside.contains([*open, *close])).then_some(inside)
    });
    inside.unwrap_or(text)
}

/// Chinese in the script that was asked for, where it can be brought into it.
fn in_script(text: String, language: &str) -> String {
    if primary(language) == "zh" && !is_traditional(language) { simplified(text) } else { text }
}

/// No addresses and no markup. A name like `example.org` may stand where the source has it.
pub(super) fn is_plain(text: &str, source: &str) -> Result<(), Unusable> {
    const SIGNS: [&str; 8] = ["://", ":/", "www.", "](", "[.]", "javascript:", "mailto:", "<|"];
    let folded = |c: char| match c {
        '．' => '.',
        '：' => ':',
        '／' => '/',
        c => c,
    };
    let lower: String = text.to_lowercase().chars().map(folded).collect();
    let is_tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
    let has_tag = lower.split('<').skip(1).any(is_tag);
    if has_tag || SIGNS.iter().any(|sign| lower.contains(sign)) {
        return Err(Unusable::Markup);
    }
    // Most mail programs make a link of what looks like an address.
    let is_address = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let labels: Vec<&str> = word.split('.').collect();
        let is_top = |label: &&str| {
            (label.chars().count() >= 2 && label.chars().all(char::is_alphabetic))
                || label.starts_with("xn--")
        };
        let is_number = |label: &&str| label.parse::<u8>().is_ok();
        let is_name = labels.len() >= 2
            // 3.Oktober
            && word.starts_with(char::is_alphabetic)
            && labels.last().is_some_and(is_top)
            && labels.iter().all(|label| !label.is_empty());
        is_name || (labels.len() == 4 && labels.iter().all(is_number))
    };
    let source = source.to_lowercase();
    let mut words = lower.split(|c: char| c.is_whitespace() || is_cjk(c) || "/:?#=&|".contains(c));
    if words.any(|word| (is_address(word) || word.contains('@')) && !source.contains(word)) {
        return Err(Unusable::Markup);
    }
    Ok(())
}

/// The letters that a language is written in, where they are its own.
fn is_its_letter(language: &str) -> Option<fn(char) -> bool> {
    Some(match primary(language) {
        "zh" => is_han,
        "ja" => |c| is_han(c) || matches!(c, '\u{3040}'..='\u{30ff}'),
        "ko" => |c| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}'),
        "ru" | "uk" | "bg" | "sr" | "be" | "mk" => |c| matches!(c, '\u{400}'..='\u{52f}'),
        "ar" | "fa" | "ur" => |c| matches!(c, '\u{600}'..='\u{77f}'),
        "he" => |c| matches!(c, '\u{590}'..='\u{5ff}'),
        "el" => |c| matches!(c, '\u{370}'..='\u{3ff}'),
        "hi" | "mr" | "ne" => |c| matches!(c, '\u{900}'..='\u{97f}'),
        "th" => |c| matches!(c, '\u{e00}'..='\u{e7f}'),
        _ => return None,
    })
}

/// Whether a text is in letters that this language is not written in.
pub(super) fn has_other_letters(text: &str, language: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic());
    let (mut all, mut own) = (0, 0);
    let Some(is_its) = is_its_letter(language) else { return false };
    letters.for_each(|letter| {
        all += 1;
        own += usize::from(is_its(letter));
    });
    all >= LEAST_LETTERS && own == 0
}

pub(super) fn is_in_language(
    text: &str,
    source: &str,
    language: &str,
    language_of: fn(&str) -> Option<String>,
) -> Result<(), Unusable> {
    // A name is the same in every language.
    if text.trim() == source.trim() && columns(text) < 40 {
        return Ok(());
    }
    let count = |is: &dyn Fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
    let (letters, width) = (count(&char::is_alphabetic), columns(text));
    let kana = count(&|c| matches!(c, '\u{3040}'..='\u{30ff}'));
    let is_latin =
        |c: char| c.is_alphabetic() && ((c as u32) < 0x250 || (0x1e00..0x1f00).contains(&(c as u32)));
    let is_written = match is_its_letter(language) {
        Some(is_its) => {
            let own = count(&is_its);
            // In a headline, names in other letters may take most of the room.
            let is_enough = own * 4 >= letters || (own >= 2 && width < SHORT);
            is_enough && (primary(language) != "zh" || kana * 8 < letters.max(8))
        }
        None => count(&is_latin) * 4 >= letters * 3,
    };
    let is_chinese_for_japanese = primary(language) == "ja" && kana == 0 && width >= SHORT;
    let is_told = width >= LEAST_TOLD;
    let is_another = || language_of(text).is_some_and(|found| !is_same_language(&found, language));
    let is_other_script =
        || is_traditional(language) && language_of(text).is_some_and(|found| found == "zh-Hans");
    if !is_written || is_chinese_for_japanese || (is_told && is_another()) || is_other_script() {
        return Err(Unusable::Language);
    }
    Ok(())
}

/// The number of a line, and the line.
pub(super) fn numbered(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.trim().strip_prefix('[')?.split_once(']')?;
    Some((number.trim().parse().ok()?, text.trim()))
}

/// Lines for lines, with their marks.
fn check_body(
    task: &Task,
    answer: &str,
    language_of: fn(&str) -> Option<String>,
) -> Result<String, Unusable> {
    let answer = bare(answer);
    let given: Vec<(usize, &str)> = task.text.lines().filter_map(numbered).collect();
    let lines: Vec<&str> = answer.lines().filter(|line| !line.trim().is_empty()).collect();
    let answered: Vec<(usize, &str)> = lines.iter().filter_map(|line| numbered(line)).collect();
    if answered.is_empty() {
        return Err(Unusable::Empty);
    }
    let are_same = given.iter().map(|(number, _)| number).eq(answered.iter().map(|(number, _)| number));
    if !are_same || lines.len() != answered.len() {
        return Err(Unusable::Lines);
    }
    let (mut kept, mut plain, mut plain_source) = (Vec::new(), Vec::new(), Vec::new());
    for ((number, source), (_, text)) in given.iter().zip(answered) {
        let text = in_script(text.to_owned(), &task.language);
        let (Some(words), Some(source)) = (without_marks(&text), without_marks(source)) else {
            return Err(Unusable::Markup);
        };
        let (own, width) = (columns(&words), columns(&source));
        if own == 0 {
            return Err(Unusable::Empty);
        }
        is_as_long(own, width)?;
        is_plain(&words, &source)?;
        let from = task.from.as_deref();
        if let Some(number) = numbers::missing((&words, Some(&task.language)), (&source, from)) {
            return Err(Unusable::Number(number));
        }
        if let Some(number) = numbers::missing_figures((&source, from), (&words, Some(&task.language))) {
            return Err(Unusable::NumberLost(number));
        }
        kept.push(format!("[{number}] {text}"));
        plain.push(words);
        plain_source.push(source);
    }
    is_in_language(&plain.join("\n"), &plain_source.join("\n"), &task.language, language_of)?;
    Ok(kept.join("\n"))
}

/// A line without the marks that stand around words; None if one of them has no end.
fn without_marks(line: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('⟦') {
        out.push_str(before);
        let (mark, after) = after.split_once('⟧')?;
        mark.trim_start_matches('/').parse::<usize>().ok()?;
        rest = after;
    }
    (!rest.contains('⟧')).then(|| out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The ferry company said on Thursday that the northern line will change to its winter timetable a \
        week early. Four of the last seven mornings were lost to fog, and 1.5 million passengers a year are affected. \
        Captain Mary Olsen asked travellers to take the boat at 8:15.";

    fn task(kind: Kind, language: &str) -> Task {
        Task {
            kind,
            language: language.into(),
            from: Some("en".into()),
            title: "Ferries change early".into(),
            text: TEXT.into(),
        }
    }

    fn checked(kind: Kind, language: &str, answer: &str) -> Result<String, Unusable> {
        check(&task(kind, language), answer, |_| None)
    }

    #[test]
    fn what_models_put_around_an_answer_is_taken_off() {
        for answer in [
            "渡轮提前更换时刻表",
            "<think>Let me see: 17 ideas…</think>\n\n“渡轮提前更换时刻表”",
            "标题：渡轮提前更换时刻表",
            "<text>\n渡轮提前更换时刻表\n</text>",
            "好的，以下是翻译：渡轮提前更换时刻表",
            "※ ⟦1⟧渡轮\u{200b}提前更换⟦/1⟧时刻表",
            "```\n**渡轮提前更换时刻表**\n```",
            "渡輪提前更換時刻表",
        ] {
            assert_eq!(
                checked(Kind::Title, "zh-Hans", answer).as_deref(),
                Ok("渡轮提前更换时刻表"),
                "{answer}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        use Unusable::{Empty, Language, Markup, Name, Number, TooLong};
        for (kind, language, answer, expected) in [
            (Kind::Title, "zh-Hans", "", Empty),
            (Kind::Title, "zh-Hans", "<think>It is a headline.</think>", Empty),
            (Kind::Title, "zh-Hans", "Ferries are changed early this year", Language),
            (Kind::Title, "zh-Hans", "フェリーは冬時刻表に早めに変わります", Language),
            (Kind::Title, "de", "渡轮提前更换时刻表", Language),
            (Kind::Title, "zh-Hans", &"渡轮".repeat(90), TooLong),
            (Kind::Title, "zh-Hans", "渡轮提前停运，见 https://evil.example/x", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 evil.example", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 EVIL.COM:8080/x", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 ftp://evil.example/x", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 evil．com", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 https：//evil.com/login", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 news/evil.com", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 x?evil.com", Markup),
            (Kind::Title, "zh-Hans", "渡轮<|channel|>停运", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 evil.xn--p1ai", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 пример.рф", Markup),
            (Kind::Title, "zh-Hans", "渡轮提前停运 12.12.12.12/12", Markup),
            (Kind::Title, "zh-Hans", "渡轮<img src=x>", Markup),
            (Kind::Title, "zh-Hans", "抱歉，我无法翻译这个标题。", Unusable::Declined),
            (Kind::Title, "zh-Hans", "[渡轮](https://evil.example)", Markup),
            (Kind::Summary, "zh-Hans", "每年1500万乘客受影响。", Number("1500".into())),
            (Kind::Summary, "en", "Captain John Smith asked travellers to wait.", Name("John".into())),
            (Kind::Summary, "en", "Ferries to Oslo change their timetable early.", Name("Oslo".into())),
        ] {
            assert_eq!(checked(kind, language, answer), Err(expected), "{answer}");
        }
        assert!(checked(Kind::Title, "zh-Hans", "iPhone Pro Max发布").is_err(), "it is not in the article");
        assert_eq!(
            is_in_language("iPhone 17 Pro Max发布", "iPhone 17 Pro Max launched", "zh-Hans", |_| None),
            Ok(())
        );
        assert_eq!(is_in_language("Phà ngừng chạy ở Nội thế ạ", "Ferries stop", "vi", |_| None), Ok(()));
        let good = "渡轮北线提前一周改用冬季时刻表，七个早晨中有四个因雾停航，每年150万乘客受影响。";
        assert_eq!(checked(Kind::Summary, "zh-Hans", good).as_deref(), Ok(good));
    }

    #[test]
    fn a_body_comes_back_line_for_line() {
        let task = Task {
            text: "[1] See ⟦1⟧the 12 ferries⟦/1⟧.\n[2] They leave.".into(),
            ..task(Kind::Body, "zh-Hans")
        };
        let check = |answer: &str| check(&task, answer, |_| None);
        let good = "[1] 请看⟦1⟧12艘渡轮⟦/1⟧。\n[2] 它们离港。";
        assert_eq!(check(good).as_deref(), Ok(good));
        assert_eq!(check("[1] 请看⟦1⟧12艘渡轮⟦/1⟧。"), Err(Unusable::Lines));
        assert_eq!(check("好的：\n[1] 请看⟦1⟧12艘渡轮⟦/1⟧。\n[2] 它们离港。"), Err(Unusable::Lines));
        assert_eq!(check("[2] 请看⟦1⟧12艘渡轮⟦/1⟧。\n[1] 它们离港。"), Err(Unusable::Lines));
        assert_eq!(check("[1] 请看⟦1⟧13艘渡轮⟦/1⟧。\n[2] 它们离港。"), Err(Unusable::Number("13".into())));
        assert_eq!(check("[1] 请看⟦1⟧渡轮⟦/1⟧。\n[2] 它们离港。"), Err(Unusable::NumberLost("12".into())));
        assert_eq!(check("[1] 请看⟦1⟧12艘⟦/1⟧。\n[2] 它们⟦1 离港。"), Err(Unusable::Markup));
        assert_eq!(check("[1] 请看⟦1⟧12艘⟦/1⟧。\n[2] ⟦1⟧evil.example⟦/1⟧。"), Err(Unusable::Markup));
    }
}
