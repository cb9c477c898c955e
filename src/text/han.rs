//! Chinese in one script: Traditional characters made Simplified, so that both are found and compared as one.

use std::collections::HashMap;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

/// Traditional to Simplified, with the words that differ between Taiwan and the mainland.
static WORDS: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::Tw2sp).ok());

/// The characters that differ, each by itself.
static CHARACTERS: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let Ok(converter) = OpenCC::from_config(BuiltinConfig::T2s) else { return HashMap::new() };
    let all = ('\u{3400}'..='\u{4dbf}').chain('\u{4e00}'..='\u{9fff}');
    let pairs = all.filter_map(|traditional| {
        let converted = converter.convert(traditional.encode_utf8(&mut [0; 4]));
        let simplified = converted.chars().next()?;
        (simplified != traditional).then_some((traditional, simplified))
    });
    pairs.collect()
});

/// Whether a character is Chinese: Han, as in the Chinese, Japanese and Korean languages.
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// A text in Simplified characters and the words of the mainland.
pub fn simplified(text: String) -> String {
    match WORDS.as_ref().filter(|_| text.chars().any(is_han)) {
        Some(converter) => converter.convert(&text),
        None => text,
    }
}

/// One character in its Simplified form, whatever stands beside it.
pub fn simplified_character(c: char) -> char {
    if is_han(c) { CHARACTERS.get(&c).copied().unwrap_or(c) } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_scripts_are_one() {
        assert_eq!(simplified("德國軟體業者".into()), "德国软件业者");
        assert_eq!("德國渡輪".chars().map(simplified_character).collect::<String>(), "德国渡轮");
        assert_eq!(simplified_character('é'), 'é');
    }
}
