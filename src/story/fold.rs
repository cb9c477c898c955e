//! Text as it is compared: one form for every letter and one script for Chinese, cut into
//! the units that mean something. Nothing of it is ever shown.

use std::hash::Hasher;

use icu_normalizer::ComposingNormalizerBorrowed;
use siphasher::sip::SipHasher13;

use crate::text::{is_han, simplified};

/// A word longer than this is compared by its beginning: "resigned" is "resigns".
const STEM: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One Han or Hangul character.
    Han,
    /// A run of katakana: nearly always a name or a loan word.
    Katakana,
    /// One hiragana: grammar, mostly.
    Syllable,
    /// A word in an alphabet.
    Word,
    /// A word with a capital where no sentence begins, or in the midst of Chinese.
    Name,
    Number,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    /// Of the whole unit.
    pub(super) hash: u64,
    /// Of its stem.
    pub(super) stem: u64,
}

/// The units of a text, in order.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let text = folded(text);
    let mut units = Vec::new();
    let mut rest = text.char_indices().peekable();
    // Whether a capital here only says that a sentence begins.
    let mut begins = true;
    while let Some((_, c)) = rest.next() {
        let kind = match c {
            _ if is_han(c) || is_hangul(c) => {
                let mut numeral = String::from(c);
                while let Some((_, next)) =
                    rest.next_if(|(_, next)| numeral_value(*next).is_some() && numeral_value(c).is_some())
                {
                    numeral.push(next);
                }
                if numeral.chars().count() > 1
                    && let Some(number) = chinese_number(&numeral)
                {
                    units.push(unit(Kind::Number, &number.to_string()));
                } else {
                    units.extend(numeral.chars().map(|c| unit(Kind::Han, c.encode_utf8(&mut [0; 4]))));
                }
                begins = false;
                continue;
            }
            '\u{30a1}'..='\u{30ff}' => Kind::Katakana,
            '\u{3041}'..='\u{309f}' => {
                units.push(unit(Kind::Syllable, c.encode_utf8(&mut [0; 4])));
                begins = false;
                continue;
            }
            _ if c.is_numeric() => Kind::Number,
            _ if c.is_alphabetic() => Kind::Word,
            '.' | '!' | '?' | '。' | ':' | '\n' | '"' | '“' | '„' | '«' => {
                begins = true;
                continue;
            }
            _ => continue,
        };
        let mut word = String::from(c);
        loop {
            let next = rest.next_if(|(at, next)| match kind {
                Kind::Katakana => matches!(next, '\u{30a1}'..='\u{30ff}'),
                // 1,250 and 1.5, but not the full stop of a sentence.
                Kind::Number if matches!(next, ',' | '.') => {
                    text.get(at + 1..).and_then(|t| t.chars().next()).is_some_and(char::is_numeric)
                }
                Kind::Number => next.is_numeric(),
                _ => {
                    next.is_alphanumeric()
                        && !is_han(*next)
                        && !is_hangul(*next)
                        && !('\u{3041}'..='\u{30ff}').contains(next)
                        || matches!(next, '\'' | '’' | '-')
                            && text
                                .get(at + next.len_utf8()..)
                                .and_then(|t| t.chars().next())
                                .is_some_and(char::is_alphabetic)
                }
            });
            match next {
                Some((_, next)) => word.push(next),
                None => break,
            }
        }
        units.push(match kind {
            Kind::Number => unit(Kind::Number, &plain_number(&word)),
            Kind::Katakana => unit(Kind::Katakana, &word.replace(['・', '='], "")),
            _ => {
                let after_han = units
                    .last()
                    .is_some_and(|u: &Unit| matches!(u.kind, Kind::Han | Kind::Katakana | Kind::Syllable));
                let capital = word.chars().next().is_some_and(char::is_uppercase);
                let kind = if capital && (!begins || after_han) { Kind::Name } else { Kind::Word };
                unit(kind, &word.to_lowercase())
            }
        });
        begins = false;
    }
    units
}

/// Compatibility forms resolved, Traditional characters made Simplified.
fn folded(text: &str) -> String {
    simplified(ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned())
}

fn unit(kind: Kind, text: &str) -> Unit {
    let stem = match kind {
        Kind::Word | Kind::Name => {
            text.char_indices().nth(STEM).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
        }
        _ => text,
    };
    Unit { kind, hash: hash(text.as_bytes()), stem: hash(stem.as_bytes()) }
}

/// What is stored today must mean the same tomorrow: a hash whose algorithm is fixed.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(bytes);
    hasher.finish()
}

fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7af}').contains(&c)
}

/// A number without its marks of thousands.
fn plain_number(text: &str) -> String {
    let groups: Vec<&str> = text.split([',', '.']).collect();
    let thousands = groups.len() > 1
        && groups.iter().skip(1).all(|g| g.chars().count() == 3)
        && groups.first().is_some_and(|g| (1..=3).contains(&g.chars().count()) && *g != "0");
    let plain = if thousands { groups.concat() } else { text.replace(',', ".") };
    plain.trim_start_matches('0').to_owned()
}

fn numeral_value(c: char) -> Option<u64> {
    let digits = "〇一二三四五六七八九";
    if let Some(at) = digits.chars().position(|d| d == c) {
        return u64::try_from(at).ok();
    }
    match c {
        '零' => Some(0),
        '两' => Some(2),
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        '万' => Some(10_000),
        '亿' => Some(100_000_000),
        _ => None,
    }
}

/// 二十三 is 23, 二〇二六 is 2026.
fn chinese_number(text: &str) -> Option<u64> {
    let values: Vec<u64> = text.chars().map(numeral_value).collect::<Option<_>>()?;
    if values.iter().all(|v| *v < 10) {
        return values.iter().try_fold(0u64, |sum, v| sum.checked_mul(10)?.checked_add(*v));
    }
    let (mut total, mut section, mut digit) = (0u64, 0u64, None);
    for value in values {
        match value {
            0..=9 => digit = Some(value),
            10..=1000 => section = section.checked_add(digit.take().unwrap_or(1).checked_mul(value)?)?,
            _ => {
                let counted = (section + digit.take().unwrap_or(0)).max(1);
                total = total.checked_add(counted.checked_mul(value)?)?;
                section = 0;
            }
        }
    }
    total.checked_add(section + digit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_forms_and_numerals_of_one_meaning_are_one() {
        let same = |a: &str, b: &str| assert_eq!(units(a), units(b), "{a} / {b}");
        same("德國軟體業者的網路", "德国软件业者的网络");
        same("ＡＢＣ　１２３", "abc 123");
        same("二十三人，二〇二六年", "23人，2026年");
        same("一万二千三百", "12300");
        same("1,250 boats", "1250 boats");
        same("“渡轮”改班", "「渡轮」改班");
    }

    #[test]
    fn a_name_is_told_from_the_beginning_of_a_sentence() {
        let kinds = |text: &str| units(text).iter().map(|u| u.kind).collect::<Vec<_>>();
        assert_eq!(kinds("The ferry to Tarnley"), [Kind::Word, Kind::Word, Kind::Word, Kind::Name]);
        assert_eq!(kinds("奥孔（Okon）"), [Kind::Han, Kind::Han, Kind::Name]);
    }
}
