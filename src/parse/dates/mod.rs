//! The dates of feeds, in every spelling that was met: RFC 822 and its abuses, RFC 3339 and
//! the rest of ISO 8601, Unix times, numbers in the orders of three continents, and month
//! names in some thirty languages. A time without a zone is UTC, but in feeds of China, Japan and
//! Korea, which are read in one zone and name it never. What cannot be read, or cannot be, is
//! absent: never "now".
//!
//! A date is read in three steps: the spelling is made plain ([`plain_spelling`]), the time
//! of day and its zone are taken out ([`clock`]), and what is left is the day ([`calendar`]).
//! `dates.tsv` lists what must be read as what.

mod calendar;
mod clock;

use std::sync::LazyLock;

use chrono::{DateTime, Duration, TimeZone, Utc};
use chrono_tz::Tz;
use regex::{Captures, Regex};

/// Nobody writes a date in more characters than this.
const LONGEST: usize = 120;
/// Earlier years are a program's way of saying "none".
const EARLIEST: i32 = 1900;

/// Reads a date, whatever its spelling, in a feed that says that it is in this language.
pub(super) fn parse(text: &str, language: Option<&str>) -> Option<DateTime<Utc>> {
    if text.len() > 4 * LONGEST {
        return None;
    }
    let plain = plain_spelling(text);
    if plain.chars().count() > LONGEST || !plain.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(date) = unix_time(&plain) {
        return Some(date);
    }
    // To whom CST is China's time.
    let chinese = text.contains(|c: char| matches!(c, '\u{4e00}'..='\u{9fff}')) || is_in(language, &CHINESE);
    let (time, rest) = clock::take(&plain, chinese)?;
    let day = calendar::day(&rest)?;
    let local = day.and_hms_opt(0, 0, 0)? + time.since_midnight;
    let date = match time.zone {
        Zone::Unsaid => local.and_utc() - local_offset(text, language),
        Zone::Offset(offset) => local.and_utc() - offset,
        // A time that a change of the clocks leaves out is the time after it.
        Zone::Named(zone) => zone
            .from_local_datetime(&local)
            .earliest()
            .or_else(|| zone.from_local_datetime(&(local + Duration::hours(1))).earliest())?
            .to_utc(),
    };
    (chrono::Datelike::year(&day) >= EARLIEST).then_some(date)
}

/// A time of day and its zone.
struct Time {
    since_midnight: Duration,
    zone: Zone,
}

/// The zone of a date, as far as it says.
#[derive(Clone, Copy)]
enum Zone {
    Unsaid,
    /// How far it is ahead of UTC.
    Offset(Duration),
    Named(Tz),
}

/// How far ahead of UTC a time without a zone is: by the script of the date itself, else by the
/// feed's language.
fn local_offset(text: &str, language: Option<&str>) -> Duration {
    static JAPANESE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"\p{Hiragana}|\p{Katakana}|午前|午後|令和|平成|昭和|[月火水木金土日]曜|[0-9]時[0-9]+分")
    });
    static KOREAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{Hangul}"));
    static HAN: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{Han}"));
    let hours = match () {
        () if KOREAN.is_match(text) || is_in(language, &["ko", "kr"]) => 9,
        () if is_in(language, &CHINESE) => 8,
        () if is_in(language, &["ja", "jp"]) || JAPANESE.is_match(text) => 9,
        () if HAN.is_match(text) => 8,
        () => 0,
    };
    Duration::hours(hours)
}

/// Tags of Chinese and of what is spoken there.
const CHINESE: [&str; 4] = ["zh", "cmn", "yue", "cn"];

/// Whether a language is one of these. Countries stand for their languages in some feeds.
fn is_in(language: Option<&str>, tags: &[&str]) -> bool {
    let tag = language.unwrap_or_default().trim().split(['-', '_']).next().unwrap_or_default();
    tags.contains(&tag.to_ascii_lowercase().as_str())
}

fn pattern(text: &str) -> Regex {
    // The patterns are constants of this module, and the tests run through all of them.
    #[allow(clippy::unwrap_used)]
    Regex::new(text).unwrap()
}

/// Seconds or milliseconds since 1970: as many digits as such a number has in our time.
fn unix_time(plain: &str) -> Option<DateTime<Utc>> {
    let whole = plain.split('.').next().unwrap_or(plain);
    let fraction = plain.get(whole.len()..).unwrap_or_default().trim_start_matches('.');
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    match whole.len() {
        10 => DateTime::from_timestamp(whole.parse().ok()?, 0),
        13 => DateTime::from_timestamp(whole.parse::<i64>().ok()? / 1000, 0),
        _ => None,
    }
}

/// Lower case, ASCII digits and blanks; no marks that cannot be seen; units of time in
/// Chinese, Japanese and Korean as separators; no weekdays that hold digits.
fn plain_spelling(text: &str) -> String {
    static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\([^()]*\)|\[[^\]]*\]"));
    static ZONE_IN_COMMENT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"[(\[]((?:gmt|utc)[+-]\d[\d:]*|[a-z]+(?:/[a-z0-9_+-]+){1,2})[)\]]"));
    static ZONE: LazyLock<Regex> = LazyLock::new(|| pattern(r"[+-]\d\d?:?\d\d\b|\bgmt|\butc|\d[tz]?z\b"));
    let mut plain: String = text.chars().filter_map(plain_character).collect::<String>().to_lowercase();
    plain = plain.replace('\u{307}', "").replace("h.m.", "h.");
    if let Some(zone) = ZONE_IN_COMMENT.captures(&plain).and_then(|c| Some(c.get(1)?.as_str().to_owned())) {
        let before = COMMENT.replace_all(&plain, " ").into_owned();
        if !ZONE.is_match(&before) {
            plain = format!("{before} {zone}");
        }
    }
    // From the inside out, since comments nest.
    for _ in 0..3 {
        plain = COMMENT.replace_all(&plain, " ").into_owned();
    }
    static ISO_TIME: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d)t(\d)"));
    let plain = ISO_TIME.replace(&plain, "$1 t$2");
    let plain = east_asian(&plain);
    plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | ',')).to_owned()
}

fn plain_character(c: char) -> Option<char> {
    Some(match c {
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
            return None;
        }
        c if c.is_whitespace() => ' ',
        '\u{2212}' | '\u{2010}'..='\u{2015}' => '-',
        '’' | 'ʼ' | '׳' => '\'',
        '،' | '、' => ',',
        // Digits of other scripts, and the full-width forms of ASCII.
        '\u{660}'..='\u{669}' => digit(c, 0x660)?,
        '\u{6f0}'..='\u{6f9}' => digit(c, 0x6f0)?,
        '\u{966}'..='\u{96f}' => digit(c, 0x966)?,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0)?,
        c => c,
    })
}

fn digit(c: char, zero: u32) -> Option<char> {
    char::from_digit(u32::from(c) - zero, 10)
}

/// Dates in Chinese, Japanese and Korean made of digits, `Y`, `M`, `D` units resolved.
fn east_asian(plain: &str) -> String {
    static WEEKDAY: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(?:星期|礼拜|禮拜|周|週)[一二三四五六日天]|[日月火水木金土]曜日?|[월화수목금토일]요일|^[日月火水木金土월화수목금토일]\s*,|thứ\s*\d|^t\d\s*,",
        )
    });
    static ERA: LazyLock<Regex> = LazyLock::new(|| pattern(r"(令和|平成|昭和|民國|民国)\s*(\d+|元)\s*年"));
    static NUMERAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"[〇零一二三四五六七八九十]+"));
    static YEAR_MONTH_DAY: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(\d+)\s*[年년]\s*(\d+)\s*[月월](?:\s*(\d+)\s*[日일号號])?"));
    static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+\s*[月월]\s*\d+\s*[日일号號]"));
    static MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d{1,2})\s*[月월]"));
    if plain.is_ascii() {
        return plain.to_owned();
    }
    let plain = WEEKDAY.replace_all(plain, " ");
    let plain = ERA.replace_all(&plain, |c: &Captures<'_>| {
        let first = match &c[1] {
            "令和" => 2019,
            "平成" => 1989,
            "昭和" => 1926,
            _ => 1912,
        };
        let year: i32 = if &c[2] == "元" { 1 } else { c[2].parse().unwrap_or(1) };
        format!("{}年", first + year - 1)
    });
    let plain = NUMERAL.replace_all(&plain, |c: &Captures<'_>| numeral(&c[0]));
    let plain = YEAR_MONTH_DAY.replace_all(&plain, |c: &Captures<'_>| match c.get(3) {
        Some(day) => format!("{}-{}-{} ", &c[1], &c[2], day.as_str()),
        None => format!("{}-{} ", &c[1], &c[2]),
    });
    // A month and a day of no year: two numbers that must not be taken for anything.
    let plain = MONTH_DAY.replace_all(&plain, " ");
    MONTH.replace_all(&plain, " month$1 ").into_owned()
}

/// Han numerals as digits: 二〇二六 is 2026, 二十一 is 21.
fn numeral(text: &str) -> String {
    let value =
        |c: char| "零一二三四五六七八九".chars().position(|d| d == if c == '〇' { '零' } else { c });
    match text.split_once('十') {
        Some((tens, ones)) => {
            let digit = |part: &str, default| part.chars().next().map_or(Some(default), value);
            match (digit(tens, 1), digit(ones, 0)) {
                (Some(tens), Some(ones)) => (tens * 10 + ones).to_string(),
                _ => text.to_owned(),
            }
        }
        None => text.chars().filter_map(value).map(|d| d.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line of the table: the feed's language or `-`, what is written, and what it means.
    #[test]
    fn a_date_without_a_zone_is_local_where_its_readers_share_one() {
        for line in include_str!("local-dates.tsv").lines().filter(|l| !l.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [language, input, expected] = columns.as_slice() else { panic!("{line}") };
            let language = Some(*language).filter(|language| *language != "-");
            let got = parse(input, language);
            let got = got.map_or("-".into(), |d| d.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            assert_eq!(got, *expected, "{line}");
        }
    }

    /// Each line of the table: what is written, and what it means, or `-` for no date.
    #[test]
    fn every_spelling_of_the_table_is_read_as_it_says() {
        let (mut rows, mut wrong) = (0, Vec::new());
        for line in include_str!("dates.tsv").lines().filter(|l| !l.starts_with('#')) {
            let Some((input, expected)) = line.rsplit_once('\t') else { continue };
            rows += 1;
            let got = parse(input, None)
                .map_or("-".into(), |d| d.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            if got != expected {
                wrong.push(format!("{input:?}: wanted {expected}, got {got}"));
            }
        }
        assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(rows > 800, "{rows}");
    }
}
