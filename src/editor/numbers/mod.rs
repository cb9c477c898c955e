//! Numbers of a text by their values, however they are written: `1.5 million`, `150万`, `1,500,000`
//! and `hundertfünfzig`. A number that a machine wrote and its article does not have is the mistake that
//! readers cannot see, so it is looked for here. Words for numbers are understood in Chinese, Japanese
//! and the languages of [`text2num`]; elsewhere only figures are.

mod figures;
mod han;
mod words;

use std::collections::BTreeSet;

use figures::{in_figures, plain_digits};
use han::han_figures;
use words::{dozens, in_digits, months, roman, small};

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

/// The numbers of a text, in figures and in words; with `any`, also those that are hardly meant as numbers.
fn all(text: &str, language: Option<&str>, any: bool) -> Vec<Number> {
    let (mut found, rest) = in_figures(&plain_digits(text), language);
    let figures = in_digits(&rest, primary(language), any).unwrap_or_else(|| han_figures(&rest, any));
    // What is written here has no signs in it.
    found.extend(in_figures(&figures, None).0);
    if any {
        found.extend(dozens(&rest));
    }
    found
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
            (("hundreds of people, millions of reasons", "en"), ("数百人", "zh-Hans")),
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
            (("百万人死亡", "zh-Hans"), ("Millions mourn", "en"), "1000000"),
            (("一千人", "zh-Hans"), ("Thousands came", "en"), "1000"),
            (("A hundred people died", "en"), ("Dutzende starben", "de"), "100"),
            (("七死八伤", "zh-Hans"), ("10 died, 5 hurt", "en"), "7"),
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
