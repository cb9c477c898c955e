//! Names in what a machine wrote that its article does not have. Within one language every name must be
//! there; between two languages of one script, one word of each name of several; whatever the
//! languages, what stands in quotation marks or other letters than those around it.

use crate::text::{is_cjk, is_han, simplified};

/// A word and whether a sentence begins with it.
struct Word<'a> {
    text: &'a str,
    begins: bool,
    /// Whether it follows the word before with nothing but a blank between.
    is_joined: bool,
}

/// A name of the text that its source does not have; `is_same_language`: the source is in its language.
pub(super) fn unknown(text: &str, source: &str, is_same_language: bool, is_german: bool) -> Option<String> {
    let folded = folded(source);
    let is_east_asian = text.chars().filter(|c| is_cjk(*c)).count() * 4 > text.chars().count();
    if is_east_asian {
        // In another script names are written otherwise, but not those that are left as they were.
        let source_is_readable = source.chars().any(|c| c.is_ascii_alphabetic());
        let left = words(text).filter(|word| word.text.chars().all(|c| c.is_ascii_alphanumeric()));
        // EU, GDP and AI are Chinese by now.
        let is_abbreviation = |word: &str| word.len() <= 3 && !word.chars().any(|c| c.is_ascii_lowercase());
        let left = left
            .filter(|word| word.text.chars().any(|c| c.is_ascii_alphabetic()) && !is_abbreviation(word.text));
        let mut unknown =
            left.map(|word| word.text.to_owned()).filter(|word| !folded.contains(&word.to_lowercase()));
        if let Some(name) = unknown.next().filter(|_| source_is_readable) {
            return Some(name);
        }
        let is_of_its_script = source.chars().filter(|c| is_han(*c)).count() * 4 > source.chars().count();
        let names = set_apart(text).filter(|_| is_of_its_script && is_same_language);
        return names.into_iter().flatten().find(|name| !folded.contains(&self::folded(name)));
    }
    let is_of_its_script =
        text.chars().find(|c| c.is_alphabetic()).zip(source.chars().find(|c| c.is_alphabetic()));
    if is_of_its_script.is_none_or(|(a, b)| is_latin(a) != is_latin(b)) {
        return None;
    }
    let known: Vec<String> = words(source).map(|word| word.text.to_lowercase()).collect();
    let is_known = |word: &Word<'_>| {
        let lower = word.text.to_lowercase();
        known.iter().any(|known| is_akin(known, &lower))
    };
    let all: Vec<Word<'_>> = words(text).collect();
    // In German every noun has a capital; two in a row are a name.
    let is_strict = is_same_language && !is_german;
    let mut i = 0;
    while let Some(word) = all.get(i) {
        let name: Vec<&Word<'_>> = all
            .get(i..)
            .unwrap_or_default()
            .iter()
            .enumerate()
            .take_while(|(n, word)| is_capital(word.text) && (*n == 0 || (word.is_joined && !word.begins)))
            .map(|(_, word)| word)
            .collect();
        i += name.len().max(1);
        let own = name.get(usize::from(word.begins)..).unwrap_or_default();
        let unknown = if is_strict {
            own.iter().find(|word| word.text.chars().count() > 1 && !is_known(word)).copied()
        } else {
            own.first().filter(|_| own.len() > 1 && !own.iter().any(|word| is_known(word))).copied()
        };
        if let Some(unknown) = unknown {
            return Some(unknown.text.to_owned());
        }
    }
    None
}

fn is_latin(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}')
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// Whether two words in small letters are forms of one: they differ in their endings at most.
fn is_akin(a: &str, b: &str) -> bool {
    let shorter = a.chars().count().min(b.chars().count());
    let longer = a.chars().count().max(b.chars().count());
    let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    a == b || (common >= 3 && common + 2 >= shorter && longer - shorter <= 4)
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
        Some(Word { text: word, begins, is_joined: between == " " || between == "-" })
    })
}

/// In small and Simplified letters, without what stands between them.
fn folded(text: &str) -> String {
    let lower = simplified(text.to_lowercase());
    lower.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What a Chinese or Japanese text sets apart: titles and quotations, names of several parts.
fn set_apart(text: &str) -> Option<Vec<String>> {
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
    Some(found).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_article_does_not_have_is_found() {
        let english = "The ferry company said on Thursday that Captain Mary Olsen will leave Bergen in May.";
        let same = |text| unknown(text, english, true, false);
        assert_eq!(same("Mary Olsen leaves Bergen, the company said."), None);
        assert_eq!(same("Bergen’s Olsen leaves. Nobody else does."), None);
        assert_eq!(same("Mary Hansen leaves Bergen.").as_deref(), Some("Hansen"));
        let german = "Kapitänin Mary Olsen verlässt Bergen, teilte die Reederei am Donnerstag mit.";
        let other = |text| unknown(text, german, false, false);
        assert_eq!(other("The shipping company said that Captain Mary Olsen leaves Bergen."), None);
        assert_eq!(other("The company said that John Smith leaves.").as_deref(), Some("John"));
        assert_eq!(unknown("Die Kapitänin Mary Olsen geht im Mai.", german, true, true), None);
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
