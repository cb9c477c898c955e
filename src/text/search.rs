//! Search: the terms that a text is found by, and where in it a query stands. One form for every
//! letter: capitals, accents, widths and the two Chinese scripts make no difference.

use std::collections::BTreeSet;
use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::han::{is_han, simplified_character};

/// Characters of a query; what is longer is cut off.
pub const MOST_CHARACTERS: usize = 60;
/// Parts of it that must all be found.
const MOST_PARTS: usize = 8;

/// Written without spaces between words, so that two neighbouring characters are a term (bigrams).
fn is_unspaced(c: char) -> bool {
    is_han(c)
        || is_hangul(c)
        || matches!(c, '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9d}')
}

/// A whole syllable of Korean, which would fall apart into its letters.
fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7af}').contains(&c)
}

/// A mark above or below a letter, of Latin, Hebrew, Arabic or kana; or what only says where a word may
/// be divided.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}' | '\u{5c1}' | '\u{5c2}' | '\u{5c4}' | '\u{5c5}' | '\u{5c7}'
        | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}'
        | '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Letters that are written in two ways, whatever Unicode says.
fn lower(c: char, mut push: impl FnMut(char)) {
    match c {
        'ß' | 'ẞ' => ['s', 's'].into_iter().for_each(push),
        'ς' => push('σ'),
        c => c.to_lowercase().for_each(|c| push(simplified_character(c))),
    }
}

/// A text in one form, each character with the bytes of the original that it stands for. What is
/// between words is one blank.
struct Folded(Vec<(char, Range<usize>)>);

impl Folded {
    fn of(text: &str) -> Self {
        let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
        let mut folded: Vec<(char, Range<usize>)> = Vec::with_capacity(text.len());
        for (at, c) in text.char_indices() {
            let range = at..at + c.len_utf8();
            let mut push = |c: char| match c {
                c if is_mark(c) => {
                    if let Some((_, last)) = folded.last_mut() {
                        last.end = range.end;
                    }
                }
                c if c.is_alphanumeric() => folded.push((c, range.clone())),
                _ if folded.last().is_none_or(|(last, _)| *last == ' ') => {}
                _ => folded.push((' ', range.clone())),
            };
            if c.is_ascii() {
                push(c.to_ascii_lowercase());
            } else if is_han(c) || is_hangul(c) {
                push(simplified_character(c));
            } else {
                for c in normalizer.normalize(c.encode_utf8(&mut [0; 4])).chars() {
                    lower(c, &mut push);
                }
            }
        }
        Self(folded)
    }

    /// Runs of characters that are written the same way, in order.
    fn runs(&self) -> impl Iterator<Item = &[(char, Range<usize>)]> {
        let runs =
            self.0.chunk_by(|(a, _), (b, _)| *a != ' ' && *b != ' ' && is_unspaced(*a) == is_unspaced(*b));
        runs.filter(|run| run.first().is_some_and(|(c, _)| *c != ' '))
    }

    fn terms(&self) -> Vec<String> {
        let mut terms = Vec::new();
        for run in self.runs() {
            let characters = || run.iter().map(|(c, _)| *c);
            if run.len() > 1 && run.first().is_some_and(|(c, _)| is_unspaced(*c)) {
                terms.extend(run.windows(2).map(|pair| pair.iter().map(|(c, _)| *c).collect::<String>()));
            } else {
                terms.push(characters().collect());
            }
        }
        terms
    }

    /// Where another text stands in this one: whole words of an alphabet, characters of the others.
    fn places(&self, sought: &[char]) -> Vec<Range<usize>> {
        let (Some(first), Some(last)) = (sought.first(), sought.last()) else { return Vec::new() };
        let is_word = |c: char| c != ' ' && !is_unspaced(c);
        let continues = |at: Option<usize>, end: char| {
            let next = at.and_then(|at| self.0.get(at)).map(|(c, _)| *c);
            is_word(end) && next.is_some_and(is_word)
        };
        let is_here = |at: &usize| {
            let window = self.0.get(*at..at + sought.len()).unwrap_or_default();
            window.iter().map(|(c, _)| c).eq(sought)
                && !continues(at.checked_sub(1), *first)
                && !continues(Some(at + sought.len()), *last)
        };
        let range = |at: usize| Some(self.0.get(at)?.1.start..self.0.get(at + sought.len() - 1)?.1.end);
        (0..self.0.len()).filter(is_here).filter_map(range).collect()
    }
}

/// The terms of a text, parted by blanks, and behind them each character of scripts without spaces by itself.
pub fn search_terms(text: &str) -> String {
    let folded = Folded::of(text);
    let alone: BTreeSet<char> = folded.0.iter().map(|(c, _)| *c).filter(|c| is_unspaced(*c)).collect();
    let mut terms = folded.terms().join(" ");
    for c in alone {
        terms.push(' ');
        terms.push(c);
    }
    terms
}

/// What somebody looks for: parts, all of which must be found. A part is what stands between
/// spaces, or between quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Vec<char>>);

impl Query {
    /// None where nothing is asked for.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        let quoted = text
            .split(['"', '“', '”', '„', '「', '」'])
            .enumerate()
            .flat_map(|(i, part)| if i % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
        let parts = quoted.filter_map(|part| {
            let mut sought: Vec<char> = Folded::of(part).0.into_iter().map(|(c, _)| c).collect();
            if sought.last() == Some(&' ') {
                sought.pop();
            }
            (!sought.is_empty()).then_some(sought)
        });
        let parts: Vec<_> = parts.take(MOST_PARTS).collect();
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Terms that must all be found; those of a group follow on each other. A character that stands alone
    /// between letters may have a neighbour in the text, so that it is sought by itself.
    pub fn terms(&self) -> Vec<Vec<String>> {
        let mut groups: Vec<Vec<String>> = Vec::new();
        for part in &self.0 {
            let mut group = Vec::new();
            for term in Folded::of(&part.iter().collect::<String>()).terms() {
                let mut characters = term.chars();
                if matches!((characters.next(), characters.next()), (Some(c), None) if is_unspaced(c)) {
                    groups.push(std::mem::take(&mut group));
                    groups.push(vec![term]);
                } else {
                    group.push(term);
                }
            }
            groups.push(group);
        }
        groups.retain(|group| !group.is_empty());
        groups.sort();
        groups.dedup();
        groups
    }

    /// Whether it is so short that nothing tells one place from another: a single character.
    pub fn is_character(&self) -> bool {
        matches!(self.0.as_slice(), [part] if matches!(part.as_slice(), [c] if is_unspaced(*c)))
    }

    /// Where its parts stand in a text, in order, none inside another.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let folded = Folded::of(text);
        let mut places: Vec<_> = self.0.iter().flat_map(|part| folded.places(part)).collect();
        places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        let mut end = 0;
        places.retain(|place| {
            let is_apart = place.start >= end;
            end = end.max(place.end);
            is_apart
        });
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_cut_into_pairs_and_the_rest_into_words() {
        assert_eq!(search_terms("渡輪停航 A4-Straße, Crème"), "渡轮 轮停 停航 a4 strasse creme 停 渡 航 轮");
        assert_eq!(search_terms("ＡＢＣ，1,250 ﬁsh が"), "abc 1 250 fish か か");
        assert_eq!(search_terms("ガソリン"), search_terms("ｶﾞｿﾘﾝ"));
        assert_eq!(search_terms("תל־אביב Donau\u{ad}dampf ΟΔΟΣ"), "תל אביב donaudampf οδοσ");
        assert_eq!(search_terms("부산항 항"), "부산 산항 항 부 산 항");
        assert_eq!(search_terms(" ... "), "");
    }

    #[test]
    fn every_part_of_a_query_must_be_found() {
        let terms = |text| Query::parse(text).map(|query| query.terms());
        assert_eq!(terms("渡輪 Ferry"), Some(vec![vec!["ferry".into()], vec!["渡轮".into()]]));
        assert_eq!(
            terms("A股 2026年度"),
            Some(vec![vec!["2026".into(), "年度".into()], vec!["a".into()], vec!["股".into()]])
        );
        assert_eq!(
            terms("\"north pier\" 2026"),
            Some(vec![vec!["2026".into()], vec!["north".into(), "pier".into()]])
        );
        assert_eq!(terms("  \"\" ?! "), None);
        assert!(Query::parse("渡").is_some_and(|query| query.is_character()));
        assert!(!Query::parse("a").is_some_and(|query| query.is_character()));
        assert_eq!(Query::parse(&"a ".repeat(500)).map(|query| query.terms().len()), Some(1));
    }

    #[test]
    fn the_place_is_found_as_it_is_written() {
        let found = |query: &str, text: &str| -> Vec<String> {
            let places = Query::parse(query).map(|query| query.places(text)).unwrap_or_default();
            places.into_iter().filter_map(|place| text.get(place).map(str::to_owned)).collect()
        };
        assert_eq!(found("渡轮", "德國渡輪停航，渡輪"), ["渡輪", "渡輪"]);
        assert_eq!(found("cafe", "Cafe\u{301} CAFÉ cafés"), ["Cafe\u{301}", "CAFÉ"]);
        assert_eq!(found("north pier", "The north-pier; North Pier."), ["north", "pier", "North", "Pier"]);
        assert_eq!(found("\"north pier\"", "The north-pier; a pier"), ["north-pier"]);
        assert_eq!(found("轮停 渡轮停航", "渡轮停航"), ["渡轮停航"]);
        assert_eq!(found("a", "a banana"), ["a"]);
    }
}
