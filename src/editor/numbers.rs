//! Numbers of a text by their values, however they are written: `1.5 million`, `150万`, `1,500,000`
//! and `hundertfünfzig`. A number that a machine wrote and its article does not have is the mistake that
//! readers cannot see, so it is looked for here. Words for numbers are understood in Chinese, Japanese
//! and the languages of [`text2num`]; elsewhere only figures are.

use std::collections::BTreeSet;

use chinese_number::{ChineseCountMethod, ChineseToNumber};
use text2num::{Language, replace_numbers_in_text, text2digits};

/// Millionths, so that decimals are compared exactly.
type Value = i128;

const ONE: Value = 1_000_000;

/// A number and what it may mean: `1.234` is one thing in London and another in Berlin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number {
    /// As it stands in the text.
    written: String,
    readings: Vec<Value>,
    /// What follows says that it is an hour.
    is_hour: bool,
    /// What stands around it says that it is one after noon.
    is_evening: bool,
    /// It is part of a name: COVID-19, 9/11.
    is_in_name: bool,
}

/// A number of the one text that the other does not have, as it is written; the language of each
/// is told beside it. What says too little is not missed.
pub(super) fn missing(text: (&str, Option<&str>), source: (&str, Option<&str>)) -> Option<String> {
    first_unknown(all(text.0, text.1, false), &known(source.0, source.1))
}

/// A number in figures of the one text that the other does not have.
pub(super) fn missing_figures(
    (text, language): (&str, Option<&str>),
    other: (&str, Option<&str>),
) -> Option<String> {
    let (mut needed, _) = in_figures(&plain_digits(text), language);
    needed.retain(|number| !number.is_in_name);
    first_unknown(needed, &known(other.0, other.1))
}

fn first_unknown(needed: Vec<Number>, known: &BTreeSet<Value>) -> Option<String> {
    // One of them, a day: too little to be missed.
    let is_known = |number: &Number| number.readings.iter().any(|v| *v == ONE || known.contains(v));
    needed.into_iter().find(|number| !is_known(number)).map(|number| number.written)
}

/// Every value that a text gives a ground for.
fn known(text: &str, language: Option<&str>) -> BTreeSet<Value> {
    let lower = text.to_lowercase();
    let mut known: BTreeSet<Value> = months(text, &lower).map(|month| month * ONE).collect();
    known.extend(text.split(|c: char| !c.is_alphabetic()).filter_map(roman).map(|value| value * ONE));
    if matches!(primary(language), "ar" | "pt" | "ru") {
        known.extend(lower.split(|c: char| !c.is_alphabetic()).flat_map(small).map(|value| value * ONE));
    }
    for number in all(text, language, true) {
        for value in number.readings {
            known.insert(value);
            let whole = value / ONE;
            if number.is_evening && (1..12).contains(&whole) {
                known.insert(value + 12 * ONE);
            }
            if number.is_hour && (13..=24).contains(&whole) {
                known.insert(value - 12 * ONE);
            }
            // The nineties.
            if (1900..2100).contains(&whole) && whole % 10 == 0 {
                known.insert(whole % 100 * ONE);
            }
        }
    }
    known
}

fn primary(language: Option<&str>) -> &str {
    language.and_then(|tag| tag.split('-').next()).unwrap_or_default()
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
fn small(word: &str) -> impl Iterator<Item = Value> {
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
fn roman(word: &str) -> Option<Value> {
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
fn months<'a>(text: &'a str, lower: &'a str) -> impl Iterator<Item = Value> + 'a {
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

/// The numbers of a text, in figures and in words; with `any`, also those that are hardly meant as numbers.
fn all(text: &str, language: Option<&str>, any: bool) -> Vec<Number> {
    let (mut found, rest) = in_figures(&plain_digits(text), language);
    let speaks = match primary(language) {
        "da" => Some(Language::danish()),
        "de" => Some(Language::german()),
        "en" => Some(Language::english()),
        "es" => Some(Language::spanish()),
        "fr" => Some(Language::french()),
        "it" => Some(Language::italian()),
        "nl" => Some(Language::dutch()),
        _ => None,
    };
    let figures = match speaks {
        Some(speaks) => {
            let rest = if any { rest.clone() } else { without_others(&rest, &speaks) };
            // A word that ends a sentence is no number with one that begins the next.
            let sentences = rest.split_inclusive(['.', '!', '?', '\n', ';', ':', ',']);
            sentences.map(|sentence| replace_numbers_in_text(sentence, &speaks, 0.0) + " ").collect()
        }
        None => han_figures(&rest, any),
    };
    // What is written here has no signs in it.
    found.extend(in_figures(&figures, None).0);
    if any {
        found.extend(dozens(&rest));
    }
    found
}

/// Without words that are more often something else than a number: a second of time, tens of thousands, and
/// hundreds and millions of which nobody says how many.
fn without_others(text: &str, speaks: &Language) -> String {
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
    let mut is_counted = false;
    let words = text.split_inclusive(|c: char| !c.is_alphabetic()).map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_alphabetic()).to_lowercase();
        let is_other = OTHERS.contains(&bare.as_str()) || (!is_counted && SCALES.contains(&bare.as_str()));
        if !bare.is_empty() {
            is_counted = text2digits(&bare, speaks).is_ok();
        }
        if is_other { " " } else { word }
    });
    words.collect()
}

/// What words for about so many may stand for.
fn dozens(text: &str) -> impl Iterator<Item = Number> {
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

/// Digits of other scripts as those of ASCII.
fn plain_digits(text: &str) -> String {
    let plain = |c: char| match c {
        '０'..='９' => char::from_digit(c as u32 - '０' as u32, 10).unwrap_or(c),
        '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10).unwrap_or(c),
        '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10).unwrap_or(c),
        '०'..='९' => char::from_digit(c as u32 - '०' as u32, 10).unwrap_or(c),
        '．' | '٫' => '.',
        '，' | '٬' => ',',
        '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
        '：' => ':',
        c => c,
    };
    text.chars().map(plain).collect()
}

fn han_digit(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|d| d == c).and_then(|d| u32::try_from(d).ok()).or(match c {
        '零' => Some(0),
        '两' | '兩' => Some(2),
        _ => None,
    })
}

fn han_unit(c: char) -> Option<Value> {
    match c {
        '十' | '拾' | '십' => Some(10),
        '百' | '佰' | '백' => Some(100),
        '千' | '仟' | '천' => Some(1000),
        '万' | '萬' | '만' => Some(10_000),
        '亿' | '億' | '억' => Some(100_000_000),
        '兆' | '조' => Some(1_000_000_000_000),
        _ => None,
    }
}

/// A single numeral counts only before one of these: 一 and its like are in half of all words.
const MEASURES: &str = "个個名人位年月日天小周週岁歲次家国國座架艘辆輛起项項条條件倍成点點时時分秒元块塊美欧歐公米吨噸套台部张張枚所层層期届屆轮輪场場支只隻份篇本种種批";

/// Numerals in Han characters as figures; with `any`, each that may be one.
fn han_figures(text: &str, any: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    let at = |i: usize| letters.get(i).copied();
    while let Some(c) = at(i) {
        // "Of a hundred parts": what follows is the number.
        if c == '百' && at(i + 1) == Some('分') && at(i + 2) == Some('之') {
            i += 3;
            if at(i) == Some('百') {
                out.push_str(" 100 ");
                i += 1;
            }
            continue;
        }
        let is_numeral = |c: char| han_digit(c).is_some() || han_unit(c).is_some();
        let end = (i..).find(|&j| !at(j).is_some_and(is_numeral)).unwrap_or(i);
        if end == i {
            out.push(c);
            i += 1;
            continue;
        }
        let run: Vec<char> = letters.get(i..end).unwrap_or_default().to_vec();
        let before = i.checked_sub(1).and_then(at);
        let (next, after) = (at(end), at(end + 1));
        let follows_figure = before.is_some_and(|c| c.is_ascii_digit());
        match han_value(&run, before, (next, after), any).filter(|_| !follows_figure) {
            // Tenths, unless it is another word: 成为, 成立.
            Some(value) if next == Some('成') && !after.is_some_and(|c| "为為立功员員".contains(c)) => {
                out.push_str(&format!(" {} ", value.saturating_mul(10)));
            }
            // Kept apart from what stands around it.
            Some(value) => out.push_str(&format!(" {value} ")),
            None => out.extend(run),
        }
        i = end;
    }
    out
}

fn han_value(
    run: &[char],
    before: Option<char>,
    (next, after): (Option<char>, Option<char>),
    any: bool,
) -> Option<u128> {
    // "Some tens", "how many hundreds", ten and some; the fourth day of the week.
    if before.is_some_and(|c| "数數几幾周週期拜".contains(c))
        || next.is_some_and(|c| "几幾多余餘".contains(c))
    {
        return None;
    }
    let is_counted = next.is_some_and(|c| MEASURES.contains(c)) || before == Some('第');
    let digits: Option<Vec<u32>> = run.iter().map(|c| han_digit(*c)).collect();
    match (run, digits) {
        // "Both" as often as "two".
        (['两' | '兩'], _) if !any => None,
        ([_], Some(digits)) => digits.first().filter(|_| any || is_counted).map(|d| u128::from(*d)),
        // A year, a telephone number; but 两三天 is two or three days.
        (_, Some(digits)) if any || digits.len() >= 4 || digits.contains(&0) => {
            digits.iter().try_fold(0u128, |n, d| n.checked_mul(10)?.checked_add(u128::from(*d)))
        }
        (_, Some(_)) => None,
        // "Very"; the Red Cross.
        (['十'], None) if next == Some('分') && after != Some('钟') && after != Some('鐘') => None,
        (['十'], None) if !any && !is_counted => None,
        // "Millions of", "by all means".
        ([first, ..], None) if *first != '十' && han_unit(*first).is_some() => {
            let product = run.iter().try_fold(1i128, |n, c| n.checked_mul(han_unit(*c)?));
            product.filter(|_| any).and_then(|n| u128::try_from(n).ok())
        }
        (_, None) => {
            let text: String = run.iter().collect();
            let number: Result<u128, _> = text.as_str().to_number(ChineseCountMethod::TenThousand);
            number.ok()
        }
    }
}

/// What a word after a number multiplies it by: tenfold so often. A billion is one thing in English,
/// another elsewhere.
fn scale(word: &str, language: &str) -> &'static [u32] {
    match word.to_lowercase().as_str() {
        "k" | "thousand" | "thousands" | "tausend" | "mille" | "mil" | "mila" | "duizend" | "тыс"
        | "тысяч" | "тысячи" | "тысяча" | "ألف" | "آلاف" => &[3],
        "lakh" | "lakhs" => &[5],
        "m" => &[0, 6],
        "million" | "millions" | "mio" | "mln" | "mn" | "millionen" | "millón" | "millones" | "milione"
        | "milioni" | "milhão" | "milhões" | "miljoen" | "millioner" | "млн" | "миллион" | "миллиона"
        | "миллионов" | "مليون" | "ملايين" => &[6],
        "crore" | "crores" => &[7],
        "bilhão" | "bilhões" => &[9],
        "bn"
        | "milliard"
        | "milliards"
        | "milliarde"
        | "milliarden"
        | "mrd"
        | "miliardo"
        | "miliardi"
        | "mld"
        | "miljard"
        | "milliarder"
        | "млрд"
        | "миллиард"
        | "миллиарда"
        | "миллиардов"
        | "مليار"
        | "مليارات" => &[9],
        "billion" | "billions" | "billionen" | "billón" | "billones" | "bilione" | "bilioni" | "biljoen" => {
            match language {
                "en" => &[9],
                "" => &[9, 12],
                _ => &[12],
            }
        }
        "tn" | "trn" | "trillion" | "trillions" | "trillionen" | "триллион" | "триллиона" | "триллионов" => {
            match language {
                "en" | "ru" => &[12],
                "" => &[12, 18],
                _ => &[18],
            }
        }
        _ => &[],
    }
}

/// The numbers in figures of a text, and what is left of it without them.
fn in_figures(text: &str, language: Option<&str>) -> (Vec<Number>, String) {
    let (mut found, mut others): (Vec<Number>, _) = (Vec::new(), String::with_capacity(text.len()));
    let mut rest = text;
    let mut before_last = ' ';
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        others.push_str(before);
        let mut near = before.chars().rev();
        let (last, one_before) = (near.next().unwrap_or(before_last), near.next().unwrap_or(before_last));
        let groups = groups(number);
        let length = groups.iter().map(|(sign, digits)| sign.map_or(0, char::len_utf8) + digits.len()).sum();
        let (written, after) = number.split_at(length);
        let is_clock = after.trim_start().starts_with("Uhr");
        let is_hour = is_clock || after.starts_with([':', '点', '點', '时', '時', '시', 'h']);
        let is_in_name = (last == '-' && one_before.is_alphabetic()) || last == '/' || after.starts_with('/');
        let is_evening = is_evening(&others, after);
        let numbers = match groups.as_slice() {
            // 20.15 Uhr
            [(_, hours), (Some('.'), minutes)] if is_clock && minutes.len() == 2 => [hours, minutes]
                .iter()
                .filter_map(|digits| Some(vec![digits.parse::<Value>().ok()? * ONE]))
                .collect(),
            groups => meanings(groups, primary(language)),
        };
        let (factors, more, left) = scales(after, primary(language));
        let count = numbers.len();
        if is_range(before)
            && let Some(first) = found.last_mut()
        {
            first.readings.extend(multiplied(&first.readings.clone(), &factors, 0));
        }
        for (i, readings) in numbers.into_iter().enumerate() {
            let is_last = i + 1 == count;
            let readings = if is_last { multiplied(&readings, &factors, more) } else { readings };
            let written = written.to_owned();
            found.push(Number { written, readings, is_hour, is_evening, is_in_name });
        }
        rest = if count == 0 { after } else { left };
        others.push(' ');
        before_last = written.chars().next_back().unwrap_or(' ');
    }
    others.push_str(rest);
    (found, others)
}

/// Whether an hour between these words is one after noon.
fn is_evening(before: &str, after: &str) -> bool {
    const BEFORE: [&str; 7] = ["下午", "晚上", "晚", "傍晚", "夜里", "午後", "오후"];
    const AFTER: [&str; 5] = ["pm", "p.m", "abends", "вечера", "du soir"];
    let near: String = after.chars().take(24).collect::<String>().to_lowercase();
    let near = near.trim_start_matches(|c: char| c == ':' || c == ' ' || c.is_ascii_digit());
    let near = near.strip_prefix("uhr").unwrap_or(near);
    let near = near.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit());
    let before = before.trim_end();
    BEFORE.iter().any(|word| before.ends_with(word)) || AFTER.iter().any(|word| near.starts_with(word))
}

/// The groups of digits at the beginning of a text, each with the sign before it: `1`, `,234`, `.5`.
fn groups(text: &str) -> Vec<(Option<char>, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (first, mut rest) = text.split_at(digits(text));
    let mut groups = vec![(None, first)];
    while let Some(sign) = rest.chars().next() {
        let after = rest.strip_prefix(sign).unwrap_or_default();
        let (group, others) = after.split_at(digits(after));
        let joins = match sign {
            '.' | ',' => !group.is_empty(),
            '\'' | '’' | ' ' => group.len() == 3 && first.len() <= 3,
            _ => false,
        };
        if !joins {
            break;
        }
        groups.push((Some(sign), group));
        rest = others;
    }
    groups
}

/// What groups of digits mean: one number, of two readings where the language is not known, or several numbers.
fn meanings(groups: &[(Option<char>, &str)], language: &str) -> Vec<Vec<Value>> {
    // The sign before decimals.
    let point = match language {
        "en" | "zh" | "ja" | "ko" | "th" | "he" | "hi" => Some('.'),
        "da" | "de" | "es" | "fr" | "id" | "it" | "nl" | "pl" | "pt" | "ru" | "sv" | "tr" | "uk" | "vi" => {
            Some(',')
        }
        _ => None,
    };
    let value = |digits: &str| digits.parse::<Value>().ok().filter(|v| *v < 1_000_000_000_000_000_000);
    let joined = |groups: &[(Option<char>, &str)]| {
        value(&groups.iter().map(|(_, digits)| *digits).collect::<String>()).map(|v| v * ONE)
    };
    // In threes, in India in twos before the last.
    let are_thousands = |groups: &[(Option<char>, &str)]| {
        let Some(((_, first), others)) = groups.split_first() else { return false };
        let sign = others.first().and_then(|(sign, _)| *sign);
        let is_last = |i: usize| i + 1 == others.len();
        let fits = |(i, (own, group)): (usize, &(Option<char>, &str))| {
            *own == sign && (group.len() == 3 || (group.len() == 2 && !is_last(i)))
        };
        first.len() <= 3 && others.iter().enumerate().all(fits)
    };
    let mut readings = Vec::new();
    if are_thousands(groups) {
        readings.extend(joined(groups));
    }
    if let Some(((Some(sign @ ('.' | ',')), decimals), whole)) = groups.split_last()
        && (whole.len() == 1 || are_thousands(whole))
        && whole.iter().all(|(other, _)| *other != Some(*sign))
    {
        let shown: String = decimals.chars().take(6).collect();
        let millionths = format!("{shown:0<6}").parse::<Value>().ok();
        let decimal = joined(whole).zip(millionths).map(|(whole, millionths)| whole + millionths);
        match (point, readings.is_empty()) {
            // 1,234 in English is no decimal, 1.234 no thousand.
            (Some(point), false) if point == *sign => readings = decimal.into_iter().collect(),
            (Some(_), false) => {}
            _ => readings.extend(decimal),
        }
    }
    if readings.is_empty() && groups.len() == 1 {
        readings.extend(joined(groups));
    }
    if !readings.is_empty() {
        return vec![readings];
    }
    // A date, a version.
    groups.iter().filter_map(|(_, digits)| Some(vec![value(digits)? * ONE])).collect()
}

/// What the words after a number multiply it by, in one way or another, what is added to that, and what is left of
/// the text after them.
fn scales<'a>(text: &'a str, language: &str) -> (Vec<Value>, Value, &'a str) {
    let mut rest = text;
    // "Two hundred and some thousand".
    let some =
        rest.strip_prefix(['多', '余', '餘']).filter(|rest| rest.chars().next().and_then(han_unit).is_some());
    rest = some.unwrap_or(rest);
    let mut factor: Value = 1;
    while let Some((c, unit)) = rest.chars().next().and_then(|c| Some((c, han_unit(c)?))) {
        factor = factor.saturating_mul(unit);
        rest = rest.strip_prefix(c).unwrap_or_default();
    }
    if factor > 1 {
        // 1亿2000万, 3万5000
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let smaller = after.chars().next().and_then(|c| Some((c, han_unit(c)?)));
        return match (digits.parse::<Value>(), smaller) {
            (Ok(more), Some((c, unit))) if unit < factor => {
                let more = more.saturating_mul(unit).saturating_mul(ONE);
                (vec![factor], more, after.strip_prefix(c).unwrap_or_default())
            }
            (Ok(more), None) if digits.len() <= 4 && factor >= 10_000 => (vec![factor], more * ONE, after),
            _ => (vec![factor], 0, rest),
        };
    }
    let mut factors = vec![1];
    // `mil millones`
    for _ in 0..2 {
        let after = rest.trim_start_matches([' ', '-']);
        let (word, after) = after.split_at(after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len()));
        let exponents = scale(word, language);
        if exponents.is_empty() {
            break;
        }
        let powers: Vec<Value> = exponents.iter().filter_map(|e| (10 as Value).checked_pow(*e)).collect();
        factors = factors
            .iter()
            .flat_map(|f: &Value| powers.iter().filter_map(move |p| f.checked_mul(*p)))
            .collect();
        rest = after;
    }
    (factors, 0, rest)
}

/// Readings multiplied. A year is not: "in 2025 thousands of people".
fn multiplied(readings: &[Value], factors: &[Value], more: Value) -> Vec<Value> {
    let is_year = |v: &Value| (1900 * ONE..2100 * ONE).contains(v);
    let years = readings.iter().copied().filter(is_year);
    let times =
        |v: &Value| factors.iter().filter_map(|f| v.checked_mul(*f)?.checked_add(more)).collect::<Vec<_>>();
    readings.iter().flat_map(times).chain(years).collect()
}

/// Whether words between two numbers make a range of them, whose unit is that of both.
fn is_range(between: &str) -> bool {
    const WORDS: [&str; 14] =
        ["to", "and", "or", "bis", "und", "oder", "à", "et", "ou", "y", "o", "e", "a", "до"];
    let between = between.trim().trim_start_matches(['$', '€', '£', '¥']).trim();
    let between = between.trim_end_matches(['$', '€', '£', '¥']).trim();
    matches!(between, "-" | "–" | "—" | "~" | "～" | "至" | "到" | "から" | "和") || WORDS.contains(&between)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lacks(text: (&str, &str), source: (&str, &str)) -> Option<String> {
        missing((text.0, Some(text.1)), (source.0, Some(source.1)))
    }

    #[test]
    fn one_value_is_one_however_it_is_written() {
        for (text, source) in [
            (("150万人", "zh-Hans"), ("1.5 million people", "en")),
            (("1.5億円", "ja"), ("150 Millionen Yen", "de")),
            (("2.3万亿美元", "zh-Hans"), ("$2.3 trillion", "en")),
            (("3 milliards d’euros", "fr"), ("3 billion euros", "en")),
            (("1,234,500", "en"), ("1.234.500", "de")),
            (("12 500 habitants", "fr"), ("12,500 people", "en")),
            (("十七世纪的钟", "zh-Hans"), ("une cloche du XVIIe siècle", "fr")),
            (("数十人，几十万人，两国，两三天", "zh-Hans"), ("dozens", "en")),
            (("红十字会周四美国总统周二国会", "zh-Hans"), ("the Red Cross", "en")),
            (("百分之百", "zh-Hans"), ("100%", "en")),
            (("100%", "en"), ("百分之百", "zh-Hans")),
            (("1,000-year-old temple", "en"), ("千年古寺", "zh-Hans")),
            (("35,000人", "zh-Hans"), ("3万5000人", "ja")),
            (("5천만 명", "ko"), ("50 million", "en")),
            (("2025年数千人", "zh-Hans"), ("In 2025 thousands of people", "en")),
            (("300 metres per second", "en"), ("每秒300米", "zh-Hans")),
            (("tens of thousands", "en"), ("数万人", "zh-Hans")),
            (("20点15分", "zh-Hans"), ("um 20.15 Uhr", "de")),
            (("5864.67点", "zh-Hans"), ("5,864.67", "en")),
            (("3亿至4亿美元", "zh-Hans"), ("$300-400 million", "en")),
            (("300万至400万", "zh-Hans"), ("between 3 and 4 million", "en")),
            (("12人", "zh-Hans"), ("a dozen people", "en")),
            (("约200多万人", "zh-Hans"), ("about 2 million", "en")),
            (("十几名士兵", "zh-Hans"), ("soldiers", "en")),
            (("hundreds of people, a million reasons", "en"), ("数百人", "zh-Hans")),
            (("连续第三个早晨", "zh-Hans"), ("третье утро подряд", "ru")),
            (("五名嫌犯", "zh-Hans"), ("cinco suspeitos", "pt")),
            (("弗里德里希四世", "zh-Hans"), ("Friedrich IV.", "de")),
            (("1亿2000万", "zh-Hans"), ("120 million", "en")),
            (("百分之三十五", "zh-Hans"), ("35 per cent", "en")),
            (("三百五十名士兵", "zh-Hans"), ("350 soldiers", "en")),
            (("5名嫌犯", "zh-Hans"), ("five suspects", "en")),
            (("五名嫌犯", "zh-Hans"), ("fünf Verdächtige", "de")),
            (("二〇二六年", "zh-Hans"), ("in 2026", "en")),
            (("11月30日", "zh-Hans"), ("on November 30", "en")),
            (("晚上8点15分", "zh-Hans"), ("um 20:15 Uhr", "de")),
            (("20:15", "de"), ("at 8:15 p.m.", "en")),
            (("约三成", "zh-Hans"), ("30%", "en")),
            (("90年代", "zh-Hans"), ("in the 1990s", "en")),
            (("5 mil millones", "es"), ("€5bn", "en")),
            (("四十二", "zh-Hans"), ("forty-two", "en")),
            (("１２人", "ja"), ("twelve people", "en")),
            (("他十分高兴，一直在说千万不要", "zh-Hans"), ("nothing", "en")),
            (("one of them", "en"), ("einer von ihnen", "de")),
        ] {
            assert_eq!(lacks(text, source), None, "{text:?} {source:?}");
        }
    }

    #[test]
    fn a_number_that_the_article_does_not_have_is_found() {
        for (text, source, expected) in [
            (("六名嫌犯", "zh-Hans"), ("five suspects", "en"), "6"),
            (("1500万人", "zh-Hans"), ("1.5 million people", "en"), "1500"),
            (("15 million", "en"), ("1.5 million", "en"), "15"),
            (("36%", "en"), ("35 per cent", "en"), "36"),
            (("2027年", "zh-Hans"), ("2026", "en"), "2027"),
            (("26人", "zh-Hans"), ("in 2026", "en"), "26"),
            (("1,5 Billionen Dollar", "de"), ("$1.5 billion", "en"), "1,5"),
            (("一百万人死亡", "zh-Hans"), ("Dozens died", "en"), "1000000"),
            (("One million people died", "en"), ("Dozens died", "en"), "1000000"),
            (("5月", "zh-Hans"), ("they may march", "en"), "5"),
            (("15人", "zh-Hans"), ("15,000 people", "en"), "15"),
            (("17点", "zh-Hans"), ("5 developments", "en"), "17"),
            (("50人", "zh-Hans"), ("Le président parle", "fr"), "50"),
            (("9人", "zh-Hans"), ("a novel in November", "en"), "9"),
            (("5人", "zh-Hans"), ("в пятницу", "ru"), "5"),
            (("seven ferries", "en"), ("six ferries", "en"), "7"),
            (("1.2 million", "en"), ("1,214,500", "en"), "1.2"),
        ] {
            assert_eq!(lacks(text, source).as_deref(), Some(expected), "{text:?} {source:?}");
        }
    }

    #[test]
    fn of_a_translation_the_figures_are_asked_for() {
        let lost = |text: &str, other: &str| missing_figures((text, Some("en")), (other, Some("zh-Hans")));
        assert_eq!(lost("Top 5 of 2026", "2026年的五大"), None);
        assert_eq!(lost("Top 5 of 2026", "2026年").as_deref(), Some("5"));
        assert_eq!(lost("COVID-19 and 9/11, 24/7", "新冠与九一一，全天候"), None);
    }
}
