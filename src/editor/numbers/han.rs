//! Numerals in Han characters, as Chinese, Japanese and Korean news have them.

use chinese_number::{ChineseCountMethod, ChineseToNumber};

use super::Value;

fn han_digit(c: char) -> Option<u32> {
    "〇一二三四五六七八九".chars().position(|d| d == c).and_then(|d| u32::try_from(d).ok()).or(match c {
        '零' => Some(0),
        '两' | '兩' => Some(2),
        _ => None,
    })
}

pub(super) fn han_unit(c: char) -> Option<Value> {
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
const MEASURES: &str = "个個名人位年月日天小周週岁歲次家国國座架艘辆輛起项項条條件倍成点點时時分秒元块塊美欧歐公米吨噸套台部张張枚所层層期届屆轮輪场場支只隻份篇本种種批死伤傷";

/// Numerals in Han characters as figures; with `any`, each that may be one.
pub(super) fn han_figures(text: &str, any: bool) -> String {
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
    if before.is_some_and(|c| "数數几幾上成近周週期拜".contains(c))
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
            product.filter(|_| any || is_counted).and_then(|n| u128::try_from(n).ok())
        }
        (_, None) => {
            let text: String = run.iter().collect();
            let number: Result<u128, _> = text.as_str().to_number(ChineseCountMethod::TenThousand);
            number.ok()
        }
    }
}
