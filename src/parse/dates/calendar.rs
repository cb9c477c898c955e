//! The day in a date from which the time has been taken: numbers in some order, perhaps
//! with a month's name.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{NaiveDate, Weekday};
use regex::{Captures, Regex};

use super::pattern;

/// The months' names, lower case, in all languages at once.
static MONTHS: LazyLock<HashMap<String, u32>> = LazyLock::new(|| {
    let lines = include_str!("months.tsv").lines().filter(|l| !l.starts_with('#'));
    let rows = lines.filter_map(|line| {
        let mut columns = line.split('\t').skip(1);
        Some((columns.next()?.parse::<u32>().ok()?, columns.next()?))
    });
    let mut months: HashMap<String, u32> = rows
        .flat_map(|(month, names)| names.split(',').map(move |name| (name.trim().to_owned(), month)))
        .collect();
    for month in 1..=12 {
        months.insert(format!("month{month}"), month);
        months.insert(format!("tháng {month}"), month);
        months.insert(format!("th{month}"), month);
    }
    months
});

pub(super) fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    with_month_name(text).or_else(|| in_numbers(text))
}

/// Which number of a pattern is what.
type Order = fn(&Captures<'_>) -> Option<NaiveDate>;

/// Days in numbers alone. The patterns are tried in turn; the first that matches decides,
/// so that the thirty-first of February is not looked at in yet another way.
fn in_numbers(text: &str) -> Option<NaiveDate> {
    // Neither end of a date may be part of a longer number.
    const START: &str = r"(?:^|[^\d.\-/+])";
    const END: &str = r"(?:$|[^\d\-/]|\.\s|\.$|\.\D)";
    static ORDERS: LazyLock<Vec<(Regex, Order)>> = LazyLock::new(|| {
        let orders: [(&str, Order); 9] = [
            (r"(\d{4})-?w(\d{2})(?:-?(\d))?", week),
            (r"(\d{4})-(\d{3})", ordinal),
            (r"(\d{4})(\d{2})(\d{2})", |c| ymd(c, 1, 2, 3)),
            (r"(\d{4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,2})", |c| ymd(c, 1, 2, 3)),
            (r"(\d{1,2})\s?\.\s?(\d{1,2})\s?\.\s?(\d{4}|\d{2})", |c| ymd(c, 3, 2, 1)),
            (r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", month_first),
            (r"(\d{1,2})-(\d{1,2})-(\d{4})", day_first),
            (r"(\d{1,2}) (\d{1,2}) (\d{4})", |c| ymd(c, 3, 2, 1)),
            (r"(\d{4})-(\d{1,2})", |c| NaiveDate::from_ymd_opt(number(c, 1)?, part(c, 2)?, 1)),
        ];
        orders.into_iter().map(|(order, read)| (pattern(&format!("{START}{order}{END}")), read)).collect()
    });
    static YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})$"));
    for (order, read) in ORDERS.iter() {
        if let Some(found) = order.captures(text) {
            return read(&found);
        }
    }
    NaiveDate::from_ymd_opt(number(&YEAR.captures(text)?, 1)?, 1, 1)
}

fn number(c: &Captures<'_>, i: usize) -> Option<i32> {
    c.get(i)?.as_str().parse().ok()
}

fn part(c: &Captures<'_>, i: usize) -> Option<u32> {
    c.get(i)?.as_str().parse().ok()
}

fn ymd(c: &Captures<'_>, year: usize, month: usize, day: usize) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(full_year(c.get(year)?.as_str())?, part(c, month)?, part(c, day)?)
}

/// America's order, unless only Europe's can be.
fn month_first(c: &Captures<'_>) -> Option<NaiveDate> {
    if part(c, 1)? > 12 { ymd(c, 3, 2, 1) } else { ymd(c, 3, 1, 2) }
}

/// Europe's order, unless only America's can be.
fn day_first(c: &Captures<'_>) -> Option<NaiveDate> {
    if part(c, 2)? > 12 { ymd(c, 3, 1, 2) } else { ymd(c, 3, 2, 1) }
}

fn week(c: &Captures<'_>) -> Option<NaiveDate> {
    let day = match c.get(3) {
        Some(day) => Weekday::try_from(day.as_str().parse::<u8>().ok()?.checked_sub(1)?).ok()?,
        None => Weekday::Mon,
    };
    NaiveDate::from_isoywd_opt(number(c, 1)?, part(c, 2)?, day)
}

fn ordinal(c: &Captures<'_>) -> Option<NaiveDate> {
    NaiveDate::from_yo_opt(number(c, 1)?, part(c, 2)?)
}

/// Two digits are a year of 1969 to 2068; three count from 1900 (RFC 2822 4.3).
fn full_year(digits: &str) -> Option<i32> {
    let year: i32 = digits.parse().ok()?;
    match digits.len() {
        2 => Some(if year < 69 { 2000 + year } else { 1900 + year }),
        3 => Some(1900 + year),
        4 => Some(year),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Word<'a> {
    Number(&'a str),
    Month(u32, &'a str),
    Other,
}

/// A month's name among numbers: the day and the year are the numbers around it.
fn with_month_name(text: &str) -> Option<NaiveDate> {
    let words = words(text);
    let month_at = months_of(&words)?;
    let Word::Month(month, _) = *words.get(month_at)? else { return None };
    let numbers = |words: &[Word<'_>]| -> Vec<String> {
        words
            .iter()
            .filter_map(|w| if let Word::Number(n) = w { Some((*n).to_owned()) } else { None })
            .collect()
    };
    let before = numbers(words.get(..month_at)?);
    let after = numbers(words.get(month_at + 1..)?);
    let before: Vec<_> = before.iter().map(String::as_str).collect();
    let after: Vec<_> = after.iter().map(String::as_str).collect();
    let is_year = |n: &str| n.len() == 4;
    let is_day = |n: &str| n.len() <= 2;
    let (year, day) = match (before.as_slice(), after.as_slice()) {
        // 20 Nov 2026, 20 Nov 26, 20 Nov 126
        ([.., day], [year, ..]) if is_day(day) && (2..=4).contains(&year.len()) => (full_year(year)?, day),
        // 2026 Nov 20
        ([.., year], [day, ..]) if is_year(year) && is_day(day) => (full_year(year)?, day),
        // Nov 20, 2026
        ([], [day, year, ..]) if is_day(day) && is_year(year) => (full_year(year)?, day),
        // Nov 2026
        ([], [year]) if is_year(year) => (full_year(year)?, &"1"),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day.parse().ok()?)
}

/// The word that is the month: the last that has a number beside it, since `mar` is also
/// Tuesday to half of Europe.
fn months_of(words: &[Word<'_>]) -> Option<usize> {
    let is_month = |i: usize| matches!(words.get(i), Some(Word::Month(..)));
    let number_near = |i: usize| {
        let near = |j: Option<usize>| j.is_some_and(|j| matches!(words.get(j), Some(Word::Number(_))));
        near(i.checked_sub(1)) || near(i.checked_sub(2)) || near(Some(i + 1)) || near(Some(i + 2))
    };
    (0..words.len()).rev().find(|&i| is_month(i) && number_near(i))
}

fn words(text: &str) -> Vec<Word<'_>> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d+|[\p{L}\p{M}]+(?:'[\p{L}\p{M}]+)?\d{0,2}"));
    let found: Vec<(usize, usize)> = WORD.find_iter(text).map(|m| (m.start(), m.end())).collect();
    let mut words = Vec::new();
    let mut i = 0;
    while let Some(&(start, end)) = found.get(i) {
        let word = text.get(start..end).unwrap_or_default();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            words.push(Word::Number(word));
            i += 1;
            continue;
        }
        // Some names are of two or three words; the longest counts.
        let longest = (1..=3).rev().find_map(|count| {
            let (_, end) = *found.get(i + count - 1)?;
            let name = text.get(start..end)?;
            let month = month(name)?;
            Some((count, Word::Month(month, name)))
        });
        match longest {
            Some((count, word)) => {
                words.push(word);
                i += count;
            }
            None => {
                // `20nov26`: digits at the end of a word that is no month's.
                let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
                words.push(month(letters).map_or(Word::Other, |m| Word::Month(m, letters)));
                let digits = word.get(letters.len()..).unwrap_or_default();
                if !digits.is_empty() {
                    let glued = found.get(i + 1).filter(|next| {
                        next.0 == end
                            && text
                                .get(next.0..next.1)
                                .is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()))
                    });
                    let whole_end = glued.map_or(end, |next| next.1);
                    words.push(Word::Number(text.get(start + letters.len()..whole_end).unwrap_or_default()));
                    i += usize::from(glued.is_some());
                }
                i += 1;
            }
        }
    }
    words
}

/// Articles stick to names: `d'abril`, `d’agost`.
fn month(name: &str) -> Option<u32> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let bare = name.strip_prefix("d'").unwrap_or(&name);
    MONTHS.get(bare).or_else(|| MONTHS.get(&*name)).copied()
}
