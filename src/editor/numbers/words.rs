//! Words for numbers, where a language writes them in letters: what the crate text2num knows, small ones where it knows
//! no more, months, Roman numerals, and those that are more often something else.

use std::collections::BTreeSet;

use text2num::{Language, replace_numbers_in_text, text2digits};

use super::{Number, ONE, Value};

/// A text with its words for numbers in digits; None in languages whose words are not known. With `any`, also those
/// that are hardly meant as numbers.
pub(super) fn in_digits(text: &str, language: &str, any: bool) -> Option<String> {
    let speaks = match language {
        "da" => Language::danish(),
        "de" => Language::german(),
        "en" => Language::english(),
        "es" => Language::spanish(),
        "fr" => Language::french(),
        "it" => Language::italian(),
        "nl" => Language::dutch(),
        _ => return None,
    };
    let text = without_others(text, &speaks, any);
    // A word that ends a sentence is no number with one that begins the next.
    let sentences = text.split_inclusive(['.', '!', '?', '\n', ';', ':', ',']);
    Some(sentences.map(|sentence| replace_numbers_in_text(sentence, &speaks, 0.0) + " ").collect())
}

/// How words for small numbers begin, and those for what comes in their place, in languages of which no more is
/// understood.
const SMALL: [(&[&str], Value); 9] = [
    (&["два", "две", "двух", "двое", "двум", "втор", "dois", "duas", "segund", "اثن", "ثان"], 2),
    (&["три", "трёх", "трех", "трое", "трем", "трет", "três", "terceir", "ثلاث", "ثالث"], 3),
    (&["четыр", "четвер", "четвёр", "quatro", "quart", "أربع", "رابع"], 4),
    (&["пят", "cinco", "quint", "خمس", "خامس"], 5),
    (&["шест", "seis", "sext", "ست", "سادس"], 6),
    (&["семь", "семи", "семер", "седьм", "sete", "sétim", "سبع", "سابع"], 7),
    (&["восем", "восьм", "oito", "oitav", "ثمان", "ثامن"], 8),
    (&["девят", "nove", "nono", "nona", "تسع", "تاسع"], 9),
    (&["десят", "dez", "décim", "عشر", "عاشر"], 10),
];

/// What a word in small letters may count, with an Arabic article before it or without.
pub(super) fn small(word: &str) -> impl Iterator<Item = Value> {
    let word = word.strip_prefix("ال").unwrap_or(word);
    // Friday, and fifteen.
    let word = if word.starts_with("пятн") { "" } else { word };
    SMALL
        .iter()
        .filter(move |(stems, _)| stems.iter().any(|stem| word.starts_with(stem)))
        .map(|(_, value)| *value)
}

/// A Roman numeral, as centuries, kings and congresses have them; with the ending of a French ordinal. Of small
/// ones only: C, D, L and M are the first letters of too many words.
pub(super) fn roman(word: &str) -> Option<Value> {
    let digits = word.trim_end_matches(|c: char| c.is_lowercase());
    let ending = word.strip_prefix(digits).unwrap_or_default();
    let value = |c| match c {
        'I' => Some(1),
        'V' => Some(5),
        'X' => Some(10),
        _ => None,
    };
    let values: Option<Vec<Value>> = digits.chars().map(value).collect();
    let is_numeral = if ending.is_empty() { digits.len() > 1 } else { matches!(ending, "e" | "er" | "ème") };
    let values = values.filter(|values| is_numeral && !values.is_empty())?;
    // One before a greater one is taken from it.
    let following = values.iter().skip(1).chain([&0]);
    Some(values.iter().zip(following).map(|(value, next)| if value < next { -value } else { *value }).sum())
}

/// Months by their first letters, in the languages that write them in words.
const MONTHS: [(&[&str], Value); 12] = [
    (&["january", "jan", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "январ", "يناير"], 1),
    (&["february", "feb", "februar", "février", "febrero", "febbraio", "fevereiro", "феврал", "فبراير"], 2),
    (&["march", "mar", "märz", "mars", "marzo", "março", "март", "مارس"], 3),
    (&["april", "apr", "avril", "abril", "aprile", "апрел", "أبريل"], 4),
    (&["may", "mai", "mayo", "maggio", "maio", "май", "мая", "мае", "маю", "مايو"], 5),
    (&["june", "jun", "juni", "juin", "junio", "giugno", "junho", "июн", "يونيو"], 6),
    (&["july", "jul", "juli", "juillet", "julio", "luglio", "julho", "июл", "يوليو"], 7),
    (&["august", "aug", "août", "agosto", "август", "أغسطس"], 8),
    (
        &[
            "september",
            "sep",
            "sept",
            "septembre",
            "septiembre",
            "settembre",
            "setembro",
            "сентябр",
            "سبتمبر",
        ],
        9,
    ),
    (
        &["october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre", "outubro", "октябр", "أكتوبر"],
        10,
    ),
    (&["november", "nov", "novembre", "noviembre", "novembro", "ноябр", "نوفمبر"], 11),
    (
        &[
            "december",
            "dec",
            "dezember",
            "dez",
            "décembre",
            "diciembre",
            "dicembre",
            "dezembro",
            "декабр",
            "ديسمبر",
        ],
        12,
    ),
];

/// The months that a text names; `lower` is the text in small letters.
pub(super) fn months<'a>(text: &'a str, lower: &'a str) -> impl Iterator<Item = Value> + 'a {
    let mut words: BTreeSet<&str> = lower.split(|c: char| !c.is_alphabetic()).collect();
    // What they may do, and where they march.
    for (month, name) in [("may", "May"), ("march", "March"), ("mar", "Mar")] {
        if !text.contains(name) {
            words.remove(month);
        }
    }
    MONTHS.iter().filter_map(move |(names, month)| {
        // Russian declines them.
        let is_stem = |name: &str| name.starts_with(|c: char| ('а'..='я').contains(&c));
        let is_named = |name: &&str| {
            words.contains(name) || (is_stem(name) && words.iter().any(|word| word.starts_with(name)))
        };
        names.iter().any(is_named).then_some(*month)
    })
}

/// Without words that are more often something else than a number: a second of time, tens of thousands, and
/// hundreds and millions of which nobody says how many. With `any`, only the last.
fn without_others(text: &str, speaks: &Language, any: bool) -> String {
    const OTHERS: [&str; 9] =
        ["second", "seconds", "seconde", "secondes", "segundo", "segundos", "secondo", "secondi", "tens"];
    const SCALES: [&str; 29] = [
        "hundred",
        "hundreds",
        "thousand",
        "thousands",
        "million",
        "millions",
        "billion",
        "billions",
        "hundert",
        "hunderte",
        "hunderten",
        "tausend",
        "tausende",
        "tausenden",
        "millionen",
        "milliarden",
        "centaines",
        "milliers",
        "milliards",
        "cientos",
        "miles",
        "millones",
        "centinaia",
        "migliaia",
        "milioni",
        "miliardi",
        "honderden",
        "duizenden",
        "miljoenen",
    ];
    const ONE_OF: [&str; 10] = ["a", "an", "ein", "eine", "einer", "un", "une", "una", "uno", "een"];
    let mut is_counted = false;
    let words = text.split_inclusive(|c: char| !c.is_alphabetic()).map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        let is_other =
            (!any && OTHERS.contains(&bare.as_str())) || (!is_counted && SCALES.contains(&bare.as_str()));
        if !bare.is_empty() {
            is_counted = ONE_OF.contains(&bare.as_str()) || text2digits(&bare, speaks).is_ok();
        }
        if is_other { " " } else { word }
    });
    words.collect()
}

/// What words for about so many may stand for.
pub(super) fn dozens(text: &str) -> impl Iterator<Item = Number> {
    const ABOUT: [(&[&str], Value); 3] = [
        (&["dozen", "dutzend", "douzaine", "docena", "dozzina", "dozijn"], 12),
        (&["decade", "jahrzehnt", "décennie", "década", "decennio"], 10),
        (&["half", "halb", "hälfte", "moitié", "mitad", "metà"], 50),
    ];
    let lower = text.to_lowercase();
    let said = move |(stems, value): &(&[&str], Value)| {
        let is_said =
            lower.split(|c: char| !c.is_alphabetic()).any(|word| stems.iter().any(|s| word.starts_with(s)));
        is_said.then(|| Number {
            written: String::new(),
            readings: vec![value * ONE],
            is_hour: false,
            is_evening: false,
            is_in_name: false,
        })
    };
    ABOUT.iter().filter_map(said).collect::<Vec<_>>().into_iter()
}
