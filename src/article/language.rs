//! What language an article is in: what its letters say, else its words, where there are
//! enough of them, else what it declares.

use crate::text::{columns, is_cjk};
use whatlang::Lang;

/// Fewer letters than this can be any of ten languages.
const LEAST_LETTERS: usize = 120;
/// So much of a text is looked at.
const SAMPLE: usize = 1500;

/// Characters that exist in one of the two Chinese scripts only, common enough that a
/// few sentences hold some.
const SIMPLIFIED: &str = "们这个来时说对为过国会发后经学进现关动种还开实业么样长见问间当没应电话两听书门边给让从头东万车语马观马师专义乌习买争亚产亲仅众优传伤华单卖历压厂双变号叶吗";
const TRADITIONAL: &str = "們這個來時說對為過國會發後經學進現關動種還開實業麼樣長見問間當沒應電話兩聽書門邊給讓從頭東萬車語馬觀師專義烏習買爭亞產親僅眾優傳傷華單賣歷壓廠雙變號葉嗎";

/// So much of an article, in display columns, says in which script it is: what comes later may be
/// a gallery, a poem, an appendix in another.
const HEAD: usize = 150;
/// So many characters of one of the two Chinese scripts decide.
const DECISIVE: usize = 6;

/// A BCP 47 tag, or None for a short text that declares nothing. The title comes first.
pub(super) fn of(text: &str, declared: Option<&str>) -> Option<String> {
    let declared = declared.and_then(normalised);
    let mut width = 0;
    let head = text.lines().take_while(|line| {
        let is_head = width < HEAD;
        width += columns(line);
        is_head
    });
    let script = Script::of(&head.collect::<String>());
    let same: Vec<&str> = text.lines().filter(|line| Script::of(line) == script).collect();
    let text = if script.is_some() { same.join("\n") } else { text.to_owned() };
    by_letters(&text).or_else(|| {
        let found = by_words(&text);
        // `en-GB` knows more than `en`; a feed's `en` over German articles knows nothing.
        match (declared, found) {
            (Some(declared), Some(found)) if declared.split('-').next() != Some(found) => {
                Some(found.to_owned())
            }
            (declared, found) => declared.or_else(|| found.map(str::to_owned)),
        }
    })
}

/// Which of these languages a short text is in: by its letters, or its words among those of no other.
pub fn among(text: &str, candidates: &[&str]) -> Option<String> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_owned();
    let candidate = |tag: &str| {
        let same = candidates.iter().find(|candidate| primary(candidate) == primary(tag));
        same.map(|candidate| (*candidate).to_owned())
    };
    if let Some(letters) = by_letters(text) {
        return candidate(&letters);
    }
    let known: Vec<Lang> =
        Lang::all().iter().copied().filter(|lang| tag(*lang).and_then(candidate).is_some()).collect();
    if known.len() < 2 {
        return None;
    }
    let found = whatlang::Detector::with_allowlist(known).detect(text)?;
    (found.confidence() > 0.3).then(|| tag(found.lang()).and_then(candidate)).flatten()
}

/// Families of letters that do not mix in one language.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    /// With kana and hangul.
    EastAsian,
    Other,
}

impl Script {
    /// Of most letters of a text.
    fn of(text: &str) -> Option<Self> {
        const ALL: [Script; 7] = [
            Script::Latin,
            Script::Cyrillic,
            Script::Greek,
            Script::Hebrew,
            Script::Arabic,
            Script::EastAsian,
            Script::Other,
        ];
        let mut counts = [0usize; 7];
        for letter in text.chars().filter(|c| c.is_alphabetic()).take(2000) {
            let script = Self::of_letter(letter);
            for (count, known) in counts.iter_mut().zip(ALL) {
                *count += usize::from(known == script);
            }
        }
        let (most, script) = counts.into_iter().zip(ALL).max_by_key(|(count, _)| *count)?;
        (most > 0).then_some(script)
    }

    fn of_letter(letter: char) -> Self {
        match letter {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{77f}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => Self::Arabic,
            '\u{1100}'..='\u{11ff}' | '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}' => Self::EastAsian,
            c if is_cjk(c) => Self::EastAsian,
            _ => Self::Other,
        }
    }
}

fn by_words(text: &str) -> Option<&'static str> {
    let sample: String = text.chars().take(SAMPLE).collect();
    // Fewer languages share the other alphabets.
    let least = if Script::of(&sample) == Some(Script::Latin) { LEAST_LETTERS } else { LEAST_LETTERS / 2 };
    if sample.chars().filter(|c| c.is_alphabetic()).count() < least {
        return None;
    }
    let info = whatlang::detect(&sample)?;
    info.is_reliable().then(|| tag(info.lang())).flatten()
}

/// The two-letter code; what has none is a guess among rare languages more often than one
/// of them.
fn tag(language: Lang) -> Option<&'static str> {
    Some(match language {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cym => "cy",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        _ => return None,
    })
}

/// What the letters alone decide. A declared `en` over Chinese text is a template's default.
fn by_letters(text: &str) -> Option<String> {
    let sample = || text.chars().filter(|c| c.is_alphabetic()).take(2000);
    let total = sample().count();
    let share = |is: fn(char) -> bool| sample().filter(|c| is(*c)).count() * 5 > total;
    if total == 0 {
        None
    } else if share(|c| matches!(c, '\u{3040}'..='\u{30ff}')) {
        Some("ja".into())
    } else if share(|c| matches!(c, '\u{ac00}'..='\u{d7af}')) {
        Some("ko".into())
    } else if share(is_cjk) {
        let (mut simplified, mut traditional) = (0, 0);
        // What an article begins in, it is in; pictures of another hand may come after it.
        for line in text.lines() {
            simplified += line.chars().filter(|c| SIMPLIFIED.contains(*c)).count();
            traditional += line.chars().filter(|c| TRADITIONAL.contains(*c)).count();
            if simplified + traditional >= DECISIVE && simplified != traditional {
                break;
            }
        }
        Some(if traditional > simplified { "zh-Hant" } else { "zh-Hans" }.into())
    } else {
        None
    }
}

fn normalised(tag: &str) -> Option<String> {
    let tag = tag.trim().replace('_', "-");
    let lower = tag.to_ascii_lowercase();
    let plausible =
        (2..=20).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    match lower.as_str() {
        _ if !plausible => None,
        "zh-tw" | "zh-hk" | "zh-mo" | "zh-hant" => Some("zh-Hant".into()),
        _ if lower == "zh" || lower.starts_with("zh-") => Some("zh-Hans".into()),
        _ => Some(tag),
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_title_is_in_one_of_the_languages_that_come_into_question() {
        for (title, among_these, language) in [
            ("Die Morgenzeitung für den Norden", &["en", "de"][..], Some("de")),
            ("All the news that is fit to print for you", &["de", "en"], Some("en")),
            ("每日要闻", &["en", "zh-Hans"], Some("zh-Hans")),
            ("每日要闻", &["en", "de"], None),
            ("Die Morgenzeitung", &["en"], None),
        ] {
            assert_eq!(super::among(title, among_these).as_deref(), language, "{title}");
        }
    }

    #[test]
    fn letters_outvote_what_is_declared() {
        assert_eq!(of("渡轮公司说这个国家还会发电", Some("en")).as_deref(), Some("zh-Hans"));
        assert_eq!(of("渡輪公司說這個國家還會發電", Some("zh")).as_deref(), Some("zh-Hant"));
        assert_eq!(of("フェリー会社は木曜日に発表した", None).as_deref(), Some("ja"));
        assert_eq!(of("Ferry timetable returns", Some("en_GB")).as_deref(), Some("en-GB"));
        assert_eq!(of("Ferry timetable returns", None), None);
    }

    #[test]
    fn enough_words_outvote_what_is_declared() {
        let german = "Die Fähre legt am Donnerstag eine Woche früher nach dem Winterfahrplan ab, teilte die Reederei mit. Wer pendelt, muss auf die spätere Verbindung ausweichen, weil der Nebel seit vier Tagen nicht weicht.";
        assert_eq!(of(german, Some("en")).as_deref(), Some("de"));
        assert_eq!(of(german, Some("de-AT")).as_deref(), Some("de-AT"));
    }
}
