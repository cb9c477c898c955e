//! Names in what a machine wrote that its article does not have. Within one language every name must be there; in
//! German and between two languages of one script, one word of each name of several; in Chinese and Japanese, what
//! stands in quotation marks, between points or in Latin letters.

use crate::text::{is_cjk, is_han, simplified};

/// A word and whether a sentence begins with it.
struct Word<'a> {
    text: &'a str,
    begins: bool,
    /// Whether it follows the word before with nothing but a blank between.
    is_joined: bool,
}

/// Words of offices, institutions and units, by their beginnings: a name that has one of them has another form
/// in each language. No person is called so.
const GENERIC: &str = "united state vereinigt staat estado unid état unis stati kingdom königreich reino royaume regno \
    europ union unión nation nacion nazion white house weiß haus maison casa prime premier primer \
    primo minist president präsident présid foreign security council rat conseil consejo consiglio \
    bank banque banco banca central zentral court supreme federal bundes constitution gericht cour \
    corte tribunal internation internazion commission kommission comisi committee parliament parlament \
    parlement senat congres kongress party partei parti republic republik répub repúbl repubbl \
    universit institut office agency agentur world welt milliard million prozent percent dollar euro \
    street north south";

/// How people of a country are called in English, where that does not begin as its name does.
const OF_COUNTRIES: [(&str, &str); 18] = [
    ("british", "britain"),
    ("canadian", "canada"),
    ("chinese", "china"),
    ("danish", "denmark"),
    ("dutch", "netherlands"),
    ("finnish", "finland"),
    ("french", "france"),
    ("greek", "greece"),
    ("hungarian", "hungary"),
    ("irish", "ireland"),
    ("italian", "italy"),
    ("norwegian", "norway"),
    ("polish", "poland"),
    ("scottish", "scotland"),
    ("spanish", "spain"),
    ("swedish", "sweden"),
    ("turkish", "turkey"),
    ("welsh", "wales"),
];

/// A name of the text that its source does not have; `is_same_language`: the source is in its language.
pub(super) fn unknown(text: &str, source: &str, is_same_language: bool, is_german: bool) -> Option<String> {
    let is_east_asian = text.chars().filter(|c| is_cjk(*c)).count() * 4 > text.chars().count();
    let (text, source) = (without_points(text), without_points(source));
    if is_east_asian {
        among_han(&text, &source, is_same_language)
    } else {
        among_letters(&text, &source, is_same_language && !is_german)
    }
}

/// In another script names are written otherwise, but not those that are left as they were.
fn among_han(text: &str, source: &str, is_same_language: bool) -> Option<String> {
    let known: Vec<String> = words(source).map(|word| word.text.to_lowercase()).collect();
    // EU, GDP and AI are Chinese by now.
    let is_abbreviation = |word: &str| word.len() <= 3 && !word.chars().any(|c| c.is_ascii_lowercase());
    let is_left = |word: &&str| {
        word.chars().all(|c| c.is_ascii_alphanumeric())
            && word.chars().any(|c| c.is_ascii_alphabetic())
            && !is_abbreviation(word)
    };
    let mut left = words(text).map(|word| word.text).filter(is_left);
    if source.chars().any(|c| c.is_ascii_alphabetic())
        && let Some(name) = left.find(|word| !known.contains(&word.to_lowercase()))
    {
        return Some(name.to_owned());
    }
    let is_of_its_script = source.chars().filter(|c| is_han(*c)).count() * 4 > source.chars().count();
    if !is_of_its_script || !is_same_language {
        return None;
    }
    let known = folded(source);
    set_apart(text).into_iter().find(|name| !known.contains(&folded(name)))
}

/// Words with capitals, less those that sentences begin with. Where not every name must be there (`is_strict` says so),
/// as in German, where every noun has a capital, one word of each name of several.
fn among_letters(text: &str, source: &str, is_strict: bool) -> Option<String> {
    if is_mostly_latin(text) != is_mostly_latin(source) {
        return None;
    }
    let known: Vec<String> = words(source).map(|word| word.text.to_lowercase()).collect();
    // The European Union is the EU.
    let initials: String = words(source)
        .filter(|word| is_capital(word.text))
        .filter_map(|word| word.text.chars().next())
        .collect();
    let is_known = |word: &Word<'_>| {
        if (2..=5).contains(&word.text.len())
            && word.text.chars().all(char::is_uppercase)
            && initials.contains(word.text)
        {
            return true;
        }
        let lower = word.text.to_lowercase();
        let country = OF_COUNTRIES.iter().find(|(people, _)| *people == lower).map(|(_, country)| *country);
        (!is_strict && GENERIC.split(' ').any(|begins| lower.starts_with(begins)))
            || known.iter().any(|known| is_akin(known, &lower) || Some(known.as_str()) == country)
    };
    let all: Vec<Word<'_>> = words(text).collect();
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        let goes_on = |(n, word): (usize, &Word<'_>)| {
            is_capital(word.text) && (n == 0 || (word.is_joined && !word.begins))
        };
        let length = rest.iter().enumerate().take_while(|(n, word)| goes_on((*n, word))).count();
        let (name, others) = rest.split_at(length.max(1));
        rest = others;
        // What begins a sentence has its capital for that, if it is no name.
        let begins = name.iter().take_while(|word| word.begins && begins_sentences(word.text)).count();
        let name = name.get(begins..length).unwrap_or_default();
        let unknown = match name {
            [] => None,
            [word] if word.text.chars().count() < 2 => None,
            _ if is_strict => name.iter().find(|word| !is_known(word)),
            [first, _, ..] if !name.iter().any(is_known) => Some(first),
            _ => None,
        };
        if let Some(unknown) = unknown {
            return Some(unknown.text.to_owned());
        }
    }
    None
}

/// Whether a word is one that sentences begin with, whatever they are about.
fn begins_sentences(word: &str) -> bool {
    const NEWS: &str = "officials police experts critics supporters authorities residents researchers analysts according \
        meanwhile however despite former captain chancellor secretary judge senator governor mayor \
        president prime minister laut selon según secondo";
    let lower = word.to_lowercase();
    NEWS.split(' ').any(|known| known == lower) || crate::text::is_stop_word(&lower)
}

/// Abbreviations as one word: U.S. is US.
fn without_points(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = |i: usize| letters.get(i).copied();
    let is_single = |i: usize| {
        at(i).is_some_and(char::is_uppercase)
            && !i.checked_sub(1).and_then(at).is_some_and(char::is_alphabetic)
    };
    let mut out = String::with_capacity(text.len());
    for (i, c) in letters.iter().enumerate() {
        let before = i.checked_sub(1);
        let joins = *c == '.'
            && before.is_some_and(is_single)
            && (is_single(i + 1) && at(i + 2) == Some('.')
                || before.and_then(|b| b.checked_sub(1)).and_then(at) == Some('.'));
        if !joins {
            out.push(*c);
        }
    }
    out
}

fn is_latin(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}')
}

fn is_mostly_latin(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    text.chars().filter(|c| is_latin(*c)).count() * 2 > letters
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// Whether two words in small letters are forms of one: one is the other with an ending.
fn is_akin(a: &str, b: &str) -> bool {
    const ENDINGS: [&str; 14] =
        ["", "s", "es", "n", "en", "e", "er", "r", "in", "an", "ian", "i", "ese", "ern"];
    let ending = a.strip_prefix(b).or_else(|| b.strip_prefix(a));
    a == b
        || (a.chars().count().min(b.chars().count()) >= 3
            && ending.is_some_and(|ending| ENDINGS.contains(&ending)))
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut is_first = true;
    let is_part = |c: char| c.is_alphanumeric() && !is_cjk(c);
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(is_part)?;
        let (between, word) = rest.split_at(start);
        let length = word.find(|c: char| !is_part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(length);
        let is_end = |c: char| {
            matches!(c, '.' | '!' | '?' | ':' | '\n' | '"' | '“' | '„' | '«' | '‘' | '。' | '！' | '？')
        };
        let begins = std::mem::take(&mut is_first) || between.contains(is_end);
        rest = after;
        Some(Word { text: word, begins, is_joined: between == " " })
    })
}

/// In small and Simplified letters, without what stands between them.
fn folded(text: &str) -> String {
    let lower = simplified(text.to_lowercase());
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What a Chinese or Japanese text sets apart: titles and quotations, names of several parts.
fn set_apart(text: &str) -> Vec<String> {
    const MARKS: [(char, char); 5] = [('《', '》'), ('“', '”'), ('「', '」'), ('『', '』'), ('〈', '〉')];
    let mut found = Vec::new();
    for (open, close) in MARKS {
        let inside = text.split(open).skip(1).filter_map(|rest| rest.split_once(close));
        found.extend(inside.map(|(inside, _)| inside.to_owned()));
    }
    // 安格拉·默克尔: of what stands before the first point, only the end is certain.
    let mut parts = text.split(['·', '・']).peekable();
    while let (Some(before), Some(after)) = (parts.next(), parts.peek()) {
        let near: Vec<char> = before.chars().rev().take(2).collect();
        let far: String = after.chars().take(2).collect();
        found.push(near.into_iter().rev().collect::<String>() + &far);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_article_does_not_have_is_found() {
        let english = "The ferry company said on Thursday that Captain Mary Olsen of the U.S. will leave Bergen, France's rival, in May.";
        let same = |text| unknown(text, english, true, false);
        for known in [
            "Mary Olsen leaves Bergen, the company said.",
            "Bergen’s Olsen leaves. Nobody else does.",
            "The US captain leaves, and French rivals stay.",
            "Officials said that Olsen leaves.",
            "However, nobody leaves.",
        ] {
            assert_eq!(same(known), None, "{known}");
        }
        assert_eq!(same("Mary Hansen leaves Bergen.").as_deref(), Some("Hansen"));
        assert_eq!(same("John Smith leaves Bergen.").as_deref(), Some("John"));
        assert_eq!(same("The captain leaves Iran.").as_deref(), Some("Iran"));
        assert_eq!(same("Trump met Olsen.").as_deref(), Some("Trump"));
        assert_eq!(
            unknown("The Ferry Company of Li", "AI合作：渡轮公司提前改班，乘客等待", false, false),
            None
        );
        let german = "Kapitänin Mary Olsen verlässt Bergen, teilte die Reederei in den Vereinigten Staaten am Donnerstag mit.";
        let other = |text| unknown(text, german, false, false);
        assert_eq!(
            other("The shipping company in the United States said that Captain Mary Olsen leaves."),
            None
        );
        assert_eq!(other("The company said that John Smith leaves.").as_deref(), Some("John"));
        assert_eq!(unknown("Die Kapitänin Mary Olsen geht im Mai.", german, true, true), None);
        for fine in [
            "Die Firma in Bergen.",
            "Der Stadtrat von Bergen.",
            "Am Dienstag geht sie.",
            "Laut Bürgermeisterin geht sie.",
        ] {
            assert_eq!(unknown(fine, english, false, true), None, "{fine}");
        }
        assert_eq!(unknown("Officials of the EU met.", "The European Union met.", true, false), None);
        assert_eq!(unknown("Das sagte Anna Schulz im Mai.", german, true, true).as_deref(), Some("Anna"));
    }

    #[test]
    fn names_that_only_look_alike_are_others() {
        for (a, b, akin) in [
            ("iran", "iraq", false),
            ("niger", "nigeria", false),
            ("olsen", "olson", false),
            ("austria", "australia", false),
            ("russia", "russian", true),
            ("iran", "iranian", true),
            ("bergen", "bergens", true),
        ] {
            assert_eq!(is_akin(a, b), akin, "{a} {b}");
        }
        assert_eq!(
            unknown("她加入Meta公司", "Sheet metal prices rise at Apple.", false, false).as_deref(),
            Some("Meta")
        );
    }

    #[test]
    fn in_chinese_quotations_and_what_is_in_other_letters_must_be_there() {
        let source = "渡輪公司週四表示，安格拉·默克爾乘坐了OpenAI號。《港口晚報》報道。";
        let same = |text| unknown(text, source, true, false);
        assert_eq!(same("安格拉·默克尔乘坐OpenAI号，《港口晚报》说。"), None);
        assert_eq!(same("安格拉·舒尔茨乘坐渡轮。").as_deref(), Some("格拉舒尔"));
        assert_eq!(same("据《早报》报道。").as_deref(), Some("早报"));
        assert_eq!(same("她乘坐DeepMind号。").as_deref(), Some("DeepMind"));
        assert_eq!(unknown("默克尔乘坐渡轮", "Merkel took the ferry.", false, false), None);
        assert_eq!(unknown("她加入Google公司", "She joins Apple.", false, false).as_deref(), Some("Google"));
    }
}
